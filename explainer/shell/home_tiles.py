"""Pictures that one can press: steps of the way, chapters, samples, last places."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QFont,
    QFontMetrics,
    QLinearGradient,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
)
from PySide6.QtWidgets import QAbstractButton

from explainer.lessons.walk import Mark
from explainer.render.icons import pixmap
from explainer.render.look import Look
from explainer.shell.plain import tip

Picture = Callable[[], QPixmap]
WRAP = Qt.TextFlag.TextWordWrap
NIGHT = QColor(16, 17, 20)
"""What words over a picture stand on, in both themes."""


def heading_font(look: Look, size_px: float, *, bold: bool = True) -> QFont:
    """Font between the three sizes, for headings on pictures."""
    font = QFont(look.font("base", bold=bold))
    font.setPixelSize(look.px(size_px))
    return font


def draw_cover(painter: QPainter, box: QRectF, picture: QPixmap, radius: float, ground: QColor) -> None:
    """Fill a box with round corners with the middle of a picture."""
    outline = QPainterPath()
    outline.addRoundedRect(box, radius, radius)
    painter.save()
    painter.setClipPath(outline)
    painter.fillRect(box, ground)
    if not picture.isNull():
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        scale = min(picture.width() / box.width(), picture.height() / box.height())
        width, height = scale * box.width(), scale * box.height()
        part = QRectF((picture.width() - width) / 2, (picture.height() - height) / 2, width, height)
        painter.drawPixmap(box, picture, part)
    painter.restore()


class Tile(QAbstractButton):
    """A picture with a frame that shows hover and focus; what is written on it is added by its kinds."""

    def __init__(self, look: Look, name: str, picture: Picture) -> None:
        super().__init__()
        self.look, self._picture = look, picture
        self._over = False
        self.setAccessibleName(name)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)

    def set_look(self, look: Look) -> None:
        self.look = look
        self.update()

    def picture_box(self) -> QRectF:
        """Where the picture lies; two px are kept for the ring."""
        return QRectF(self.rect()).adjusted(2, 2, -2, -2)

    def sizeHint(self) -> QSize:
        return QSize(self.look.px(120), self.look.px(84))

    def enterEvent(self, event: QEnterEvent) -> None:
        self._over = True
        self.update()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._over = False
        self.update()
        super().leaveEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        box, radius = self.picture_box(), float(self.look.px(self.radius()))
        draw_cover(painter, box, self._picture(), radius, self.look.theme.color("stage"))
        self.paint_over(painter, box)
        self._paint_ring(painter, box, radius)
        painter.end()

    def radius(self) -> int:
        """Round corners, in px of the design."""
        return 6

    def marked(self) -> bool:
        """Whether it is the one of several that is chosen."""
        return False

    def paint_over(self, painter: QPainter, box: QRectF) -> None:
        """Write on the picture."""

    def _paint_ring(self, painter: QPainter, box: QRectF, radius: float) -> None:
        theme = self.look.theme
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self.hasFocus() or self.marked():
            for colour, width, out in ((theme.color("chrome"), 2.0, 0.0), (theme.color("focus"), 2.0, 1.5)):
                painter.setPen(QPen(colour, width))
                ring = box.adjusted(-out, -out, out, out) if out else box.adjusted(1, 1, -1, -1)
                painter.drawRoundedRect(ring, radius, radius)
            if self.hasFocus() and self.marked():
                painter.setPen(QPen(theme.color("focus"), 2.0))
                painter.drawRoundedRect(box.adjusted(3, 3, -3, -3), radius, radius)
        elif self._over or self.isDown():
            painter.setPen(QPen(theme.color("accent"), 1.5))
            painter.drawRoundedRect(box.adjusted(0.75, 0.75, -0.75, -0.75), radius, radius)


class SampleTile(Tile):
    """A sample picture; the one that is open is framed."""

    def __init__(self, look: Look, name: str, picture: Picture) -> None:
        words = name.replace("-", " ").capitalize()
        super().__init__(look, f"Sample {words}", picture)
        self.name, self._open = name, False
        self.setToolTip(tip(words))

    def set_open(self, is_open: bool) -> None:
        if is_open != self._open:
            self._open = is_open
            self.update()

    def radius(self) -> int:
        return 4

    def marked(self) -> bool:
        return self._open


class ChapterTile(Tile):
    """A chapter's cover with its title, what one does in it, and how many lessons it has."""

    def __init__(self, look: Look, title: str, line: str, count: int, picture: Picture) -> None:
        counted = f"{count} lesson{'' if count == 1 else 's'}"
        super().__init__(look, f"{title}. {line}. {counted}", picture)
        self._title, self._line, self._count = title, line, counted

    def paint_over(self, painter: QPainter, box: QRectF) -> None:
        p = self.look.px
        title, small = heading_font(self.look, 15), heading_font(self.look, 12, bold=False)
        pad = p(12)
        room = box.adjusted(pad, pad, -pad, -p(10)).toRect()
        counted = QFontMetrics(small).horizontalAdvance(self._count)
        beside = QFontMetrics(small).horizontalAdvance(self._line) + counted + p(12) <= room.width()
        lines = QFontMetrics(small).boundingRect(room, WRAP, self._line if beside else f"{self._line}\n{self._count}")
        top = QFontMetrics(title).boundingRect(room, WRAP, self._title)
        words = QRect(room.left(), room.bottom() - lines.height() - top.height() - p(2), room.width(), top.height())
        self._darken(painter, box, float(words.top() - p(36)))
        painter.setPen(QColor("white"))
        painter.setFont(title)
        painter.drawText(words, WRAP, self._title)
        painter.setFont(small)
        painter.setPen(QColor(255, 255, 255, 215))
        below = QRect(room.left(), words.bottom() + p(2), room.width(), lines.height() + p(2))
        painter.drawText(below, WRAP, self._line if beside else f"{self._line}\n{self._count}")
        if beside:
            painter.drawText(below, Qt.AlignmentFlag.AlignRight, self._count)

    def _darken(self, painter: QPainter, box: QRectF, top: float) -> None:
        outline, radius = QPainterPath(), float(self.look.px(self.radius()))
        outline.addRoundedRect(box, radius, radius)
        shade = QLinearGradient(0.0, top, 0.0, box.bottom())
        for at, alpha in ((0.0, 0), (0.4, 190), (1.0, 240)):
            colour = QColor(NIGHT)
            colour.setAlpha(alpha)
            shade.setColorAt(at, colour)
        painter.fillPath(outline, shade)


