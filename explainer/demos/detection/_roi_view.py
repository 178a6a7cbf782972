"""What reading a box by RoIPool and by RoIAlign shows: where each of them looks, and what comes out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Curve, Series
from explainer.core.frame import Frame
from explainer.core.geometry import Affine, apply, identity, resized, scale_shift
from explainer.core.layers import Arrows, Boxes, Cells, Heat, Image, Label, Layer, Lines, Mask, Panel, Points
from explainer.core.numbers import numbers
from explainer.core.parts import Part
from explainer.core.picture import Focus, panel

if TYPE_CHECKING:
    from explainer.vision.detection.roi import Reading

Floats = NDArray[np.float64]
SHIFTS = np.linspace(-1.0, 1.0, 161)  # in cells, of the curves
HARD, SOFT = 1, 0  # colours of RoIPool and RoIAlign
NOTHING_PX = 1.0
TOLD_PX = 2.0  # a side that is off by less has no arrow
RULED = 28  # cells a side up to which they are ruled
PALE = 0.85  # of the photo's contrast, below what is drawn over it
TINT = 0.6  # of what is read


@dataclass(frozen=True, slots=True)
class Way:
    """How the box is shifted, in cells, and how it is read: parts a side, points a side of each, half a cell off."""

    shift_x: float
    shift_y: float
    cells: int
    samples: int
    aligned: bool


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
    way
        How the box is shifted and read.
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
    way: Way

    def shifted(self, x: float) -> Floats:
        """Return the box moved by `x` cells to the right and by the chosen ones down, in input pixels."""
        return self.exact + np.array([x, self.way.shift_y] * 2) / self.scale

    @cached_property
    def moved(self) -> Floats:
        """The box with its shift, in input pixels."""
        return self.shifted(self.way.shift_x)

    @cached_property
    def hard(self) -> Reading:
        """RoIPool of the box."""
        from explainer.vision.detection.roi import roi_pool

        return roi_pool(self.features, self.moved, self.scale, self.way.cells)

    @cached_property
    def soft(self) -> Reading:
        """RoIAlign of the box."""
        from explainer.vision.detection import roi

        how = self.way
        return roi.roi_align(self.features, self.moved, self.scale, how.cells, how.samples, aligned=how.aligned)

    @property
    def rounded(self) -> Floats:
        """Region that RoIPool really reads, in cells; both ends are included in rounding, so it grows."""
        return np.array([*self.hard.parts[:, :2].min(0), *self.hard.parts[:, 2:].max(0)])

    @property
    def look(self) -> tuple[float, float, Any]:
        """Lowest and highest value of the colours of the map, and which colours."""
        limit = float(np.abs(self.features).max()) or 1.0
        return (-limit, limit, "diverging") if (self.features < 0).any() else (0.0, limit, "sequential")


def shown(about: Read) -> Part:
    """Six pictures and two curves."""
    from explainer.vision.detection.roi import change, pooled, steps

    how, boxes = about.way, np.stack([about.shifted(s) for s in SHIFTS])
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
    if jump <= glide:
        return "On this flat part of the map it makes no difference that RoIPool rounds."
    if about.way.aligned and _off(about) >= 1:
        return f"RoIPool's whole cells miss the box by {_off(about):.0f} px; RoIAlign reads inside it."
    return f"RoIPool's output jumps by up to {100 * jump:.0f} % at once, RoIAlign's by {100 * glide:.0f} %."


def _curve(title: str, y_label: str, lines: list[Floats], *more: Series) -> Curve:
    hard, soft = lines
    both = (Series("RoIPool", SHIFTS, hard, colour=HARD), Series("RoIAlign", SHIFTS, soft, colour=SOFT))
    return Curve(title, (*both, *more), "shift right, cells", y_label, None, (-1.0, 1.0))


# Pictures -----------------------------------------------------------------------------------------------


def _input(about: Read) -> Panel:
    both = np.stack([about.moved, about.rounded / about.scale])
    corners = apply(about.to_frame, both.reshape(-1, 2)).reshape(-1, 4)
    edge = np.array([about.frame.width, about.frame.height] * 2, np.float64)
    boxes = Boxes("read", np.clip(corners, 0, edge), ("exact", "rounded"), (SOFT, HARD))
    return panel(about.frame, "Input", boxes, note="what each of them reads", focus=about.focus)


def _map_panel(about: Read, title: str, layers: list[Layer], note: str) -> Panel:
    """Grey photo of what the network sees, ruled in the cells of the map, with layers in cells over it."""
    rows, columns = about.features.shape
    grey = 128 + PALE * (about.seen.mean(2, keepdims=True) - 128)
    place = resized(identity(), (rows, columns), about.seen.shape[:2])
    below = Image("picture", grey.repeat(3, axis=2).astype(np.uint8), place)
    return Panel(title, (float(columns), float(rows)), (below, *_ruled(rows, columns), *layers), note, frame=False)


def _ruled(rows: int, columns: int) -> tuple[Lines, ...]:
    if max(rows, columns) > RULED:
        return ()
    across = [np.array([[0.0, y], [columns, y]]) for y in range(1, rows)]
    down = [np.array([[x, 0.0], [x, rows]]) for x in range(1, columns)]
    paths = (*across, *down)
    return (Lines("cells", paths, (-2,) * len(paths), width_px=0.8),) if paths else ()


def _filled(name: str, box: Floats, colour: int) -> list[Layer]:
    x0, y0, x1, y1 = box
    if x1 - x0 < 1e-6 or y1 - y0 < 1e-6:
        return []
    return [Mask(name, np.full((1, 1), TINT, np.float32), scale_shift(x1 - x0, y1 - y0, x0, y0), colour)]


def _both_maps(about: Read) -> tuple[Panel, Panel]:
    rows, columns = about.features.shape
    edge = np.array([columns, rows] * 2, np.float64)
    asked = np.clip(about.moved * about.scale, 0, edge)
    hard: list[Layer] = [
        *_filled("rounded", about.rounded, HARD),
        Boxes("parts", np.clip(about.hard.parts, 0, edge), colours=(HARD,) * len(about.hard.parts)),
        Boxes("asked", asked[None], ("the box",), (SOFT,), dashed=True),
        *_arrows(about, asked),
    ]
    soft: list[Layer] = [
        *_filled("exact", asked, SOFT),
        Boxes("parts", np.clip(about.soft.parts, 0, edge), colours=(SOFT,) * len(about.soft.parts)),
        Points("samples", np.clip(about.soft.points, 0, edge[:2]), size_px=5.0),
    ]
    x0, y0, x1, y1 = about.rounded
    whole = f"{x1 - x0:.0f} × {y1 - y0:.0f} whole cells, the largest of each part"
    x0, y0, x1, y1 = about.moved * about.scale
    exact = f"{x1 - x0:.2f} × {y1 - y0:.2f} cells, the mean of points"
    return _map_panel(about, "RoIPool", hard, whole), _map_panel(about, "RoIAlign", soft, exact)


def _arrows(about: Read, asked: Floats) -> list[Layer]:
    """From the sides of the box to those that are read instead, the farthest of each direction with its pixels."""
    x0, y0, x1, y1 = asked
    (left, top, right, bottom), middle = about.rounded, ((x0 + x1) / 2, (y0 + y1) / 2)
    sides = (
        max([(x0, left), (x1, right)], key=lambda one: abs(one[1] - one[0])),
        max([(y0, top), (y1, bottom)], key=lambda one: abs(one[1] - one[0])),
    )
    far = [k for k in (0, 1) if abs(sides[k][1] - sides[k][0]) / about.scale >= TOLD_PX]
    ends = [[(sides[k][n], middle[1]) if k == 0 else (middle[0], sides[k][n]) for k in far] for n in (0, 1)]
    if not far:
        return []
    labels = (f"{abs(sides[k][1] - sides[k][0]) / about.scale:.0f} px" for k in far)
    middles = np.mean(ends, 0).tolist()
    names = [Label(f"off {k}", text, (x, y), HARD) for k, text, (x, y) in zip(far, labels, middles, strict=True)]
    return [Arrows("off", np.array(ends[0]), np.array(ends[1])), *names]


def _map(about: Read) -> Panel:
    """The map itself over what the network sees."""
    rows, columns = about.features.shape
    lo, hi, colours = about.look
    below = Image("picture", about.seen, resized(identity(), (rows, columns), about.seen.shape[:2]))
    answers = Heat("map", about.features, lo, hi, colours=colours, smooth=False)
    which = f"map {about.number}" if about.number >= 0 else "mean of all maps"
    return Panel("Map", (float(columns), float(rows)), (below, answers), f"{which} of {about.layer}", frame=False)


def _outputs(about: Read) -> tuple[Panel, ...]:
    both = (("Pooled", about.hard), ("Aligned", about.soft))
    drawn = [(name, Cells("output", read.values[None].astype(np.float32), 1, *about.look)) for name, read in both]
    return tuple(
        Panel(name, cells.size, (cells,), words.cells(cells.values.shape[1:]), frame=False) for name, cells in drawn
    )


# Words and numbers --------------------------------------------------------------------------------------


def _off(about: Read) -> float:
    """Largest distance of a side of the region that is read from the box, in input pixels."""
    return float(np.abs(about.rounded / about.scale - about.moved).max())


def _values(about: Read, outputs: int, jump: float, glide: float) -> dict[str, float]:
    width, height = (about.exact[2:] - about.exact[:2]) * about.scale
    middle = (about.way.cells // 2,) * 2
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
    which = f"map {about.number}" if about.number >= 0 else "the mean of all maps"
    return (
        f"A cell of {which} of {about.layer} is {1 / about.scale:.0f} px wide. Rounding moves a side of the box by up "
        f"to **{_off(about):.1f} px**. Shifted by two cells in 160 steps, RoIPool gives {outputs} "
        f"different outputs and jumps by up to {100 * jump:.0f} % of its length at once; RoIAlign by "
        f"{100 * glide:.1f} %."
    )
