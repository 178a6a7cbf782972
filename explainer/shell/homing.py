"""Home and back: what the home page shows, where one was, and which keys work there."""

from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QAction

from explainer.core.problem import Problem
from explainer.lessons.walk import Walk
from explainer.render import thumbnails
from explainer.render.look import Look
from explainer.runtime import events as ev
from explainer.runtime.session import PLACES_MOST, Place
from explainer.shell.conductor import Conductor
from explainer.shell.home_page import HomePage
from explainer.shell.panes import Panes
from explainer.shell.source_bar import short_name
from explainer.sources.opening import path_of

WORK_AT_HOME = frozenset((
    "home", "open", "open-folder", "paste", "camera", "next-picture", "previous-picture", "freeze", "models",
    "full-screen", "theme", "larger", "smaller", "palette", "keys", "quit",
))  # fmt: skip
SAID_FOR_MS = 6000


class Homing(QObject):
    """Shows the home page in place of the panes while the conductor is at home.

    Signals
    -------
    search_asked
        The palette is wanted, with what was typed.
    changed
        Something else is to be remembered.
    seen
        There is an answer on the home page, or it can have none.
    """

    search_asked = Signal(str)
    changed = Signal()
    seen = Signal()

    def __init__(self, conductor: Conductor, panes: Panes, actions: dict[str, QAction], parent: QObject) -> None:
        super().__init__(parent)
        self._conductor, self._panes, self._actions = conductor, panes, actions
        session = conductor.session
        self.walk = Walk.of(conductor.library.outline.start, session.walked)
        self.places: tuple[Place, ...] = session.places
        self.page: HomePage | None = None
        self._quiet = QTimer(self, singleShot=True, interval=SAID_FOR_MS)
        self._quiet.timeout.connect(lambda: self._say(""))
        c = conductor
        c.home_changed.connect(self._show)
        c.lesson_changed.connect(self._been)
        c.source_changed.connect(self._source_changed)
        c.frame_arrived.connect(self._frame_arrived)
        c.answered.connect(self._answered)
        c.failed.connect(self._failed)
        panes.strip.said.connect(self._say)
        if c.at_home:
            self._show()
        self._tell_catalogue()

    # Where one was --------------------------------------------------------------------------------------

    def _been(self) -> None:
        """Note where one is, unless that is at home."""
        c = self._conductor
        if c.at_home or c.lesson is None:
            return
        here = (c.lesson.id, c.source_spec)
        others = (place for place in self.places if place[0] != here[0])
        self.walk, self.places = self.walk.after(c.lesson.id), (here, *others)[:PLACES_MOST]
        self._tell_catalogue()
        self.changed.emit()

    def _tell_catalogue(self) -> None:
        lesson = self._conductor.lesson
        self._panes.catalogue.show_walk(self.walk, lesson.id if lesson is not None else "")

    def go_to(self, lesson: str, source: str) -> None:
        """Open a lesson on what was open beside it."""
        if source != self._conductor.source_spec:
            self._conductor.open(source)
        self._conductor.choose_lesson(lesson)

    # The page -------------------------------------------------------------------------------------------

    def toggle(self) -> None:
        """Go home, or back to what one came from."""
        c = self._conductor
        c.leave_home() if c.at_home else c.go_home()

    def _show(self) -> None:
        home = self._conductor.at_home
        if home and self.page is None:
            self._make()
        if self.page is not None:
            self._panes.show_home(self.page if home else None)
        self._enable(home)
        if home:
            self._fill()
        else:
            self._been()
            self._panes.stage.setFocus()

    def _enable(self, home: bool) -> None:
        """At home only those actions work that have nothing to do with a demo."""
        history = self._conductor.history
        possible = {"undo": history.can_undo, "redo": history.can_redo}
        for name, action in self._actions.items():
            if name not in WORK_AT_HOME:
                action.setEnabled(not home and possible.get(name, True))

    def _make(self) -> None:
        c = self._conductor
        self.page = page = HomePage(self._panes.look, c.library, self._actions)
        page.lesson_asked.connect(c.choose_lesson)
        page.place_asked.connect(self.go_to)
        page.opened.connect(c.open)
        page.search_asked.connect(self.search_asked)
        page.left.connect(c.leave_home)

    def _fill(self) -> None:
        page, c = self.page, self._conductor
        assert page is not None
        page.show_walk(self.walk)
        page.show_places(self.places)
        self._show_source()
        if c.frame is not None:
            page.picture.show_frame(c.frame)
        page.arrange()
        page.begin()

    def _source_changed(self) -> None:
        if self._conductor.at_home:
            self._show_source()
        else:
            self._been()

    def _show_source(self) -> None:
        c, page = self._conductor, self.page
        assert page is not None
        spec = c.source_spec
        name = (path_of(spec) or Path(short_name(spec))).name
        page.picture.show_source(spec, c.opened.title if c.opened is not None else name)
        if c.frame is None and spec.startswith("sample:"):
            page.show_picture(thumbnails.of_sample(spec.removeprefix("sample:")))

    def _frame_arrived(self, event: ev.FrameArrived) -> None:
        page = self.page
        if self._conductor.at_home and page is not None and page.picture.show_frame(event.frame):
            page.arrange()

    def _answered(self, event: object) -> None:
        self.seen.emit()
        if isinstance(event, ev.Finished) and self.page is not None:
            self.page.picture.show_result(event.result)

    def _failed(self, problem: Problem | None) -> None:
        if problem is not None:
            self.seen.emit()
            if self._conductor.at_home:
                self._say(problem.sentence)

    def _say(self, text: str) -> None:
        if self.page is not None and self._conductor.at_home:
            self.page.picture.say(text)
            self.page.arrange()
            self._quiet.start() if text else self._quiet.stop()

    def set_dragged(self, on: bool) -> None:
        """Light up where a picture that is held over the window may be dropped."""
        self._panes.stage.set_dragged(on and not self._conductor.at_home)
        if self.page is not None:
            self.page.picture.drop.light(on)

    def set_look(self, look: Look) -> None:
        """Wear another theme or size of type."""
        if self.page is not None:
            self.page.set_look(look)
