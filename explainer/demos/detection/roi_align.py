"""RoIPool against RoIAlign: a box is moved by fractions of a cell; one jumps, the other glides."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Curve, Series
from explainer.core.context import Context
from explainer.core.controls import AUTO, Auto, Choice, Doc, LayerName, OnPicture, Range
from explainer.core.demo import Cost, Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.geometry import Affine, BoxXYXY, apply, invert
from explainer.core.layers import Arrows, Boxes, Cells, Heat, Label, Layer, Panel, Points
from explainer.core.memo import latest, prepared
from explainer.core.numbers import numbers
from explainer.core.parts import Part
from explainer.core.picture import Focus, box_in_pixels, filled, grey, on_cells, panel, ruled
from explainer.core.result import Result

if TYPE_CHECKING:
    from explainer.vision.detection.roi import Reading

Floats = NDArray[np.float64]
SHIFTS = np.linspace(-1.0, 1.0, 161)  # in cells, of the curves
HARD, SOFT = 1, 0  # colours of RoIPool and RoIAlign
NOTHING_PX = 1.0
TOLD_PX = 2.0  # a side that is off by less has no arrow


class Shown(Choice):
    """Feature map."""

    VARIED = "varied", "The most varied in the box"
    STRONGEST = "strongest", "The strongest in the box"
    MEAN = "mean", "Mean of all"


@dataclass(frozen=True, slots=True)
class Params:
    """Which map, which box, and how it is read."""

    layer: Annotated[LayerName | Auto, Doc("Layer", "Late layers have wide cells: rounding costs most there.")] = AUTO
    box: Annotated[BoxXYXY | Auto, OnPicture("input"), Doc("Box", "Drag it over what you like.")] = AUTO
    shift_x: Annotated[
        float, Range(-1.0, 1.0, 0.01, unit="cells"), Doc("Shift right", "Fractions of a cell of the map.")
    ] = 0.0
    shift_y: Annotated[
        float, Range(-1.0, 1.0, 0.01, unit="cells"), Doc("Shift down", "Fractions of a cell of the map.")
    ] = 0.0
    cells: Annotated[int, Range(1, 7), Doc("Parts a side", "The output is so many values wide and high.")] = 3
    samples: Annotated[int, Range(1, 4), Doc("Points a side", "At how many places RoIAlign reads each part.")] = 2
    aligned: Annotated[
        bool, Doc("Values in the middle of cells", "Off: half a cell too far right and down, as first programmed.")
    ] = True
    shown: Annotated[
        Shown, Doc("Feature map", "One that varies or answers most inside the box, or the mean of all.")
    ] = Shown.VARIED


class RoiAlign(Demo[Params]):
    """Reads one box out of a feature map in two ways."""

    info = DemoInfo(
        id="roi-align", title="RoIPool against RoIAlign", topics=(24,), sample="dog", papers=("he2017", "girshick2015"),
        summary="Move a box by a hundredth of a cell: rounding jumps, bilinear reading glides.", cost=Cost(forwards=1),
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Read the box and follow both outputs over shifts of up to a cell."""
        from explainer.vision import seating
        from explainer.vision.attribution.views import to_pixels
        from explainer.vision.detection.roi import most_varied, strongest

        how, seats = seating.seated(params, frame, ctx, layer=seating.last, box=seating.well_inside)
        layer = ctx.card.layer(how.layer)
        with ctx.model() as net:
            ready = prepared(frame, net, ctx)
            with ctx.stage("model"):
                split = latest(ctx, "roi split", layer.name, lambda: net.split(ready.tensor, layer.name))
                maps = np.asarray(split.activation[0].detach().float().cpu().numpy(), np.float32)
        side = int(ready.tensor.shape[3])
        with ctx.stage("explain"):
            corners = apply(invert(ready.to_frame), box_in_pixels(frame, how.box).reshape(2, 2))
            exact, scale = np.clip(corners, 0, side).ravel(), maps.shape[2] / side
            choose = strongest if params.shown == Shown.STRONGEST else most_varied
            number = -1 if params.shown == Shown.MEAN else choose(maps, exact * scale)
            features = maps[number] if number >= 0 else np.asarray(maps.mean(0))
            name = layer.label.split(" · ")[0]
            seen = to_pixels(ready.tensor, ctx.card.mean, ctx.card.std)
            about = Read(frame, ready.to_frame, ready.focus, seen, name, features, number, exact, scale, params)
            return shown(about).result(
                input=np.ascontiguousarray(ready.tensor.cpu().numpy(), np.float32), resolved=seats
            )


