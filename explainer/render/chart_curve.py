"""Lines over a common axis, each named at its end in its own colour."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF

from explainer.core.charts import Curve, Series
from explainer.render.chart_axes import AxesBody, Frame, span
from explainer.render.chart_painted import LEFT
from explainer.render.labels import spread

BAND_OPACITY = 0.22
NAME_HIGH, NAME_GAP = 14, 8  # px at type scale 1
MANY_POINTS = 80
MOST_POINTS = 4000  # of one line; more than any screen has columns
PENS = {"solid": Qt.PenStyle.SolidLine, "dashed": Qt.PenStyle.DashLine, "dotted": Qt.PenStyle.DotLine}


class CurveBody(AxesBody):
    """Lines with their bands and names."""

    chart: Curve

    def draw(self, painter: QPainter) -> None:
        chart = self.chart
        x = chart.x_range or span([s.x for s in chart.series])
        y = chart.y_range or span([s.y for s in chart.series], pad=0.06)
        frame = self.frame(painter, x, y, self._name_room(chart.series))
        painter.save()
        painter.setClipRect(frame.box.adjusted(-1, -2, 2, 2))
        for series in chart.series:
            self._band(painter, frame, series)
        for series in reversed(chart.series):  # the first one matters most and lies on top
            self._line(painter, frame, series)
        painter.restore()
        self._names(painter, frame)

    def _name_room(self, several: Sequence[Series]) -> float:
        metrics = QFontMetricsF(self.look.font("small"))
        wide = max((metrics.horizontalAdvance(s.name) for s in several if s.name and not upright(s)), default=0.0)
        return min(0.5 * self.width(), wide + self.look.px(NAME_GAP)) if wide else self.look.px(4)

    def _line(self, painter: QPainter, frame: Frame, series: Series) -> None:
        width = 1.6 * self.look.scale
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for part in _parts(frame, series.x, series.y):
            many = len(part) > MANY_POINTS
            painter.setPen(QPen(self.look.line_color(series.colour), 1.0 if many else width, PENS[series.style]))
            line = QPolygonF([QPointF(x, y) for x, y in part])
            painter.drawPolyline(line)
            if many:  # Qt draws two hairlines sixty times as fast as one wider line with many corners
                painter.drawPolyline(line.translated(0, width - 1.0))
            if len(part) == 1:
                painter.drawEllipse(QPointF(*part[0]), self.look.scale, self.look.scale)

    def _band(self, painter: QPainter, frame: Frame, series: Series) -> None:
        if series.spread is None:
            return
        colour = QColor(self.look.line_color(series.colour))
        colour.setAlphaF(BAND_OPACITY)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        known = np.isfinite(series.y) & np.isfinite(series.spread)
        x = np.asarray(series.x)[known]
        upper, lower = ((np.asarray(series.y) + sign * series.spread)[known] for sign in (1, -1))
        edge = [*zip(x, upper, strict=True), *zip(x[::-1], lower[::-1], strict=True)]
        painter.drawPolygon(QPolygonF([QPointF(float(frame.across(a)), float(frame.down(b))) for a, b in edge]))

    def _names(self, painter: QPainter, frame: Frame) -> None:
        """Put names beside the ends of lines, moved apart where they would lie on one another."""
        look = self.look
        several = [s for s in self.chart.series if s.name and not upright(s) and _last(s) is not None]
        high = float(look.px(NAME_HIGH))
        fitting = max(1, 1 + int(frame.box.height() // high))
        shown = several if len(several) <= fitting else several[: max(0, fitting - 1)]
        ends = [_last(s) or (0.0, 0.0) for s in shown]
        room = max(high / 2, frame.box.top()), frame.box.bottom()
        wanted = [min(max(float(frame.down(y)), room[0]), room[1]) for _, y in ends]
        names, colours = [s.name for s in shown], [look.text_color(s.colour) for s in shown]
        if len(shown) < len(several):
            names.append(f"+{len(several) - len(shown)} more")
            colours.append(look.theme.color("muted"))
            wanted.append(room[1])
        painter.setFont(look.font("small"))
        left = frame.box.right() + look.px(NAME_GAP)
        for name, colour, y in zip(names, colours, spread(wanted, high, *room), strict=True):
            painter.setPen(colour)
            metrics = QFontMetricsF(painter.font())
            text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, self.width() - left + 1)
            painter.drawText(QRectF(left, y - high / 2, self.width() - left + 2, high), LEFT, text)
        self._leaders(painter, frame, shown, ends, wanted)
        for series in (s for s in self.chart.series if s.name and upright(s)):
            self._mark_name(painter, frame, series)

    def _leaders(
        self, painter: QPainter, frame: Frame, shown: Sequence[Series], ends: list[tuple[float, float]], at: list[float]
    ) -> None:
        """Lead from a line that ends early to the margin where its name stands."""
        for series, (x, _), y in zip(shown, ends, at, strict=False):
            end = float(frame.across(x))
            if end < frame.box.right() - self.look.px(6):
                painter.setPen(QPen(self.look.line_color(series.colour), 1, Qt.PenStyle.DotLine))
                painter.drawLine(QPointF(end + 3, y), QPointF(frame.box.right(), y))

    def _mark_name(self, painter: QPainter, frame: Frame, series: Series) -> None:
        """Name an upright line where it is farthest from the others, on the side that has room."""
        metrics, high = QFontMetricsF(painter.font()), float(self.look.px(NAME_HIGH))
        wide, gap = metrics.horizontalAdvance(series.name), self.look.px(4)
        y = float(frame.down(free_level(self.chart.series, series, *frame.y)))
        y = min(max(y, frame.box.top() + high / 2), frame.box.bottom() - high / 2)
        x = float(frame.across(float(np.asarray(series.x)[0]))) + gap
        if x + wide > frame.box.right():
            x -= wide + 2 * gap
        painter.setPen(self.look.text_color(series.colour))
        painter.drawText(QRectF(max(0.0, x), y - high / 2, wide + 1, high), LEFT, series.name)


def _parts(frame: Frame, x: NDArray[np.float64], y: NDArray[np.float64]) -> list[list[tuple[float, float]]]:
    """The points of a line on the widget, parted where a number is missing."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    step = max(1, len(x) // MOST_POINTS)
    known = np.isfinite(x) & np.isfinite(y)
    on_widget = np.stack([frame.across(x), frame.down(y)], 1)
    parts = np.split(np.arange(len(x)), np.flatnonzero(np.diff(known.astype(int))) + 1)
    return [[(a, b) for a, b in on_widget[part][::step].tolist()] for part in parts if len(part) and known[part[0]]]


