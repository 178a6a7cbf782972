"""INT, TERM and HUP ask the program to end: a flag that is asked, and no exception in the middle of Qt.

Python runs a handler when its main thread comes back to Python code, which it may not for seconds. So a thread of its
own learns of the signal, tells whoever wants to know, and ends the process when it has not ended by itself.
"""

import atexit
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

GRACE_S = 1.5  # for an orderly end; a second signal cuts it short
BOUNCE_S = 0.25  # a signal to the process and one to its group are one wish
_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
SIGNALS = frozenset(int(getattr(signal, name)) for name in _NAMES if hasattr(signal, name))

Act = Callable[[], object]


class Stopped(BaseException):
    """The command ends here because a signal asked for it, with what is to be said then; never raised inside Qt."""


class _Listener:
    """What was asked for, and who is told of it."""

    def __init__(self) -> None:
        self.number = 0
        self.leaving = False  # in order: all has been said
        self._told: list[Act] = []
        self._lock = threading.Lock()

    def ask(self, number: int) -> None:
        with self._lock:
            self.number = self.number or number
            told = tuple(self._told)
        for act in told:
            with suppress(Exception):
                act()

    def add(self, act: Act) -> None:
        with self._lock:
            self._told.append(act)
            late = bool(self.number)
        if late:
            act()

    def remove(self, act: Act) -> None:
        with self._lock:
            self._told.remove(act)


_LISTENER = _Listener()


def asked() -> int:
    """Number of the signal that asked the program to end; 0 as long as none has."""
    return _LISTENER.number


def check() -> None:
    """Return when nobody asked the program to end.

    Raises
    ------
    Stopped
        When somebody did.
    """
    if _LISTENER.number:
        raise Stopped


@contextmanager
def telling(act: Act) -> Iterator[None]:
    """Within the block `act` is called, in another thread, when the program is to end; at once where it is already."""
    _LISTENER.add(act)
    try:
        yield
    finally:
        _LISTENER.remove(act)


# Listening ----------------------------------------------------------------------------------------------


def listen() -> None:
    """Take the signals over for the rest of the process."""
    _begin()


@contextmanager
def listening() -> Iterator[None]:
    """Take the signals over for the length of a block, where this is the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}
    writer, thread, before_fd = _begin()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before_fd)
        for number, handler in before.items():
            signal.signal(number, handler)
        writer.send(b"\0")
        thread.join()
        writer.close()
        _LISTENER.number = 0


def _begin() -> tuple[socket.socket, threading.Thread, int]:
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    before_fd = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN or number == signal.SIGINT:  # ``nohup`` is heeded
            signal.signal(number, _noted)
    thread = threading.Thread(target=_watch, args=(reader, writer), name="explainer-signals", daemon=True)
    thread.start()
    return writer, thread, before_fd


def _noted(_number: int, _frame: FrameType | None) -> None:
    """Do nothing: that a handler is there makes Python write the number for `_watch`."""


def _watch(reader: socket.socket, _keeps_it_open: socket.socket) -> None:
    with reader:
        number = _received(reader)
        if not number:
            return
        _LISTENER.ask(number)
        with suppress(TimeoutError):
            reader.settimeout(BOUNCE_S)
            while _received(reader):
                pass
            return
        with suppress(TimeoutError):
            reader.settimeout(GRACE_S - BOUNCE_S)
            if not _received(reader):
                return
    end_now(number)


def _received(reader: socket.socket) -> int:
    """Number of the next signal that is meant; 0 when listening has ended."""
    while got := reader.recv(1):
        if got[0] in SIGNALS or not got[0]:
            return got[0]
    return 0


def leave() -> None:
    """End the process, all of whose blocks have ended, without taking the libraries apart, which may take seconds."""
    _LISTENER.leaving = True
    with suppress(Exception):
        atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):
            stream.flush()
    os._exit(code_of(_LISTENER.number))


def end_now(number: int) -> None:
    """End the process without unwinding; files in the making are deleted, and processes of its own end too."""
    from explainer.core import writing

    writing.discard_all()
    end_children()
    if not _LISTENER.leaving:
        with suppress(OSError):
            os.write(2, b"Stopped.\n")
    os._exit(code_of(number))


def end_children() -> None:
    """End the processes that this one has started to compute for it."""
    if "multiprocessing" in sys.modules:
        import multiprocessing

        for child in multiprocessing.active_children():
            child.terminate()


def code_of(number: int) -> int:
    """Exit code as shells have it: 130 for INT, 143 for TERM, 129 for HUP."""
    return 128 + number


# Processes of its own -----------------------------------------------------------------------------------


@contextmanager
def deaf_children() -> Iterator[None]:
    """Processes started in the block do not heed Ctrl+C, which the terminal sends to them too: their parent ends them.

    Windows has no masks; there they have to ignore it themselves.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
