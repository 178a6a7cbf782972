"""The parts of a lesson's page, from its title to its folded sections."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QAction, QPainter, QPaintEvent
from PySide6.QtWidgets import QToolButton, QWidget

from explainer.lessons.lesson import Lesson
from explainer.lessons.page import TRY
from explainer.render.icons import icon
from explainer.render.look import Look
from explainer.shell.fold import Fold
from explainer.shell.plain import Words
from explainer.shell.prose import Prose, Shared
from explainer.shell.symbol_table import FormulaView, SymbolTable
from explainer.shell.try_card import CardButton

STEP_ICONS = ("arrow-left", "arrow-right")
Follow = Callable[[QUrl], None]


class Part(Protocol):
    """One below the other on the page."""

    def fit(self, width: int) -> None:
        """Take this width and the height that is needed at it."""

    def set_look(self, look: Look) -> None:
        """Put on another theme or size of type."""

    def words(self) -> str:
        """Its words."""


class Filled(Protocol):
    """A part that shows numbers or formulas."""

    def fill(self, values: Mapping[str, float]) -> list[tuple[Any, ...]]:
        """Take the numbers of a result; return the settings of formulas that have to be set first."""

    def settle(self) -> None:
        """Show what was filled in last."""


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """All parts in their order, and some of them by what they are."""

    every: tuple[Any, ...]
    filled: tuple[Filled, ...] = ()
    formula: FormulaView | None = None
    symbols: SymbolTable | None = None
    cards: tuple[CardButton, ...] = ()
    folds: tuple[Fold, ...] = ()


def parts_of(
    lesson: Lesson | None, chapter: str, steps: Sequence[QAction], look: Look, follow: Follow, parent: QWidget
) -> Parts:
    """Make the parts of a lesson's page as children of `parent`."""
    if lesson is None:
        return Parts((Head("", "This demo has no lesson yet.", steps, look, parent),))
    page, shared = lesson.page, Shared(lesson.formulas, lesson.symbols, follow)
    head = Head(lesson.title, chapter, steps, look, parent)
    lead = [Prose(page.lead, shared, look, parent)] if page.lead else []
    formula = FormulaView(lesson.formulas[page.formula], lesson.symbols, look, parent) if page.formula else None
    table = SymbolTable(lesson.symbols, look, parent) if lesson.symbols else None
    cards = tuple(CardButton(card, number, shared, look, parent) for number, card in enumerate(page.cards, 1))
    asides = [Prose(page.asides, shared, look, parent)] if page.asides else []
    folds = tuple(Fold(section, shared, look, parent) for section in page.sections)
    shown = [part for part in (formula, table) if part is not None]
    tried = [Rule(TRY, look, parent), *_spaced(cards, look, parent), *asides] if cards or asides else []
    ruled = [Rule("", look, parent), *folds] if folds else []
    every = (head, *lead, *shown, *tried, *ruled)
    return Parts(every, (*lead, *shown, *cards, *asides, *folds), formula, table, cards, folds)


def _spaced(cards: Sequence[CardButton], look: Look, parent: QWidget) -> Iterator[QWidget]:
    for card in cards:
        yield card
        yield Gap(8, look, parent)


class Head(QWidget):
    """Title, chapter, and the arrows that lead to the lessons beside it."""

    def __init__(self, title: str, chapter: str, steps: Sequence[QAction], look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self.title, self.chapter = Words(title, self), Words(chapter, self)
        self.title.setWordWrap(True)
        self.chapter.setWordWrap(True)
        self.buttons = [self._button(action) for action in steps]
        self.set_look(look)

    def _button(self, action: QAction) -> QToolButton:
        button = QToolButton(self)
        button.setProperty("role", "flat")
        button.setToolTip(action.toolTip())
        button.setAccessibleName(action.text())
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # after a click Space is still the window's
        button.clicked.connect(action.trigger)
        return button

    def set_look(self, look: Look) -> None:
        self.look = look
        self.title.setFont(look.font("title", bold=True))
        self.chapter.setFont(look.font("small"))
        self.chapter.setStyleSheet(f"color: {look.theme.muted}")
        for button, symbol in zip(self.buttons, STEP_ICONS, strict=False):
            button.setIcon(icon(symbol, look, "muted"))

    def fit(self, width: int) -> None:
        """Place the parts; the title goes on below the arrows' line where it is long."""
        side, gap = self.look.px(28), self.look.px(2)
        room = width - len(self.buttons) * side - self.look.px(4)
        for index, button in enumerate(self.buttons):
            button.setGeometry(width - (len(self.buttons) - index) * side, 0, side, side)
        high = self.title.heightForWidth(room) if self.title.text() else 0
        self.title.setGeometry(0, 0, room, high)
        top = max(high + gap, 0 if self.title.text() else gap)
        small = self.chapter.heightForWidth(width if self.title.text() else room)
        self.chapter.setGeometry(0, top, width if self.title.text() else room, small)
        self.setFixedSize(width, max(top + small, side if self.buttons else 0) + self.look.px(10))

    def words(self) -> str:
        """Title and chapter."""
        return f"{self.title.text()}\n{self.chapter.text()}"


class Rule(QWidget):
    """A hairline, and below it a small title if there is one."""

    def __init__(self, title: str, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self.title = Words(title, self)
        self.set_look(look)

    def set_look(self, look: Look) -> None:
        self.look = look
        self.title.setFont(look.font(bold=True))

    def fit(self, width: int) -> None:
        """Take this width."""
        words = self.title.sizeHint().height() + self.look.px(6) if self.title.text() else 0
        self.title.setGeometry(0, self.look.px(20), width, self.title.sizeHint().height())
        self.title.setVisible(bool(words))
        self.setFixedSize(width, self.look.px(20 if words else 16) + words)

    def words(self) -> str:
        """The title."""
        return self.title.text()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(0, self.look.px(8), self.width(), 1, self.look.theme.color("hairline"))
        painter.end()


class Gap(QWidget):
    """Room between two parts."""

    def __init__(self, high: int, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self.high = high
        self.set_look(look)

    def set_look(self, look: Look) -> None:
        self.look = look

    def fit(self, width: int) -> None:
        """Take this width."""
        self.setFixedSize(width, self.look.px(self.high))

    def words(self) -> str:
        """No words."""
        return ""
