"""Where the parts of the home page stand, as plain numbers: nothing here draws."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRect

WIDE = 840  # below, the picture stands above the rest instead of beside it
STEP, TILE = 92, 216  # least widths
FLATTEST, TALLEST = 0.5, 0.74  # height of a chapter's tile over its width


@dataclass(frozen=True, slots=True)
class Measures:
    """Lengths of one size of type, in px.

    Parameters
    ----------
    captions
        Height of the words below each step.
    places, coming
        Height of the row of last places, and of what is still to come; 0 where there is none.
    """

    scale: float
    captions: int
    places: int
    coming: int

    def px(self, length: float) -> int:
        """Return a length of the design in px."""
        return max(1, round(length * self.scale))


@dataclass(frozen=True, slots=True)
class Plan:
    """Where everything stands on a page `height` px tall."""

    height: int
    picture: QRect
    places: QRect
    start: QRect
    steps: tuple[QRect, ...]
    heading: QRect
    chapters: tuple[QRect, ...]
    coming: QRect


def planned(size: tuple[int, int], of_picture: int, steps: int, chapters: int, m: Measures) -> Plan:
    """Place everything in a window of `size`.

    Parameters
    ----------
    of_picture
        Height that the side with the picture needs at the width `picture_width` gives.
    """
    pad = m.px(24)
    wide = is_wide(size[0], m.scale)
    picture = QRect(pad, m.px(14), picture_width(size[0], m.scale), of_picture)
    left = picture.right() + 1 + m.px(32) if wide else pad
    top = m.px(14) if wide else picture.bottom() + 1 + m.px(20)
    column = QRect(left, top, max(m.px(160), size[0] - pad - left), size[1] - top)
    right = _right_side(column, steps, chapters, m)
    height = max(right.coming.bottom(), right.chapters[-1].bottom() if chapters else 0, picture.bottom()) + m.px(16)
    return Plan(height, picture, right.places, right.start, right.steps, right.heading, right.chapters, right.coming)


def is_wide(width: int, scale: float) -> bool:
    """Whether the picture stands beside the rest."""
    return width >= WIDE * scale


def picture_width(width: int, scale: float) -> int:
    """Width of the side with the picture."""
    pad = round(24 * scale)
    if not is_wide(width, scale):
        return width - 2 * pad
    return round(min(max(0.2375 * width, 224 * scale), 360 * scale))


@dataclass(frozen=True, slots=True)
class _Side:
    places: QRect
    start: QRect
    steps: tuple[QRect, ...]
    heading: QRect
    chapters: tuple[QRect, ...]
    coming: QRect


def _right_side(room: QRect, steps: int, chapters: int, m: Measures) -> _Side:
    left, width, top = room.left(), room.width(), room.top()
    places = QRect(left, top, width, m.places)
    start = QRect(left, top + (m.places + m.px(8) if m.places else 0), width, m.px(28))
    across = _columns(width, steps, STEP, m, (steps, 3, 2))
    thumb = (width - (across - 1) * m.px(16)) // across
    row = round(0.68 * thumb) + m.px(28) + m.captions
    boxes = _grid(QRect(left, start.bottom() + m.px(7), width, 0), steps, across, (row, m.px(16), m.px(10)))
    heading = QRect(left, _bottom(boxes, start) + m.px(12), width, m.px(26))
    below = heading.bottom() + m.px(7)
    across = _columns(width, chapters, TILE, m, (3, 2, 1))
    tall = _tile_height(width, room.bottom() + 1 - below - m.px(18) - min(m.coming, m.px(44)), chapters, across, m)
    tiles = _grid(QRect(left, below, width, 0), chapters, across, (tall, m.px(16), m.px(16)))
    coming = QRect(left, _bottom(tiles, heading) + m.px(16), width, m.coming)
    return _Side(places, start, boxes, heading, tiles, coming)


def _columns(width: int, count: int, least: int, m: Measures, choices: Sequence[int]) -> int:
    """Return the most columns of which each is wide enough; the last choice where none is."""
    for columns in choices:
        if columns and (width - (columns - 1) * m.px(16)) / columns >= m.px(least):
            return min(columns, max(1, count))
    return max(1, choices[-1])


def _tile_height(width: int, room: int, count: int, across: int, m: Measures) -> int:
    """Height that fills the room, as far as it leaves a picture that one likes to look at."""
    tile = (width - (across - 1) * m.px(16)) / across
    rows = -(-count // across)
    share = (room - (rows - 1) * m.px(16)) / max(1, rows)
    return round(min(max(share, FLATTEST * tile, m.px(112)), TALLEST * tile))


def _grid(room: QRect, count: int, across: int, sizes: tuple[int, int, int]) -> tuple[QRect, ...]:
    """Boxes of `sizes` (height, gap beside, gap below) in rows."""
    tall, beside, below = sizes
    width = (room.width() - (across - 1) * beside) // max(1, across)
    slack = room.width() - across * width - (across - 1) * beside
    made = []
    for at in range(count):
        row, column = divmod(at, across)
        left = room.left() + column * (width + beside) + round(column * slack / max(1, across - 1))
        made.append(QRect(left, room.top() + row * (tall + below), width, tall))
    return tuple(made)


def _bottom(boxes: Sequence[QRect], otherwise: QRect) -> int:
    return boxes[-1].bottom() + 1 if boxes else otherwise.bottom() + 1
