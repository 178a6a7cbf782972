"""Which session file a window keeps, and how the run before it ended.

Each window that is open at the same time has a place of its own: a session file, a lock that the system lets go of
however the process ends, and a mark that only an orderly end takes away. A mark that is there though nobody holds
the lock says that the last run was killed or crashed.
"""

import json
import os
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Any

from explainer.core.locking import FileLock
from explainer.core.paths import user_config
from explainer.core.problem import ExplainerError, Problem
from explainer.core.processes import is_alive, machine
from explainer.runtime import session as session_file
from explainer.runtime.session import Session

MOST_WINDOWS = 8


@dataclass(frozen=True, slots=True)
class Opening:
    """What a window begins with.

    Parameters
    ----------
    session
        As it was left; after a crash without demo, source and settings, since they may be what crashed.
    offered
        A session that ended unexpectedly and has been neither restored nor given up.
    problem
        What could not be read, or that nothing will be kept.
    remark
        That another window is open already.
    """

    session: Session
    offered: Session | None = None
    problem: Problem | None = None
    remark: str = ""


class Keeper:
    """One window's place in the settings folder. Its methods may be called from any thread.

    Parameters
    ----------
    folder, number
        The first window has number 1 and ``session.json``, the second ``session-2.json``.
    lock
        Held; ``None`` on file systems that know no locks.
    """

    def __init__(self, folder: Path, number: int, lock: FileLock | None) -> None:
        self.number, self._folder, self._lock = number, folder, lock
        self._writing = Lock()
        self._kept: Session | None = None
        self._ended = False
        self._mark = self._named("running")
        self._crashed = self._mark.exists()
        self._set_mark()

    def _named(self, suffix: str) -> Path:
        return _named(self._folder, self.number, suffix)

    @property
    def path(self) -> Path:
        """The session file."""
        return self._named("json")

    @property
    def _aside(self) -> Path:
        """A session that ended unexpectedly, until somebody decides about it."""
        return self._named("unexpected.json")

    def opening(self) -> Opening:
        """Read what the window begins with."""
        first = _named(self._folder, 1, "json")
        session, problem = session_file.load(self.path if self.path.exists() else first)
        if problem is not None and self.path.exists():  # it will be written anew; what a person may repair stays
            with suppress(OSError):
                shutil.copyfile(self.path, self._named("unreadable.json"))
        remark = "Another window of Explainer is open. This one keeps a session of its own." if self.number > 1 else ""
        if self._crashed and self.path.exists() and problem is None:
            return Opening(session.held_back(), session, problem, remark)
        if self._aside.exists():
            offered, broken = session_file.load(self._aside)
            if broken is None:
                return Opening(session, offered, problem, remark)
        return Opening(session, None, problem, remark)

    # Keeping --------------------------------------------------------------------------------------------

    def begin(self, session: Session) -> None:
        """Note what the window shows before anybody has changed anything: it need not be saved."""
        self._kept = session

    def keep(self, make: Callable[[], Session]) -> Problem | None:
        """Save what `make` returns, if anything but the window's place changed since the last time."""
        with self._writing:
            session = make()
            if self._ended or (self._kept is not None and _same(session, self._kept)):
                return None
            return self._save(session)

    def keep_at_the_end(self, session: Session) -> Problem | None:
        """Save whatever changed; where that fails, all stays as it is and can be tried again."""
        with self._writing:
            return None if self._ended else self._save(session)

    def end(self) -> None:
        """Note that the run ended in order, and let go of the place. May be called twice."""
        with self._writing:
            self._ended = True
            with suppress(OSError):
                self._mark.unlink()
            if self._lock is not None:
                self._lock.release()

    def decided(self) -> None:
        """Give up what was offered: it has been restored, or is not wanted."""
        with self._writing:
            self._crashed = False
            with suppress(OSError):
                self._aside.unlink()

    def _save(self, session: Session) -> Problem | None:
        if self._crashed:  # and nobody has decided yet: what is offered must not be written over
            with suppress(OSError):
                self.path.replace(self._aside)
            self._crashed = False
        problem = session_file.save(session, self.path)
        if problem is None:
            self._kept = session
        return problem

    def _set_mark(self) -> None:
        mark = {"pid": os.getpid(), "machine": machine(), "started": round(time.time())}
        with suppress(
            OSError
        ):  # not waiting for the disk: the window is not painted yet, and that it is there says all
            self._mark.write_text(json.dumps(mark), encoding="ascii")


def take_place(folder: Path | None = None) -> Keeper | Problem:
    """Take the first place that no other window holds.

    Returns
    -------
    Keeper or Problem
        A `Problem` where nothing can be kept: the folder cannot be written, or too many windows are open.
    """
    try:
        where = folder or user_config()
        where.mkdir(parents=True, exist_ok=True)
        for number in range(1, MOST_WINDOWS + 1):
            keeper = _place(where, number)
            if keeper is not None:
                return keeper
    except (OSError, ExplainerError) as error:
        what = "The settings folder cannot be written to, so nothing will be remembered."
        return Problem(what, "Check the folder that “explainer doctor” names.", repr(error))
    what = f"{MOST_WINDOWS} windows are open already, so this one will not be remembered."
    return Problem(what, "Close one that you do not need.")


def _place(folder: Path, number: int) -> Keeper | None:
    lock = FileLock(_named(folder, number, "lock"))
    try:
        return Keeper(folder, number, lock) if lock.take() else None
    except PermissionError:
        raise
    except OSError:  # a network drive without locks: go by the number of the process
        return None if _is_held(_named(folder, number, "running")) else Keeper(folder, number, None)


def _is_held(mark: Path) -> bool:
    try:
        data = json.loads(mark.read_text(encoding="ascii"))
        return data["machine"] != machine() or is_alive(int(data["pid"]))
    except (OSError, ValueError, TypeError, KeyError):
        return False


def _named(folder: Path, number: int, suffix: str) -> Path:
    stem = "session" if number == 1 else f"session-{number}"
    return folder / f"{stem}.{suffix}"


def _same(one: Session, other: Session) -> bool:
    """Whether two sessions differ at most in what follows the rest: the window's place, and where one has been."""
    follows: dict[str, Any] = {"geometry": "", "recent": (), "walked": (), "places": ()}
    return replace(one, **follows) == replace(other, **follows)
