"""What is being computed and how far that is: a chip on the hero, and a thin line along its top."""

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from explainer.render.look import Look

GROUND, INK, QUIET = QColor(20, 20, 22, 225), QColor("white"), QColor(255, 255, 255, 190)
HIGH, PAD, APART = 32, 14, 10  # px at type scale 1
STOPS = "Esc stops"


class BusyChip(QWidget):
    """Dark and rounded as all words on a picture; says what is done, then how to stop it."""

    def __init__(self, look: Look, stage: QWidget) -> None:
        super().__init__(stage)
        self.look, self.text = look, ""
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def say(self, text: str) -> None:
        """Say what is done."""
        self.text = text or "Computing"
        self.setAccessibleName(f"{self.text}. {STOPS}.")
        self.update()

    def place(self, hero: QRect) -> None:
        """Stand at the lower left of the hero, inside it."""
        p = self.look.px
        wide = min(hero.width() - p(16), round(sum(self._widths())) + p(2 * PAD + APART))
        self.setGeometry(hero.left() + p(8), hero.bottom() - p(8 + HIGH), max(1, wide), p(HIGH))
        self.raise_()

    def _widths(self) -> tuple[float, float]:
        bold, plain = self.look.font("small", bold=True), self.look.font("small")
        return QFontMetricsF(bold).horizontalAdvance(self.text), QFontMetricsF(plain).horizontalAdvance(STOPS)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, p = QPainter(self), self.look.px
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(GROUND)
        painter.drawRoundedRect(QRectF(self.rect()), self.height() / 2, self.height() / 2)
        room = QRectF(self.rect()).adjusted(p(PAD), 0, -p(PAD), 0)
        stops = self._widths()[1]
        bold = self.look.font("small", bold=True)
        words = QRectF(room.left(), room.top(), room.width() - stops - p(APART), room.height())
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.setFont(bold)
        painter.setPen(INK)
        shown = QFontMetricsF(bold).elidedText(self.text, Qt.TextElideMode.ElideRight, words.width() + 1)
        painter.drawText(words.adjusted(0, 0, 2, 0), left, shown)
        painter.setFont(self.look.font("small"))
        painter.setPen(QUIET)
        painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, STOPS)
        painter.end()


class BusyLine(QWidget):
    """Three pixels along the top of the hero."""

    HIGH = 3

    def __init__(self, look: Look, stage: QWidget) -> None:
        super().__init__(stage)
        self.look, self.fraction = look, 0.0
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def show_fraction(self, fraction: float) -> None:
        """Show how far it is, 0…1; at the beginning a little, so that there is something to see."""
        self.fraction = max(0.02, min(1.0, fraction))
        self.update()

    def place(self, hero: QRect) -> None:
        """Lie along the top of the hero."""
        self.setGeometry(hero.left(), hero.top(), hero.width(), self.HIGH)
        self.raise_()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(20, 20, 22, 90))
        done = round(self.width() * self.fraction)
        painter.fillRect(0, 0, done, self.height(), self.look.theme.color("accent"))
        painter.end()
