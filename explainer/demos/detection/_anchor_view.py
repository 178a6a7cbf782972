"""What the anchor explorer shows and says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Bars, Table
from explainer.core.frame import Frame
from explainer.core.geometry import PointXY, scale_shift
from explainer.core.layers import Arrows, Boxes, Heat, Image, Label, Layer, Panel, Points
from explainer.core.picture import panel, spotlit
from explainer.core.result import Result

if TYPE_CHECKING:
    from explainer.vision.detection.anchors import Layout, Level, Setting
    from explainer.vision.detection.matching import Matching

DRAWN, DOTS, NEAR = 160, 120, 300  # anchors that are drawn, by what they are
FIRST = 1  # colour of the first true box: it stands out of a dimmed photo
MUTED, ACCENT = -2, -1
MOVED = 6  # colour of the moved box
COLUMNS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Explored:
    """Anchors of one picture, matched, and the one that is looked at.

    Parameters
    ----------
    truth
        True boxes in input pixels, ``(M, 4)``.
    cell
        Level from 0, row, column.
    anchor
        Which of the cell's, from 1; the last where there are fewer.
    offsets
        The user's own, or ``None``: those from the anchor to its true box.
    """

    frame: Frame
    setting: Setting
    layout: Layout
    truth: NDArray[np.float32]
    matching: Matching
    cell: tuple[int, int, int]
    anchor: int
    offsets: tuple[float, float, float, float] | None

    @property
    def places(self) -> bool:
        """Whether places learn instead of anchors."""
        return self.setting.rule == "centre"

    @property
    def level(self) -> Level:
        """The chosen level."""
        return self.layout.levels[self.cell[0]]

    @property
    def rows(self) -> slice:
        """Rows of all anchors that belong to the chosen cell."""
        inside = self.level.at(*self.cell[1:])
        start = self.layout.starts[self.cell[0]]
        return slice(start + inside.start, start + inside.stop)

    @property
    def row(self) -> int:
        """Row of the chosen anchor."""
        return int(self.rows.start) + min(self.anchor, self.level.per_cell) - 1

    def in_frame(self, boxes: NDArray[np.float32] | NDArray[np.float64]) -> NDArray[np.float64]:
        """Input pixels to frame pixels, ``(N, 4)``."""
        (w, h), frame = self.layout.resized, self.frame
        return np.asarray(np.asarray(boxes, np.float64) * np.array([frame.width / w, frame.height / h] * 2))

    def overlaps(self) -> NDArray[np.float32]:
        """IoU of the chosen cell's anchors with each true box, ``(M, A)``."""
        from explainer.vision.detection.matching import iou_table

        return iou_table(self.truth, self.layout.boxes[self.rows])

    def aim(self) -> int:
        """Return the true box that the chosen anchor overlaps most, the nearest if none; −1 without boxes."""
        from explainer.vision.detection.matching import nearest

        return nearest(self.truth, self.layout.boxes[self.row])

    def code(self) -> NDArray[np.float64] | None:
        """Offsets of the chosen anchor, ``(4,)``; ``None`` without a box to aim at."""
        from explainer.vision.detection.box_coding import encode

        if self.offsets is not None:
            return np.array(self.offsets)
        aim = self.aim()
        return None if aim < 0 else encode(self.truth[[aim]], self.layout.boxes[[self.row]])[0]

    def moved(self) -> NDArray[np.float64] | None:
        """Box that the offsets make of the chosen anchor, ``(4,)`` in input pixels."""
        from explainer.vision.detection.box_coding import decode

        code = self.code()
        return None if code is None else decode(code[None], self.layout.boxes[[self.row]])[0]

    def sides(self) -> NDArray[np.float64] | None:
        """Distances left, top, right, bottom from the chosen place to its box, in cells of its level."""
        from explainer.vision.detection.matching import distances

        aim = self.aim()
        return None if aim < 0 else distances(self.truth[aim], self.layout.boxes[self.row], self.level.stride)


def result(about: Explored) -> Result:
    """The object among its anchors, then one cell, the levels and their counts."""
    return Result(
        _reading(about), _values(about), (_input(about), _cell(about), _pyramid(about)),
        (_levels(about), _offsets(about)), headline=_headline(about), heroes=("input",),
    )  # fmt: skip


# Pictures -----------------------------------------------------------------------------------------------