def upright(series: Series) -> bool:
    """Whether the line marks one place, from the bottom up."""
    x, y = np.asarray(series.x), np.asarray(series.y)
    return len(x) > 1 and bool(np.ptp(x) == 0 and np.ptp(y) > 0)


def free_level(several: Sequence[Series], own: Series, low: float, high: float) -> float:
    """Where beside an upright line its name is farthest from the other lines."""
    levels = np.linspace(max(low, float(np.min(own.y))), min(high, float(np.max(own.y))), 9)
    crossed = [_level_at(one, float(own.x[0])) for one in several if one is not own and not upright(one)]
    known = [level for level in crossed if level is not None]
    if not known:
        return float(levels[-1])
    return float(levels[int(np.argmax(np.abs(levels[:, None] - np.array(known)).min(axis=1)))])


def _level_at(series: Series, x: float) -> float | None:
    drawn = np.flatnonzero(np.isfinite(series.x) & np.isfinite(series.y))
    if not drawn.size or not series.x[drawn[0]] <= x <= series.x[drawn[-1]]:
        return None
    return float(np.interp(x, np.asarray(series.x)[drawn], np.asarray(series.y)[drawn]))


def _last(series: Series) -> tuple[float, float] | None:
    """Last point of a line that can be drawn."""
    drawn = np.flatnonzero(np.isfinite(series.x) & np.isfinite(series.y))
    return (float(series.x[drawn[-1]]), float(series.y[drawn[-1]])) if drawn.size else None
