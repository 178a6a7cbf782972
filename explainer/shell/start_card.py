"""The card in the catalogue that leads along the way for newcomers."""

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton

from explainer.lessons.walk import Mark, Walk
from explainer.render.look import Look
from explainer.shell.plain import tip


class StartCard(QAbstractButton):
    """Says how far one has come, with a dot for each step; pressed, it goes on."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look, self._walk, self.following = look, Walk(()), ""
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName("Start here")

    def set_look(self, look: Look) -> None:
        self.look = look
        self.updateGeometry()
        self.update()

    def show_walk(self, walk: Walk, lesson: str) -> None:
        """Show a walk while `lesson` is open."""
        self._walk = walk
        self.setVisible(bool(walk.steps))
        if not walk.steps:
            return
        at = walk.following(lesson)
        step = walk.steps[at]
        self.following = step.lesson
        self.setAccessibleName(f"Start here, {self._said()}; next: {step.title}")
        self.setToolTip(tip(f"Go on with step {at + 1}: {step.title}"))
        self.update()

    def _said(self) -> str:
        here, count = self._walk.here, len(self._walk.steps)
        return f"step {here + 1} of {count}" if here >= 0 else f"{count} steps"

    def sizeHint(self) -> QSize:
        return QSize(self.look.px(150), self.look.px(44))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, theme, p = QPainter(self), self.look.theme, self.look.px
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ring = "focus" if self.hasFocus() else "accent" if self.underMouse() else "accent_soft"
        painter.setPen(QPen(theme.color(ring), 2.0 if self.hasFocus() else 1.0))
        painter.setBrush(theme.color("accent_soft"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), p(5), p(5))
        bold, small = self.look.font(bold=True), self.look.font("small")
        left, line = p(12), QFontMetrics(bold).lineSpacing()
        top = (self.height() - line - QFontMetrics(small).lineSpacing()) // 2
        painter.setFont(bold)
        painter.setPen(theme.color("accent"))
        painter.drawText(QRect(left, top, self.width() - left, line), Qt.AlignmentFlag.AlignLeft, "Start here")
        painter.setFont(small)
        painter.setPen(theme.color("text"))
        painter.drawText(QRect(left, top + line, self.width(), line), Qt.AlignmentFlag.AlignLeft, self._said())
        self._paint_dots(painter, left + QFontMetrics(bold).horizontalAdvance("Start here") + p(6))
        painter.end()

    def _paint_dots(self, painter: QPainter, least: int) -> None:
        theme, p = self.look.theme, self.look.px
        marks = self._walk.marks
        first = self.width() - p(16) - p(13) * (len(marks) - 1)
        if first < least:
            return
        for at, mark in enumerate(marks):
            ahead = mark is Mark.AHEAD
            painter.setPen(QPen(theme.color("muted" if ahead else "accent"), 1.0 if ahead else 2.0))
            painter.setBrush(theme.color("accent") if mark is Mark.DONE else Qt.BrushStyle.NoBrush)
            painter.drawEllipse(QPointF(first + at * p(13), self.height() / 2), p(3.5), p(3.5))
