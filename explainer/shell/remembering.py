"""What the window remembers: saved after changes, offered after a crash, and never lost without a word."""

from collections.abc import Callable

from PySide6.QtCore import QObject

from explainer.core.problem import Problem
from explainer.runtime.keeping import Keeper
from explainer.runtime.session import Session
from explainer.shell.autosave import Autosave, Make
from explainer.shell.bridge import Bridge
from explainer.shell.question_bar import Answer, Question, QuestionBar

OFFER, LEAVE = "restore", "leave"


class Remembering(QObject):
    """Saves what `snapshot` gives; without a keeper it does nothing.

    Parameters
    ----------
    restore
        Shows another session in place of the present one.
    leave
        Closes the window.
    """

    def __init__(
        self,
        keeper: Keeper | None,
        snapshot: Callable[[], Make],
        bridge: Bridge,
        questions: QuestionBar,
        restore: Callable[[Session], object],
        leave: Callable[[], object],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._keeper, self._questions, self._restore, self._leave = keeper, questions, restore, leave
        self.autosave = Autosave(keeper, snapshot, bridge, self) if keeper is not None else None
        self._refused = False

    def changed(self) -> None:
        """Something is to be remembered."""
        if self.autosave is not None:
            self.autosave.changed()

    def now(self) -> Problem | None:
        """Save at once; return why that was not possible."""
        return self.autosave.now() if self.autosave is not None else None

    def close(self) -> None:
        """The window ends in order."""
        if self.autosave is not None:
            self.autosave.close()

    # After a crash --------------------------------------------------------------------------------------

    def offer(self, session: Session | None) -> None:
        """Ask whether a session that ended unexpectedly is wanted back."""
        if session is None or self._keeper is None:
            return
        answers = (Answer("Restore", lambda: self._take_back(session)), Answer("Start fresh", self._keeper.decided))
        self._questions.ask(OFFER, Question("The last session ended unexpectedly. Restore it?", answers))

    def _take_back(self, session: Session) -> None:
        assert self._keeper is not None
        self._restore(session)
        self.now()  # before what was offered is given up
        self._keeper.decided()

    # Closing --------------------------------------------------------------------------------------------

    def may_close(self) -> bool:
        """Save. Where that fails, the first time ask and stay open; whoever closes once more leaves without."""
        problem = self.now()
        if problem is None or self._refused:
            return True
        self._refused = True
        answers = (
            Answer("Try again", self._try_again), Answer("Close without saving", self._leave),
            Answer("Stay open", self._stay),
        )  # fmt: skip
        self._questions.ask(LEAVE, Question(f"{problem.what} Close all the same?", answers))
        return False

    def _try_again(self) -> None:
        self._stay()
        self._leave()

    def _stay(self) -> None:
        self._refused = False
