"""Charts that are text and rectangles: tables, matrices, graphs; and what all painted charts share."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from explainer.core.charts import Graph, Matrix, Node, Table
from explainer.core.number_text import number, with_unit
from explainer.render import colours
from explainer.render.chart_heights import NODE_MARGIN, depths, matrix_margins, numeric, standing
from explainer.render.look import Look, is_light

LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
MIDDLE = Qt.AlignmentFlag.AlignCenter
ROW, LEAST_ROW = 24, 15  # px, at type scale 1
LINE_HIGH = 26  # px at type scale 1: a box of a chain that goes down


class Painted(QWidget):
    """Base of the painted charts: knows the look, where each item lies, and which was clicked."""

    picked = Signal(object)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self.chart: Any = None
        self._spots: list[tuple[QRectF, Mapping[str, Any]]] = []
        self.setMouseTracking(True)

    def show_chart(self, chart: Any, look: Look) -> None:
        """Show another chart of the same kind."""
        self.chart, self.look = chart, look
        self.update()

    def draw(self, painter: QPainter) -> None:
        """Draw the chart into the whole widget."""
        raise TypeError(f"{type(self).__name__} cannot draw {self.chart!r} on {painter!r}")

    def spot(self, box: QRectF, sets: Any) -> None:
        """Remember that a click in `box` changes params."""
        if sets is not None:
            self._spots.append((box, dict(sets)))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), self.look.theme.color("stage"))
        self._spots = []
        if self.chart is not None:
            self.draw(painter)
        painter.end()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        over = any(box.contains(event.position()) for box, _ in self._spots)
        self.setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        for box, sets in self._spots:
            if box.contains(event.position()):
                self.picked.emit(sets)
                return


class TableBody(Painted):
    """Header, hairline, rows; what looks like a number stands right."""

    chart: Table

    def draw(self, painter: QPainter) -> None:
        look, chart = self.look, self.chart
        headed = int(any(chart.header))
        row = min(look.px(ROW), self.height() / max(1, len(chart.rows) + headed))
        self._size = "base" if row >= look.px(18) and self._fits("base") else "small"
        widths = self._widths()
        if headed:
            painter.setFont(look.font("small", bold=True))
            painter.setPen(look.theme.color("muted"))
            self._cells(painter, chart.header, 0, row, widths)
            painter.setPen(QPen(look.theme.color("stage_line"), 1))
            painter.drawLine(QPointF(0, row), QPointF(sum(widths), row))
        painter.setFont(look.font(self._size))
        painter.setPen(look.theme.color("text"))
        for index, cells in enumerate(chart.rows):
            self._cells(painter, cells, (index + headed) * row, row, widths)

    _size = "base"

    def _fits(self, size: str) -> bool:
        return sum(self._wanted(size)) <= self.width() + 10

    def _wanted(self, size: str) -> list[float]:
        metrics = QFontMetricsF(self.look.font(size))
        columns = zip(self.chart.header, *self.chart.rows, strict=True)
        return [max(metrics.horizontalAdvance(cell) for cell in column) + self.look.px(16) for column in columns]

    def _widths(self) -> list[float]:
        wanted = self._wanted(self._size)
        shrink = min(1.0, self.width() / max(1.0, sum(wanted)))
        return [width * shrink for width in wanted]

    def _cells(self, painter: QPainter, cells: tuple[str, ...], top: float, row: float, widths: list[float]) -> None:
        left = 0.0
        metrics = QFontMetricsF(painter.font())
        for column, (text, width) in enumerate(zip(cells, widths, strict=True)):
            ranged = all(numeric(r[column]) for r in self.chart.rows) and bool(self.chart.rows)
            box = QRectF(left, top, width - self.look.px(8), row)
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, box.width())
            painter.drawText(box, RIGHT if ranged else LEFT, shown)
            left += width


class MatrixBody(Painted):
    """Coloured cells with their numbers where these fit, and a name to each row and column."""

    chart: Matrix

    def draw(self, painter: QPainter) -> None:
        look, chart = self.look, self.chart
        rows, columns = chart.values.shape
        if not chart.values.size:
            return
        small = look.font("small")
        painter.setFont(small)
        metrics = QFontMetricsF(small)
        left, bottom, tilted = matrix_margins(chart, look, self.width())
        tilted = min(tilted, 0.6 * self.height())
        bottom = min(bottom, 0.8 * self.height())
        side = min(max((self.width() - left) / columns, metrics.height()), (self.height() - bottom) / rows)
        longest = max((metrics.horizontalAdvance(name) for name in chart.columns), default=0.0) + 4
        width = min((self.width() - left) / columns, max(2.2 * side, 0.0 if tilted else longest))
        grid = QRectF(left, 0, width * columns, side * rows)
        finite = chart.values[np.isfinite(chart.values)]
        top_value = max(float(np.abs(finite).max(initial=0.0)), 1e-12)
        lo = -top_value if chart.colours == "diverging" else float(finite.min(initial=0.0))
        lut = colours.table(chart.colours, "viridis" if chart.colours == "sequential" else "inferno")
        index = colours.to_index(np.nan_to_num(chart.values.astype("float32"), nan=lo), lo, top_value)
        texts = self._texts(width - 1, metrics)
        for r in range(rows):
            for c in range(columns):
                cell = QRectF(grid.left() + c * width, r * side, width - 1, side - 1)
                colour = QColor(*(int(v) for v in lut[index[r, c]]))
                painter.fillRect(cell, colour)
                self._number(painter, cell, texts[r][c], colour, metrics)
                at = r * columns + c
                self.spot(cell, chart.sets[at] if at < len(chart.sets) else None)
        self._names(painter, grid, side, width, metrics, tilted)

    def _number(self, painter: QPainter, cell: QRectF, text: str, ground: QColor, metrics: QFontMetricsF) -> None:
        if metrics.horizontalAdvance(text) + 2 <= cell.width() and metrics.height() * 0.8 <= cell.height():
            painter.setPen(QColor("black") if is_light(ground) else QColor("white"))
            painter.drawText(cell, MIDDLE, text)

    def _texts(self, width: float, metrics: QFontMetricsF) -> list[list[str]]:
        """Return all numbers; without their leading zeros where all of them fit so and not otherwise."""
        full = [[number(float(v), self.chart.format) for v in row] for row in self.chart.values]
        short = [
            [text.replace("0.", ".", 1) if text.lstrip("−").startswith("0.") else text for text in r] for r in full
        ]

        def fit(texts: list[list[str]]) -> bool:
            return all(metrics.horizontalAdvance(text) + 2 <= width for row in texts for text in row)

        return short if not fit(full) and fit(short) else full

    def _names(
        self, painter: QPainter, grid: QRectF, side: float, width: float, metrics: QFontMetricsF, tilted: float
    ) -> None:
        chart = self.chart
        painter.setPen(self.look.theme.color("muted"))
        for r, name in enumerate(chart.rows):
            room = QRectF(metrics.height() if chart.y_label else 0, r * side, 0, side)
            room.setRight(grid.left() - 6)
            painter.drawText(room, RIGHT, metrics.elidedText(name, Qt.TextElideMode.ElideRight, room.width() + 1))
        widest = max((metrics.horizontalAdvance(name) for name in chart.columns), default=0.0) + 4
        every = max(1, math.ceil(widest / max(width, 1.0))) if all(numeric(n) for n in chart.columns) else 1
        for c, name in enumerate(chart.columns):
            if c % every:
                continue  # of numbers that do not fit side by side every second or third is enough
            box = QRectF(
                grid.left() + (c + 0.5 - every / 2) * width, grid.bottom() + 2, every * width, metrics.height()
            )
            if tilted:
                self._upright(painter, name, QPointF(box.center().x(), grid.bottom() + 2), tilted, metrics)
            else:
                painter.drawText(box, MIDDLE, metrics.elidedText(name, Qt.TextElideMode.ElideRight, box.width()))
        if chart.x_label:
            under = grid.bottom() + 2 + (tilted or metrics.height())
            box = QRectF(grid.left(), under, grid.width(), metrics.height())
            painter.drawText(box, MIDDLE, chart.x_label)
        if chart.y_label:
            painter.save()
            painter.translate(metrics.height() / 2 + 1, grid.center().y())
            painter.rotate(-90)
            painter.drawText(QRectF(-100, -metrics.height() / 2, 200, metrics.height()), MIDDLE, chart.y_label)
            painter.restore()

    def _upright(self, painter: QPainter, name: str, top: QPointF, long: float, metrics: QFontMetricsF) -> None:
        painter.save()
        painter.translate(top)
        painter.rotate(-90)
        shown = metrics.elidedText(name, Qt.TextElideMode.ElideRight, long)
        painter.drawText(QRectF(-long, -metrics.height() / 2, long, metrics.height()), RIGHT, shown)
        painter.restore()


class GraphBody(Painted):
    """Boxes in columns by depth, joined by lines; a chain that has no room across goes down, a line to a box."""

    chart: Graph

    def draw(self, painter: QPainter) -> None:
        look, chart = self.look, self.chart
        down = standing(chart, look, self.width())
        places = self._below() if down else self._places()
        painter.setPen(QPen(look.theme.color("muted"), 1))
        for a, b in chart.edges:
            start, end = places[a], places[b]
            if down:
                painter.drawLine(QPointF(start.center().x(), start.bottom()), QPointF(end.center().x(), end.top()))
            else:
                painter.drawLine(QPointF(start.right(), start.center().y()), QPointF(end.left(), end.center().y()))
        painter.setFont(look.font("small"))
        for node in chart.nodes:
            box, chosen = places[node.name], node.name == chart.chosen
            painter.setPen(QPen(look.theme.color("accent" if chosen else "stage_line"), 2 if chosen else 1))
            painter.setBrush(look.theme.color("accent_soft" if chosen else "field"))
            painter.drawRoundedRect(box, 4, 4)
            painter.setPen(look.theme.color("text"))
            if down:
                self._line(painter, box.adjusted(8, 0, -8, 0), node)
            else:
                painter.drawText(box, MIDDLE | Qt.TextFlag.TextWordWrap, _said(node))
            self.spot(box, node.sets)

    def _line(self, painter: QPainter, box: QRectF, node: Node) -> None:
        """Name at the left, what there is at the right; the latter gives way."""
        metrics = QFontMetricsF(painter.font())
        painter.drawText(box, LEFT, node.label)
        room = box.width() - metrics.horizontalAdvance(node.label) - 8
        texts = (_said(node).partition("\n")[2].replace("\n", " · "), node.note)
        said = next((text for text in texts if metrics.horizontalAdvance(text) <= room), "")
        painter.setPen(self.look.theme.color("muted"))
        painter.drawText(box, RIGHT, said)

    def _below(self) -> dict[str, QRectF]:
        each = self.height() / len(self.chart.nodes)
        tall = min(each - 4, self.look.px(LINE_HIGH))
        order = sorted(self.chart.nodes, key=lambda node: depths(self.chart)[node.name])
        return {
            node.name: QRectF(4, (n + 0.5) * each - tall / 2, self.width() - 12, tall) for n, node in enumerate(order)
        }

    def _places(self) -> dict[str, QRectF]:
        depth = depths(self.chart)
        columns = max(depth.values(), default=0) + 1
        width = self.width() / columns
        metrics = QFontMetricsF(self.look.font("small"))
        room = QRectF(0, 0, max(1.0, width - NODE_MARGIN), 10_000)
        wrapped = int(Qt.TextFlag.TextWordWrap.value)
        high = max((metrics.boundingRect(room, wrapped, _said(node)).height() for node in self.chart.nodes), default=0)
        places: dict[str, QRectF] = {}
        for column in range(columns):
            names = [n.name for n in self.chart.nodes if depth[n.name] == column]
            height = self.height() / max(1, len(names))
            for row, name in enumerate(names):
                cell = QRectF(column * width, row * height, width, height)
                tall = min(cell.height() - 8, high + self.look.px(12))
                places[name] = QRectF(cell.left() + 4, cell.center().y() - tall / 2, cell.width() - 12, tall)
        return places


def _said(node: Node) -> str:
    """Words in a box; what is too long for a line of it goes on in the next."""
    took = "" if node.ms is None else f"\n{_milliseconds(node.ms)}"
    return f"{node.label}\n{node.note}{took}".strip()


def _milliseconds(ms: float) -> str:
    return with_unit(number(ms, ".1f" if ms < 10 else ".0f"), "ms")
