"""One thread that owns the source and hands out its pictures at their own pace."""

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from explainer.core.frame import Frame
from explainer.core.problem import Problem
from explainer.core.source import Source, Timed
from explainer.core.words import thousands
from explainer.runtime.clock import Clock, RealClock
from explainer.runtime.events import (
    FrameArrived,
    PlayState,
    Position,
    SourceBack,
    SourceEnded,
    SourceEvent,
    SourceFailed,
    SourceLost,
    SourceOpened,
    SourceSkipped,
)
from explainer.runtime.reel import Read, Reel, broken

_log = logging.getLogger(__name__)

Opener = Callable[[], Source | Problem | None]
RETRY_S = 0.25
"""Between two looks at a lost camera."""


@dataclass(frozen=True, slots=True)
class _Command:
    """What a person wants of the source. A later seek makes a waiting earlier one pointless."""

    what: Literal["open", "play", "pause", "step", "seek"]
    number: int = 0
    opener: Opener | None = None
    held: bool = False


class Player:
    """Opens, plays and steps one source at a time; its methods return at once and may be called anywhere.

    Stills give one picture. A video keeps to the times of its pictures and leaves out what is late; while it
    plays, one picture is read ahead, since only that tells when it is due. A camera is read as fast as it gives
    pictures.

    Parameters
    ----------
    emit
        Called in the player's thread with every event.
    clock
        Replaced in tests.
    loop
        Whether a film begins again at its end.
    """

    def __init__(self, emit: Callable[[SourceEvent], None], *, clock: Clock | None = None, loop: bool = True) -> None:
        self._emit = emit
        self._clock = clock or RealClock()
        self._changed = threading.Condition()
        self._commands: deque[_Command] = deque()
        self._closed = False
        self._loop = loop
        # From here on: touched by the player's thread only.
        self._reel: Reel | None = None
        self._index = -1
        self._time_s: float | None = None
        self._playing = False
        self._lost = False
        self._ended = False
        self._thread = threading.Thread(target=self._work, name="explainer-player", daemon=True)
        self._thread.start()

    # What a person does -------------------------------------------------------------------------------

    def open(self, opener: Opener, *, held: bool = False) -> None:
        """Open another source and show it; where that fails the present one stays.

        Parameters
        ----------
        opener
            Called in the player's thread, for opening may take seconds. ``None``: there is nothing else to open,
            and everything stays as it is.
        held
            A file shows its first picture and waits for `play`; a camera cannot wait.
        """
        self._send(_Command("open", opener=opener, held=held))

    def play(self) -> None:
        """Go on from the present picture; from the beginning after the end."""
        self._send(_Command("play"))

    def pause(self) -> None:
        """Stop at the present picture."""
        self._send(_Command("pause"))

    def step(self, by: int = 1) -> None:
        """Stop, and go `by` pictures on (or back) without leaving one out."""
        self._send(_Command("step", by))

    def next(self) -> None:
        """Show the next picture of a folder, the next frame of a file."""
        self.step(1)

    def previous(self) -> None:
        """Show the picture before."""
        self.step(-1)

    def seek(self, index: int) -> None:
        """Go to picture `index`, clipped to what there is; playing goes on from there."""
        self._send(_Command("seek", index))

    def set_loop(self, loop: bool) -> None:
        """Choose whether a film begins again at its end."""
        self._loop = loop

    def close(self, timeout: float | None = None) -> bool:
        """Let go of the source and join the thread. May be called twice.

        Returns
        -------
        bool
            Whether the thread has ended within `timeout` seconds.
        """
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread is threading.current_thread():
            return False
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _send(self, command: _Command) -> None:
        with self._changed:
            if command.what == "open":
                self._commands.clear()  # what waits was meant for the source before
            elif command.what == "seek" and self._commands and self._commands[-1].what == "seek":
                self._commands.pop()
            self._commands.append(command)
            self._changed.notify_all()

    # In the player's thread ---------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            while not self._closed:
                command = self._next_command()
                if command is not None:
                    self._obey(command)
                elif self._playing and self._reel is not None and not self._closed:
                    self._advance(self._reel)
        finally:
            self._let_go()

    def _next_command(self) -> _Command | None:
        """Return the next command, or ``None`` when a picture is due or the player is closed."""
        with self._changed:
            while not self._commands and not self._closed:
                timeout = self._reel.wait_s() if self._playing and self._reel is not None else None
                if timeout is not None and timeout <= 0:
                    return None
                self._clock.wait(self._changed, timeout)
            return None if self._closed else self._commands.popleft()

    def _obey(self, command: _Command) -> None:
        try:
            self._dispatch(command)
        except Exception as error:  # noqa: BLE001 - a source that breaks its word must not end the player
            _log.exception("a source raised")
            self._stop()
            self._tell(SourceFailed(broken(error)))

    def _dispatch(self, command: _Command) -> None:
        match command.what:
            case "open":
                assert command.opener is not None
                self._open(command.opener, held=command.held)
            case "play":
                self._play()
            case "pause":
                self._stop()
            case "step":
                self._stop()
                self._step(command.number)
            case "seek":
                self._seek(command.number)

    def _open(self, opener: Opener, *, held: bool) -> None:
        opened = opener()
        if opened is None:
            return
        if isinstance(opened, Problem):
            self._tell(SourceFailed(opened))
            return
        self._stop()
        self._let_go()
        self._reel = reel = Reel(opened, self._clock)
        self._lost = self._ended = False
        self._tell(SourceOpened(opened.id, opened.kind, opened.title, opened.count, opened.fps))
        if reel.moves and (reel.live or not held):
            self._start(reel)
        else:
            self._show_from(0, 1)

    def _play(self) -> None:
        reel = self._reel
        if reel is None or not reel.moves or self._playing:
            return
        count = reel.source.count
        if self._ended or (count is not None and self._index >= count - 1):
            self._show_from(0, 1)
        self._start(reel)

    def _start(self, reel: Reel) -> None:
        self._playing = True
        reel.begin(self._time_s)
        self._tell(PlayState(playing=True))

    def _stop(self) -> None:
        if self._playing:
            self._playing = False
            self._tell(PlayState(playing=False))

    def _step(self, by: int) -> None:
        reel = self._reel
        if reel is None or by == 0:
            return
        if reel.live:
            self._advance(reel)
            return
        source, target = reel.source, self._index + by
        if target >= 0 and (source.count is None or target < source.count):
            self._show_from(target, 1 if by > 0 else -1, stepped=True)
        elif source.kind == "folder":
            self._tell(SourceSkipped(_at_the_end(source, by)))

    def _seek(self, index: int) -> None:
        reel = self._reel
        if reel is None or reel.live:
            return
        last = index if reel.source.count is None else reel.source.count - 1
        self._show_from(max(min(index, last), 0), 1)
        reel.begin(self._time_s)

    def _show_from(self, index: int, towards: int, *, stepped: bool = False) -> None:
        """Show picture `index`; in a folder the nearest one in that direction that can be read."""
        reel = self._reel
        assert reel is not None
        stop = index + 1 if reel.source.count is None else reel.source.count
        passed: list[Problem] = []
        for at in range(index, stop) if towards > 0 else range(index, -1, -1):
            read = reel.go_to(at, follows=at == self._index + 1)
            if not isinstance(read.got, Problem) or reel.source.kind != "folder":
                self._tell_passed(passed)
                self._take(read, stepped=stepped)
                return
            passed.append(read.got)
        self._tell_passed(passed)

    def _tell_passed(self, passed: list[Problem]) -> None:
        if len(passed) > 1:
            what = f"{thousands(len(passed))} pictures that cannot be shown were passed over."
            self._tell(SourceSkipped(Problem(what, details="\n".join(problem.what for problem in passed[:100]))))
        elif passed:
            self._tell(SourceSkipped(passed[0]))

    def _advance(self, reel: Reel) -> None:
        read = reel.advance()
        if read is None:
            return
        plays_on = reel.source.kind == "video" and self._index >= 0 and not read.raised
        if isinstance(read.got, Problem) and plays_on:
            # What came before the break is worth as much as a whole film; if it is gone, its beginning says so.
            self._tell(SourceSkipped(read.got))
            self._end()
        else:
            self._take(read)

    def _take(self, read: Read, *, stepped: bool = False) -> None:
        """Show what was read, or say what came instead."""
        got = read.got
        if isinstance(got, Frame):
            if self._lost:
                self._lost = False
                self._tell(SourceBack())
            self._show(got, read.grab_ms, stepped=stepped)
        elif got is None:
            self._end()
        elif self._reel is not None and self._reel.source.kind == "camera":
            self._lose(self._reel, got)
        else:
            self._stop()
            self._tell(SourceFailed(got))

    def _lose(self, reel: Reel, problem: Problem) -> None:
        reel.rest(RETRY_S)
        if not self._lost:
            self._lost = True
            self._tell(SourceLost(problem))

    def _end(self) -> None:
        """At the end of a file: begin again, or stop."""
        # A file without a single picture would begin again for ever.
        if self._loop and self._playing and self._index > 0 and self._reel is not None:
            self._show_from(0, 1)
            self._reel.begin(self._time_s)
        else:
            self._ended = True
            self._stop()
            self._tell(SourceEnded())

    def _show(self, frame: Frame, grab_ms: float, *, stepped: bool = False) -> None:
        self._index, self._time_s, self._ended = frame.index, frame.time_s, False
        self._tell(FrameArrived(frame, grab_ms, stepped))
        source = self._reel.source if self._reel is not None else None
        if source is not None:
            duration_s = source.duration_s if isinstance(source, Timed) else 0.0
            self._tell(Position(frame.index, source.count, frame.time_s, duration_s))

    def _let_go(self) -> None:
        reel, self._reel, self._index, self._time_s = self._reel, None, -1, None
        self._playing = False
        if reel is not None:
            reel.source.close()

    def _tell(self, event: SourceEvent) -> None:
        if self._closed:
            return
        try:
            self._emit(event)
        except Exception:  # noqa: BLE001 - a listener that is gone must not end the player
            _log.exception("an event could not be delivered")


def _at_the_end(source: Source, by: int) -> Problem:
    return Problem(f"This is the {'last' if by > 0 else 'first'} picture of {source.title}.")
