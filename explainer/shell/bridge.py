"""The one QObject that worker threads touch."""

import threading
from collections import deque
from time import perf_counter

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from explainer.runtime.events import Finished

TURN_S = 0.008
"""Longest time in which event after event is delivered before the window may paint and listen to keys."""


class Bridge(QObject):
    """Carries events from the workers into the GUI thread, in order.

    `post` may be called from any thread; `arrived` is emitted in the thread the bridge lives in. Where a demo is
    faster than the window paints, a result that a newer one follows already is left out. Whoever opens a dialog on
    `arrived` does so by a timer: until the slot returns, nothing more arrives.
    """

    arrived = Signal(object)
    _posted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._open = True
        self._lock = threading.Lock()
        self._waiting: deque[object] = deque()
        self._awake = False
        # By a timer, not by one queued call after the other: Qt works off all of those before it looks at the mouse.
        self._turns = QTimer(self, interval=0)
        self._turns.timeout.connect(self._turn)
        self._posted.connect(self._wake, Qt.ConnectionType.QueuedConnection)

    def post(self, event: object) -> None:
        """Hand an event over; returns at once."""
        with self._lock:
            if not self._open:
                return
            if isinstance(event, Finished):
                self._waiting = deque(one for one in self._waiting if not _yields(one, event))
            self._waiting.append(event)
            asleep, self._awake = not self._awake, True
        if asleep:
            self._posted.emit()

    def close(self) -> None:
        """Drop whatever still comes."""
        self._turns.stop()
        with self._lock:
            self._open = False
            self._waiting.clear()

    @Slot()
    def _wake(self) -> None:
        if self._open:
            self._turns.start()
            self._deliver()

    def _turn(self) -> None:
        self._deliver()
        with self._lock:
            if not self._waiting:
                self._awake = False
                self._turns.stop()

    def _deliver(self) -> None:
        until = perf_counter() + TURN_S
        while perf_counter() < until and (event := self._next()) is not None:
            self.arrived.emit(event)

    def _next(self) -> object | None:
        with self._lock:
            return self._waiting.popleft() if self._waiting else None


def _yields(waiting: object, newer: Finished) -> bool:
    return isinstance(waiting, Finished) and newer.replaces(waiting)
