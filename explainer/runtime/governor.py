"""How many threads to compute with on a machine that others use too: decided from what was seen, without a clock.

The libraries that torch computes with let their threads wait for one another in a loop. As long as each has a core
that is the fastest way; when one has none, all others burn theirs until the system runs it, at every barrier of
every layer, and a pass takes fifty times as long. So threads are given back as soon as the cores are taken, and
tried again when they have been free for a while.
"""

from dataclasses import dataclass
from math import inf

STARVED = 0.6
"""A computing thread that had less of the time than this waited for a core; alone on a quiet machine it has 0.9."""

SPARE, TAKEN = 0.3, 0.5
"""Parts of a core that others may use: below the first a thread more is tried, above the second one is given back."""

PATIENCE_S, PATIENCE_MOST_S = 1.0, 30.0
"""How long it must have been quiet before more threads are tried; twice as long each time that was too soon."""

STOOD_S = 10.0
"""A number of threads that was kept for so long was not too soon."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """What was seen while something was computed, or before it began.

    Parameters
    ----------
    at_s
        When it ended.
    wall_s, own_s
        How long it took, and how much of that the computing thread had a core; both 0 before anything was computed.
    free
        Cores that were idle or worked for this process, over `over_s` seconds that end now; ``None`` where the
        system does not say.
    """

    at_s: float
    wall_s: float = 0.0
    own_s: float = 0.0
    free: float | None = None
    over_s: float = 0.0


class Governor:
    """Chooses a number of threads from 1 to `most`.

    Attributes
    ----------
    in_force
        The number to compute with now.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.in_force = most
        self._patience_s = PATIENCE_S
        self._raised_s = -inf
        self._quiet_since_s: float | None = None

    def saw(self, seen: Stretch) -> int:
        """Take in one stretch; return `in_force`."""
        if self._crowded(seen):
            self._lower(seen)
        elif self.in_force < self.most:
            self._wait_and_raise(seen)
        if self._raised_s > -inf and seen.at_s - self._raised_s > STOOD_S:
            self._patience_s, self._raised_s = PATIENCE_S, -inf
        return self.in_force

    def _crowded(self, seen: Stretch) -> bool:
        starved = seen.own_s < STARVED * seen.wall_s
        if seen.free is None:
            return starved
        # A thread that waits for a disk is starved too, but then cores are free.
        return seen.free < self.in_force - (SPARE if starved else TAKEN)

    def _lower(self, seen: Stretch) -> None:
        self._quiet_since_s = None
        if self.in_force == 1:
            return
        if seen.at_s - self._raised_s < STOOD_S:
            self._patience_s = min(2 * self._patience_s, PATIENCE_MOST_S)
            self._raised_s = -inf
        free = 1 if seen.free is None else int(seen.free + SPARE)
        self.in_force = min(max(1, free), self.in_force - 1)

    def _wait_and_raise(self, seen: Stretch) -> None:
        wanted = min(self.most, 2 * self.in_force if seen.free is None else int(seen.free + SPARE))
        if wanted <= self.in_force:
            self._quiet_since_s = None
            return
        if self._quiet_since_s is None:
            self._quiet_since_s = seen.at_s - max(seen.wall_s, seen.over_s)
        if seen.at_s - self._quiet_since_s >= self._patience_s:
            self.in_force, self._raised_s, self._quiet_since_s = wanted, seen.at_s, None
