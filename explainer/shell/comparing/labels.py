"""What is written at the pictures of a comparison: a badge, the settings of that side, the scale of its map."""

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from explainer.core.layers import Panel
from explainer.core.number_text import MINUS, compact
from explainer.render import badge, caption, colours
from explainer.render.look import Look

BADGE = 26  # px at type scale 1, on a picture
DIMMED = 0.35  # of what is not seen at present
BAR = 7  # px at type scale 1: height of the colour bar


class Badge(QWidget):
    """A or B in the corner of a picture."""

    def __init__(self, letter: str, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self.letter, self.look = letter, look
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName(f"Picture {letter}")

    def sizeHint(self) -> QSize:
        return QSize(self.look.px(BADGE), self.look.px(BADGE))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        badge.paint(painter, self.rect(), self.letter, self.look)
        painter.end()


class SideLine(QWidget):
    """The line above a picture: badge, what this side is, and the colour bar of its map; a difference has no badge."""

    def __init__(self, letter: str, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self.letter, self.look = letter, look
        self.said, self.worded = "", True
        self._panel: Panel | None = None

    def show_side(self, panel: Panel, said: str) -> None:
        """Show what a side is, names in quotes in bold, and the bar of its panel."""
        self._panel, self.said = replace(panel, title=said, note=""), said
        self.setAccessibleName(f"{self.letter}: {said}" if self.letter else said)
        self.update()

    def fits(self, said: str) -> bool:
        """Whether there is room for words."""
        badge_wide = self.look.px(badge.SIDE + 8) if self.letter else 0
        return caption.words_width(said, self.look, "caption") <= self.width() - badge_wide

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.look.theme.color("stage"))
        if not self.isEnabled():
            painter.setOpacity(DIMMED)
        side, high, shift = self.look.px(badge.SIDE), caption.height(self.look, bare=False), 0
        if self.letter:
            badge.paint(painter, QRect(0, (high - side) // 2, side, side), self.letter, self.look)
            shift = side + self.look.px(6)
        painter.translate(shift, 0)
        if self._panel is not None:
            wide = self.width() - shift - self.look.px(2)
            if self.worded:
                caption.paint(painter, self.look, self._panel, (wide, wide), "inferno", bare=False)
        painter.end()


class Legend(QWidget):
    """The colour bar below a difference: which end is which, how much that is, and in what it is measured."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self.look, self.ends, self.unit = look, ("", ""), ""
        self._words = ("", "")

    def show_ends(self, words: tuple[str, str], limit: float, unit: str) -> None:
        """Say what the two ends of the bar mean."""
        most = compact(limit, 2)
        self.ends, self.unit = (f"{MINUS}{most}  {words[0]}", f"{words[1]}  +{most}"), unit
        self._words = words
        self.setAccessibleName(f"Blue: {self.ends[0]}; red: {self.ends[1]}; {unit}")
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, px, wide = QPainter(self), self.look.px, self.width()
        pixels = np.ascontiguousarray(colours.table("diverging")[None])
        painter.drawImage(
            QRect(0, px(5), wide, px(BAR)), QImage(pixels.data, 256, 1, 3 * 256, QImage.Format.Format_RGB888)
        )
        words = QRect(0, px(5 + BAR + 2), wide, px(16))
        painter.setFont(self.look.font("small"))
        painter.setPen(self.look.theme.color("text"))
        long = painter.fontMetrics().horizontalAdvance
        tried = (self.ends, self._words, ("A", "B"))
        low, high = next((two for two in tried if sum(map(long, two)) + px(8) <= wide), ("", ""))
        painter.drawText(words, Qt.AlignmentFlag.AlignLeft, low)
        painter.drawText(words, Qt.AlignmentFlag.AlignRight, high)
        if 2 * max(map(long, self.ends)) + long(self.unit) + px(12) <= wide:
            painter.setPen(self.look.theme.color("muted"))
            painter.drawText(words, Qt.AlignmentFlag.AlignHCenter, self.unit)
        painter.end()
