"""A symbol of a formula on its colour, as it stands beside whatever it names."""

from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from explainer.render import formula
from explainer.render.look import Look

SIDE, LETTER, ROUND = 20, 14, 4  # px at type scale 1
LIT = 0.16  # opacity of a symbol's colour behind what is lit


@dataclass(frozen=True, slots=True)
class Chip:
    """A symbol in LaTeX and the index of its colour."""

    tex: str
    colour: int


def setting(chip: Chip, look: Look) -> tuple[str, float, str]:
    """What `formula.svg` wants to know of the letter, so that it may be set ahead of time.

    One size for all: a lesson sets the letter once, and its stage may have type of another size.
    """
    return chip.tex, float(LETTER), look.theme.accent_text


def draw(painter: QPainter, room: QRectF, chip: Chip, look: Look, *, lit: bool = False) -> None:
    """Draw a chip into a square; a ring says that it is lit. A letter that is not set yet is left out."""
    colour = look.symbol_color(chip.colour)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if lit:
        painter.setPen(QPen(colour, 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(room.adjusted(-2, -2, 2, 2), look.px(ROUND) + 2, look.px(ROUND) + 2)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawRoundedRect(room, look.px(ROUND), look.px(ROUND))
    if formula.is_set(*setting(chip, look)):
        _draw_letter(painter, room, chip, look)


def _draw_letter(painter: QPainter, room: QRectF, chip: Chip, look: Look) -> None:
    ratio = max(2.0, painter.device().devicePixelRatioF())
    letter = formula.picture(*setting(chip, look), ratio * look.px(LETTER) / LETTER)
    width, height = letter.width() / ratio, letter.height() / ratio
    shrunk = min(1.0, 0.86 * room.width() / width, 0.86 * room.height() / height)
    box = QRectF(0, 0, width * shrunk, height * shrunk)
    box.moveCenter(room.center())
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(box, letter)


def in_line(high: float, look: Look, left: float = 0.0) -> QRectF:
    """Where a chip stands in a line of text that is so high."""
    side = min(float(look.px(SIDE)), high - 2)
    return QRectF(left, (high - side) / 2, side, side)


def ground(chip: Chip, look: Look) -> QColor:
    """Colour behind what is lit."""
    colour = look.symbol_color(chip.colour)
    colour.setAlphaF(LIT)
    return colour
