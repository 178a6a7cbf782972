"""A and B of a comparison: one colour and one shape, on pictures, in tables and on the network strip."""

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QPainter

from explainer.render.look import Look

SIDE = 16  # px at type scale 1
ROUND = 4
B_INDEX = 0  # of the colours of symbols: far from the accent, which is A's


def colours(letter: str, look: Look) -> tuple[QColor, QColor]:
    """Ground and letter."""
    ground = look.theme.color("accent") if letter == "A" else look.symbol_color(B_INDEX)
    return ground, look.theme.color("accent_text")


def paint(painter: QPainter, box: QRect, letter: str, look: Look) -> None:
    """Draw a badge."""
    ground, text = colours(letter, look)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawRoundedRect(box, look.px(ROUND), look.px(ROUND))
    painter.setPen(text)
    painter.setFont(look.font("caption" if box.height() > look.px(20) else "small", bold=True))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, letter)
    painter.restore()
