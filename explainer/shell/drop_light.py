"""What lights up while something is held over the window."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from explainer.render.look import Look
from explainer.shell.home_tiles import heading_font


class DropLight(QWidget):
    """Lies over the whole window and lets the mouse through."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self.look = look
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def light(self, look: Look) -> None:
        """Show it over all that its parent shows."""
        self.look = look
        self.setGeometry(self.parentWidget().rect())
        self.show()
        self.raise_()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, theme, p = QPainter(self), self.look.theme, self.look.px
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        veil = theme.color("accent_soft")
        veil.setAlpha(200)
        painter.fillRect(self.rect(), veil)
        painter.setPen(QPen(theme.color("accent"), p(2), Qt.PenStyle.DashLine))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(p(12), p(12), -p(12), -p(12)), p(10), p(10))
        painter.setPen(theme.color("accent"))
        painter.setFont(heading_font(self.look, 20))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "Drop to open")
        painter.end()
