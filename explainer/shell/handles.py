"""Points, boxes and brushes on the picture: values of params that are moved by hand.

All handles look and behave alike: hover shows what can be dragged, the cursor tells how, arrow keys nudge by
one pixel of the picture, ``Esc`` lets go.
"""

import math
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPainterPath
from PySide6.QtWidgets import QGraphicsItem

from explainer.core.controls import AUTO, Control
from explainer.core.geometry import CENTRE, BoxXYXY, PointXY, Stroke
from explainer.render.look import Look
from explainer.shell.plain import tip

GRIP = 9.0  # px on screen
ARROWS = {
    Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1),
}  # fmt: skip
CURSORS = {
    "move": Qt.CursorShape.SizeAllCursor, "x0": Qt.CursorShape.SizeHorCursor, "x1": Qt.CursorShape.SizeHorCursor,
    "y0": Qt.CursorShape.SizeVerCursor, "y1": Qt.CursorShape.SizeVerCursor,
    "x0y0": Qt.CursorShape.SizeFDiagCursor, "x1y1": Qt.CursorShape.SizeFDiagCursor,
    "x1y0": Qt.CursorShape.SizeBDiagCursor, "x0y1": Qt.CursorShape.SizeBDiagCursor,
}  # fmt: skip


class Handle(pg.GraphicsObject):
    """Base: keeps the value, the picture's size, hover, focus and keys."""

    moved = Signal(object, bool)  # value, whether the drag goes on
    SOMEWHERE: Any = ()  # where it is, unseen, until the frame has seated it: Qt asks for its bounds all the same

    def __init__(self, control: Control, look: Look) -> None:
        super().__init__()
        self.control, self.look = control, look
        self.size = (1.0, 1.0)
        self.value: Any = self.SOMEWHERE if control.default == AUTO else control.default
        self._hot = False
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIsFocusable)
        self.setAcceptHoverEvents(True)
        self.setZValue(50)
        self.setToolTip(tip(f"{control.label}. {control.why}".strip()))

    def show_value(self, value: Any, size: tuple[float, float]) -> None:
        """Place the handle; `size` is the picture's in pixels."""
        self.prepareGeometryChange()
        self.value, self.size = value, size
        self.update()

    def nudged(self, dx: float, dy: float) -> Any:
        """Value moved by fractions of the picture."""
        raise TypeError(f"{type(self).__name__} cannot be nudged by {dx}, {dy}")

    def screen(self, pixels: float) -> tuple[float, float]:
        """Length on screen in picture pixels, along x and y."""
        box = self.getViewBox()
        if box is None:
            return pixels, pixels
        size = box.viewPixelSize()
        return pixels * size[0], pixels * size[1]

    def fraction(self, point: QPointF) -> tuple[float, float]:
        """Picture position as fractions, kept inside."""
        x = min(1.0, max(0.0, point.x() / self.size[0]))
        y = min(1.0, max(0.0, point.y() / self.size[1]))
        return x, y

    def set_value(self, value: Any, *, dragging: bool) -> None:
        self.show_value(value, self.size)
        self.moved.emit(value, dragging)

    def hoverEnterEvent(self, event: Any) -> None:
        self._hot = True
        self.update()
        event.accept()

    def hoverLeaveEvent(self, event: Any) -> None:
        self._hot = False
        self.update()
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in ARROWS:
            dx, dy = ARROWS[event.key()]
            self.set_value(self.nudged(dx / self.size[0], dy / self.size[1]), dragging=False)
            event.accept()
        elif event.key() == Qt.Key.Key_Escape:
            self.clearFocus()
            event.accept()
        else:
            event.ignore()

    def _pens(self) -> list[Any]:
        accent = self.look.theme.color("accent")
        bright = accent if self._hot or self.hasFocus() else QColor("white")
        dark = pg.mkPen(QColor(0, 0, 0, 170), width=4)
        return [dark, pg.mkPen(bright, width=2)]


