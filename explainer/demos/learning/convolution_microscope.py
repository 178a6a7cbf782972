"""One number of a convolution, taken apart: patch times kernel, product by product, to the sum."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np

from explainer.core.context import Context
from explainer.core.controls import AUTO, LAST, Auto, Choice, Doc, LayerName, OnPicture, Plays, Range, When
from explainer.core.demo import Cost, Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.geometry import PointXY, apply, invert
from explainer.core.memo import latest, prepared
from explainer.core.plays import Play
from explainer.core.problem import ExplainerError
from explainer.core.result import Result
from explainer.demos.learning import _convolution_view as view
from explainer.demos.learning import _sliding as sliding

if TYPE_CHECKING:
    from explainer.vision.convolution.arithmetic import Window
    from explainer.vision.convolution.inside import Survey

PICTURE = ("classic", "custom")
Grid = tuple[tuple[float, ...], ...]


class Where(Choice):
    """Kernel from."""

    CLASSIC = "classic", "The classics"
    CUSTOM = "custom", "My own numbers"
    NETWORK = "network", "A layer of the network"


class Kernel(Choice):
    """Kernel."""

    IDENTITY = "identity", "Identity"
    SOBEL_X = "sobel-x", "Sobel, across"
    SOBEL_Y = "sobel-y", "Sobel, down"
    BLUR = "blur", "Box blur"
    GAUSSIAN = "gaussian", "Gaussian"
    SHARPEN = "sharpen", "Sharpen"
    LAPLACIAN = "laplacian", "Laplacian"
    GABOR = "gabor", "Gabor"
    ONE_BY_ONE = "one-by-one", "1 × 1, mixes maps"


class Plane(Choice):
    """Reads."""

    GREY = "grey", "Grey"
    RED = "red", "Red"
    GREEN = "green", "Green"
    BLUE = "blue", "Blue"
    RGB = "rgb", "Red, green and blue"


class Groups(Choice):
    """Groups."""

    ONE = "one", "1: a kernel reads all maps"
    EACH = "each", "3: each map has its own"


class After(Choice):
    """After the sum."""

    NOTHING = "nothing", "Nothing"
    RELU = "relu", "ReLU: what is negative becomes 0"


class Padding(Choice):
    """Beyond the edge."""

    NONE = "none", "Nothing: stay inside"
    ZEROS = "zeros", "Zeros"
    REFLECT = "reflect", "Mirrored"
    REPLICATE = "replicate", "Edge repeated"
    CIRCULAR = "circular", "Circular"


@dataclass(frozen=True, slots=True)
class Params:
    """Where the kernel comes from, and how it moves."""

    where: Annotated[Where, Doc("Kernel from", "A known filter, your own numbers, or what a layer has learnt.")] = (
        Where.CLASSIC
    )
    spot: Annotated[PointXY | Auto, OnPicture("input"), Doc("Pixel", "Drag the ring: it is multiplied.")] = AUTO
    kernel: Annotated[
        Kernel, Doc("Kernel", "What it answers to is written in its numbers."), When("where", (Where.CLASSIC,))
    ] = Kernel.SOBEL_X
    grid: Annotated[
        Grid, Range(-10, 10, 0.5), When("where", (Where.CUSTOM,)),
        Doc("Numbers", "Numbers that add up to 0 answer with 0 where the picture is plain."),
    ] = ((0.0, -1.0, 0.0), (-1.0, 4.0, -1.0), (0.0, -1.0, 0.0))  # fmt: skip
    plane: Annotated[
        Plane, When("where", PICTURE),
        Doc("Reads", "Behind three maps a kernel has three layers of numbers, and all products are added."),
    ] = Plane.GREY  # fmt: skip
    after: Annotated[
        After, When("where", PICTURE), Doc("After the sum", "The activation that stands behind most convolutions.")
    ] = After.NOTHING
    slope: Annotated[
        float, Range(0.0, 1.0, 0.05), When("after", (After.RELU,)), Plays(5.0, "Let what is negative go to 0"),
        Doc("Slope below 0", "What is negative is multiplied by this: 1 leaves it, 0 is the ReLU."),
    ] = 0.0  # fmt: skip
    groups: Annotated[
        Groups, When("plane", (Plane.RGB,)),
        Doc("Groups", "In three groups no kernel sees another colour: depthwise, with a third of the work."),
    ] = Groups.ONE  # fmt: skip
    stride: Annotated[
        int, Doc("Stride", "Steps over pixels: the output shrinks."), Range(1, 4), When("where", PICTURE)
    ] = 1
    padding: Annotated[
        Padding, Doc("Beyond the edge", "What the kernel reads where the picture ends."), When("where", PICTURE)
    ] = Padding.ZEROS
    written: Annotated[
        float, Range(0.0, 100.0, unit="%"), When("where", PICTURE), Plays(12.0, "Slide the kernel over the picture"),
        Doc("Map written", "The kernel slides over the picture, several rows at a time; at 100 % it is at the ring."),
    ] = 100.0  # fmt: skip
    dilation: Annotated[
        int, Doc("Dilation", "Gaps between the taps: sees wider with as many numbers."), Range(1, 4),
        When("where", PICTURE),
    ] = 1  # fmt: skip
    layer: Annotated[LayerName, Doc("Layer", "Whose convolution is looked at."), When("where", (Where.NETWORK,))] = LAST
    back: Annotated[
        int, Range(0, 12), When("where", (Where.NETWORK,)),
        Doc("Convolutions back", "0 is the layer's last; each step goes one convolution towards the picture."),
    ] = 0  # fmt: skip
    channel: Annotated[
        int, Doc("Output map", "Which of the layer's answers is taken apart."), Range(-1, 4095, lowest="strongest"),
        When("where", (Where.NETWORK,)),
    ] = -1  # fmt: skip
    source: Annotated[
        int, Doc("Input map", "Whose products are shown."), Range(-1, 4095, lowest="adds most"),
        When("where", (Where.NETWORK,)),
    ] = -1  # fmt: skip


class ConvolutionMicroscope(Demo[Params]):
    """Patch, kernel, products, sum: by hand and as torch computes it."""

    info = DemoInfo(
        id="convolution-microscope", title="Convolution microscope", topics=(1,), sample="cat",
        summary="One number of a convolution, taken apart into its products.",
        papers=("goodfellow2016", "lecun1998", "tan2019"),
        cost=Cost(),  # at its defaults it needs no network
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Take one number apart."""
        from explainer.vision import seating

        params, seats = seating.seated(params, frame, ctx, spot=seating.edge)
        how = _in_network if params.where == Where.NETWORK else _on_picture
        return replace(how(frame, params, ctx), resolved=seats)


