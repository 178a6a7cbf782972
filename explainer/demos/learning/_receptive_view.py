"""What the receptive-field demo shows and says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Curve, Series, Table
from explainer.core.frame import Frame
from explainer.core.geometry import Affine, apply
from explainer.core.layers import Boxes, Heat, Image, Label, Layer, Panel
from explainer.core.model_card import LayerCard, ModelCard
from explainer.core.result import Result

if TYPE_CHECKING:
    from explainer.vision.convolution.effective import Effective
    from explainer.vision.convolution.receptive import Field

SEEN, HEARD = 1, 0  # class colours of the theoretical and the effective square
BRIGHT = 0.995  # quantile at which the colours end: a few pixels are far above all others


@dataclass(frozen=True, slots=True, eq=False)
class Unit:
    """One unit of a layer, on one picture.

    Parameters
    ----------
    fields
        Theoretical field of each layer.
    cell
        Row and column.
    side
        Of the network's input in pixels.
    """

    frame: Frame
    card: ModelCard
    to_frame: Affine
    focus: tuple[float, float, float, float]
    layer: LayerCard
    fields: Mapping[str, Field]
    cell: tuple[int, int]
    side: int
    random: bool

    @property
    def field(self) -> Field | None:
        """Theoretical field; ``None`` where every unit sees everything."""
        found = self.fields.get(self.layer.name)
        return None if found is None or found.whole else found

    def boxes_in_frame(self, boxes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Input pixels ``(N, 4)`` to frame pixels, cut at the network's square."""
        inside = np.clip(boxes, 0, self.side).reshape(-1, 2)
        return apply(self.to_frame, inside).reshape(-1, 4)


@dataclass(frozen=True, slots=True)
class Averaged:
    """How many pictures a field was averaged over, of which kind, and how many were asked for."""

    done: int
    kind: str
    wanted: int

    @property
    def words(self) -> str:
        """``"8 frames"``."""
        return "1 picture" if self.done == 1 else f"{self.done} {self.kind}"


def result(about: Unit, seen: Effective, averaged: Averaged) -> Result:
    """Both fields, the share of the gradient in squares that grow, and the fields of all layers."""
    from explainer.vision.convolution.effective import HELD, centre_of_mass, mass_in_squares, side_by_area, side_holding

    centre = centre_of_mass(seen.values)
    shares = mass_in_squares(seen.values, centre)
    alive = bool(seen.values.any())
    effective = side_holding(shares) if alive else 0.0
    values = {
        "cell_x": float(about.cell[1]),
        "cell_y": float(about.cell[0]),
        "map": float(seen.channel),
        "answer": seen.answer,
        "input_px": float(about.side),
        "averaged": float(averaged.done),
    }
    if about.field is not None:
        columns = about.field.columns
        values |= {"theoretical_px": columns.size, "stride_px": columns.jump, "start_px": columns.start}
        values["unit_start_px"] = columns.interval(about.cell[1])[0]
        if alive:
            values["ratio"] = effective / columns.size
    if alive:
        values |= {"centre_x_px": centre[0], "centre_y_px": centre[1]}
        values |= {"effective_px": effective, "effective_area_px": side_by_area(seen.values)}
        values["held_share"] = float(shares[int(effective) - 1])
    panels = (_input_panel(about, centre, effective), _gradient_panel(about, seen, averaged))
    charts = (_mass_chart(about, centre, shares, effective, HELD), _growth_chart(about, effective), _table(values))
    return Result(_reading(about, seen, values, averaged), values, panels, charts)


def _input_panel(about: Unit, centre: tuple[float, float], effective: float) -> Panel:
    x, y = centre
    whole = (0.0, 0.0, float(about.side), float(about.side))
    rows = [whole if about.field is None else about.field.box(*about.cell)]
    if effective:
        half = effective / 2
        rows.append((x - half, y - half, x + half, y + half))
    boxes = about.boxes_in_frame(np.array(rows, np.float64))
    layers: list[Layer] = [
        Image("picture", about.frame.pixels, focus=about.focus),
        Boxes("fields", boxes, colours=(SEEN, HEARD)[: len(rows)]),
        Label("can see", "can see", (float(boxes[0, 0]), float(boxes[0, 3])), SEEN),
    ]
    if effective:
        layers.append(Label("listens", "95 % of the gradient", (float(boxes[1, 0]), float(boxes[1, 1])), HEARD))
    note = "squares are cut where the input ends"
    return Panel("Input", (about.frame.width, about.frame.height), tuple(layers), note)


