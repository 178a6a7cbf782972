"""Words that come from outside (file names, labels, plugins) are shown letter by letter, never as rich text."""

import html
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel


class Words(QLabel):
    """A label of plain text. Qt's own guesses: a file called ``<img src="x">`` would load a picture."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.setTextFormat(Qt.TextFormat.PlainText)


def tip(text: str) -> str:
    """Return `text` as a tool tip that Qt shows letter by letter; it guesses there too, and cannot be told."""
    return f"<span>{html.escape(text)}</span>" if "<" in text else text


def menu_text(text: str) -> str:
    """Return `text` for a menu, where a single ``&`` would underline the next letter and vanish."""
    return text.replace("&", "&&")


def reading_text(markdown: str) -> str:
    """Return a reading whose angle brackets are letters: Markdown would take them for HTML."""
    return markdown.replace("<", "&lt;")
