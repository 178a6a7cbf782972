"""Buttons that Enter presses as Space does."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

if TYPE_CHECKING:
    from PySide6.QtWidgets import QAbstractButton as _Button
else:
    _Button = object  # a Python class may have one base of Qt's only

ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class EnterPresses(_Button):
    """First base beside one of Qt's buttons: ``class Card(EnterPresses, QPushButton)``."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Press on Enter; leave other keys to the button."""
        if event.key() in ENTER:
            self.click()
        else:
            super().keyPressEvent(event)
