"""One worker: at most one job runs and one waits, and the newest wins."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from explainer.core.context import Settings
from explainer.core.demo import Demo
from explainer.core.frame import Frame
from explainer.core.problem import Problem
from explainer.runtime.engine import NO_FRAME, Emit, Job
from explainer.runtime.events import Failed, Finished, JobEvent, NetworkSeen, Started
from explainer.runtime.token import JobToken

_log = logging.getLogger(__name__)


class Runs(Protocol):
    """What the scheduler needs of an engine."""

    def run(self, job: Job, token: JobToken, emit: Emit) -> Finished | Failed | None:
        """Run `job` to its end."""
        ...

    def look(self, frame: Frame, settings: Settings, token: JobToken) -> NetworkSeen | None:
        """See what the session's network makes of a picture."""
        ...

    def drop_state(self) -> None:
        """Forget what demos carry from run to run."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class _Request:
    """What was asked for last; the picture comes on top."""

    demo: Demo[Any]
    params: Any
    settings: Settings
    frames: Sequence[Frame]

    def same(self, other: "_Request | None") -> bool:
        """Whether nothing changed."""
        if other is None or self.demo is not other.demo or self.frames is not other.frames:
            return False
        return bool(self.settings == other.settings and self.params == other.params)


@dataclass(frozen=True, slots=True, eq=False)
class _Picture:
    """A picture that waits for its run; one that is `lossless` is not replaced by a newer one."""

    frame: Frame
    lossless: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """A look through the network, for when the result is there; a `patient` one lets every picture go first."""

    frame: Frame
    settings: Settings
    patient: bool
    token: JobToken


class Scheduler:
    """Runs what was asked for last on the newest picture, in one thread of its own.

    A new request (demo, params, settings, source) starts a new generation and cancels the running job. A
    new picture replaces the waiting one and never cancels. Methods may be called from any thread, from
    `emit` too; none of them waits for a job but `close` and `wait_idle`.

    Parameters
    ----------
    emit
        Called in the worker thread with events of the current generation. An event may become stale on
        its way into another thread: whoever receives it there asks `is_current` again.
    """

    def __init__(self, engine: Runs, emit: Callable[[JobEvent | NetworkSeen], None]) -> None:
        self._engine = engine
        self._emit = emit
        self._changed = threading.Condition()
        self._generation = 0
        self._number = 0
        self._request: _Request | None = None
        self._newest: Frame | None = None
        self._waiting: deque[_Picture] = deque()
        self._running: _Picture | None = None
        self._token = JobToken()
        self._look: _Look | None = None  # waits or runs
        self._looking = False
        self._shown = False  # a result of this generation
        self._settled: Frame | None = None  # newest picture that waits, runs or is done in this generation
        self._failed = False
        self._paused = False
        self._closed = False
        self.idle = threading.Event()
        self.idle.set()
        self._worker = threading.Thread(target=self._work, name="explainer-compute", daemon=True)
        self._worker.start()

    # What can be asked --------------------------------------------------------------------------------

    @property
    def current(self) -> int:
        """The generation whose events are wanted."""
        return self._generation

    @property
    def paused(self) -> bool:
        """Whether the running job holds still at its checkpoints."""
        return self._paused

    def is_current(self, event: object) -> bool:
        """Whether `event` is still wanted; one that belongs to no generation always is."""
        return getattr(event, "generation", self._generation) == self._generation

    def wait_idle(self, timeout: float | None = None) -> bool:
        """Block until nothing runs and nothing waits; return whether that came true in time."""
        return self.idle.wait(timeout)

    # What can be wanted -------------------------------------------------------------------------------

    def ask(self, demo: Demo[Any], params: Any, settings: Settings, frames: Sequence[Frame] = ()) -> int:
        """Want this demo from now on, on the newest picture; return the generation of its events.

        Asking again for exactly what runs, waits or is done changes nothing, and the generation stays.
        """
        with self._changed:
            request = _Request(demo, params, settings, frames)
            unchanged = request.same(self._request) and not self._failed
            if unchanged and self._is_settled(self._subject(request)):
                return self._generation
            return self._renew(request)

    def again(self) -> int:
        """Run the present request once more, whether anything changed or not; return its generation."""
        with self._changed:
            return self._renew(self._request) if self._request is not None else self._generation

    def restart(self) -> int:
        """Forget what demos carry from run to run, and run the present request from its beginning."""
        with self._changed:
            self._token.cancel()
            self._engine.drop_state()
            return self.again()

    def feed(self, frame: Frame, *, lossless: bool = False) -> None:
        """Offer a new picture.

        Parameters
        ----------
        lossless
            A temporal demo is to see this picture even when newer ones come before it is free: for files
            that are stepped by hand. Other demos take the newest in any case.
        """
        with self._changed:
            previous, self._newest = self._newest, frame
            request = self._request
            if request is None or not request.demo.info.uses_frame:
                return
            if previous is not None and previous.source_id != frame.source_id:
                self._renew(request)
            elif not self._is_settled(frame):
                self._enqueue(_Picture(frame, lossless and request.demo.info.temporal))

    def look(self, frame: Frame, settings: Settings, *, patient: bool = True) -> None:
        """Have `NetworkSeen` told of a picture once its result is there; a new generation drops the wish.

        Parameters
        ----------
        patient
            Every picture that comes goes first, even if the look has begun. Otherwise it takes its turn between
            two pictures: a source that is faster than the demo would never let it.
        """
        with self._changed:
            if not self._closed and not self._looking:
                self._look = _Look(frame, settings, patient, JobToken())
                if self._look_is_due():  # else a job runs, and it comes after that
                    self._wake()

    def source_changed(self, frames: Sequence[Frame] = ()) -> int:
        """Another source was opened: let go of the old one's picture and wait for the first of the new one.

        A demo that uses neither frame nor folder goes on undisturbed.

        Returns
        -------
        int
            The generation of the events to come.
        """
        with self._changed:
            self._newest = None
            old = self._request
            if old is None:
                return self._generation
            request = _Request(old.demo, old.params, old.settings, frames)
            if not (old.demo.info.uses_frame or old.demo.info.uses_folder):
                self._request = request
                return self._generation
            return self._renew(request)

    def pause(self) -> None:
        """Hold the running job at its next checkpoint, until `resume` or a new request."""
        with self._changed:
            self._paused = True
            self._token.pause()

    def stop(self) -> None:
        """Let go of what runs and waits; asking again, for the same too, computes it from its beginning."""
        with self._changed:
            self._generation += 1
            self._waiting.clear()
            self._settled = None
            self._paused = False
            self._token.cancel()
            if self._running is None:
                self.idle.set()

    def resume(self) -> None:
        """Let the job go on."""
        with self._changed:
            self._paused = False
            self._token.resume()

    def close(self, timeout: float | None = None) -> bool:
        """Cancel what runs and join the worker. May be called twice.

        Returns
        -------
        bool
            Whether the worker has ended within `timeout` seconds.
        """
        with self._changed:
            self._closed = True
            self._generation += 1
            self._waiting.clear()
            self._token.cancel()
            self._drop_look()
            self._changed.notify_all()
        if self._worker is threading.current_thread():
            return False
        self._worker.join(timeout)
        return not self._worker.is_alive()

    # With the lock held -------------------------------------------------------------------------------

    def _subject(self, request: _Request) -> Frame | None:
        return self._newest if request.demo.info.uses_frame else NO_FRAME

    def _is_settled(self, frame: Frame | None) -> bool:
        """Whether nothing is left to do for `frame` in this generation; true where there is no picture."""
        if frame is None or self._settled is None:
            return frame is self._settled
        return frame.key == self._settled.key

    def _renew(self, request: _Request) -> int:
        """Begin a generation: cancel, keep what must not be lost, and queue the newest picture."""
        kept = self._lossless(request)
        self._request = request
        self._generation += 1
        self._token.cancel()
        self._drop_look()
        self._paused = self._failed = self._shown = False
        self._settled = None
        self._waiting = deque(kept)
        subject = self._subject(request)
        if subject is not None and not (kept and kept[-1].frame is subject):
            self._waiting.append(_Picture(subject))
        if self._waiting:
            self._settled = subject
            self._wake()
        elif self._running is None and not self._looking:
            self.idle.set()
        return self._generation

    def _lossless(self, request: _Request) -> list[_Picture]:
        """Pictures that the same temporal demo still has to see, the cancelled one first."""
        old = self._request
        if old is None or old.demo is not request.demo or self._newest is None:
            return []
        running = self._running
        # A picture whose cancelled run has not ended yet may be waiting again already.
        again = [] if running is None or any(one is running for one in self._waiting) else [running]
        every = [*again, *self._waiting]
        source_id = self._newest.source_id
        return [one for one in every if one.lossless and one.frame.source_id == source_id]

    def _enqueue(self, picture: _Picture) -> None:
        if self._waiting and not self._waiting[-1].lossless:
            self._waiting.pop()
        self._waiting.append(picture)
        self._settled = picture.frame
        if self._look is not None and self._look.patient and self._looking:
            self._drop_look()
        self._wake()

    def _drop_look(self) -> None:
        if self._look is not None:
            self._look.token.cancel()
            self._look = None

    def _look_is_due(self) -> bool:
        one = self._look
        return one is not None and self._shown and not (one.patient and self._waiting)

    def _wake(self) -> None:
        if self._closed:
            self._waiting.clear()
            return
        self.idle.clear()
        self._changed.notify_all()

    # In the worker ------------------------------------------------------------------------------------

    def _work(self) -> None:
        while (work := self._next()) is not None:
            if isinstance(work, _Look):
                self._see(work)
                del work
                continue
            job, token, number = work
            self._tell(Started(job.generation, number))
            outcome = self._run(job, token)
            if outcome is not None:
                self._tell(outcome)
            self._done(outcome)
            del work, job, outcome  # pictures and results are large; do not hold them while waiting

    def _see(self, look: _Look) -> None:
        try:
            event = self._engine.look(look.frame, look.settings, look.token)
            if event is not None and not look.token.cancelled:
                self._emit(event)
        except BaseException:  # noqa: BLE001 - as for jobs
            _log.exception("a look through the network was not delivered")
        with self._changed:
            self._looking = False
            if self._look is look:
                self._look = None
            self._rest()

    def _next(self) -> tuple[Job, JobToken, int] | _Look | None:
        """Wait for the next job, or a look that is due; ``None`` when closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or bool(self._waiting) or self._look_is_due())
            if self._closed:
                self.idle.set()
                return None
            if self._look_is_due():
                self._looking = True
                return self._look
            assert self._request is not None
            self._running = self._waiting.popleft()
            self._token = JobToken()
            if self._paused:
                self._token.pause()
            self._number += 1
            asked = self._request
            job = Job(self._generation, asked.demo, asked.params, self._running.frame, asked.settings, asked.frames)
            return job, self._token, self._number

    def _run(self, job: Job, token: JobToken) -> Finished | Failed | None:
        try:
            return self._engine.run(job, token, self._tell)
        except BaseException as error:  # noqa: BLE001 - the worker outlives whatever a job does to it
            _log.error("the engine let an exception through", exc_info=error)
            what = f"The demo {job.demo.info.title} failed."
            return Failed(job.generation, Problem(what, "Reset the controls.", repr(error)), job.frame)

    def _tell(self, event: JobEvent) -> None:
        if not self.is_current(event):
            return
        try:
            self._emit(event)
        except Exception:  # noqa: BLE001 - a listener that is gone must not end the worker
            _log.exception("an event could not be delivered")

    def _done(self, outcome: Finished | Failed | None) -> None:
        with self._changed:
            self._running = None
            if outcome is not None and outcome.generation == self._generation:
                self._failed = isinstance(outcome, Failed)
                self._shown = True
            self._rest()

    def _rest(self) -> None:
        if not self._waiting and not self._look_is_due():
            self.idle.set()
