"""How long a job will still take, from the steps that are done."""

SAY_AFTER_S = 3.0
"""What is over by then needs no estimate, and before it one would be a guess."""

SAY_FROM, SAY_UNTIL = 0.05, 0.99
"""Of the way: a first step may load what the others find loaded."""


class Remaining:
    """Estimates at the pace so far; where the fraction falls, something new has begun.

    Given times, so that tests need no clock.
    """

    def __init__(self) -> None:
        self._first: tuple[float, float] | None = None  # fraction and time
        self._last = 0.0

    def left_s(self, fraction: float, now_s: float) -> float | None:
        """Return seconds until the fraction is 1; ``None`` as long as that is not known or not worth saying."""
        if self._first is None or fraction < self._last:
            self._first = fraction, now_s
        self._last = fraction
        made, spent_s = fraction - self._first[0], now_s - self._first[1]
        if spent_s < SAY_AFTER_S or made < SAY_FROM or fraction > SAY_UNTIL:
            return None
        return spent_s * (1.0 - fraction) / made
