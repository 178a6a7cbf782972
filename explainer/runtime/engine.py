"""One job, run to its end in the calling thread: the same for the window, the command line and the tests."""

import logging
import traceback
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np

from explainer.core.context import CancelScope, Models, Settings
from explainer.core.demo import Demo
from explainer.core.frame import Frame
from explainer.core.networks import NO_NETWORKS, Networks
from explainer.core.params import typed
from explainer.core.problem import Cancelled, ExplainerError, Problem
from explainer.core.result import Result
from explainer.core.runs import NO_RUNS, Runs
from explainer.runtime.context import JobContext
from explainer.runtime.events import Failed, Finished, JobEvent, NetworkSeen, Partial, Progress
from explainer.runtime.memo import Memo
from explainer.runtime.state import States, Ticket, keeps_state
from explainer.runtime.token import JobToken
from explainer.runtime.watch import Watch

_log = logging.getLogger(__name__)
Emit = Callable[[JobEvent], None]

NO_FRAME = Frame(np.zeros((64, 64, 3), np.uint8), name="no picture")
"""What demos get that bring their own data."""


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """All that a run needs, captured when it was asked for.

    Parameters
    ----------
    generation
        Number of the request; events carry it.
    frame
        The picture; a demo that uses none gets `NO_FRAME` whatever is given here.
    frames
        All pictures of the source, for demos that need several.
    """

    generation: int
    demo: Demo[Any]
    params: Any
    frame: Frame
    settings: Settings
    frames: Sequence[Frame] = ()


class Engine:
    """Runs jobs one after the other and holds what lasts from one to the next: memo and states.

    `run` is for one thread at a time; `drop_state` may be called from any.

    Parameters
    ----------
    cancel_scope_factory
        Gives the scope that makes long library calls listen to the token. Called at the first run and
        not before, since it imports torch.
    watch
        Chooses the threads that a job computes with, while it runs; left out, nobody does.
    runs
        Where training runs are kept from one start of the program to the next; nowhere by default.
    networks
        Where trained networks become models; nowhere by default.
    """

    def __init__(
        self,
        models: Models,
        cancel_scope_factory: Callable[[], CancelScope] | None = None,
        watch: Watch | None = None,
        runs: Runs = NO_RUNS,
        networks: Networks = NO_NETWORKS,
    ) -> None:
        self._models = models
        self._runs = runs
        self._networks = networks
        self._scope_factory = cancel_scope_factory
        self._watch = watch
        self._scope: CancelScope | None = None
        self._memo = Memo()
        self._states = States()

    def run(self, job: Job, token: JobToken, emit: Emit) -> Finished | Failed | None:
        """Run the demo.

        Parameters
        ----------
        emit
            Called with `Progress` and `Partial` events, in the calling thread.

        Returns
        -------
        Finished, Failed or None
            ``None`` when the job was cancelled; then nothing of it is remembered but the resume points
            of a demo that uses no frame.
        """
        frame = job.frame if job.demo.info.uses_frame else NO_FRAME
        try:
            return self._finish(job, frame, token, emit)
        except Cancelled:
            return None
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a demo raises becomes a card
            if token.cancelled:
                return None
            return Failed(job.generation, self._problem(job.demo, error), frame)

    def look(self, frame: Frame, settings: Settings, token: JobToken) -> NetworkSeen | None:
        """Run the session's network once and note the strongest map of each layer; ``None`` where that fails.

        Nothing depends on it: what is wrong with the network, the demo that uses it says.
        """
        try:
            with self._listening(token), self._watched(token, settings.threads):
                token.check()
                with self._models.lease(settings.model, settings) as net:
                    strip = net.strip(frame)
        except Cancelled:
            return None
        except Exception:  # noqa: BLE001 - a picture beside the result must not end the worker
            _log.debug("the network strip could not be made", exc_info=True)
            return None
        return None if token.cancelled else NetworkSeen(strip, frame.key, settings)

    def drop_state(self) -> None:
        """Forget the states of all demos, so that the next run starts anew."""
        self._states.drop()

    def _finish(self, job: Job, frame: Frame, token: JobToken, emit: Emit) -> Finished | None:
        token.check()
        set_ = job.settings
        self._memo.enter(frame, (set_.model, set_.fit, set_.device))
        ticket = self._states.begin(job.demo, job.params, frame, set_)
        with self._listening(token), self._watched(token, set_.threads):
            ctx = self._context(job, frame, token, emit, ticket)
            result = job.demo.run(frame, typed(job.params), ctx)
        if not isinstance(result, Result):
            raise TypeError(f"run returned {type(result).__name__}, not a Result")
        if token.cancelled:
            return None
        if keeps_state(job.demo):
            self._states.commit(ticket, result.state)
        return Finished(job.generation, result, frame, ctx.timings_ms, ctx.used_device)

    def _context(self, job: Job, frame: Frame, token: JobToken, emit: Emit, ticket: Ticket) -> JobContext:
        def on_progress(fraction: float, text: str) -> None:
            emit(Progress(job.generation, fraction, text))

        def on_partial(partial: Result) -> None:
            if not job.demo.info.uses_frame and partial.state is not None:
                self._states.commit(ticket, partial.state)
            emit(Partial(job.generation, partial, frame, ctx.timings_ms))

        ctx = JobContext(
            job.demo, job.settings, self._models, self._memo, token,
            state=ticket.before, frames=job.frames, on_progress=on_progress, on_partial=on_partial,
            runs=self._runs, networks=self._networks,
        )  # fmt: skip
        return ctx

    def _listening(self, token: JobToken) -> AbstractContextManager[None]:
        if self._scope is None and self._scope_factory is not None:
            self._scope = self._scope_factory()
        return self._scope(token) if self._scope is not None else nullcontext()

    def _watched(self, token: JobToken, threads: int) -> AbstractContextManager[None]:
        return self._watch.watching(token, threads) if self._watch is not None else nullcontext()

    def _problem(self, demo: Demo[Any], error: BaseException) -> Problem:
        if isinstance(error, ExplainerError):
            return error.problem
        details = "".join(traceback.format_exception(error))
        if _is_out_of_memory(error):
            self._memo.clear()
            todo = "Try a smaller picture or model, or compute on the CPU."
            return Problem(f"There was not enough memory for {demo.info.title}.", todo, details)
        if isinstance(error, ImportError):
            what = f"A part of the installation that {demo.info.title} needs could not be loaded."
            return Problem(what, "Install the program again.", details)
        todo = "Try another picture or reset the controls."
        return Problem(f"The demo {demo.info.title} failed.", todo, details)


def _is_out_of_memory(error: BaseException) -> bool:
    """Tell by name and words, since torch and OpenCV are not known here."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    words = str(error).lower()
    phrases = (
        "out of memory",
        "can't allocate memory",
        "cannot allocate memory",
        "insufficient memory",
        "failed to map segment",
    )
    return isinstance(error, Exception) and any(phrase in words for phrase in phrases)
