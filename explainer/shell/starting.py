"""From the first paint to the first result: what the stage draws with is loaded in portions, then torch begins."""

import contextlib
import gc
import sys
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module

from PySide6.QtCore import QObject, QTimer, Signal

from explainer.render import formula

QT = ("PySide6.QtCore", "PySide6.QtGui", "PySide6.QtWidgets")
DRAWS = ("pyqtgraph", "explainer.render.panel_view", "explainer.render.chart_view", "explainer.shell.handle_boxes")
OPTIONAL = "cuda.bindings.runtime"  # pyqtgraph looks for it, where there is one
PORTION = 60
COLLECT_AFTER_MS = 15_000


class Starting(QObject):
    """Takes the portions, one in each turn of the event loop; `loaded` is said once, when something is to be seen.

    It also keeps the search for garbage out of the way (see ``commands/gc_paused.py``).
    """

    loaded = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._steps: Iterator[Callable[[], object]] = iter(())
        self._ended = self._closed = False
        self.timer = QTimer(self, interval=0)
        self.timer.timeout.connect(self._go_on)

    def begin(self, then: Callable[[], object]) -> None:
        """Load what draws, and then do `then`: torch, which it loads, would take turns with what is loaded here."""
        if self._closed:
            return
        self._steps = iter([*portions(), then])
        self.timer.start()
        QTimer.singleShot(COLLECT_AFTER_MS, gc.enable)  # whatever becomes of the first result

    def _go_on(self) -> None:
        step = next(self._steps, self.timer.stop)
        step()

    def end(self) -> None:
        """Do what could wait for the first result, or for the first problem."""
        if self._ended:
            return
        self._ended = True
        # What is loaded by now stays; looking through all of it for garbage stops the window for 0.1 s and more.
        gc.freeze()
        gc.enable()
        self.loaded.emit()

    def close(self) -> None:
        """Load nothing more."""
        self._closed = True
        self.timer.stop()
        gc.unfreeze()  # or libraries complain of what is left when the program ends


def portions() -> Iterator[Callable[[], object]]:
    """Yield steps of some 20 ms (pyqtgraph 130), to be taken in the thread of the window; all are dispensable.

    PySide makes its classes when they are first asked for, and pyqtgraph asks for all of them at once; asked for
    beforehand, a few at a time, they do not stop the window for a quarter of a second.
    """
    if "pyqtgraph" not in sys.modules:
        for module in map(sys.modules.get, QT):
            names = dir(module)
            for start in range(0, len(names), PORTION):
                yield partial(_touch, module, names[start : start + PORTION])
        yield partial(_import_if_there, OPTIONAL)
    for name in DRAWS:
        yield partial(import_module, name)
    # Loaded later, in the thread that sets formulas, these would wait for torch's libraries to be mapped, and the
    # window would wait for them.
    yield partial(import_module, "ssl")
    yield formula.library


def _touch(module: object, names: list[str]) -> None:
    for name in names:
        getattr(module, name, None)


def _import_if_there(name: str) -> None:
    with contextlib.suppress(ImportError):
        import_module(name)
