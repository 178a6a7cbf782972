"""One editor per kind of control. Each shows a value, and says when a person changes it."""

import math
from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPaintEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QCompleter,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSlider,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from explainer.core.controls import AUTO, Control
from explainer.core.model_card import ModelCard
from explainer.render.icons import icon
from explainer.render.look import Look
from explainer.shell.number_box import NumberBox
from explainer.shell.plain import Words, tip

STEPS = 1000
HELD_MS = 200  # between two presses of a button that is held: five shots a second differ enough


class Editor(QWidget):
    """Base: `changed(value, dragging)`; `show_value` never emits. `grown` says that there are new parts inside.

    Give it the `parent` in which it will be laid out: Qt dresses a widget and all its parts anew each time it moves.
    """

    changed = Signal(object, bool)
    grown = Signal()

    def __init__(self, control: Control, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.control, self.look = control, look
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(look.px(8))

    def set_card(self, card: ModelCard) -> None:
        """Take choices from another model; most editors have none."""

    def set_facts(self, facts: dict[str, str]) -> None:
        """Take what symbolic values stand for at present (``"top-1"`` → ``"tiger cat"``)."""

    def set_resolved(self, value: Any) -> None:
        """Take what ``auto`` became in the present picture; ``None`` where that is not known."""

    def add_reset(self, why: str) -> None:
        """Add a small button that goes back to the default; `show_reset` shows it where there is a way back."""
        self.reset = QToolButton(self)
        self.reset.setProperty("role", "flat")
        self.reset.setIcon(icon("rotate-ccw", self.look, "muted", 14))
        self.reset.setToolTip(tip(why))
        self.reset.setAccessibleName(why)
        self.reset.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.reset.clicked.connect(lambda: self.changed.emit(self.control.default, False))
        self.row.addWidget(self.reset)

    def named(self, widget: QWidget) -> QWidget:
        """Give a part its accessible name and tool tip."""
        widget.setAccessibleName(self.control.label)
        widget.setToolTip(tip(self.control.why))
        self.setFocusProxy(widget)
        return widget


class NumberEditor(Editor):
    """Slider with a number box; logarithmic where the range says so. An arrow key moves the slider by one step."""

    def __init__(self, control: Control, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(control, look, parent)
        self._unit = 0.0 if control.log else control.step or float(control.integer)
        top = math.ceil((control.hi - control.lo) / self._unit - 1e-9) if self._unit else STEPS
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, max(1, top))
        self.slider.setMinimumWidth(look.px(32))
        self.slider.setSingleStep(1 if self._unit else STEPS // 100)
        self.slider.setPageStep(max(1, self.slider.maximum() // 10))
        self.box = NumberBox(decimals=_decimals(control), minimum=control.lo, maximum=control.hi)
        self.box.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.box.setSingleStep(control.step or (1 if control.integer else (control.hi - control.lo) / 100))
        if control.unit:
            self.box.setSuffix(f" {control.unit}")
        self.box.setSpecialValueText(control.lowest)
        self.box.setFixedWidth(max(look.px(56), self._widest() + look.px(24)))
        self.row.addWidget(self.named(self.slider), 1)
        self.row.addWidget(self.box)
        self.box.setAccessibleName(control.label)
        self.slider.valueChanged.connect(self._slid)
        self.box.valueChanged.connect(self._typed)

    def _widest(self) -> int:
        """Pixels that the longer of the two ends takes as text."""
        metrics = QFontMetrics(self.look.font())
        ends = (self.box.textFromValue(end) + self.box.suffix() for end in (self.control.lo, self.control.hi))
        return max(metrics.horizontalAdvance(text) for text in (*ends, self.control.lowest))

    def show_value(self, value: float) -> None:
        with QSignalBlocker(self.slider), QSignalBlocker(self.box):
            self.slider.setValue(self._to_slider(value))
            self.box.setValue(value)

    def _slid(self, position: int) -> None:
        value = self._from_slider(position)
        with QSignalBlocker(self.box):
            self.box.setValue(value)
        self.changed.emit(value, True)

    def _typed(self, value: float) -> None:
        value = round(value) if self.control.integer else value
        with QSignalBlocker(self.slider):
            self.slider.setValue(self._to_slider(value))
        self.changed.emit(value, False)

    def _to_slider(self, value: float) -> int:
        c, top = self.control, self.slider.maximum()
        if self._unit:
            return round((value - c.lo) / self._unit)
        if c.log:
            return round(top * math.log(value / c.lo) / math.log(c.hi / c.lo))
        return round(top * (value - c.lo) / (c.hi - c.lo))

    def _from_slider(self, position: int) -> float:
        c, share = self.control, position / self.slider.maximum()
        if self._unit:
            value = c.lo + position * self._unit
        else:
            value = c.lo * (c.hi / c.lo) ** share if c.log else c.lo + share * (c.hi - c.lo)
        value = value if c.integer else round(value, _decimals(c) + 1)
        value = min(c.hi, max(c.lo, value))
        return round(value) if c.integer else value


def _decimals(control: Control) -> int:
    if control.integer:
        return 0
    smallest = control.step or (control.lo if control.log else (control.hi - control.lo) / 100)
    return min(6, max(1, math.ceil(-math.log10(smallest)) if smallest < 1 else 1))


class Combo(QComboBox):
    """A drop-down that ends a long choice with an ellipsis instead of cutting a letter in two."""

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.isEditable():
            super().paintEvent(event)
            return
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        part = QStyle.SubControl.SC_ComboBoxEditField
        room = self.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, part, self).width() - 4
        option.currentText = self.fontMetrics().elidedText(option.currentText, Qt.TextElideMode.ElideRight, room)
        painter = QStylePainter(self)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()


class ChoiceEditor(Editor):
    """Drop-down of named choices."""

    def __init__(self, control: Control, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(control, look, parent)
        self.combo = Combo()
        self.combo.setMinimumContentsLength(6)
        self.combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.row.addWidget(self.named(self.combo), 1)
        self.fill(control.choices)
        self.combo.activated.connect(lambda _: self.changed.emit(self.combo.currentData(), False))

    def fill(self, choices: Sequence[tuple[str, str]]) -> None:
        with QSignalBlocker(self.combo):
            kept = self.combo.currentData()
            self.combo.clear()
            for value, label in choices:
                self.combo.addItem(label, value)
            self.combo.setCurrentIndex(max(0, self.combo.findData(kept)))

    def show_value(self, value: str) -> None:
        with QSignalBlocker(self.combo):
            self.combo.setCurrentIndex(self.combo.findData(value))


class SeatedEditor(ChoiceEditor):
    """A drop-down that may hold "auto" too, says what it became, and has a way back to it."""

    def __init__(self, control: Control, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(control, look, parent)
        if control.auto:
            self.add_reset(f"Let the picture choose “{control.label}”")

    def seats(self) -> list[tuple[str, str]]:
        """The entry for "auto", where it is allowed."""
        return [(AUTO, "Auto")] if self.control.auto else []

    def show_value(self, value: str) -> None:
        super().show_value(value)
        if self.control.auto:
            self.reset.setVisible(value != self.control.default)

    def set_resolved(self, value: Any) -> None:
        at = self.combo.findData(AUTO)
        if at >= 0:
            found = self.combo.findData(value) if value is not None else -1
            self.combo.setItemText(at, f"Auto: {self.combo.itemText(found)}" if found >= 0 else "Auto")


class LayerEditor(SeatedEditor):
    """Layers of the session's model, the first at the top, and "last"."""

    def set_card(self, card: ModelCard) -> None:
        last = card.layer("last")
        rest = [(layer.name, layer.label) for layer in card.layers]
        self.fill([*self.seats(), ("last", f"Last: {last.label}"), *rest])


class ClassEditor(SeatedEditor):
    """Top-1, top-2, or any class by typing part of its name."""

    def __init__(self, control: Control, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(control, look, parent)
        self.combo.setEditable(True)
        self.combo.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.combo.setMaxVisibleItems(16)
        completer = self.combo.completer()
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        self.combo.lineEdit().editingFinished.connect(self._settle)
        self._facts: dict[str, str] = {}

    def set_card(self, card: ModelCard) -> None:
        symbols = [("top-1", "Top-1"), ("top-2", "Top-2, for a contrast")]
        self.fill([*self.seats(), *symbols, *((str(i), name) for i, name in enumerate(card.labels))])
        self._label_symbols()

    def set_facts(self, facts: dict[str, str]) -> None:
        if facts != self._facts:
            self._facts = facts
            self._label_symbols()

    def _settle(self) -> None:
        """Put what is chosen back where a name was typed that is none."""
        if self.combo.findText(self.combo.currentText(), Qt.MatchFlag.MatchFixedString) < 0:
            self.combo.setEditText(self.combo.itemText(self.combo.currentIndex()))
            self._label_symbols()

    def _label_symbols(self) -> None:
        line = self.combo.lineEdit()
        if line.hasFocus() and line.isModified():  # a film that plays must not write over what is being typed
            return
        for symbol, word in (("top-1", "Top-1"), ("top-2", "Top-2")):
            at = self.combo.findData(symbol)
            name = self._facts.get(symbol)
            if at >= 0 and name:
                self.combo.setItemText(at, f"{word}, {name}")
        line.setCursorPosition(0)  # a long name shows its beginning


class MultiEditor(Editor):
    """A check box per choice."""

    def __init__(self, control: Control, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(control, look, parent)
        column = QVBoxLayout()
        column.setSpacing(look.px(4))
        self.boxes = {value: QCheckBox(label) for value, label in control.choices}
        for box in reversed(self.boxes.values()):
            self.setFocusProxy(box)
        for box in self.boxes.values():
            column.addWidget(box)
            box.setToolTip(tip(control.why))
            box.toggled.connect(self._toggled)
        self.row.addLayout(column)

    def show_value(self, value: Sequence[str]) -> None:
        for name, box in self.boxes.items():
            with QSignalBlocker(box):
                box.setChecked(name in value)

    def _toggled(self) -> None:
        self.changed.emit(tuple(name for name, box in self.boxes.items() if box.isChecked()), False)


class ToggleEditor(Editor):
    """A check box that carries its own label."""

    def __init__(self, control: Control, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(control, look, parent)
        self.box = QCheckBox(control.label)
        self.row.addWidget(self.named(self.box))
        self.box.toggled.connect(lambda on: self.changed.emit(on, False))

    def show_value(self, value: bool) -> None:
        with QSignalBlocker(self.box):
            self.box.setChecked(value)


class TextEditor(Editor):
    """One line of text; sent when it is finished."""

    def __init__(self, control: Control, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(control, look, parent)
        self.line = QLineEdit()
        self.row.addWidget(self.named(self.line))
        self.line.editingFinished.connect(lambda: self.changed.emit(self.line.text(), False))

    def show_value(self, value: str) -> None:
        if self.line.text() != value:
            self.line.setText(value)


class ButtonEditor(Editor):
    """A button; its value counts the presses, and goes on counting while one that is to be held is down."""

    def __init__(self, control: Control, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(control, look, parent)
        self._count = 0
        button = QPushButton(control.label)
        button.setAutoRepeat(control.held)
        button.setAutoRepeatDelay(HELD_MS)
        button.setAutoRepeatInterval(HELD_MS)
        self.row.addWidget(self.named(button))
        button.clicked.connect(lambda: self.changed.emit(self._count + 1, False))

    def show_value(self, value: int) -> None:
        self._count = value


_EMPTY = {
    "strokes": ("stroke", "strokes", "Paint on the picture"),
    "boxes": ("box", "boxes", "Draw on the picture"),
}


class PlaceEditor(Editor):
    """Points, boxes and strokes live on the picture; here stands where they are, and how to move them."""

    def __init__(self, control: Control, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(control, look, parent)
        self.text = Words()
        self.text.setProperty("role", "muted")
        self.text.setWordWrap(True)
        self._value, self._resolved = control.default, None
        self.row.addWidget(self.text, 1)
        back = "Let the picture choose" if control.auto else "Put back to where it was at first:"
        self.add_reset(f"{back} “{control.label}”")
        self.setFocusProxy(self.reset)

    def show_value(self, value: Any) -> None:
        self._value = value
        self.reset.setVisible(value != self.control.default)
        self.text.setText(self._words())

    def set_resolved(self, value: Any) -> None:
        self._resolved = value
        self.text.setText(self._words())

    def _words(self) -> str:
        if self._value == AUTO:
            return f"Auto: {_percent(self._resolved)}" if self._resolved is not None else "Auto"
        if self.control.kind in _EMPTY:
            one, many, empty = _EMPTY[self.control.kind]
            return f"{len(self._value)} {one if len(self._value) == 1 else many}" if self._value else empty
        return _percent(self._value)


def _percent(place: Sequence[float]) -> str:
    numbers = [f"{100 * part:.0f}" for part in place]
    return f"{', '.join(numbers)} %" if len(numbers) == 2 else _corners(numbers)


def _corners(numbers: Sequence[str]) -> str:
    return f"{numbers[0]}, {numbers[1]} to {numbers[2]}, {numbers[3]} %"


class GridEditor(Editor):
    """A small table of numbers, such as a kernel."""

    def __init__(self, control: Control, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(control, look, parent)
        self.cells = QGridLayout()
        self.cells.setSpacing(look.px(4))
        self.row.addLayout(self.cells)
        self._boxes: list[list[NumberBox]] = []
        self._value: tuple[tuple[float, ...], ...] = ()

    def show_value(self, value: Sequence[Sequence[float]]) -> None:
        self._value = tuple(map(tuple, value))
        if [len(row) for row in value] != [len(row) for row in self._boxes]:
            self._rebuild(len(value), len(value[0]))
        for row, boxes in zip(value, self._boxes, strict=True):
            for number, box in zip(row, boxes, strict=True):
                with QSignalBlocker(box):
                    box.setValue(number)

    def _rebuild(self, rows: int, columns: int) -> None:
        while self.cells.count():
            self.cells.takeAt(0).widget().deleteLater()
        self._boxes = [[self._cell(r, c) for c in range(columns)] for r in range(rows)]
        self.setFocusProxy(self._boxes[0][0])

    def _cell(self, row: int, column: int) -> NumberBox:
        box = NumberBox(decimals=max(2, _decimals(self.control)), minimum=self.control.lo, maximum=self.control.hi)
        box.setSingleStep(self.control.step or 0.1)
        box.setMinimumWidth(self.look.px(34))
        box.setAccessibleName(f"{self.control.label}, row {row + 1}, column {column + 1}")
        box.valueChanged.connect(lambda number: self._edited(row, column, number))
        self.cells.addWidget(box, row, column)
        return box

    def _edited(self, row: int, column: int, number: float) -> None:
        """Change one cell; the others keep the digits that do not fit into their boxes."""
        cells = [list(line) for line in self._value]
        cells[row][column] = number
        self._value = tuple(map(tuple, cells))
        self.changed.emit(self._value, False)


FIELD_EDITORS: dict[str, Callable[..., Editor]] = {
    "number": NumberEditor,
    "choice": ChoiceEditor,
    "multichoice": MultiEditor,
    "toggle": ToggleEditor,
    "text": TextEditor,
    "button": ButtonEditor,
    "grid": GridEditor,
    "layer": LayerEditor,
    "class": ClassEditor,
    "point": PlaceEditor,
    "box": PlaceEditor,
    "boxes": PlaceEditor,
    "strokes": PlaceEditor,
}
