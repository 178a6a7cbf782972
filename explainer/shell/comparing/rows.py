"""Rows of the table of a comparison: a name, A, B, their difference, and that difference once more as a bar."""

from itertools import accumulate, pairwise

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from explainer.render import badge
from explainer.render.look import Look
from explainer.shell.comparing.sides import Row

SHARES = {True: (0.31, 0.21, 0.22, 0.26), False: (0.30, 0.35, 0.35)}  # of the width, with a difference and without
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop
WRAPPED = Qt.TextFlag.TextWordWrap
BAR, PAD = 3, 5  # px at type scale 1


def cells(width: int, look: Look, *, change: bool) -> list[QRect]:
    """Left to right: the name, A, B, and the difference where there is one."""
    ends = [round(width * end) for end in accumulate(SHARES[change], initial=0.0)]
    gap = look.px(4)
    return [
        QRect(left + (gap if left else 0), 0, right - left - (gap if left else 0), 0) for left, right in pairwise(ends)
    ]


class RowLine(QWidget):
    """One row."""

    def __init__(self, row: Row, look: Look, *, change: bool) -> None:
        super().__init__()
        self.row, self.look, self._change = row, look, change
        after = f", B − A {row.change}" if change else ""
        self.setAccessibleName(f"{row.name}: A {row.a}, B {row.b}{after} {row.unit}".strip())
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._high = look.px(24)

    def sizeHint(self) -> QSize:
        return QSize(self.look.px(200), self._high)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._high = self._words_height() + self.look.px(2 * PAD + (BAR if self._change else 0))
        self.setFixedHeight(self._high)

    def _texts(self) -> tuple[str, ...]:
        row = self.row
        name = f"{row.name}, {row.unit}" if row.unit else row.name
        return (name, row.a, row.b, row.change) if self._change else (name, row.a, row.b)

    def _words_height(self) -> int:
        places = cells(self.width(), self.look, change=self._change)
        heights = []
        for index, (text, place) in enumerate(zip(self._texts(), places, strict=True)):
            room = QRect(0, 0, place.width(), self.look.px(1000))
            heights.append(QFontMetrics(self._font(index)).boundingRect(room, self._flow(index), text).height())
        return max(heights)

    def _font(self, index: int) -> QFont:
        strong = index == 3 or (index > 0 and not self._change)
        return self.look.font("caption", bold=strong and not self._is_still(index), figures=index > 0 and self._change)

    def _flow(self, index: int) -> int:
        """Words go on in the next line; numbers are never parted, or a minus would be left alone."""
        return 0 if index and self._change else int(WRAPPED)

    def _is_still(self, index: int) -> bool:
        """Whether it is a difference of nothing."""
        return index == 3 and not self.row.way

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, look = QPainter(self), self.look
        places = cells(self.width(), look, change=self._change)
        high, pad = self._words_height(), look.px(PAD)
        for index, (text, place) in enumerate(zip(self._texts(), places, strict=True)):
            painter.setFont(self._font(index))
            painter.setPen(look.theme.color("muted" if self._is_still(index) else "text"))
            where = self._flow(index) | int(RIGHT if index else Qt.AlignmentFlag.AlignTop)
            painter.drawText(QRect(place.left(), pad, place.width(), high), where, text)
        if self._change and self.row.way is not None:
            self._paint_bar(painter, self.row.way, pad + high + look.px(2))
        painter.end()

    def _paint_bar(self, painter: QPainter, way: float, top: int) -> None:
        """Draw left in A's colour what A has more, right in B's what B has more."""
        look, half, tall = self.look, self.width() // 2, self.look.px(BAR)
        painter.fillRect(0, top, self.width(), tall, look.theme.color("track"))
        long = round(min(1.0, abs(way)) * half)
        left = half if way > 0 else half - long
        painter.fillRect(left, top, long, tall, badge.colours("B" if way > 0 else "A", look)[0])
        painter.fillRect(half, top - look.px(1), 1, tall + look.px(2), look.theme.color("text"))


class Heads(QWidget):
    """The line above the rows: what they are, and the badges above the columns."""

    def __init__(self, title: str, look: Look, *, change: bool) -> None:
        super().__init__()
        self.title, self.look, self._change = title, look, change
        self.setAccessibleName(title)
        self.setFixedHeight(look.px(28))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, look = QPainter(self), self.look
        places = cells(self.width(), look, change=self._change)
        side, top = look.px(badge.SIDE), look.px(8)
        painter.setFont(look.font("base", bold=True))
        painter.setPen(look.theme.color("text"))
        painter.drawText(QRect(0, top, self.width(), side + look.px(4)), Qt.AlignmentFlag.AlignTop, self.title)
        for letter, place in zip("AB", places[1:3], strict=True):
            badge.paint(painter, QRect(place.right() - side + 1, top, side, side), letter, look)
        if self._change:
            painter.drawText(QRect(places[3].left(), top, places[3].width(), side + look.px(4)), RIGHT, "B − A")
        painter.end()
