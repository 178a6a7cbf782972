"""The network strip: what the network made of the picture, from the input to the score; a layer is chosen on it."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QFocusEvent,
    QHelpEvent,
    QHideEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from explainer.core.model_card import LayerCard, ModelCard
from explainer.core.network_strip import NetworkStrip, StripThumb
from explainer.core.number_text import number
from explainer.render.colours import paint, table
from explainer.render.look import Look
from explainer.shell import network_tiles as draw
from explainer.shell.entering import ENTER
from explainer.shell.network_tiles import FULL, LABEL, LINE_BELOW, PAPER, Tile, short_name, tiles
from explainer.shell.plain import tip

STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Home: -1000, Qt.Key.Key_End: 1000}
TABLE = "viridis"


class NetworkView(QWidget):
    """Shows input, layers and score; arrow keys go through all layers, also through those that have no tile.

    Signals
    -------
    chosen(str)
        Name of the layer that was clicked, or entered.
    shown(bool)
        Whether a layer can be chosen here now; otherwise the list among the controls is needed.
    """

    chosen = Signal(str)
    shown = Signal(bool)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self._layers: tuple[LayerCard, ...] = ()
        self._card: ModelCard | None = None
        self._strip: NetworkStrip | None = None
        self._score = ("", "")
        self._pictures: dict[str, QPixmap] = {}
        self._tiles: list[Tile] = []
        self._current = self._cursor = -1
        self._marks: tuple[int, ...] = ()
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # after a click Space is still the window's
        self.setMouseTracking(True)
        self.setAccessibleName("Layers of the network")

    def set_look(self, look: Look) -> None:
        """Wear another theme or size of type."""
        self.look = look
        self._arrange()

    def sizeHint(self) -> QSize:
        return QSize(self.look.px(700), self.look.px(FULL + LABEL + PAPER))

    # What is shown --------------------------------------------------------------------------------------

    def show_card(self, card: ModelCard, layer: str) -> None:
        """Show which layers there are; their maps come later."""
        if self._card is None or self._card != card:
            self._card = card
            self._layers = tuple(one for one in card.layers if len(one.shape) == 3)
            self._strip, self._score, self._marks = None, ("", ""), ()
            self._pictures.clear()
        self.show_layer(layer)

    def show_layer(self, layer: str) -> None:
        """Frame the chosen layer; ``"last"`` is understood."""
        self._current = self._cursor = self._index(layer)
        self._arrange()

    def show_strip(self, strip: NetworkStrip) -> None:
        """Show what the network made of a picture."""
        if self._card is None or strip.model != self._card.name:
            return
        self._strip = strip
        colours = table("sequential", TABLE)
        self._pictures = {one.layer: _pixmap(paint(one.values, 0.0, 1.0, colours)) for one in strip.thumbs}
        self._pictures["input"] = _pixmap(strip.input)
        self.show_score(strip.score, strip.label)

    def show_score(self, score: float, label: str) -> None:
        """Show a class and its probability in the last tile."""
        self._score = number(score, ".2f"), label
        self.update()

    def mark(self, layer_a: str, layer_b: str) -> None:
        """Mark two layers that are compared; two empty names take the marks away."""
        found = tuple(self._index(one) for one in (layer_a, layer_b) if one)
        self._marks = found if len(found) == 2 and min(found) >= 0 else ()
        self._arrange()

    @property
    def layers_shown(self) -> list[str]:
        """Names of the layers that have a tile now."""
        return [self._layers[one.layer].name for one in self._tiles if one.role == "layer"]

    @property
    def is_line(self) -> bool:
        """Whether there is room for dots and names only."""
        return self.height() < self.look.px(LINE_BELOW)

    def _index(self, layer: str) -> int:
        names = [one.name for one in self._layers]
        if layer in names:
            return names.index(layer)
        return len(names) - 1 if layer == "last" else -1

    def _arrange(self) -> None:
        needed = dict.fromkeys(i for i in (self._current, self._cursor, *self._marks) if i >= 0)
        room = self.width(), self.height()
        px = self._card.input_px if self._card else 0
        self._tiles = tiles(self._layers, px, list(needed), room, self.look) if self._layers else []
        self._tell()
        self.update()

    def _tell(self) -> None:
        """Say to a screen reader where the keys are."""
        if self._cursor < 0:
            return
        state = ", chosen" if self._cursor == self._current else ""
        text = f"{self._words(self._layers[self._cursor])}{state}"
        if text != self.accessibleDescription():
            self.setAccessibleDescription(text)
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.DescriptionChanged))

    def _words(self, layer: LayerCard) -> str:
        thumb = self._thumb(layer)
        maps, height, width = layer.shape
        said = f"{short_name(layer)}: {maps:,} maps of {height} × {width}"
        if thumb is None:
            return said
        return f"{said}. Shown: map {thumb.channel:,}, from {number(thumb.lo)} to {number(thumb.hi)}"

    def _thumb(self, layer: LayerCard) -> StripThumb | None:
        found = self._strip.thumbs if self._strip is not None else ()
        return next((one for one in found if one.layer == layer.name), None)

    # Mouse and keys -------------------------------------------------------------------------------------

    def _at(self, place: QPoint) -> Tile | None:
        return next((one for one in self._tiles if one.whole.adjusted(-2, -2, 2, 2).contains(place)), None)

    def _choose(self, index: int) -> None:
        if 0 <= index < len(self._layers) and index != self._current:
            self.chosen.emit(self._layers[index].name)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        tile = self._at(event.position().toPoint())
        if tile is not None and event.button() == Qt.MouseButton.LeftButton:
            self._choose(tile.layer)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        tile = self._at(event.position().toPoint())
        hand = tile is not None and tile.role == "layer"
        self.setCursor(Qt.CursorShape.PointingHandCursor if hand else Qt.CursorShape.ArrowCursor)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in STEPS:
            self._cursor = max(0, min(len(self._layers) - 1, self._cursor + STEPS[key]))
            self._arrange()
        elif key in ENTER:
            self._choose(self._cursor)
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._cursor = self._current
        self._arrange()
        super().focusOutEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and _is_ours(event):
            event.accept()
            return True
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            self._show_tip(event)
            return True
        return super().event(event)

    def _show_tip(self, event: QHelpEvent) -> None:
        tile = self._at(event.pos())
        if tile is None:
            QToolTip.hideText()
        else:
            QToolTip.showText(event.globalPos(), tip(self.tip_of(tile)), self, tile.whole)

    def tip_of(self, tile: Tile) -> str:
        """What is said where the mouse rests."""
        if tile.role == "layer":
            return self._words(self._layers[tile.layer])
        px = self._card.input_px if self._card else 0
        if tile.role == "input":
            return f"What the network sees: {px} × {px} pixels"
        return " ".join(("Score", self._score[0], self._score[1])).strip()

    # Shown or not ---------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.shown.emit(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if not event.spontaneous():
            self.shown.emit(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    # Drawing --------------------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        for one, after in zip(self._tiles, self._tiles[1:], strict=False):
            self._paint_way(painter, one, after)
        for one in self._tiles:
            self._paint_tile(painter, one)

    def _paint_way(self, painter: QPainter, one: Tile, after: Tile) -> None:
        gap, y = self.look.px(4), one.box.center().y()
        left, right = QPoint(one.box.right() + gap, y), QPoint(after.box.left() - gap, y)
        if self.is_line:
            painter.setPen(self.look.theme.color("faint"))
            painter.drawLine(left, right)
        else:
            over = self.look.px(PAPER) if one.role == "layer" else 0
            draw.paint_arrow(painter, left + QPoint(over, 0), right, self.look)

    def _paint_tile(self, painter: QPainter, tile: Tile) -> None:
        look, chosen = self.look, tile.role == "layer" and tile.layer == self._current
        if self.is_line:
            draw.paint_dot(painter, tile.box, look, chosen=chosen)
        elif tile.role == "score":
            draw.paint_score(painter, tile.box, self._score, look)
        else:
            name = "input" if tile.role == "input" else self._layers[tile.layer].name
            if tile.role == "layer":
                draw.paint_pile(painter, tile.box, look)
            draw.paint_picture(painter, tile.box, self._pictures.get(name), look)
        if chosen and not self.is_line:
            draw.paint_frame(painter, tile.box, look)
        for letter, index in zip("AB", self._marks, strict=False):
            if tile.layer == index and tile.role == "layer" and not self.is_line:
                draw.paint_mark(painter, tile.box, letter, look)
        draw.paint_words(painter, tile, look, chosen=chosen)
        if self.hasFocus() and tile.role == "layer" and tile.layer == self._cursor:
            draw.paint_focus(painter, tile.label, look)


def _is_ours(event: QEvent) -> bool:
    """Whether it is a key that goes through the layers."""
    if not isinstance(event, QKeyEvent) or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
        return False
    return event.key() in (*STEPS, *ENTER)


def _pixmap(pixels: NDArray[np.uint8]) -> QPixmap:
    data = np.ascontiguousarray(pixels)
    height, width = data.shape[:2]
    return QPixmap.fromImage(QImage(data.data, width, height, 3 * width, QImage.Format.Format_RGB888))
