"""The scrubber of a play: a slider over the extent of one param, with a curve above it."""

from PySide6.QtCore import QRectF, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QSlider

from explainer.core.controls import Control
from explainer.core.plays import Play
from explainer.render import play_line
from explainer.render.look import Look

PLACES = 10_000  # of the slider; the line has fewer pixels
STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Down: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: 1}
ENDS = {Qt.Key.Key_Home: 0.0, Qt.Key.Key_End: 1.0}
PAGES = {Qt.Key.Key_PageDown: 0.1, Qt.Key.Key_PageUp: -0.1}


class Scrubber(QSlider):
    """Signals: `sought(place, dragging)`, a place 0…1 that a person wants, and `stepped(by)`, by arrow keys."""

    sought = Signal(float, bool)
    stepped = Signal(int)

    def __init__(self, look: Look) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.look = look
        self._play: Play | None = None
        self._control: Control | None = None
        self.dragging = False
        self.setRange(0, PLACES)
        self.setAccessibleName("Place in the play")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    @property
    def place(self) -> float:
        """Where the handle stands, 0…1."""
        return self.value() / PLACES

    def show_play(self, one: Control, play: Play | None) -> None:
        """Show how far it is; a hand that drags is ahead of what can be seen. ``None``: that is not known yet."""
        self._control, self._play = one, play
        self.setEnabled(play is not None)
        if play is None:
            self.dragging = False
        elif not self.dragging:
            with QSignalBlocker(self):
                self.setValue(round(PLACES * play.place(play.at)))
        self.update()

    def sizeHint(self) -> QSize:
        p = self.look.px
        return QSize(p(200), p(play_line.CURVE) + play_line.LINE + p(play_line.TICKS))

    def minimumSizeHint(self) -> QSize:
        return QSize(self.look.px(80), self.look.px(16))

    # Hands and keys -------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._play is not None:
            self.dragging = True
            self._seek(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.dragging:
            self._seek(event.position().x())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.dragging:
            self.dragging = False
            self._seek(event.position().x())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in STEPS:
            self.stepped.emit(STEPS[key])
        elif key in ENDS or key in PAGES:
            self._go(ENDS.get(key, self.place + PAGES.get(key, 0.0)))
        else:
            event.ignore()

    def _seek(self, x: float) -> None:
        inset = play_line.RADIUS * self.look.scale + 1
        self._go((x - inset) / max(1.0, self.width() - 2 * inset))

    def _go(self, place: float) -> None:
        place = min(1.0, max(0.0, place))
        with QSignalBlocker(self):
            self.setValue(round(PLACES * place))
        self.update()
        self.sought.emit(place, self.dragging)

    # Drawing --------------------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._play is not None and self._control is not None:
            larger = 1.25 if self.dragging or self.underMouse() else 1.0
            room = QRectF(self.rect())
            play_line.draw(painter, room, self.look, self._control, self._play, self.place, handle=larger)
            if self.hasFocus():
                self._draw_focus(painter)
        painter.end()

    def _draw_focus(self, painter: QPainter) -> None:
        inset = play_line.RADIUS * self.look.scale + 1
        x = inset + self.place * (self.width() - 2 * inset)
        y = play_line.line_offset(self.look, self.height()) + play_line.LINE / 2
        painter.setPen(QPen(self.look.theme.color("text"), 2))
        painter.setBrush(self.look.theme.color("accent"))
        radius = inset - 2
        painter.drawEllipse(QRectF(x - radius, y - radius, 2 * radius, 2 * radius))
