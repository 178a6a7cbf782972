"""One record as a card: a head with switch, title, arrow and cross, and below it the editors of its fields."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from explainer.core.controls import Control, controls, visible
from explainer.core.model_card import ModelCard
from explainer.core.params import checked
from explainer.render import icons
from explainer.render.look import Look
from explainer.shell.editors import FIELD_EDITORS, Editor
from explainer.shell.plain import Words, tip

HEAD = ("kind", "on")  # fields that the head of a card shows
OWN_LABEL = ("toggle", "button")  # editors that carry their label themselves
DRAG_PX = 6
KEYS = {
    Qt.Key.Key_Up: "previous", Qt.Key.Key_Down: "next", Qt.Key.Key_Delete: "remove", Qt.Key.Key_Space: "switch",
    Qt.Key.Key_Return: "open", Qt.Key.Key_Enter: "open",
}  # fmt: skip


def title_of(record: type) -> str:
    """What a card of this kind is called."""
    for one in controls(record):
        if one.name == "kind" and one.choices:
            return one.choices[0][1]
    return record.__name__


def group_of(record: type) -> str:
    """Where the menu lists it; "" where the record says nothing."""
    return next((one.label for one in controls(record) if one.name == "kind"), "")


def why_of(record: type) -> str:
    """Why one would add it."""
    return next((one.why for one in controls(record) if one.name == "kind"), "")


class Card(QFrame):
    """One record: a head with switch, title, arrow and cross, and below it the editors of its fields."""

    edited = Signal(bool)  # whether the drag of a slider goes on
    asked = Signal(object, str)
    dragged = Signal(object, float, bool)
    opened = Signal()

    def __init__(self, record: Any, look: Look, model: ModelCard | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.record, self.look = record, look
        self.title = title_of(type(record))
        self._fields = controls(type(record))
        self._model = model
        self.editors: dict[str, Editor] = {}
        self._labels: dict[str, Words] = {}
        self._body: QWidget | None = None
        self._pressed: float | None = None
        self._moving = False
        self.setProperty("role", "card")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setToolTip(tip(why_of(type(record))))
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(look.px(8), look.px(2), look.px(4), look.px(2))
        self._column.setSpacing(look.px(2))
        self._column.addLayout(self._head())
        self.show_record(record)

    def _head(self) -> QHBoxLayout:
        head = QHBoxLayout()
        head.setSpacing(self.look.px(4))
        self.switch = QCheckBox(self.title)
        self.switch.setAccessibleName(f"{self.title} is applied")
        self.switch.toggled.connect(lambda on: self._set("on", on, False))
        self._name = Words(self.title)
        switchable = any(one.name == "on" for one in self._fields)
        self.switch.setVisible(switchable)
        self._name.setVisible(not switchable)
        self._summary = Words()
        self._summary.setProperty("role", "muted")
        self._summary.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.arrow = self._button("chevron-down", f"Show the settings of {self.title}")
        self.arrow.setCheckable(True)
        self.arrow.toggled.connect(self.open)
        self.arrow.setVisible(any(one.name not in HEAD for one in self._fields))
        self.cross = self._button("x", f"Remove {self.title}")
        self.cross.clicked.connect(lambda: self.asked.emit(self, "remove"))
        for part in (self.switch, self._name):
            head.addWidget(part)
        head.addWidget(self._summary, 1)
        head.addWidget(self.arrow)
        head.addWidget(self.cross)
        for part in (self._name, self._summary):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        return head

    def _button(self, picture: str, name: str) -> QToolButton:
        made = QToolButton()
        made.setProperty("role", "flat")
        made.setIcon(icons.icon(picture, self.look, "muted", 14))
        made.setAccessibleName(name)
        made.setToolTip(tip(name))
        made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return made

    def stops(self) -> Iterator[QWidget]:
        """Where ``Tab`` halts in this card, in order."""
        yield self
        yield self.switch
        for editor in self.editors.values():
            if editor.focusProxy() is not None:
                yield editor.focusProxy()
        yield self.arrow
        yield self.cross

    # What is shown --------------------------------------------------------------------------------------

    def show_record(self, record: Any) -> None:
        """Show other values of the same kind of record."""
        self.record = record
        on = getattr(record, "on", True)
        self.switch.blockSignals(True)
        self.switch.setChecked(on)
        self.switch.blockSignals(False)
        self._summary.setText("" if self.arrow.isChecked() else summary(record))
        for name, editor in self.editors.items():
            editor.show_value(getattr(record, name))
        shown = {one.name for one in visible(self._fields, record)}
        for name, editor in self.editors.items():
            editor.setVisible(name in shown)
            if name in self._labels:
                self._labels[name].setVisible(name in shown)
        if self._body is not None:
            self._body.setEnabled(on)

    def set_card(self, card: ModelCard) -> None:
        """Take choices from another model."""
        self._model = card
        for editor in self.editors.values():
            editor.set_card(card)

    def open(self, wide: bool) -> None:
        """Show the editors of the fields, or the head alone."""
        if wide and self._body is None:
            self._build()
        self.arrow.blockSignals(True)
        self.arrow.setChecked(wide)
        self.arrow.blockSignals(False)
        if self._body is not None:
            self._body.setVisible(wide)
        self.show_record(self.record)
        self.opened.emit()

    def _build(self) -> None:
        self._body = QWidget(self)
        grid = QGridLayout(self._body)
        grid.setContentsMargins(0, 0, 0, self.look.px(6))
        grid.setHorizontalSpacing(self.look.px(6))
        grid.setVerticalSpacing(self.look.px(4))
        grid.setColumnStretch(1, 1)
        for one in self._fields:
            if one.name not in HEAD:
                self._add_field(grid, one)
        self._column.addWidget(self._body)

    def _add_field(self, grid: QGridLayout, one: Control) -> None:
        editor = FIELD_EDITORS[one.kind](one, self.look, self._body)
        if self._model is not None:
            editor.set_card(self._model)
        editor.changed.connect(lambda value, drag, name=one.name: self._set(name, value, drag))
        self.editors[one.name] = editor
        row = grid.rowCount()
        if one.kind in OWN_LABEL:
            grid.addWidget(editor, row, 0, 1, 2)
            return
        label = Words(one.label, self._body, toolTip=tip(one.why), wordWrap=True)
        label.setFixedWidth(self.look.px(62))
        label.setBuddy(editor)
        self._labels[one.name] = label
        grid.addWidget(label, row, 0)
        grid.addWidget(editor, row, 1)

    def _set(self, name: str, value: Any, dragging: bool) -> None:
        field = next(one for one in self._fields if one.name == name)
        record = replace(self.record, **{name: checked(field, value, self._model)})
        if record != self.record:
            self.show_record(record)
            self.edited.emit(dragging)

    # Keys and mouse -------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """Keep the card's own keys from the window's shortcuts (``Space`` would freeze the picture)."""
        if event.type() == QEvent.Type.ShortcutOverride and (_moves(event) or self._owns(event)):
            event.accept()
            return True
        return super().event(event)

    def childEvent(self, event: Any) -> None:
        super().childEvent(event)
        QTimer.singleShot(0, self, self._watch)

    def _watch(self) -> None:
        for part in self.findChildren(QWidget):
            if part.focusPolicy() != Qt.FocusPolicy.NoFocus and part.property("in_card") is None:
                part.setProperty("in_card", True)
                part.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride) and _moves(event):
            if event.type() == QEvent.Type.KeyPress:
                self.keyPressEvent(event)
            event.accept()
            return True
        return super().eventFilter(watched, event)

    def _owns(self, event: Any) -> bool:
        """Whether a key is the card's: only while the card itself has the focus, and none of its fields."""
        commands = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
        return self.hasFocus() and event.key() in KEYS and not event.modifiers() & commands

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if _moves(event):
            self.asked.emit(self, "up" if event.key() == Qt.Key.Key_Up else "down")
        elif not self._owns(event):
            event.ignore()
            return
        elif KEYS[event.key()] == "switch":
            self.switch.toggle()
        elif KEYS[event.key()] == "open":
            self.open(not self.arrow.isChecked() and self.arrow.isVisibleTo(self))
        else:
            self.asked.emit(self, KEYS[event.key()])
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus()
        self._pressed = event.position().y()
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None or (not self._moving and abs(event.position().y() - self._pressed) < DRAG_PX):
            return
        self._moving = True
        self.setCursor(Qt.CursorShape.ClosedHandCursor)
        self._dragged_to(event, done=False)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        moving, self._moving, self._pressed = self._moving, False, None
        self.unsetCursor()
        if moving:
            self._dragged_to(event, done=True)

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        if self.arrow.isVisibleTo(self):
            self.open(not self.arrow.isChecked())

    def _dragged_to(self, event: QMouseEvent, *, done: bool) -> None:
        home = self.parentWidget()
        y = self.mapTo(home, event.position().toPoint()).y() if home is not None else 0.0
        self.dragged.emit(self, float(y), done)


def _moves(event: Any) -> bool:
    """Whether a key event asks to move a card up or down."""
    alt = event.modifiers() & Qt.KeyboardModifier.AltModifier
    return bool(alt) and event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down)


def summary(record: Any) -> str:
    """The first setting of a record, for a card that is closed."""
    for one in visible(controls(type(record)), record):
        if one.name not in HEAD and one.kind in ("number", "choice"):
            value = getattr(record, one.name)
            return dict(one.choices).get(value, str(value)) if one.kind == "choice" else f"{value:g} {one.unit}".strip()
    return ""
