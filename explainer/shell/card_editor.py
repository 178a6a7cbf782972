"""An ordered list of records as cards: add from a menu, drag to reorder, switch off, remove, move their sliders.

What is in a card follows from the record's own fields, as the pane's controls follow from the params: a field
``kind`` (a Literal of one value) gives the card its title, its group in the menu (`Doc`'s label) and why one would
add it; a toggle ``on`` becomes the box in the head; all others have the same editors as anywhere else.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from itertools import pairwise
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from explainer.core.controls import Control, record_kind
from explainer.core.model_card import ModelCard
from explainer.render import icons
from explainer.render.look import Look
from explainer.shell.editors import Editor
from explainer.shell.plain import tip
from explainer.shell.record_card import Card, group_of, title_of, why_of


class CardsEditor(Editor):
    """The cards below one another, and below them the menu that adds one."""

    def __init__(self, control: Control, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(control, look, parent)
        self.cards: list[Card] = []
        self._model: ModelCard | None = None
        column = QVBoxLayout()
        column.setSpacing(look.px(4))
        self._stack = QVBoxLayout()
        self._stack.setSpacing(look.px(4))
        column.addLayout(self._stack)
        column.addLayout(self._foot())
        self.row.addLayout(column, 1)

    def _foot(self) -> QHBoxLayout:
        foot = QHBoxLayout()
        self.add = QToolButton(text="Add card")
        self.add.setIcon(icons.icon("plus", self.look))
        self.add.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.add.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.add.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        records = self.control.records
        if len(records) == 1:
            self.add.clicked.connect(lambda: self.insert(records[0]()))
        else:
            self.add.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
            self.add.setMenu(self._menu(records))
        foot.addWidget(self.named(self.add), 1)
        self.add.setAccessibleName(f"Add to {self.control.label}")
        self.more = QToolButton(text="JSON", popupMode=QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.more.setToolTip("The cards as text, as the command line takes them")
        menu = QMenu(self.more)
        menu.addAction("Copy as JSON", self.copy)
        menu.addAction("Paste JSON", self.paste)
        menu.addAction("Remove all", lambda: self._say(()))
        self.more.setMenu(menu)
        foot.addWidget(self.more)
        return foot

    def _menu(self, records: Sequence[type]) -> QMenu:
        menu = QMenu(self.add)
        menu.setToolTipsVisible(True)
        groups: dict[str, QMenu] = {}
        for record in records:
            name = group_of(record)
            if name and name not in groups:
                groups[name] = menu.addMenu(name)
                groups[name].setToolTipsVisible(True)
            action = groups.get(name, menu).addAction(title_of(record))
            action.setToolTip(tip(why_of(record)))
            action.setData(record_kind(record))
            action.triggered.connect(lambda _=False, made=record: self.insert(made()))
        return menu

    # The value ------------------------------------------------------------------------------------------

    def value(self) -> tuple[Any, ...]:
        """Records in the order in which their cards stand."""
        return tuple(card.record for card in self.cards)

    def show_value(self, value: Sequence[Any]) -> None:
        """Show records; cards that stay of their kind are kept, so that a slider is not torn from the hand."""
        value = tuple(value)
        if [type(record) for record in value] != [type(card.record) for card in self.cards]:
            self._rebuild(value)
        for card, record in zip(self.cards, value, strict=True):
            card.show_record(record)

    def _rebuild(self, value: Sequence[Any]) -> None:
        """Match old cards to records of their kind, make those that lack, and let the rest go."""
        spare, made = list(self.cards), []
        for record in value:
            found = next((card for card in spare if type(card.record) is type(record)), None)
            if found is not None:
                spare.remove(found)
            made.append(found or self._new(record))
        for card in spare:
            self._let_go(card)
        self.cards = made
        self._lay_out()

    def _new(self, record: Any) -> Card:
        card = Card(record, self.look, self._model, self)
        card.edited.connect(self._edited)
        card.asked.connect(self._asked)
        card.dragged.connect(self._dragged)
        card.opened.connect(self.grown)
        return card

    def _let_go(self, card: Card) -> None:
        self._stack.removeWidget(card)
        card.hide()
        card.setParent(None)
        card.deleteLater()

    def _lay_out(self) -> None:
        for card in self.cards:
            self._stack.removeWidget(card)
        for number, card in enumerate(self.cards):
            self._stack.addWidget(card)
            card.setAccessibleName(f"{card.title}, {number + 1} of {len(self.cards)}")
            card.show()
        self._tab_order()
        self.grown.emit()

    def _tab_order(self) -> None:
        """Let ``Tab`` go from card to card as they stand, and the button that adds come last."""
        parts = [part for card in self.cards for part in card.stops()]
        for before, after in pairwise([*parts, self.add]):
            QWidget.setTabOrder(before, after)

    def set_card(self, card: ModelCard) -> None:
        self._model = card
        for one in self.cards:
            one.set_card(card)

    # What a person does ---------------------------------------------------------------------------------

    def insert(self, record: Any) -> None:
        """Add a card at the end, opened, with the focus on it."""
        for card in self.cards:
            card.open(False)
        card = self._new(record)
        self.cards.append(card)
        card.open(True)
        self._lay_out()
        card.setFocus()
        self._say(self.value())

    def move(self, card: Card, to: int) -> None:
        """Put a card elsewhere; it keeps the focus."""
        at, to = self.cards.index(card), max(0, min(len(self.cards) - 1, to))
        if at != to:
            self.cards.insert(to, self.cards.pop(at))
            self._lay_out()
            self._say(self.value())

    def remove(self, card: Card) -> None:
        """Take a card away; the focus goes to its neighbour."""
        at = self.cards.index(card)
        self.cards.remove(card)
        self._let_go(card)
        self._lay_out()
        beside: QWidget = self.cards[min(at, len(self.cards) - 1)] if self.cards else self.add
        beside.setFocus()
        self._say(self.value())

    def copy(self) -> None:
        """Put the cards as JSON on the clipboard."""
        QGuiApplication.clipboard().setText(json.dumps([asdict(record) for record in self.value()]))

    def paste(self) -> None:
        """Take cards from the clipboard; what is none is left to the window to refuse."""
        self._say(QGuiApplication.clipboard().text())

    def _asked(self, card: Card, what: str) -> None:
        at = self.cards.index(card)
        if what == "remove":
            self.remove(card)
        elif what in ("up", "down"):
            self.move(card, at + (1 if what == "down" else -1))
        else:
            near = at + (1 if what == "next" else -1)
            if 0 <= near < len(self.cards):
                self.cards[near].setFocus()

    def _dragged(self, card: Card, y: float, done: bool) -> None:
        """Let the others make way while a card is dragged; the value changes when it is let go."""
        others = [one for one in self.cards if one is not card]
        to = sum(y > one.mapTo(self, one.rect().center()).y() for one in others)
        order = [*others[:to], card, *others[to:]]
        if order != self.cards:
            self.cards = order
            self._lay_out()
        if done:
            self._say(self.value())

    def _edited(self, dragging: bool) -> None:
        self.changed.emit(self.value(), dragging)

    def _say(self, value: Any) -> None:
        self.changed.emit(value, False)
