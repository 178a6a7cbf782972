"""What lies over the stage for a while: a veil over pictures that mean nothing, the light of a drop, a swap."""

from PySide6.QtCore import QEasingCurve, QRect, QRectF, Qt, QVariantAnimation
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from explainer.render.look import Look

SWAP_MS = 150


class Veil(QWidget):
    """Dims what lies below it to the stage's own grey."""

    def __init__(self, look: Look, stage: QWidget) -> None:
        super().__init__(stage)
        self.look = look
        self.hide()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        ground = QColor(self.look.theme.stage)
        ground.setAlpha(150)
        painter.fillRect(self.rect(), ground)
        painter.end()


class Frame(QWidget):
    """A line around the picture that a click enlarges."""

    WIDE = 2

    def __init__(self, look: Look, stage: QWidget) -> None:
        super().__init__(stage)
        self.look = look
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def place(self, picture: QRect) -> None:
        """Lie around a picture."""
        self.setGeometry(picture.adjusted(-self.WIDE, -self.WIDE, self.WIDE, self.WIDE))
        self.raise_()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(QPen(self.look.theme.color("accent"), self.WIDE))
        painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
        painter.end()


class DropLight(QWidget):
    """Says that what is dragged over the window can be dropped."""

    def __init__(self, look: Look, stage: QWidget) -> None:
        super().__init__(stage)
        self.look = look
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, p, t = QPainter(self), self.look.px, self.look.theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = QColor(t.accent_soft)
        ground.setAlpha(225)
        painter.setBrush(ground)
        painter.setPen(QPen(t.color("accent"), 2, Qt.PenStyle.DashLine))
        inset = p(10)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(inset, inset, -inset, -inset), 10, 10)
        painter.setPen(t.color("accent"))
        painter.setFont(self.look.font("title", bold=True))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "Drop it here to look at it")
        painter.end()


class Glide(QWidget):
    """Pictures of two panels that change places, over the stage on which they already have."""

    def __init__(self, stage: QWidget) -> None:
        super().__init__(stage)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._moves: list[tuple[QPixmap, QRect, QRect]] = []
        self._run = QVariantAnimation(self, startValue=0.0, endValue=1.0, duration=SWAP_MS)
        self._run.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._run.valueChanged.connect(lambda _: self.update())
        self._run.finished.connect(self.hide)
        self.hide()

    def begin(self, moves: list[tuple[QPixmap, QRect, QRect]]) -> None:
        """Move pictures, each from one rectangle to another."""
        self._moves = moves
        self.setGeometry(self.parentWidget().rect())
        self.raise_()
        self.show()
        self._run.start()

    def end(self) -> None:
        """Be there at once, since something else is to be shown."""
        if self.isVisible():
            self._run.stop()
            self.hide()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        at = float(self._run.currentValue() or 0.0)
        painter.setOpacity(1.0 - 0.5 * at)
        for picture, start, end in self._moves:
            painter.drawPixmap(QRectF(_between(start, end, at)).toRect(), picture)
        painter.end()


def _between(start: QRect, end: QRect, at: float) -> QRectF:
    pairs = zip(start.getRect(), end.getRect(), strict=True)
    return QRectF(*(a + (b - a) * at for a, b in pairs))
