"""Small pictures of files, all equally large."""

from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPixmap


def thumbnail(path: Path, size: QSize) -> QPixmap:
    """The middle of a picture."""
    ways = Qt.AspectRatioMode.KeepAspectRatioByExpanding, Qt.TransformationMode.SmoothTransformation
    grown = QPixmap(str(path)).scaled(size, *ways)
    return grown.copy((grown.width() - size.width()) // 2, (grown.height() - size.height()) // 2, *size.toTuple())
