"""What the object detector shows and says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Bars, Curve, Series, Table
from explainer.core.frame import Frame
from explainer.core.geometry import PointXY, apply, compose, invert, scale_shift
from explainer.core.layers import Arrows, Boxes, Heat, Layer, Panel, Points
from explainer.core.picture import Copy, dark
from explainer.core.result import Result
from explainer.demos.detection import _nanodet_view as shared

if TYPE_CHECKING:
    from explainer.vision.detection.detections import Detections
    from explainer.vision.detection.gfl import Answers

DRAWN = 150  # best boxes before suppression that are drawn; more would hide the picture
CENTRES = 400  # centres of cells that are drawn
TINY_PX = 8.0


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Everything that was decided about one picture.

    Parameters
    ----------
    raw
        One box for each cell above the threshold, best first.
    done
        Rows of `raw` that survive suppression.
    rows
        Cell of each box of `raw`.
    row
        Cell that is asked about.
    hit
        Its place in `done`; −1 if it is no box that was kept.
    """

    frame: Frame
    kept: Answers
    score: float
    iou: float
    raw: Detections
    rows: NDArray[np.int64]
    done: NDArray[np.int64]
    row: int
    hit: int
    shown: str

    @property
    def final(self) -> Detections:
        """What is left."""
        return self.raw[self.done]

    @property
    def cell_px(self) -> float:
        """Side of the chosen cell in input pixels."""
        return float(self.kept.stride[self.row])

    @property
    def sides(self) -> NDArray[np.float32]:
        """Distributions of the chosen cell, ``(4, K)``."""
        return np.asarray(self.kept.sides[self.row])

    @property
    def class_id(self) -> int:
        """Best class of the chosen cell."""
        return int(self.kept.scores[self.row].argmax())

    @property
    def name(self) -> str:
        """Name of that class."""
        from explainer.vision.detection import coco

        return coco.name(self.class_id)


def result(seen: Seen, x: NDArray[np.float32]) -> Result:
    """Panels, charts, words and numbers."""
    from explainer.vision import suiting

    levels = tuple(level_panel(seen, k) for k in range(3))
    asked = next(k for k in range(3) if seen.row < seen.kept.level(k).stop)
    return Result(
        reading(seen), values(seen), (input_panel(seen), *levels),
        (class_bars(seen), distance_chart(seen), count_table(seen)), input=x,
        headline=headline(seen), heroes=("input", levels[asked].slug),
        unsuitable=None if len(seen.final) else suiting.without_things(float(seen.kept.scores.max())),
    )  # fmt: skip


# Pictures -----------------------------------------------------------------------------------------------


def input_panel(seen: Seen) -> Panel:
    """What is left after suppression."""
    final = seen.final[np.arange(len(seen.final))[::-1]]  # the best is drawn last, over the others
    centres = final.centre / (seen.frame.width, seen.frame.height)
    sets = tuple({"spot": PointXY(float(x), float(y))} for x, y in centres)
    layers: list[Layer] = [shared.box_layer("objects", final, sets=sets)]
    return shared.frame_panel("Input", seen.frame, layers, f"{len(seen.final)} after suppression")


def _centre(seen: Seen) -> NDArray[np.float64]:
    return np.asarray(apply(seen.kept.to_frame, seen.kept.centres[[seen.row]])[0])


def _box(seen: Seen, more: float = 0.0) -> NDArray[np.float64]:
    """Box of the chosen cell in frame pixels, each side moved out by `more` standard deviations; not cut."""
    from explainer.vision.detection import gfl

    away = (gfl.distances(seen.sides) + more * gfl.spreads(seen.sides)) * seen.cell_px
    x, y = seen.kept.centres[seen.row]
    corners = np.array([[x - away[0], y - away[1]], [x + away[2], y + away[3]]])
    return apply(seen.kept.to_frame, corners).ravel()


def _reach(seen: Seen) -> list[Layer]:
    """Centre of the chosen cell, and arrows from it to the sides of its box."""
    (x, y), (x0, y0, x1, y1) = _centre(seen), _box(seen)
    ends = np.clip([[x0, y], [x, y0], [x1, y], [x, y1]], 0, (seen.frame.width, seen.frame.height))
    start = np.clip(np.repeat([[x, y]], 4, axis=0), 0, (seen.frame.width, seen.frame.height))
    return [Arrows("distances", start, np.asarray(ends, np.float64), (0, 1, 2, 3))]


