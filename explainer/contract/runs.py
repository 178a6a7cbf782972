"""The contract's frames, and runs of one demo on them: each is made once and asked for often."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import process_time
from typing import Any, Literal, TypeVar

import numpy as np

from explainer.core.context import Settings
from explainer.core.demo import Demo
from explainer.core.frame import Frame
from explainer.core.model_card import ModelCard
from explainer.core.params import changed
from explainer.core.problem import ExplainerError, Problem
from explainer.core.result import Result
from explainer.runtime.engine import Engine, Job
from explainer.runtime.events import Failed, Finished, JobEvent, Partial
from explainer.runtime.token import JobToken
from explainer.sources.opening import open_source
from explainer.sources.synthetic import MovingSquare, pan

T = TypeVar("T")
Until = Literal["first", "end"]
MakeEngine = Callable[[], Engine]
PHOTOS = ("cat", "rocket", "coffee")
SMALL = "small"
SEQUENCE = 12  # frames that a temporal demo gets
SHORT = 3  # rounds of a shortened training run
LENGTHS = ("epochs", "rounds", "iterations", "generations", "episodes", "steps")


# Frames -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What a demo is run on: one frame, or consecutive ones for a temporal demo."""

    name: str
    frames: tuple[Frame, ...]


def contract_frames() -> dict[str, Frame]:
    """Photos of different shapes (451 × 300, 640 × 427, 600 × 400) and a 64 × 48 piece of one."""
    found = {name: photo(name) for name in PHOTOS}
    return found | {SMALL: cut(found["cat"], 64, 48, SMALL)}


def photo(name: str) -> Frame:
    """Read a sample picture.

    Raises
    ------
    ExplainerError
        If it is not there.
    """
    source = open_source(f"sample:{name}")
    got = source if isinstance(source, Problem) else source.at(0)
    if isinstance(got, Problem):
        raise ExplainerError(got.what, got.todo, got.details)
    return got


def cut(frame: Frame, width: int, height: int, name: str) -> Frame:
    """Return the middle `width` × `height` pixels as a picture of another source."""
    top, left = (frame.height - height) // 2, (frame.width - width) // 2
    pixels = np.ascontiguousarray(frame.pixels[top : top + height, left : left + width])
    return Frame(pixels, f"contract-{name}", name=name)


def scenes_of(demo: Demo[Any], frames: dict[str, Frame]) -> tuple[Scene, ...]:
    """Scenes that suit the demo: a slow pan over each frame and a moving square where it needs motion.

    A demo that brings its own data gets one: the engine shows it no frame, so all of them would be the same run.
    """
    if not demo.info.uses_frame:
        frames = dict(list(frames.items())[:1])
    if not demo.info.temporal:
        return tuple(Scene(name, (frame,)) for name, frame in frames.items())
    moving = [Scene(name, _sequence(pan(frame, SEQUENCE))) for name, frame in frames.items()]
    return (*moving, Scene("square", _sequence(MovingSquare(count=SEQUENCE))))


def _sequence(source: Any) -> tuple[Frame, ...]:
    return tuple(source.at(index) for index in range(SEQUENCE))


