"""The protocols through which rooms meet, and what a demo may ask of its surroundings."""

from collections.abc import Callable, Hashable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar

import numpy as np

from explainer.core.frame import Frame
from explainer.core.model_card import ModelCard
from explainer.core.networks import Networks
from explainer.core.result import Result
from explainer.core.runs import Runs

Stage = Literal["prepare", "model", "explain"]
T = TypeVar("T")


class Token(Protocol):
    """Tells whether the running job is still wanted. Read from any thread."""

    def check(self) -> None:
        """Raise `Cancelled` when it is not; block while it is paused."""
        ...


class CancelScope(Protocol):
    """Makes long library calls inside the ``with`` block listen to a token."""

    def __call__(self, token: Token) -> AbstractContextManager[None]:
        """Arm the token in this thread."""
        ...


class Threads(Protocol):
    """How many threads the calling thread computes with. Torch is loaded when it is asked."""

    def most(self) -> int:
        """As many as are of use on this machine: one for each core that the process may use."""
        ...

    def now(self) -> int:
        """As many as are in force in this thread."""
        ...

    def use(self, number: int, of: int) -> None:
        """Compute with `number` from now on, where `of` would be used on a quiet machine."""
        ...


Fit = Literal["crop", "whole"]


@dataclass(frozen=True, slots=True)
class Settings:
    """What belongs to the session and not to a demo.

    Parameters
    ----------
    fit
        ``"crop"``: the shorter side resized and the centre cropped, as the weights were tested;
        ``"whole"``: the whole picture, letterboxed.
    threads
        Threads that torch computes with; 0: one for each core, and fewer while others use the cores.
    """

    model: str = "efficientnet-lite0"
    device: str = "auto"
    threads: int = 0
    seed: int = 0
    fit: Fit = "crop"


class Models(Protocol):
    """The zoo, as the rest of the house sees it."""

    def cards(self) -> Sequence[ModelCard]:
        """Models that can be used right now, the default first. Needs no torch."""
        ...

    def card(self, name: str) -> ModelCard:
        """Card of one model.

        Raises
        ------
        ExplainerError
            If no model has that name.
        """
        ...

    def lease(self, name: str, settings: Settings) -> AbstractContextManager[Any]:
        """Lend a model on the session's device; when the block ends it is as it was before."""
        ...

    def device(self, wanted: str) -> str:
        """Resolve ``"auto"``, ``"cpu"``, ``"cuda"``, ``"mps"`` to what is really there."""
        ...


class Context(Protocol):
    """What ``run`` may ask for. Everything else is in the frame and the params."""

    @property
    def card(self) -> ModelCard:
        """Card of the session's model."""
        ...

    @property
    def settings(self) -> Settings:
        """Model, device, seed and fit of the session."""
        ...

    @property
    def device(self) -> str:
        """Device that is really computed on: ``"cpu"``, ``"cuda"`` or ``"mps"``."""
        ...

    @property
    def rng(self) -> np.random.Generator:
        """A generator seeded anew for each job: the same job draws the same numbers."""
        ...

    @property
    def seed(self) -> int:
        """The session's seed, for libraries that want a number."""
        ...

    @property
    def state(self) -> Any:
        """What the last committed result of this demo carried as ``state``; ``None`` at first."""
        ...

    @property
    def frames(self) -> Sequence[Frame]:
        """All pictures of the source, read when asked for."""
        ...

    @property
    def runs(self) -> Runs:
        """Where the last snapshots of training runs are kept from one start of the program to the next."""
        ...

    @property
    def networks(self) -> Networks:
        """Where trained networks become models for other demos."""
        ...

    def checkpoint(self) -> None:
        """Raise `Cancelled` if the job is no longer wanted; block while paused."""
        ...

    def progress(self, fraction: float, text: str = "") -> None:
        """Say how far the job is, 0…1, and what it is doing."""
        ...

    def publish(self, partial: Result) -> None:
        """Show a first picture before the end. Also a checkpoint."""
        ...

    def stage(self, name: Stage) -> AbstractContextManager[None]:
        """Time what happens inside for the strip and the bench."""
        ...

    def model(self, name: str | None = None) -> AbstractContextManager[Any]:
        """Lend the session's model, or another by name."""
        ...

    def memo(self, key: Hashable, make: Callable[[], T], *, keep: bool = False) -> T:
        """Return what `make` gave for `key`; forgotten with the frame, or kept for the session."""
        ...
