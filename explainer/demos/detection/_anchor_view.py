"""What the anchor explorer shows and says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Table
from explainer.core.frame import Frame
from explainer.core.geometry import PointXY, scale_shift
from explainer.core.layers import Arrows, Boxes, Heat, Image, Label, Layer, Panel, Points
from explainer.core.result import Result

if TYPE_CHECKING:
    from explainer.vision.detection.anchors import Layout, Level, Setting
    from explainer.vision.detection.matching import Matching

DRAWN, DOTS = 160, 120
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
        if not len(self.truth):
            return -1
        table = self.overlaps()[:, self.row - self.rows.start]
        if table.max() > 0:
            return int(table.argmax())
        own = self.layout.boxes[self.row]
        gap = (self.truth[:, :2] + self.truth[:, 2:] - own[:2] - own[2:]) / 2
        return int((gap**2).sum(1).argmin())

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
        aim = self.aim()
        if aim < 0:
            return None
        x, y = (self.layout.boxes[self.row][:2] + self.layout.boxes[self.row][2:]) / 2
        x0, y0, x1, y1 = self.truth[aim]
        step = np.array([self.level.stride[1], self.level.stride[0]] * 2)
        return np.asarray(np.array([x - x0, y - y0, x1 - x, y1 - y]) / step)


def result(about: Explored) -> Result:
    """Three pictures and a table."""
    return Result(
        _reading(about), _values(about), (_cell(about), _input(about), _pyramid(about)), (_offsets(about),),
        headline=_headline(about), heroes=("chosen-cell", "input"),
    )  # fmt: skip


# Pictures -----------------------------------------------------------------------------------------------


def _picture(about: Explored, layers: list[Layer], title: str, note: str) -> Panel:
    frame = about.frame
    return Panel(title, (frame.width, frame.height), (Image("picture", frame.pixels), *layers), note)


def _input(about: Explored) -> Panel:
    layers: list[Layer] = []
    positive = np.flatnonzero(about.matching.positive)
    shown = positive[np.argsort(-about.matching.best[positive], kind="stable")][:DRAWN]
    for forced in (False, True):
        rows = shown[about.matching.forced[shown] == forced]
        if len(rows) and about.places:
            layers.append(_dots(about, rows))
        elif len(rows):
            colours = tuple(int(k) for k in about.matching.codes[rows])
            boxes = about.in_frame(about.layout.boxes[rows])
            layers.append(Boxes("forced" if forced else "positive", boxes, colours=colours, dashed=forced))
    layers.append(_truth(about))
    what = "places" if about.places else "anchors"
    note = f"{words.thousands(len(positive))} positive {what}"
    note += f", {len(shown)} drawn" if len(positive) > len(shown) else ""
    return _picture(about, layers, "Input", note)


def _truth(about: Explored) -> Boxes:
    count = len(about.truth)
    names = tuple(f"true box {k + 1}" if count > 1 else "true box" for k in range(count))
    return Boxes("true boxes", about.in_frame(about.truth), names, tuple(range(len(names))))


def _dots(about: Explored, rows: NDArray[np.int64]) -> Points:
    boxes = about.in_frame(about.layout.boxes[rows])
    colours = tuple(int(k) for k in about.matching.codes[rows])
    return Points("positive", (boxes[:, :2] + boxes[:, 2:]) / 2, colours=colours, size_px=6.0)


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
        colours = tuple(int(codes[k]) if codes[k] >= 0 else MUTED for k in others)
        sets = tuple({"anchor": k + 1} for k in others)
        layers.append(Boxes("anchors", own[others], colours=colours, dashed=True, sets=sets))
    layers.append(_truth(about))
    layers += _moved(about, own[at])
    if not about.places:
        colour = int(codes[at]) if codes[at] >= 0 else ACCENT
        layers.append(Boxes("anchor", own[[at]], (f"anchor {at + 1}: IoU {best[at]:.2f}",), (colour,)))
    note = f"{words.count(level.per_cell, 'anchor')}, level {number + 1}"
    return _picture(about, layers, "Chosen cell", note)


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
    frame = about.frame
    shrink = max(1, min(frame.width, frame.height) // 256)
    pixels = np.ascontiguousarray(frame.pixels[::shrink, ::shrink])
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
        colours = tuple(int(k) for k in about.matching.codes[part][rows])
        layers.append(
            Points(f"positive {number + 1}", centres + np.array([x, y]), colours=colours, size_px=5.0, sets=sets)
        )
    rows_, columns_ = level.grid
    chosen = ACCENT if number == about.cell[0] else MUTED
    layers.append(Label(f"name {number + 1}", f"{columns_} × {rows_}", (x, y), chosen))
    return layers


# Charts -------------------------------------------------------------------------------------------------


def _counts(about: Explored) -> NDArray[np.int64]:
    """Anchors, positives, ignored and negatives of each level, ``(L, 4)``."""
    rows = []
    for a, b in zip(about.layout.starts, about.layout.starts[1:], strict=False):
        codes = about.matching.codes[a:b]
        rows.append((b - a, int((codes >= 0).sum()), int((codes == -2).sum()), int((codes == -1).sum())))
    return np.array(rows)


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
    counts = _counts(about).sum(0)
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
    frame = about.frame
    limits = np.array([frame.width, frame.height] * 2)
    x0, y0, x1, y1 = np.clip(np.rint(about.in_frame(about.layout.boxes[[about.row]])[0]), 0, limits).astype(int)
    x0, y0 = min(x0, frame.width - 1), min(y0, frame.height - 1)
    return float(frame.pixels[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)].mean())


def _reading(about: Explored) -> str:
    total, positive, ignored, negative = (words.thousands(int(n)) for n in _counts(about).sum(0))
    w, h = about.layout.padded
    what = "places" if about.places else "anchors"
    opening = f"{about.setting.title} lays {total} {what} over an input of {w} × {h} px. "
    if not len(about.truth):
        return opening + "No true box has an area, so all of them are negative."
    verdict = f"For {words.count(len(about.truth), 'true box', 'true boxes')} **{positive} are positive**"
    verdict += f", {ignored} are ignored" if ignored != "0" else ""
    return f"{opening}{verdict} and {negative} are negative. {_fit(about)}"


def _headline(about: Explored) -> str:
    total, positive, *_ = (int(n) for n in _counts(about).sum(0))
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
