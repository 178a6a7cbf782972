"""One panel of the stage: a picture with its layers, a title above and a colour bar beside it.

The same widget serves the window and, never shown, the command line.
"""

from typing import Any

import cv2
import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFontMetricsF,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
    QTransform,
)
from PySide6.QtWidgets import QGraphicsItem, QGraphicsPixmapItem, QStyleOptionGraphicsItem, QWidget

from explainer.core.layers import Panel
from explainer.render import colours, painters, probe
from explainer.render.compose import raster
from explainer.render.look import Look
from explainer.render.measures import BAR_ROOM, BAR_WIDTH, GAP, HEADER, KEYED, bar_of, short
from explainer.render.view_state import ViewState

MAX_BUFFER = 4_000_000  # pixels; beyond, Qt enlarges what we composed


class _Picture(QGraphicsPixmapItem):
    """The composed buffer. Qt paints it without a call of Python, which would have to wait for the interpreter."""

    def __init__(self) -> None:
        super().__init__()
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.setShapeMode(QGraphicsPixmapItem.ShapeMode.BoundingRectShape)

    def show_buffer(self, rgb: NDArray[np.uint8], size: tuple[float, float]) -> None:
        pixels = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGRA), np.uint8)
        height, width = rgb.shape[:2]
        # Opaque 32-bit pixels are copied as they are.
        image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32)
        self.setPixmap(QPixmap.fromImage(image.copy()))
        self.setTransform(QTransform.fromScale(size[0] / width, size[1] / height))

    def set_smooth(self, smooth: bool) -> None:
        """Whether pixels run into one another; they do not where the picture is enlarged."""
        mode = Qt.TransformationMode.SmoothTransformation if smooth else Qt.TransformationMode.FastTransformation
        if mode != self.transformationMode():
            self.setTransformationMode(mode)


class _Vectors(pg.GraphicsObject):
    """All vector layers of a panel as one item."""

    def __init__(self) -> None:
        super().__init__()
        self.panel: Panel | None = None
        self.look: Look | None = None
        self.hidden: frozenset[str] = frozenset()

    def show_panel(self, panel: Panel, look: Look, hidden: frozenset[str]) -> None:
        self.prepareGeometryChange()
        self.panel, self.look, self.hidden = panel, look, hidden
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
        for layer in self.panel.layers:
            if layer.name not in self.hidden:
                painters.paint(canvas, layer)


class _Cursor(pg.GraphicsObject):
    """Ring at the shared cursor and a bubble with the value under it; constant size on screen."""

    def __init__(self) -> None:
        super().__init__()
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIgnoresTransformations)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.setZValue(100)
        self.text = ""
        self.look: Look | None = None

    def show_value(self, text: str, look: Look) -> None:
        self.prepareGeometryChange()
        self.text, self.look = text, look
        self.update()

    def boundingRect(self) -> QRectF:
        return QRectF(-8, -8, 220, 60)

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
        bubble = QRectF(10, 8, width, look.px(20))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(20, 20, 22, 225))
        painter.drawRoundedRect(bubble, 4, 4)
        painter.setPen(QColor("white"))
        painter.drawText(bubble, Qt.AlignmentFlag.AlignCenter, self.text)


