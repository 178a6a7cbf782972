"""Measures that layout and views share. Free of pyqtgraph, so that the window is on screen before it is loaded."""

import re
from typing import Any

from PySide6.QtCore import Qt

from explainer.core.layers import Cells, Heat, Panel

HEADER = 22  # px above a panel's picture
CHART_HEADER = 24
GAP = 6
BAR_WIDTH = 8
BAR_ROOM = 57  # px beside a picture for its colour bar
_BEFORE_UNIT = re.compile(r"(?:(?<=\d)|(?<=\d\*\*)|(?<=\d</span>)) (?=(?:%|px|ms|°|EV)(?!\w))")
KEYED = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)


def bar_of(panel: Panel | None) -> Any:
    """The topmost map, whose colours the bar explains."""
    if panel is None:
        return None
    for layer in reversed(panel.layers):
        if isinstance(layer, Heat | Cells):
            return layer
    return None


def has_bar(panel: Panel) -> bool:
    """Whether the panel explains colours by a bar."""
    return bar_of(panel) is not None


def short(value: float) -> str:
    """A number for a colour bar in at most six characters."""
    for digits in (3, 2, 1):
        for text in (f"{value:.{digits}g}", f"{value:.{digits - 1}e}"):
            short_text = text.replace("e-0", "e-").replace("e+0", "e").replace("e+", "e").replace("-", "−")
            if len(short_text.lstrip("−")) <= 5:
                return short_text
    return short_text


def unbroken(text: str) -> str:
    """Keep numbers and their units on one line, in plain text, Markdown and HTML."""
    return _BEFORE_UNIT.sub("\u00a0", text)
