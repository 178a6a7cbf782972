"""Where the time of a job went."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

OTHER = "other"
TOTAL = "total"


class StageClock:
    """Adds up seconds per stage. Inside nested stages the innermost counts, so that the parts sum to the total.

    Parameters
    ----------
    now
        Seconds on a clock that never goes back.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._mark = now()
        self._spent_s: dict[str, float] = {}
        self._open = [OTHER]

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count what happens inside as `name`."""
        self._charge()
        self._open.append(name)
        try:
            yield
        finally:
            self._charge()
            self._open.pop()

    def timings_ms(self) -> dict[str, float]:
        """Milliseconds so far: each stage that was entered, ``"other"`` and ``"total"``."""
        self._charge()
        parts = {name: 1000.0 * spent for name, spent in self._spent_s.items()}
        return parts | {TOTAL: sum(parts.values())}

    def _charge(self) -> None:
        """Book the time since the last call on the stage that is open."""
        now = self._now()
        name = self._open[-1]
        self._spent_s[name] = self._spent_s.get(name, 0.0) + now - self._mark
        self._mark = now