class StepTile(Tile):
    """A step of the way: its picture, a dot that says how far one has come, and what it is called."""

    def __init__(self, look: Look, number: int, title: str, picture: Picture) -> None:
        super().__init__(look, f"Step {number}: {title}", picture)
        self._number, self._title, self.last = number, title, False
        self._mark = Mark.AHEAD

    def show_mark(self, mark: Mark) -> None:
        self._mark = mark
        said = {Mark.DONE: ", done", Mark.HERE: ", you are here", Mark.AHEAD: ""}[mark]
        self.setAccessibleName(f"Step {self._number}: {self._title}{said}")
        self.update()

    def marked(self) -> bool:
        return self._mark is Mark.HERE

    def picture_box(self) -> QRectF:
        width = self.width() - 4
        return QRectF(2, 2, width, max(1, round(0.68 * self.width()) - 2))

    def caption_font(self) -> QFont:
        return self.look.font("base", bold=self._mark is Mark.HERE)

    def paint_over(self, painter: QPainter, box: QRectF) -> None:
        p, theme = self.look.px, self.look.theme
        dot = QRectF(2, box.bottom() + p(4), p(20), p(20))
        accent = theme.color("accent")
        if not self.last:  # the way to the next step
            painter.setPen(QPen(accent if self._mark is Mark.DONE else theme.color("hairline"), 2.0))
            y = dot.center().y()
            painter.drawLine(int(dot.right()), int(y), self.width(), int(y))
        ahead = self._mark is Mark.AHEAD
        painter.setPen(QPen(theme.color("muted") if ahead else accent, 1.0 if ahead else 2.0))
        painter.setBrush(accent if self._mark is Mark.DONE else theme.color("chrome"))
        painter.drawEllipse(dot.adjusted(1, 1, -1, -1))
        if self._mark is Mark.DONE:
            sign = pixmap("check", theme.accent_text, p(12))
            painter.drawPixmap(QRectF(dot.center().x() - p(6), dot.center().y() - p(6), p(12), p(12)), sign,
                               QRectF(sign.rect()))  # fmt: skip
        else:
            painter.setPen(theme.color("muted") if ahead else accent)
            painter.setFont(self.look.font("small", bold=True, figures=True))
            painter.drawText(dot, Qt.AlignmentFlag.AlignCenter, str(self._number))
        painter.setPen(theme.color("text") if ahead or self._mark is Mark.DONE else accent)
        painter.setFont(self.caption_font())
        top = int(dot.bottom()) + p(2)
        painter.drawText(QRect(2, top, self.width() - 4, self.height() - top), WRAP, self._title)


class PlaceTile(Tile):
    """Where one was last: a small picture and what it was, in a line."""

    def __init__(self, look: Look, title: str, source: str, picture: Picture) -> None:
        super().__init__(look, f"Go on with {title} on {source}", picture)
        self._words = f"{title} on {source}"
        self.setToolTip(tip(self._words))

    def picture_box(self) -> QRectF:
        height = self.height() - 8
        return QRectF(4, 4, 1.4 * height, height)

    def radius(self) -> int:
        return 4

    def sizeHint(self) -> QSize:
        words, tall = QFontMetrics(self.look.font("base", bold=True)).horizontalAdvance(self._words), self.look.px(36)
        return QSize(round(1.4 * (tall - 8)) + words + self.look.px(24), tall)

    def paint_over(self, painter: QPainter, box: QRectF) -> None:
        painter.setPen(self.look.theme.color("accent"))
        painter.setFont(self.look.font("base", bold=True))
        left = int(box.right()) + self.look.px(8)
        room = QRect(left, 0, self.width() - left - self.look.px(6), self.height())
        shown = painter.fontMetrics().elidedText(self._words, Qt.TextElideMode.ElideMiddle, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)

    def _paint_ring(self, painter: QPainter, _box: QRectF, radius: float) -> None:
        super()._paint_ring(painter, QRectF(self.rect()).adjusted(2, 2, -2, -2), radius)
