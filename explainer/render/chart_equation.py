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
Lines = tuple[tuple[int, ...], ...]  # numbers of the grids that stand side by side, line by line


def shape(chart: Equation) -> float:
    """Width over height at which its cells are largest where it stands large: of two lines, if it has so many grids."""
    lines = _breaks(chart)[-1]
    gaps = max(len(line) for line in lines) - 1
    wide = max(_widest(chart, line) for line in lines) * (1 + 0.06 * gaps)
    return wide / (1.15 * sum(_highest(chart, line) for line in lines))


def _breaks(chart: Equation) -> tuple[Lines, ...]:
    """Ways to break it: none, and where there are enough grids one after the second, as where an = stands."""
    numbers = tuple(range(len(chart.grids)))
    return ((numbers,), (numbers[:2], numbers[2:])) if len(numbers) > 2 + 1 else ((numbers,),)


def _widest(chart: Equation, line: tuple[int, ...]) -> float:
    return sum(_units(chart.grids[place])[0] for place in line)


def _highest(chart: Equation, line: tuple[int, ...]) -> float:
    return max((_units(chart.grids[place])[1] for place in line), default=1.0)


class EquationBody(Painted):
    """Cells as large as fit, in one line or in two; figures in them where they can be read, names under the grids."""

    chart: Equation

    def draw(self, painter: QPainter) -> None:
        look, chart = self.look, self.chart
        if not chart.grids or any(not grid.values.size for grid in chart.grids):
            return
        foot, sign = QFontMetricsF(look.font("small")).height() + 4, float(look.px(SIGN))
        lines, side = max(
            ((lines, self._side(lines, foot, sign)) for lines in _breaks(chart)), key=lambda found: found[1]
        )
        font = self._font(side)
        single = _figures(look.font(bold=True, figures=True), min(SHARE * ALONE * side, LARGEST * look.scale))
        signs, top = ("", *chart.signs), 1.0
        for line in lines:
            high = _highest(chart, line) * side
            before = sign * sum(bool(signs[place]) for place in line)
            left = max(1.0, (self.width() - _widest(chart, line) * side - before) / 2)
            for place in line:
                grid = chart.grids[place]
                if signs[place]:
                    painter.setFont(_figures(look.font(), 1.1 * float(look.px(22))))
                    painter.setPen(look.theme.color("muted"))
                    painter.drawText(QRectF(left - 2, top, sign, high), MIDDLE, signs[place])
                    left += sign
                columns, rows = _units(grid)
                room = QRectF(left, top + (high - rows * side) / 2, columns * side, rows * side)
                last = place == len(chart.grids) - 1
                self._grid(painter, grid, room, single if grid.values.size == 1 else font, last=last)
                painter.setFont(look.font("small"))
                painter.setPen(look.theme.color("text"))
                wide = max(room.width() + sign, painter.fontMetrics().horizontalAdvance(grid.name) + 2)
                under = QRectF(room.center().x() - wide / 2, room.bottom() + 3, wide, foot)
                under.moveRight(min(under.right(), self.width()))  # a name wider than its grid stays on the chart
                painter.drawText(under, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, grid.name)
                left = room.right()
            top += high + foot

    def _side(self, lines: Lines, foot: float, sign: float) -> float:
        """Side of a cell with the grids in these lines."""
        chart, signs = self.chart, ("", *self.chart.signs)
        across = min(
            (self.width() - sign * sum(bool(signs[place]) for place in line) - 2) / _widest(chart, line)
            for line in lines
        )
        return min(across, (self.height() - len(lines) * foot - 2) / sum(_highest(chart, line) for line in lines))

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
