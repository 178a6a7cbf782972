"""Grids of numbers with signs between them: a patch times a kernel, its products, and the one number they come to."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from explainer.core.charts import Equation, Grid
from explainer.core.number_text import number
from explainer.render import colours
from explainer.render.chart_painted import MIDDLE, Painted
from explainer.render.look import is_light

SIGN = 30  # px at type scale 1 that a sign takes
ALONE = 1.35  # side of a single number, in cells of the others
SHARE = 0.32  # of a cell's side, for the figures in it
LEAST, LARGEST = 9.0, 30.0  # px at type scale 1, for figures


class EquationBody(Painted):
    """Cells as large as fit, figures in them where they can be read, a name under each grid."""

    chart: Equation

    def draw(self, painter: QPainter) -> None:
        look, chart = self.look, self.chart
        if not chart.grids or any(not grid.values.size for grid in chart.grids):
            return
        metrics = QFontMetricsF(look.font("small"))
        foot, sign = metrics.height() + 4, float(look.px(SIGN))
        wide = sum(_units(grid)[0] for grid in chart.grids)
        high = max(_units(grid)[1] for grid in chart.grids)
        side = min((self.width() - sign * len(chart.signs) - 2) / wide, (self.height() - foot - 2) / high)
        font = self._font(side)
        single = _figures(look.font(bold=True, figures=True), min(SHARE * ALONE * side, LARGEST * look.scale))
        left = max(1.0, (self.width() - wide * side - sign * len(chart.signs)) / 2)
        signs = (*chart.signs, "")
        for place, (grid, text) in enumerate(zip(chart.grids, signs, strict=True)):
            columns, rows = _units(grid)
            room = QRectF(left, 1 + (high - rows) * side / 2, columns * side, rows * side)
            last = place == len(chart.grids) - 1
            self._grid(painter, grid, room, single if grid.values.size == 1 else font, last=last)
            painter.setFont(look.font("small"))
            painter.setPen(look.theme.color("text"))
            under = QRectF(room.left() - sign / 2, room.bottom() + 3, room.width() + sign, foot)
            painter.drawText(under, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, grid.name)
            painter.setFont(_figures(look.font(), 1.1 * float(look.px(22))))
            painter.setPen(look.theme.color("muted"))
            painter.drawText(QRectF(room.right(), 1, sign, high * side), MIDDLE, text)
            left = room.right() + sign

    def _grid(self, painter: QPainter, grid: Grid, room: QRectF, font: QFont | None, *, last: bool) -> None:
        index = colours.to_index(grid.values.astype("float32"), grid.lo, grid.hi)
        lut = colours.table(grid.colours, "viridis")
        side = room.height() / len(grid.values)
        for r, texts in enumerate(_texts(grid)):
            for c, text in enumerate(texts):
                cell = QRectF(room.left() + c * side, room.top() + r * side, side - 2, side - 2)
                colour = QColor(*(int(v) for v in lut[index[r, c]]))
                painter.fillRect(cell, colour)
                if font is not None:
                    painter.setFont(font)
                    painter.setPen(QColor("black") if is_light(colour) else QColor("white"))
                    painter.drawText(cell, MIDDLE, text)
        if last:
            painter.setPen(QPen(self.look.theme.color("accent"), 2.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(room.adjusted(0, 0, -2, -2))

    def _font(self, side: float) -> QFont | None:
        """The largest in which all figures fit their cells; none where they would be hard to read."""
        pixels = min(SHARE * side, LARGEST * self.look.scale)
        metrics = QFontMetricsF(_figures(self.look.font(figures=True), pixels))
        texts = [text for grid in self.chart.grids if grid.values.size > 1 for row in _texts(grid) for text in row]
        widest = max((metrics.horizontalAdvance(text) for text in texts), default=1.0)
        size = pixels * min(1.0, (side - 4) / max(widest, 1.0))
        return _figures(self.look.font(figures=True), size) if size >= LEAST * self.look.scale else None


def _texts(grid: Grid) -> list[list[str]]:
    return [[number(float(v) + 0.0, grid.format) for v in row] for row in grid.values]


def _figures(font: QFont, pixels: float) -> QFont:
    made = QFont(font)
    made.setPixelSize(max(1, int(pixels)))
    return made


def _units(grid: Grid) -> tuple[float, float]:
    """Columns and rows, in cells of the other grids: a single number is larger."""
    rows, columns = grid.values.shape
    return (ALONE, ALONE) if (rows, columns) == (1, 1) else (float(columns), float(rows))
