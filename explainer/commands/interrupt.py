"""A signal closes the window as its own button would."""

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QApplication, QWidget

from explainer import stopping


class _Asked(QObject):
    """Carries the wish from the thread that hears of it to the window's."""

    come = Signal()


@contextmanager
def closing_when_asked(window: QWidget) -> Iterator[None]:
    """Within the block a signal closes the window with its dialogs, which saves what is to be saved."""
    asked = _Asked(window)

    def close() -> None:
        QApplication.closeAllWindows()  # a dialog first: the window behind it hears nothing
        window.close()
        QApplication.exit(0)

    asked.come.connect(close, Qt.ConnectionType.QueuedConnection)
    with stopping.telling(asked.come.emit):
        yield
