"""Which keys a focused widget keeps for itself although the window has a shortcut on them.

Qt asks before a shortcut acts (``ShortcutOverride``): first the focused widget, then its parents up to the
window. Text fields answer for themselves; sliders, drop-downs, buttons and handles do not, and without this
file ``→`` on a slider would leave the demo.
"""

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QGraphicsView,
    QLineEdit,
    QPlainTextEdit,
    QTextBrowser,
    QTreeWidget,
    QWidget,
)

Key = Qt.Key
SIDEWAYS = frozenset((Key.Key_Left, Key.Key_Right))
ARROWS = SIDEWAYS | {Key.Key_Up, Key.Key_Down}
ALONG = ARROWS | {Key.Key_Home, Key.Key_End, Key.Key_PageUp, Key.Key_PageDown}
PAGING = (ALONG - SIDEWAYS) | {Key.Key_Space}
TAKEN_BACK = frozenset((Key.Key_Delete, Key.Key_Backspace, Key.Key_Escape))
PAGED = ("page", "symbols")  # the lesson, and the table in which arrows go from row to row
FIELDS = (QLineEdit, QPlainTextEdit, QAbstractSpinBox, QComboBox)
COMMANDS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier


def keeps(focused: QWidget | None, event: QKeyEvent) -> bool:
    """Whether the key belongs to the focused widget and not to a shortcut of the window."""
    if focused is None or event.modifiers() & COMMANDS:
        return False
    key = event.key()
    if isinstance(focused, FIELDS):
        return key in ALONG or bool(event.text() and event.text().isprintable())
    if isinstance(focused, QAbstractSlider):
        return key in ALONG
    if isinstance(focused, QAbstractButton):
        group = focused.group()
        one_of_many = group is not None and group.exclusive()  # then arrows choose the next
        return key == Key.Key_Space or (one_of_many and key in ARROWS)
    if isinstance(focused, QTextBrowser) or focused.property("role") in PAGED:
        return key in PAGING
    if isinstance(focused, QTreeWidget):
        item = focused.currentItem()
        folds = item is not None and bool(item.childCount())
        return key in (ALONG if folds else ALONG - SIDEWAYS) or event.text().isalpha()
    if isinstance(focused, QGraphicsView):
        from explainer.shell.handles import Handle  # loaded with the first picture

        return isinstance(focused.scene().focusItem(), Handle) and key in ALONG | TAKEN_BACK
    return False
