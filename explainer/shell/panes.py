"""The parts of the window and where they stand: source bar above, strip below, three panes between."""

from collections.abc import Callable, Iterator
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from explainer.core.demo import Catalogue
from explainer.lessons.catalogue import Library
from explainer.render.look import Look
from explainer.shell import tabbing
from explainer.shell.catalogue_pane import CataloguePane
from explainer.shell.controls_pane import ControlsPane
from explainer.shell.folding import Side, Wishes, fitting
from explainer.shell.lesson_page import LessonPage
from explainer.shell.network_strip import NetworkView
from explainer.shell.play_bar import PlayBar
from explainer.shell.question_bar import QuestionBar
from explainer.shell.source_bar import SourceBar
from explainer.shell.stage import Stage
from explainer.shell.strip import Strip
from explainer.shell.symbols import Ties

MOST_CONTROLS, MOST_BELOW_TABLE = 0.42, 0.34  # of the right side, below a lesson and below a table
LEAST_STAGE = 300  # px that the stage keeps before a pane folds
BETWEEN = 600  # px that it keeps between two panes before the catalogue folds, unless that was opened by hand
LESSON_STEPS = ("previous-demo", "next-demo")


class Panes(QWidget):
    """Catalogue, stage, lesson and controls, source bar and strip."""

    def __init__(self, catalogue: Catalogue, library: Library, look: Look, actions: dict[str, QAction]) -> None:
        super().__init__()
        self.look, self._actions = look, actions
        self._wishes, self._bare = Wishes(), False
        self._home: QWidget | None = None
        self._steps: QWidget | None = None
        self.catalogue = CataloguePane(library, lambda name: catalogue.demo(name).info.title, look)
        self.stage = Stage(look)
        self.play_bar = PlayBar(look, actions)
        self.network = NetworkView(look)
        self.lesson = LessonPage(look, [actions[name] for name in LESSON_STEPS])
        self.controls = ControlsPane(look)
        self.ties = Ties(self.lesson, self.stage, self.controls)
        self.controls.reset_asked.connect(actions["reset"].trigger)
        self.bar = SourceBar(look, actions)
        self.strip = Strip(look)
        self.questions = QuestionBar(look)
        self.right = self._right_side()
        self.split = self._side_by_side()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._column, self._lines = column, (_line(), _line())
        self._middle = QHBoxLayout()
        self._middle.setSpacing(0)
        self._middle.addWidget(self.split, 1)
        for part in (self.bar, self._lines[0], self.questions):
            column.addWidget(part)
        column.addLayout(self._middle, 1)
        for part in (self._lines[1], self.strip):
            column.addWidget(part)

    def _side_by_side(self) -> QSplitter:
        split = QSplitter()
        for part in (self.catalogue, self.stage, self.right):
            split.addWidget(part)
        split.setChildrenCollapsible(False)
        split.setStretchFactor(1, 1)
        split.setMinimumWidth(LEAST_STAGE)  # what does not fit beside it folds
        return split

    def _right_side(self) -> "RightSide":
        right = RightSide(self.lesson, self.controls)
        right.setObjectName("chrome")
        right.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        return right

    def dressed(self, look: Look) -> Iterator[Callable[[], object]]:
        """Yield the steps in which the parts put on another theme or size of type."""
        for part in (self.bar, self.questions, self.strip, self.catalogue, self.lesson, self.play_bar, self.stage):
            yield partial(part.set_look, look)
        yield partial(self._wear, look)

    def _wear(self, look: Look) -> None:
        self.look = look
        self._set_least_widths()
        self.fit()

    def set_widths(self, width: int) -> None:
        """Give the panes the widths they have at first in a window of `width` pixels."""
        left, right = self.look.px(208), self.look.px(300)
        self._set_least_widths()
        self.split.setSizes([left, max(400, width - left - right), right])

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
        self._column.setStretchFactor(self._middle, 1 if home is None else 0)
        for part in (self.bar, *self._lines, self.split):
            part.setVisible(home is None)
        self.strip.setVisible(home is None and not self._bare)
        if home is not None:
            home.show()
        else:
            self.fit()

    def unfold(self, sections: object, more: object) -> None:
        """Open what was open last time; what a session file holds there may be anything."""
        if isinstance(sections, list):
            self.lesson.open_sections(one for one in sections if isinstance(one, str))
        self.controls.show_open(more is True)

    # Which panes are shown ------------------------------------------------------------------------------

    def add_steps(self, steps: QWidget) -> None:
        """Have a column beside the stage that only an audience sees."""
        self._middle.addWidget(steps)
        steps.hide()
        self._steps = steps

    def place_steps(self, *, below: bool) -> None:
        """Have the steps below the stage, or beside it."""
        ways = QBoxLayout.Direction
        self._middle.setDirection(ways.TopToBottom if below else ways.LeftToRight)

    def show_audience(self, on: bool) -> None:
        """Show nothing but the stage and the steps, or all again; the panes keep their widths."""
        self._bare = on
        for part in (self.bar, *self._lines, self.strip):
            part.setVisible(not on)
        if not on and self._steps is not None:
            self._steps.hide()
            self.place_steps(below=False)
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
        shown = fitting(self._wishes, self.width(), left, LEAST_STAGE, right, BETWEEN)
        for pane, visible in zip((self.catalogue, self.right), shown, strict=True):
            pane.setVisible(visible and not self._bare)

    def _pane(self, side: Side) -> QWidget:
        return self.catalogue if side == "left" else self.right

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Lead Tab from the stage to the controls and on to the lesson, whatever was made when."""
        areas = (
            self.stage,
            self.controls,
            self.lesson,
            self.right,
            self.strip,
            self.bar,
            self.questions,
            self.catalogue,
        )
        return tabbing.go_on(tabbing.stops(self, areas), forward=forward)


class RightSide(QWidget):
    """The lesson, and below it the controls as high as they need be, up to less than a half."""

    def __init__(self, lesson: QWidget, controls: ControlsPane) -> None:
        super().__init__()
        self._lesson, self._controls, self._line = lesson, controls, _line()
        self._instead: QWidget | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(lesson, 1)
        column.addWidget(self._line)
        column.addWidget(controls)
        controls.sized.connect(self._share)

    def show_instead(self, sheet: QWidget | None) -> None:
        """Show something in the lesson's place; ``None`` shows the lesson again."""
        if self._instead is not None:
            self._instead.hide()
        self._instead = sheet
        self._lesson.setVisible(sheet is None)
        if sheet is not None:
            column = self.layout()
            assert isinstance(column, QVBoxLayout)
            if column.indexOf(sheet) < 0:
                column.insertWidget(0, sheet, 1)
            sheet.show()
        self._share()

    def _share(self) -> None:
        most = MOST_CONTROLS if self._instead is None else MOST_BELOW_TABLE
        self._controls.setFixedHeight(min(self._controls.wanted_height, round(self.height() * most)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share()


def _line() -> QFrame:
    line = QFrame()
    line.setProperty("role", "line")
    line.setFixedHeight(1)
    return line
