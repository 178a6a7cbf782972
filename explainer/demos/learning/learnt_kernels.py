"""A kernel that nobody designed: one number of a layer of the network, taken apart into its products."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np

from explainer.core import words
from explainer.core.charts import Chart, Matrix
from explainer.core.context import Context
from explainer.core.controls import AUTO, LAST, Auto, Choice, Doc, LayerName, OnPicture, Range
from explainer.core.demo import Cost, Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.geometry import Affine, PointXY, apply, invert
from explainer.core.layers import Boxes, Cells, Image, Panel
from explainer.core.memo import latest, prepared
from explainer.core.result import Result
from explainer.demos.learning import _convolution_view as view
from explainer.demos.learning import _kernel_wall as kernels

if TYPE_CHECKING:
    from explainer.vision.convolution.arithmetic import Tap
    from explainer.vision.convolution.inside import Operation, Survey
    from explainer.vision.convolution.learnt import Kernels

SHOWN = 12  # input maps that are shown: those that move the sum most


class Look(Choice):
    """What is large."""

    KERNELS = "kernels", "Kernels it learnt"
    SUM = "sum", "The sum, written out"


@dataclass(frozen=True, slots=True)
class Params:
    """Which convolution of the network, and where."""

    layer: Annotated[LayerName | Auto, Doc("Layer", "Whose convolution is looked at.")] = AUTO
    back: Annotated[
        int, Range(-12, 12), Doc("Convolutions back", "0 is the layer's last; more is nearer the picture, below 0 on.")
    ] = 0
    spot: Annotated[PointXY | Auto, OnPicture("input"), Doc("Place", "Drag the ring to another cell.")] = AUTO
    channel: Annotated[
        int, Doc("Output map", "Which of the layer's answers is taken apart."), Range(-1, 4095, lowest="strongest")
    ] = -1
    source: Annotated[int, Doc("Input map", "Whose products are shown."), Range(-1, 4095, lowest="adds most")] = -1
    look: Annotated[Look, Doc("Large", "A kernel of 1 × 1 is no picture, and its sum is a table.")] = Look.KERNELS


class LearntKernels(Demo[Params]):
    """Patch, learnt kernel, products, sum: by hand and as the network computes it."""

    info = DemoInfo(
        id="learnt-kernels", title="Learnt kernels", topics=(1,), sample="cat",
        summary="One number of a layer of the network, taken apart: a kernel that nobody designed, and its products.",
        papers=("goodfellow2016", "tan2019"), cost=Cost(forwards=2),
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Listen to one convolution while the network looks at the frame, and take one of its answers apart."""
        from explainer.vision import seating
        from explainer.vision.convolution.arithmetic import tap_of
        from explainer.vision.convolution.inside import watch
        from explainer.vision.convolution.learnt import Kernels

        params, seats = seating.seated(params, frame, ctx, spot=_edge, layer=_first)
        with ctx.model() as net:
            ready = prepared(frame, net, ctx)
            with ctx.stage("model"):
                chosen = _survey(net, ready, ctx).conv_before(ctx.card.layer(str(params.layer)).name, params.back)
                seen = latest(ctx, "pass", chosen.name, lambda: watch(net.network(), ready.tensor, chosen.name))
                folded = seen.has_bias and net.network(stock=True).get_submodule(chosen.name).bias is None
        with ctx.stage("explain"):
            assert isinstance(params.spot, PointXY)
            input_px = ready.tensor.shape[2] / seen.x.shape[1]  # pixels of the network's input in one cell
            place = np.array([[params.spot.x * frame.width, params.spot.y * frame.height]])
            (x, y) = apply(invert(ready.to_frame), place)[0]
            at = seen.window.cell_over(y / input_px, x / input_px, seen.x.shape[1:])
            channel = params.channel if params.channel >= 0 else int(seen.output[:, at[0], at[1]].argmax())
            channel = min(channel, len(seen.output) - 1)
            read = seen.seen_by(channel)
            output, weight = seen.output[channel], seen.weight[channel]
            tap = tap_of(seen.x[read], weight, seen.window, at, output, float(seen.bias[channel]))
        every = Kernels(seen.weight, seen.output[:, at[0], at[1]], channel)
        where = InNetwork(chosen, channel, read.start, seen.groups, folded, ready.to_frame, ready.focus, every)
        one = view.Seen(tap, seen.window, seen.x[read], output, input_px)
        return replace(in_network(frame, one, where, params.source, params.look), resolved=seats)


def _edge(wanted: PointXY | str, frame: Frame, ctx: Context) -> PointXY:
    """Return `wanted`, or where it is ``auto`` the strongest edge of the square that a network looks at."""
    from explainer.vision.seating import strongest_edge

    if isinstance(wanted, PointXY):
        return wanted
    side = min(frame.width, frame.height)
    left, top = (frame.width - side) // 2, (frame.height - side) // 2
    square = frame.pixels[top : top + side, left : left + side]
    x, y = ctx.memo("learnt-kernels-edge", lambda: strongest_edge(square))
    return PointXY((left + x * side) / frame.width, (top + y * side) / frame.height)


