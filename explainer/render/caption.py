"""The line above a panel's picture: what is seen, a quiet remark, and at its right the colour bar."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QImage, QPainter

from explainer.core.layers import Panel
from explainer.core.number_text import compact, with_unit
from explainer.render import colours
from explainer.render.look import Look
from explainer.render.measures import FILM_HEADER, HEADER, bar_of

BAR_LONG, BAR_SHORT, BAR_HIGH = 112, 36, 7  # px at type scale 1
BETWEEN, BESIDE, APART = 8, 6, 16  # title and note, bar and its numbers, words and bar
FIGURES = 2  # of the numbers at a bar
HAIR = 0.01  # of a bar's range
SIZES = {False: ("caption", "small"), True: ("small", "fine")}  # type of a title, of a bare one: the largest that fits
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_QUOTED = re.compile("“([^”]*)”")


@dataclass(frozen=True, slots=True)
class Setting:
    """How a title is set: its lines as they are painted, in which type, and whether they lack some of it."""

    lines: tuple[str, ...]
    size: str
    cut: bool = False


def height(look: Look, *, bare: bool, lines: int = 1) -> int:
    """How much of a panel's height its caption takes."""
    return look.px(FILM_HEADER if bare else HEADER) * lines


def setting(title: str, look: Look, width: float, *, bare: bool) -> Setting:
    """Set a title in `width` px: in smaller type where need be, above a thumb in two lines.

    Only what still is too long loses its middle: what tells thumbs apart is at the end.
    """
    sizes = SIZES[bare]
    whole = next((size for size in sizes if words_width(title, look, size) <= width + 0.5), None)
    if whole is not None:
        return Setting((title,), whole)
    halves = broken(title, look, sizes[-1]) if bare else ()
    if halves and max(words_width(half, look, sizes[-1]) for half in halves) <= width + 0.5:
        return Setting(halves, sizes[-1])
    plain = "".join(part for part, _ in pieces(title))
    metrics = QFontMetricsF(look.font(sizes[-1]))
    return Setting((metrics.elidedText(plain, Qt.TextElideMode.ElideMiddle, max(0.0, width)),), sizes[-1], cut=True)


def broken(title: str, look: Look, size: str) -> tuple[str, ...]:
    """A title in the two lines of which the longer one is shortest; none where it is one word."""
    words = title.split()
    ways = [(" ".join(words[:n]), " ".join(words[n:])) for n in range(1, len(words))]
    quoted = [_quotes_closed(*way) for way in ways]
    return min(quoted, key=lambda way: max(words_width(line, look, size) for line in way), default=())


def _quotes_closed(one: str, other: str) -> tuple[str, ...]:
    """Close a name's quotes at the end of a line that breaks it, and open them again."""
    return (f"{one}”", f"“{other}") if one.count("“") > one.count("”") else (one, other)


def said(panel: Panel) -> tuple[Any, ...]:
    """All that a caption shows."""
    bar = bar_of(panel)
    return panel.title, panel.note, bar and (*_ends(bar), bar.colours)


def pieces(text: str) -> list[tuple[str, bool]]:
    """Parts of a title and whether they are bold: names in quotes are, without the quotes."""
    parts = _QUOTED.split(text)
    return [(part, number % 2 == 1) for number, part in enumerate(parts) if part]


def _ends(bar: Any) -> tuple[str, str]:
    """Numbers at a bar; where values go on beyond an end, it says so."""
    lo, hi = compact(bar.lo, FIGURES), compact(bar.hi, FIGURES)
    hi = f"+{hi}" if bar.colours == "diverging" and bar.hi > 0 else hi
    below, beyond = _beyond(bar)
    return f"≤ {lo}" if below else lo, with_unit(f"≥ {hi}" if beyond else hi, getattr(bar, "unit", ""))


@lru_cache(maxsize=16)  # layers are told apart by identity; a painting asks for the same few several times
def _beyond(bar: Any) -> tuple[bool, bool]:
    """Whether values lie below and above the ends by more than a hair."""
    hair = HAIR * abs(bar.hi - bar.lo)
    if not bar.values.size:
        return False, False
    return bool(bar.values.min() < bar.lo - hair), bool(bar.values.max() > bar.hi + hair)


def words_width(text: str, look: Look, size: str) -> float:
    """Width of a title in px."""
    widths = (QFontMetricsF(look.font(size, bold=bold)).horizontalAdvance(part) for part, bold in pieces(text))
    return sum(widths)


