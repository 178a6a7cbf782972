"""Measures that layout and views share. Free of pyqtgraph, so that the window is on screen before it is loaded."""

import re
from typing import Any

from PySide6.QtCore import Qt

from explainer.core.layers import Cells, Heat, Panel

HEADER = 20  # px above a panel's picture, and above a chart's body
FILM_HEADER = 16  # px above a thumb of the film
_BEFORE_UNIT = re.compile(r"(?:(?<=\d)|(?<=\d\*\*)|(?<=\d</span>)) (?=(?:%|px|ms|°|EV)(?!\w))")
KEYED = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)


def bar_of(panel: Panel | None) -> Any:
    """The topmost map, whose colours the bar explains; classes have no ends, and marked pictures no scale."""
    layers = reversed(panel.layers) if panel is not None else ()
    maps = (one for one in layers if isinstance(one, Heat | Cells) and one.colours != "categorical")
    return next((one for one in maps if not getattr(one, "marks", ())), None)


def unbroken(text: str) -> str:
    """Keep numbers and their units on one line, in plain text, Markdown and HTML."""
    return _BEFORE_UNIT.sub("\u00a0", text)