def _first(wanted: str, frame: Frame, ctx: Context) -> str:
    """Return `wanted`, or where it is ``auto`` the first layer that has maps: its kernels read colours."""
    del frame
    return next((one.name for one in ctx.card.layers if len(one.shape) == 3), LAST) if wanted == AUTO else wanted


def _survey(net: Any, ready: Any, ctx: Context) -> Survey:
    """Operations of the network, found once in a session by running it as it was published."""
    from explainer.vision.convolution.inside import survey

    layers = [layer.name for layer in ctx.card.layers if len(layer.shape) == 3]
    return ctx.memo(("survey",), lambda: survey(net.network(stock=True), ready.tensor, layers), keep=True)


@dataclass(frozen=True, slots=True, eq=False)
class InNetwork:
    """Which number of the network it is.

    Parameters
    ----------
    channel, first
        Output map, and the number of the first input map that it reads.
    folded
        Whether the batch norm behind is part of weights and bias.
    """

    conv: Operation
    channel: int
    first: int
    groups: int
    folded: bool
    to_frame: Affine
    focus: tuple[float, float, float, float]
    every: Kernels


def in_network(frame: Frame, seen: view.Seen, place: InNetwork, source: int, look: Look) -> Result:
    """Put together the microscope on a layer of the network."""
    tap = seen.tap
    local = source - place.first if place.first <= source < place.first + len(seen.maps) else int(tap.ranked[0])
    box = np.array(seen.window.box(tap.at)).reshape(2, 2) * seen.scale
    in_frame = apply(place.to_frame, box).reshape(1, 4)
    layers = (Image("picture", frame.pixels, focus=place.focus), view.cut_off(in_frame, frame.width, frame.height))
    outputs, bias, mixes = place.conv.shape[0], 1 if tap.bias else 0, seen.window.kernel == (1, 1)
    panels = [
        Panel("Input", (frame.width, frame.height), layers),
        view.output_map(seen, None, f"map {place.channel} of {outputs}"), _input_map(seen, local, place),
    ]  # fmt: skip
    heroes: tuple[str, ...] = ("input-map", "output-map") if mixes else ("equation",)
    if look == Look.KERNELS and not mixes:
        panels.append(kernels.wall(place.every, local))
        heroes = (panels[-1].slug, "output-map")
    elif len(seen.maps) > 1:
        panels.append(_by_channel(tap, local, place))
    chart = _mixture(tap, place) if mixes else view.equation(seen, local, view.names_of(seen, place.first))
    reading = f"{_which(place)} {view.added_up(tap)} {view.agreement(tap, 'the network')} {view.work(seen, outputs)}"
    values = view.values(seen, outputs, bias) | {"channel": float(place.channel), "groups": float(place.groups)}
    values["source"] = float(place.first + local)
    return Result(
        reading, values, tuple(panels), (chart,), badges=(view.badge(tap),),
        headline=kernels.headline(place.every), heroes=heroes,
    )  # fmt: skip


def _input_map(seen: view.Seen, local: int, place: InNetwork) -> Panel:
    values = seen.maps[local]
    box = np.clip(seen.window.box(seen.tap.at), 0, [*seen.size[::-1]] * 2).reshape(1, 4)
    layers = (view.map_heat("map", replace(seen, output=values, slope=None)), Boxes("patch", box.astype(np.float64)))
    note = f"{view.names_of(seen, place.first)[local]}, {seen.size[1]} × {seen.size[0]}"
    return Panel("Input map", (seen.size[1], seen.size[0]), layers, note, frame=False)


def _by_channel(tap: Tap, local: int, place: InNetwork) -> Panel:
    shown = [int(k) for k in tap.ranked[:SHOWN]]
    shown = shown if local in shown else [*shown[:-1], local]
    tiles = tap.products[shown].astype(np.float32)
    limit = float(np.abs(tiles).max()) or 1.0
    cells = Cells(
        "products", tiles, min(4, len(shown)), -limit, limit, "diverging",
        tuple(str(place.first + k) for k in shown), tuple({"source": place.first + k} for k in shown),
        shown.index(local),
    )  # fmt: skip
    note = f"{len(shown)} of {words.thousands(len(tap.patch))} input maps"
    return Panel("Products by map", cells.size, (cells,), note, frame=False)


def _mixture(tap: Tap, place: InNetwork) -> Chart:
    """A 1 × 1 kernel mixes maps: one value, one weight and one product for each."""
    shown = tap.ranked[: SHOWN - 4]
    numbers = np.stack([tap.patch[shown, 0, 0], tap.kernel[shown, 0, 0], tap.products[shown, 0, 0]])
    names = tuple(str(place.first + int(k)) for k in shown)
    note = f"the {len(shown)} of {words.thousands(len(tap.patch))} that add most"
    return Matrix("Mixture", numbers, ("value", "weight", "product"), names, "input map", format=".2f", note=note,
                  colours="diverging")  # fmt: skip


def _which(place: InNetwork) -> str:
    alone = " It reads one map only." if place.groups > 1 and place.first == place.channel else ""
    note = " Batch norm is folded into these numbers." if place.folded else ""
    return f"Map {place.channel} of {place.conv.name} ({place.conv.about}).{alone}{note}"
