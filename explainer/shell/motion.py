"""Whether things may move by themselves."""

from PySide6.QtWidgets import QApplication, QStyle


def reduced() -> bool:
    """Whether the desktop asks for less motion: it tells Qt that animations take no time."""
    return QApplication.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration) == 0
