"""A card of the lesson: something to try, and what one will see."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from explainer.lessons.lesson import TryCard
from explainer.render.icons import pixmap
from explainer.render.look import Look
from explainer.shell.entering import EnterPresses
from explainer.shell.plain import Words
from explainer.shell.prose import Prose, Shared, Style

THUMB, ARROW = 40, 16  # px at type scale 1


class Thumb(QWidget):
    """Square picture of what one will see; until there is one, the number of the card."""

    def __init__(self, number: int, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self.number, self.look, self.picture = number, look, QPixmap()
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.set_look(look)

    def set_look(self, look: Look) -> None:
        self.look = look
        self.setFixedSize(look.px(THUMB), look.px(THUMB))

    def sizeHint(self) -> QSize:
        return self.size()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        outline = QPainterPath()
        outline.addRoundedRect(QRectF(self.rect()), 4, 4)
        painter.setClipPath(outline)
        if self.picture.isNull():
            painter.fillRect(self.rect(), self.look.theme.color("accent_soft"))
            painter.setPen(self.look.theme.color("accent"))
            painter.setFont(self.look.font(bold=True, figures=True))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, str(self.number))
        else:
            side = min(self.picture.width(), self.picture.height())
            left, top = (self.picture.width() - side) // 2, (self.picture.height() - side) // 2
            painter.drawPixmap(self.rect(), self.picture, QRectF(left, top, side, side).toRect())
        painter.end()


class CardButton(EnterPresses, QPushButton):
    """One card. `clicked` tries it; a link in its second line is followed by itself."""

    def __init__(self, card: TryCard, number: int, shared: Shared, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self.card, self.look, self.here = card, look, False
        self.setProperty("role", "try")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAutoDefault(False)
        self.thumb = Thumb(number, look, self)
        self.title = Words(card.title, self)
        self.title.setWordWrap(True)
        self.title.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.line = Prose(card.html, shared, look, self, Style(12, "muted"), inside=True)
        self.line.setVisible(bool(card.html))
        self.row, self.column = QHBoxLayout(self), QVBoxLayout()
        self.column.addWidget(self.title)
        self.column.addWidget(self.line)
        self.row.addWidget(self.thumb, 0, Qt.AlignmentFlag.AlignVCenter)
        self.row.addLayout(self.column, 1)
        self.set_look(look)

    def fill(self, values: Mapping[str, float]) -> list[tuple[Any, ...]]:
        """Take the numbers of a result; return what has to be set before they can be shown."""
        self.setAccessibleName(self.card.title)
        return self.line.fill(values)

    def settle(self) -> None:
        """Show what was filled in last."""
        self.line.settle()

    def words(self) -> str:
        """Title and line."""
        return f"{self.card.title} {self.line.words()}"

    def set_look(self, look: Look) -> None:
        self.look = look
        p = look.px
        self.row.setContentsMargins(p(4), p(4), p(ARROW + 14), p(4))
        self.row.setSpacing(p(12))
        self.column.setContentsMargins(0, p(3), 0, p(3))
        self.column.setSpacing(p(1))
        self.thumb.set_look(look)
        self.title.setFont(look.font(bold=True))
        self.title.setStyleSheet(f"color: {look.theme.accent}")
        self.line.set_look(look)

    def set_picture(self, picture: QPixmap) -> None:
        """Show what one will see."""
        self.thumb.picture = picture
        self.thumb.update()

    def mark(self, *, here: bool) -> None:
        """Say whether the card shows the present state."""
        if here != self.here:
            self.here = here
            self.setProperty("here", here)
            self.setAccessibleDescription("shown now" if here else "")
            self.style().unpolish(self)
            self.style().polish(self)
            self.update()

    def fit(self, width: int) -> None:
        """Take this width and the height that the words need at it."""
        m, c = self.row.contentsMargins(), self.column.contentsMargins()
        room = width - m.left() - m.right() - self.thumb.width() - self.row.spacing()
        self.title.setFixedSize(room, self.title.heightForWidth(room))
        self.line.fit(room)
        words = self.title.height() + (self.line.height() + self.column.spacing() if self.card.html else 0)
        high = max(self.thumb.height(), words + c.top() + c.bottom())
        self.setFixedSize(width, high + m.top() + m.bottom())

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        side = self.look.px(ARROW)
        sign = pixmap("check" if self.here else "arrow-right", self.look.theme.accent, side)
        painter.drawPixmap(self.width() - side - self.look.px(11), (self.height() - side) // 2, side, side, sign)
        painter.end()
