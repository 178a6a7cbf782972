"""One panel of the stage: a caption with the colour bar in its line, and the picture with its layers below.

The same widget serves the window and, never shown, the command line.
"""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QGraphicsItem, QWidget

from explainer.core.heroes import shown_part
from explainer.core.layers import Image, Panel, Points
from explainer.render import caption, chips, painters, probe, symbol_chip
from explainer.render.compose import busy, raster, warm
from explainer.render.look import Look
from explainer.render.measures import KEYED
from explainer.render.panel_items import Cursor, Picture, Vectors
from explainer.render.view_state import ViewState

MAX_BUFFER = 4_000_000  # pixels; beyond, Qt enlarges what we composed
Range = tuple[tuple[float, float], tuple[float, float]]


class PanelView(QWidget):
    """Shows one `Panel`; wheel zooms, drag pans, double click fits, and once more shows what was cropped.

    Bare, as in the film, it has a small caption, no bar and no words on the picture.

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
        self.bare = False
        self.setObjectName("panel")
        self._graphics = pg.GraphicsView(self, background=None)
        self._graphics.setFrameShape(pg.QtWidgets.QFrame.Shape.NoFrame)
        self._graphics.setMouseTracking(True)
        self._graphics.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # nothing to tab to as long as there is no handle
        self._graphics.viewport().installEventFilter(self)
        self._graphics.installEventFilter(self)
        self._handles: list[QGraphicsItem] = []  # what lies on the picture to be moved
        self._box = pg.ViewBox(lockAspect=True, invertY=True, enableMenu=False, defaultPadding=0.0)
        self._box.setBorder(None)
        self._graphics.setCentralItem(self._box)
        self._picture = Picture()
        self._vectors = Vectors(self._handles)
        self._box.addItem(self._picture, ignoreBounds=True)
        self._box.addItem(self._vectors, ignoreBounds=True)
        self._cursor = Cursor()
        self._cursor.setVisible(False)
        self._box.addItem(self._cursor, ignoreBounds=True)
        self._box.sigRangeChangedManually.connect(self._moved_by_hand)
        self._box.sigResized.connect(self._resized)
        self._fitted = True
        self._whole = False  # fitted to all of the panel and not to the part that is looked at first
        self._uncovered = False
        self._pressed = QPoint()
        self._composed: tuple[Any, ...] = ()
        self._said: tuple[Any, ...] = ()
        self._symbol: symbol_chip.Chip | None = None
        self._symbol_lit = False
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
        resized = self.panel is None or (self.panel.size, shown_part(self.panel)) != (panel.size, shown_part(panel))
        self.panel = panel
        self.view = view or self.view
        self.setAccessibleName(f"{panel.title}. {panel.note}")
        self._composed = ()
        if resized:
            self._fitted, self._whole = True, False
            self._place()
        self._refresh()
        said = caption.said(panel)
        if resized or (words and said != self._said):
            self._said = said
            if not resized:
                self._place()  # a longer title may need a second line
            self.update()

    def set_view(self, view: ViewState) -> None:
        """Change opacity, colour map or visibility: composes anew, computes nothing."""
        self.view = view
        self._composed = ()
        if self.panel is not None:
            self._refresh()
            self.update()

    def set_bare(self, bare: bool) -> None:
        """Be a thumb of the film, or a panel with all that belongs to it."""
        if bare != self.bare:
            self.bare = bare
            self._place()
            self.update()

    def set_uncovered(self, uncovered: bool) -> None:
        """Show the picture without anything over it, while somebody wants to see just that."""
        if uncovered != self._uncovered:
            self._uncovered = uncovered
            if self.panel is not None:
                self._refresh()

    def fit(self) -> None:
        """Show the part that is looked at first, or the whole panel where that was asked for."""
        if self.panel is None:
            return
        width, height = self.panel.size
        self._fitted = True
        self._box.setLimits(minXRange=width / 200, minYRange=height / 200, maxXRange=width * 40, maxYRange=height * 40)
        x0, y0, x1, y1 = self._part()
        self._box.setRange(QRectF(x0, y0, x1 - x0, y1 - y0), padding=0.0)

    def _part(self) -> tuple[float, float, float, float]:
        assert self.panel is not None
        return (0.0, 0.0, *self.panel.size) if self._whole else shown_part(self.panel)

    @property
    def visible_range(self) -> Range:
        """Visible part in panel pixels."""
        (x0, x1), (y0, y1) = self._box.viewRange()
        return (x0, x1), (y0, y1)

    def set_range(self, visible: Range) -> None:
        """Follow another panel's zoom."""
        (x0, x1), (y0, y1) = visible
        self._fitted = False
        self._box.setRange(QRectF(x0, y0, x1 - x0, y1 - y0), padding=0.0)
        self._refresh()

    def fit_now(self) -> None:
        """Show the part that is looked at first and compose for it at once."""
        self._whole = False
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
            port = QRectF(self._graphics.viewport().rect())
            room = port.translated(-self._box.mapViewToScene(QPointF(*at)))
            self._cursor.show_value(probe.value_at(self.panel, *at), self.look, room)
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
        """Paint without waiting for the event loop (the bench times this), once.

        The scene tells its view what changed by an event of its own; left waiting, it would have all painted again.
        """
        QCoreApplication.sendPostedEvents(self._graphics.scene(), QEvent.Type.MetaCall.value)
        QCoreApplication.sendPostedEvents(self.window(), QEvent.Type.UpdateRequest.value)

    # Composition ----------------------------------------------------------------------------------------

    def _zoom(self) -> float:
        size = self._box.viewPixelSize()
        return float(1.0 / size[0]) if size[0] > 0 else 1.0

    def _hidden(self) -> frozenset[str]:
        """Names of layers that are not drawn: those switched off, and all above the picture while it is uncovered."""
        assert self.panel is not None
        names = [layer.name for layer in self.panel.layers if not isinstance(layer, Image)]
        covered = self._uncovered and len(names) < len(self.panel.layers)
        return self.view.hidden | frozenset(names) if covered else self.view.hidden

    def _refresh(self) -> None:
        assert self.panel is not None
        width, height = self.panel.size
        zoom = self._zoom() * self.devicePixelRatioF()
        zoom = min(zoom, (MAX_BUFFER / (width * height)) ** 0.5)
        whole = max(1, round(width * zoom)), max(1, round(height * zoom))
        part = _pixels(self._part(), self.panel.size, whole) if self._fitted else (0, 0, *whole)
        view = replace(self.view, hidden=self._hidden())
        key = (id(self.panel), whole, part, view)
        if key != self._composed:
            self._composed = key
            self._compose(view, whole, part)
        shrunk = self._zoom() * self.devicePixelRatioF() * width < 0.99 * whole[0]
        self._picture.set_smooth(shrunk)
        self._vectors.setVisible(painters.draws(self.panel, view.hidden))
        self._vectors.show_panel(self.panel, self.look, view.hidden, QRectF() if self.bare else self._words_room())

    def _compose(self, view: ViewState, whole: tuple[int, int], part: tuple[int, int, int, int]) -> None:
        assert self.panel is not None
        stage = self.look.theme.color("stage")
        rgb = raster(self.panel, whole, view, (stage.red(), stage.green(), stage.blue()), part)
        across, down = self.panel.size[0] / whole[0], self.panel.size[1] / whole[1]
        self._picture.show_buffer(rgb, (part[0] * across, part[1] * down, part[2] * across, part[3] * down))
        roams = any(isinstance(layer, Points) and layer.labels for layer in self.panel.layers)
        told = roams and self._fitted and not self.bare
        self._vectors.busy = chips.Busy(np.maximum(busy(rgb), warm(self.panel, self._part()))) if told else None

    def _words_room(self) -> QRectF:
        """Where words may stand: on what is seen of the panel, in pixels of the screen."""
        assert self.panel is not None
        corner, far = (self._box.mapViewToScene(QPointF(*at)) for at in ((0, 0), self.panel.size))
        port = QRectF(self._graphics.viewport().rect())
        return QRectF(corner, far).normalized().intersected(port).adjusted(2, 2, -2, -2)

    # Geometry -------------------------------------------------------------------------------------------

    def picture_rect(self) -> QRect:
        """Where the picture lies: below the caption, as large as it goes."""
        lines = 1 if self.panel is None else len(self._title((self.width(), self.width())).lines)
        top = caption.height(self.look, bare=self.bare, lines=lines if self.bare else 1)
        width, height = max(1, self.width()), max(1, self.height() - top)
        if self.panel is not None:
            x0, y0, x1, y1 = shown_part(self.panel)
            scale = min(width / (x1 - x0), height / (y1 - y0))
            width = max(1, min(width, round((x1 - x0) * scale)))
            height = max(1, min(height, round((y1 - y0) * scale)))
        return QRect(0, top, width, height)

    def _title(self, widths: tuple[int, int]) -> caption.Setting:
        """How the title is set above a picture in a widget of these widths, beside the symbol."""
        assert self.panel is not None
        shift = self._symbol_width()
        return caption.set_in(self.panel, self.look, (widths[0] - shift, widths[1] - shift), bare=self.bare)

    def _symbol_width(self) -> int:
        """What the symbol takes of the caption's line."""
        return 0 if self._symbol is None else int(self.symbol_rect().right()) + self.look.px(8)

    def caption_width(self, panel: Panel) -> int:
        """Width in px at which the caption of a thumb, its symbol too, takes one line."""
        return self._symbol_width() + math.ceil(caption.needed(panel, self.look))

    @property
    def is_shortened(self) -> bool:
        """Whether the caption lacks a part of the title."""
        return self.panel is not None and self._title((self.picture_rect().width(), self.width())).cut

    def _tell(self) -> None:
        """Say a title that the caption has no room for in a tool tip."""
        if self.panel is not None:
            self.setToolTip(self.panel.title if self.is_shortened else "")

    def _place(self) -> None:
        self._tell()
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
            widths = self.picture_rect().width(), self.width()
            if self._symbol is not None:
                symbol_chip.draw(painter, self.symbol_rect(), self._symbol, self.look, lit=self._symbol_lit)
                shift = self._symbol_width()
                painter.translate(shift, 0)
                widths = widths[0] - shift, widths[1] - shift
            caption.paint(painter, self.look, self.panel, widths, self.view.colours, bare=self.bare)
        painter.end()

    def set_symbol(self, chip: symbol_chip.Chip | None, *, lit: bool = False) -> None:
        """Show the symbol of a formula before the caption, or none."""
        if (chip, lit) != (self._symbol, self._symbol_lit):
            moved = (chip is None) != (self._symbol is None)
            self._symbol, self._symbol_lit = chip, lit
            if moved and self.bare:
                self._place()  # the title may need a second line
            self.update()

    def symbol_rect(self) -> QRectF:
        """Where the symbol stands."""
        return symbol_chip.in_line(caption.height(self.look, bare=self.bare), self.look)

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
            self._fit_by_hand()
        return super().eventFilter(watched, event)  # type: ignore[arg-type]

    def _fit_by_hand(self) -> None:
        """Fit; where that is how it stands already, show what was cropped, or crop it again."""
        self._whole = self._fitted and not self._whole and self.panel is not None
        self.fit()
        if self.panel is not None:
            self._refresh()
        self.ranged.emit(self.visible_range if self._whole else None)

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


def _pixels(
    part: tuple[float, float, float, float], size: tuple[float, float], whole: tuple[int, int]
) -> tuple[int, int, int, int]:
    """A part of a panel of `size` in pixels of its buffer."""
    across, down = whole[0] / size[0], whole[1] / size[1]
    x0, y0 = min(whole[0] - 1, round(part[0] * across)), min(whole[1] - 1, round(part[1] * down))
    return x0, y0, max(x0 + 1, round(part[2] * across)), max(y0 + 1, round(part[3] * down))
