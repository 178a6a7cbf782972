"""Bars: a thin line under each name and number, or beside the name where rows are low."""

import math
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen

from explainer.core.charts import Bars
from explainer.core.number_text import number
from explainer.render.chart_heights import LEAST
from explainer.render.chart_painted import LEFT, RIGHT, Painted

STACKED_ROW, LEAST_ROW = 25, LEAST["bar"]  # px at type scale 1: the lowest with its line below, the lowest of all
MOST_ROW = 34
LINE, BAR = 3, 6  # px: thickness of a line below, and beside
LEAST_TRACK = 50  # px with the room around it
LONGEST_NAME = 40  # characters


@dataclass(frozen=True, slots=True)
class _Form:
    """How all rows are drawn."""

    row: float
    stacked: bool
    size: str
    names: float
    numbers: float


class BarsBody(Painted):
    """A row per bar: name, number and line; the chosen one in bold and in the accent."""

    chart: Bars

    def draw(self, painter: QPainter) -> None:
        chart, look = self.chart, self.look
        count = len(chart.values)
        if not count:
            return
        fitting = max(1, int((self.height() + 1) // look.px(LEAST_ROW)))
        shown = count if count <= fitting else max(1, fitting - 1)
        form = self._form(shown if shown == count else shown + 1)
        for index in range(shown):
            row = QRectF(0, index * form.row, self.width(), form.row)
            self._row(painter, index, row, form)
            self.spot(row, chart.sets[index] if index < len(chart.sets) else None)
        if shown < count:
            painter.setFont(look.font("small"))
            painter.setPen(look.theme.color("muted"))
            painter.drawText(QRectF(0, shown * form.row, self.width(), form.row), LEFT, f"+{count - shown} more")

    def _form(self, rows: int) -> _Form:
        look, chart = self.look, self.chart
        row = min(float(look.px(MOST_ROW)), self.height() / rows)
        stacked = row >= look.px(STACKED_ROW)
        for size in ("base", "small"):
            if size == "base" and not stacked and row < look.px(20):
                continue
            bold = QFontMetricsF(look.font(size, bold=True))
            numbers = max(bold.horizontalAdvance(number(value, chart.format)) for value in chart.values)
            names = max(bold.horizontalAdvance(name) for name in map(named, chart.labels))
            most = self.width() - numbers - look.px(8 if stacked else LEAST_TRACK)
            if names <= most:
                break
        return _Form(row, stacked, size, min(names, most), numbers)

    def _row(self, painter: QPainter, index: int, row: QRectF, form: _Form) -> None:
        look, chart = self.look, self.chart
        chosen = index == chart.chosen
        words = row.adjusted(0, 0, 0, -look.px(LINE + 4)) if form.stacked else row
        font = look.font(form.size, bold=chosen)
        painter.setFont(font)
        painter.setPen(look.theme.color("text"))
        name = QFontMetricsF(font).elidedText(named(chart.labels[index]), Qt.TextElideMode.ElideRight, form.names + 1)
        painter.drawText(words.adjusted(0, 0, 2, 0), LEFT, name)
        painter.setFont(look.font(form.size, bold=chosen, figures=True))
        painter.setPen(look.theme.color("accent" if chosen else "muted"))
        painter.drawText(words, RIGHT, number(chart.values[index], chart.format))
        track = self._track(row, form)
        self._line(painter, index, track)
        if index < len(chart.spread):
            self._whisker(painter, index, track)

    def _track(self, row: QRectF, form: _Form) -> QRectF:
        look = self.look
        if form.stacked:
            high = float(look.px(LINE))
            return QRectF(row.left(), row.bottom() - high - look.px(3), row.width(), high)
        high = min(float(look.px(BAR)), 0.5 * row.height())
        left = form.names + look.px(10)
        wide = max(8.0, row.width() - left - form.numbers - look.px(10))
        return QRectF(left, row.center().y() - high / 2, wide, high)

    def _at(self, value: float, track: QRectF) -> float:
        share = (value - self.chart.lo) / ((self.chart.hi - self.chart.lo) or 1.0)
        return track.left() + track.width() * (min(1.0, max(0.0, share)) if math.isfinite(share) else 0.0)

    def _line(self, painter: QPainter, index: int, track: QRectF) -> None:
        chart, theme = self.chart, self.look.theme
        zero, end = self._at(max(0.0, chart.lo), track), self._at(chart.values[index], track)
        if not math.isfinite(chart.values[index]):
            end = zero
        line = QRectF(min(zero, end), track.top(), max(1.0, abs(end - zero)), track.height())
        painter.setPen(Qt.PenStyle.NoPen)
        for place, role in ((track, "track"), (line, "accent" if index == chart.chosen else "bar")):
            painter.setBrush(theme.color(role))
            painter.drawRoundedRect(place, track.height() / 2, track.height() / 2)
        if chart.lo < 0 < chart.hi:
            painter.fillRect(QRectF(zero - 0.5, track.top() - 2, 1, track.height() + 4), theme.color("muted"))

    def _whisker(self, painter: QPainter, index: int, track: QRectF) -> None:
        value, reach = self.chart.values[index], self.chart.spread[index]
        if not (math.isfinite(reach) and reach > 0 and math.isfinite(value)):
            return
        y, half = track.center().y(), track.height() / 2 + 1.5
        left, right = self._at(value - reach, track), self._at(value + reach, track)
        painter.setPen(QPen(self.look.theme.color("text"), self.look.scale))
        painter.drawLine(QPointF(left, y), QPointF(right, y))
        for x in (left, right):
            painter.drawLine(QPointF(x, y - half), QPointF(x, y + half))


def named(label: str) -> str:
    """A name as it is drawn; only a very long one is cut."""
    return label if len(label) <= LONGEST_NAME else f"{label[: LONGEST_NAME - 1].rstrip()}…"
