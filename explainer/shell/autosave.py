"""The session is saved a moment after each change, at most once a second and never in the window's thread."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal

from explainer.core.problem import Problem
from explainer.runtime.keeping import Keeper
from explainer.runtime.session import Session
from explainer.shell.background_tasks import BackgroundTasks
from explainer.shell.bridge import Bridge

EVERY_MS = 1000
Make = Callable[[], Session]


@dataclass(frozen=True, slots=True)
class Kept:
    """From the thread that saves: why it could not, or ``None``."""

    problem: Problem | None


class Autosave(QObject):
    """Asks for a snapshot when something changed and has it written.

    Parameters
    ----------
    snapshot
        Called in the window's thread and quick; what it returns is called in another one and makes the session.
    """

    failed = Signal(object)

    def __init__(self, keeper: Keeper, snapshot: Callable[[], Make], bridge: Bridge, parent: QObject) -> None:
        super().__init__(parent)
        self._keeper, self._snapshot, self._bridge = keeper, snapshot, bridge
        self._tasks = BackgroundTasks("saving")
        self._failing = False
        self._timer = QTimer(self, singleShot=True, interval=EVERY_MS)
        self._timer.timeout.connect(self._save)
        bridge.arrived.connect(self._heard)
        keeper.begin(snapshot()())

    def changed(self) -> None:
        """Something is to be remembered; called as often as one likes."""
        if not self._timer.isActive():
            self._timer.start()

    def now(self) -> Problem | None:
        """Save at once and wait for it."""
        self._timer.stop()
        self._tasks.finish()
        return self._keeper.keep_at_the_end(self._snapshot()())

    def close(self) -> None:
        """The window ends in order, whether it could be saved or not."""
        self._timer.stop()
        self._tasks.close()
        self._keeper.end()

    def _save(self) -> None:
        make, keep, post = self._snapshot(), self._keeper.keep, self._bridge.post
        self._tasks.ask(lambda: post(Kept(keep(make))))

    def _heard(self, event: object) -> None:
        """Say once that it fails, and again only when it has worked in between."""
        if not isinstance(event, Kept):
            return
        if event.problem is not None and not self._failing:
            self.failed.emit(event.problem)
        self._failing = event.problem is not None