def _input(about: Explored) -> Panel:
    """The true boxes lit, what learns them bold, and behind them a web of the anchors that nearly do."""
    order = np.argsort(-about.matching.best, kind="stable")
    learns = about.matching.positive[order]
    near = order[~learns & (about.matching.best[order] > 0)][: 0 if about.places else NEAR]
    shown, web = order[learns][:DRAWN], about.in_frame(about.layout.boxes[near])
    layers: list[Layer] = [
        Image("picture", spotlit(about.frame.pixels, about.in_frame(about.truth), web)),
        *_learners(about, shown),
        _truth(about),
    ]
    note = f"{words.thousands(int(learns.sum()))} positive {'places' if about.places else 'anchors'}"
    note += f", {len(shown)} drawn" if learns.sum() > len(shown) else ""
    note += f", IoU up to {about.matching.best[shown].max():.2f}" if len(shown) and not about.places else ""
    note += f"; thin: the {len(near)} next best" if len(near) else ""
    return Panel("Input", (about.frame.width, about.frame.height), tuple(layers), note)


def _learners(about: Explored, rows: NDArray[np.int64]) -> list[Layer]:
    """Anchors that learn, in the colour of their true box; those that only a rule makes learn are dashed."""
    if about.places:
        return [_dots(about, rows)] if len(rows) else []
    forced = about.matching.forced[rows]
    return [
        Boxes(name, about.in_frame(about.layout.boxes[some]), colours=_tints(about, some), dashed=name == "forced")
        for name, some in (("positive", rows[~forced]), ("forced", rows[forced])) if len(some)
    ]  # fmt: skip


def _tints(about: Explored, rows: NDArray[np.int64]) -> tuple[int, ...]:
    return tuple(int(k) + FIRST for k in about.matching.codes[rows])


def _truth(about: Explored) -> Boxes:
    count = len(about.truth)
    names = tuple(f"true box {k + 1}" if count > 1 else "true box" for k in range(count))
    return Boxes("true boxes", about.in_frame(about.truth), names, tuple(range(FIRST, FIRST + count)))


def _dots(about: Explored, rows: NDArray[np.int64]) -> Points:
    boxes = about.in_frame(about.layout.boxes[rows])
    return Points("positive", (boxes[:, :2] + boxes[:, 2:]) / 2, colours=_tints(about, rows), size_px=6.0)


def _cell(about: Explored) -> Panel:
    """All anchors of the chosen cell, and the chosen one with the box it is moved to."""
    level, (number, row, column) = about.level, about.cell
    own = about.in_frame(about.layout.boxes[about.rows])
    codes, table = about.matching.codes[about.rows], about.overlaps()
    best = table.max(0) if len(table) else np.zeros(len(own), np.float32)
    at = about.row - about.rows.start
    step = np.array([level.stride[1], level.stride[0]])
    corner = np.array([column, row]) * step
    square = about.in_frame(np.concatenate([corner, corner + step])[None])
    others = [k for k in range(len(own)) if k != at]
    layers: list[Layer] = [Boxes("cell", square, colours=(ACCENT,))]
    if others and not about.places:
        colours = tuple(int(codes[k]) + FIRST if codes[k] >= 0 else MUTED for k in others)
        sets = tuple({"anchor": k + 1} for k in others)
        layers.append(Boxes("anchors", own[others], colours=colours, dashed=True, sets=sets))
    layers.append(_truth(about))
    layers += _moved(about, own[at])
    if not about.places:
        colour = int(codes[at]) + FIRST if codes[at] >= 0 else ACCENT
        layers.append(Boxes("anchor", own[[at]], (f"anchor {at + 1}: IoU {best[at]:.2f}",), (colour,)))
    note = f"{words.count(level.per_cell, 'anchor')}, level {number + 1}"
    return panel(about.frame, "Chosen cell", *layers, note=note)