class PointHandle(Handle):
    """A ring that is dragged; a click elsewhere on the picture brings it there."""

    SOMEWHERE = CENTRE

    def boundingRect(self) -> QRectF:
        rx, ry = self.screen(GRIP + 3)
        x, y = self.value[0] * self.size[0], self.value[1] * self.size[1]
        return QRectF(x - rx, y - ry, 2 * rx, 2 * ry)

    def paint(self, painter: QPainter, *_: Any) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rx, ry = self.screen(GRIP)
        centre = QPointF(self.value[0] * self.size[0], self.value[1] * self.size[1])
        for pen in self._pens():
            painter.setPen(pen)
            painter.drawEllipse(centre, rx, ry)
            painter.drawPoint(centre)

    def nudged(self, dx: float, dy: float) -> PointXY:
        return PointXY(min(1.0, max(0.0, self.value[0] + dx)), min(1.0, max(0.0, self.value[1] + dy)))

    def distance(self, x: float, y: float) -> float:
        """How far a place on the picture is, in its pixels."""
        return math.hypot(x - self.value[0] * self.size[0], y - self.value[1] * self.size[1])

    def go_to(self, x: float, y: float) -> None:
        """Jump to a place on the picture, in its pixels; outside of it nothing happens."""
        if 0 <= x <= self.size[0] and 0 <= y <= self.size[1]:
            self.set_value(PointXY(*self.fraction(QPointF(x, y))), dragging=False)
            self.setFocus()

    def mousePressEvent(self, event: Any) -> None:
        self.setFocus()
        event.accept()

    def mouseMoveEvent(self, event: Any) -> None:
        self.set_value(PointXY(*self.fraction(event.pos())), dragging=True)

    def mouseReleaseEvent(self, event: Any) -> None:
        self.set_value(PointXY(*self.fraction(event.pos())), dragging=False)


class BoxHandle(Handle):
    """A box with edges and corners to pull; inside it is moved."""

    SOMEWHERE = BoxXYXY(0.0, 0.0, 1.0, 1.0)

    def __init__(self, control: Control, look: Look) -> None:
        super().__init__(control, look)
        self._part = ""
        self._from = (0.0, 0.0)
        self._start: BoxXYXY | None = None

    def _rect(self) -> QRectF:
        x0, y0, x1, y1 = self.value
        width, height = self.size
        return QRectF(x0 * width, y0 * height, (x1 - x0) * width, (y1 - y0) * height)

    def boundingRect(self) -> QRectF:
        gx, gy = self.screen(GRIP)
        return self._rect().adjusted(-gx, -gy, gx, gy)

    def shape(self) -> QPainterPath:
        path = QPainterPath()
        path.addRect(self.boundingRect())
        return path

    def paint(self, painter: QPainter, *_: Any) -> None:
        rect = self._rect()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self.control.resets and not (self._hot or self.hasFocus()):
            # Where it began; what moves since then is the demo's to draw.
            painter.setPen(pg.mkPen(QColor(255, 255, 255, 190), width=1.2, style=Qt.PenStyle.DashLine))
            painter.drawRect(rect)
            return
        for pen in self._pens():
            painter.setPen(pen)
            painter.drawRect(rect)
        gx, gy = self.screen(3.5)
        painter.setPen(pg.mkPen(QColor(0, 0, 0, 170), width=1))
        painter.setBrush(self.look.theme.color("accent") if self._hot or self.hasFocus() else QColor("white"))
        for corner in (rect.topLeft(), rect.topRight(), rect.bottomLeft(), rect.bottomRight()):
            painter.drawRect(QRectF(corner.x() - gx, corner.y() - gy, 2 * gx, 2 * gy))

    def _part_at(self, point: QPointF) -> str:
        return part_at(self._rect(), point, self.screen(GRIP))

    def hoverMoveEvent(self, event: Any) -> None:
        self.setCursor(CURSORS[self._part_at(event.pos())])

    def mousePressEvent(self, event: Any) -> None:
        self.setFocus()
        self._part, self._from, self._start = self._part_at(event.pos()), self.fraction(event.pos()), self.value
        event.accept()

    def mouseMoveEvent(self, event: Any) -> None:
        self.set_value(self._pulled(event.pos()), dragging=True)

    def mouseReleaseEvent(self, event: Any) -> None:
        self.set_value(self._pulled(event.pos()), dragging=False)

    def _pulled(self, point: QPointF) -> BoxXYXY:
        assert self._start is not None
        return pulled(self._start, self._part, self._from, self.fraction(point), self.size)

    def nudged(self, dx: float, dy: float) -> BoxXYXY:
        return shifted(self.value, dx, dy)


def part_at(rect: QRectF, point: QPointF, grip: tuple[float, float]) -> str:
    """Which edge or corner of `rect` lies under `point`: ``"x0y1"``, ``"x1"``, …, or ``"move"``."""
    gx, gy = grip
    x = "x0" if abs(point.x() - rect.left()) < gx else "x1" if abs(point.x() - rect.right()) < gx else ""
    y = "y0" if abs(point.y() - rect.top()) < gy else "y1" if abs(point.y() - rect.bottom()) < gy else ""
    return x + y or "move"


