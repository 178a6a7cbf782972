"""The formula of a lesson and the table of its symbols: what each is, its number, and where it is on the screen."""

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from explainer.lessons.filling import fill_formula, fill_words, number
from explainer.lessons.lesson import Formula, Symbol
from explainer.render import formula, symbol_chip
from explainer.render.look import Look
from explainer.render.symbol_chip import Chip
from explainer.shell.plain import Words
from explainer.shell.prose import colours_of

SIZE = 20  # px of the formula at type scale 1; it shrinks to the page
REACH = 4  # px around a letter that count as the letter


class FormulaView(QWidget):
    """A formula in the middle of its line. `hovered` says which symbol the mouse is on, ``None`` for none."""

    hovered = Signal(object)

    def __init__(self, found: Formula, symbols: Sequence[Symbol], look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self.found, self.symbols, self.look = found, symbols, look
        self.shown = self._wanted = found
        self.lit: str | None = None
        self.setMouseTracking(True)
        self.setAccessibleName("Formula")
        self.setAccessibleDescription(found.latex)

    def fill(self, values: Mapping[str, float]) -> list[tuple[Any, ...]]:
        """Take the numbers of a result; return what has to be set before it can be shown."""
        self._wanted = fill_formula(self.found, values)
        if formula.is_set(*self._setting(self._wanted)):
            self.settle()
            return []
        return [self._setting(self._wanted)]

    def settle(self) -> None:
        """Show what was filled in last."""
        if self.shown != self._wanted:
            self.shown = self._wanted
            self.update()

    def words(self) -> str:
        """Nothing to be read aloud but its description."""
        return ""

    def set_look(self, look: Look) -> None:
        self.look = look

    def light(self, key: str | None) -> None:
        """Stress one symbol."""
        if key != self.lit:
            self.lit = key
            self.update()

    def fit(self, width: int) -> None:
        """Take this width and the height that the formula needs at it."""
        height = (
            self._picture_size(width)[1] if formula.is_set(*self._setting(self.shown)) else 2.5 * self.look.px(SIZE)
        )
        self.setFixedSize(width, round(height) + self.look.px(16))

    def _setting(self, found: Formula) -> tuple[str, float, str, formula.Colours]:
        return found.latex, float(self.look.px(SIZE)), self.look.theme.text, colours_of(self.symbols, self.look)

    def _picture(self, width: int) -> Any:
        latex, size, colour, symbols = self._setting(self.shown)
        return formula.picture(latex, size, colour, max(2.0, self.devicePixelRatioF()), float(width), symbols)

    def _picture_size(self, width: int) -> tuple[float, float]:
        image = self._picture(width)
        return image.width() / image.devicePixelRatio(), image.height() / image.devicePixelRatio()

    def _boxes(self) -> list[tuple[str, QRectF]]:
        """Symbols and where their letters stand in this widget."""
        setting = self._setting(self.shown)
        if not self.symbols or not formula.is_set(*setting):
            return []
        wide, high = self._picture_size(self.width())
        whole = formula.extent(*setting)
        scale = wide / whole[0] if whole[0] else 1.0
        left, top = (self.width() - wide) / 2, (self.height() - high) / 2
        return [(tex, _placed(box, scale, left, top)) for tex, box in formula.where(*setting)]

    def _symbol_at(self, at: QPointF) -> str | None:
        near = [(tex, box) for tex, box in self._boxes() if box.adjusted(-REACH, -REACH, REACH, REACH).contains(at)]
        return min(near, key=lambda one: (one[1].center() - at).manhattanLength())[0] if near else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        key = self._symbol_at(event.position())
        if key != self.lit:
            self.hovered.emit(key)

    def leaveEvent(self, _event: QEvent) -> None:
        if self.lit is not None:
            self.hovered.emit(None)

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not formula.is_set(*self._setting(self.shown)):
            return
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        self._draw_lit(painter)
        image = self._picture(self.width())
        wide, high = self._picture_size(self.width())
        painter.drawImage(QPointF((self.width() - wide) / 2, (self.height() - high) / 2), image)
        painter.end()

    def _draw_lit(self, painter: QPainter) -> None:
        lit = next((one for one in self.symbols if one.tex == self.lit), None)
        if lit is None:
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(symbol_chip.ground(Chip(lit.tex, lit.colour), self.look))
        for box in _joined([box for tex, box in self._boxes() if tex == lit.tex]):
            painter.drawRoundedRect(box.adjusted(-3, -3, 3, 3), 4, 4)


def _placed(box: QRectF, scale: float, left: float, top: float) -> QRectF:
    return QRectF(left + scale * box.x(), top + scale * box.y(), scale * box.width(), scale * box.height())


def _joined(boxes: Sequence[QRectF]) -> list[QRectF]:
    """One box for letters that touch, such as a symbol and its indices."""
    joined: list[QRectF] = []
    for box in boxes:
        if joined and joined[-1].adjusted(-REACH, -REACH, REACH, REACH).intersects(box):
            joined[-1] = joined[-1].united(box)
        else:
            joined.append(box)
    return joined


class SymbolRow(QWidget):
    """A symbol on its colour, what it is, and its number."""

    def __init__(self, symbol: Symbol, look: Look, parent: "SymbolTable") -> None:
        super().__init__(parent)
        self.symbol, self.look, self.lit, self.keyed = symbol, look, False, False
        self._table = parent
        self.words = Words(self)
        self.words.setWordWrap(True)
        self.value = Words(self)
        self.value.setVisible(symbol.value is not None)  # an empty one would still keep its distance
        self.row = QHBoxLayout(self)
        self.row.addWidget(self.words, 1, Qt.AlignmentFlag.AlignVCenter)
        self.row.addWidget(self.value, 0, Qt.AlignmentFlag.AlignVCenter)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.set_look(look)

    @property
    def chip(self) -> Chip:
        """The symbol as it is drawn."""
        return Chip(self.symbol.tex, self.symbol.colour)

    def set_look(self, look: Look) -> None:
        self.look = look
        p = look.px
        self.row.setContentsMargins(p(symbol_chip.SIDE + 8) + 4, p(4), 4, p(4))
        self.row.setSpacing(p(8))
        self.words.setFont(look.font())
        self.value.setFont(look.font(bold=True, figures=True))
        self.value.setStyleSheet(f"color: {look.symbol_color(self.symbol.colour).name()}")

    def fill(self, values: Mapping[str, float]) -> None:
        """Show the numbers of a result."""
        words = fill_words(self.symbol.what, values)
        if words != self.words.text():
            self.words.setText(words)
        if self.symbol.value is not None:
            shown = number(self.symbol.value, values)
            if shown != self.value.text():
                self.value.setText(shown)

    def fit(self, width: int) -> None:
        """Take this width and the height that the words need at it."""
        m = self.row.contentsMargins()
        value = self.value.sizeHint().width() + self.row.spacing() if self.symbol.value is not None else 0
        room = width - m.left() - m.right() - value
        high = max(self.look.px(symbol_chip.SIDE), self.words.heightForWidth(max(20, room)))
        self.setFixedSize(width, high + m.top() + m.bottom())

    def enterEvent(self, _event: QEnterEvent) -> None:
        self._table.hovered.emit(self.symbol.tex)

    def leaveEvent(self, _event: QEvent) -> None:
        self._table.hovered.emit(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._table.chosen.emit(self.symbol)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.lit:
            painter.setPen(QPen(self.look.theme.color("focus"), 2) if self.keyed else Qt.PenStyle.NoPen)
            painter.setBrush(symbol_chip.ground(self.chip, self.look))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)
        side = self.look.px(symbol_chip.SIDE)
        symbol_chip.draw(painter, QRectF(4, (self.height() - side) / 2, side, side), self.chip, self.look)
        painter.end()


class SymbolTable(QWidget):
    """Rows of symbols, one stop of the Tab key; arrow keys go from row to row.

    Signals
    -------
    hovered
        LaTeX of the symbol that mouse or keys are on, ``None`` for none.
    chosen
        The `Symbol` that was clicked, or on which Enter was pressed.
    """

    hovered = Signal(object)
    chosen = Signal(object)

    def __init__(self, symbols: Sequence[Symbol], look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self.rows = [SymbolRow(one, look, self) for one in symbols]
        self.look, self._at, self._fitted = look, 0, 0
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for row in self.rows:
            column.addWidget(row)
        self.setProperty("role", "symbols")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName("Symbols of the formula")

    def fill(self, values: Mapping[str, float]) -> list[tuple[Any, ...]]:
        """Show the numbers of a result; return which letters have to be set before they can be shown."""
        before = self.words()
        for row in self.rows:
            row.fill(values)
        if self.words() != before and self._fitted:
            self.fit(self._fitted)  # longer words may need another line
        settings = (symbol_chip.setting(row.chip, self.look) for row in self.rows)
        return [one for one in settings if not formula.is_set(*one)]

    def settle(self) -> None:
        """Show the letters that are set by now."""
        for row in self.rows:
            row.update()

    def words(self) -> str:
        """Words and numbers of all rows."""
        return "\n".join(f"{row.words.text()} {row.value.text()}" for row in self.rows)

    def set_look(self, look: Look) -> None:
        self.look = look
        for row in self.rows:
            row.set_look(look)

    def light(self, key: str | None) -> None:
        """Stress one row."""
        for row in self.rows:
            if row.lit != (row.symbol.tex == key):
                row.lit = not row.lit
                row.update()

    def fit(self, width: int) -> None:
        """Take this width and the height that the rows need at it."""
        self._fitted = width
        for row in self.rows:
            row.fit(width)
        self.setFixedSize(width, sum(row.height() for row in self.rows))

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._go_to(self._at)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        for row in self.rows:
            row.keyed = False
        self.hovered.emit(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
        if step is not None:
            self._go_to(self._at + step)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.chosen.emit(self.rows[self._at].symbol)
        else:
            super().keyPressEvent(event)

    def _go_to(self, at: int) -> None:
        self._at = max(0, min(len(self.rows) - 1, at))
        for index, row in enumerate(self.rows):
            row.keyed = index == self._at
        self.hovered.emit(self.rows[self._at].symbol.tex)
