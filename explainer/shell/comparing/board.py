"""The pictures of a comparison, over the stage's own: wiped, in turn, side by side, or subtracted."""

from __future__ import annotations  # names of types that are loaded later

from dataclasses import replace
from typing import Any

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, QTimer
from PySide6.QtGui import QFontMetrics, QMouseEvent, QPainter, QPaintEvent, QPen, QRegion, QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QCheckBox, QHBoxLayout, QPushButton, QSlider, QVBoxLayout, QWidget

from explainer.core.comparing import Scale
from explainer.core.heroes import aspect
from explainer.render import caption
from explainer.render.look import Look
from explainer.shell import motion
from explainer.shell.comparing import sides
from explainer.shell.comparing.labels import Badge, Legend, SideLine
from explainer.shell.comparing.places import (
    BESIDE,
    BLINK,
    DIFFERENCE,
    LEAST_ALONE,
    LEAST_ASIDE,
    WIPE,
    Measures,
    Places,
    places,
)
from explainer.shell.comparing.sides import Side
from explainer.shell.plain import Words

MODES = ("Wipe", "Blink", "Side by side", "Difference")
SHORT = ("Wipe", "Blink", "Beside", "B − A")
LEAST_HIGH = 440  # px at type scale 1 below which only what the difference means is written
MOVED = (QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.Show, QEvent.Type.Hide, QEvent.Type.LayoutRequest)
BLINK_MS = 400  # half of the period
EDGE_STEPS = 100
GAP, LEGEND, INSET, GRIP = 12, 30, 8, 30  # px at type scale 1


