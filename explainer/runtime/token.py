"""The token by which a running job learns that it is no longer wanted."""

import time
from collections.abc import Callable
from threading import Condition

from explainer.core.problem import Cancelled


class JobToken:
    """Cancelled once, paused and resumed as often as one likes, read from any thread.

    ``check`` is called thousands of times a second from hooks inside the network, so that the usual case
    (neither cancelled nor paused) reads three attributes and takes no lock.

    Attributes
    ----------
    on_check
        Called at each check of a job that is wanted, in whatever thread checks.
    """

    def __init__(self) -> None:
        self._changed = Condition()
        self._cancelled = False
        self._paused = False
        self._slept_s = 0.0
        self.on_check: Callable[[], None] | None = None

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._cancelled

    @property
    def paused(self) -> bool:
        """Whether the job is to hold still at its next checkpoint."""
        return self._paused

    @property
    def slept_s(self) -> float:
        """Seconds that checks have been blocked by a pause, so that timers can leave them out."""
        return self._slept_s

    def cancel(self) -> None:
        """Make every further check raise; a paused job wakes up to do so."""
        with self._changed:
            self._cancelled = True
            self._changed.notify_all()

    def pause(self) -> None:
        """Let the next check block."""
        with self._changed:
            self._paused = True

    def resume(self) -> None:
        """Let blocked checks go on."""
        with self._changed:
            self._paused = False
            self._changed.notify_all()

    def check(self) -> None:
        """Return when the job is wanted and not paused.

        Raises
        ------
        Cancelled
            When it is no longer wanted.
        """
        if self._paused and not self._cancelled:
            self._sleep()
        if self._cancelled:
            raise Cancelled
        on_check = self.on_check
        if on_check is not None:
            on_check()

    def _sleep(self) -> None:
        began = time.perf_counter()
        with self._changed:
            self._changed.wait_for(lambda: self._cancelled or not self._paused)
            self._slept_s += time.perf_counter() - began
