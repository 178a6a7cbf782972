"""Act once the window is really on screen: what loads torch must not begin before."""

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEvent, QObject
from PySide6.QtWidgets import QWidget


class FirstPaint(QObject):
    """Calls `act` right after the paint event in which `shown` appears with all that lies in it."""

    def __init__(self, shown: QWidget, act: Callable[[], object]) -> None:
        super().__init__(shown)
        self._act = act
        shown.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: D102 - Qt
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            QCoreApplication.postEvent(self, QEvent(QEvent.Type.User))
        return False

    def customEvent(self, _event: QEvent) -> None:  # noqa: D102 - Qt
        self._act()
