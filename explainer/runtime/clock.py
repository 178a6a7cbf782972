"""Time, as a thing that can be handed in."""

import threading
import time
from typing import Protocol


class Clock(Protocol):
    """Time, so that tests can turn it."""

    def now(self) -> float:
        """Seconds; never goes back."""
        ...

    def wait(self, changed: threading.Condition, timeout_s: float | None) -> None:
        """Sleep until `changed` (whose lock is held) is notified or the time is over."""
        ...


class RealClock:
    """The computer's own."""

    def now(self) -> float:
        """Seconds of the monotonic clock."""
        return time.monotonic()

    def wait(self, changed: threading.Condition, timeout_s: float | None) -> None:
        """Sleep on the condition."""
        changed.wait(timeout_s)
