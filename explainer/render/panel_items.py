"""What lies in a panel's scene: the composed picture, the vectors with their words, the shared cursor."""

import cv2
import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPixmap, QTransform
from PySide6.QtWidgets import QGraphicsItem, QGraphicsPixmapItem, QStyleOptionGraphicsItem, QWidget

from explainer.core.layers import Layer, Panel
from explainer.render import chips, painters
from explainer.render.look import Look

GRIP = 60  # px at type scale 1: larger handles, as boxes, may have words on them


class Picture(QGraphicsPixmapItem):
    """The composed buffer. Qt paints it without a call of Python, which would have to wait for the interpreter."""

    def __init__(self) -> None:
        super().__init__()
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.setShapeMode(QGraphicsPixmapItem.ShapeMode.BoundingRectShape)

    def show_buffer(self, rgb: NDArray[np.uint8], place: tuple[float, float, float, float]) -> None:
        """Show pixels at ``place``: x0, y0, x1, y1 in panel pixels."""
        pixels = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGRA), np.uint8)
        height, width = rgb.shape[:2]
        # Opaque 32-bit pixels are copied as they are.
        image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32)
        self.setPixmap(QPixmap.fromImage(image.copy()))
        x0, y0, x1, y1 = place
        self.setTransform(QTransform((x1 - x0) / width, 0, 0, (y1 - y0) / height, x0, y0))

    def set_smooth(self, smooth: bool) -> None:
        """Whether pixels run into one another; they do not where the picture is enlarged."""
        mode = Qt.TransformationMode.SmoothTransformation if smooth else Qt.TransformationMode.FastTransformation
        if mode != self.transformationMode():
            self.setTransformationMode(mode)


class Vectors(pg.GraphicsObject):
    """All vector layers of a panel and their words as one item; words keep off `handles`."""

    def __init__(self, handles: list[QGraphicsItem]) -> None:
        super().__init__()
        self._handles = handles
        self.panel: Panel | None = None
        self.look: Look | None = None
        self.hidden: frozenset[str] = frozenset()
        self.room = QRectF()  # of the picture on the screen; empty where words would hide too much of it
        self.busy: chips.Busy | None = None

    def show_panel(self, panel: Panel, look: Look, hidden: frozenset[str], room: QRectF) -> None:
        self.prepareGeometryChange()
        self.panel, self.look, self.hidden, self.room = panel, look, hidden, room
        self.update()

    def boundingRect(self) -> QRectF:
        width, height = self.panel.size if self.panel else (1.0, 1.0)
        return QRectF(0, 0, width, height).adjusted(-width, -height, width, height)

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        if self.panel is None or self.look is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        zoom = abs(painter.transform().m11()) or 1.0
        canvas = painters.Canvas(painter, self.look, zoom)
        layers = [layer for layer in self.panel.layers if layer.name not in self.hidden]
        for layer in layers:
            painters.paint(canvas, layer)
        if not self.room.isEmpty():
            self._paint_words(painter, layers, self.look)

    def _paint_words(self, painter: QPainter, layers: list[Layer], look: Look) -> None:
        """Draw words in screen pixels, all in one go: each time the transform is put back Qt clips anew."""
        painter.save()
        to_device = painter.transform()
        painter.resetTransform()
        ratio = painter.device().devicePixelRatioF() if painter.device() else 1.0
        painter.scale(ratio, ratio)
        to_screen = to_device * QTransform.fromScale(1 / ratio, 1 / ratio)
        rects = (handle.mapRectToParent(handle.boundingRect()) for handle in self._handles if handle.isVisible())
        taken = [rect for rect in map(to_screen.mapRect, rects) if max(rect.width(), rect.height()) < look.px(GRIP)]
        chips.draw(painter, layers, chips.View(to_screen, self.room, look, taken), self.busy)
        painter.restore()


class Cursor(pg.GraphicsObject):
    """Ring at the shared cursor and a bubble with the value under it; constant size on screen."""

    def __init__(self) -> None:
        super().__init__()
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIgnoresTransformations)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.setZValue(100)
        self.text = ""
        self.look: Look | None = None
        self._room = QRectF()  # around the ring, as far as the picture goes

    def show_value(self, text: str, look: Look, room: QRectF) -> None:
        self.prepareGeometryChange()
        self.text, self.look, self._room = text, look, room
        self.update()

    def boundingRect(self) -> QRectF:
        return QRectF(-300, -100, 600, 200)

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        if self.look is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for colour, radius in ((QColor(0, 0, 0, 160), 6.0), (QColor("white"), 5.0)):
            painter.setPen(colour)
            painter.drawEllipse(QPointF(0, 0), radius, radius)
        if self.text:
            self._paint_bubble(painter, self.look)

    def _paint_bubble(self, painter: QPainter, look: Look) -> None:
        painter.setFont(look.font("small"))
        width = QFontMetricsF(painter.font()).horizontalAdvance(self.text) + look.px(12)
        height = float(look.px(20))
        bubble = QRectF(10, 8, width, height)
        if bubble.right() > self._room.right():
            bubble.moveRight(max(-10.0, self._room.left() + width))
        if bubble.bottom() > self._room.bottom():
            bubble.moveBottom(-8)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(20, 20, 22, 225))
        painter.drawRoundedRect(bubble, 4, 4)
        painter.setPen(QColor("white"))
        painter.drawText(bubble, Qt.AlignmentFlag.AlignCenter, self.text)
