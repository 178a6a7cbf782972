"""Words on a picture: dark rounded chips with a line to what they name, placed by ``labels``."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QTransform

from explainer.core.layers import Arrows, Boxes, Cells, Label, Layer, Points
from explainer.render.compose import cell_box
from explainer.render.labels import Arrangement, Floats, Place, Point, Rect, Wish, arranged
from explainer.render.look import SEEN, Look, readable

GROUND = QColor(20, 20, 22, 222)
INK, DARK = QColor("white"), QColor(20, 20, 22)
HALO = QColor(0, 0, 0, 150)
HIGH, ROUND, PAD, DOT = 18, 4, 6, 6  # px at type scale 1
MARK_PX = 4  # of the frame round a marked tile
QUIET, INSET = QColor(205, 205, 208), 2  # ink of a strip without a mark; px beside its words
STRIP = ("word", "base", "caption", "small")  # type of strips: the largest that fits
HEAD_PX, FEW_ARROWS, SHAFT = 7, 12, 8  # length of an arrow's head; more are a field of them; steps along a shaft
LEAST_TILE = 26  # px: smaller tiles show no words
_LAST_NUMBER = re.compile(
    r"^(?:(.*?[^×\s:])[\s:]+)?([<>]?[+−-]?\d[\d.,]*(?:·10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?(?:[ \u00a0]?(?:%|px|ms))?)$"
)


@dataclass(frozen=True, slots=True)
class Chip:
    """A word and what it names, in panel pixels; `reach_px` is on the screen."""

    text: str
    at: QPointF
    reach_px: float = 0.0
    box: QRectF | None = None
    colour: QColor | None = None
    roams: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """From panel pixels to the screen's, which part of the screen the picture has, and where no chip may lie."""

    to_screen: QTransform
    room: QRectF
    look: Look
    taken: Sequence[QRectF] = ()


def chips_of(layer: Layer, look: Look) -> Iterator[Chip]:
    """Words of a layer, but for those of tiles, which stand still."""
    match layer:
        case Boxes():
            for number, (text, (x0, y0, x1, y1)) in enumerate(zip(layer.labels, layer.xyxy.tolist(), strict=False)):
                box = QRectF(x0, y0, x1 - x0, y1 - y0)
                yield Chip(text, box.center(), box=box, colour=_colour(look, layer.colours, number, 0))
        case Points():
            reach = layer.size_px * look.scale / 2
            for number, (text, (x, y)) in enumerate(zip(layer.labels, layer.xy.tolist(), strict=False)):
                colour = _colour(look, layer.colours, number, None)
                yield Chip(text, QPointF(x, y), reach, colour=colour, roams=True)
        case Label(text=text) if text:
            at, half = QPointF(*layer.xy), QPointF(layer.clear, layer.clear)
            yield Chip(text, at, box=QRectF(at - half, at + half), colour=_colour(look, (layer.colour,), 0, None))


def _colour(look: Look, colours: Sequence[int], index: int, default: int | None) -> QColor | None:
    number = colours[index] if index < len(colours) else default
    return None if number is None or number < 0 else QColor(readable(look.series_color(number).name(), "#141416", SEEN))


def parted(text: str) -> tuple[str, str]:
    """A name and the number it ends with, either of which may be empty: ``"dog 0.87"`` → ``("dog", "0.87")``."""
    found = _LAST_NUMBER.match(text)
    return (found[1] or "", found[2]) if found else (text, "")


@lru_cache(maxsize=2048)
def _widths(text: str, look: Look) -> tuple[float, float]:
    name, number = parted(text)
    plain, bold = (QFontMetricsF(look.font("small", bold=heavy)) for heavy in (False, True))
    return plain.horizontalAdvance(name), bold.horizontalAdvance(number)


def _size(chip: Chip, look: Look) -> tuple[float, float]:
    name, number = _widths(chip.text, look)
    between = look.px(5) if name and number else 0
    dot = look.px(DOT + 4) if chip.colour is not None else 0
    return name + between + number + dot + 2 * look.px(PAD), float(look.px(HIGH))


