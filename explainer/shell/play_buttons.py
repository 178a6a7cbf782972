"""Buttons of the play bar: a round one, and small ones that are seen when they are wanted."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QAction, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolButton

from explainer.render.icons import pixmap
from explainer.render.look import Look
from explainer.shell.plain import tip


class ActionButton(QToolButton):
    """Triggers an action of the window; reached by Tab, and after a click the window keeps its keys."""

    def __init__(self, action: QAction, look: Look) -> None:
        super().__init__()
        self.look, self._action = look, action
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setProperty("role", "flat")
        self.clicked.connect(lambda _=False: action.trigger())
        self.say(action.text())

    def say(self, text: str) -> None:
        """Give it a name and a hint, with the key that does the same."""
        key = self._action.shortcut().toString()
        self.setAccessibleName(text)
        self.setToolTip(tip(f"{text} ({key})" if key else text))


class RoundButton(ActionButton):
    """Play or pause on a disc in the accent."""

    def __init__(self, action: QAction, look: Look) -> None:
        super().__init__(action, look)
        self._playing, self._label = False, action.text()

    def show_playing(self, playing: bool, label: str = "") -> None:
        """Say on the button what a press does; `label` is what playing does."""
        self._playing, self._label = playing, label or self._label
        self.say("Pause" if playing else self._label)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        t, side = self.look.theme, min(self.width(), self.height())
        disc = QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side).adjusted(1, 1, -1, -1)
        colour = t.color("accent" if self.isEnabled() else "faint")
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour.lighter(112) if self.underMouse() and self.isEnabled() else colour)
        painter.drawEllipse(disc)
        if self.hasFocus():
            painter.setPen(QPen(t.color("accent_text"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(disc.adjusted(2.5, 2.5, -2.5, -2.5))
        self._draw_symbol(painter, disc.center(), side / 36)
        painter.end()

    def _draw_symbol(self, painter: QPainter, centre: QPointF, unit: float) -> None:
        """A solid triangle, a little right of the middle as the eye wants it, or two bars."""
        colour = self.look.theme.color("accent_text")
        painter.setBrush(colour)
        if self._playing:
            painter.setPen(Qt.PenStyle.NoPen)
            for left in (-6.0, 2.0):
                bar = QRectF(centre.x() + left * unit, centre.y() - 7 * unit, 4 * unit, 14 * unit)
                painter.drawRoundedRect(bar, unit, unit)
            return
        painter.setPen(QPen(colour, 2 * unit, j=Qt.PenJoinStyle.RoundJoin))
        corners = ((-4.0, -6.0), (6.0, 0.0), (-4.0, 6.0))
        painter.drawPolygon([centre + QPointF(x * unit, y * unit) for x, y in corners])


class SmallButton(ActionButton):
    """A symbol or a word without a border; drawn only while it is awake, and always there for Tab."""

    def __init__(self, action: QAction, look: Look, symbol: str = "") -> None:
        super().__init__(action, look)
        self.symbol, self.awake = symbol, False

    def wake(self, awake: bool) -> None:
        """Show it, or leave its place empty."""
        if awake != self.awake:
            self.awake = awake
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not self.awake:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        t, room = self.look.theme, QRectF(self.rect()).adjusted(1, 1, -1, -1)
        if self.underMouse() or self.hasFocus():
            painter.setPen(QPen(t.color("focus"), 2) if self.hasFocus() else Qt.PenStyle.NoPen)
            painter.setBrush(t.color("accent_soft"))
            painter.drawRoundedRect(room, 4, 4)
        role = "accent" if self.underMouse() or self.hasFocus() else "muted"
        if self.symbol:
            size = self.look.px(14)
            painter.drawPixmap(room.center() - QPointF(size / 2, size / 2), pixmap(self.symbol, getattr(t, role), size))
        else:
            painter.setFont(self.look.font("small", bold=True, figures=True))
            painter.setPen(t.color(role))
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter, self.text())
        painter.end()
