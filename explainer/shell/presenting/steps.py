"""What a lecture goes through in one lesson: its beginning, then each card of what can be tried."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen, QResizeEvent, QTextDocument
from PySide6.QtWidgets import QAbstractButton, QBoxLayout, QSizePolicy, QWidget

from explainer.lessons.lesson import Lesson
from explainer.lessons.links import parse_try
from explainer.render.look import Look
from explainer.shell.entering import EnterPresses

WIDE = 168  # px at type scale 1
MOST = 5
PAD, GAP = 10, 8
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z“])")


@dataclass(frozen=True, slots=True)
class Step:
    """One card: what will be shown, a line on what will be seen, and the params that show it."""

    title: str
    line: str
    params: Mapping[str, Any]


def steps_of(lesson: Lesson | None) -> tuple[Step, ...]:
    """The lesson's beginning and its cards, at most `MOST`; nothing where there is only the beginning."""
    if lesson is None:
        return ()
    found = [Step(lesson.title, "As the lesson begins", lesson.preset)]
    for card in lesson.page.cards[: MOST - 1]:
        with suppress(ValueError):  # a link that sets nothing is reported by the check of lessons
            found.append(Step(card.title, _words(card.html), parse_try(card.href)))
    return tuple(found) if len(found) > 1 else ()


def _words(html: str) -> str:
    """First sentence of what a card says; numbers that are filled in later are left out with it."""
    document = QTextDocument()
    document.setHtml(html)
    first = SENTENCE.split(document.toPlainText().replace("\n", " ").strip())[0].rstrip(".")
    return "" if "–" in first.split() else first


class StepCards(QWidget):
    """Cards of what was, is and will be shown: a column beside the stage, or a row below heroes that are wide.

    Signals
    -------
    chosen(int)
        A card was clicked, or chosen by key.
    """

    chosen = Signal(int)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("steps")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.look, self.at = look, 0
        self.steps: tuple[Step, ...] = ()
        self.in_row = False
        self._cards: list[_Card] = []
        self._box = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self.setAccessibleName("Steps")
        self.set_look(look)

    def set_look(self, look: Look) -> None:
        """Wear another theme or size of type."""
        self.look = look
        self._box.setSpacing(look.px(GAP))
        self.setStyleSheet(f"#steps {{ background: {look.theme.stage}; }}")
        for card in self._cards:
            card.look = look
            card.updateGeometry()
            card.update()
        self._shape()

    def stand_in_row(self, in_row: bool) -> None:
        """Stand beside one another, or again above one another."""
        if in_row != self.in_row:
            self.in_row = in_row
            self._shape()

    def _shape(self) -> None:
        p, most = self.look.px, 16_777_215  # Qt's own bound of a size
        way = QBoxLayout.Direction.LeftToRight if self.in_row else QBoxLayout.Direction.TopToBottom
        self._box.setDirection(way)
        self._box.setContentsMargins(p(16) if self.in_row else 0, 0 if self.in_row else p(12), p(16), p(12))
        self.setMaximumSize(most, most)
        self.setMinimumSize(0, 0)
        high = QSizePolicy.Policy.Expanding if self.in_row else QSizePolicy.Policy.Fixed
        for card in self._cards:
            policy = card.sizePolicy()
            policy.setVerticalPolicy(high)  # in a row all are as high as the highest
            card.setSizePolicy(policy)
        if self.in_row:
            self.setFixedHeight(self._row_height() + p(12))
        else:
            self.setFixedWidth(p(WIDE))

    def _row_height(self) -> int:
        count, p = len(self._cards), self.look.px
        each = (self.width() - 2 * p(16) - (count - 1) * p(GAP)) // max(1, count)
        return max((card.heightForWidth(each) for card in self._cards), default=p(40))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.in_row and event.size().width() != event.oldSize().width():
            self._shape()

    def show_steps(self, steps: Sequence[Step]) -> None:
        """Show the cards of another lesson, from its beginning."""
        self.steps, self.at = tuple(steps), 0
        while self._box.count():
            self._box.takeAt(0)
        for card in self._cards:
            card.deleteLater()
        self._cards = [_Card(number, step, self.look, self) for number, step in enumerate(steps)]
        for card in self._cards:
            card.clicked.connect(lambda _=False, n=card.number: self.chosen.emit(n))
            self._box.addWidget(card, 1 if self.in_row else 0)
        if not self.in_row:
            self._box.addStretch(1)
        self._shape()
        self.go(0)

    def go(self, number: int) -> None:
        """Mark a card as the present one; those before it are done."""
        self.at = number
        for card in self._cards:
            card.state = "done" if card.number < number else "now" if card.number == number else "next"
            card.update()


class _Card(EnterPresses, QAbstractButton):
    def __init__(self, number: int, step: Step, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self.number, self.step, self.look, self.state = number, step, look, "next"
        self.setAccessibleName(f"Step {number + 1}: {step.title}")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def sizeHint(self) -> QSize:
        return QSize(self.look.px(WIDE), self.heightForWidth(self.look.px(WIDE - 16)))

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        inner, p = width - 2 * self.look.px(PAD) - 4, self.look.px
        words = sum(self._high(text, inner, bold) for text, bold in ((self.step.title, True), (self.step.line, False)))
        return words + p(16) + 2 * p(PAD) + p(4)

    def _high(self, text: str, width: int, bold: bool) -> int:
        if not text:
            return 0
        metrics = QFontMetrics(self._font(bold))
        return metrics.boundingRect(0, 0, width, 10_000, int(Qt.TextFlag.TextWordWrap.value), text).height()

    def _font(self, bold: bool) -> Any:
        return self.look.font("base", bold=True) if bold else self.look.font("small")

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        t, p = self.look.theme, self.look.px
        edge = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        now = self.state == "now"
        line = "focus" if self.hasFocus() else "accent" if now else "stage_line"
        painter.setPen(QPen(t.color(line), 2 if now or self.hasFocus() else 1))
        painter.setBrush(t.color("accent_soft" if now else "stage"))
        painter.drawRoundedRect(edge, 6, 6)
        inner = edge.adjusted(p(PAD), p(PAD), -p(PAD), -p(PAD))
        self._write(painter, inner, now=now)
        painter.end()

    def _write(self, painter: QPainter, inner: QRectF, *, now: bool) -> None:
        t, p = self.look.theme, self.look.px
        painter.setFont(self.look.font("small", bold=True, figures=True))
        painter.setPen(t.color("accent" if now else "muted"))
        mark = f"{self.number + 1}  ✓" if self.state == "done" else f"{self.number + 1}"
        painter.drawText(inner, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, mark)
        top = p(16)
        for text, bold, role in ((self.step.title, True, "text"), (self.step.line, False, "muted")):
            painter.setFont(self._font(bold))
            painter.setPen(t.color(role if now or self.state == "done" else "muted"))
            high = self._high(text, int(inner.width()), bold)
            if bold or top + high <= inner.height() + 1:  # half a sentence says less than none
                painter.drawText(inner.adjusted(0, top, 0, 0), Qt.TextFlag.TextWordWrap.value, text)
            top += high


def step_after(at: int, by: int, count: int) -> int | None:
    """Number of the step that a presenter's clicker goes to; ``None`` beyond the last and before the first."""
    return at + by if 0 <= at + by < count else None