def level_panel(seen: Seen, level: int) -> Panel:
    """One number for every cell of a level on the dark photo, and the level's boxes; the chosen cell reaches for its.

    What suppression drops is dashed.
    """
    stride, rows, columns = seen.kept.grids[level]
    where = seen.kept.level(level)
    grid = _map(seen, where).astype(np.float32).reshape(rows, columns)
    layers: list[Layer] = [_heat(seen, grid, stride)]
    marked = np.flatnonzero(_marked(seen, level))[:CENTRES]
    if len(marked):
        places = apply(seen.kept.to_frame, seen.kept.centres[where][marked])
        layers.append(Points("cells", places, size_px=4.0, colours=(-1,) * len(marked)))
    layers += _band(seen, level) if seen.shown == "centreness" else _level_boxes(seen, where)
    if level == seen.kept.level_of(seen.row):
        layers += _reach(seen)
    what = {"best": "best score", "class": seen.name, "centreness": "centre-ness"}[seen.shown]
    told = "taught" if seen.shown == "centreness" else "sure enough"
    note, under = f"{len(marked)} of {rows * columns} {told}; {what}", dark(seen.frame.pixels)
    return Copy(seen.frame, under.shape).panel(f"Cells of {stride} px", *layers, note=note, under=under)


def _heat(seen: Seen, grid: NDArray[np.float32], stride: int) -> Heat:
    """Draw a level's map in input pixels, cut where the picture ends and the letterbox begins."""
    corners = np.array([[0.0, 0.0], [seen.frame.width, seen.frame.height]])
    (x0, y0), (x1, y1) = np.rint(apply(invert(seen.kept.to_frame), corners)).astype(int)
    pixels = grid.repeat(stride, 0).repeat(stride, 1)[y0:y1, x0:x1]
    to_panel = compose(seen.kept.to_frame, scale_shift(1.0, 1.0, x0, y0))
    return Heat("map", np.ascontiguousarray(pixels), 0.0, 1.0, to_panel, smooth=False)


def _level_boxes(seen: Seen, where: slice) -> list[Layer]:
    """Boxes of the cells of one level."""
    here = (seen.rows >= where.start) & (seen.rows < where.stop)
    here[DRAWN:] = False
    stays = np.isin(np.arange(len(here)), seen.done)
    gone, kept = np.flatnonzero(here & ~stays), np.flatnonzero(here & stays)
    found: list[Layer] = []
    if len(gone):
        found.append(shared.box_layer("dropped", seen.raw[gone], labels=False, dashed=True))
    if len(kept):
        found.append(shared.box_layer("kept", seen.raw[kept], labels=False))
    return found


def _band(seen: Seen, level: int) -> list[Layer]:
    """The chosen box; on its own level also one deviation within and beyond."""
    edge = np.array([seen.frame.width, seen.frame.height] * 2, np.float64)
    moved = (-1.0, 0.0, 1.0) if level == seen.kept.level_of(seen.row) else (0.0,)
    boxes = np.clip(np.stack([_box(seen, more) for more in moved]), 0, edge)
    return [Boxes("chosen box", boxes, colours=(seen.class_id,) * len(boxes), dashed=True)]


def _map(seen: Seen, where: slice) -> NDArray[Any]:
    from explainer.vision.detection import centreness

    if seen.shown == "centreness":
        return centreness.centreness(seen.kept.centres[where], _box_in_input(seen))
    scores = seen.kept.scores[where]
    return np.asarray(scores.max(1) if seen.shown == "best" else scores[:, seen.class_id])


def _marked(seen: Seen, level: int) -> NDArray[np.bool_]:
    """Cells to mark: those above the threshold, or those that FCOS would teach the chosen box."""
    from explainer.vision.detection import centreness

    where = seen.kept.level(level)
    places = apply(seen.kept.to_frame, seen.kept.centres[where])
    inside = ((places >= 0) & (places <= (seen.frame.width, seen.frame.height))).all(1)
    if seen.shown != "centreness":
        return np.asarray(inside & (_map(seen, where) >= seen.score))
    limits = centreness.LIMITS[level], centreness.LIMITS[level + 1]
    return np.asarray(inside & centreness.taught(seen.kept.centres[where], _box_in_input(seen), limits))


def _box_in_input(seen: Seen) -> NDArray[np.float64]:
    return apply(invert(seen.kept.to_frame), _box(seen).reshape(2, 2)).ravel()


# Charts -------------------------------------------------------------------------------------------------


def class_bars(seen: Seen) -> Bars:
    """The five best classes of the chosen cell."""
    from explainer.vision.detection import coco

    scores = seen.kept.scores[seen.row]
    best = [int(k) for k in np.argsort(-scores, kind="stable")[:5]]
    labels, shown = tuple(coco.name(k) for k in best), tuple(float(scores[k]) for k in best)
    return Bars("Classes of the cell", labels, shown)


