"""How much of the stage its pictures take, and what does not fit, measured on the window as it stands.

Shares come from widgets; the largest blank comes from the painted pixels, so that no plan is taken at its word.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QAbstractButton, QAbstractScrollArea, QLabel, QWidget

if TYPE_CHECKING:
    from explainer.shell.main_window import MainWindow

CELL = 4  # px; a blank of the stage is looked for in squares of that size
SLACK_PX = 1
LONG_NAME = 40  # letters; only longer ones may be elided


def measured(window: "MainWindow") -> dict[str, Any]:
    """Measure a shown window, as JSON takes it.

    Returns
    -------
    dict
        ``window`` and ``stage`` ``[width, height]``; ``heroes``, ``pictures``, ``charts`` and ``blank`` (the largest
        rectangle that is painted in the ground's colour) as shares of the stage, 0…1; ``heroes_of_window``; how many
        pictures are in the ``film``; texts that are ``clipped`` or ``elided``, among them titles of pictures and
        charts that are painted shortened; and parts of the stage that are ``overlapping`` or ``outside``.
    """
    stage = window.stage
    planned = stage.measured()
    whole = window.width() * window.height()
    words = list(_words(window))
    return {
        "window": [window.width(), window.height()],
        "stage": [stage.width(), stage.height()],
        "heroes": round(planned["heroes"], 4),
        "heroes_of_window": round(planned["heroes"] * stage.width() * stage.height() / whole, 4),
        "pictures": round(planned["pictures"], 4),
        "charts": round(planned["charts"], 4),
        "film": planned["film"],
        "blank": round(blank_share(_pixels(stage.grab().toImage())), 4),
        "clipped": [text for text, widget in words if _is_clipped(widget)],
        "elided": [*(text for text, _ in words if _is_elided(text)), *stage.board.shortened()],
        "overlapping": list(planned["overlapping"]),
        "outside": [*planned["outside"], *_outside(window)],
    }


def blank_share(rgb: NDArray[np.uint8]) -> float:
    """Share of the largest rectangle of one colour, that of the picture's corner, 0…1.

    Parameters
    ----------
    rgb
        ``(H, W, 3) uint8``.
    """
    height, width = (side // CELL * CELL for side in rgb.shape[:2])
    ground = (rgb[:height, :width] == rgb[2, 2]).all(axis=2)
    cells = ground.reshape(height // CELL, CELL, width // CELL, CELL).all(axis=(1, 3))
    return largest(cells) / cells.size


def largest(empty: NDArray[np.bool_]) -> int:
    """Cells in the largest rectangle that is wholly true, by a stack of rising columns for each row."""
    up = np.zeros(empty.shape[1], int)
    best = 0
    for row in empty:
        up = np.where(row, up + 1, 0)
        stack: list[tuple[int, int]] = []
        for column, high in enumerate([*up.tolist(), 0]):
            start = column
            while stack and stack[-1][1] >= high:
                start, above = stack.pop()
                best = max(best, above * (column - start))
            stack.append((start, high))
    return best


def _pixels(image: QImage) -> NDArray[np.uint8]:
    rgb = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(rgb.constBits(), np.uint8).reshape(rgb.height(), rgb.bytesPerLine())
    return rows[:, : 3 * rgb.width()].reshape(rgb.height(), rgb.width(), 3).copy()  # the image goes with this function


def _words(window: QWidget) -> Iterator[tuple[str, QWidget]]:
    """Texts of labels and buttons that are to be seen."""
    for kind in (QLabel, QAbstractButton):
        for widget in window.findChildren(kind):
            if widget.text() and not widget.visibleRegion().isEmpty():
                yield widget.text(), widget


def _is_elided(text: str) -> bool:
    """Whether a short text was cut; one that ends so on purpose asks for more ("Open…")."""
    return "…" in text.rstrip("…") and len(text) < LONG_NAME


def _is_clipped(widget: QWidget) -> bool:
    """Whether a label or button is smaller than its words; what can be scrolled to is not."""
    if isinstance(widget, QLabel):
        if widget.wordWrap():
            leading = widget.fontMetrics().lineSpacing() - widget.fontMetrics().ascent()
            return widget.heightForWidth(widget.width()) > widget.height() + leading
        return widget.textFormat() != Qt.TextFormat.RichText and _wide(widget, widget.text()) > widget.width()
    return _wide(widget, widget.text()) > widget.width()


def _wide(widget: QWidget, text: str) -> int:
    return max(widget.fontMetrics().horizontalAdvance(line.replace("&", "")) for line in text.split("\n")) - SLACK_PX


def _outside(window: QWidget) -> Iterator[str]:
    """Names of parts that reach beyond the window; what can be scrolled to does not count."""
    for widget in window.findChildren(QWidget):
        named = widget.accessibleName() and widget.isVisible() and widget.window() is window
        if named and not _is_scrolled(widget):
            at = QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())
            if not window.rect().contains(at):
                yield widget.accessibleName()


def _is_scrolled(widget: QWidget) -> bool:
    above = widget.parentWidget()
    while above is not None and not isinstance(above, QAbstractScrollArea):
        above = above.parentWidget()
    return above is not None
