"""What the window shows, as signals: asks the chooser, the feed and the scheduler, and tells what came of it.

Every way of changing something (control, handle, link, palette, undo, command line) ends in a method here. All
of them, and all signals, belong to the window's thread; workers know the bridge alone.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from PySide6.QtCore import QObject, Signal

from explainer.core.context import Models, Settings
from explainer.core.demo import Catalogue, Demo
from explainer.core.frame import Frame
from explainer.core.problem import Problem
from explainer.core.words import one_line
from explainer.lessons.catalogue import Library
from explainer.lessons.lesson import Lesson
from explainer.runtime import events as ev
from explainer.runtime.history import History
from explainer.runtime.player import Player
from explainer.runtime.scheduler import Scheduler
from explainer.runtime.session import Session
from explainer.shell.bridge import Bridge
from explainer.shell.choosing import Chooser
from explainer.shell.feed import DEFAULT_SOURCE, Feed, Opener, Wish, named, web_address
from explainer.shell.selection import News, Refused, Said, Selection, Step, Told
from explainer.sources.addresses import host_of

Origin = Literal["asked", "job", "source", "camera"]


class Conductor(QObject):
    """Holds what is chosen and what is open; asks the scheduler and the feed.

    Signals
    -------
    demo_changed, params_changed, model_changed, source_changed, lesson_changed
        Something else is chosen; read the properties.
    finished
        A current ``Finished`` event, before `delivered`: the next run may begin while this result is drawn.
    home_changed
        Read `at_home`.
    answered
        A current ``Partial`` or ``Finished`` event of what is asked of a picture at home.
    delivered
        A current ``Partial`` or ``Finished`` event.
    failed
        ``Problem`` for the card in the stage; ``None`` takes the card away.
    network_seen
        A ``NetworkSeen`` event: what the session's network made of a picture, as `look` asked.
    address_asked
        An address of the web is to be opened; somebody has to ask whether it may be fetched.
    progressed, started, stopped, noted, position_changed, playing_changed, frame_arrived
        For the strip, the source bar and quiet remarks.
    """

    demo_changed = Signal()
    params_changed = Signal()
    model_changed = Signal()
    source_changed = Signal()
    lesson_changed = Signal()
    finished = Signal(object)
    home_changed = Signal()
    answered = Signal(object)
    delivered = Signal(object)
    failed = Signal(object)
    progressed = Signal(object)
    started = Signal()
    stopped = Signal()
    noted = Signal(str)
    position_changed = Signal(object)
    playing_changed = Signal(bool)
    frame_arrived = Signal(object)
    address_asked = Signal(str)
    history_changed = Signal()
    network_seen = Signal(object)

    def __init__(
        self,
        catalogue: Catalogue,
        library: Library,
        models: Models,
        make_scheduler: Callable[[Callable[[Any], None]], Scheduler],
        session: Session,
        *,
        at_home: bool = False,
    ) -> None:
        super().__init__()
        self.at_home = at_home
        self.catalogue, self.library, self.models = catalogue, library, models
        self.playing = False
        self.opened: ev.SourceOpened | None = None
        self.frame: Frame | None = None
        self._trouble: Origin | None = None
        self._gesture = 0
        self._chooser = Chooser(catalogue, library, models)
        first = self._chooser.first(session)
        self.selection: Selection = first.now
        self._first_news = first.news
        self.bridge = Bridge()
        self.bridge.arrived.connect(self._receive)
        self.scheduler = make_scheduler(self.bridge.post)
        self._first_address = web_address(session.source)
        first_source = "" if self._first_address else session.source
        self._brought = bool(first_source)  # a person has chosen what is looked at; else each demo has its sample
        self.feed = Feed(first_source or self._sample(), self.scheduler, self.bridge.post)
        self._heralds: Mapping[Told, Callable[[], object]] = {
            Told.DEMO: self._tell_demo,
            Told.LESSON: self.lesson_changed.emit,
            Told.PARAMS: self.params_changed.emit,
            Told.MODEL: self.model_changed.emit,
            Told.HISTORY: self.history_changed.emit,
            Told.RUN: self._ask,
        }

    # What is chosen -------------------------------------------------------------------------------------

    @property
    def demo(self) -> Demo[Any]:
        return self.selection.demo

    @property
    def params(self) -> Any:
        return self.selection.params

    @property
    def settings(self) -> Settings:
        return self.selection.settings

    @property
    def lesson(self) -> Lesson | None:
        return self.selection.lesson

    @property
    def history(self) -> History:
        return self.selection.history

    @property
    def session(self) -> Session:
        """What was found at the start, with the recent sources since."""
        return self.selection.session

    @property
    def card(self) -> Any:
        return self._chooser.card(self.selection)

    @property
    def player(self) -> Player:
        return self.feed.player

    @property
    def source_spec(self) -> str:
        """What is open, as ``open_source`` takes it; "" for what has no name to be reopened by."""
        return self.feed.spec

    def remembered(self) -> Session:
        """Return the session as it is to be found next time."""
        return self.selection.remembered(self.source_spec if self._brought else "")

    # Choosing -------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Open the first source and run the first demo; called once the window is on screen."""
        try:
            # Before torch is loaded: whoever loads a library meanwhile waits, and keeps the window waiting.
            self._take(Step(self.selection, self._first_news))
            if self.lesson is None:
                self._take(self._chooser.lesson_of_demo(self.selection))
        finally:
            self.feed.begin(temporal=self._temporal)
            self._ask()
        if self._first_address:
            self._ask_about(self._first_address)

    def go_home(self) -> None:
        """Leave the demo, and ask of the picture what it is taken for."""
        if not self.at_home:
            self.at_home = True
            self.feed.match(temporal=False)
            self._ask()
            self.home_changed.emit()

    def leave_home(self) -> None:
        """Go back to the demo that is chosen."""
        self._leave(Step(self.selection))

    def choose_demo(self, demo_id: str, preset: Mapping[str, Any] | None = None) -> None:
        """Show another demo, with `preset` laid over its values."""
        self._leave(self._chooser.demo(self.selection, demo_id, preset))

    def choose_lesson(self, lesson_id: str) -> None:
        """Open a lesson and the demo it belongs to."""
        self._leave(self._chooser.lesson(self.selection, lesson_id))

    def step_lesson(self, by: int) -> None:
        """Previous or next lesson in the order of the book."""
        self._take(self._chooser.lesson_beside(self.selection, by))

    def set_params(self, values: Mapping[str, Any], gesture: int | None = None) -> None:
        """Change params; a value that is not allowed is said and nothing happens."""
        self._take(self._chooser.values(self.selection, values, gesture))

    def play_to(self, name: str, value: Any) -> None:
        """Run the next value of the param that is being played."""
        self._take(self._chooser.played(self.selection, name, value))

    def new_gesture(self) -> int:
        """Number for one drag; its changes become one step of undo."""
        self._gesture += 1
        return self._gesture

    def reset(self) -> None:
        """Put every control of this demo back to its default."""
        self._take(self._chooser.defaults(self.selection))

    def undo(self) -> None:
        """Take the last change of params back."""
        self._take(self._chooser.undone(self.selection))

    def redo(self) -> None:
        """Make it again."""
        self._take(self._chooser.redone(self.selection))

    def choose_model(self, name: str) -> None:
        """Use another model; what it lacks goes back to its default, and the window says so."""
        self._take(self._chooser.model(self.selection, name))

    def set_settings(self, **values: Any) -> None:
        """Change device, threads, seed or fit."""
        self._take(self._chooser.settings(self.selection, **values))

    def restore(self, session: Session) -> None:
        """Show another session in place of this one."""
        self._leave(self._chooser.session(self.selection, session))
        if session.source:
            self.open(session.source)
        else:
            self._brought = False
            self._open(named(self._sample()))

    def _leave(self, step: Step) -> None:
        """Take a step that ends on the stage, wherever one was."""
        left, self.at_home = self.at_home, False
        self._take(step if not left or Told.RUN in step.news else step.tell(Told.RUN))
        if left:
            self._match()
            self.home_changed.emit()

    def _take(self, step: Step) -> None:
        self.selection = step.now
        for one in step.news:
            self._tell(one)

    def _tell(self, news: News) -> None:
        match news:
            case Said(text):
                self.noted.emit(text)
            case Refused(problem):
                self._fail(problem, "asked")
            case Told():
                self._heralds[news]()

    def _tell_demo(self) -> None:
        self._clear("asked", "job", "source")
        self.demo_changed.emit()
        self._match()

    def _match(self) -> None:
        """Show the sample on which the demo tells most, unless somebody chose a picture; that one is made to fit."""
        sample = self._sample()
        if self._brought or self.at_home or not self.demo.info.uses_frame or self.feed.wanted == sample:
            self.feed.match(temporal=self._temporal)
        else:
            self.scheduler.source_changed()  # else the demo would first be seen on the picture that goes
            self._open(named(sample))

    def _sample(self) -> str:
        """The picture on which the present demo tells most; at home the one that is always there."""
        name = "" if self.at_home else self.demo.info.sample
        return f"sample:{name}" if name else DEFAULT_SOURCE

    @property
    def _temporal(self) -> bool:
        """Whether what is run needs motion."""
        return self.demo.info.temporal and not self.at_home

    def _ask(self) -> None:
        chosen = self.selection
        asked = self._chooser.at_home() if self.at_home else (chosen.demo, chosen.params)
        if asked is not None:
            self.scheduler.ask(*asked, chosen.settings, self.feed.frames)

    # Source ---------------------------------------------------------------------------------------------

    def open(self, spec: str) -> None:
        """Open a file, folder, ``camera:N`` or ``sample:NAME``; the present one stays if that fails.

        An address of the web is asked about first.
        """
        address = web_address(spec)
        if address:
            self._ask_about(address)
        else:
            self._brought = True
            self._open(named(spec))

    def _ask_about(self, address: str) -> None:
        self.address_asked.emit(address)
        self.noted.emit(f"Nothing is fetched from {one_line(host_of(address))} until you say so.")

    def open_with(self, title: str, opener: Opener, keep: Callable[[], str] | None = None) -> None:
        """Open a picture that has no name to be reopened by (a pasted one); `keep` gives it one, in a worker."""
        self._brought = True
        self._open(Wish("", opener, keep))
        self.noted.emit(title)

    def spared(self) -> tuple[str, ...]:
        """Return what is open and what is in the recent list: kept pictures among them must not be forgotten."""
        return (self.source_spec, *self.session.recent)

    def refuse(self, problem: Problem) -> None:
        """Show why something that was asked for cannot be had."""
        self._fail(problem, "asked")

    def _open(self, wish: Wish) -> None:
        self.feed.open(wish, temporal=self._temporal)

    def step(self, by: int) -> None:
        """Next or previous: the picture beside a still, the picture of a folder, the frame of a film."""
        self._brought = True
        if self.opened is not None and self.opened.kind == "image":
            self.feed.beside(by, temporal=self._temporal)
        else:
            self.player.step(by)

    def freeze(self) -> None:
        """Stop the picture where it is, or let it go on; a training run pauses."""
        if not (self.demo.info.uses_frame or self.at_home):
            paused = self.scheduler.paused
            self.scheduler.resume() if paused else self.scheduler.pause()
            self.playing_changed.emit(paused)
        elif self.playing:
            self.player.pause()
        else:
            self.player.play()

    def restart(self) -> None:
        """Run the present demo from its beginning."""
        self.scheduler.restart()

    def stop(self) -> None:
        """Stop what is being computed; the last result stays, and any change computes again."""
        self.scheduler.stop()
        self.stopped.emit()

    # Events ---------------------------------------------------------------------------------------------

    def _receive(self, event: Any) -> None:
        """Drop what is stale, tell the rest."""
        if not self.scheduler.is_current(event):
            return
        if self.at_home and isinstance(event, ev.JobEvent):
            self._receive_answer(event)
        elif isinstance(event, ev.NetworkSeen):
            self.network_seen.emit(event)
        elif isinstance(event, ev.JobEvent):
            self._receive_job(event)
        else:
            self._receive_source(event)

    def _receive_answer(self, event: ev.JobEvent) -> None:
        """At home nobody waits for a job, and one that fails leaves the picture without an answer."""
        if isinstance(event, ev.Partial | ev.Finished | ev.Failed):
            self.feed.go_on()
            self.answered.emit(event)

    def _receive_job(self, event: ev.JobEvent) -> None:
        match event:
            case ev.Started():
                self.started.emit()
                if not self.demo.info.uses_frame:  # a new job runs although the one before it was paused
                    self.playing_changed.emit(not self.scheduler.paused)
            case ev.Progress():
                self.progressed.emit(event)
            case ev.Partial() | ev.Finished():
                self.feed.go_on()
                self._clear("job")  # a film that plays on must not wipe away why another could not be opened
                if isinstance(event, ev.Finished):
                    self.finished.emit(event)
                self.delivered.emit(event)
            case ev.Failed():
                self.feed.go_on()
                self._fail(event.problem, "job")

    def _receive_source(self, event: ev.SourceEvent) -> None:
        match event:
            case ev.FrameArrived():
                self.frame = event.frame
                self.frame_arrived.emit(event)
            case ev.SourceOpened():
                self._source_opened(event)
            case ev.Position():
                self.position_changed.emit(event)
            case ev.PlayState():
                self.playing = event.playing
                self.playing_changed.emit(event.playing)
            case ev.SourceFailed():
                self.feed.refused()
                self._fail(event.problem, "source")
            case ev.SourceLost():
                self._fail(event.problem, "camera")
            case ev.SourceSkipped():
                self.noted.emit(event.problem.sentence)
            case ev.SourceBack():
                self._clear("camera")
                self.noted.emit("The camera is back.")
            case ev.SourceEnded():
                self.playing_changed.emit(False)

    def _source_opened(self, event: ev.SourceOpened) -> None:
        self.opened = event
        self.feed.shown(event.source_id)
        self._clear("asked", "job", "source", "camera")
        if self.source_spec and self._brought:
            self.selection = self.selection.with_recent(self.source_spec)
        self.source_changed.emit()

    def _fail(self, problem: Problem, origin: Origin) -> None:
        self._trouble = origin
        self.failed.emit(problem)

    def _clear(self, *origins: Origin) -> None:
        """Take the card away if it came from one of these."""
        if self._trouble in origins:
            self._trouble = None
            self.failed.emit(None)

    # The end --------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Cancel and join the workers. A thread left inside a backward pass would abort the process."""
        self.bridge.close()
        self.feed.close()
        self.scheduler.close()