def wish(chip: Chip, view: View) -> Wish:
    """The chip's wish on the screen."""
    at = view.to_screen.map(chip.at)
    box = None if chip.box is None else _rect(view.to_screen.mapRect(chip.box))
    return Wish(_size(chip, view.look), (at.x(), at.y()), chip.reach_px, box, chip.roams)


def _rect(box: QRectF) -> Rect:
    return box.left(), box.top(), box.right(), box.bottom()


@lru_cache(maxsize=64)
def _arranged(
    wishes: tuple[Wish, ...], room: Rect, taken: tuple[Rect, ...], more: float, busy: Any, lines: tuple[Point, ...]
) -> Arrangement:
    return arranged(wishes, room, busy.value if busy is not None else None, taken, (more, more * 0.7), lines)


class Busy:
    """How much there is to be seen where; equal only to itself, so that a repaint finds what it found before."""

    def __init__(self, value: Floats) -> None:
        self.value = value


def draw(painter: QPainter, layers: Sequence[Layer], view: View, busy: Busy | None) -> None:
    """Draw all words of a picture in screen pixels."""
    tiles = [tile for layer in layers if isinstance(layer, Cells) for tile in _tiles(layer, view)]
    chips = [chip for layer in layers for chip in chips_of(layer, view.look)]
    chips = [chip for chip in chips if _seen(chip, view)]
    if not tiles and not chips and not any(isinstance(layer, Cells) and layer.marks for layer in layers):
        return
    for text, rect in tiles:
        _draw_chip(painter, Chip(text, rect.center()), _rect(rect), view.look)
    for layer in layers:
        if isinstance(layer, Cells) and layer.marks:
            _draw_strips(painter, layer, view)
    arrows = _arrows(layers, view)
    heads = (_head(*arrow, view.look) for arrow in arrows)
    taken = tuple(map(_rect, (*(rect for _, rect in tiles), *view.taken, *heads)))
    shafts = tuple(point for arrow in arrows for point in _shaft(*arrow))
    wishes = tuple(wish(chip, view) for chip in chips)
    found = _arranged(wishes, _rect(view.room), taken, float(view.look.px(28)), busy, shafts)
    for place in found.places:
        if place is not None and place.leader is not None:
            _draw_leader(painter, place, view.look)
    for chip, place in zip(chips, found.places, strict=True):
        if place is not None:
            _draw_chip(painter, chip, place.rect, view.look)
    if found.more is not None:
        _draw_chip(painter, Chip(f"+{found.left_out}", QPointF()), found.more.rect, view.look)


def _seen(chip: Chip, view: View) -> bool:
    """Whether what a chip names is in sight: zoomed in, words of what lies outside would crowd the edge."""
    if chip.box is not None:
        return view.to_screen.mapRect(chip.box).adjusted(-1, -1, 1, 1).intersects(view.room)
    return view.room.adjusted(-1, -1, 1, 1).contains(view.to_screen.map(chip.at))


def _arrows(layers: Sequence[Layer], view: View) -> list[tuple[QPointF, QPointF]]:
    """Tails and tips of arrows on the screen, where they are few."""
    few = [one for one in layers if isinstance(one, Arrows) and len(one.end) <= FEW_ARROWS]
    ends = [pair for one in few for pair in zip(one.start.tolist(), one.end.tolist(), strict=True)]
    return [(view.to_screen.map(QPointF(*tail)), view.to_screen.map(QPointF(*tip))) for tail, tip in ends]


def _head(tail: QPointF, tip: QPointF, look: Look) -> QRectF:
    """Head of an arrow: a chip on it would hide what it points at."""
    half, long = look.px(HEAD_PX) / 2, math.hypot(tip.x() - tail.x(), tip.y() - tail.y())
    middle = tip - (tip - tail) * min(1.0, half / max(long, 1e-9))
    return QRectF(middle.x() - half, middle.y() - half, 2 * half, 2 * half)


def _shaft(tail: QPointF, tip: QPointF) -> Iterator[Point]:
    """Points along an arrow."""
    for step in range(SHAFT + 1):
        at = tail + (tip - tail) * (step / SHAFT)
        yield at.x(), at.y()


