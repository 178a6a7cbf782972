"""What the window needs of rooms it may not know, as a protocol; the composition root hands it over."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from explainer.core.problem import Problem
from explainer.runtime.token import JobToken


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A model that can be had: what the dialog's table shows.

    Parameters
    ----------
    classifies
        Whether the session can choose it; detectors and segmenters are found by the demos that can use them.
    """

    name: str
    title: str
    note: str
    megabytes: float
    here: bool
    classifies: bool = True


class ModelManager(Protocol):
    """Weights to fetch and to bring, and what the machine computes with."""

    def rows(self) -> Sequence[ModelRow]:
        """All models that can be fetched, and which of them are here."""
        ...

    def architectures(self) -> Sequence[str]:
        """Names for the user's own weights."""
        ...

    def fetch(self, name: str, progress: Callable[[float], None], token: JobToken) -> Path | Problem:
        """Fetch one; blocks."""
        ...

    def add_own(self, file: Path, architecture: str) -> str | Problem:
        """Take the user's weights; the name of the new model."""
        ...

    def devices(self) -> Sequence[str]:
        """Devices that are really there; only the CPU as long as that is all that is known."""
        ...

    def threads(self) -> tuple[int, int]:
        """Threads that are computed with, and those of a quiet machine; 0 as long as that is not known."""
        ...
