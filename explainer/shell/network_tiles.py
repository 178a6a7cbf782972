"""Where the tiles of the network strip stand, and how they are drawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPen, QPixmap

from explainer.core.model_card import LayerCard
from explainer.core.network_strip import spread
from explainer.render import badge
from explainer.render.look import Look

FULL, LEAST = 64, 44  # px at type scale 1: side of a tile at most and at least
LABEL, PAPER, ARROW = 17, 3, 20  # px: height of a label; of what sticks out of a pile; an arrow with its gaps
LEAST_ARROW = 12  # px: where even three tiles are too many
FEWEST, MOST = 6, 9  # layers: smaller tiles before fewer of them, and no more than can be told apart
LINE_BELOW = LEAST + LABEL + PAPER  # px; in a lower band the strip is a line

Role = Literal["input", "layer", "score"]


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile, or one dot of the line.

    Parameters
    ----------
    layer
        Number of the layer among those that have height and width; −1 for input and score.
    box
        The picture.
    label
        Where name and size stand.
    name, size
        What it is called, and its cells ("14²"); empty where there is no room for them.
    """

    role: Role
    layer: int
    box: QRect
    label: QRect
    name: str
    size: str = ""

    @property
    def whole(self) -> QRect:
        """Picture and label: what can be clicked."""
        return self.box.united(self.label)


def short_name(layer: LayerCard) -> str:
    """Name of a layer without its sizes."""
    return layer.label.partition(" · ")[0]


def short_size(layer: LayerCard) -> str:
    """Cells of a layer: ``14²``, or ``14×7`` where it is not square."""
    height, width = layer.shape[1:]
    return f"{height}²" if height == width else f"{height}×{width}"


