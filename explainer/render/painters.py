"""Vector layers → strokes of a `QPainter`, in panel coordinates with pens that keep their width on screen."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from explainer.core.layers import Arrows, Boxes, Cells, Heat, Image, Label, Layer, Lines, Mask, Panel, Points
from explainer.render.chips import HEAD_PX, MARK_PX
from explainer.render.compose import cell_box
from explainer.render.look import Look

HALO = QColor(0, 0, 0, 150)
MANY_CORNERS = 400  # of a layer of lines


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


def draws(panel: Panel, hidden: frozenset[str]) -> bool:
    """Whether any visible layer of a panel has a vector part."""
    return any(not isinstance(one, Image | Heat | Mask) for one in panel.layers if one.name not in hidden)


def _nothing(_canvas: Canvas, _layer: Any) -> None:
    """Raster layers are composed in ``compose``, words are placed in ``chips``."""


def _boxes(canvas: Canvas, layer: Boxes) -> None:
    painter = canvas.painter
    painter.setBrush(Qt.BrushStyle.NoBrush)
    colours = [canvas.look.series_color(_of(layer.colours, index, 0)) for index in range(len(layer.xyxy))]
    boxes = [QRectF(x0, y0, x1 - x0, y1 - y0) for x0, y0, x1, y1 in layer.xyxy.tolist()]
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, layer.dashed)  # straight edges are sharper without
    for box, colour in zip(boxes, colours, strict=True):
        if layer.dashed:
            painter.setPen(canvas.pen(HALO, 3.5))
            painter.drawRect(box)
            painter.setPen(canvas.pen(colour, 2.0, dashed=True))
            painter.drawRect(box)
        else:
            _frame(canvas, box, HALO, 3.5)
            _frame(canvas, box, colour, 2.0)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)


def _frame(canvas: Canvas, box: QRectF, colour: QColor, width_px: float) -> None:
    """Outline of a box as four bars: several times faster than a pen, and its corners do not overlap."""
    half = width_px * canvas.look.scale / canvas.zoom / 2
    outer, inner = box.adjusted(-half, -half, half, half), box.adjusted(half, half, -half, -half)
    fill = canvas.painter.fillRect
    if inner.width() <= 0 or inner.height() <= 0:
        fill(outer, colour)
        return
    fill(QRectF(outer.left(), outer.top(), outer.width(), 2 * half), colour)
    fill(QRectF(outer.left(), inner.bottom(), outer.width(), 2 * half), colour)
    fill(QRectF(outer.left(), inner.top(), 2 * half, inner.height()), colour)
    fill(QRectF(inner.right(), inner.top(), 2 * half, inner.height()), colour)


def _points(canvas: Canvas, layer: Points) -> None:
    painter = canvas.painter
    radius = layer.size_px * canvas.look.scale / canvas.zoom / 2
    painter.setBrush(Qt.BrushStyle.NoBrush)
    halo = canvas.pen(HALO, 3.5)
    for index, (x, y) in enumerate(layer.xy.tolist()):
        centre = QPointF(x, y)
        painter.setPen(halo)
        painter.drawEllipse(centre, radius, radius)
        painter.setPen(canvas.pen(_bright(canvas, layer.colours, index), 1.8))
        painter.drawEllipse(centre, radius, radius)


def _lines(canvas: Canvas, layer: Lines) -> None:
    """Draw lines with a dark rim. Where there are very many corners, hairlines with a shadow, which Qt draws fast."""
    painter = canvas.painter
    painter.setBrush(Qt.BrushStyle.NoBrush)
    many = sum(map(len, layer.paths)) > MANY_CORNERS
    halo = canvas.pen(HALO, 1.0 / canvas.look.scale if many else layer.width_px + 1.6)
    width = 1.0 / canvas.look.scale if many else layer.width_px
    draw = painter.drawPolygon if layer.closed else painter.drawPolyline
    for index, path in enumerate(layer.paths):
        polygon, line = _polygon(path), canvas.pen(_bright(canvas, layer.colours, index), width)
        for pen in (halo, line):  # ends where it ends: of lines that meet, each is as long as it says
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(halo)
        draw(polygon.translated(1.0 / canvas.zoom, 1.0 / canvas.zoom) if many else polygon)
        painter.setPen(line)
        draw(polygon)


def _arrows(canvas: Canvas, layer: Arrows) -> None:
    head = HEAD_PX * canvas.look.scale / canvas.zoom
    for index, (start, end) in enumerate(zip(layer.start, layer.end, strict=True)):
        canvas.painter.setPen(canvas.pen(_bright(canvas, layer.colours, index), 1.8))
        canvas.painter.drawLine(_point(start), _point(end))
        length = float(np.hypot(*(end - start)))
        if length > 0:
            along = (end - start) / length * min(head, length)
            side = np.array([-along[1], along[0]]) * 0.5
            for sign in (1, -1):
                canvas.painter.drawLine(_point(end), _point(end - along + sign * side))


def _cells(canvas: Canvas, layer: Cells) -> None:
    painter = canvas.painter
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if 0 <= layer.chosen < len(layer.values):
        x0, y0, x1, y1 = cell_box(layer, layer.chosen)
        painter.setPen(canvas.pen(canvas.look.theme.color("accent"), 2.5))
        painter.drawRect(QRectF(x0, y0, x1 - x0, y1 - y0))
    for index, mark in enumerate(layer.marks):
        if mark >= 0:
            x0, y0, x1, y1 = cell_box(layer, index)
            half = MARK_PX * canvas.look.scale / canvas.zoom / 2
            inside = QRectF(x0, y0, x1 - x0, y1 - y0).adjusted(half, half, -half, -half)
            _frame(canvas, inside, canvas.look.mark_color(mark), MARK_PX)


def _bright(canvas: Canvas, colours: tuple[int, ...], index: int) -> QColor:
    return QColor("white") if not colours else canvas.look.series_color(_of(colours, index, 0))


def _of(colours: tuple[int, ...], index: int, default: int) -> int:
    return colours[index] if index < len(colours) else default


def _point(xy: NDArray[np.float64]) -> QPointF:
    return QPointF(float(xy[0]), float(xy[1]))


def _polygon(path: NDArray[np.float64]) -> QPolygonF:
    return QPolygonF([QPointF(x, y) for x, y in path.tolist()])


PAINTERS: dict[type, Callable[[Canvas, Any], None]] = {
    Image: _nothing,
    Heat: _nothing,
    Mask: _nothing,
    Cells: _cells,
    Boxes: _boxes,
    Points: _points,
    Lines: _lines,
    Arrows: _arrows,
    Label: _nothing,
}
