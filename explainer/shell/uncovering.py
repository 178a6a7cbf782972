"""Seeing the picture alone, for as long as a key is held."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QApplication

ENDS = (QEvent.Type.WindowDeactivate, QEvent.Type.MouseButtonPress)


class Uncovering(QObject):
    """Takes everything off the pictures when the action is triggered, and puts it back when the key is let go.

    Chosen from the palette there is no key to let go: the next key, click or change of window ends it.
    """

    def __init__(self, action: QAction, uncover: Callable[[bool], None], parent: QObject) -> None:
        super().__init__(parent)
        self._uncover = uncover
        action.setAutoRepeat(False)
        action.triggered.connect(self._begin)

    def _begin(self) -> None:
        self._uncover(True)
        application = QApplication.instance()
        if application is not None:
            application.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in ENDS or (isinstance(event, QKeyEvent) and self._ends(event)):
            self._end()
        return super().eventFilter(watched, event)

    def _ends(self, event: QKeyEvent) -> bool:
        own = event.key() == Qt.Key.Key_O
        return event.type() == (QEvent.Type.KeyRelease if own else QEvent.Type.KeyPress) and not event.isAutoRepeat()

    def _end(self) -> None:
        application = QApplication.instance()
        if application is not None:
            application.removeEventFilter(self)
        self._uncover(False)