def _on_picture(frame: Frame, params: Any, ctx: Context) -> Result:
    from explainer.vision.convolution.arithmetic import convolve, tap_of
    from explainer.vision.convolution.gallery import answers
    from explainer.vision.convolution.kernels import CLASSICS, in_layers
    from explainer.vision.convolution.planes import planes

    flat = CLASSICS[params.kernel] if params.where == "classic" else np.array(params.grid, np.float32)
    with ctx.stage("prepare"):
        maps, factor = ctx.memo(("planes", params.plane), lambda: planes(frame.pixels, params.plane))
    apart = params.groups == "each" and params.plane == "rgb"
    groups = [maps[k : k + 1] for k in range(len(maps))] if apart else [maps]
    kernel = in_layers(flat, len(groups[0]))  # (C, k, k)
    window = _window(flat.shape, params)
    with ctx.stage("explain"):
        try:
            key = (params.plane, apart, kernel.tobytes(), window)
            outputs = latest(ctx, "outputs", key, lambda: [convolve(group, kernel, window) for group in groups])
        except ValueError as error:
            size = f"{maps.shape[2]} × {maps.shape[1]} px"
            raise ExplainerError(
                f"The kernel spans {window.span[1]} × {window.span[0]} px and the picture has {size}.",
                "Choose a smaller dilation, or padding.",
            ) from error
        at = window.cell_over(params.spot.y * maps.shape[1], params.spot.x * maps.shape[2], maps.shape[1:])
        sweep = sliding.Sweep(outputs[0].shape[0], outputs[0].shape[1], params.written / sliding.WHOLE)
        at = sweep.at if params.written < sliding.WHOLE else at
        loudest = max(range(len(groups)), key=lambda k: abs(float(outputs[k][at])))
        group, output = groups[loudest], outputs[loudest]
        tap = tap_of(group, kernel, window, at, output)
    seen = view.Seen(tap, window, group, output, factor, params.slope if params.after == After.RELU else None)
    with ctx.stage("explain"):
        gallery = ctx.memo(("gallery", params.plane), lambda: answers(maps.mean(axis=0)))
    shown = view.on_picture(frame, seen, view.COLOURS[loudest] if apart else params.plane, len(groups), gallery)
    if params.written < sliding.WHOLE:
        shown = sliding.on_its_way(shown, sweep, maps.mean(axis=0))
    if seen.slope is not None:
        return replace(shown, play=Play("slope", 1.0, 0.0, seen.slope, counted=f"{seen.slope:.2f} × what is negative"))
    return replace(shown, play=sliding.play_of(sweep, params.written))