def needed(panel: Panel, look: Look) -> float:
    """Width in px of a thumb's title in one line."""
    return words_width(panel.title, look, SIZES[True][0])


def fits(panel: Panel, look: Look, width: float, *, bare: bool) -> bool:
    """Whether the title is shown whole, in the type it is meant to have."""
    return words_width(panel.title, look, SIZES[bare][0]) <= width - _bar_least(panel, look, bare=bare)


def _bar_least(panel: Panel, look: Look, *, bare: bool) -> float:
    bar = None if bare else bar_of(panel)
    return 0.0 if bar is None else _numbers_width(bar, look) + look.px(BAR_SHORT + APART)


def _numbers_width(bar: Any, look: Look) -> float:
    metrics = QFontMetricsF(look.font("small", figures=True))
    return sum(metrics.horizontalAdvance(end) for end in _ends(bar)) + 2 * look.px(BESIDE)


def _room(panel: Panel, look: Look, widths: tuple[int, int], *, bare: bool) -> tuple[float, float, Any]:
    """Width of the caption, what of it the title may take, and the bar if there is room for one."""
    width = float(next((w for w in widths if fits(panel, look, w, bare=bare)), max(widths)))
    bar, least = None if bare else bar_of(panel), _bar_least(panel, look, bare=bare)
    if bar is None or width < 2.2 * least:
        return width, width, None  # on a small picture the title is worth more
    return width, width - least, bar


def set_in(panel: Panel, look: Look, widths: tuple[int, int], *, bare: bool) -> Setting:
    """How the title is set above a picture in a widget, both `widths` px wide."""
    return setting(panel.title, look, _room(panel, look, widths, bare=bare)[1], bare=bare)


def paint(painter: QPainter, look: Look, panel: Panel, widths: tuple[int, int], sequential: str, *, bare: bool) -> None:
    """Draw the caption as wide as the picture, or as the widget where that is too narrow for the words.

    Parameters
    ----------
    widths
        Of the picture and of the widget.
    """
    width, right, bar = _room(panel, look, widths, bare=bare)
    title, high, used = setting(panel.title, look, right, bare=bare), height(look, bare=bare), 0.0
    for number, line in enumerate(title.lines):
        used = _paint_pieces(painter, look, line, QRectF(0, number * high, right, high), title.size, "text")
    note = words_width(panel.note, look, "small") + look.px(BETWEEN)
    if panel.note and not bare and used + note <= right:
        room = QRectF(used + look.px(BETWEEN), 0, note, high)
        used = _paint_pieces(painter, look, panel.note, room, "small", "muted")
    if bar is not None:
        _paint_bar(painter, look, bar, sequential, QRectF(used + look.px(APART), 0, width, high), width)


def _paint_pieces(painter: QPainter, look: Look, text: str, room: QRectF, size: str, role: str) -> float:
    """Draw words, those in quotes in bold; return where they end."""
    left = room.left()
    for part, bold in pieces(text):
        font = look.font(size, bold=bold)
        painter.setFont(font)
        painter.setPen(look.theme.color("text" if bold else role))
        wide = QFontMetricsF(font).horizontalAdvance(part)
        painter.drawText(QRectF(left, room.top(), wide + 1, room.height()), LEFT, part)
        left += wide
    return left


def _paint_bar(painter: QPainter, look: Look, bar: Any, sequential: str, room: QRectF, right: float) -> None:
    """Draw the bar flush right, as long as there is room for."""
    font = look.font("small", figures=True)
    metrics = QFontMetricsF(font)
    lo, hi = _ends(bar)
    beside = look.px(BESIDE)
    long = min(look.px(BAR_LONG), right - room.left() - _numbers_width(bar, look))
    hi_wide, lo_wide = metrics.horizontalAdvance(hi), metrics.horizontalAdvance(lo)
    strip = QRectF(right - hi_wide - beside - long, 0, long, look.px(BAR_HIGH))
    strip.moveTop((room.height() - strip.height()) / 2)
    pixels = np.ascontiguousarray(colours.table(bar.colours, sequential)[None])
    painter.drawImage(strip, QImage(pixels.data, 256, 1, 3 * 256, QImage.Format.Format_RGB888))
    painter.setFont(font)
    painter.setPen(look.theme.color("muted"))
    painter.drawText(QRectF(strip.left() - beside - lo_wide, 0, lo_wide + 1, room.height()), LEFT, lo)
    painter.drawText(QRectF(right - hi_wide, 0, hi_wide + 1, room.height()), LEFT, hi)
