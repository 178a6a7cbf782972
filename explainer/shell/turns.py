"""What may wait until the picture stands, in portions, so that the window answers between them."""

from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer


class Turns(QObject):
    """Takes one step in each turn of the event loop, in the order in which they were asked for."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._steps: deque[Callable[[], object]] = deque()
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._go_on)

    def begin(self, *steps: Callable[[], object]) -> None:
        """Begin; what was begun before and is not done is dropped."""
        self._steps = deque(steps)
        self._timer.start()

    def take(self, step: Callable[[], object]) -> None:
        """Do it at once, or after what is still to be done before it."""
        if self._timer.isActive():
            self._steps.append(step)
        else:
            step()

    def finish(self) -> None:
        """Do at once what is left."""
        while self._timer.isActive():
            self._go_on()

    def _go_on(self) -> None:
        if self._steps:
            self._steps.popleft()()
        if not self._steps:
            self._timer.stop()