def pulled(
    start: BoxXYXY, part: str, began: tuple[float, float], now: tuple[float, float], size: tuple[float, float]
) -> BoxXYXY:
    """Box after a drag of one of its parts from `began` to `now`; at least two pixels of the picture wide."""
    if part == "move":
        return shifted(start, now[0] - began[0], now[1] - began[1])
    least = (2 / size[0], 2 / size[1])
    edges = start._asdict()
    if "x0" in part:
        edges["x0"] = min(now[0], start.x1 - least[0])
    if "x1" in part:
        edges["x1"] = max(now[0], start.x0 + least[0])
    if "y0" in part:
        edges["y0"] = min(now[1], start.y1 - least[1])
    if "y1" in part:
        edges["y1"] = max(now[1], start.y0 + least[1])
    return BoxXYXY(**{name: min(1.0, max(0.0, value)) for name, value in edges.items()})


def shifted(box: BoxXYXY, dx: float, dy: float) -> BoxXYXY:
    dx = min(1.0 - box.x1, max(-box.x0, dx))
    dy = min(1.0 - box.y1, max(-box.y0, dy))
    return BoxXYXY(box.x0 + dx, box.y0 + dy, box.x1 + dx, box.y1 + dy)


class BrushHandle(Handle):
    """A brush over the whole picture.

    Right button or ``Delete`` takes the last stroke back; ``[`` and ``]`` make the brush smaller and larger.
    """

    RADIUS, SMALLEST, LARGEST, GROWTH = 0.03, 0.004, 0.25, 1.25  # shares of the picture's width

    def __init__(self, control: Control, look: Look) -> None:
        super().__init__(control, look)
        self.radius = self.RADIUS
        self._stroke: list[PointXY] = []
        self._at: QPointF | None = None  # where the mouse is, for the ring that shows the brush's size
        self.setCursor(Qt.CursorShape.CrossCursor)

    def boundingRect(self) -> QRectF:
        return QRectF(0, 0, *self.size)

    def paint(self, painter: QPainter, *_: Any) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width, height = self.size
        drawn = [*self.value, Stroke(tuple(self._stroke), self.radius)] if self._stroke else self.value
        for stroke in drawn:
            pen = pg.mkPen(QColor(255, 255, 255, 60), width=2 * stroke.radius * width, cosmetic=False)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            points = [QPointF(p[0] * width, p[1] * height) for p in stroke.points]
            painter.drawPoint(points[0]) if len(points) == 1 else painter.drawPolyline(points)
        if self._at is not None and self._hot:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for pen in self._pens():
                painter.setPen(pen)
                painter.drawEllipse(self._at, self.radius * width, self.radius * width)

    def hoverMoveEvent(self, event: Any) -> None:
        self._at = event.pos()
        self.update()

    def mousePressEvent(self, event: Any) -> None:
        self.setFocus()
        if event.button() == Qt.MouseButton.RightButton:
            self._take_back()
        else:
            self._stroke = [PointXY(*self.fraction(event.pos()))]
        event.accept()

    def mouseMoveEvent(self, event: Any) -> None:
        if self._stroke:
            self._stroke.append(PointXY(*self.fraction(event.pos())))
            self.update()

    def mouseReleaseEvent(self, _event: Any) -> None:
        if self._stroke:
            value = (*self.value, Stroke(tuple(self._stroke), self.radius))
            self._stroke = []
            self.set_value(value, dragging=False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        sizes = {Qt.Key.Key_BracketLeft: 1 / self.GROWTH, Qt.Key.Key_BracketRight: self.GROWTH}
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._take_back()
            event.accept()
        elif event.key() in sizes:
            self.radius = min(self.LARGEST, max(self.SMALLEST, self.radius * sizes[event.key()]))
            self.update()
            event.accept()
        else:
            super().keyPressEvent(event)

    def nudged(self, dx: float, dy: float) -> tuple[Stroke, ...]:
        moved = [
            Stroke(tuple(PointXY(_unit(x + dx), _unit(y + dy)) for x, y in s.points), s.radius) for s in self.value
        ]
        return tuple(moved)

    def _take_back(self) -> None:
        if self.value:
            self.set_value(self.value[:-1], dragging=False)


def _unit(value: float) -> float:
    return min(1.0, max(0.0, value))
