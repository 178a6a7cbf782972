"""Vector layers → strokes of a `QPainter`, in panel coordinates with pens that keep their width on screen."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF

from explainer.core.layers import Arrows, Boxes, Cells, Heat, Image, Label, Layer, Lines, Mask, Points
from explainer.render.compose import cell_box
from explainer.render.look import Look, is_light

HALO = QColor(0, 0, 0, 150)


@dataclass(frozen=True, slots=True)
class Canvas:
    """A painter in panel coordinates, and how many screen pixels one panel pixel takes."""

    painter: QPainter
    look: Look
    zoom: float

    def pen(self, colour: QColor, width_px: float = 1.5, *, dashed: bool = False) -> QPen:
        """Pen of constant width on screen."""
        pen = QPen(colour, width_px * self.look.scale)
        pen.setCosmetic(True)
        if dashed:
            pen.setStyle(Qt.PenStyle.DashLine)
        return pen


def paint(canvas: Canvas, layer: Layer) -> None:
    """Draw the vector part of a layer, if it has one."""
    PAINTERS[type(layer)](canvas, layer)


def _nothing(_canvas: Canvas, _layer: Any) -> None:
    """Raster layers are composed in ``compose``."""


def _image(canvas: Canvas, layer: Image) -> None:
    if layer.focus is None:
        return
    x0, y0, x1, y1 = layer.focus
    canvas.painter.setBrush(Qt.BrushStyle.NoBrush)
    canvas.painter.setPen(canvas.pen(QColor(255, 255, 255, 210), 1.0))
    canvas.painter.drawRect(QRectF(x0, y0, x1 - x0, y1 - y0))


def _boxes(canvas: Canvas, layer: Boxes) -> None:
    painter = canvas.painter
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for index, (x0, y0, x1, y1) in enumerate(layer.xyxy):
        colour = canvas.look.series_color(_of(layer.colours, index, 0))
        box = QRectF(float(x0), float(y0), float(x1 - x0), float(y1 - y0))
        painter.setPen(canvas.pen(HALO, 3.5))
        painter.drawRect(box)
        painter.setPen(canvas.pen(colour, 2.0, dashed=layer.dashed))
        painter.drawRect(box)
        if layer.labels:
            _tag(canvas, layer.labels[index], QPointF(float(x0), float(y0)), colour)


def _points(canvas: Canvas, layer: Points) -> None:
    painter = canvas.painter
    radius = layer.size_px * canvas.look.scale / canvas.zoom / 2
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for index, (x, y) in enumerate(layer.xy):
        centre = QPointF(float(x), float(y))
        painter.setPen(canvas.pen(HALO, 3.5))
        painter.drawEllipse(centre, radius, radius)
        painter.setPen(canvas.pen(_bright(canvas, layer.colours, index), 1.8))
        painter.drawEllipse(centre, radius, radius)
        if layer.labels:
            _tag(canvas, layer.labels[index], centre + QPointF(radius * 1.6, 0), QColor(20, 20, 22))


def _lines(canvas: Canvas, layer: Lines) -> None:
    painter = canvas.painter
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for index, path in enumerate(layer.paths):
        polygon = _polygon(path)
        draw = painter.drawPolygon if layer.closed else painter.drawPolyline
        painter.setPen(canvas.pen(HALO, layer.width_px + 1.6))
        draw(polygon)
        painter.setPen(canvas.pen(_bright(canvas, layer.colours, index), layer.width_px))
        draw(polygon)


def _arrows(canvas: Canvas, layer: Arrows) -> None:
    head = 7 * canvas.look.scale / canvas.zoom
    for index, (start, end) in enumerate(zip(layer.start, layer.end, strict=True)):
        canvas.painter.setPen(canvas.pen(_bright(canvas, layer.colours, index), 1.8))
        canvas.painter.drawLine(_point(start), _point(end))
        length = float(np.hypot(*(end - start)))
        if length > 0:
            along = (end - start) / length * min(head, length)
            side = np.array([-along[1], along[0]]) * 0.5
            for sign in (1, -1):
                canvas.painter.drawLine(_point(end), _point(end - along + sign * side))


def _label(canvas: Canvas, layer: Label) -> None:
    _tag(canvas, layer.text, QPointF(*layer.xy), canvas.look.series_color(layer.colour))


def _cells(canvas: Canvas, layer: Cells) -> None:
    painter = canvas.painter
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if 0 <= layer.chosen < len(layer.values):
        x0, y0, x1, y1 = cell_box(layer, layer.chosen)
        painter.setPen(canvas.pen(canvas.look.theme.color("accent"), 2.5))
        painter.drawRect(QRectF(x0, y0, x1 - x0, y1 - y0))
    for index, text in enumerate(layer.labels):
        x0, y0, x1, _ = cell_box(layer, index)
        if (x1 - x0) * canvas.zoom > 26 * canvas.look.scale:
            _tag(canvas, text, QPointF(x0, y0), QColor(0, 0, 0, 120), inside=True)


def _tag(canvas: Canvas, text: str, at: QPointF, ground: QColor, *, inside: bool = False) -> None:
    """A word on a small coloured ground, above `at`, or below and right of it with `inside`."""
    painter, look = canvas.painter, canvas.look
    painter.save()
    where = painter.transform().map(at)
    painter.resetTransform()
    ratio = painter.device().devicePixelRatioF() if painter.device() else 1.0
    painter.scale(ratio, ratio)
    where = QPointF(where.x() / ratio, where.y() / ratio)
    font = look.font("small")
    metrics = QFontMetricsF(font)
    size = QRectF(0, 0, metrics.horizontalAdvance(text) + look.px(8), metrics.height() + look.px(2))
    top = where.y() if inside or where.y() < size.height() else where.y() - size.height()
    size.moveTo(where.x(), top)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawRect(size)
    painter.setFont(font)
    dark_ground = ground.alpha() < 255 or not is_light(ground)
    painter.setPen(QColor("white") if dark_ground else QColor("black"))
    painter.drawText(size, Qt.AlignmentFlag.AlignCenter, text)
    painter.restore()


def _bright(canvas: Canvas, colours: tuple[int, ...], index: int) -> QColor:
    return QColor("white") if not colours else canvas.look.series_color(_of(colours, index, 0))


def _of(colours: tuple[int, ...], index: int, default: int) -> int:
    return colours[index] if index < len(colours) else default


def _point(xy: NDArray[np.float64]) -> QPointF:
    return QPointF(float(xy[0]), float(xy[1]))


def _polygon(path: NDArray[np.float64]) -> QPolygonF:
    return QPolygonF([_point(xy) for xy in path])


PAINTERS: dict[type, Callable[[Canvas, Any], None]] = {
    Image: _image,
    Heat: _nothing,
    Mask: _nothing,
    Cells: _cells,
    Boxes: _boxes,
    Points: _points,
    Lines: _lines,
    Arrows: _arrows,
    Label: _label,
}
