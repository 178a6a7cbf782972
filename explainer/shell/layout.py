"""Where panels go: side by side, stacked, or in a grid, whichever makes them largest."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRect

MOST_SPLIT = 6  # with more panels only grids are tried
GRID_BONUS = 1.12  # a plain grid reads more easily; columns of unequal length must be worth it
FULL_BONUS = 1.06  # and one without a hole more easily still

Columns = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """A panel's own width and height; panels of the frame share one scale. `bar`: it has a colour bar."""

    width: float
    height: float
    frame: bool
    bar: bool = False


@dataclass(frozen=True, slots=True)
class Room:
    """Pixels there are, and pixels that go above each picture (`header`) and beside those with a colour bar."""

    width: int
    height: int
    bar: int
    header: int
    gap: int


def best_layout(shapes: Sequence[Shape], room: Room) -> list[QRect]:
    """Rectangles of the panels, header and bar included, in the order of `shapes`."""
    counts = range(len(shapes), 0, -1)
    full = (_grid(shapes, columns, room) for columns in counts if len(shapes) % columns == 0)
    holed = (_grid(shapes, columns, room) for columns in counts if len(shapes) % columns)
    stacks = (_stacked(shapes, split, room) for split in _splits(len(shapes)))
    best, boxes = 0.0, list[QRect]()
    for bonus, candidates in ((GRID_BONUS * FULL_BONUS, full), (GRID_BONUS, holed), (1.0, stacks)):
        for candidate in candidates:
            score = bonus * _area(shapes, candidate, room)
            if score > best * 1.001 or not boxes:
                best, boxes = score, candidate
    return _widened(shapes, _level(shapes, boxes, room), room)


def _splits(count: int) -> Iterator[Columns]:
    """All ways to cut panels in order into two columns or more."""
    if not 2 < count <= MOST_SPLIT:
        return
    for cuts in range(1, 2 ** (count - 1)):
        columns, start = [], 0
        for at in range(1, count + 1):
            if at == count or cuts >> (at - 1) & 1:
                columns.append(tuple(range(start, at)))
                start = at
        if len({len(column) for column in columns}) > 1:
            yield tuple(columns)


def _grid(shapes: Sequence[Shape], columns: int, room: Room) -> list[QRect]:
    members = tuple(tuple(range(column, len(shapes), columns)) for column in range(columns))
    rows = math.ceil(len(shapes) / columns)
    return _placed(shapes, members, [rows] * columns, room)


def _stacked(shapes: Sequence[Shape], columns: Columns, room: Room) -> list[QRect]:
    return _placed(shapes, columns, [len(members) for members in columns], room)


def _placed(shapes: Sequence[Shape], columns: Columns, rows: Sequence[int], room: Room) -> list[QRect]:
    """Boxes for header and picture. Pictures are equally wide; columns with a colour bar have its room beside."""
    bars = [room.bar if any(shapes[i].bar for i in members) else 0 for members in columns]
    width = max(1, (room.width - (len(columns) - 1) * room.gap - sum(bars)) // len(columns))
    boxes, left = [QRect()] * len(shapes), 0
    for members, bar, count in zip(columns, bars, rows, strict=True):
        height = (room.height - (count - 1) * room.gap) // count
        for row, index in enumerate(members):
            boxes[index] = QRect(left, row * (height + room.gap), width, height)
        left += width + bar + room.gap
    return boxes


def _widened(shapes: Sequence[Shape], boxes: Sequence[QRect], room: Room) -> list[QRect]:
    """Give the boxes of a column with a colour bar the bar's room too."""
    with_bar = {box.left() for shape, box in zip(shapes, boxes, strict=True) if shape.bar}
    return [box.adjusted(0, 0, room.bar if box.left() in with_bar else 0, 0) for box in boxes]


def _scale(shape: Shape, box: QRect, room: Room) -> float:
    return max(0.0, min(box.width() / shape.width, (box.height() - room.header) / shape.height))


def _scales(shapes: Sequence[Shape], boxes: Sequence[QRect], room: Room) -> list[float]:
    """Scale of each picture; those of the frame share the smallest of theirs."""
    own = [_scale(shape, box, room) for shape, box in zip(shapes, boxes, strict=True)]
    of_frame = [scale for shape, scale in zip(shapes, own, strict=True) if shape.frame]
    shared = min(of_frame, default=0.0)
    return [shared if shape.frame else scale for shape, scale in zip(shapes, own, strict=True)]


def _area(shapes: Sequence[Shape], boxes: Sequence[QRect], room: Room) -> float:
    scales = _scales(shapes, boxes, room)
    return sum(shape.width * shape.height * scale**2 for shape, scale in zip(shapes, scales, strict=True))


def _level(shapes: Sequence[Shape], boxes: Sequence[QRect], room: Room) -> list[QRect]:
    """Move rows up under the pictures above them, which may be less tall than their share."""
    scales = _scales(shapes, boxes, room)
    tall = [math.ceil(shape.height * scale) + room.header for shape, scale in zip(shapes, scales, strict=True)]
    is_grid = len({box.height() for box in boxes}) == 1
    moved = []
    for box, height in zip(boxes, tall, strict=True):
        rows: dict[int, int] = {}
        for other, its in zip(boxes, tall, strict=True):
            if other.top() < box.top() and (is_grid or other.left() == box.left()):
                rows[other.top()] = max(rows.get(other.top(), 0), its)
        top = sum(its + room.gap for its in rows.values())
        moved.append(QRect(box.left(), top, box.width(), max(room.header + 1, height)))
    return moved
