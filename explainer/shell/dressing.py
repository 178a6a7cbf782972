"""Another theme or size of type is put on in portions, so that the window answers between them."""

from collections.abc import Callable, Iterator

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QWidget


class Dressing(QObject):
    """Takes one step in each turn of the event loop; the window is painted again only when all are done."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._steps: Iterator[Callable[[], object]] = iter(())
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._go_on)

    def begin(self, *steps: Callable[[], object]) -> None:
        """Begin; what was begun before and is not done is dropped, since all of it comes again."""
        self._steps = iter(steps)
        self._window.setUpdatesEnabled(False)
        self._timer.start()

    def finish(self) -> None:
        """Do at once what is left; for pictures of the window, which cannot wait."""
        while self._timer.isActive():
            self._go_on()

    def _go_on(self) -> None:
        step = next(self._steps, None)
        if step is not None:
            step()
            return
        self._timer.stop()
        self._window.setUpdatesEnabled(True)
