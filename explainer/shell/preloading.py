"""What the stage draws with, loaded in portions once the window is on screen."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module

from explainer.render import formula

QT = ("PySide6.QtCore", "PySide6.QtGui", "PySide6.QtWidgets")
DRAWS = ("pyqtgraph", "explainer.render.panel_view", "explainer.render.chart_view", "explainer.shell.handle_boxes")
OPTIONAL = "cuda.bindings.runtime"  # pyqtgraph looks for it, where there is one
PORTION = 60


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