def _moved(about: Explored, anchor: NDArray[np.float64]) -> list[Layer]:
    middle = (anchor[:2] + anchor[2:]) / 2
    if about.places:
        aim = about.aim()
        if aim < 0:
            return []
        x0, y0, x1, y1 = about.in_frame(about.truth[[aim]])[0]
        ends = np.array([[x0, middle[1]], [middle[0], y0], [x1, middle[1]], [middle[0], y1]])
        return [Arrows("distances", np.repeat(middle[None], 4, 0), ends, (MOVED,) * 4)]
    box = about.moved()
    if box is None:
        return []
    moved = about.in_frame(box[None])
    centre = (moved[0, :2] + moved[0, 2:]) / 2
    layers: list[Layer] = [Arrows("shift", middle[None], centre[None], (MOVED,))]
    inside = (moved[0, 2:] > 0).all() and (moved[0, :2] < (about.frame.width, about.frame.height)).all()
    return [*layers, Boxes("moved", moved, ("moved",), (MOVED,))] if about.offsets is not None and inside else layers


def _pyramid(about: Explored) -> Panel:
    """Every level as a tile: how well its best anchor fits at each cell, and a dot where one is positive."""
    (w, h), gap = about.layout.padded, 0.06 * about.layout.padded[0]
    layers: list[Layer] = []
    count = len(about.layout.levels)
    columns = min(COLUMNS, count)
    for number in range(count):
        x, y = (number % columns) * (w + gap), (number // columns) * (h + gap)
        layers += _tile(about, number, x, y)
    size = columns * (w + gap) - gap, -(-count // columns) * (h + gap) - gap
    what = "centre-ness" if about.places else "best IoU"
    return Panel("Levels", size, tuple(layers), f"{what} of each cell; dots learn", frame=False)


def _tile(about: Explored, number: int, x: float, y: float) -> list[Layer]:
    level, layout = about.layout.levels[number], about.layout
    part = slice(layout.starts[number], layout.starts[number + 1])
    best = about.matching.best[part].reshape(*level.grid, level.per_cell).max(2)
    shrink = max(1, min(about.frame.pixels.shape[:2]) // 256)
    pixels = np.ascontiguousarray(about.frame.pixels[::shrink, ::shrink])
    fit = scale_shift(layout.resized[0] / pixels.shape[1], layout.resized[1] / pixels.shape[0], x, y)
    cells = scale_shift(layout.padded[0] / level.grid[1], layout.padded[1] / level.grid[0], x, y)
    layers: list[Layer] = [
        Image(f"picture {number + 1}", pixels, fit),
        Heat(f"level {number + 1}", best, 0.0, 1.0, cells, smooth=False),
    ]
    rows = np.flatnonzero(about.matching.positive[part])
    rows = rows[np.argsort(-about.matching.best[part][rows], kind="stable")][:DOTS]
    if len(rows):
        boxes = level.boxes[rows].astype(np.float64)
        centres = np.clip((boxes[:, :2] + boxes[:, 2:]) / 2, 0, layout.padded)
        spots = np.clip((centres + np.array(level.stride[::-1]) / 2) / layout.resized, 0, 1)
        sets = tuple({"level": number + 1, "spot": PointXY(float(u), float(v))} for u, v in spots)
        colours = _tints(about, rows + part.start)
        layers.append(
            Points(f"positive {number + 1}", centres + np.array([x, y]), colours=colours, size_px=5.0, sets=sets)
        )
    rows_, columns_ = level.grid
    chosen = ACCENT if number == about.cell[0] else MUTED
    layers.append(Label(f"name {number + 1}", f"{columns_} × {rows_}", (x, y), chosen))
    return layers


# Charts -------------------------------------------------------------------------------------------------


def _levels(about: Explored) -> Bars:
    """How many learn on each level, most first, out of how many: a box of one size belongs to one or two of them."""
    totals, hits = about.matching.counts(about.layout.starts)[:, :2].T
    order = np.argsort(-hits, kind="stable").tolist()
    return Bars(
        "Who learns, by level", tuple(f"{n + 1}: {words.thousands(int(totals[n]))}" for n in order),
        tuple(hits[order].astype(float).tolist()), float(max(1, hits.max())), format=".0f",
        chosen=order.index(about.cell[0]), note=f"of so many {'places' if about.places else 'anchors'}",
        sets=tuple({"level": n + 1} for n in order),
    )  # fmt: skip


def _offsets(about: Explored) -> Table:
    if about.places:
        sides = about.sides()
        shown = ["–"] * 4 if sides is None else [_signed(v) for v in sides]
        rows = tuple(zip(("left", "top", "right", "bottom"), shown, strict=True))
        return Table("From the place to its box", ("side", "cells"), rows)
    code, box = about.code(), about.moved()
    if code is None or box is None:
        return Table("Offsets", ("", "anchor", "offset", "box"), (("x", "–", "–", "–"),))
    columns = _centre_size(about.layout.boxes[about.row]), tuple(map(_signed, code)), _centre_size(box)
    lines = tuple(zip(("x, px", "y, px", "width", "height"), *columns, strict=True))
    return Table("Offsets", ("", "anchor", "offset", "box"), lines)


def _centre_size(box: NDArray[np.float32] | NDArray[np.float64]) -> tuple[str, ...]:
    x0, y0, x1, y1 = (float(v) for v in box)
    return tuple(f"{v:.0f}".replace("-", "−") for v in ((x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0))


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")


# Words and numbers --------------------------------------------------------------------------------------


def _values(about: Explored) -> dict[str, float]:
    counts = about.matching.counts(about.layout.starts).sum(0)
    found = {
        "anchors": float(counts[0]),
        "positive": float(counts[1]),
        "ignored": float(counts[2]),
        "negative": float(counts[3]),
        "forced": float(about.matching.forced.sum()),
        "boxes": float(len(about.truth)),
        "input_width_px": float(about.layout.padded[0]),
        "input_height_px": float(about.layout.padded[1]),
        "high": about.setting.high,
        "low": about.setting.low,
        "cell_row": float(about.cell[1]),
        "cell_column": float(about.cell[2]),
        "cell_in_picture_px": about.level.stride[1] * about.frame.width / about.layout.resized[0],
        "anchor_width_px": float(about.layout.boxes[about.row][2] - about.layout.boxes[about.row][0]),
    }
    found["grey_under_anchor"] = _grey_under(about)
    if len(about.truth):
        found["best_iou"] = float(about.matching.best.max())
        found["anchor_iou"] = float(about.overlaps()[:, about.row - about.rows.start].max())
        found["boxes_without"] = float(sum(not (about.matching.codes == k).any() for k in range(len(about.truth))))
    code = about.code()
    if code is not None and not about.places:
        found |= dict(zip(("dx", "dy", "dw", "dh"), map(float, code), strict=True))
    return found


def _grey_under(about: Explored) -> float:
    """Mean grey level of the picture under the chosen anchor; matching never asks for it."""
    high, wide = about.frame.pixels.shape[:2]
    box = np.rint(about.in_frame(about.layout.boxes[[about.row]])[0])
    x0, y0, x1, y1 = box.clip(0, [wide - 1, high - 1, wide, high]).astype(int)
    return float(about.frame.pixels[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)].mean())


def _reading(about: Explored) -> str:
    total, positive, ignored, negative = (
        words.thousands(int(n)) for n in about.matching.counts(about.layout.starts).sum(0)
    )
    w, h = about.layout.padded
    what = "places" if about.places else "anchors"
    opening = f"{about.setting.title} lays {total} {what} over an input of {w} × {h} px. "
    if not len(about.truth):
        return opening + "No true box has an area, so all of them are negative."
    verdict = f"For {words.count(len(about.truth), 'true box', 'true boxes')} **{positive} are positive**"
    verdict += f", {ignored} are ignored" if ignored != "0" else ""
    return f"{opening}{verdict} and {negative} are negative. {_fit(about)}"


def _headline(about: Explored) -> str:
    total, positive, *_ = (int(n) for n in about.matching.counts(about.layout.starts).sum(0))
    what = "places" if about.places else "anchors"
    if not len(about.truth):
        return f"No true box has an area, so all {words.thousands(total)} {what} count as background."
    if not positive:
        return f"None of {words.thousands(total)} {what} fits a true box well enough to learn from it."
    fits = f"only {words.count(positive, 'fits', 'fit')}"
    return f"Of {words.thousands(total)} {what}, {fits} a true box well enough to learn it."


def _fit(about: Explored) -> str:
    without = [k + 1 for k in range(len(about.truth)) if not (about.matching.codes == k).any()]
    lost = f" No {'place' if about.places else 'anchor'} learns box {', '.join(map(str, without))}." if without else ""
    if about.places:
        return f"A place counts only near the middle of a box and on the level of its size.{lost}"
    forced = int(about.matching.forced.sum())
    why = f" Only the rule that every box keeps its best makes {forced} of them positive." if forced else ""
    return f"The best fit is an IoU of {about.matching.best.max():.2f}.{why}{lost}"
