"""The pictures of a comparison, over the stage's own: wiped, in turn, side by side, or subtracted."""

from __future__ import annotations  # names of types that are loaded later

from typing import Any

from PySide6.QtCore import QEvent, QObject, QRect, Qt, QTimer
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QRegion, QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QCheckBox, QHBoxLayout, QPushButton, QSlider, QVBoxLayout, QWidget

from explainer.core.comparing import Scale
from explainer.core.heroes import aspect
from explainer.render.look import Look
from explainer.shell import motion
from explainer.shell.comparing import sides
from explainer.shell.comparing.sides import Side
from explainer.shell.plain import Words

MODES = ("Wipe", "Blink", "Side by side", "Difference")
WIPE, BLINK, BESIDE, DIFFERENCE = range(4)
BLINK_MS = 400  # half of the period
EDGE_STEPS = 100
MOST_MAIN = 0.68  # of the width, for A and B beside their difference
LEAST_ASIDE = 190  # px at type scale 1 below which the difference is not shown beside them


class Edge(QWidget):
    """The line between A and B; the mouse drags it."""

    def __init__(self, board: CompareBoard) -> None:
        super().__init__(board.pictures)
        self._board = board
        self.setCursor(Qt.CursorShape.SplitHCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._board.drag_to(self.mapToParent(event.position().toPoint()).x())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        middle = self.width() // 2
        painter.fillRect(middle - 1, 0, 3, self.height(), Qt.GlobalColor.white)
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
        self.meaning = Words(wordWrap=True)
        self.meaning.setProperty("role", "title")
        self.pictures = QWidget()
        self.views = [PanelView(look, self.pictures) for _ in range(3)]
        for view in self.views:
            view.ranged.connect(lambda visible, view=view: self._share(view, visible))
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
        self.slider.valueChanged.connect(self._place)
        self.next = QPushButton("The other")
        self.next.clicked.connect(self.turn)
        self.one_scale = QCheckBox("One scale")
        self.one_scale.toggled.connect(self._show)
        for extra in (self.slider, self.next, self.one_scale):
            row.addWidget(extra)
        row.addStretch()
        column = QVBoxLayout(self)
        column.addWidget(self.meaning)
        column.addWidget(self.pictures, 1)
        column.addLayout(row)

    def set_look(self, look: Look) -> None:
        """Wear another theme or size of type."""
        self.look = look
        shade = self.palette()
        shade.setColor(self.backgroundRole(), look.theme.color("stage"))
        self.setPalette(shade)
        for view in self.views:
            view.set_look(look)

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
        self._place()

    def drag_to(self, x: int) -> None:
        """Have the edge at a place of the pictures."""
        at = self.views[0].picture_rect()
        self.slider.setValue(round(EDGE_STEPS * (x - at.left()) / max(1, at.width())))

    def _show(self) -> None:
        a, b = self._a, self._b
        if a is None or b is None:
            return
        scale: Scale = "one scale" if self.one_scale.isChecked() else "own peaks"
        map_of, words = sides.difference(a, b, scale)
        over = sides.may_overlay(a, b)
        for mode, can in ((WIPE, over), (BLINK, over), (DIFFERENCE, map_of is not None)):
            self.buttons.button(mode).setEnabled(can)
        if not self.buttons.button(self.mode).isEnabled():
            self.mode = BESIDE
            self.buttons.button(BESIDE).setChecked(True)
        self.meaning.setText(words)
        self._place()
        for view, panel in zip(self.views, (sides.lettered(a, "A"), sides.lettered(b, "B"), map_of), strict=True):
            if panel is not None:
                view.show_panel(panel)

    def _place(self) -> None:
        """Lay the pictures out as the way of showing asks."""
        room, mode = self.pictures.rect(), self.mode
        first, second, third = self.views
        half = QRect(0, 0, room.width() // 2 - 4, room.height())
        beside = mode == BESIDE
        first.setGeometry(half if beside else room)
        second.setGeometry(half.translated(room.width() - half.width(), 0) if beside else room)
        main = self._main(room)
        aside = mode in (WIPE, BLINK) and main.width() < room.width()
        if aside:
            first.setGeometry(main)
            second.setGeometry(main)
        third.setGeometry(room.adjusted(main.width() + 12, 0, 0, 0) if aside else room)
        first.setVisible(mode in (WIPE, BESIDE) or (mode == BLINK and not self._beside))
        second.setVisible(mode in (WIPE, BESIDE) or (mode == BLINK and self._beside))
        third.setVisible(mode == DIFFERENCE or aside)
        self._cut()
        self.slider.setVisible(mode == WIPE)
        self.next.setVisible(mode == BLINK)
        self.one_scale.setVisible(not third.isHidden())
        runs = mode == BLINK and self.isVisible() and not motion.reduced()
        if runs != self._blink.isActive():
            self._blink.start() if runs else self._blink.stop()

    def _main(self, room: QRect) -> QRect:
        """Room of A and B where there is room for their difference beside them."""
        hero = self._a.hero if self._a is not None else None
        if hero is None or not self.buttons.button(DIFFERENCE).isEnabled():
            return room
        width = min(round(room.height() * aspect(hero)), round(MOST_MAIN * room.width()))
        return QRect(0, 0, width, room.height()) if room.width() - width >= self.look.px(LEAST_ASIDE) else room

    def _cut(self) -> None:
        """Let B be seen right of the edge only."""
        second = self.views[1]
        self.edge.setVisible(self.mode == WIPE)
        if self.mode != WIPE:
            second.clearMask()
            return
        at = self.views[0].picture_rect()
        x = at.left() + round(at.width() * self.slider.value() / EDGE_STEPS)
        second.setMask(QRegion(QRect(x, at.top(), max(1, at.right() + 1 - x), at.height())))
        second.raise_()
        self.edge.setGeometry(x - 8, at.top(), 17, at.height())
        self.edge.raise_()

    def _share(self, origin: Any, visible: Any) -> None:
        for view in self.views:
            if view is not origin and view.panel is not None and view.panel.size == origin.panel.size:
                view.fit_now() if visible is None else view.set_range(visible)

    def fill(self) -> None:
        """Cover the stage down to its play bar and strip."""
        room = self._stage.rect()
        tops = [part.geometry().top() for part in self._stage.slots() if not part.isHidden()]
        self.setGeometry(room.adjusted(0, 0, 0, min([*tops, room.height()]) - room.height()))
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._stage and event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest):
            QTimer.singleShot(0, self, self.fill)
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        QTimer.singleShot(0, self, self._place)
