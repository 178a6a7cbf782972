"""The headline at the top of the stage, and under it the details, folded to what fits on a line."""

import re
from collections.abc import Callable, Sequence

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent, QTextDocument
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from explainer.core.result import Result
from explainer.core.words import listed
from explainer.render.icons import icon
from explainer.render.look import Look
from explainer.render.measures import unbroken
from explainer.shell.plain import Words, menu_text, reading_text, tip

SIZES = (20, 18, 16, 14, 13)  # px at type scale 1, the first that fits
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z“\d−])")
LINE, BUTTON, BUTTON_WITH_COUNT, TITLE = 22, 24, 48, 18
APART = "  ·  "
Way = tuple[str, Callable[[], object]]
"""Title of what the stage has no room for, and what shows it."""


class Head(QWidget):
    """Headline and details; an unfolded reading lies over the stage, so that nothing below it moves."""

    def __init__(self, look: Look, stage: QWidget) -> None:
        super().__init__(stage)
        self.look = look
        self.said, self._details, self._badges = "", "", ""
        self._more: tuple[Way, ...] = ()
        self._lines_high = self._wide = 0
        self._title = Words(self)
        self._headline = Words(self, wordWrap=True)
        self._headline.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self._headline.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._headline.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.fold = QToolButton(self)
        self.fold.setProperty("role", "flat")
        self.fold.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.fold.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.fold.clicked.connect(self.toggle)
        self.sheet = Sheet(look, stage)
        self.set_look(look)

    def set_look(self, look: Look) -> None:
        """Wear another theme or size of type."""
        self.look = look
        t, p = look.theme, look.px
        self.fold.setFont(look.font("small"))
        self.fold.setStyleSheet(
            f"QToolButton {{ color: {t.muted}; font-size: {p(11)}px; padding: 0; border: 2px solid transparent;"
            f" min-height: 0; text-align: left; }} QToolButton:hover {{ color: {t.text}; border-color: transparent; }}"
            f" QToolButton:focus {{ border: 2px solid {t.focus}; padding: 0; }}"
        )
        self.fold.setIconSize(QSize(p(12), p(12)))
        self.fold.setIcon(icon("chevron-right", look, "muted"))
        self._title.setFont(look.font("base", bold=True))
        self._title.setStyleSheet(f"color: {t.accent}; font-size: {p(13)}px; font-weight: 600;")
        self.sheet.set_look(look)
        self._arrange()

    def show_result(self, result: Result) -> None:
        """Say the point of a result."""
        reading = plain_words(result.reading)
        first, *more = SENTENCE.split(reading)
        unsuitable = result.unsuitable.sentence if result.unsuitable else ""
        self.said = unsuitable or result.headline or first
        self._details = reading if unsuitable or result.headline else " ".join(more)
        self._badges = APART.join(result.badges)
        self.setAccessibleName(self.said)
        self._headline.setText(unbroken(self.said))
        self.sheet.show_words(result.reading, self._badges)
        self._arrange()

    def wait(self, said: str = "") -> None:
        """Say nothing of what is not there yet, or that it was stopped."""
        self.said, self._details, self._badges = said, "", ""
        self._headline.setText(said)
        self.sheet.hide()
        self._arrange()

    def offer(self, more: Sequence[Way]) -> None:
        """Offer below the reading what the stage has no room for; the button counts it."""
        if [title for title, _ in more] != [title for title, _ in self._more]:
            self._more = tuple(more)
            self.sheet.show_ways(self._more)
            self._arrange()

    def set_title(self, title: str) -> None:
        """Say above the headline what demo it is, where nothing else does; "" takes that away."""
        self._title.setText(title)
        self._arrange()

    def width_wanted(self) -> int:
        """Width of the headline on one line at type scale 1, in steps that small changes do not pass."""
        wide = QFontMetrics(_sized(self.look, SIZES[0], 1.0)).horizontalAdvance(self.said)
        return -(-wide // 60) * 60

    def place(self, rect: QRect, lines_high: int) -> None:
        """Take a rectangle whose upper `lines_high` px are the headline's."""
        self._lines_high = lines_high
        self.setGeometry(rect)
        self._arrange()

    def toggle(self) -> None:
        """Unfold the reading over the stage, or fold it."""
        if self.sheet.isVisible():
            self.sheet.hide()
            return
        below = self.geometry().translated(0, self.fold.geometry().bottom() + self.look.px(4))
        self.sheet.unfold(QRect(below.left(), below.top(), min(self.width(), self.look.px(620)), 0))

    def resizeEvent(self, _event: object) -> None:
        self._arrange()

    def _arrange(self) -> None:
        if not self.width():
            return
        top = self.look.px(TITLE) if self._title.text() else 0
        self._title.setVisible(bool(top))
        self._title.setGeometry(0, 0, self.width(), top)
        high = (self._lines_high or self.height()) - top
        is_folded = self.height() - top - high < self.look.px(14)
        self._wide = self.width() - (self._button() if is_folded else 0)
        font = next((f for f in self._fonts() if self._fits(f, high)), self._fonts()[-1])
        self._headline.setFont(font)
        self._headline.setStyleSheet(f"font-size: {font.pixelSize()}px; font-weight: 600;")
        self._headline.setGeometry(0, top, self._wide, high)
        self._place_fold(font, high, top, is_folded=is_folded)

    def _place_fold(self, font: QFont, high: int, top: int, *, is_folded: bool) -> None:
        """Put what unfolds the details on a line of its own, or beside the headline."""
        count = f"+{len(self._more)}" if self._more else ""
        shown = count if is_folded else APART.join(filter(None, (count, self._folded())))
        self.fold.setText(menu_text(shown))
        more = f", and what has no room: {listed([title for title, _ in self._more])}" if self._more else ""
        self.fold.setToolTip(tip(f"Show all of the reading{more}"))
        self.fold.setAccessibleName(f"Details: {self._details or self._badges}{more}")
        p = self.look.px
        wide = min(self.width(), self.fold.sizeHint().width() + p(8))
        beside = QRect(self._wide, top, self._button(), p(BUTTON))
        below = QRect(-2, top + min(high, self._high(font)), wide, p(LINE))
        self.fold.setGeometry(beside if is_folded else below)
        self.fold.setVisible(bool(self._details or self._badges or self._more))

    def _button(self) -> int:
        """Width of the button beside the headline."""
        return self.look.px(BUTTON_WITH_COUNT if self._more else BUTTON)

    def _fonts(self) -> list[QFont]:
        return [_sized(self.look, size, self.look.scale) for size in SIZES]

    def _fits(self, font: QFont, high: int) -> bool:
        return self._high(font) <= high + 2

    def _high(self, font: QFont) -> int:
        """Height of the headline in a font."""
        room = QRect(0, 0, self._wide, 10_000)
        flags = int(Qt.TextFlag.TextWordWrap.value)
        return QFontMetrics(font).boundingRect(room, flags, self._headline.text()).height()

    def _folded(self) -> str:
        """Whole sentences that fit beside the chevron; never a torn one."""
        metrics = QFontMetrics(self.look.font("small"))
        room = self.width() - self.look.px(28)
        parts = [one.rstrip(".") for one in SENTENCE.split(self._details) if one]
        parts += [self._badges] if self._badges else []
        shown = ""
        for part in parts:
            longer = f"{shown}{APART}{part}" if shown else part
            if metrics.horizontalAdvance(longer) > room:
                break
            shown = longer
        return shown or "Details"


class Sheet(QFrame):
    """The whole reading on a card over the stage; a click on it or ``Esc`` takes it away."""

    def __init__(self, look: Look, stage: QWidget) -> None:
        super().__init__(stage)
        self.setProperty("role", "card")
        self.setAccessibleName("Reading")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.reading = QLabel(self, wordWrap=True)
        self.reading.setTextFormat(Qt.TextFormat.MarkdownText)
        self.reading.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.badges = Words(self, wordWrap=True)
        self.badges.setProperty("role", "muted")
        self._ways: list[QPushButton] = []
        column = QVBoxLayout(self)
        column.addWidget(self.reading)
        column.addWidget(self.badges)
        self.hide()
        self.set_look(look)

    def set_look(self, look: Look) -> None:
        """Wear another theme or size of type."""
        p = look.px
        self.reading.setFont(look.font())
        self.badges.setFont(look.font("small"))
        self.layout().setContentsMargins(p(16), p(12), p(16), p(12))

    def show_words(self, reading: str, badges: str) -> None:
        """Hold another reading, shown or not."""
        self.reading.setText(unbroken(reading_text(reading)))
        self.badges.setText(badges)
        self.badges.setVisible(bool(badges))

    def show_ways(self, ways: Sequence[Way]) -> None:
        """Have a button for each of these below the words."""
        for old in self._ways:
            self.layout().removeWidget(old)
            old.deleteLater()
        self._ways = []
        for title, show in ways:
            button = QPushButton(menu_text(f"Show {title}"), self)
            button.clicked.connect(self.hide)
            button.clicked.connect(lambda _=False, show=show: show())
            self.layout().addWidget(button)
            self._ways.append(button)

    def unfold(self, at: QRect) -> None:
        """Lie at a place of the stage, as high as the words are."""
        self.setFixedWidth(at.width())
        self.adjustSize()
        self.move(at.topLeft())
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)


def plain_words(markdown: str) -> str:
    """Words of a reading without its marks."""
    document = QTextDocument()
    document.setMarkdown(reading_text(markdown))
    return document.toPlainText().replace("\n", " ").strip()


def _sized(look: Look, size: int, scale: float) -> QFont:
    font = look.font("title", bold=True)
    font.setPixelSize(max(8, round(size * scale)))
    return font
