"""The dock of the presenter view: play, the one or two controls that matter, pointer, previous, next, end."""

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QEvent, QObject, QSize, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QWidget

from explainer.core.controls import Control, visible
from explainer.core.model_card import ModelCard
from explainer.render.look import Look
from explainer.shell.editor_table import EDITORS
from explainer.shell.editors import Editor
from explainer.shell.plain import Words
from explainer.shell.play_buttons import SmallButton

REST_MS = 3000
HIGH, SIDE, WIDE, LEAST_PLAYER = 56, 12, 200, 240  # px at type scale 1
FITTING = ("number", "choice", "class", "layer", "toggle", "button")
MOST = 2
BUTTONS = (
    ("laser", "crosshair"), ("step-back", "chevron-left"), ("step-on", "chevron-right"), ("present", "x"),
)  # fmt: skip


class Dock(QFrame):
    """Lies over the foot of the stage; goes away when nobody moves, and comes back when somebody does.

    Signals
    -------
    edited(str, object, bool)
        Name of a param, its value, and whether the drag goes on.
    """

    edited = Signal(str, object, bool)

    def __init__(self, look: Look, actions: Mapping[str, QAction], over: QWidget) -> None:
        super().__init__(over)
        self.setProperty("role", "card")
        self.setAccessibleName("Presenting")
        self.look, self._over = look, over
        self._player: QWidget | None = None
        self._editors: dict[str, Editor] = {}
        self._labels: list[Words] = []
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._go)
        self._row = QHBoxLayout(self)
        self._middle = QHBoxLayout()
        self._row.addLayout(self._middle, 1)
        self.buttons = [SmallButton(actions[name], look, icon) for name, icon in BUTTONS]
        for button in self.buttons:
            button.wake(True)
            self._row.addWidget(button)
        self.set_look(look)
        self.hide()

    # What stands in it ----------------------------------------------------------------------------------

    def set_look(self, look: Look) -> None:
        """Wear another theme or size of type."""
        self.look = look
        p = look.px
        self._row.setContentsMargins(p(SIDE), p(4), p(SIDE), p(4))
        self._row.setSpacing(p(8))
        self._middle.setSpacing(p(10))
        for button in self.buttons:
            button.look = look
            button.setFixedSize(QSize(p(30), p(30)))
        self.place()

    def set_player(self, player: QWidget | None) -> None:
        """Have the play bar in the dock, or give it back."""
        if self._player is not None and self._player.parentWidget() is self:
            self._middle.removeWidget(self._player)
            self._player.setParent(None)
        self._player = player
        if player is not None:
            self._middle.insertWidget(0, player, 1)
            player.show()

    def show_controls(self, wanted: Sequence[Control], params: Any, card: ModelCard) -> None:
        """Show editors of these params."""
        self._clear()
        for control in [one for one in wanted if one.kind in FITTING and not one.plays][:MOST]:
            label, editor = Words(), EDITORS[control.kind](control, self.look, self)
            label.setText("" if control.kind in ("toggle", "button") else control.label)
            label.setVisible(bool(label.text()))
            editor.set_card(card)
            editor.show_value(getattr(params, control.name))
            editor.setMinimumWidth(self.look.px(WIDE))
            editor.changed.connect(lambda value, drag, name=control.name: self.edited.emit(name, value, drag))
            self._editors[control.name] = editor
            self._labels.append(label)
            self._middle.addWidget(label)
            self._middle.addWidget(editor)
        self._middle.addStretch(1)
        self._fit()

    def _fit(self) -> None:
        """Show as many editors as there is room for, the first ones first; the buttons and the player always stand."""
        p = self.look.px
        left = self.width() - 2 * p(SIDE) - sum(button.width() + p(8) for button in self.buttons)
        left -= p(LEAST_PLAYER) if self._player is not None else 0
        for label, editor in zip(self._labels, self._editors.values(), strict=True):
            words = label.sizeHint().width() + p(10) if label.text() else 0
            left -= words + max(editor.minimumWidth(), editor.minimumSizeHint().width()) + p(10)
            editor.setVisible(left >= 0)
            label.setVisible(left >= 0 and bool(label.text()))

    def show_params(self, controls: Sequence[Control], params: Any) -> None:
        """Show present values; what does not matter now is greyed."""
        shown = {one.name for one in visible(tuple(controls), params)}
        for name, editor in self._editors.items():
            editor.show_value(getattr(params, name))
            editor.setEnabled(name in shown)

    def _clear(self) -> None:
        self._editors, self._labels = {}, []
        for index in reversed(range(self._middle.count())):
            item = self._middle.itemAt(index)
            widget = item.widget()
            if widget is None or widget is not self._player:
                self._middle.takeAt(index)
                if widget is not None:
                    widget.hide()
                    widget.deleteLater()

    # Coming and going -----------------------------------------------------------------------------------

    def begin(self) -> None:
        """Watch the mouse and the keys; be there at first."""
        QApplication.instance().installEventFilter(self)
        self.wake()

    def end(self) -> None:
        """Watch no longer, and go."""
        QApplication.instance().removeEventFilter(self)
        self._rest.stop()
        self.set_player(None)
        self._clear()
        self.hide()

    def wake(self) -> None:
        """Be seen for a while."""
        if self.isHidden():
            self.place()
            self.show()
            self.raise_()
        self._rest.start()

    def _go(self) -> None:
        """Go away, unless somebody is here."""
        focused = QApplication.focusWidget()
        if self.underMouse() or (focused is not None and self.isAncestorOf(focused)):
            self._rest.start()
        else:
            self.hide()

    def place(self) -> None:
        """Lie at the foot of what it lies over."""
        p, room = self.look.px, self._over.rect()
        high = p(HIGH)
        self.setGeometry(p(SIDE), room.bottom() - high - p(8), room.width() - 2 * p(SIDE), high)
        self._fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in WAKING:
            self.wake()
        if watched is self._over and event.type() == QEvent.Type.Resize:
            self.place()
        return False


WAKING = (QEvent.Type.MouseMove, QEvent.Type.MouseButtonPress, QEvent.Type.FocusIn)
