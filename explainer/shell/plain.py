"""Words that come from outside (file names, labels, plugins) are shown letter by letter, never as rich text."""

import html
from typing import Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel


class Words(QLabel):
    """A label of plain text. Qt's own guesses: a file called ``<img src="x">`` would load a picture."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.setTextFormat(Qt.TextFormat.PlainText)


class ElidedWords(Words):
    """A line that ends with an ellipsis where there is no room for it."""

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        room = self.contentsRect()
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, self.alignment(), text)
        painter.end()


def tip(text: str) -> str:
    """Return `text` as a tool tip that Qt shows letter by letter; it guesses there too, and cannot be told."""
    return f"<span>{html.escape(text)}</span>" if "<" in text or "&lt" in text else text


def menu_text(text: str) -> str:
    """Return `text` for a menu, where a single ``&`` would underline the next letter and vanish."""
    return text.replace("&", "&&")


def reading_text(markdown: str) -> str:
    """Return a reading whose angle brackets are letters: Markdown would take them for HTML."""
    return markdown.replace("<", "&lt;")
