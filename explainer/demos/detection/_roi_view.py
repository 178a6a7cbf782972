"""What RoIPool and RoIAlign show side by side."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explainer.core.charts import Curve, Series
from explainer.core.frame import Frame
from explainer.core.geometry import Affine, apply
from explainer.core.layers import Boxes, Cells, Heat, Image, Layer, Panel, Points
from explainer.core.result import Result

if TYPE_CHECKING:
    from explainer.vision.detection.roi import Reading

HARD, SOFT = 1, 0  # colours of RoIPool and RoIAlign
NOTHING_PX = 1.0


@dataclass(frozen=True, eq=False)  # no slots: readings are made once and kept
class Read:
    """One box on one map.

    Parameters
    ----------
    features
        ``(h, w)``.
    number
        Of the map; −1 for the mean of all.
    exact
        The drawn box in input pixels, ``(4,)``.
    scale
        Map cells for an input pixel.
    shift
        Right and down, in cells.
    """

    frame: Frame
    to_frame: Affine
    focus: tuple[float, float, float, float]
    layer: str
    features: NDArray[np.float32]
    number: int
    exact: NDArray[np.float64]
    scale: float
    shift: tuple[float, float]
    cells: int
    samples: int
    aligned: bool

    def moved(self, more: float = 0.0) -> NDArray[np.float64]:
        """Return the box with its shift and `more` cells to the right, in input pixels."""
        x, y = self.shift
        return self.exact + np.array([x + more, y, x + more, y]) / self.scale

    @cached_property
    def hard(self) -> Reading:
        """RoIPool of the box."""
        from explainer.vision.detection.roi import roi_pool

        return roi_pool(self.features, self.moved(), self.scale, self.cells)

    @cached_property
    def soft(self) -> Reading:
        """RoIAlign of the box."""
        from explainer.vision.detection.roi import roi_align

        return roi_align(self.features, self.moved(), self.scale, self.cells, self.samples, aligned=self.aligned)

    @property
    def rounded(self) -> NDArray[np.float64]:
        """Region that RoIPool really reads, in cells; both ends are included in rounding, so it grows."""
        parts = self.hard.parts
        return np.array([*parts[:, :2].min(0), *parts[:, 2:].max(0)])

    @property
    def limit(self) -> float:
        """Largest size of a value of the map."""
        return float(np.abs(self.features).max()) or 1.0


def result(about: Read, shifts: NDArray[np.float64], x: NDArray[np.float32]) -> Result:
    """Four pictures and two curves."""
    from explainer.vision.detection.roi import pooled

    boxes = np.stack([about.exact + np.array([s, about.shift[1]] * 2) / about.scale for s in shifts])
    hard, soft = pooled(about.features, boxes, about.scale, about.cells, about.samples, aligned=about.aligned)
    return Result(
        _reading(about, hard, soft), _values(about, hard, soft),
        (_input(about), _pool_panel(about), _align_panel(about), _outputs(about)),
        (_middle_curve(about, shifts, hard, soft), _change_curve(shifts, hard, soft)), input=x,
    )  # fmt: skip


# Pictures -----------------------------------------------------------------------------------------------


def _input(about: Read) -> Panel:
    frame = about.frame
    both = np.stack([about.moved(), about.rounded / about.scale])
    corners = apply(about.to_frame, both.reshape(-1, 2)).reshape(-1, 4)
    edge = np.array([frame.width, frame.height] * 2, np.float64)
    layers = (
        Image("picture", frame.pixels, focus=about.focus),
        Boxes("read", np.clip(corners, 0, edge), ("exact", "rounded"), (SOFT, HARD)),
    )
    return Panel("Input", (frame.width, frame.height), layers, "what each of them reads")


def _map(about: Read) -> Heat:
    signed = bool((about.features < 0).any())
    return Heat(
        "map", about.features, -about.limit if signed else 0.0, about.limit,
        colours="diverging" if signed else "sequential", over=False, smooth=False,
    )  # fmt: skip


def _map_panel(about: Read, title: str, layers: list[Layer], note: str) -> Panel:
    rows, columns = about.features.shape
    return Panel(title, (float(columns), float(rows)), (_map(about), *layers), note, frame=False)


def _inside(about: Read, table: NDArray[np.float64]) -> NDArray[np.float64]:
    rows, columns = about.features.shape
    return np.clip(table, 0, np.array([columns, rows] * (table.shape[1] // 2), np.float64))


def _pool_panel(about: Read) -> Panel:
    parts, points = _inside(about, about.hard.parts), _inside(about, about.hard.points)
    layers: list[Layer] = [Boxes("parts", parts, colours=(HARD,) * len(parts))]
    if len(points):
        layers.append(Points("largest", points, colours=(HARD,) * len(points), size_px=6.0))
    x0, y0, x1, y1 = about.rounded
    return _map_panel(about, "RoIPool", layers, f"{x1 - x0:.0f} × {y1 - y0:.0f} whole cells, largest of each part")


def _align_panel(about: Read) -> Panel:
    parts, points = _inside(about, about.soft.parts), _inside(about, about.soft.points)
    layers: list[Layer] = [
        Boxes("parts", parts, colours=(SOFT,) * len(parts)),
        Points("samples", points, colours=(SOFT,) * len(points), size_px=4.0),
    ]
    x0, y0, x1, y1 = about.moved() * about.scale
    return _map_panel(about, "RoIAlign", layers, f"{x1 - x0:.2f} × {y1 - y0:.2f} cells, mean of points")


def _outputs(about: Read) -> Panel:
    values = np.stack([about.hard.values, about.soft.values]).astype(np.float32)
    signed = bool((about.features < 0).any())
    cells = Cells(
        "outputs", values, 2, -about.limit if signed else 0.0, about.limit,
        "diverging" if signed else "sequential", ("RoIPool", "RoIAlign"),
    )  # fmt: skip
    return Panel("Outputs", cells.size, (cells,), f"{about.cells} × {about.cells} values each", frame=False)


# Curves -------------------------------------------------------------------------------------------------


def _middle_curve(
    about: Read, shifts: NDArray[np.float64], hard: NDArray[np.float32], soft: NDArray[np.float32]
) -> Curve:
    at = about.cells // 2
    lines = (hard[:, at, at].astype(np.float64), soft[:, at, at].astype(np.float64))
    lo, hi = (float(f([f(line) for line in lines])) for f in (np.min, np.max))
    here = np.full(2, about.shift[0])
    return Curve(
        "Middle value",
        (
            Series("RoIPool", shifts, lines[0], colour=HARD),
            Series("RoIAlign", shifts, lines[1], colour=SOFT),
            Series("now", here, np.array([lo, hi if hi > lo else lo + 1]), "dotted", -2),
        ),
        "shift right, cells", "value", None, (-1.0, 1.0),
    )  # fmt: skip


def change(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """How far each output lies from that without shift, as a share of its length; 0 if that has none."""
    flat = values.reshape(len(values), -1).astype(np.float64)
    middle = flat[len(flat) // 2]
    length = float(np.linalg.norm(middle))
    return np.linalg.norm(flat - middle, axis=1) / length if length else np.zeros(len(flat))


def _change_curve(shifts: NDArray[np.float64], hard: NDArray[np.float32], soft: NDArray[np.float32]) -> Curve:
    lines = change(hard), change(soft)
    return Curve(
        "Change of the whole output",
        (Series("RoIPool", shifts, lines[0], colour=HARD), Series("RoIAlign", shifts, lines[1], colour=SOFT)),
        "shift right, cells", "share", None, (-1.0, 1.0),
    )  # fmt: skip


# Words and numbers --------------------------------------------------------------------------------------


def steps(values: NDArray[np.float32]) -> tuple[int, float]:
    """How many different outputs there are, and the largest change from one shift to the next as a share."""
    flat = values.reshape(len(values), -1).astype(np.float64)
    length = float(np.linalg.norm(flat[len(flat) // 2])) or 1.0
    jumps = np.linalg.norm(np.diff(flat, axis=0), axis=1)
    return int((jumps > 0).sum()) + 1, float(jumps.max()) / length


def _off(about: Read) -> float:
    """Largest distance of a side of the region that is read from the box, in input pixels."""
    return float(np.abs(about.rounded / about.scale - about.moved()).max())


def _values(about: Read, hard: NDArray[np.float32], soft: NDArray[np.float32]) -> dict[str, float]:
    (outputs, jump), (_, glide) = steps(hard), steps(soft)
    return {
        "cell_px": 1 / about.scale,
        "box_width_cells": float((about.exact[2] - about.exact[0]) * about.scale),
        "box_height_cells": float((about.exact[3] - about.exact[1]) * about.scale),
        "off_px": _off(about),
        "pool_outputs": float(outputs),
        "pool_largest_step": jump,
        "align_largest_step": glide,
        "pool_middle": float(about.hard.values[about.cells // 2, about.cells // 2]),
        "align_middle": float(about.soft.values[about.cells // 2, about.cells // 2]),
        "map": float(about.number),
    }


def _reading(about: Read, hard: NDArray[np.float32], soft: NDArray[np.float32]) -> str:
    x0, y0, x1, y1 = about.exact
    if x1 - x0 < NOTHING_PX or y1 - y0 < NOTHING_PX:
        return (
            f"The box has almost no area inside what the network sees ({x1 - x0:.1f} × {y1 - y0:.1f} px): RoIPool "
            "still reads whole cells, RoIAlign the same place again and again."
        )
    (outputs, jump), (_, glide) = steps(hard), steps(soft)
    which = f"map {about.number}" if about.number >= 0 else "the mean of all maps"
    return (
        f"A cell of {which} of {about.layer} is {1 / about.scale:.0f} px wide. Rounding moves a side of the box by up "
        f"to **{_off(about):.1f} px**. Shifted by two cells in 160 steps, RoIPool gives {outputs} "
        f"different outputs and jumps by up to {100 * jump:.0f} % of its length at once; RoIAlign by "
        f"{100 * glide:.1f} %."
    )
