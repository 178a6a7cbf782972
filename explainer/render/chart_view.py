"""One chart of the stage: its title in small type and its body below."""

from typing import Any

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from explainer.core.charts import Bars, Chart, Curve, Equation, Graph, Histogram, Matrix, Scatter, Table
from explainer.render import symbol_chip
from explainer.render.chart_bars import BarsBody
from explainer.render.chart_curve import CurveBody
from explainer.render.chart_equation import EquationBody
from explainer.render.chart_painted import GraphBody, MatrixBody, TableBody
from explainer.render.chart_points import HistogramBody, ScatterBody
from explainer.render.look import Look
from explainer.render.measures import HEADER

BODIES: dict[type, Any] = {
    Bars: BarsBody,
    Curve: CurveBody,
    Histogram: HistogramBody,
    Matrix: MatrixBody,
    Scatter: ScatterBody,
    Table: TableBody,
    Graph: GraphBody,
    Equation: EquationBody,
}


class ChartView(QWidget):
    """Shows any chart; the body is kept while the kind stays the same."""

    picked = Signal(object)

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.look = look
        self.chart: Chart | None = None
        self._body: Any = None
        self._symbol: symbol_chip.Chip | None = None
        self._symbol_lit = False

    def show_chart(self, chart: Chart) -> None:
        """Show another chart."""
        if self._body is None or type(self.chart) is not type(chart):
            self._replace_body(chart)
        self.chart = chart
        self.setAccessibleName(f"{chart.title}. {chart.note}")
        self._body.show_chart(chart, self.look)
        self.update()

    def set_look(self, look: Look) -> None:
        """Take another theme or type scale."""
        self.look = look
        if self.chart is not None:
            self._body.show_chart(self.chart, look)
        self._place()
        self.update()

    def _replace_body(self, chart: Chart) -> None:
        if self._body is not None:
            self._body.setParent(None)
            self._body.deleteLater()
        self._body = BODIES[type(chart)](self.look)
        self._body.setParent(self)
        self._body.picked.connect(self.picked)
        self._place()
        self._body.show()

    def _place(self) -> None:
        if self._body is not None:
            top = self.look.px(HEADER)
            self._body.setGeometry(0, top, max(1, self.width()), max(1, self.height() - top))

    def set_symbol(self, chip: symbol_chip.Chip | None, *, lit: bool = False) -> None:
        """Show the symbol of a formula before the title, or none."""
        if (chip, lit) != (self._symbol, self._symbol_lit):
            self._symbol, self._symbol_lit = chip, lit
            self.update()

    def symbol_rect(self) -> QRectF:
        """Where the symbol stands."""
        return symbol_chip.in_line(self.look.px(HEADER - 4), self.look)

    def _line(self) -> QRectF:
        """Where the title stands, beside the symbol."""
        line = QRectF(0, 0, self.width(), self.look.px(HEADER - 4))
        if self._symbol is not None:
            line.setLeft(self.symbol_rect().right() + self.look.px(8))
        return line

    def _title_font(self) -> QFont:
        """The larger type in which the title has room, or the smaller one."""
        title, room = self.chart.title if self.chart is not None else "", self._line().width() + 0.5
        fonts = [self.look.font(size, bold=True) for size in ("small", "fine")]
        return next((font for font in fonts if QFontMetricsF(font).horizontalAdvance(title) <= room), fonts[-1])

    def _title(self) -> str:
        """What of the title there is room for."""
        title = self.chart.title if self.chart is not None else ""
        metrics = QFontMetricsF(self._title_font())
        return metrics.elidedText(title, Qt.TextElideMode.ElideRight, self._line().width() + 0.5)

    @property
    def is_shortened(self) -> bool:
        """Whether the title lacks some of its words."""
        return self.chart is not None and self._title() != self.chart.title

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        look = self.look
        painter.fillRect(self.rect(), look.theme.color("stage"))
        if self.chart is not None:
            bold, plain = self._title_font(), look.font("small")
            line, title = self._line(), self._title()
            flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            if self._symbol is not None:
                symbol_chip.draw(painter, self.symbol_rect(), self._symbol, look, lit=self._symbol_lit)
            painter.setFont(bold)
            painter.setPen(look.theme.color("text"))
            painter.drawText(line.adjusted(0, 0, 2, 0), flags, title)
            used = QFontMetricsF(bold).horizontalAdvance(title) + look.px(8)
            painter.setFont(plain)
            painter.setPen(look.theme.color("muted"))
            if used + QFontMetricsF(plain).horizontalAdvance(self.chart.note) <= line.width():
                painter.drawText(line.adjusted(used, 0, 2, 0), flags, self.chart.note)
        painter.end()
