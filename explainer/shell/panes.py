"""The parts of the window and where they stand: source bar above, strip below, three panes between."""

from collections.abc import Callable, Iterator
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSplitter, QToolButton, QVBoxLayout, QWidget

from explainer.core.demo import Catalogue
from explainer.lessons.catalogue import Library
from explainer.render.icons import icon
from explainer.render.look import Look
from explainer.shell.catalogue_pane import CataloguePane
from explainer.shell.controls_pane import ControlsPane
from explainer.shell.folding import Side, Wishes, fitting
from explainer.shell.lesson_page import LessonPage
from explainer.shell.play_bar import PlayBar
from explainer.shell.question_bar import QuestionBar
from explainer.shell.source_bar import SourceBar
from explainer.shell.stage import Stage
from explainer.shell.strip import Strip

LEAST_STAGE = 300  # px that the stage keeps before a pane folds
LESSON_STEPS = (("previous-demo", "arrow-left"), ("next-demo", "arrow-right"), ("reset", "rotate-ccw"))


class Panes(QWidget):
    """Catalogue, stage, lesson and controls, source bar and strip."""

    def __init__(self, catalogue: Catalogue, library: Library, look: Look, actions: dict[str, QAction]) -> None:
        super().__init__()
        self.look, self._actions = look, actions
        self._wishes, self._bare = Wishes(), False
        self._home: QWidget | None = None
        self.catalogue = CataloguePane(library, lambda name: catalogue.demo(name).info.title, look)
        self.stage = Stage(look)
        self.play_bar = PlayBar(look, actions)
        self.lesson = LessonPage(look)
        self.controls = ControlsPane(look)
        self.bar = SourceBar(look, actions)
        self.strip = Strip(look)
        self.questions = QuestionBar(look)
        self._lesson_buttons: list[tuple[QToolButton, str]] = []
        self.right = self._right_side()
        self.split = self._side_by_side()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._column, self._lines = column, (_line(), _line())
        for part in (self.bar, self._lines[0], self.questions, self.split, self._lines[1], self.strip):
            column.addWidget(part, 1 if part is self.split else 0)
        self._dress_buttons()

    def _side_by_side(self) -> QSplitter:
        split = QSplitter()
        for part in (self.catalogue, self.stage, self.right):
            split.addWidget(part)
        split.setChildrenCollapsible(False)
        split.setStretchFactor(1, 1)
        split.setMinimumWidth(LEAST_STAGE)  # what does not fit beside it folds
        return split

    def _right_side(self) -> QSplitter:
        right = QSplitter(Qt.Orientation.Vertical)
        right.setObjectName("chrome")
        right.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        right.addWidget(self._lesson_side())
        right.addWidget(self.controls)
        right.setChildrenCollapsible(False)
        right.setStretchFactor(0, 3)
        right.setStretchFactor(1, 2)
        return right

    def _lesson_side(self) -> QWidget:
        side = QWidget()
        row = QHBoxLayout()
        row.setContentsMargins(self.look.px(14), self.look.px(4), self.look.px(10), 0)
        row.addStretch(1)
        for name, symbol in LESSON_STEPS:
            row.addWidget(self._lesson_button(name, symbol))
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.lesson, 1)
        column.addLayout(row)
        return side

    def _lesson_button(self, name: str, symbol: str) -> QToolButton:
        button, action = QToolButton(), self._actions[name]
        button.setProperty("role", "flat")
        button.setToolTip(action.toolTip())
        button.setAccessibleName(action.text())
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # after a click Space is still the window's
        button.clicked.connect(action.trigger)
        self._lesson_buttons.append((button, symbol))
        return button

    def dressed(self, look: Look) -> Iterator[Callable[[], object]]:
        """Yield the steps in which the parts put on another theme or size of type."""
        for part in (self.bar, self.questions, self.strip, self.catalogue, self.lesson, self.play_bar, self.stage):
            yield partial(part.set_look, look)
        yield partial(self._wear, look)

    def _wear(self, look: Look) -> None:
        self.look = look
        self._set_least_widths()
        self._dress_buttons()
        self.fit()

    def _dress_buttons(self) -> None:
        p = self.look.px  # the page has a border of 2 px
        self.lesson.setViewportMargins(p(14) - 2, p(10) - 2, p(6) - 2, 0)
        for button, symbol in self._lesson_buttons:
            button.setIcon(icon(symbol, self.look, "muted"))

    def set_widths(self, width: int) -> None:
        """Give the panes the widths they have at first in a window of `width` pixels."""
        left, right = self.look.px(208), self.look.px(300)
        self._set_least_widths()
        self.split.setSizes([left, max(400, width - left - right), right])
        self.right.setSizes([self.look.px(430), self.look.px(270)])

    def _set_least_widths(self) -> None:
        self.catalogue.setMinimumWidth(self.look.px(150))
        self.right.setMinimumWidth(self.look.px(280))

    # Home -----------------------------------------------------------------------------------------------

    def show_home(self, home: QWidget | None) -> None:
        """Show a page in place of all that belongs to a demo; ``None`` shows that again."""
        if home is not None and self._column.indexOf(home) < 0:
            self._column.addWidget(home, 1)
        if self._home is not None:
            self._home.hide()
        self._home = home
        for part in (self.bar, *self._lines, self.split):
            part.setVisible(home is None)
        self.strip.setVisible(home is None and not self._bare)
        if home is not None:
            home.show()
        else:
            self.fit()

    # Which panes are shown ------------------------------------------------------------------------------

    def show_sides(self, on: bool) -> None:
        """Show or hide everything but bar and stage."""
        self._bare = not on
        self.strip.setVisible(on)
        self.fit()

    def toggle(self, side: Side) -> None:
        """Open a pane, or close it."""
        self._wishes = self._wishes.toggled(side, shown=self._pane(side).isVisible())
        self.fit()

    def open(self, side: Side) -> None:
        """Have a pane open, however narrow the window is."""
        if not self._pane(side).isVisible():
            self.toggle(side)

    def fit(self) -> None:
        """Show the panes that are wanted and fit."""
        left, right = self.catalogue.minimumWidth(), self.right.minimumWidth()
        shown = fitting(self._wishes, self.width(), left, LEAST_STAGE, right)
        for pane, visible in zip((self.catalogue, self.right), shown, strict=True):
            pane.setVisible(visible and not self._bare)

    def _pane(self, side: Side) -> QWidget:
        return self.catalogue if side == "left" else self.right

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()


def _line() -> QFrame:
    line = QFrame()
    line.setProperty("role", "line")
    line.setFixedHeight(1)
    return line