def _window(kernel: tuple[int, ...], params: Params) -> Window:
    from explainer.vision.convolution.arithmetic import Window, same_padding

    sides, step, gap = (kernel[0], kernel[1]), (params.stride,) * 2, (params.dilation,) * 2
    if params.padding == "none":
        return Window(sides, step, dilation=gap)
    before, after = same_padding(sides, gap)
    return Window(sides, step, before, after, gap, params.padding)


def _in_network(frame: Frame, params: Any, ctx: Context) -> Result:
    from explainer.vision.convolution.arithmetic import tap_of
    from explainer.vision.convolution.inside import watch

    with ctx.model() as net:
        ready = prepared(frame, net, ctx)
        with ctx.stage("model"):
            chosen = _survey(net, ready, ctx).conv_before(ctx.card.layer(params.layer).name, params.back)
            seen = latest(ctx, "pass", chosen.name, lambda: watch(net.network(), ready.tensor, chosen.name))
            folded = seen.has_bias and net.network(stock=True).get_submodule(chosen.name).bias is None
    with ctx.stage("explain"):
        input_px = ready.tensor.shape[2] / seen.x.shape[1]  # pixels of the network's input in one cell
        (x, y) = apply(invert(ready.to_frame), np.array([[params.spot.x * frame.width, params.spot.y * frame.height]]))[
            0
        ]
        at = seen.window.cell_over(y / input_px, x / input_px, seen.x.shape[1:])
        channel = params.channel if params.channel >= 0 else int(seen.output[:, at[0], at[1]].argmax())
        channel = min(channel, len(seen.output) - 1)
        maps = seen.x[seen.seen_by(channel)]
        output, weight = seen.output[channel], seen.weight[channel]
        tap = tap_of(maps, weight, seen.window, at, output, float(seen.bias[channel]))
    place = view.InNetwork(
        chosen, channel, seen.seen_by(channel).start, seen.groups, folded, ready.to_frame, ready.focus
    )
    return view.in_network(frame, view.Seen(tap, seen.window, maps, output, input_px), place, params.source)


def _survey(net: Any, ready: Any, ctx: Context) -> Survey:
    """Operations of the network, found once in a session by running it as it was published."""
    from explainer.vision.convolution.inside import survey

    layers = [layer.name for layer in ctx.card.layers if len(layer.shape) == 3]
    return ctx.memo(("survey",), lambda: survey(net.network(stock=True), ready.tensor, layers), keep=True)
