"""A web address that was opened, dropped or pasted: asked about, fetched with progress, never by itself."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from time import monotonic

from PySide6.QtCore import QObject, Signal

from explainer.core.problem import Cancelled, Problem
from explainer.core.words import one_line
from explainer.runtime.token import JobToken
from explainer.shell.bridge import Bridge
from explainer.shell.question_bar import Answer, Question, QuestionBar
from explainer.sources.addresses import host_of

KEY = "fetch"
TOLD_EVERY_S = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Fetching:
    """From the thread that fetches: bytes that are there and bytes in all, 0 while unknown."""

    token: JobToken
    have: int
    total: int


@dataclass(frozen=True, slots=True, eq=False)
class Fetched:
    """From the thread that fetches: the file, or why there is none."""

    token: JobToken
    outcome: Path | Problem


class Fetcher(QObject):
    """Asks, fetches one address at a time, and says what became of it.

    Parameters
    ----------
    spared
        Gives the kept pictures that must not be forgotten.
    """

    fetched = Signal(str)
    failed = Signal(object)

    def __init__(
        self, bridge: Bridge, questions: QuestionBar, spared: Callable[[], tuple[str, ...]], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._questions, self._spared, self._bridge = questions, spared, bridge
        self._token: JobToken | None = None
        self._address = ""
        bridge.arrived.connect(self._heard)

    def ask(self, address: str) -> None:
        """Ask whether this address is to be fetched; what is being fetched is given up."""
        self.cancel()
        answers = (Answer("Fetch", lambda: self._begin(address)), Answer("Do not fetch", _nothing))
        self._questions.ask(KEY, Question(f"Fetch this picture from {one_line(host_of(address))}?", answers))

    def cancel(self) -> None:
        """Give up what is being fetched; returns at once."""
        token, self._token = self._token, None
        if token is not None:
            token.cancel()
        self._questions.withdraw(KEY)

    def _begin(self, address: str) -> None:
        self._token, self._address = JobToken(), address
        self._show(0, 0)
        arguments = (address, self._token, self._bridge.post, self._spared())
        Thread(target=_fetch, args=arguments, name="explainer-fetch", daemon=True).start()

    def _show(self, have: int, total: int) -> None:
        size = (
            f": {have / 2**20:.1f} of {total / 2**20:.1f} MB" if total else f": {have / 2**20:.1f} MB" if have else ""
        )
        text = f"Fetching from {one_line(host_of(self._address))}{size}"
        self._questions.ask(KEY, Question(text, (Answer("Cancel", self.cancel),), have / total if total else -1.0))

    def _heard(self, event: object) -> None:
        if not isinstance(event, Fetching | Fetched) or event.token is not self._token:
            return  # of one that was given up
        if isinstance(event, Fetching):
            self._show(event.have, event.total)
            return
        self._token = None
        self._questions.withdraw(KEY)
        if isinstance(event.outcome, Problem):
            self.failed.emit(event.outcome)
        else:
            self.fetched.emit(str(event.outcome))


def _fetch(address: str, token: JobToken, post: Callable[[object], None], spared: tuple[str, ...]) -> None:
    """In a thread of its own; touches nothing of Qt but the bridge."""
    from explainer.sources import web  # brings http and ssl, which the window does not wait for

    told = -TOLD_EVERY_S

    def progress(have: int, total: int) -> None:
        nonlocal told
        now = monotonic()
        if now - told >= TOLD_EVERY_S:
            told = now
            post(Fetching(token, have, total))

    try:
        outcome = web.fetch(address, progress, token, spared=spared)
    except Cancelled:
        return
    except Exception as error:  # noqa: BLE001 - whatever a server makes a library raise, the question must end
        outcome = Problem("The picture could not be fetched.", "Save it by a browser and open the file.", repr(error))
    post(Fetched(token, outcome))


def _nothing() -> None:
    """The question is taken away, and that is all."""
