"""A soft red dot that follows the mouse, for whoever points at a projected picture."""

from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QRadialGradient
from PySide6.QtWidgets import QApplication, QWidget

SIZE = 14  # px at type scale 1


class Laser(QWidget):
    """Lies over the window and takes no events; it sees the mouse through the application."""

    def __init__(self, window: QWidget, size: float) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self._size, self._at = size, QPointF(window.rect().center())
        self.setGeometry(window.rect())
        QApplication.instance().installEventFilter(self)
        QApplication.setOverrideCursor(Qt.CursorShape.BlankCursor)
        self.show()
        self.raise_()

    def end(self) -> None:
        """Give the mouse its arrow back and go."""
        QApplication.instance().removeEventFilter(self)
        QApplication.restoreOverrideCursor()
        self.hide()
        self.deleteLater()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.MouseMove and isinstance(event, QMouseEvent):
            old, self._at = self._at, QPointF(self.mapFromGlobal(event.globalPosition()))
            reach = round(2 * self._size)
            for point in (old, self._at):
                self.update(round(point.x()) - reach, round(point.y()) - reach, 2 * reach, 2 * reach)
        return False

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        glow = QRadialGradient(self._at, self._size)
        for place, colour in ((0.0, "#ffffffff"), (0.25, "#ffff3b30"), (0.5, "#c0ff3b30"), (1.0, "#00ff3b30")):
            glow.setColorAt(place, QColor(colour))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(glow)
        painter.drawEllipse(self._at, self._size, self._size)
        painter.end()
