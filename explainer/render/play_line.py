"""The line of a play: how far it is, a curve over it, and its ends below it."""

from collections.abc import Iterator
from math import ceil, floor, log10

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPen, QPolygonF

from explainer.core.controls import Control
from explainer.core.plays import Play
from explainer.core.words import thousands
from explainer.render.look import Look

CURVE, LINE, TICKS, GAP = 18, 4, 17.5, 12  # px
RADIUS = 6.5
CURVE_COLOURS = {"light": "#9c3a00", "dark": "#f0985a"}
TO_COME = 0.3  # opacity of what has not been played


def number_text(one: Control, number: float, *, unit: bool = False) -> str:
    """A value of the play in words: the choice's label, or the number."""
    if one.kind == "choice":
        return one.choices[round(number)][1]
    text = thousands(round(number)) if one.integer else f"{number:.4g}"
    return f"{text.replace('-', '−')} {one.unit}".rstrip() if unit else text.replace("-", "−")


def ticks_of(one: Control, play: Play) -> Iterator[tuple[float, str]]:
    """Places 0…1 and words of the ends, and of powers of ten between them where it is spaced by ratio."""
    yield 0.0, number_text(one, play.first)
    yield 1.0, number_text(one, play.last, unit=True)
    if play.log:
        lo, hi = sorted((play.first, play.last))
        for power in range(floor(log10(lo)) + 1, ceil(log10(hi))):
            yield play.place(10.0**power), number_text(one, 10.0**power)


def draw(
    painter: QPainter, room: QRectF, look: Look, one: Control, play: Play, place: float, *, handle: float = 1.0
) -> None:
    """Draw curve, line, handle and ticks into `room`; what does not fit below the line is left out.

    Parameters
    ----------
    place
        Where the handle stands, 0…1; it may be ahead of ``play.at`` while a hand moves it.
    handle
        Size of the handle beside its usual one; 0 for none.
    """
    p = look.px
    inset = RADIUS * look.scale + 1
    line_y = room.top() + line_offset(look, room.height())
    line = QRectF(room.left() + inset, line_y, room.width() - 2 * inset, LINE)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    if play.curve is not None and len(play.curve) > 1:
        _draw_curve(painter, line, look, play.curve, place, min(p(CURVE), line_y - room.top() - 2))
    here = line.left() + place * line.width()
    for colour, left, right in (("bar", line.left(), line.right()), ("accent", line.left(), here)):
        painter.setBrush(look.theme.color(colour))
        painter.drawRoundedRect(QRectF(left, line.top(), max(LINE, right - left), LINE), LINE / 2, LINE / 2)
    if handle:
        painter.setPen(QPen(look.theme.color("accent"), 2 * look.scale))
        painter.setBrush(look.theme.color("field"))
        radius = handle * (RADIUS * look.scale - 1)
        painter.drawEllipse(QPointF(here, line.center().y()), radius, radius)
    if room.bottom() - line.bottom() >= p(TICKS):
        _draw_ticks(painter, line, look, one, play)


def strip(look: Look, width: int, one: Control, play: Play) -> QImage:
    """Picture of a line with what is counted at its right, for a film; its height is even."""
    p = look.px
    image = QImage(width, 2 * p(25), QImage.Format.Format_RGB888)
    image.fill(look.theme.color("stage"))
    painter = QPainter(image)
    font = look.font("base", figures=True)
    counted = QFontMetricsF(font).horizontalAdvance(play.counted)
    room = QRectF(p(GAP), p(4), width - 2 * p(GAP), p(CURVE) + LINE + p(TICKS))
    painter.setFont(font)
    painter.setPen(look.theme.color("text"))
    middle = room.top() + line_offset(look, room.height())
    words = QRectF(room.right() - counted, middle - p(10), counted + 1, p(20))
    painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, play.counted)
    longest = max(counted, p(150)) if counted else 0.0  # so that the line does not breathe
    draw(
        painter, room.adjusted(0, 0, -min(longest + p(GAP), room.width() / 2), 0), look, one, play, play.place(play.at)
    )
    painter.end()
    return image


def line_offset(look: Look, height: float) -> float:
    """How far below the top of a room of this height the line lies."""
    whole = look.px(CURVE) + LINE + look.px(TICKS)
    return look.px(CURVE) if height >= whole else max(RADIUS * look.scale, (height - LINE) / 2)


def _draw_curve(painter: QPainter, line: QRectF, look: Look, curve: object, place: float, height: float) -> None:
    """The curve as an area on the line; the part to come is faint."""
    values = np.asarray(curve, np.float64)
    lo, hi = min(0.0, float(values.min())), float(values.max())
    xs = line.left() + line.width() * np.linspace(0.0, 1.0, len(values))
    ys = line.top() - height * (values - lo) / (hi - lo or 1.0)
    area = QPolygonF([QPointF(float(x), float(y)) for x, y in zip(xs, ys, strict=True)])
    area.append(QPointF(line.right(), line.top()))
    area.append(QPointF(line.left(), line.top()))
    here = line.left() + place * line.width()
    colour = QColor(CURVE_COLOURS[look.theme.name])
    for left, right, opacity in ((line.left() - 1, here, 0.85), (here, line.right() + 1, TO_COME)):
        painter.save()
        painter.setClipRect(QRectF(left, line.top() - height - 1, right - left, height + 1))
        colour.setAlphaF(opacity)
        painter.setBrush(colour)
        painter.drawPolygon(area)
        painter.restore()


def _draw_ticks(painter: QPainter, line: QRectF, look: Look, one: Control, play: Play) -> None:
    font = look.font("small", figures=True)
    metrics = QFontMetricsF(font)
    painter.setFont(font)
    painter.setPen(look.theme.color("muted"))
    taken: list[tuple[float, float]] = []
    for place, text in ticks_of(one, play):
        wide = metrics.horizontalAdvance(text)
        least, most = line.left() - RADIUS, line.right() + RADIUS - wide
        left = min(most, max(least, line.left() + place * line.width() - wide / 2))
        if all(left > right + look.px(8) or left + wide < other - look.px(8) for other, right in taken):
            taken.append((left, left + wide))
            painter.drawText(QPointF(left, line.bottom() + RADIUS * look.scale + metrics.ascent()), text)
