"""What stands where a result will: the photo, and grey shapes for what is still computed."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPixmap

from explainer.render.icons import pixmap
from explainer.render.look import Look
from explainer.shell.allotment.shapes import Allotment, Placed
from explainer.shell.stage.expecting import Expected

ROUND = 4


class Skeleton:
    """Paints what is expected into the places it will have."""

    def __init__(self) -> None:
        self.pixels: NDArray[np.uint8] | None = None
        self._scaled: dict[tuple[int, int, int], QPixmap] = {}

    def set_photo(self, pixels: NDArray[np.uint8] | None) -> None:
        """Show this ``(H, W, 3) uint8 RGB`` photo; none for a demo that looks at no picture."""
        if pixels is not self.pixels:
            self.pixels = pixels
            self._scaled = {}

    @property
    def aspect(self) -> float:
        """Width over height of the photo."""
        return 4 / 3 if self.pixels is None else self.pixels.shape[1] / self.pixels.shape[0]

    def paint_headline(self, painter: QPainter, look: Look, layout: Allotment) -> None:
        """Draw where headline and details will stand."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for box in layout.of("headline"):
            self._headline(painter, look, box)

    def paint(self, painter: QPainter, look: Look, layout: Allotment, expected: Expected) -> None:
        """Draw pictures and charts that are still to come."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for box in layout.of("hero"):
            is_photo = box.index < len(expected.heroes) and expected.heroes[box.index].photo
            self._picture(painter, look, box, is_photo=is_photo)
        for box in layout.of("film"):
            self._picture(painter, look, box, is_photo=expected.film[box.index].photo)
        for box in layout.of("chart"):
            self._chart(painter, look, box)

    def _headline(self, painter: QPainter, look: Look, box: Placed) -> None:
        p = look.px
        wide = min(box.w, p(440))
        _bar(painter, look, QRect(box.x, box.y + p(4), wide, p(18)))
        if box.h >= p(44):
            _bar(painter, look, QRect(box.x + p(16), box.y + box.h - p(16), int(0.66 * wide), p(9)))

    def _picture(self, painter: QPainter, look: Look, box: Placed, *, is_photo: bool) -> None:
        p = look.px
        room = QRect(box.x, box.y + box.caption, box.w, box.h - box.caption)
        _bar(painter, look, QRect(box.x, box.y + box.caption // 2 - p(4), min(box.w // 2, p(120)), p(8)))
        if is_photo and self.pixels is not None:
            painter.drawPixmap(room.topLeft(), self._photo(room.width(), room.height(), look))
            return
        _bar(painter, look, room)
        side = p(20)
        if min(room.width(), room.height()) > 2 * side:
            sign = pixmap("image", look.theme.faint, side)
            painter.drawPixmap(room.center().x() - side // 2, room.center().y() - side // 2, side, side, sign)

    def _photo(self, width: int, height: int, look: Look) -> QPixmap:
        """The middle of the photo, as large as the place."""
        key = width, height, id(look.theme)
        if key not in self._scaled:
            assert self.pixels is not None
            pixels = _middle(self.pixels, width / height)
            step = max(1, min(pixels.shape[1] // (2 * width), pixels.shape[0] // (2 * height)))  # scaling costs time
            pixels = np.ascontiguousarray(pixels[::step, ::step])
            kind = QImage.Format.Format_RGB888
            image = QImage(pixels.data, pixels.shape[1], pixels.shape[0], 3 * pixels.shape[1], kind)
            ways = Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
            self._scaled[key] = QPixmap.fromImage(image.scaled(width, height, *ways))
        return self._scaled[key]

    def _chart(self, painter: QPainter, look: Look, box: Placed) -> None:
        p = look.px
        _bar(painter, look, QRect(box.x, box.y + p(6), min(box.w // 2, p(110)), p(9)))
        y, row = box.y + p(32), p(27)
        while y + p(10) <= box.y + min(box.h, p(200)):
            _bar(painter, look, QRect(box.x, y, int(0.3 * box.w), p(8)))
            _bar(painter, look, QRect(box.x + int(0.36 * box.w), y + p(1), int(0.5 * box.w), p(6)))
            _bar(painter, look, QRect(box.x + int(0.9 * box.w), y, int(0.1 * box.w), p(8)))
            y += row


def _bar(painter: QPainter, look: Look, room: QRect) -> None:
    shade = look.theme.color("stage_line")
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(shade.red(), shade.green(), shade.blue(), 150))
    painter.drawRoundedRect(QRectF(room), ROUND, ROUND)


def _middle(pixels: NDArray[np.uint8], aspect: float) -> NDArray[np.uint8]:
    """The largest part of that width over height around the middle."""
    height, width = pixels.shape[:2]
    wide, high = min(width, round(height * aspect)), min(height, round(width / aspect))
    x, y = (width - wide) // 2, (height - high) // 2
    return pixels[y : y + max(1, high), x : x + max(1, wide)]
