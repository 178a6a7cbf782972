"""Small work in Python that would stop the window, such as setting formulas."""

import logging
import threading
from collections import deque
from collections.abc import Callable

_log = logging.getLogger(__name__)


class BackgroundTasks:
    """Runs what it is given, one after the other, in a thread that ends when nothing is left.

    Nothing of Qt may be touched there; who wants to know of the end asks `busy`.
    """

    def __init__(self, name: str) -> None:
        self._name = f"explainer-{name}"
        self._lock = threading.Lock()
        self._waiting: deque[Callable[[], object]] = deque()
        self._thread: threading.Thread | None = None
        self._closed = False

    @property
    def busy(self) -> bool:
        """Whether something runs or waits."""
        return self._thread is not None

    def ask(self, *acts: Callable[[], object]) -> None:
        """Do these after what waits already."""
        with self._lock:
            if self._closed:
                return
            self._waiting.extend(acts)
            if self._thread is None and self._waiting:
                self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
                self._thread.start()

    def forget(self) -> None:
        """Drop what waits; what runs goes on."""
        with self._lock:
            self._waiting.clear()

    def finish(self) -> None:
        """Wait until nothing is left."""
        thread = self._thread
        if thread is not None:
            thread.join()

    def close(self) -> None:
        """Drop what waits, and wait for what runs."""
        with self._lock:
            self._closed = True
            self._waiting.clear()
        self.finish()

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._thread = None
                    return
                act = self._waiting.popleft()
            try:
                act()
            except Exception:  # noqa: BLE001 - a background task that fails is done again where its result is needed
                _log.info("a background task failed", exc_info=True)
