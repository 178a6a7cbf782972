"""What a running demo may ask of its surroundings."""

import time
import zlib
from collections.abc import Callable, Hashable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np

from explainer.core import words
from explainer.core.context import Models, Settings, Stage
from explainer.core.demo import Demo
from explainer.core.frame import Frame
from explainer.core.model_card import ModelCard
from explainer.core.networks import NO_NETWORKS, Networks
from explainer.core.result import Result
from explainer.core.runs import NO_RUNS, Runs
from explainer.runtime.memo import Memo
from explainer.runtime.remaining import Remaining
from explainer.runtime.stages import StageClock
from explainer.runtime.token import JobToken

T = TypeVar("T")
PROGRESS_STEP = 0.01


class JobContext:
    """``core.context.Context`` for one job.

    Parameters
    ----------
    state
        What the last committed result carried.
    on_progress
        Called with a fraction and a text when the fraction moved by at least 1 %.
    on_partial
        Called with each published result, marked as partial.
    runs, networks
        Where training runs are kept, and where trained networks become models.
    """

    def __init__(
        self,
        demo: Demo[Any],
        settings: Settings,
        models: Models,
        memo: Memo,
        token: JobToken,
        *,
        state: Any = None,
        frames: Sequence[Frame] = (),
        on_progress: Callable[[float, str], None] = lambda _fraction, _text: None,
        on_partial: Callable[[Result], None] = lambda _result: None,
        runs: Runs = NO_RUNS,
        networks: Networks = NO_NETWORKS,
    ) -> None:
        self._demo = demo
        self._settings = settings
        self._models = models
        self._memo = memo
        self._token = token
        self._state = state
        self._frames = frames
        self._on_progress = on_progress
        self._on_partial = on_partial
        self._runs = runs
        self._networks = networks
        self._told = -1.0
        self._remaining = Remaining()
        self._leased = False
        self._clock = StageClock(lambda: time.perf_counter() - token.slept_s)

    # What is known ------------------------------------------------------------------------------------

    @cached_property
    def card(self) -> ModelCard:
        """Card of the session's model."""
        return self._models.card(self._settings.model)

    @property
    def settings(self) -> Settings:
        """Model, device, seed and fit of the session."""
        return self._settings

    @cached_property
    def device(self) -> str:
        """Device that is really computed on. Asking may load torch."""
        return self._models.device(self._settings.device)

    @property
    def used_device(self) -> str:
        """Device that the job has computed on so far: the CPU unless it asked for another or for a model."""
        asked = "device" in self.__dict__
        return self.device if asked or self._leased else "cpu"

    @cached_property
    def rng(self) -> np.random.Generator:
        """A generator seeded with the session's seed and the demo's name, anew for each job."""
        # Not hash(): Python salts that of a string in each process.
        return np.random.default_rng([self._settings.seed, zlib.crc32(self._demo.info.id.encode())])

    @property
    def seed(self) -> int:
        """The session's seed."""
        return self._settings.seed

    @property
    def state(self) -> Any:
        """What the last committed result of this demo carried as ``state``; ``None`` at first."""
        return self._state

    @property
    def frames(self) -> Sequence[Frame]:
        """All pictures of the source, read when asked for."""
        return self._frames

    @property
    def runs(self) -> Runs:
        """Where the last snapshots of training runs are kept."""
        return self._runs

    @property
    def networks(self) -> Networks:
        """Where trained networks become models for other demos."""
        return self._networks

    @property
    def timings_ms(self) -> dict[str, float]:
        """Milliseconds per stage so far; see `explainer.runtime.events.Finished`."""
        return self._clock.timings_ms()

    # What can be done ---------------------------------------------------------------------------------

    def checkpoint(self) -> None:
        """Raise `Cancelled` if the job is no longer wanted; block while paused."""
        self._token.check()

    def progress(self, fraction: float, text: str = "") -> None:
        """Say how far the job is, 0…1 (what lies outside is clipped), and what it is doing.

        Where that takes long, the time that is left is added to the text.
        """
        clipped = min(max(float(fraction), 0.0), 1.0)
        done = clipped == 1.0 and self._told < 1.0
        # The little slack is for sums of hundredths, which fall short of the next one by a rounding error.
        if done or self._told < 0 or abs(clipped - self._told) >= PROGRESS_STEP - 1e-9:
            self._told = clipped
            left_s = self._remaining.left_s(clipped, time.perf_counter() - self._token.slept_s)
            said = text and left_s is not None and not text.endswith(" left")  # a training run says it itself
            self._on_progress(clipped, f"{text}, about {words.time_left(left_s)}" if said and left_s else text)

    def publish(self, partial: Result) -> None:
        """Show a first picture before the end. Also a checkpoint."""
        self._token.check()
        self._on_partial(replace(partial, partial=True))

    def stage(self, name: Stage) -> AbstractContextManager[None]:
        """Time what happens inside."""
        return self._clock.stage(name)

    def model(self, name: str | None = None) -> AbstractContextManager[Any]:
        """Lend the session's model, or another by name."""
        self._leased = True
        return self._models.lease(name or self._settings.model, self._settings)

    def memo(self, key: Hashable, make: Callable[[], T], *, keep: bool = False) -> T:
        """Return what `make` gave for `key`; forgotten with the frame, or kept for the session.

        Keys are the demo's own: two demos may use the same one. What is kept for the session is made anew
        for another device or seed and, where the demo uses the session's model, for another model or fit.
        """
        set_ = self._settings
        of_model = (set_.model, set_.fit) if keep and self._demo.info.uses_model else ()
        full = (self._demo.info.id, set_.device, set_.seed, of_model, key)
        return self._memo.get(full, make, keep=keep)
