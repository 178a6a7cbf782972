"""What is shown, and with which values: the window's state without a single widget.

Every way of changing something (control, handle, link, palette, undo, command line) ends in a method here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

from PySide6.QtCore import QObject, Signal

from explainer.core.context import Models, Settings
from explainer.core.controls import control
from explainer.core.demo import Catalogue, Demo
from explainer.core.frame import Frame
from explainer.core.params import checked, from_plain, to_plain
from explainer.core.problem import ExplainerError, Problem
from explainer.core.source import Source
from explainer.lessons.catalogue import Library
from explainer.lessons.lesson import Lesson
from explainer.runtime import events as ev
from explainer.runtime.frames import SourceFrames
from explainer.runtime.history import Change, History
from explainer.runtime.player import Player
from explainer.runtime.scheduler import Scheduler
from explainer.runtime.session import Session
from explainer.shell.bridge import Bridge
from explainer.sources.opening import is_video, open_source, path_of
from explainer.sources.synthetic import pan

DEFAULT_SOURCE = "sample:cat"
Opener = Callable[[], Source | Problem]


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """A source as it was asked for.

    Parameters
    ----------
    spec
        What ``open_source`` takes; "" for what has no name to be reopened by (a pasted picture).
    still, panned
        Whether it is a single picture, and whether it is shown as a slow pan over it.
    """

    spec: str
    opener: Opener
    still: bool
    panned: bool = False


class Conductor(QObject):
    """Holds demo, params, settings and source; asks the scheduler and the player.

    Signals
    -------
    demo_changed, params_changed, model_changed, source_changed, lesson_changed
        Something else is chosen; read the properties.
    delivered
        A current ``Partial`` or ``Finished`` event.
    failed
        ``Problem`` for the card in the stage; ``None`` takes the card away.
    progressed, started, noted, position_changed, playing_changed, frame_arrived
        For the strip, the source bar and quiet remarks.
    """

    demo_changed = Signal()
    params_changed = Signal()
    model_changed = Signal()
    source_changed = Signal()
    lesson_changed = Signal()
    delivered = Signal(object)
    failed = Signal(object)
    progressed = Signal(object)
    started = Signal()
    noted = Signal(str)
    position_changed = Signal(object)
    playing_changed = Signal(bool)
    frame_arrived = Signal(object)
    history_changed = Signal()

    def __init__(
        self,
        catalogue: Catalogue,
        library: Library,
        models: Models,
        make_scheduler: Callable[[Callable[[Any], None]], Scheduler],
        session: Session,
    ) -> None:
        super().__init__()
        self.catalogue, self.library, self.models = catalogue, library, models
        self.session = session
        self.settings = self._usable(session.settings)
        self.history = History()
        self.frozen = False
        self.playing = False
        self.opened: ev.SourceOpened | None = None
        self.frame: Frame | None = None
        self._source = self._wanted = _named(session.source or DEFAULT_SOURCE)
        self._openings: dict[str, Chosen] = {}  # by source id; written in the player's thread
        self._trouble: Literal["", "asked", "job", "source", "camera"] = ""
        self._waits = False
        self._frames: Sequence[Frame] = ()
        self.lesson: Lesson | None = None
        self._params: dict[str, Any] = {}
        self._demo = self._first_demo(session.demo)
        self._gesture = 0
        self.bridge = Bridge()
        self.bridge.arrived.connect(self._receive)
        self.scheduler = make_scheduler(self.bridge.post)
        self.player = Player(self._from_player)

    # What is chosen -------------------------------------------------------------------------------------

    @property
    def demo(self) -> Demo[Any]:
        return self._demo

    @property
    def params(self) -> Any:
        return self._params_of(self._demo)

    @property
    def card(self) -> Any:
        return self.models.card(self.settings.model)

    @property
    def source_spec(self) -> str:
        """What is open, as ``open_source`` takes it; "" for a pasted picture."""
        return self._source.spec

    def _first_demo(self, wanted: str) -> Demo[Any]:
        try:
            return self.catalogue.demo(wanted or "grad-cam")
        except ExplainerError:
            return self.catalogue.demos()[0]

    def _usable(self, settings: Settings) -> Settings:
        try:
            self.models.card(settings.model)
        except ExplainerError:
            return replace(settings, model=Settings().model)
        return settings

    def _params_of(self, demo: Demo[Any]) -> Any:
        if demo.info.id not in self._params:
            plain = self.session.params.get(demo.info.id, {})
            made, notes = from_plain(demo.params_type, plain, self.card)
            self._params[demo.info.id] = made
            for note in notes:
                self.noted.emit(note)
        return self._params[demo.info.id]

    def start(self) -> None:
        """Open the first source and run the first demo; called once the window is on screen."""
        try:
            # Before torch is loaded: whoever loads a library meanwhile waits, and keeps the window waiting.
            if self.lesson is None:
                self._choose_lesson_of(self._demo.info.id)
        finally:
            self._open(self._wanted)
            self._ask()

    # Demos and lessons ----------------------------------------------------------------------------------

    def choose_demo(self, demo_id: str, preset: Mapping[str, Any] | None = None) -> None:
        """Show another demo, with `preset` laid over its values."""
        try:
            demo = self.catalogue.demo(demo_id)
        except ExplainerError as error:
            self._fail(error.problem, "asked")
            return
        switched = demo is not self._demo
        self._demo = demo
        if preset:
            self._apply(self._allowed(demo.params_type, {**to_plain(self.params), **preset}))
        if self.lesson is None or self.lesson.demo != demo_id:
            self._choose_lesson_of(demo_id)
        if switched:
            self._clear("asked", "job", "source")
            self.demo_changed.emit()
        self._match_source()
        self.params_changed.emit()
        self._ask()

    def choose_lesson(self, lesson_id: str) -> None:
        """Open a lesson and the demo it belongs to."""
        try:
            self.lesson = self.library.lesson(lesson_id)
        except ExplainerError as error:
            self._fail(error.problem, "asked")
            return
        self.lesson_changed.emit()
        self.choose_demo(self.lesson.demo, self.lesson.preset)

    def step_lesson(self, by: int) -> None:
        """Previous or next lesson in the order of the book."""
        beside = self.library.next if by > 0 else self.library.previous
        other = beside(self.lesson.id) if self.lesson is not None else None
        while other is not None and not self.library.readable(other.id):
            other = beside(other.id)
        if other is not None:
            self.choose_lesson(other.id)

    def _choose_lesson_of(self, demo_id: str) -> None:
        self.lesson = None
        for head in self.library.of_demo(demo_id):
            try:
                self.lesson = self.library.lesson(head.id)
                break
            except ExplainerError as error:  # the demo runs without its text
                self.noted.emit(error.problem.sentence)
        self.lesson_changed.emit()

    # Params ---------------------------------------------------------------------------------------------

    def set_params(self, values: Mapping[str, Any], gesture: int | None = None) -> None:
        """Change params; a value that is not allowed is said and nothing happens."""
        kind = self._demo.params_type
        try:
            cleaned = {name: checked(control(kind, name), value, self.card) for name, value in values.items()}
        except KeyError as error:
            self.noted.emit(f"{self._demo.info.title} has no control called {error.args[0]}.")
            return
        except ValueError as error:
            self.noted.emit(str(error))
            return
        before, after = self.params, replace(self.params, **cleaned)
        if before == after:
            return
        self.history.push(Change(self._demo.info.id, before, after, gesture))
        self._apply(after)
        self.params_changed.emit()
        self.history_changed.emit()
        self._ask()

    def new_gesture(self) -> int:
        """Number for one drag; its changes become one step of undo."""
        self._gesture += 1
        return self._gesture

    def reset(self) -> None:
        """Put every control of this demo back to its default."""
        self.set_params(to_plain(self._demo.defaults()))

    def undo(self) -> None:
        change = self.history.undo()
        if change is not None:
            self._go_back_to(change.demo_id, change.before)

    def redo(self) -> None:
        change = self.history.redo()
        if change is not None:
            self._go_back_to(change.demo_id, change.after)

    def _go_back_to(self, demo_id: str, params: Any) -> None:
        # The model may be another one by now, and may lack what was chosen then.
        self._params[demo_id] = self._allowed(type(params), to_plain(params))
        self.history_changed.emit()
        if demo_id != self._demo.info.id:
            self.choose_demo(demo_id)
        else:
            self.params_changed.emit()
            self._ask()

    def _apply(self, params: Any) -> None:
        self._params[self._demo.info.id] = params

    def _allowed(self, kind: type, plain: Mapping[str, Any]) -> Any:
        """Params of plain values; what the present model lacks goes back to its default, and a note says so."""
        made, notes = from_plain(kind, plain, self.card)
        if notes:
            self.noted.emit(" ".join(notes))
        return made

    # Settings -------------------------------------------------------------------------------------------

    def choose_model(self, name: str) -> None:
        """Use another model; what it lacks goes back to its default, and the window says so."""
        try:
            self.models.card(name)
        except ExplainerError as error:
            self._fail(error.problem, "asked")
            return
        self.settings = replace(self.settings, model=name)
        for demo_id, params in list(self._params.items()):
            made, notes = from_plain(type(params), to_plain(params), self.card)
            self._params[demo_id] = made
            if notes and demo_id == self._demo.info.id:
                self.noted.emit(" ".join(notes))
        self.model_changed.emit()
        self.params_changed.emit()
        self._ask()

    def set_settings(self, **values: Any) -> None:
        """Change device, threads, seed or fit."""
        self.settings = replace(self.settings, **values)
        self.model_changed.emit()
        self._ask()

    # Source ---------------------------------------------------------------------------------------------

    def open(self, spec: str) -> None:
        """Open a file, folder, ``camera:N`` or ``sample:NAME``; the present one stays if that fails."""
        self._open(_named(spec))

    def open_with(self, title: str, opener: Opener) -> None:
        """Open a picture that has no name to be reopened by (a pasted one)."""
        self._open(Chosen("", opener, still=True))
        self.noted.emit(title)

    def _open(self, chosen: Chosen) -> None:
        self._wanted = replace(chosen, panned=self._demo.info.temporal and chosen.still)
        # A temporal demo that starts while everything is still loading would miss the first pictures.
        self._waits = self._demo.info.temporal
        self.player.open(partial(self._opened_as, self._wanted), held=self._waits)

    def _opened_as(self, chosen: Chosen) -> Source | Problem:
        """In the player's thread: open, and note under the source's id what it was asked for as."""
        source = _panned(chosen.opener) if chosen.panned else chosen.opener()
        if not isinstance(source, Problem):
            self._openings[source.id] = chosen
            # A camera has no end to look through, and must not be opened a second time.
            self._frames = () if source.kind == "camera" else SourceFrames(chosen.opener)
        return source

    def _match_source(self) -> None:
        """A temporal demo needs motion: a still becomes a slow pan over itself, and back."""
        if (self._demo.info.temporal and self._wanted.still) != self._wanted.panned:
            self._open(self._wanted)

    def freeze(self) -> None:
        """Stop the picture where it is, or let it go on; a training run pauses."""
        if not self._demo.info.uses_frame:
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

    def _ask(self) -> None:
        self.scheduler.ask(self._demo, self.params, self.settings, self._frames)

    # Events ---------------------------------------------------------------------------------------------

    def _from_player(self, event: ev.SourceEvent) -> None:
        """In the player's thread: pictures go straight to the scheduler, news to the window."""
        if isinstance(event, ev.FrameArrived):
            self.scheduler.feed(event.frame, lossless=event.stepped)
        elif isinstance(event, ev.SourceOpened):
            self.scheduler.source_changed(self._frames)
        self.bridge.post(event)

    def _receive(self, event: Any) -> None:
        """In the GUI thread: drop what is stale, tell the rest."""
        if not self.scheduler.is_current(event):
            return
        if isinstance(event, ev.Started | ev.Progress | ev.Partial | ev.Finished | ev.Failed):
            self._receive_job(event)
        else:
            self._receive_source(event)

    def _receive_job(self, event: ev.JobEvent) -> None:
        match event:
            case ev.Started():
                self.started.emit()
                if not self._demo.info.uses_frame:  # a new job runs although the one before it was paused
                    self.playing_changed.emit(not self.scheduler.paused)
            case ev.Progress():
                self.progressed.emit(event)
            case ev.Partial() | ev.Finished():
                self._go_on()
                self._clear("job")  # a film that plays on must not wipe away why another could not be opened
                self.delivered.emit(event)
            case ev.Failed():
                self._go_on()
                self._fail(event.problem, "job")

    def _go_on(self) -> None:
        """Let a film that waited for the first result play."""
        if self._waits:
            self._waits = False
            self.player.play()

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
                self._wanted = self._source
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
        self._source = self._openings.pop(event.source_id, self._source)
        self._clear("asked", "job", "source", "camera")
        if self.source_spec:
            self.session = self.session.with_recent(self.source_spec)
        self.source_changed.emit()

    def _fail(self, problem: Problem, where: Literal["asked", "job", "source", "camera"]) -> None:
        self._trouble = where
        self.failed.emit(problem)

    def _clear(self, *where: str) -> None:
        """Take the card away if it came from one of these."""
        if self._trouble in where:
            self._trouble = ""
            self.failed.emit(None)

    # The end --------------------------------------------------------------------------------------------

    def remembered(self) -> Session:
        """Return the session as it is to be found next time."""
        session = replace(self.session, demo=self._demo.info.id, source=self.source_spec, settings=self.settings)
        for demo_id, params in self._params.items():
            session = session.with_params(demo_id, to_plain(params))
        return session

    def close(self) -> None:
        """Cancel and join the workers. A thread left inside a backward pass would abort the process."""
        self.bridge.close()
        self.player.close()
        self.scheduler.close()


def _named(spec: str) -> Chosen:
    path = path_of(spec)
    still = path is not None and path.is_file() and not is_video(path)
    return Chosen(spec, partial(open_source, spec), still)


def _panned(opener: Opener) -> Source | Problem:
    """Open a still and return a slow pan over it."""
    source = opener()
    if isinstance(source, Problem):
        return source
    frame = source.at(0)
    source.close()
    return frame if isinstance(frame, Problem) else pan(frame)
