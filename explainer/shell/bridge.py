"""The one QObject that worker threads touch."""

from PySide6.QtCore import QObject, Qt, Signal, Slot


class Bridge(QObject):
    """Carries events from the workers into the GUI thread, in order.

    `post` may be called from any thread; `arrived` is emitted in the thread the bridge lives in.
    """

    arrived = Signal(object)
    _posted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._open = True
        self._posted.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def post(self, event: object) -> None:
        """Hand an event over; returns at once."""
        if self._open:
            self._posted.emit(event)

    def close(self) -> None:
        """Drop whatever still comes."""
        self._open = False

    @Slot(object)
    def _deliver(self, event: object) -> None:
        if self._open:
            self.arrived.emit(event)