def _tiles(layer: Cells, view: View) -> Iterator[tuple[str, QRectF]]:
    """Words in the upper and the lower left corner of each tile that has room for its own."""
    rows = () if layer.marks else ((layer.labels, False), (layer.below, True))
    for index, text, low in ((n, text, low) for words, low in rows for n, text in enumerate(words)):
        if not text:
            continue
        x0, y0, x1, y1 = cell_box(layer, index)
        tile = view.to_screen.mapRect(QRectF(x0, y0, x1 - x0, y1 - y0))
        wide, high = _size(Chip(text, QPointF()), view.look)
        if tile.width() >= max(wide, view.look.px(LEAST_TILE)) and tile.height() >= 1.5 * high:
            yield text, QRectF(tile.left(), tile.bottom() - high if low else tile.top(), wide, high)


def _draw_strips(painter: QPainter, layer: Cells, view: View) -> None:
    """Words across heads and feet of marked tiles, in the largest type in which all fit; the upper is coloured."""
    look, inset = view.look, view.look.px(INSET)
    tiles = [view.to_screen.mapRect(QRectF(x0, y0, x1 - x0, y1 - y0))
             for x0, y0, x1, y1 in (cell_box(layer, n) for n in range(len(layer.marks)))]  # fmt: skip
    room = min(tile.width() for tile in tiles) - 2 * inset
    fonts = (look.font(size, bold=True) for size in STRIP)
    font = next((one for one in fonts if _widest(one, (*layer.labels, *layer.below)) <= room), None)
    if font is None:
        return
    painter.setFont(font)
    high = min(QFontMetricsF(font).height() + inset, tiles[0].height() / 3)
    coloured = (layer.labels, layer.below) if layer.labels else (layer.below, ())
    for words, quiet in ((coloured[0], False), (coloured[1], True)):
        for text, mark, tile in zip(words, layer.marks, tiles, strict=False):
            plain = quiet or mark < 0
            inside = look.px(MARK_PX) if plain and mark >= 0 else 0  # the frame stays whole
            top = tile.top() if words is layer.labels else tile.bottom() - high - inside
            strip = QRectF(tile.left() + inside, top, tile.width() - 2 * inside, high)
            painter.fillRect(strip, DARK if plain else look.mark_color(mark))
            painter.setPen(QUIET if plain else INK)
            painter.drawText(strip, Qt.AlignmentFlag.AlignCenter, text)


def _widest(font: QFont, texts: Sequence[str]) -> float:
    return max(map(QFontMetricsF(font).horizontalAdvance, texts), default=0.0)


def _draw_leader(painter: QPainter, place: Place, look: Look) -> None:
    assert place.leader is not None
    start, end = (QPointF(*point) for point in place.leader)
    for colour, width in ((HALO, 3.0), (INK, 1.2)):
        painter.setPen(QPen(colour, width * look.scale))
        painter.drawLine(start, end)


def _draw_chip(painter: QPainter, chip: Chip, rect: Rect, look: Look) -> None:
    room = QRectF(QPointF(rect[0], rect[1]), QPointF(rect[2], rect[3]))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(GROUND)
    painter.drawRoundedRect(room, look.px(ROUND), look.px(ROUND))
    room.adjust(look.px(PAD), 0, -look.px(PAD), 0)
    if chip.colour is not None:
        painter.setBrush(chip.colour)
        dot = float(look.px(DOT))
        painter.drawEllipse(QRectF(room.left(), room.center().y() - dot / 2, dot, dot))
        room.adjust(dot + look.px(4), 0, 0, 0)
    name, number = parted(chip.text)
    painter.setPen(INK)
    middle = Qt.AlignmentFlag.AlignVCenter
    if name:
        painter.setFont(look.font("small"))
        painter.drawText(room.adjusted(0, 0, 4, 0), Qt.AlignmentFlag.AlignLeft | middle, name)
    if number:
        painter.setFont(look.font("small", bold=True))
        painter.drawText(room.adjusted(-4, 0, 0, 0), Qt.AlignmentFlag.AlignRight | middle, number)