def _gradient_panel(about: Unit, seen: Effective, averaged: Averaged) -> Panel:
    limit = float(np.quantile(seen.values, BRIGHT)) or float(seen.values.max()) or 1.0
    heat = Heat("gradient", seen.values, 0.0, limit, about.to_frame, smooth=False)
    picture = Image("picture", about.frame.pixels, focus=about.focus)
    note = f"Σ |∂u/∂x|, {averaged.words}"
    return Panel("Effective field", (about.frame.width, about.frame.height), (picture, heat), note)


def _mass_chart(
    about: Unit, centre: tuple[float, float], shares: NDArray[np.float64], effective: float, held: float
) -> Curve:
    sides = np.arange(1, len(shares) + 1, dtype=np.float64)
    x, y = centre
    right, below = (np.minimum(about.side, c + sides / 2) for c in (x, y))
    left, above = (np.maximum(0.0, c - sides / 2) for c in (x, y))
    area = np.clip(right - left, 0, None) * np.clip(below - above, 0, None)
    even = area / area.max() if area.max() else area
    series = [Series("this unit", sides, shares), Series("if even", sides, even, "dashed", -2)]
    if effective:
        series.append(Series("95 %", np.array([effective, effective]), np.array([0.0, held]), "dotted", -2))
    return Curve("Gradient in a square", tuple(series), "side, px", "share", (0.0, 1.0), (0.0, float(sides[-1])))


def _growth_chart(about: Unit, effective: float) -> Curve:
    known = [(n, f) for n, name in enumerate(about.fields) if not (f := about.fields[name]).whole]
    number = list(about.fields).index(about.layer.name) if about.layer.name in about.fields else 0
    here = np.array([float(number + 1)])
    last = float(max(len(about.fields), 2))
    series = [Series("input", np.array([1.0, last]), np.full(2, float(about.side)), "dashed", -2)]
    if known:
        x = np.array([float(n + 1) for n, _ in known])
        series.insert(0, Series("can see", x, np.array([f.columns.size for _, f in known])))
    if effective:
        series.append(Series("listens", np.concatenate([here, here]), np.array([0.0, effective]), "solid", 1))
    return Curve("Field by layer", tuple(series), "layer", "px", None, (1.0, last))


def _table(values: Mapping[str, float]) -> Table:
    def px(name: str) -> str:
        return f"{values[name]:.0f}".replace("-", "−") if name in values else "–"

    rows = (
        ("size", px("theoretical_px")),
        ("stride", px("stride_px")),
        ("unit 0 from", px("start_px")),
        ("this unit from", px("unit_start_px")),
        ("95 %", px("effective_px")),
        ("by area", px("effective_area_px")),
    )
    return Table("In input pixels", ("", ""), rows)


def _where(averaged: Averaged) -> str:
    if averaged.kind == "frames":
        still = " (a photo has no other)" if averaged.done == 1 else ""
        return f"Over the last {averaged.done} frames" if averaged.done > 1 else f"On this frame{still}"
    return "On this picture" if averaged.done == 1 else f"Over this picture and {averaged.done - 1} noisy copies"


def _reading(about: Unit, seen: Effective, values: Mapping[str, float], averaged: Averaged) -> str:
    row, column = about.cell
    name = f"map {seen.channel}" if seen.channel >= 0 else "all maps together"
    place = f"Unit ({column}, {row}) of {about.layer.label.split(' · ')[0]}, {name}"
    if about.random:
        place += ", weights random"
    sees = (
        f"can see {values['theoretical_px']:.0f} × {values['theoretical_px']:.0f} px of a {about.side} px input"
        if "theoretical_px" in values
        else f"can see all of the {about.side} px input, since a layer before it averages over whole maps"
    )
    if "effective_px" not in values:
        return f"{place}, {sees}; its gradient is zero everywhere on this picture, so there is no effective field."
    ratio = f", {words.percent(values['ratio'])} of that side" if "ratio" in values else ""
    return (
        f"{place}, {sees}. {_where(averaged)} 95 % of its gradient lies in a square of "
        f"**{values['effective_px']:.0f} px**{ratio}. Pixels above 4.55 % of the largest would fill one of "
        f"{values['effective_area_px']:.0f} px."
    )
