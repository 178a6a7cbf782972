"""The picture side of the home page: what is open with its answer, and the doors for another."""

from functools import partial

import numpy as np
from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QImage, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QPushButton, QWidget

from explainer.core.charts import Bars
from explainer.core.frame import Frame
from explainer.core.result import Result
from explainer.render import thumbnails
from explainer.render.icons import icon, pixmap
from explainer.render.look import Look
from explainer.shell.home_tiles import NIGHT, SampleTile, draw_cover, heading_font
from explainer.shell.plain import ElidedWords, Words
from explainer.sources.opening import sample_names

FLATTEST, TALLEST = 0.62, 1.0  # height over width in which a picture is shown; what is beyond is cut off
QUIET = "Nothing leaves this computer."
ACROSS = 5


class Answered(QWidget):
    """A picture, and on it what the network takes it for."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self._pixels, self._answer = QPixmap(), ("", "")
        self.setAccessibleName("Your picture")

    @property
    def aspect(self) -> float:
        """Height over width of the box that suits the picture."""
        shape = self._pixels.height() / self._pixels.width() if self._pixels.width() else 1.0
        return min(max(shape, FLATTEST), TALLEST)

    def show_picture(self, picture: QPixmap) -> None:
        self._pixels = picture
        self.update()

    def show_answer(self, label: str, score: str) -> None:
        self._answer = label, score
        self.setAccessibleDescription(f"{label} {score}".strip())
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw_cover(painter, QRectF(self.rect()), self._pixels, self.look.px(6), self.look.theme.color("stage"))
        if self._answer[0]:
            self._paint_answer(painter)
        painter.end()

    def _paint_answer(self, painter: QPainter) -> None:
        p, (label, score) = self.look.px, self._answer
        bold, plain = self.look.font(bold=True), self.look.font(figures=True)
        beside = QFontMetrics(plain).horizontalAdvance(f"  {score}")
        most = self.width() - p(48) - beside
        label = QFontMetrics(bold).elidedText(label, Qt.TextElideMode.ElideRight, most)
        wide = QFontMetrics(bold).horizontalAdvance(label)
        chip = QRectF(p(12), self.height() - p(36), wide + beside + p(18), p(24))
        ground = QColor(NIGHT)
        ground.setAlpha(225)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(chip, chip.height() / 2, chip.height() / 2)
        painter.setPen("white")
        painter.setFont(bold)
        words = chip.adjusted(p(9), 0, 0, 0)
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, label)
        painter.setFont(plain)
        painter.drawText(words.adjusted(wide, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, f"  {score}")


class DropArea(QWidget):
    """Says that things may be dropped anywhere."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look, self.lit = look, False

    def light(self, lit: bool) -> None:
        """Light up while something is held over the window."""
        self.lit = lit
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, theme, p = QPainter(self), self.look.theme, self.look.px
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.color("accent" if self.lit else "faint"), 1.5, Qt.PenStyle.DashLine))
        if self.lit:
            painter.setBrush(theme.color("accent_soft"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), p(6), p(6))
        painter.setFont(self.look.font(bold=self.lit))
        painter.setPen(theme.color("accent" if self.lit else "muted"))
        text = "Let go to open it" if self.lit else "Drop a picture, film or folder anywhere"
        room = self.rect().adjusted(p(36), 0, -p(10), 0)
        words = painter.fontMetrics().boundingRect(room, Qt.TextFlag.TextWordWrap, text)
        left = (self.width() - words.width() - p(24)) // 2
        sign = pixmap("download", theme.muted, p(16))
        painter.drawPixmap(QRectF(left, (self.height() - p(16)) / 2, p(16), p(16)), sign, QRectF(sign.rect()))
        place = QRect(left + p(24), 0, words.width() + 2, self.height())
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap, text)
        painter.end()