# Runs ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What one run gave.

    Parameters
    ----------
    pictures
        Partial results in their order; the last frame's of a sequence.
    finished
        ``None`` when the run was stopped or failed.
    problem
        The sentence of a failure with the last line of its cause, "" when there was none.
    first_cpu_s, cpu_s
        Seconds of the process's own time that the last frame's run took until something could be shown, and until
        it ended. A busy machine makes neither longer, as the clock on the wall would be.
    """

    pictures: tuple[Result, ...]
    finished: Finished | None
    problem: str
    first_cpu_s: float
    cpu_s: float

    @property
    def first(self) -> Result | None:
        """What could be shown first."""
        return self.pictures[0] if self.pictures else self.result

    @property
    def result(self) -> Result | None:
        """The whole result."""
        return self.finished.result if self.finished else None

    @property
    def results(self) -> tuple[Result, ...]:
        """All that was shown."""
        return (*self.pictures, self.finished.result) if self.finished else self.pictures


def run_scene(
    engine: Engine,
    demo: Demo[Any],
    params: Any,
    scene: Scene,
    settings: Settings,
    until: Until = "end",
    token: JobToken | None = None,
    *,
    going_on: bool = False,
) -> Outcome:
    """Run a demo over a scene from a fresh state, in this thread.

    Parameters
    ----------
    until
        ``"first"``: stop at the first picture; of a sequence, at the second frame's.
    token
        Listened to on every frame; one of its own by default.
    going_on
        From the state that the engine's last run left, as in the window.
    """
    if not going_on:
        engine.drop_state()
    frames = scene.frames[:2] if until == "first" else scene.frames
    outcome = Outcome((), None, "there was no frame", 0.0, 0.0)
    for frame in frames:
        job = Job(0, demo, params, frame, settings, scene.frames)
        stop_early = until == "first" and frame is frames[-1]
        outcome = _run_job(engine, job, token or JobToken(), stop_early=stop_early)
        if outcome.finished is None:
            break
    return outcome


def _run_job(engine: Engine, job: Job, token: JobToken, *, stop_early: bool) -> Outcome:
    pictures: list[Result] = []
    times: list[float] = []
    began = process_time()

    def emit(event: JobEvent) -> None:
        if isinstance(event, Partial):
            pictures.append(event.result)
            times.append(process_time() - began)
            if stop_early:
                token.cancel()

    ended = engine.run(job, token, emit)
    took = process_time() - began
    problem = _sentence(ended.problem) if isinstance(ended, Failed) else ""
    finished = ended if isinstance(ended, Finished) else None
    return Outcome(tuple(pictures), finished, problem, times[0] if times else took, took)


def _sentence(problem: Problem) -> str:
    cause = problem.details.strip().splitlines()[-1:]
    return " ".join((problem.sentence, *cause))


class Bench:
    """One demo with the frames and the engine that its contract is checked on.

    Parameters
    ----------
    make_engine
        Gives an engine that remembers nothing.
    card
        Card of the session's model.
    """

    def __init__(
        self,
        demo: Demo[Any],
        make_engine: MakeEngine,
        card: ModelCard,
        frames: dict[str, Frame],
        settings: Settings | None = None,
    ) -> None:
        self.demo = demo
        self.make_engine = make_engine
        self.card = card
        self.settings = settings or Settings(model=card.name)
        self.scenes = scenes_of(demo, frames)
        self._frames = frames
        self._engines: dict[str, Engine] = {}
        self._known: dict[tuple[Any, str, Until], Outcome] = {}
        self._made: dict[str, Any] = {}
        self._everyday_engine: Engine | None = None

    @property
    def everyday(self) -> Any:
        """The defaults; a training run is cut down to a few rounds."""
        defaults = self.demo.defaults()
        if self.demo.info.uses_frame:
            return defaults
        short = {
            one.name: int(max(one.lo, min(one.default, SHORT)))
            for one in self.demo.controls()
            if one.kind == "number" and one.integer and one.name in LENGTHS
        }
        return changed(defaults, self.card, **short)

    def outcome(self, params: Any, scene: Scene | None = None, until: Until = "end") -> Outcome:
        """Run once and remember; a run to the end also knows its first picture. The first scene by default.

        The everyday run on the first scene, which most clauses ask for, is one on an engine that remembers nothing.
        """
        scene = scene or self.scenes[0]
        ended = self._known.get((params, scene.name, "end"))
        if ended is not None:
            return ended
        key = (params, scene.name, until)
        if key not in self._known:
            everyday = scene is self.scenes[0] and until == "end" and params == self.everyday
            self._known[key] = self._on_its_own_engine(params) if everyday else self.run(params, scene, until)
        return self._known[key]

    def _on_its_own_engine(self, params: Any) -> Outcome:
        self._everyday_engine = self.make_engine()
        return run_scene(self._everyday_engine, self.demo, params, self.scenes[0], self.settings)

    def gone_on(self, params: Any) -> Outcome:
        """Run a demo that brings its own data on from the everyday run, as the window does when a param is played.

        Any other is run as `outcome` runs it.
        """
        if self.demo.info.uses_frame:
            return self.outcome(params)
        self.outcome(self.everyday)
        assert self._everyday_engine is not None
        return run_scene(self._everyday_engine, self.demo, params, self.scenes[0], self.settings, going_on=True)

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What `make` gave when something of this name was first asked for."""
        if name not in self._made:
            self._made[name] = make()
        made: T = self._made[name]
        return made

    def remember(self, params: Any, outcome: Outcome) -> None:
        """Take a run to the end on the first scene that was made elsewhere."""
        self._known[params, self.scenes[0].name, "end"] = outcome

    def run(self, params: Any, scene: Scene | None = None, until: Until = "end") -> Outcome:
        """Run again, on an engine that has run before.

        The first and the small scene have engines of their own: an engine's memo holds what belongs to the frame
        that it saw last, and clauses that go from one of the two to the other would find it empty each time.
        """
        chosen = scene or self.scenes[0]
        return run_scene(self._engine_of(chosen), self.demo, params, chosen, self.settings, until)

    def _engine_of(self, scene: Scene) -> Engine:
        own = scene.name if scene.name in (self.scenes[0].name, SMALL) else ""
        if own not in self._engines:
            self._engines[own] = self.make_engine()
        return self._engines[own]

    def fresh(self, params: Any, scene: Scene | None = None, token: JobToken | None = None) -> Outcome:
        """Run on an engine that remembers nothing."""
        chosen = scene or self.scenes[0]
        return run_scene(self.make_engine(), self.demo, params, chosen, self.settings, token=token)

    def twins(self) -> Sequence[Scene]:
        """Two photos of one size, so that only what they show can tell them apart."""
        photos = [self._frames[name] for name in ("cat", "coffee")]
        width, height = min(photo.width for photo in photos), min(photo.height for photo in photos)
        return [self._middle(name, width, height) for name in ("cat", "coffee")]

    def _middle(self, name: str, width: int, height: int) -> Scene:
        """Scene of the middle of a photo; where that is the whole, the one there is, whose outcomes are known."""
        photo = self._frames[name]
        if (photo.width, photo.height) == (width, height):
            return next(scene for scene in self.scenes if scene.name == name)
        twin = f"twin {name}"  # a name of its own, since outcomes are remembered by it
        return scenes_of(self.demo, {twin: cut(photo, width, height, twin)})[0]
