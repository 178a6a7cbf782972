"""The line above a panel's picture: what is seen, a quiet remark, and at its right the colour bar."""

import re
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
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_QUOTED = re.compile("“([^”]*)”")


def height(look: Look, *, bare: bool) -> int:
    """How much of a panel's height its caption takes."""
    return look.px(FILM_HEADER if bare else HEADER)


def said(panel: Panel) -> tuple[Any, ...]:
    """All that a caption shows."""
    bar = bar_of(panel)
    return panel.title, panel.note, bar and (*_ends(bar), bar.colours)


def pieces(text: str) -> list[tuple[str, bool]]:
    """Parts of a title and whether they are bold: names in quotes are, without the quotes."""
    parts = _QUOTED.split(text)
    return [(part, number % 2 == 1) for number, part in enumerate(parts) if part]


def _ends(bar: Any) -> tuple[str, str]:
    hi = compact(bar.hi, FIGURES)
    signed = f"+{hi}" if bar.colours == "diverging" and bar.hi > 0 else hi
    return compact(bar.lo, FIGURES), with_unit(signed, getattr(bar, "unit", ""))


def words_width(text: str, look: Look, size: str) -> float:
    """Width of a title in px."""
    widths = (QFontMetricsF(look.font(size, bold=bold)).horizontalAdvance(part) for part, bold in pieces(text))
    return sum(widths)


def fits(panel: Panel, look: Look, width: float, *, bare: bool) -> bool:
    """Whether the title is shown whole."""
    return words_width(panel.title, look, "small" if bare else "caption") <= width - _bar_least(panel, look, bare=bare)


def _bar_least(panel: Panel, look: Look, *, bare: bool) -> float:
    bar = None if bare else bar_of(panel)
    return 0.0 if bar is None else _numbers_width(bar, look) + look.px(BAR_SHORT + APART)


def _numbers_width(bar: Any, look: Look) -> float:
    metrics = QFontMetricsF(look.font("small", figures=True))
    return sum(metrics.horizontalAdvance(end) for end in _ends(bar)) + 2 * look.px(BESIDE)


def paint(painter: QPainter, look: Look, panel: Panel, widths: tuple[int, int], sequential: str, *, bare: bool) -> None:
    """Draw the caption as wide as the picture, or as the widget where that is too narrow for the words.

    Parameters
    ----------
    widths
        Of the picture and of the widget.
    """
    width = float(next((w for w in widths if fits(panel, look, w, bare=bare)), max(widths)))
    size, high = "small" if bare else "caption", height(look, bare=bare)
    bar = None if bare else bar_of(panel)
    if bar is not None and width < 2.2 * _bar_least(panel, look, bare=bare):
        bar = None  # on a small picture the title is worth more
    right = width - (_bar_least(panel, look, bare=bare) if bar is not None else 0)
    used = _paint_title(painter, look, panel.title, QRectF(0, 0, right, high), size)
    note = words_width(panel.note, look, "small") + look.px(BETWEEN)
    if panel.note and not bare and used + note <= right:
        room = QRectF(used + look.px(BETWEEN), 0, note, high)
        used = _paint_pieces(painter, look, panel.note, room, "small", "muted")
    if bar is not None:
        _paint_bar(painter, look, bar, sequential, QRectF(used + look.px(APART), 0, width, high), width)


def _paint_title(painter: QPainter, look: Look, title: str, room: QRectF, size: str) -> float:
    """Draw a title and return where it ends. Too long a one loses its middle: what tells thumbs apart is at the end."""
    if words_width(title, look, size) <= room.width() + 0.5:
        return _paint_pieces(painter, look, title, room, size, "text")
    metrics = QFontMetricsF(look.font(size))
    plain = "".join(part for part, _ in pieces(title))
    shown = metrics.elidedText(plain, Qt.TextElideMode.ElideMiddle, max(0.0, room.width()))
    return _paint_pieces(painter, look, shown, room, size, "text")


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