class HomePicture(QWidget):
    """Emits the spec of a sample; camera and files are asked for by name."""

    opened = Signal(str)
    asked = Signal(str)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self.title, self.name = Words("Your picture", self), ElidedWords("", self)
        self.name.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.picture, self.drop = Answered(look), DropArea(look)
        self.camera, self.open = QPushButton(" Camera"), QPushButton(" Open…")
        self.camera.clicked.connect(partial(self.asked.emit, "camera"))
        self.open.clicked.connect(partial(self.asked.emit, "open"))
        self.others = Words("Or one of these", self)
        self.samples = [self._sample(name) for name in sample_names()]
        self.remark = Words(QUIET, self, wordWrap=True)
        for part in (self.picture, self.camera, self.open, *self.samples, self.drop):
            part.setParent(self)
        for words in (self.name, self.others, self.remark):
            words.setProperty("role", "muted")
        self.set_look(look)

    def _sample(self, name: str) -> SampleTile:
        tile = SampleTile(self.look, name, partial(thumbnails.of_sample, name))
        tile.clicked.connect(partial(self.opened.emit, f"sample:{name}"))
        return tile

    def set_look(self, look: Look) -> None:
        self.look = look
        self.title.setFont(heading_font(look, 18))
        for part in (self.picture, self.drop):
            part.look = look
        for tile in self.samples:
            tile.set_look(look)
        for words in (self.name, self.others, self.remark):
            words.setFont(look.font("small"))
        for button, symbol in ((self.camera, "camera"), (self.open, "folder-open")):
            button.setFont(look.font(bold=True))
            button.setIcon(icon(symbol, look, "accent"))
            button.setIconSize(QSize(look.px(16), look.px(16)))

    # What is shown --------------------------------------------------------------------------------------

    def show_source(self, spec: str, name: str) -> None:
        """Show what is open: a sample at once from its thumbnail, anything else when it has been read."""
        self.name.setText(name)
        self.name.setToolTip(name)
        sample = spec.removeprefix("sample:") if spec.startswith("sample:") else ""
        for tile in self.samples:
            tile.set_open(tile.name == sample)
        self.picture.show_answer("", "")

    def show_frame(self, frame: Frame) -> bool:
        """Show a picture; return whether it needs a box of another shape."""
        before = self.picture.aspect
        self.picture.show_picture(_pixmap(frame, self.picture.width()))
        return abs(self.picture.aspect - before) > 0.01

    def show_result(self, result: Result) -> None:
        """Show what the network takes the picture for, where the result says so."""
        bars = next((one for one in result.charts if isinstance(one, Bars) and one.title == "Scores"), None)
        if bars is not None and bars.labels:
            self.picture.show_answer(bars.labels[bars.chosen], f"{bars.values[bars.chosen]:.2f}")

    def say(self, text: str) -> None:
        """Show a remark where it says that nothing leaves the computer; "" shows that again."""
        self.remark.setText(text or QUIET)

    # Where things stand ---------------------------------------------------------------------------------

    def height_at(self, width: int, *, wide: bool) -> int:
        """Height that is needed at a width."""
        return self._arrange(width, wide)

    def _arrange(self, width: int, wide: bool) -> int:
        p = self.look.px
        head = p(24)
        across = width if wide else min(width // 2 - p(8), p(300))
        self.title.setGeometry(0, 0, width, head)
        named = self.title.sizeHint().width() + p(12)
        self.name.setGeometry(named, 0, across - named, head)
        self.picture.setGeometry(0, head + p(8), across, round(across * self.picture.aspect))
        below = self.picture.geometry().bottom() + 1 + p(12)
        left, top = (0, below) if wide else (across + p(16), head + p(8))
        return max(below, self._arrange_doors(QRect(left, top, width - left, 0)))

    def _arrange_doors(self, room: QRect) -> int:
        p, left, width, top = self.look.px, room.left(), room.width(), room.top()
        half, tall = (width - p(8)) // 2, p(36)
        self.camera.setGeometry(left, top, half, tall)
        self.open.setGeometry(left + half + p(8), top, width - half - p(8), tall)
        top += tall + p(10)
        self.others.setGeometry(left, top, width, p(18))
        top += p(22)
        size = (width + p(4)) // ACROSS
        for at, tile in enumerate(self.samples):
            row, column = divmod(at, ACROSS)
            tile.setGeometry(left + column * size - 1, top + row * size, size - p(4) + 2, size - p(4) + 2)
        top += -(-len(self.samples) // ACROSS) * size + p(8)
        self.drop.setGeometry(left, top, width, p(52))
        top += p(52) + p(8)
        wanted = max(p(18), self.remark.heightForWidth(width))
        self.remark.setGeometry(left, top, width, wanted)
        return top + wanted


def _pixmap(frame: Frame, width: int) -> QPixmap:
    """Return a picture with no more pixels than are needed, so that large ones do not stop the window."""
    step = max(1, min(frame.width, frame.height) // max(1, 2 * width))
    pixels = np.ascontiguousarray(frame.pixels[::step, ::step])
    tall, wide = pixels.shape[:2]
    return QPixmap.fromImage(QImage(pixels.data, wide, tall, 3 * wide, QImage.Format.Format_RGB888).copy())