class PanelView(QWidget):
    """Shows one `Panel`; wheel zooms, drag pans, double click fits.

    Signals
    -------
    hovered
        ``(x, y)`` in panel pixels, or ``None`` when the cursor has left.
    picked
        The change of params that the clicked item carries.
    clicked
        ``(x, y)`` in panel pixels of a click that hit no such item and no handle.
    ranged
        The visible range changed by hand: ``((x0, x1), (y0, y1))`` in panel pixels.
    """

    hovered = Signal(object)
    picked = Signal(object)
    clicked = Signal(object)
    ranged = Signal(object)

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.look = look
        self.panel: Panel | None = None
        self.view = ViewState()
        self.room_for_bar = True
        self._graphics = pg.GraphicsView(self, background=None)
        self._graphics.setFrameShape(pg.QtWidgets.QFrame.Shape.NoFrame)
        self._graphics.setMouseTracking(True)
        self._graphics.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # nothing to tab to as long as there is no handle
        self._graphics.viewport().installEventFilter(self)
        self._graphics.installEventFilter(self)
        self._handles: list[QGraphicsItem] = []
        self._box = pg.ViewBox(lockAspect=True, invertY=True, enableMenu=False, defaultPadding=0.0)
        self._box.setBorder(None)
        self._graphics.setCentralItem(self._box)
        self._picture = _Picture()
        self._vectors = _Vectors()
        self._box.addItem(self._picture, ignoreBounds=True)
        self._box.addItem(self._vectors, ignoreBounds=True)
        self._cursor = _Cursor()
        self._cursor.setVisible(False)
        self._box.addItem(self._cursor, ignoreBounds=True)
        self._box.sigRangeChangedManually.connect(self._moved_by_hand)
        self._box.sigResized.connect(self._resized)
        self._fitted = True
        self._pressed = QPoint()
        self._composed: tuple[Any, ...] = ()
        self._said: tuple[Any, ...] = ()
        self.set_look(look)

    # What is shown --------------------------------------------------------------------------------------

    def set_look(self, look: Look) -> None:
        """Take another theme or type scale."""
        self.look = look
        self._graphics.setBackground(look.theme.color("stage"))
        self._composed = ()
        self._place()
        if self.panel is not None:
            self._refresh()
        self.update()

    def show_panel(self, panel: Panel, view: ViewState | None = None, *, words: bool = True) -> None:
        """Show another panel; zoom is kept while its size stays the same.

        With `words` false title, note and the numbers at the bar may wait for the next call: a film changes
        them faster than anybody reads.
        """
        resized = self.panel is None or self.panel.size != panel.size
        self.panel = panel
        self.view = view or self.view
        self.setAccessibleName(f"{panel.title}. {panel.note}")
        self._composed = ()
        if resized:
            self._fitted = True
            self._place()
        self._refresh()
        bar = bar_of(panel)
        said = (panel.title, panel.note, bar and (short(bar.lo), short(bar.hi), bar.colours))
        if resized or (words and said != self._said):
            self._said = said
            self.update()

    def set_view(self, view: ViewState) -> None:
        """Change opacity, colour map or visibility: composes anew, computes nothing."""
        self.view = view
        self._composed = ()
        if self.panel is not None:
            self._refresh()
            self.update()

    def fit(self) -> None:
        """Show the whole panel."""
        if self.panel is None:
            return
        width, height = self.panel.size
        self._fitted = True
        self._box.setLimits(minXRange=width / 200, minYRange=height / 200, maxXRange=width * 40, maxYRange=height * 40)
        self._box.setRange(QRectF(0, 0, width, height), padding=0.0)

    @property
    def visible_range(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Visible part in panel pixels."""
        (x0, x1), (y0, y1) = self._box.viewRange()
        return (x0, x1), (y0, y1)

    def set_range(self, visible: tuple[tuple[float, float], tuple[float, float]]) -> None:
        """Follow another panel's zoom."""
        (x0, x1), (y0, y1) = visible
        self._fitted = False
        self._box.setRange(QRectF(x0, y0, x1 - x0, y1 - y0), padding=0.0)
        self._refresh()

    def fit_now(self) -> None:
        """Show the whole panel and compose for it at once."""
        self.fit()
        if self.panel is not None:
            self._refresh()

    def set_mirrored(self, mirrored: bool) -> None:
        """Show the picture as in a mirror; values, layers and handles keep their true coordinates."""
        if mirrored != self._box.xInverted():
            self._box.invertX(mirrored)

    def set_cursor(self, at: tuple[float, float] | None) -> None:
        """Show the shared cursor at panel point `at` with the value under it."""
        self._cursor.setVisible(at is not None and self.panel is not None)
        if at is not None and self.panel is not None:
            self._cursor.show_value(probe.value_at(self.panel, *at), self.look)
            self._cursor.setPos(*at)

    def to_panel(self, position: QPointF) -> tuple[float, float]:
        """Map a position in the graphics viewport to panel pixels."""
        point = self._box.mapSceneToView(position)
        return point.x(), point.y()

    def add_handle(self, item: QGraphicsItem) -> None:
        """Put a handle on the picture, above all layers."""
        self._box.addItem(item, ignoreBounds=True)
        self._handles.append(item)
        self._graphics.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def remove_handle(self, item: QGraphicsItem) -> None:
        """Take a handle away."""
        self._box.removeItem(item)
        self._handles.remove(item)
        self._graphics.setFocusPolicy(Qt.FocusPolicy.StrongFocus if self._handles else Qt.FocusPolicy.ClickFocus)

    def paint_now(self) -> None:
        """Paint without waiting for the event loop (the bench times this)."""
        self._graphics.viewport().repaint()

    # Composition ----------------------------------------------------------------------------------------

    def _zoom(self) -> float:
        size = self._box.viewPixelSize()
        return float(1.0 / size[0]) if size[0] > 0 else 1.0

    def _refresh(self) -> None:
        assert self.panel is not None
        width, height = self.panel.size
        zoom = self._zoom() * self.devicePixelRatioF()
        zoom = min(zoom, (MAX_BUFFER / (width * height)) ** 0.5)
        target = max(1, round(width * zoom)), max(1, round(height * zoom))
        key = (id(self.panel), target, self.view)
        if key != self._composed:
            self._composed = key
            stage = self.look.theme.color("stage")
            rgb = raster(self.panel, target, self.view, (stage.red(), stage.green(), stage.blue()))
            self._picture.show_buffer(rgb, (width, height))
        enlarged = self._zoom() * self.devicePixelRatioF() * width > 1.02 * self._picture.pixmap().width()
        self._picture.set_smooth(not enlarged)
        self._vectors.setVisible(painters.draws(self.panel, self.view.hidden))
        self._vectors.show_panel(self.panel, self.look, self.view.hidden)

    # Geometry -------------------------------------------------------------------------------------------

    def picture_rect(self) -> QRect:
        """Where the picture may lie: below the title, left of the room for the colour bar."""
        top = self.look.px(HEADER)
        right = self.look.px(BAR_ROOM) if self.room_for_bar else 0
        width, height = max(1, self.width() - right), max(1, self.height() - top)
        if self.panel is not None:
            scale = min(width / self.panel.size[0], height / self.panel.size[1])
            width = max(1, min(width, round(self.panel.size[0] * scale)))
            height = max(1, min(height, round(self.panel.size[1] * scale)))
        return QRect(0, top, width, height)

    def set_room_for_bar(self, room: bool) -> None:
        """Keep room on the right although this panel has no map, so that all panels share one scale."""
        if room != self.room_for_bar:
            self.room_for_bar = room
            self._place()
            self.update()

    def _place(self) -> None:
        self._graphics.setGeometry(self.picture_rect())
        if self._fitted:
            self.fit()
        if self.panel is not None:
            self._refresh()

    def _resized(self) -> None:
        """The picture's room has its size at last: Qt holds resizing back as long as a widget is hidden."""
        if self._fitted:
            self.fit()
        if self.panel is not None:
            self._refresh()

    def _moved_by_hand(self, *_: object) -> None:
        self._fitted = False
        if self.panel is not None:
            self._refresh()
        self.ranged.emit(self.visible_range)

    # Qt -------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.look.theme.color("stage"))
        if self.panel is not None:
            self._paint_header(painter, self.panel)
            bar = bar_of(self.panel)
            if bar is not None and self.room_for_bar:
                self._paint_bar(painter, bar)
        painter.end()

    def _paint_header(self, painter: QPainter, panel: Panel) -> None:
        look = self.look
        bold, plain = look.font("small", bold=True), look.font("small")
        gap = look.px(12)
        wanted = QFontMetricsF(bold).horizontalAdvance(panel.title) + gap
        wanted += QFontMetricsF(plain).horizontalAdvance(panel.note)
        # Over the picture, and over the room for the bar too where the words need it.
        right = max(self.picture_rect().width(), min(float(self.width()), wanted + 1))
        line = QRectF(0, 0, right, look.px(HEADER - GAP))
        painter.setFont(bold)
        painter.setPen(look.theme.color("text"))
        title = QFontMetricsF(bold).elidedText(panel.title, Qt.TextElideMode.ElideRight, right)
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, title)
        used = QFontMetricsF(bold).horizontalAdvance(title) + gap
        painter.setFont(plain)
        painter.setPen(look.theme.color("muted"))
        note = QFontMetricsF(plain).elidedText(panel.note, Qt.TextElideMode.ElideRight, max(0.0, right - used))
        painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, note)

    def _paint_bar(self, painter: QPainter, heat: Any) -> None:
        look, place = self.look, self._picture_on_widget()
        left = place.right() + look.px(GAP)
        bar = QRectF(left, place.top(), look.px(BAR_WIDTH), max(24.0, place.height()))
        table = colours.table(heat.colours, self.view.colours)[::-1]
        strip = np.ascontiguousarray(table[:, None, :])
        image = QImage(strip.data, 1, 256, 3, QImage.Format.Format_RGB888)
        painter.drawImage(bar, image)
        painter.setFont(look.font("small", figures=True))
        painter.setPen(look.theme.color("muted"))
        ends = [(heat.hi, bar.top()), (heat.lo, bar.bottom() - look.px(14))]
        if heat.colours == "diverging":
            ends.insert(1, (0.0, bar.center().y() - look.px(7)))
        for value, top in ends:
            box = QRectF(bar.right() + look.px(3), top, look.px(40), look.px(14))
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, short(value))

    def _picture_on_widget(self) -> QRectF:
        """Where the whole panel lies on this widget, clipped to the picture's room."""
        assert self.panel is not None
        room = QRectF(self.picture_rect())
        corner = self._box.mapViewToScene(QPointF(0, 0))
        far = self._box.mapViewToScene(QPointF(*self.panel.size))
        return QRectF(corner, far).normalized().translated(room.topLeft()).intersected(room)  # it may be mirrored

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        kind = event.type()
        if watched is self._graphics:
            if kind == QEvent.Type.FocusIn and isinstance(event, QFocusEvent) and event.reason() in KEYED:
                self._focus_handle()
        elif kind == QEvent.Type.MouseMove and isinstance(event, QMouseEvent):
            self.hovered.emit(self.to_panel(event.position()))
        elif kind == QEvent.Type.Leave:
            self.hovered.emit(None)
        elif kind == QEvent.Type.MouseButtonPress and isinstance(event, QMouseEvent):
            self._pressed = event.position().toPoint()
        elif kind == QEvent.Type.MouseButtonRelease and isinstance(event, QMouseEvent):
            self._click(event.position())
        elif kind == QEvent.Type.MouseButtonDblClick:
            self.fit_now()
            self.ranged.emit(None)
        return super().eventFilter(watched, event)  # type: ignore[arg-type]

    def _focus_handle(self) -> None:
        """Who comes by ``Tab`` wants to move what can be moved here."""
        if self._handles and self._graphics.scene().focusItem() is None:
            self._handles[0].setFocus()

    def _click(self, position: QPointF) -> None:
        if self.panel is None or (position.toPoint() - self._pressed).manhattanLength() > 4:
            return
        at = self.to_panel(position)
        found = probe.sets_at(self.panel, *at, reach=10 / self._zoom())
        if found is not None:
            self.picked.emit(dict(found))
        elif not any(item.contains(item.mapFromParent(QPointF(*at))) for item in self._handles):
            self.clicked.emit(at)
