"""What one unit of a layer can see of the picture, and what it really listens to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Curve, Series
from explainer.core.context import Context
from explainer.core.controls import AUTO, Auto, Choice, Doc, LayerName, OnPicture, Range, When
from explainer.core.demo import Cost, Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.geometry import PointXY, apply, invert
from explainer.core.layers import Boxes, Image, Label, Layer, Panel
from explainer.core.memo import prepared
from explainer.core.model_card import LayerCard
from explainer.core.numbers import numbers
from explainer.core.picture import heat, in_pixels, panel
from explainer.core.result import Result

if TYPE_CHECKING:
    from explainer.vision.convolution.effective import Effective
    from explainer.vision.convolution.receptive import Field

SEEN, HEARD = 1, 0  # class colours of the theoretical and the effective square
DIMMED, ALL, ALL_HEARD = 0.35, 0.995, 0.9  # light of the unseen; shares of the picture and of a field that are all
BRIGHT = 0.995  # quantile at which the colours end: a few pixels are far above all others


class Which(Choice):
    """Of the feature maps."""

    STRONGEST = "strongest", "The one that answers most"
    ALL = "all", "All maps added up"


class Weights(Choice):
    """Of the network."""

    LEARNT = "learnt", "As learnt"
    RANDOM = "random", "Random"


class Over(Choice):
    """What an average is taken over."""

    NOISE = "noise", "Noisy copies of this picture"
    FRAMES = "frames", "The last frames"


AVERAGED = "Over so many pictures: what stays belongs to the architecture and not to one of them."
OVER = "A camera or video brings new pictures; of a photo there are only noisy copies."
NOISE = "Standard deviation, as a share of the picture's range."
CUT = "squares are cut where the input ends"


@dataclass(frozen=True, slots=True)
class Params:
    """Which unit, and on which copies of the picture."""

    layer: Annotated[LayerName | Auto, Doc("Layer", "Each layer sees wider than the one before.")] = AUTO
    spot: Annotated[PointXY | Auto, OnPicture("input"), Doc("Unit", "Drag the ring to choose the unit.")] = AUTO
    unit: Annotated[Which, Doc("Map", "The unit of one feature map, or those of all maps added up.")] = Which.STRONGEST
    weights: Annotated[Weights, Doc("Weights", "With random weights only the architecture is left.")] = Weights.LEARNT
    copies: Annotated[int, Doc("Averaged", AVERAGED), Range(1, 16)] = 1
    over: Annotated[Over, Doc("Average over", OVER), When("copies", tuple(range(2, 17)))] = Over.NOISE
    noise: Annotated[float, Doc("Noise", NOISE), Range(0.02, 0.5, 0.02), When("over", (Over.NOISE,))] = 0.2


class ReceptiveField(Demo[Params]):
    """Theoretical field by arithmetic, effective field by a gradient."""

    info = DemoInfo(
        id="receptive-field", title="Receptive field", topics=(1,), sample="dog",
        summary="What one unit can see of the picture, and what it really listens to.",
        papers=("luo2016", "araujo2019"),
        cost=Cost(forwards=1, backwards=1),
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Outline both fields of one unit."""
        from explainer.vision import seating
        from explainer.vision.convolution.arithmetic import cell_at
        from explainer.vision.convolution.effective import drawn_anew, effective_field
        from explainer.vision.convolution.receptive import receptive_fields

        how, seats = seating.seated(params, frame, ctx, layer=seating.layer, spot=seating.point)
        layer, layers = ctx.card.layer(how.layer), [one.name for one in ctx.card.layers if len(one.shape) == 3]
        with ctx.model() as net:
            ready = prepared(frame, net, ctx)
            with ctx.stage("model"):
                fields = ctx.memo("fields", lambda: receptive_fields(net.network(), ready.tensor, layers), keep=True)
                network = net.network()
                if params.weights == Weights.RANDOM:
                    stock, px = net.network(stock=True), ctx.card.input_px
                    network = ctx.memo("random", lambda: drawn_anew(stock, px, ctx.seed), keep=True)
            side = int(ready.tensor.shape[2])
            place = apply(invert(ready.to_frame), in_pixels(frame, how.spot))[0] / side
            unit = Unit(frame, ready, layer, fields, cell_at(place, layer.shape), side, seats)
            asked = (network, ready.tensor, layer.name, unit.cell, params.unit)
            with ctx.stage("explain"):
                if params.over == Over.FRAMES and params.copies > 1:
                    return _over_frames(unit, asked, params, ctx)
                each = effective_field(
                    *asked, copies=params.copies, noise=params.noise, seed=ctx.seed, checkpoint=ctx.checkpoint
                )
                for done, seen in each:
                    result = _result(unit, seen, done, params)
                    if done < params.copies:
                        ctx.publish(result)
                        ctx.progress(done / params.copies, f"{done} of {params.copies} copies")
                return result


