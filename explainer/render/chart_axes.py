"""What charts with axes share: the frame, its round numbers and light lines, and where the data can end."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen

from explainer.core.number_text import alike
from explainer.render.chart_painted import LEFT, MIDDLE, RIGHT, Painted
from explainer.render.labels import inside, kept, ticks

Span = tuple[float, float]
TICK = 3  # px at type scale 1: a mark at the axis
TICKS_EVERY_X, TICKS_EVERY_Y = 52, 28  # px at type scale 1
_SHARES = re.compile(r"\b(score|share|IoU|probability|gate|overlap|cosine)\b")
_COUNTED = re.compile(r"^(epoch|step|layer|block|picture|severity|votes|objects|count)s?\b")


def bounds(label: str) -> Span:
    """Where the numbers of an axis can end, as far as its label says for certain."""
    if "%" in label:
        return 0.0, 100.0
    if "cosine" in label:
        return -1.0, 1.0
    return (0.0, 1.0) if _SHARES.search(label) else (-math.inf, math.inf)


def span(arrays: Sequence[Any], pad: float = 0.0) -> Span:
    """Range of several arrays together, never empty; what is never negative is not padded below zero."""
    values = np.concatenate([np.asarray(a, float).ravel() for a in arrays]) if arrays else np.array([])
    values = values[np.isfinite(values)]
    if values.size == 0:
        return 0.0, 1.0
    lo, hi = float(values.min()), float(values.max())
    if hi <= lo:
        return (lo - 0.5 if lo < 0 or lo >= 0.5 else 0.0), lo + 0.5
    room = pad * (hi - lo)
    return (lo - room if lo < 0 else max(0.0, lo - room)), hi + room


@dataclass(frozen=True, slots=True)
class Frame:
    """Where the data lie: a rectangle of the widget and the numbers at its edges."""

    box: QRectF
    x: Span
    y: Span

    def across(self, x: Any) -> Any:
        """Widget's x of a number, or of many."""
        return self.box.left() + (x - self.x[0]) / ((self.x[1] - self.x[0]) or 1.0) * self.box.width()

    def down(self, y: Any) -> Any:
        """Widget's y of a number, or of many."""
        return self.box.bottom() - (y - self.y[0]) / ((self.y[1] - self.y[0]) or 1.0) * self.box.height()


class AxesBody(Painted):
    """Base of the charts with axes: quiet numbers, hairlines across, the labels outside."""

    def frame(self, painter: QPainter, x: Span, y: Span, right: float = 0.0) -> Frame:
        """Draw axes over `x` and `y`, with `right` px left free for names; return where the data lie."""
        look = self.look
        metrics = QFontMetricsF(look.font("small"))
        line = metrics.height()
        x_label, y_label = getattr(self.chart, "x_label", ""), getattr(self.chart, "y_label", "")
        under = line + look.px(TICK + 1) + (line if x_label else 0)
        top = 0.6 * line
        upright = bool(y_label) and metrics.horizontalAdvance(y_label) <= self.height() - under - top
        top += line if y_label and not upright else 0
        high = max(1.0, self.height() - under - top)
        levels = self._levels(y, y_label, high)
        texts = alike(levels)
        beside = max(map(metrics.horizontalAdvance, texts), default=0.0) + look.px(6) + (line if upright else 0)
        made = Frame(QRectF(beside, top, max(1.0, self.width() - beside - right - 1), high), x, y)
        painter.setFont(look.font("small"))
        self._paint_levels(painter, made, levels, texts)
        self._paint_foot(painter, made, x_label)
        self._paint_y_label(painter, made, y_label, upright=upright)
        return made

    def _levels(self, y: Span, label: str, high: float) -> list[float]:
        lo, hi = bounds(label)
        return ticks(max(y[0], lo), min(y[1], hi), 1 + int(high // self.look.px(TICKS_EVERY_Y)))

    def _paint_levels(self, painter: QPainter, frame: Frame, levels: list[float], texts: list[str]) -> None:
        theme, look = self.look.theme, self.look
        high = QFontMetricsF(painter.font()).height()
        for level, text in zip(levels, texts, strict=True):
            y = round(float(frame.down(level))) + 0.5
            painter.setPen(QPen(theme.color("stage_line"), 1))
            painter.drawLine(QPointF(frame.box.left(), y), QPointF(frame.box.right(), y))
            painter.setPen(theme.color("muted"))
            painter.drawText(QRectF(0, y - high / 2, frame.box.left() - look.px(6), high), RIGHT, text)

    def _paint_foot(self, painter: QPainter, frame: Frame, label: str) -> None:
        look, metrics = self.look, QFontMetricsF(painter.font())
        lo, hi = bounds(label)
        found = ticks(max(frame.x[0], lo), min(frame.x[1], hi), 1 + int(frame.box.width() // look.px(TICKS_EVERY_X)))
        if _COUNTED.match(label):
            found = [tick for tick in found if float(tick).is_integer()]
        texts = alike(found)
        widths = [metrics.horizontalAdvance(text) for text in texts]
        ends = 0.0, max(float(self.width()), frame.box.right())
        lefts = [inside(float(frame.across(tick)), wide, *ends) for tick, wide in zip(found, widths, strict=True)]
        stay = kept([left + wide / 2 for left, wide in zip(lefts, widths, strict=True)], widths, look.px(6))
        foot, below = frame.box.bottom(), frame.box.bottom() + look.px(TICK + 1)
        painter.setPen(QPen(look.theme.color("faint"), 1))
        painter.drawLine(QPointF(frame.box.left(), foot), QPointF(frame.box.right(), foot))
        for n in stay:
            x = float(frame.across(found[n]))
            painter.setPen(QPen(look.theme.color("faint"), 1))
            painter.drawLine(QPointF(x, foot), QPointF(x, foot + look.px(TICK)))
            painter.setPen(look.theme.color("muted"))
            painter.drawText(QRectF(lefts[n], below, widths[n] + 1, metrics.height()), LEFT, texts[n])
        if label:
            under = QRectF(
                frame.box.left(), foot + look.px(TICK + 1) + metrics.height(), frame.box.width(), metrics.height()
            )
            self._paint_inside(painter, label, under, metrics)

    def _paint_inside(self, painter: QPainter, text: str, room: QRectF, metrics: QFontMetricsF) -> None:
        """Centre a label under the axis, or as far to the left as it needs."""
        wide = metrics.horizontalAdvance(text)
        left = inside(room.center().x(), wide, 0.0, max(1.0, self.width() - 1.0))
        painter.drawText(QRectF(left, room.top(), wide + 1, room.height()), LEFT, text)

    def _paint_y_label(self, painter: QPainter, frame: Frame, label: str, *, upright: bool) -> None:
        if not label:
            return
        high = QFontMetricsF(painter.font()).height()
        painter.setPen(self.look.theme.color("muted"))
        if not upright:
            painter.drawText(QRectF(0, 0, self.width(), high), LEFT, label)
            return
        painter.save()
        painter.translate(high / 2, frame.box.center().y())
        painter.rotate(-90)
        wide = QFontMetricsF(painter.font()).horizontalAdvance(label) + 2
        painter.drawText(QRectF(-wide / 2, -high / 2, wide, high), MIDDLE | Qt.TextFlag.TextDontClip, label)
        painter.restore()
