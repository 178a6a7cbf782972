"""What is kept of training runs from one start of the program to the next."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class KeptRun:
    """The last snapshot of a run.

    Parameters
    ----------
    arrays
        Its numbers by name.
    when
        When it was written, in local time.
    """

    arrays: Arrays
    when: datetime


def of_recipe(key: str) -> str:
    """Return the part of a run's name that depends on its recipe, and not on the program that trained it."""
    return key[:24]


class Runs(Protocol):
    """Where last snapshots lie. Neither call raises: a run that cannot be kept is a run all the same."""

    def load(self, key: str, steps: int) -> KeptRun | None:
        """Return what is kept of run `key` that has done no more than `steps`, the furthest."""
        ...

    def save(self, key: str, steps: int, done: int, arrays: Arrays) -> None:
        """Keep a run of `steps` steps, of which `done` are done."""
        ...


class NoRuns:
    """Keeps nothing: for the bench, the checks and the tests."""

    def load(self, key: str, steps: int) -> KeptRun | None:
        """Nothing is here."""
        del key, steps
        return None

    def save(self, key: str, steps: int, done: int, arrays: Arrays) -> None:
        """Forget it."""


NO_RUNS = NoRuns()