@dataclass(frozen=True, slots=True, eq=False)
class Unit:
    """Unit of a layer at `cell`, row and column, of an input of `side` px; `fields` are the theoretical ones of all."""

    frame: Frame
    ready: Any
    layer: LayerCard
    fields: Mapping[str, Field]
    cell: tuple[int, int]
    side: int
    seats: Mapping[str, Any]

    @property
    def field(self) -> Field | None:
        """Theoretical field; ``None`` where every unit sees everything."""
        found = self.fields.get(self.layer.name)
        return None if found is None or found.whole else found


def _over_frames(unit: Unit, asked: tuple[Any, ...], params: Params, ctx: Context) -> Result:
    """One backward pass for this frame; those of the frames before are remembered."""
    from explainer.vision.convolution.effective import LastFrames, effective_field

    key = ("frames", unit.layer.name, unit.cell, params.unit, params.weights)
    last, at = ctx.memo(key, LastFrames, keep=True), (unit.frame.source_id, unit.frame.index)
    ((_, seen),) = effective_field(*asked, channel=last.channel(*at), checkpoint=ctx.checkpoint)
    done, mean = last.mean(*at, seen, params.copies)
    return _result(unit, mean, done, params)


def _result(unit: Unit, seen: Effective, done: int, params: Params) -> Result:
    """Both fields, the share of the gradient in squares that grow, and the fields of all layers."""
    from explainer.vision.convolution.effective import centre_of_mass, mass_in_squares, side_by_area, side_holding

    centre = centre_of_mass(seen.values)
    shares = mass_in_squares(seen.values, centre)
    alive = bool(seen.values.any())
    effective = side_holding(shares) if alive else 0.0
    square, (row, column) = unit.field.columns if unit.field else None, unit.cell
    values = numbers(
        cell_x=column, cell_y=row, map=seen.channel, answer=seen.answer, input_px=unit.side, averaged=done,
        theoretical_px=square.size if square else None, stride_px=square.jump if square else None,
        start_px=square.start if square else None, unit_start_px=square.interval(column)[0] if square else None,
        ratio=effective / square.size if square and alive else None,
    )  # fmt: skip
    if alive:
        values |= numbers(
            centre_x_px=centre[0], centre_y_px=centre[1], effective_px=effective,
            effective_area_px=side_by_area(seen.values), held_share=shares[int(effective) - 1],
        )  # fmt: skip
    squares, focus = _squares(unit, centre, effective), unit.ready.focus
    values |= _areas(unit, squares)
    charts = (_mass_chart(unit.side, centre, shares, effective), _growth_chart(unit, effective))
    panels = (
        panel(unit.frame, "Input", *squares, note=CUT, focus=focus),
        _gradient(unit, seen, squares, done, params.over),
    )
    return Result(
        _reading(unit, values, done, params), values, panels, charts,
        headline=_headline(values), heroes=(panels[1].slug,), resolved=unit.seats,
    )  # fmt: skip


def _squares(unit: Unit, centre: tuple[float, float], effective: float) -> tuple[Layer, ...]:
    (x, y), half, side = centre, effective / 2, float(unit.side)
    rows = [(0.0, 0.0, side, side) if unit.field is None else unit.field.box(*unit.cell)]
    rows += [(x - half, y - half, x + half, y + half)] if effective else []
    inside = np.clip(np.array(rows, np.float64), 0, side).reshape(-1, 2)
    boxes = apply(unit.ready.to_frame, inside).reshape(-1, 4)
    layers: list[Layer] = [
        Boxes("fields", boxes, colours=(SEEN, HEARD)[: len(rows)]),
        Label("can see", "can see", (float(boxes[0, 0]), float(boxes[0, 1])), SEEN),
    ]
    if effective:
        layers.append(Label("listens", "95 % of the gradient", (float(boxes[1, 0]), float(boxes[1, 1])), HEARD))
    return tuple(layers)


def _areas(unit: Unit, squares: tuple[Layer, ...]) -> dict[str, float]:
    """Shares of the network's picture that lie in the squares, as far as they lie in it."""
    boxes = next(one.xyxy for one in squares if isinstance(one, Boxes))
    sides = np.abs(apply(invert(unit.ready.to_frame), boxes.reshape(-1, 2)).reshape(-1, 4)) / unit.side
    areas = (sides[:, 2] - sides[:, 0]) * (sides[:, 3] - sides[:, 1])
    return numbers(**dict(zip(("seen_share", "heard_share"), areas, strict=False)))


