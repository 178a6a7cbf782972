"""What opens and folds: a section of the lesson, and the line above the controls that are seldom moved."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from explainer.lessons.lesson import Section
from explainer.render.icons import icon, pixmap
from explainer.render.look import Look
from explainer.shell.entering import EnterPresses
from explainer.shell.prose import Prose, Shared

CHEVRON = 16  # px at type scale 1


class FoldLine(QWidget):
    """*More* with the number of what it opens, and at its right end the button that resets all."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self.look = look
        self.more, self.reset = QToolButton(self), QToolButton(self)
        for button in (self.more, self.reset):
            button.setProperty("role", "flat")
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.more.setProperty("role", "more")
        self.more.setIconSize(QSize(look.px(CHEVRON), look.px(CHEVRON)))
        self.reset.setIconSize(QSize(look.px(CHEVRON), look.px(CHEVRON)))
        self.more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.reset.setIcon(icon("rotate-ccw", look, "muted"))
        self.reset.setToolTip("Reset all controls (R)")
        self.reset.setAccessibleName("Reset all controls")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.more)
        row.addStretch(1)
        row.addWidget(self.reset)

    def set_count(self, count: int, *, on: bool) -> None:
        """Say how many controls it opens, and whether they are open."""
        self.more.setText(f" More · {count}")
        self.more.setAccessibleName(f"More controls: {count}, {'open' if on else 'folded'}")
        self.more.setIcon(icon("chevron-down" if on else "chevron-right", self.look, "muted"))


class FoldHead(EnterPresses, QPushButton):
    """The section's title with a chevron at its right end."""

    def __init__(self, title: str, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self.look, self.title, self.open = look, title, False
        self.setProperty("role", "fold")
        self.setAccessibleName(title)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAutoDefault(False)

    def fit(self, width: int) -> None:
        """Take this width and the height that the title needs at it."""
        room = self._room(width)
        box = self.fontMetrics().boundingRect(room.toRect(), int(Qt.TextFlag.TextWordWrap), self.title)
        self.setFixedSize(width, max(self.look.px(32), box.height() + self.look.px(10)))

    def _room(self, width: int) -> QRectF:
        return QRectF(0, 0, width - self.look.px(CHEVRON + 8), 10_000)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        side, t = self.look.px(CHEVRON), self.look.theme
        painter.setFont(self.look.font(bold=self.open))
        painter.setPen(t.color("text"))
        room = QRectF(self.rect()).adjusted(0, 0, -side - self.look.px(8), 0)
        painter.drawText(room, int(Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap), self.title)
        sign = pixmap("chevron-down" if self.open else "chevron-right", t.muted, side)
        painter.drawPixmap(self.width() - side - 2, (self.height() - side) // 2, side, side, sign)
        painter.end()


class Fold(QWidget):
    """Title, and below it the text while it is open; the text is made when it is opened for the first time.

    Signals
    -------
    toggled
        The section's anchor, and whether it is open now.
    """

    toggled = Signal(str, bool)

    def __init__(self, section: Section, shared: Shared, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self.section, self.look = section, look
        self._shared = shared
        self.head = FoldHead(section.title, look, self)
        self.body: Prose | None = None
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(look.px(4))
        self.column.addWidget(self.head)
        self.head.clicked.connect(lambda: self.toggled.emit(section.anchor, not self.head.open))

    def show_open(self, on: bool) -> None:
        """Open or fold it."""
        self.head.open = on
        self.head.setAccessibleDescription("open" if on else "folded")
        if on and self.body is None:
            self.body = Prose(self.section.html, self._shared, self.look, self)
            self.column.addWidget(self.body)
        if self.body is not None:
            self.body.setVisible(on)
        self.head.update()

    def fill(self, values: Mapping[str, float]) -> list[tuple[Any, ...]]:
        """Take the numbers of a result; return what has to be set before they can be shown."""
        return self.body.fill(values) if self.body is not None and self.head.open else []

    def settle(self) -> None:
        """Show what was filled in last."""
        if self.body is not None and self.head.open:
            self.body.settle()

    def words(self) -> str:
        """Its title, and its words if it was ever opened."""
        return f"{self.section.title}\n{self.body.words() if self.body is not None else ''}"

    def set_look(self, look: Look) -> None:
        self.look = self.head.look = look
        self.column.setSpacing(look.px(4))
        if self.body is not None:
            self.body.set_look(look)

    def fit(self, width: int) -> None:
        """Take this width and the height that the parts need at it."""
        self.head.fit(width)
        high = self.head.height()
        if self.body is not None and self.head.open:
            self.body.fit(width)
            high += self.column.spacing() + self.body.height()
        self.setFixedSize(width, high)