def tiles(
    layers: Sequence[LayerCard], input_px: int, needed: Sequence[int], room: tuple[int, int], look: Look
) -> list[Tile]:
    """Lay out input, some of the layers and score in a band `room` wide and high; those `needed` are among them."""
    width, height = room
    is_line = height < look.px(LINE_BELOW)
    side = 0 if is_line else min(look.px(FULL), height - look.px(LABEL) - look.px(PAPER))
    pitch, side, fit = _pitch(layers, width, side, look)
    shown = spread(len(layers), max(1, min(fit, MOST + 2) - 2), needed)
    side = min(side, (width - look.px(LEAST_ARROW) * (len(shown) + 1)) // (len(shown) + 2))
    even = (width - side) // (len(shown) + 1) if side else width // (len(shown) + 2)
    pitch = min(pitch, even)
    pitch = min(max(pitch, even), pitch * 3 // 2) if side else even  # room that is left goes between the tiles
    return _placed(layers, shown, input_px, (pitch, side, width, height), look)


def _pitch(layers: Sequence[LayerCard], width: int, side: int, look: Look) -> tuple[int, int, int]:
    """Distance of two tiles, side of one, and how many fit: tiles shrink before there are fewer than `FEWEST`."""
    metrics = QFontMetrics(look.font("small"))
    if not side:
        widest = max((metrics.horizontalAdvance(short_name(one)) for one in layers), default=0)
        pitch = min(max(widest, look.px(LEAST)), look.px(2 * FULL)) + look.px(12)
        return pitch, 0, width // pitch
    least = min(side, look.px(LEAST))
    wanted = min(FEWEST, len(layers)) + 2
    while side > least and (width - side) // (side + look.px(ARROW)) + 1 < wanted:
        side -= 1
    pitch = side + look.px(ARROW)
    return pitch, side, (width - side) // pitch + 1


def _placed(
    layers: Sequence[LayerCard], shown: Sequence[int], input_px: int, room: tuple[int, int, int, int], look: Look
) -> list[Tile]:
    pitch, side, width, height = room
    metrics = QFontMetrics(look.font("small", bold=True))
    wide = pitch - look.px(4)

    def tile(at: int, role: Role, layer: int, name: str, size: str) -> Tile:
        dot = look.px(8)
        if side:
            box = QRect(at * pitch, height - look.px(LABEL) - side, side, side)
        else:
            box = QRect(at * pitch + (pitch - dot) // 2, look.px(2), dot, dot)
        middle = box.left() + box.width() // 2
        name, size = fitting_words(name, size if side else "", wide, metrics)
        words = metrics.horizontalAdvance(f"{name} {size}".strip()) + 2
        left = max(0, min(middle - words // 2, width - words))
        return Tile(role, layer, box, QRect(left, height - look.px(LABEL - 3), words, look.px(LABEL - 3)), name, size)

    made = [tile(0, "input", -1, "input", f"{input_px}²")]
    made += [tile(i + 1, "layer", n, short_name(layers[n]), short_size(layers[n])) for i, n in enumerate(shown)]
    return [*made, tile(len(shown) + 1, "score", -1, "score", "")]


def fitting_words(name: str, size: str, width: int, metrics: QFontMetrics) -> tuple[str, str]:
    """Shorten what stands below a tile: first the cells go, then the front of a path; figures stay whole."""
    if metrics.horizontalAdvance(f"{name} {size}") <= width:
        return name, size
    parts = name.split(".")
    for start in range(len(parts)):
        shorter = ".".join(parts[start:])
        if metrics.horizontalAdvance(shorter) <= width:
            return shorter, ""
    return parts[-1], ""


# Drawing ------------------------------------------------------------------------------------------------


def paint_arrow(painter: QPainter, left: QPoint, right: QPoint, look: Look) -> None:
    """Draw an arrow from one tile to the next."""
    head = look.px(4)
    painter.setPen(QPen(look.theme.color("muted"), max(1.0, look.scale)))
    painter.drawLine(left, right)
    for sign in (-1, 1):
        painter.drawLine(right, right + QPoint(-head, sign * head))


def paint_pile(painter: QPainter, box: QRect, look: Look) -> None:
    """Draw the edges of the maps that lie behind the strongest."""
    painter.setPen(QPen(look.theme.color("faint"), 1))
    for step in (2, 1):
        by = look.px(PAPER) * step // 2
        moved = box.translated(by, -by).adjusted(0, 0, -1, -1)
        painter.drawLine(moved.topLeft() + QPoint(look.px(2), 0), moved.topRight())
        painter.drawLine(moved.topRight(), moved.bottomRight() - QPoint(0, look.px(2)))


def paint_words(painter: QPainter, tile: Tile, look: Look, *, chosen: bool) -> None:
    """Write name and cells below a tile; the chosen one's in the accent."""
    theme, font = look.theme, look.font("small", bold=chosen)
    painter.setFont(font)
    metrics = QFontMetrics(font)
    whole = metrics.horizontalAdvance(f"{tile.name} {tile.size}".strip())
    left = tile.label.left() + max(0, (tile.label.width() - whole) // 2)
    box = QRect(left, tile.label.top(), whole + 2, tile.label.height())
    painter.setPen(theme.color("accent" if chosen else "text"))
    painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, tile.name)
    if tile.size:
        box.setLeft(left + metrics.horizontalAdvance(f"{tile.name} "))
        painter.setPen(theme.color("accent" if chosen else "muted"))
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, tile.size)


def paint_picture(painter: QPainter, box: QRect, picture: QPixmap | None, look: Look) -> None:
    """Draw a map with its cells as they are, or an empty place while there is none."""
    if picture is None:
        painter.fillRect(box, look.theme.color("stage_line"))
        return
    smooth = picture.width() > box.width()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
    painter.drawPixmap(box, picture)


def paint_frame(painter: QPainter, box: QRect, look: Look) -> None:
    """Frame the chosen layer."""
    gap = look.px(2)
    pen = QPen(look.theme.color("accent"), max(2.0, 2 * look.scale))
    pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(box.adjusted(-gap, -gap, gap - 1, gap - 1))


def paint_score(painter: QPainter, box: QRect, words: tuple[str, str], look: Look) -> None:
    """Fill a tile with the score and, below it, its class."""
    painter.fillRect(box, look.theme.color("accent"))
    score, label = words
    painter.setPen(look.theme.color("accent_text"))
    painter.setFont(look.font("title" if box.width() >= look.px(60) else "base", bold=True, figures=True))
    font = look.font("small")
    room = box.adjusted(look.px(2), box.height() // 2, -look.px(2), -look.px(2))
    lines = _two_lines(label, room.width(), QFontMetrics(font))
    above = box.adjusted(0, look.px(4), 0, -box.height() // 2) if lines else box
    painter.drawText(above, Qt.AlignmentFlag.AlignCenter, score)
    painter.setFont(font)
    painter.drawText(room, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter, lines)


def _two_lines(label: str, width: int, metrics: QFontMetrics) -> str:
    """Break a class in two at a space where it is too long; what is still too long is left to the tip."""
    first, rest = label, ""
    if metrics.horizontalAdvance(label) > width and " " in label:
        first, _, rest = label.partition(" ")
    lines = [one for one in (first, rest) if one]
    return "\n".join(lines) if all(metrics.horizontalAdvance(one) <= width for one in lines) else ""


def paint_mark(painter: QPainter, box: QRect, letter: str, look: Look) -> None:
    """Write A or B in a corner of a tile, and frame it in that colour."""
    painter.setPen(QPen(badge.colours(letter, look)[0], 2))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(box)
    badge.paint(painter, QRect(box.left(), box.top(), look.px(badge.SIDE), look.px(badge.SIDE)), letter, look)


def paint_dot(painter: QPainter, box: QRect, look: Look, *, chosen: bool) -> None:
    """Draw a layer as a dot of the line."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(look.theme.color("accent" if chosen else "muted"), max(1.5, 1.5 * look.scale)))
    painter.setBrush(look.theme.color("accent" if chosen else "stage"))
    painter.drawEllipse(box)


def paint_focus(painter: QPainter, box: QRect, look: Look) -> None:
    """Underline the label where the keys are."""
    painter.fillRect(QRect(box.left(), box.bottom(), box.width(), look.px(2)), look.theme.color("focus"))
