"""Where the pictures of a comparison go, by arithmetic alone."""

from dataclasses import dataclass

from PySide6.QtCore import QRect

WIPE, BLINK, BESIDE, DIFFERENCE = range(4)
MOST_MAIN = 0.68  # of the width, for what is large with the rest beside it
LEAST_ASIDE = 180  # px at type scale 1 below which nothing is shown beside it
LEAST_ALONE = 72  # px at type scale 1 below which A and B are not shown alone as well


@dataclass(frozen=True, slots=True)
class Measures:
    """Lengths in pixels, as the type is."""

    caption: int
    legend: int
    gap: int
    aside: int
    alone: int


@dataclass(frozen=True, slots=True)
class Places:
    """Rectangles of A, B, their difference, and A and B alone; ``None`` for what is not shown. Captions included."""

    a: QRect | None = None
    b: QRect | None = None
    difference: QRect | None = None
    alone: tuple[QRect, QRect] | None = None


def places(mode: int, width: int, height: int, aspect: float, m: Measures, *, subtracted: bool) -> Places:
    """Lay out a room of `width` × `height` for pictures of `aspect`.

    Parameters
    ----------
    subtracted
        Whether there is a difference to be shown.
    """
    if mode == BESIDE:
        return _beside(width, height, aspect, m)
    main = _main(mode, width, height, aspect, m) if subtracted else QRect(0, 0, width, height)
    aside = QRect(main.width() + m.gap, 0, width - main.width() - m.gap, height)
    if aside.width() < m.aside:
        whole = _whole(width, height, aspect, m)
        return Places(difference=whole) if mode == DIFFERENCE else Places(whole, whole)
    if mode == DIFFERENCE:
        return Places(*_pair(aside, aspect, m), difference=main)
    tall = min(round(aside.width() / aspect) + m.caption + m.legend, height)
    shown = QRect(aside.left(), 0, aside.width(), tall)
    rest = QRect(aside.left(), tall + m.gap, aside.width(), height - tall - m.gap)
    return Places(main, main, shown, _alone(rest, aspect, m))


def _whole(width: int, height: int, aspect: float, m: Measures) -> QRect:
    tall = min(height, round(width / aspect) + m.caption + m.legend)
    return QRect(0, (height - tall) // 3, width, tall)


def _main(mode: int, width: int, height: int, aspect: float, m: Measures) -> QRect:
    below = m.legend if mode == DIFFERENCE else 0
    wide = min(round((height - m.caption - below) * aspect), round(MOST_MAIN * width))
    return QRect(0, 0, wide, height)


def _beside(width: int, height: int, aspect: float, m: Measures) -> Places:
    half = (width - m.gap) // 2
    tall = min(height, round(half / aspect) + m.caption)
    top = (height - tall) // 3  # nearer to the words above than to the buttons below
    return Places(QRect(0, top, half, tall), QRect(width - half, top, half, tall))


def _pair(room: QRect, aspect: float, m: Measures) -> tuple[QRect, QRect]:
    """A above B, or beside it, whichever is larger."""
    half = (room.height() - m.gap) // 2
    above = min(room.width(), round((half - m.caption) * aspect))
    beside = min((room.width() - m.gap) // 2, round((room.height() - m.caption) * aspect))
    if above >= beside:
        tall = min(half, round(room.width() / aspect) + m.caption)
        return _at(room, 0, 0, room.width(), tall), _at(room, 0, tall + m.gap, room.width(), tall)
    wide = (room.width() - m.gap) // 2
    tall = min(room.height(), round(wide / aspect) + m.caption)
    return _at(room, 0, 0, wide, tall), _at(room, room.width() - wide, 0, wide, tall)


def _alone(room: QRect, aspect: float, m: Measures) -> tuple[QRect, QRect] | None:
    wide = (room.width() - m.gap) // 2
    tall = min(room.height(), round(wide / aspect))
    if tall < m.alone:
        return None
    return _at(room, 0, 0, wide, tall), _at(room, wide + m.gap, 0, wide, tall)


def _at(room: QRect, x: int, y: int, width: int, height: int) -> QRect:
    return QRect(room.left() + x, room.top() + y, width, height)
