"""Right pane, upper part: the lesson, with formulas and the numbers of the present picture."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QAction, QDesktopServices, QFocusEvent, QKeyEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QApplication, QFrame, QScrollArea, QVBoxLayout, QWidget

from explainer.lessons.lesson import Lesson
from explainer.lessons.links import parse_try, scheme, target
from explainer.render import formula
from explainer.render.look import Look
from explainer.render.measures import KEYED
from explainer.shell import style
from explainer.shell.background_tasks import BackgroundTasks
from explainer.shell.fold import Fold
from explainer.shell.lesson_parts import Head, parts_of

REFRESH_S = 1.0
LOOK_MS = 15  # between two looks whether the formulas are set


class LessonPage(QScrollArea):
    """What the lesson says, part by part: title, lead, formula, symbols, cards, folded sections.

    Signals
    -------
    tried
        Params of a ``try:`` link, or of a card laid over the lesson's preset.
    lesson_asked, demo_asked
        Id of a lesson or demo that a link names.
    said
        Words for the strip.
    symbol_hovered
        LaTeX of the symbol that mouse or keys are on, ``None`` for none.
    symbol_chosen
        The `Symbol` that was clicked.
    folded
        A section was opened or folded.
    """

    tried = Signal(dict)
    said = Signal(str)
    lesson_asked = Signal(str)
    demo_asked = Signal(str)
    symbol_hovered = Signal(object)
    symbol_chosen = Signal(object)
    folded = Signal()

    def __init__(self, look: Look, steps: Sequence[QAction] = ()) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setProperty("role", "page")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Lesson")
        self.look, self._steps = look, steps
        self.lesson: Lesson | None = None
        self.opened: set[str] = set()
        self._chapter = ""
        self._values: Mapping[str, float] = {}
        self._pictures: dict[tuple[str, str], QPixmap] = {}
        self._last, self._arrow = 0.0, -1
        self._tasks = BackgroundTasks("formulas")
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._render)
        self._patience = QTimer(self, interval=LOOK_MS)
        self._patience.timeout.connect(self._look_again)
        self._build()

    # What is shown --------------------------------------------------------------------------------------

    def clear(self) -> None:
        """Show nothing until `show_lesson` says what."""
        self._take_keys()
        self._body.hide()

    def _take_keys(self) -> None:
        """Keep the keys of what goes; they go on to the same arrow of the next lesson."""
        focused = QApplication.focusWidget()
        if self._body.isAncestorOf(focused):
            self._arrow = next((at for at, one in enumerate(self._arrows()) if one is focused), -1)
            self.setFocus(Qt.FocusReason.OtherFocusReason)

    def _give_keys(self) -> None:
        if self._arrow >= 0 and self.hasFocus():
            self._arrows()[self._arrow].setFocus(Qt.FocusReason.TabFocusReason)
        self._arrow = -1

    def _arrows(self) -> Sequence[QWidget]:
        head: Head = self.parts.every[0]
        return head.buttons

    def show_lesson(self, lesson: Lesson | None, chapter: str) -> None:
        """Show another lesson from its beginning; the one that is shown already stays where it is."""
        if lesson is not None and lesson is self.lesson and chapter == self._chapter:
            self._body.show()
            self._give_keys()
            return
        self.lesson, self._chapter = lesson, chapter
        self._take_keys()
        self._build()
        self._give_keys()
        self.verticalScrollBar().setValue(0)

    def set_look(self, look: Look) -> None:
        """Put on another theme or size of type; what is open stays open, and the page where it stands."""
        self.look = look
        place = self.verticalScrollBar().value()
        for part in self.parts.every:
            part.set_look(look)
        self._render()
        self.verticalScrollBar().setValue(place)

    def open_sections(self, anchors: Iterable[str]) -> None:
        """Open the sections with these anchors, in this lesson and in those that follow."""
        self.opened = set(anchors)
        for fold in self.parts.folds:
            fold.show_open(fold.section.anchor in self.opened)
        self._render()

    def show_here(self, is_here: Callable[[Mapping[str, Any]], bool]) -> None:
        """Mark the card whose params, laid over the preset, are the present ones."""
        for card in self.parts.cards:
            card.mark(here=is_here(self.params_of(card.card.href)))

    @property
    def wants_picture(self) -> bool:
        """Whether the card that is marked has no picture yet of what is seen now."""
        return any(card.here and card.thumb.picture.isNull() for card in self.parts.cards)

    def show_picture(self, picture: QPixmap) -> None:
        """Keep what is seen now as the picture of the card that is marked."""
        for card in self.parts.cards:
            if card.here and self.lesson is not None:
                self._pictures[self.lesson.id, card.card.href] = picture
                card.set_picture(picture)

    def forget_pictures(self) -> None:
        """Drop the cards' pictures; they show another source than there is now."""
        self._pictures = {}
        for card in self.parts.cards:
            card.set_picture(QPixmap())

    def light(self, key: str | None) -> None:
        """Stress a symbol wherever it stands on the page."""
        for part in (self.parts.formula, self.parts.symbols):
            if part is not None:
                part.light(key)

    def text(self) -> str:
        """All words that are on the page, but for the sections that were never opened."""
        return "\n".join(part.words() for part in self.parts.every)

    def _build(self) -> None:
        """Make the parts of another lesson."""
        self._patience.stop()
        self._timer.stop()
        self._body = QWidget()
        self._body.setObjectName("page")
        self._body.hide()
        self.setWidget(self._body)  # before it is filled, so that its parts are dressed once
        self.parts = parts_of(self.lesson, self._chapter, self._steps, self.look, self._follow, self._body)
        self._connect()
        self._column = QVBoxLayout(self._body)
        self._column.setSpacing(0)
        for part in self.parts.every:
            self._column.addWidget(part)
        self._column.addStretch(1)
        self._render()
        self._last = 0.0  # its first numbers are filled in as they come
        self._body.show()

    def _connect(self) -> None:
        parts = self.parts
        for shown in (parts.formula, parts.symbols):
            if shown is not None:
                shown.hovered.connect(self.symbol_hovered)
        if parts.symbols is not None:
            parts.symbols.chosen.connect(self.symbol_chosen)
        for card in parts.cards:
            card.clicked.connect(lambda _=False, href=card.card.href: self._try_card(href))
            assert self.lesson is not None
            card.set_picture(self._pictures.get((self.lesson.id, card.card.href), QPixmap()))
        for fold in parts.folds:
            fold.show_open(fold.section.anchor in self.opened)
            fold.toggled.connect(self._toggle)

    def _toggle(self, anchor: str, on: bool) -> None:
        self.opened = self.opened | {anchor} if on else self.opened - {anchor}
        for fold in self.parts.folds:
            if fold.section.anchor == anchor:
                fold.show_open(on)
                self._render()
                self._reveal(fold)
        self.folded.emit()

    def _reveal(self, fold: Fold) -> None:
        """Scroll what was opened into sight, its title at the top at most."""
        bar, top = self.verticalScrollBar(), fold.y()
        bottom = top + min(fold.height(), self.viewport().height())
        if bottom > bar.value() + self.viewport().height():
            bar.setValue(bottom - self.viewport().height())

    # Numbers and formulas -------------------------------------------------------------------------------

    def show_values(self, values: Mapping[str, float]) -> None:
        """Fill in the present numbers: in the table at once, in the text at most once a second."""
        self._values = dict(values)
        if self.parts.symbols is not None:
            self.parts.symbols.fill(self._values)
        wait = REFRESH_S - (time.monotonic() - self._last)
        if wait <= 0:
            self._render()
        elif not self._timer.isActive():
            self._timer.start(int(1000 * wait) + 1)

    def show_now(self) -> None:
        """Fill in the latest numbers without waiting for the second to end, nor for formulas to be set."""
        self._timer.stop()
        self._render()
        self._tasks.finish()
        self._settle()

    def rest(self) -> None:
        """End what goes on in the background; called before the window goes."""
        self._timer.stop()
        self._patience.stop()
        self._tasks.close()

    def _render(self) -> None:
        """Fill in the numbers; while formulas with new ones are being set, their part stays as it is."""
        self._last = time.monotonic()
        unset = [one for part in self.parts.filled for one in part.fill(self._values)]
        if unset:
            self._tasks.forget()
            self._tasks.ask(*(partial(formula.svg, *one) for one in dict.fromkeys(unset)))
            self._patience.start()
        self._fit()

    def _look_again(self) -> None:
        if not self._tasks.busy:
            self._settle()

    def _settle(self) -> None:
        """Show what the formulas that are set by now were waited for."""
        self._patience.stop()
        for part in self.parts.filled:
            part.settle()
        self._fit()

    # Size and links -------------------------------------------------------------------------------------

    def _fit(self) -> None:
        """Give every part the width of the page, and the page the height of its parts."""
        p = self.look.px
        margins = (p(18), p(12), p(18), p(14))
        self._column.setContentsMargins(*margins)
        width = self.viewport().width()
        high = margins[1] + margins[3]
        for part in self.parts.every:
            part.fit(width - margins[0] - margins[2])
            high += part.height()
        self._body.resize(width, max(high, self.viewport().height()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Draw a ring for whoever came by key; a click into the text needs none."""
        style.mark_keyed(self, keyed=event.reason() in KEYED)
        super().focusInEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        bar = self.verticalScrollBar()
        to = {Qt.Key.Key_Space: bar.value() + bar.pageStep(), Qt.Key.Key_Home: 0, Qt.Key.Key_End: bar.maximum()}
        if event.key() in to:
            bar.setValue(to[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def _follow(self, url: QUrl) -> None:
        href = url.toString(QUrl.ComponentFormattingOption.FullyEncoded)
        match scheme(href):
            case "try":
                self._try(href)
            case "lesson":
                self.lesson_asked.emit(target(href))
            case "demo":
                self.demo_asked.emit(target(href))
            case "https":
                QDesktopServices.openUrl(url)

    def _try(self, href: str) -> None:
        try:
            self.tried.emit(parse_try(href))
        except ValueError as error:
            self.said.emit(f"This link sets nothing: {error}.")

    def _try_card(self, href: str) -> None:
        """Set all that the card's picture needs, wherever the controls stood before."""
        self.tried.emit(self.params_of(href))

    def params_of(self, href: str) -> dict[str, Any]:
        """Params of a card: its own, laid over the lesson's preset."""
        assert self.lesson is not None
        try:
            return {**self.lesson.preset, **parse_try(href)}
        except ValueError:
            return {}