def distance_chart(seen: Seen) -> Curve:
    """Distributions of the four sides."""
    from explainer.vision.detection import gfl

    means = gfl.distances(seen.sides)
    bins = np.arange(seen.sides.shape[1], dtype=np.float64)
    series = tuple(
        Series(f"{side} {mean:.1f}", bins, np.asarray(one, np.float64), colour=k)
        for k, (side, mean, one) in enumerate(zip(gfl.SIDES, means, seen.sides, strict=True))
    )
    return Curve(
        "How far to each side", series, f"cells of {seen.cell_px:.0f} px", "probability", (-0.1, 1.0),
        (0.0, float(bins[-1])),
    )  # fmt: skip


def count_table(seen: Seen) -> Table:
    """Cells, boxes and objects of each level."""
    lines = []
    for k, (stride, rows, columns) in enumerate(seen.kept.grids):
        level = seen.kept.level(k)
        inside = (seen.rows >= level.start) & (seen.rows < level.stop)
        lines.append((f"{stride} px", words.thousands(rows * columns), str(inside.sum()), str(inside[seen.done].sum())))
    total = words.thousands(len(seen.kept.scores))
    lines.append(("all", total, str(len(seen.raw)), str(len(seen.done))))
    return Table("Boxes by level", ("cells", "in all", "above", "kept"), tuple(lines))


# Words and numbers --------------------------------------------------------------------------------------


def values(seen: Seen) -> dict[str, float]:
    """The numbers of this picture."""
    from explainer.vision.detection import gfl

    means, spreads = gfl.distances(seen.sides), gfl.spreads(seen.sides)
    found = {
        "cells": float(len(seen.kept.scores)),
        "boxes_before": float(len(seen.raw)),
        "boxes_after": float(len(seen.done)),
        "least_score": seen.score,
        "most_iou": seen.iou,
        "best_score": float(seen.kept.scores.max()),
        "cell_class": float(seen.class_id),
        "cell_score": float(seen.kept.scores[seen.row].max()),
        "cell_px": seen.cell_px,
        "centre_x_px": float(seen.kept.centres[seen.row, 0]),
        "input_width_px": float(seen.kept.grids[0][2] * seen.kept.grids[0][0]),
        "input_height_px": float(seen.kept.grids[0][1] * seen.kept.grids[0][0]),
    }
    for side, mean, spread in zip(gfl.SIDES, means, spreads, strict=True):
        found[f"{side}_cells"] = float(mean)
        found[f"{side}_spread_cells"] = float(spread)
    return found


def headline(seen: Seen) -> str:
    """What was found, in a line."""
    if not (what := shared.inventory(seen.final)):
        return "The detector finds nothing here that it is sure enough of."
    found = f"one {what.removeprefix('1 × ')}" if len(seen.final) == 1 else f"{len(seen.final)} things: “{what}”"
    return f"{words.thousands(len(seen.kept.scores))} cells look once, and the detector finds {found}."


def reading(seen: Seen) -> str:
    """What was found, and how the chosen cell came to its box."""
    cells = words.thousands(len(seen.kept.scores))
    if len(seen.raw) == 0:
        best = float(seen.kept.scores.max())
        found = f"**Nothing** reaches {seen.score:.2f}: the best of {cells} cells gives {words.score(best)}."
    else:
        found = (
            f"{len(seen.raw)} of {cells} cells reach {seen.score:.2f}; suppression leaves "
            f"**{shared.inventory(seen.final)}**."
        )
    return f"{found} {_cell_words(seen)}{_tiny(seen)}"


def _cell_words(seen: Seen) -> str:
    from explainer.vision.detection import gfl

    score = words.score(float(seen.kept.scores[seen.row].max()))
    what = "The chosen box" if seen.hit >= 0 else "No box here; the best cell at this place"
    mean, spread = gfl.distances(seen.sides), gfl.spreads(seen.sides)
    widest = int(spread.argmax())
    return (
        f"{what} says {seen.name}, {score}, from a cell of {seen.cell_px:.0f} px. It is least sure of the "
        f"{gfl.SIDES[widest]} side: {mean[widest]:.1f} ± {spread[widest]:.1f} cells away."
    )


def _tiny(seen: Seen) -> str:
    """Say so when what was found is hardly larger than a cell."""
    scale = float(np.abs(seen.kept.to_frame[0, 0]))
    if min(seen.frame.width, seen.frame.height) < 2 * TINY_PX:
        return " The picture is only a few pixels high or wide: whatever it says of it means nothing."
    sizes = (seen.final.xyxy[:, 2:] - seen.final.xyxy[:, :2]).min(1) / scale if len(seen.final) else np.array([np.inf])
    if sizes.min() >= TINY_PX:
        return ""
    return f" The smallest box is {sizes.min():.0f} px wide or high for the network, less than its finest cell."
