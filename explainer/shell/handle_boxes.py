"""Several boxes on one picture: drawn, moved, pulled and deleted by hand."""

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter

from explainer.core.controls import Control
from explainer.core.geometry import BoxXYXY
from explainer.render.look import Look
from explainer.shell.handles import (
    ARROWS,
    CURSORS,
    GRIP,
    BoxHandle,
    BrushHandle,
    Handle,
    PointHandle,
    part_at,
    pulled,
    shifted,
)

LEAST = 4.0  # px on screen; a smaller drag is a click


class BoxesHandle(Handle):
    """Boxes over the whole picture.

    A drag on an empty place draws a box, a drag of a box moves it, of an edge or corner pulls it. A click
    chooses; ``Tab`` chooses the next, arrow keys nudge the chosen one, ``Delete`` or the right button takes
    it away.
    """

    def __init__(self, control: Control, look: Look) -> None:
        super().__init__(control, look)
        self.chosen = -1
        self._part = ""
        self._from = (0.0, 0.0)
        self._start: BoxXYXY | None = None
        self._drawn: BoxXYXY | None = None
        self.setCursor(Qt.CursorShape.CrossCursor)

    def show_value(self, value: Any, size: tuple[float, float]) -> None:
        super().show_value(value, size)
        if self.chosen >= len(value):
            self.chosen = len(value) - 1

    def boundingRect(self) -> QRectF:
        gx, gy = self.screen(GRIP)
        return QRectF(0, 0, *self.size).adjusted(-gx, -gy, gx, gy)

    def paint(self, painter: QPainter, *_: Any) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for index, box in enumerate(self.value):
            self._paint_box(painter, self._rect(box), chosen=index == self.chosen and (self._hot or self.hasFocus()))
        if self._drawn is not None:
            self._paint_box(painter, self._rect(self._drawn), chosen=True)

    def _paint_box(self, painter: QPainter, rect: QRectF, *, chosen: bool) -> None:
        accent = self.look.theme.color("accent")
        for pen in (pg.mkPen(QColor(0, 0, 0, 170), width=4), pg.mkPen(accent if chosen else QColor("white"), width=2)):
            painter.setPen(pen)
            painter.drawRect(rect)
        if chosen:
            gx, gy = self.screen(3.5)
            painter.setPen(pg.mkPen(QColor(0, 0, 0, 170), width=1))
            for corner in (rect.topLeft(), rect.topRight(), rect.bottomLeft(), rect.bottomRight()):
                painter.fillRect(QRectF(corner.x() - gx, corner.y() - gy, 2 * gx, 2 * gy), accent)

    def _rect(self, box: BoxXYXY) -> QRectF:
        width, height = self.size
        return QRectF(box.x0 * width, box.y0 * height, (box.x1 - box.x0) * width, (box.y1 - box.y0) * height)

    def _under(self, point: QPointF) -> int:
        """Box under the mouse: the chosen one first, else the one drawn last; -1 for none."""
        gx, gy = self.screen(GRIP)
        order = sorted(range(len(self.value)), key=lambda i: (i == self.chosen, i), reverse=True)
        for index in order:
            if self._rect(self.value[index]).adjusted(-gx, -gy, gx, gy).contains(point):
                return index
        return -1

    def hoverMoveEvent(self, event: Any) -> None:
        at = self._under(event.pos())
        if at < 0:
            self.setCursor(Qt.CursorShape.CrossCursor)
        else:
            self.setCursor(CURSORS[part_at(self._rect(self.value[at]), event.pos(), self.screen(GRIP))])

    def mousePressEvent(self, event: Any) -> None:
        self.setFocus()
        self.chosen = self._under(event.pos())
        self._from = self.fraction(event.pos())
        if event.button() == Qt.MouseButton.RightButton:
            self._remove()
        elif self.chosen >= 0:
            self._start = self.value[self.chosen]
            self._part = part_at(self._rect(self._start), event.pos(), self.screen(GRIP))
        else:
            self._drawn = BoxXYXY(*self._from, *self._from)
        self.update()
        event.accept()

    def mouseMoveEvent(self, event: Any) -> None:
        if self._drawn is not None:
            self._drawn = _between(self._from, self.fraction(event.pos()))
            self.update()
        elif self._start is not None:
            self._replace(self._pulled(event.pos()), dragging=True)

    def mouseReleaseEvent(self, event: Any) -> None:
        drawn, self._drawn = self._drawn, None
        start, moved = self._start, self._start is not None and self.fraction(event.pos()) != self._from
        if drawn is not None:
            rect, (sx, sy) = self._rect(_between(self._from, self.fraction(event.pos()))), self.screen(LEAST)
            if rect.width() >= sx and rect.height() >= sy:
                self.chosen = len(self.value)
                self.set_value((*self.value, _between(self._from, self.fraction(event.pos()))), dragging=False)
        elif start is not None and moved:
            self._replace(self._pulled(event.pos()), dragging=False)
        self._start = None
        self.update()

    def _pulled(self, point: QPointF) -> BoxXYXY:
        assert self._start is not None
        return pulled(self._start, self._part, self._from, self.fraction(point), self.size)

    def _replace(self, box: BoxXYXY, *, dragging: bool) -> None:
        boxes = list(self.value)
        boxes[self.chosen] = box
        self.set_value(tuple(boxes), dragging=dragging)

    def _remove(self) -> None:
        if 0 <= self.chosen < len(self.value):
            self.set_value(self.value[: self.chosen] + self.value[self.chosen + 1 :], dragging=False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._remove()
            event.accept()
        elif event.key() in ARROWS and self.chosen < 0:
            event.accept()  # nothing is chosen; the picture does not scroll either
        else:
            super().keyPressEvent(event)

    def sceneEvent(self, event: Any) -> bool:
        # Qt gives Tab to the focus chain before keyPressEvent sees it.
        if event.type() == event.Type.KeyPress and event.key() == Qt.Key.Key_Tab and self.chosen + 1 < len(self.value):
            self.chosen += 1
            self.update()
            event.accept()
            return True
        return bool(super().sceneEvent(event))

    def nudged(self, dx: float, dy: float) -> tuple[BoxXYXY, ...]:
        return tuple(shifted(box, dx, dy) if i == self.chosen else box for i, box in enumerate(self.value))


def _between(a: tuple[float, float], b: tuple[float, float]) -> BoxXYXY:
    return BoxXYXY(min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1]))


HANDLES: dict[str, type[Handle]] = {
    "point": PointHandle, "box": BoxHandle, "boxes": BoxesHandle, "strokes": BrushHandle,
}  # fmt: skip