def _gradient(unit: Unit, seen: Effective, squares: tuple[Layer, ...], done: int, over: Over) -> Panel:
    limit = float(np.quantile(seen.values, BRIGHT)) or float(seen.values.max()) or 1.0
    drawn = heat(seen.values, unit.ready.to_frame, name="gradient", limit=limit, smooth=False)
    pictures = words.count(done, "picture", "frames" if over == Over.FRAMES else "copies")
    note = f"Σ |∂u/∂x|, {pictures}"
    left, top, right, bottom = (round(v) for v in next(one.xyxy[0] for one in squares if isinstance(one, Boxes)))
    pixels = (unit.frame.pixels * DIMMED).astype(np.uint8)
    pixels[top:bottom, left:right] = unit.frame.pixels[top:bottom, left:right]
    below = Image("picture", pixels, focus=unit.ready.focus)
    return Panel("Effective field", (unit.frame.width, unit.frame.height), (below, drawn, *squares), note)


def _mass_chart(side: int, centre: tuple[float, float], shares: NDArray[np.float64], effective: float) -> Curve:
    from explainer.vision.convolution.effective import HELD, evenly_in_squares

    sides, even = np.arange(1, len(shares) + 1, dtype=np.float64), evenly_in_squares(side, centre, len(shares))
    series = [Series("this unit", sides, shares), Series("if even", sides, even, "dashed", -2)]
    if effective:
        series.append(Series("95 %", np.array([effective, effective]), np.array([0.0, HELD]), "dotted", -2))
    return Curve("Gradient in a square", tuple(series), "side, px", "share", (0.0, 1.0), (0.0, float(sides[-1])))


def _growth_chart(unit: Unit, effective: float) -> Curve:
    names, last = list(unit.fields), float(max(len(unit.fields), 2))
    known = [(n, field.columns.size) for n, field in enumerate(unit.fields.values(), 1) if not field.whole]
    here = names.index(unit.layer.name) + 1.0 if unit.layer.name in names else 1.0
    series = [Series("input", np.array([1.0, last]), np.full(2, float(unit.side)), "dashed", -2)]
    if known:
        series.insert(0, Series("can see", *np.array(known, np.float64).T))
    if effective:
        series.append(Series("listens", np.full(2, here), np.array([0.0, effective]), "solid", 1))
    return Curve("Field by layer", tuple(series), "layer", "px", None, (1.0, last))


def _where(done: int, over: Over, asked: int) -> str:
    if over == Over.FRAMES and asked > 1:
        return f"Over the last {done} frames" if done > 1 else "On this frame (a photo has no other)"
    return "On this picture" if done == 1 else f"Over this picture and {done - 1} noisy copies"


def _headline(values: Mapping[str, float]) -> str:
    if "effective_px" not in values:
        return "On this picture nothing moves this unit: it has no effective field."
    heard, share = words.percent(values["heard_share"]), values["seen_share"]
    if values.get("ratio", 0.0) >= ALL_HEARD:
        return f"This early unit sees only {values['theoretical_px']:.0f} px across, and listens to all of it."
    seen = "all" if share > ALL else words.percent(share)
    return f"This unit can see {seen} of the picture, yet listens almost only to {heard}: the blue square."


def _reading(unit: Unit, values: Mapping[str, float], done: int, params: Params) -> str:
    name = f"map {values['map']:.0f}" if values["map"] >= 0 else "all maps together"
    (row, column), drawn = unit.cell, ", weights random" if params.weights == Weights.RANDOM else ""
    place = f"Unit ({column}, {row}) of {unit.layer.label.split(' · ')[0]}, {name}{drawn}"
    sees = (
        f"can see {values['theoretical_px']:.0f} × {values['theoretical_px']:.0f} px of a {unit.side} px input"
        if "theoretical_px" in values
        else f"can see all of the {unit.side} px input, since a layer before it averages over whole maps"
    )
    if "effective_px" not in values:
        return f"{place}, {sees}; its gradient is zero everywhere on this picture, so there is no effective field."
    ratio = f", {words.percent(values['ratio'])} of that side" if "ratio" in values else ""
    return (
        f"{place}, {sees}. {_where(done, params.over, params.copies)} 95 % of its gradient lies in a square of "
        f"**{values['effective_px']:.0f} px**{ratio}."
    )