class Edge(QWidget):
    """The line between A and B; the mouse drags it."""

    def __init__(self, board: CompareBoard) -> None:
        super().__init__(board.pictures)
        self._board = board
        self.setCursor(Qt.CursorShape.SplitHCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._board.drag_to(self.mapToParent(event.position().toPoint()).x())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, look = QPainter(self), self._board.look
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle, grip = self.rect().center(), look.px(GRIP) // 2 - 1
        painter.fillRect(middle.x() - 1, 0, 3, self.height(), Qt.GlobalColor.white)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(Qt.GlobalColor.white)
        painter.drawEllipse(middle, grip, grip)
        painter.setPen(QPen(Qt.GlobalColor.black, max(1.5, 1.5 * look.scale)))
        tip, long = look.px(9), look.px(4)
        for way in (-1, 1):
            point = middle + QPoint(way * tip, 0)
            painter.drawLine(point, point + QPoint(-way * long, -long))
            painter.drawLine(point, point + QPoint(-way * long, long))
        painter.end()


class CompareBoard(QWidget):
    """Shows two sides over the stage, above its play bar and network strip."""

    def __init__(self, look: Look, stage: QWidget) -> None:
        from explainer.render.panel_view import PanelView  # brings pyqtgraph, which the window does not wait for

        super().__init__(stage)
        self.look, self._stage = look, stage
        self.setAccessibleName("Comparison")
        self.setAutoFillBackground(True)
        self.mode, self._beside = WIPE, False
        self._a: Side | None = None
        self._b: Side | None = None
        self._places, self._scaled = Places(), True
        self._said = [("", "")]
        self.meaning, self.more = Words(wordWrap=True), Words(wordWrap=True)
        self.meaning.setProperty("role", "title")
        self.more.setProperty("role", "muted")
        self.pictures = QWidget()
        self.views = [PanelView(look, self.pictures) for _ in range(3)]
        self.alone = [PanelView(look, self.pictures) for _ in range(2)]
        for view in self.alone:
            view.set_bare(True)
        for view in (*self.views, *self.alone):
            view.ranged.connect(lambda visible, view=view: self._share(view, visible))
        self.lines = [SideLine(letter, look, self.pictures) for letter in ("A", "B", "")]
        self.badges = [Badge(letter, look, self.pictures) for letter in "ABAB"]  # the last two on those alone
        self.legend = Legend(look, self.pictures)
        self.edge = Edge(self)
        self._blink = QTimer(self, interval=BLINK_MS)
        self._blink.timeout.connect(self.turn)
        self._build()
        stage.installEventFilter(self)

    def _build(self) -> None:
        self.buttons = QButtonGroup(self)
        row = QHBoxLayout()
        for index, name in enumerate(MODES):
            button = QPushButton(name, checkable=True)
            self.buttons.addButton(button, index)
            row.addWidget(button)
        self.buttons.button(WIPE).setChecked(True)
        self.buttons.idClicked.connect(self.choose)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, EDGE_STEPS)
        self.slider.setValue(EDGE_STEPS // 2)
        self.slider.setAccessibleName("Edge between A and B")
        self.slider.valueChanged.connect(self._cut)
        self.next = QPushButton("The other")
        self.next.clicked.connect(self.turn)
        self.one_scale = QCheckBox("One scale")
        self.one_scale.setToolTip("Subtract the maps as they are, and not each over its own peak")
        self.one_scale.toggled.connect(self._show)
        self.setFocusProxy(self.slider)  # arrows move the edge at once
        for extra in (self.slider, self.next, self.one_scale):
            row.addWidget(extra)
        row.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 8)
        column.setSpacing(6)
        column.addWidget(self.meaning)
        column.addWidget(self.more)
        column.addWidget(self.pictures, 1)
        column.addLayout(row)

    def set_look(self, look: Look) -> None:
        """Wear another theme or size of type."""
        self.look = look
        shade = self.palette()
        shade.setColor(self.backgroundRole(), look.theme.color("stage"))
        self.setPalette(shade)
        for view in (*self.views, *self.alone):
            view.set_look(look)
        for part in (*self.lines, *self.badges, self.legend):
            part.look = look
            part.update()
        self._place()

    def show_sides(self, a: Side, b: Side) -> None:
        """Show two sides."""
        self._a, self._b = a, b
        self.fill()  # another demo may have another strip
        self._show()

    def choose(self, mode: int) -> None:
        """Show them another way."""
        self.mode, self._beside = mode, False
        self.buttons.button(mode).setChecked(True)
        self._show()

    def turn(self) -> None:
        """Show the other one of the two."""
        self._beside = not self._beside
        self._reveal()

    def drag_to(self, x: int) -> None:
        """Have the edge at a place of the pictures."""
        at = self._seen(0)
        self.slider.setValue(round(EDGE_STEPS * (x - at.left()) / max(1, at.width())))

    # What is shown --------------------------------------------------------------------------------------

    def _show(self) -> None:
        a, b = self._a, self._b
        if a is None or b is None or a.hero is None or b.hero is None:
            return
        scale: Scale = "one scale" if self.one_scale.isChecked() else "own peaks"
        found, over = sides.difference(a, b, scale), sides.may_overlay(a, b)
        for mode, can in ((WIPE, over), (BLINK, over), (DIFFERENCE, found.panel is not None)):
            self.buttons.button(mode).setEnabled(can)
        if not self.buttons.button(self.mode).isEnabled():
            self.mode = BESIDE
            self.buttons.button(BESIDE).setChecked(True)
        self.meaning.setText(found.words)
        self.more.setText(found.more)
        self._fit_words()
        self.legend.show_ends(found.ends, found.limit, found.unit)
        if found.panel is not None:
            self.lines[2].show_side(replace(found.panel, layers=()), found.panel.title)
        self._scaled = found.ends == sides.MAPS
        for view, panel in zip(self.views, (a.hero, b.hero, found.panel), strict=True):
            if panel is not None:
                view.show_panel(panel)
        self._said = sides.said(a, b)
        for view, hero in zip(self.alone, (a.hero, b.hero), strict=True):
            view.show_panel(hero)
        self._place()

    def _place(self) -> None:
        """Lay the pictures out as the way of showing asks."""
        a, room, px = self._a, self.pictures.rect(), self.look.px
        if a is None or a.hero is None:
            return
        measures = Measures(
            caption.height(self.look, bare=False), px(LEGEND), px(GAP), px(LEAST_ASIDE), px(LEAST_ALONE)
        )
        subtracted = self.buttons.button(DIFFERENCE).isEnabled()
        mode, shape = self.mode, aspect(a.hero)
        found = places(mode, room.width(), room.height(), shape, measures, subtracted=subtracted)
        self._places = found
        below = 0 if found.difference is None else measures.legend
        for view, place in zip(self.views, (found.a, found.b, found.difference), strict=True):
            if place is not None:
                view.setGeometry(place.adjusted(0, 0, 0, -below if place is found.difference else 0))
        for view, place in zip(self.alone, found.alone or (), strict=False):
            view.setGeometry(place)
        if found.difference is not None:
            seen = self._seen(2)
            self.legend.setGeometry(seen.left(), seen.bottom() + 1, seen.width(), measures.legend)
            high = measures.caption
            self.lines[2].setGeometry(seen.left(), seen.top() - high, found.difference.width(), high)
        self._place_words()
        self._reveal()

    def _place_words(self) -> None:
        """Put lines above A and B, and badges in their corners."""
        high, inset = caption.height(self.look, bare=False), self.look.px(INSET)
        over = self.mode in (WIPE, BLINK)
        for index, line in enumerate(self.lines[:2]):
            seen = self._seen(index)
            half = seen.width() // 2 if over else 0
            left = seen.left() + index * half
            wide = half if over and not index else self.views[index].geometry().right() + 1 - left
            line.setGeometry(left, seen.top() - high, wide, high)
            size = self.badges[index].sizeHint()
            right = seen.right() + 1 - inset - size.width() if index and self.mode == WIPE else seen.left() + inset
            self.badges[index].setGeometry(QRect(QPoint(right, seen.top() + inset), size))
        self._name_sides()
        for mark, view in zip(self.badges[2:], self.alone, strict=True):
            corner = view.geometry().topLeft() + view.picture_rect().topLeft()
            mark.setGeometry(QRect(corner + QPoint(inset // 2, inset // 2), self.badges[0].sizeHint()))

    def _name_sides(self) -> None:
        """Write at both pictures the longest names that fit at both; half a setting would be a wrong one."""
        lines = self.lines[:2]
        fitting = (two for two in self._said if all(line.fits(text) for line, text in zip(lines, two, strict=True)))
        names = next(fitting, None)
        for line, side, text in zip(lines, (self._a, self._b), names or self._said[0], strict=True):
            line.worded = names is not None
            if side is not None and side.hero is not None:
                line.show_side(side.hero, text)

    def _reveal(self) -> None:
        """Show what belongs to the way of showing, and of what blinks only the one."""
        found, blinks = self._places, self.mode == BLINK
        seen = [place is not None for place in (found.a, found.b)]
        if blinks:
            seen[not self._beside] = False
        for index, visible in enumerate(seen):
            self.views[index].setVisible(visible)
            self.lines[index].setVisible((found.a, found.b)[index] is not None)
            self.lines[index].setEnabled(visible)
            self.badges[index].setVisible(visible)
        self.views[2].setVisible(found.difference is not None)
        for part in (self.lines[2], self.legend):
            part.setVisible(found.difference is not None)
        for part in (*self.alone, *self.badges[2:]):
            part.setVisible(found.alone is not None)
        self.slider.setVisible(self.mode == WIPE)
        self.next.setVisible(blinks)
        self.one_scale.setVisible(found.difference is not None and self._scaled)
        for part in (*self.lines, *self.badges):
            part.raise_()
        self._fit_row()
        self._cut()
        runs = blinks and self.isVisible() and not motion.reduced()
        if runs != self._blink.isActive():
            self._blink.start() if runs else self._blink.stop()

    def _fit_row(self) -> None:
        """Use short names where the whole ones do not fit, and leave the scale to wider windows."""
        extras = [part for part in (self.slider, self.next, self.one_scale) if not part.isHidden()]
        room, gap = self.pictures.width(), self.layout().spacing()
        for names, left_out in ((MODES, None), (SHORT, None), (SHORT, self.one_scale)):
            for index, name in enumerate(names):
                self.buttons.button(index).setText(name)
            parts = [*self.buttons.buttons(), *(part for part in extras if part is not left_out)]
            if sum(part.sizeHint().width() + gap for part in parts) <= room:
                break
        if left_out is not None:
            left_out.hide()

    def _fit_words(self) -> None:
        """Write what the difference means as large as two lines allow, and the rest where pictures keep their room."""
        room = QRect(0, 0, max(1, self.pictures.width()), self.height())
        for size in ("title", "base", "caption"):
            metrics = QFontMetrics(self.look.font(size, bold=True))
            tall = metrics.boundingRect(room, Qt.TextFlag.TextWordWrap, self.meaning.text()).height()
            if tall <= 2 * metrics.lineSpacing() + 2:
                break
        self.meaning.setStyleSheet(f"font-size: {self.look.font(size).pixelSize()}px")
        self.more.setVisible(bool(self.more.text()) and self.height() > self.look.px(LEAST_HIGH))

    def _seen(self, index: int) -> QRect:
        """Where the picture of a view lies."""
        view = self.views[index]
        return view.picture_rect().translated(view.geometry().topLeft())

    def _cut(self) -> None:
        """Let B be seen right of the edge only."""
        second, wipes = self.views[1], self.mode == WIPE
        self.edge.setVisible(wipes)
        if not wipes:
            second.clearMask()
            return
        at, inside = self._seen(0), self.views[0].picture_rect()
        x = round(at.width() * self.slider.value() / EDGE_STEPS)
        second.setMask(QRegion(inside.adjusted(min(x, at.width() - 1), 0, 0, 0)))
        grip = self.look.px(GRIP)
        self.edge.setGeometry(at.left() + x - grip // 2, at.top(), grip + 1, at.height())
        self.badges[0].setVisible(at.left() + x >= self.badges[0].geometry().right())
        self.badges[1].setVisible(at.left() + x <= self.badges[1].geometry().left())
        for part in (second, *self.badges, self.edge):
            part.raise_()

    def _share(self, origin: Any, visible: Any) -> None:
        for view in (*self.views, *self.alone):
            if view is not origin and view.panel is not None and view.panel.size == origin.panel.size:
                view.fit_now() if visible is None else view.set_range(visible)

    # Over the stage -------------------------------------------------------------------------------------

    def fill(self) -> None:
        """Cover the stage; its play bar and strip stay above the board."""
        room = self._stage.rect()
        for slot in self._stage.slots():
            slot.installEventFilter(self)
        shown = [part for part in self._stage.slots() if not part.isHidden()]
        tops = [part.geometry().bottom() + 1 - min(part.height(), part.sizeHint().height()) for part in shown]
        self.setGeometry(room)
        margins = self.layout().contentsMargins()
        margins.setBottom(8 + room.height() - min([*tops, room.height()]))
        self.layout().setContentsMargins(margins)
        self.raise_()
        for part in shown:
            part.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if self.isVisible() and event.type() in MOVED:
            QTimer.singleShot(0, self, self.fill)
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_words()
        QTimer.singleShot(0, self, self._place)