@dataclass(frozen=True, eq=False)  # no slots: readings are made once and kept
class Read:
    """One box on one map.

    Parameters
    ----------
    seen
        What the network sees, ``(S, S, 3) uint8``.
    features
        ``(h, w)``.
    number
        Of the map; −1 for the mean of all.
    exact
        The drawn box in input pixels, ``(4,)``.
    scale
        Map cells for an input pixel.
    """

    frame: Frame
    to_frame: Affine
    focus: Focus
    seen: NDArray[np.uint8]
    layer: str
    features: NDArray[np.float32]
    number: int
    exact: Floats
    scale: float
    params: Params

    def shifted(self, x: float) -> Floats:
        """Return the box moved by `x` cells to the right and by the chosen ones down, in input pixels."""
        return self.exact + np.array([x, self.params.shift_y] * 2) / self.scale

    @cached_property
    def moved(self) -> Floats:
        """The box with its shift, in input pixels."""
        return self.shifted(self.params.shift_x)

    @cached_property
    def hard(self) -> Reading:
        """RoIPool of the box."""
        from explainer.vision.detection.roi import roi_pool

        return roi_pool(self.features, self.moved, self.scale, self.params.cells)

    @cached_property
    def soft(self) -> Reading:
        """RoIAlign of the box."""
        from explainer.vision.detection import roi

        how = self.params
        return roi.roi_align(self.features, self.moved, self.scale, how.cells, how.samples, aligned=how.aligned)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the map."""
        return int(self.features.shape[0]), int(self.features.shape[1])

    @property
    def look(self) -> tuple[float, float, Any]:
        """Lowest and highest value of the colours of the map, and which colours."""
        limit = float(np.abs(self.features).max()) or 1.0
        return (-limit, limit, "diverging") if (self.features < 0).any() else (0.0, limit, "sequential")


def shown(about: Read) -> Part:
    """Six pictures and two curves."""
    from explainer.vision.detection.roi import change, pooled, steps

    how, boxes = about.params, np.stack([about.shifted(s) for s in SHIFTS])
    both = pooled(about.features, boxes, about.scale, how.cells, how.samples, aligned=how.aligned)
    panels = (_input(about), *_both_maps(about), _map(about), *_outputs(about))
    values = [one[:, how.cells // 2, how.cells // 2].astype(np.float64) for one in both]
    lo, hi = float(np.min(values)), float(np.max(values))
    now = Series("now", np.full(2, how.shift_x), np.array([lo, hi if hi > lo else lo + 1]), "dotted", -2)
    moves = _curve("Change of the whole output", "share", [*map(change, both)])
    charts = (_curve("Middle value", "value", values, now), moves)
    (outputs, jump), (_, glide) = map(steps, both)
    hero = tuple(panel.slug for panel in panels[1:3])
    return Part(
        panels, charts, (_reading(about, outputs, jump, glide),), _values(about, outputs, jump, glide),
        headline=_headline(about, jump, glide), heroes=hero,
    )  # fmt: skip


def _headline(about: Read, jump: float, glide: float) -> str:
    from explainer.vision.detection.roi import missing

    if jump <= glide:
        return "On this flat part of the map it makes no difference that RoIPool rounds."
    if about.params.aligned and _off(about) >= 1:
        return f"{missing(_off(about) * about.scale)} {_off(about):.0f} px; RoIAlign reads inside it."
    return f"RoIPool's output jumps by up to {100 * jump:.0f} % at once, RoIAlign's by {100 * glide:.0f} %."


def _curve(title: str, y_label: str, lines: list[Floats], *more: Series) -> Curve:
    hard, soft = lines
    both = (Series("RoIPool", SHIFTS, hard, colour=HARD), Series("RoIAlign", SHIFTS, soft, colour=SOFT))
    return Curve(title, (*both, *more), "shift right, cells", y_label, None, (-1.0, 1.0))


def _input(about: Read) -> Panel:
    both = np.stack([about.moved, about.hard.region / about.scale])
    corners = apply(about.to_frame, both.reshape(-1, 2)).reshape(-1, 4)
    edge = np.array([about.frame.width, about.frame.height] * 2, np.float64)
    boxes = Boxes("read", np.clip(corners, 0, edge), ("exact", "rounded"), (SOFT, HARD))
    return panel(about.frame, "Input", boxes, note="what each of them reads", focus=about.focus)


def _map(about: Read) -> Panel:
    lo, hi, colours = about.look
    which = f"map {about.number}" if about.number >= 0 else "mean of all maps"
    answers = Heat("map", about.features, lo, hi, colours=colours, smooth=False)
    return on_cells(about.shape, "Map", about.seen, (answers,), f"{which} of {about.layer}")


def _both_maps(about: Read) -> tuple[Panel, Panel]:
    """Where each of them reads, on a grey photo that is ruled in cells, and by how much RoIPool is off."""
    edge, below, lines = np.array(about.shape[::-1] * 2, float), grey(about.seen, 0.85), ruled(*about.shape)
    asked, hard, soft = (np.clip(b, 0, edge) for b in (about.moved * about.scale, about.hard.parts, about.soft.parts))
    pool: tuple[Layer, ...] = (
        *lines, *filled("rounded", about.hard.region, HARD, 0.75), Boxes("parts", hard, colours=(HARD,) * len(hard)),
        *filled("box", asked, SOFT, 0.8), Boxes("asked", asked[None], ("the box",), (SOFT,)), *_arrows(about, asked),
    )  # fmt: skip
    points = Points("samples", np.clip(about.soft.points, 0, edge[:2]), size_px=5.0)
    parts = Boxes("parts", soft, colours=(SOFT,) * len(soft))
    align: tuple[Layer, ...] = *lines, *filled("exact", asked, SOFT), parts, points
    (whole, high), (wide, tall) = (b[2:] - b[:2] for b in (about.hard.region, about.moved * about.scale))
    return (
        on_cells(about.shape, "RoIPool", below, pool, f"{whole:.0f} × {high:.0f} whole cells, largest of each part"),
        on_cells(about.shape, "RoIAlign", below, align, f"{wide:.2f} × {tall:.2f} cells, mean of points"),
    )


def _arrows(about: Read, asked: Floats) -> tuple[Layer, ...]:
    from explainer.vision.detection.roi import missed

    start, end = missed(asked, about.hard.region)
    far = np.abs(end - start).sum(1) / about.scale
    told, (x, y) = far >= TOLD_PX, ((start + end) / 2).T
    names = [Label(f"off {k}", f"{far[k]:.0f} px", (x[k], y[k]), HARD) for k in np.flatnonzero(told)]
    return (Arrows("off", start[told], end[told]), *names) if names else ()


def _outputs(about: Read) -> tuple[Panel, ...]:
    both = (("Pooled", about.hard), ("Aligned", about.soft))
    every = np.stack([read.values for _, read in both])
    lo, hi = float(every.min()), float(every.max())
    look = (lo, hi, "sequential") if hi > lo >= 0 else about.look  # of the map's whole range they may hold little
    drawn = [(name, Cells("output", read.values[None].astype(np.float32), 1, *look)) for name, read in both]
    return tuple(
        Panel(name, cells.size, (cells,), words.cells(cells.values.shape[1:]), frame=False) for name, cells in drawn
    )


def _off(about: Read) -> float:
    """Largest distance of a side of the region that is read from the box, in input pixels."""
    return float(np.abs(about.hard.region / about.scale - about.moved).max())


def _values(about: Read, outputs: int, jump: float, glide: float) -> dict[str, float]:
    width, height = (about.exact[2:] - about.exact[:2]) * about.scale
    middle = (about.params.cells // 2,) * 2
    return numbers(
        cell_px=1 / about.scale, box_width_cells=width, box_height_cells=height, off_px=_off(about),
        pool_outputs=outputs, pool_largest_step=jump, align_largest_step=glide,
        pool_middle=about.hard.values[middle], align_middle=about.soft.values[middle], map=about.number,
    )  # fmt: skip


def _reading(about: Read, outputs: int, jump: float, glide: float) -> str:
    width, height = about.exact[2:] - about.exact[:2]
    if min(width, height) < NOTHING_PX:
        return (
            f"The box has almost no area inside what the network sees ({width:.1f} × {height:.1f} px): RoIPool "
            "still reads whole cells, RoIAlign the same place again and again."
        )
    from explainer.vision.detection.roi import rounding

    which = f"map {about.number}" if about.number >= 0 else "the mean of all maps"
    return (
        f"A cell of {which} of {about.layer} is {1 / about.scale:.0f} px wide. {rounding(_off(about) * about.scale)} "
        f"**{_off(about):.1f} px**. Shifted by two cells in 160 steps, RoIPool gives {outputs} "
        f"different outputs and jumps by up to {100 * jump:.0f} % of its length at once; RoIAlign by "
        f"{100 * glide:.1f} %."
    )
