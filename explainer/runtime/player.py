"""One thread that owns the source and hands out its pictures at their own pace."""

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
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
from explainer.runtime.pace import LATE_MOST, Pace

_log = logging.getLogger(__name__)

Opener = Callable[[], Source | Problem | None]
RETRY_S = 0.25
"""Between two looks at a lost camera."""


@dataclass(frozen=True, slots=True)
class _Command:
    """What a person wants of the source. A later seek makes a waiting earlier one pointless."""

    what: Literal["open", "play", "pause", "step", "seek", "shut"]
    number: int = 0
    opener: Opener | None = None
    held: bool = False


@dataclass(frozen=True, slots=True)
class _Coming:
    """What was read and waits for its time: a picture, a problem, or ``None`` for the end."""

    got: Frame | Problem | None
    due_s: float
    grab_ms: float


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
    """

    def __init__(self, emit: Callable[[SourceEvent], None], *, clock: Clock | None = None) -> None:
        self._emit = emit
        self._clock = clock or RealClock()
        self._changed = threading.Condition()
        self._commands: deque[_Command] = deque()
        self._closed = False
        self._loop = True
        # From here on: touched by the player's thread only.
        self._source: Source | None = None
        self._pace = Pace(0.0, live=False)
        self._index = -1
        self._time_s: float | None = None
        self._coming: _Coming | None = None
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
        """Whether a file begins again at its end. True at first."""
        self._loop = loop

    def shut(self) -> None:
        """Let go of the source without opening another."""
        self._send(_Command("shut"))

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
                elif self._playing and not self._closed:
                    self._advance()
        finally:
            self._let_go()

    def _next_command(self) -> _Command | None:
        """Return the next command, or ``None`` when a picture is due or the player is closed."""
        with self._changed:
            while not self._commands and not self._closed:
                timeout = self._wait_s() if self._playing else None
                if timeout is not None and timeout <= 0:
                    return None
                self._clock.wait(self._changed, timeout)
            return None if self._closed else self._commands.popleft()

    def _wait_s(self) -> float:
        """Seconds until there is something to do for a source that plays."""
        now = self._clock.now()
        if self._pace.live:
            return self._pace.wait_s(now)
        return 0.0 if self._coming is None else self._coming.due_s - now

    def _obey(self, command: _Command) -> None:
        try:
            self._dispatch(command)
        except Exception as error:  # noqa: BLE001 - a source that breaks its word must not end the player
            _log.exception("a source raised")
            self._stop()
            self._tell(SourceFailed(_broken(error)))

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
            case "shut":
                self._stop()
                self._let_go()

    def _open(self, opener: Opener, *, held: bool) -> None:
        opened = opener()
        if opened is None:
            return
        if isinstance(opened, Problem):
            self._tell(SourceFailed(opened))
            return
        self._stop()
        self._let_go()
        self._source, self._lost, self._ended = opened, False, False
        self._tell(SourceOpened(opened.id, opened.kind, opened.title, opened.count, opened.fps))
        live = opened.kind == "camera" or (opened.kind == "synthetic" and opened.count is None)
        self._pace = Pace(opened.fps, live=live)
        if self._pace.moves and not (held and not live):
            self._start()
        else:
            self._show_from(0, 1)

    def _play(self) -> None:
        source = self._source
        if source is None or not self._pace.moves or self._playing:
            return
        if self._ended or (source.count is not None and self._index >= source.count - 1):
            self._show_from(0, 1)
        self._start()

    def _start(self) -> None:
        self._playing = True
        self._pace.begin(self._clock.now(), self._time_s)
        if self._coming is not None:  # read before a pause
            self._coming = replace(self._coming, due_s=self._due_s(self._coming.got))
        self._tell(PlayState(playing=True))

    def _stop(self) -> None:
        if self._playing:
            self._playing = False
            self._tell(PlayState(playing=False))

    def _step(self, by: int) -> None:
        source = self._source
        if source is None or by == 0:
            return
        if self._pace.live:
            self._advance()
            return
        target = self._index + by
        if target >= 0 and (source.count is None or target < source.count):
            self._show_from(target, 1 if by > 0 else -1, stepped=True)
        elif source.kind == "folder":
            self._tell(SourceSkipped(_at_the_end(source, by)))

    def _seek(self, index: int) -> None:
        source = self._source
        if source is None or self._pace.live:
            return
        last = index if source.count is None else source.count - 1
        self._show_from(max(min(index, last), 0), 1)
        self._pace.begin(self._clock.now(), self._time_s)

    def _show_from(self, index: int, towards: int, *, stepped: bool = False) -> None:
        """Show picture `index`; in a folder the nearest one in that direction that can be read."""
        source = self._source
        assert source is not None
        coming, self._coming = self._coming, None
        stop = index + 1 if source.count is None else source.count
        passed: list[Problem] = []
        for at in range(index, stop) if towards > 0 else range(index, -1, -1):
            began = self._clock.now()
            if at == self._index + 1 and coming is not None:
                got = coming.got
            else:
                # Reading on costs a video nothing; going anywhere else may cost it a seek and some decoding.
                reads_on = at == self._index + 1 and source.kind == "video"
                got = source.read() if reads_on else source.at(at)
            if isinstance(got, Problem) and source.kind == "folder":
                passed.append(got)
                continue
            self._tell_passed(passed)
            self._take_still(got, began, stepped=stepped)
            return
        self._tell_passed(passed)

    def _take_still(self, got: Frame | Problem | None, began: float, *, stepped: bool) -> None:
        if isinstance(got, Frame):
            self._show(got, 1000.0 * (self._clock.now() - began), stepped=stepped)
        elif got is None:
            self._end()
        else:
            self._stop()
            self._tell(SourceFailed(got))

    def _tell_passed(self, passed: list[Problem]) -> None:
        if len(passed) > 1:
            what = f"{thousands(len(passed))} pictures that cannot be shown were passed over."
            self._tell(SourceSkipped(Problem(what, details="\n".join(problem.what for problem in passed[:100]))))
        elif passed:
            self._tell(SourceSkipped(passed[0]))

    def _advance(self) -> None:
        """Do what is next for a source that plays: read, show what is due, or ask a camera."""
        if self._pace.live:
            began = self._clock.now()
            got = self._read()
            self._take(got, 1000.0 * (self._clock.now() - began))
            if isinstance(got, Frame):
                self._pace.asked(began)
        elif self._coming is None:
            self._coming = self._read_ahead()
        else:
            self._present(self._coming)

    def _present(self, coming: _Coming) -> None:
        """Show what is due, leaving out what is late."""
        self._coming = None
        left_out = 0
        while isinstance(coming.got, Frame) and self._pace.is_late(coming.due_s, self._clock.now()):
            if left_out == LATE_MOST:  # hopelessly late: play slowly rather than race afterwards
                self._pace.begin(self._clock.now(), coming.got.time_s)
                break
            newer = self._read_ahead()
            if not isinstance(newer.got, Frame) or newer.due_s > self._clock.now():
                self._coming = newer
                break
            coming, left_out = newer, left_out + 1
        self._take(coming.got, coming.grab_ms)

    def _read_ahead(self) -> _Coming:
        began = self._clock.now()
        got = self._read()
        return _Coming(got, self._due_s(got), 1000.0 * (self._clock.now() - began))

    def _due_s(self, got: Frame | Problem | None) -> float:
        return self._pace.due_s(got.time_s if isinstance(got, Frame) else None)

    def _read(self) -> Frame | Problem | None:
        source = self._source
        assert source is not None
        try:
            return source.read()
        except Exception as error:  # noqa: BLE001 - see _obey
            _log.exception("a source raised")
            return _broken(error)

    def _take(self, got: Frame | Problem | None, grab_ms: float) -> None:
        if isinstance(got, Frame):
            if self._lost:
                self._lost = False
                self._tell(SourceBack())
            self._show(got, grab_ms)
        elif got is None:
            self._end()
        elif self._source is not None and self._source.kind == "camera":
            self._lose(got)
        else:
            self._stop()
            self._tell(SourceFailed(got))

    def _lose(self, problem: Problem) -> None:
        self._pace.rest(self._clock.now() + RETRY_S)
        if not self._lost:
            self._lost = True
            self._tell(SourceLost(problem))

    def _end(self) -> None:
        """At the end of a file: begin again, or stop."""
        # A file without a single picture would begin again for ever.
        if self._loop and self._playing and self._index > 0:
            self._show_from(0, 1)
            self._pace.begin(self._clock.now(), self._time_s)
        else:
            self._ended = True
            self._stop()
            self._tell(SourceEnded())

    def _show(self, frame: Frame, grab_ms: float, *, stepped: bool = False) -> None:
        self._index, self._time_s, self._ended = frame.index, frame.time_s, False
        self._tell(FrameArrived(frame, grab_ms, stepped))
        source = self._source
        if source is not None:
            duration_s = source.duration_s if isinstance(source, Timed) else 0.0
            self._tell(Position(frame.index, source.count, frame.time_s, duration_s))

    def _let_go(self) -> None:
        source, self._source, self._index = self._source, None, -1
        self._time_s = self._coming = None
        self._playing = False
        if source is not None:
            source.close()

    def _tell(self, event: SourceEvent) -> None:
        if self._closed:
            return
        try:
            self._emit(event)
        except Exception:  # noqa: BLE001 - a listener that is gone must not end the player
            _log.exception("an event could not be delivered")


def _at_the_end(source: Source, by: int) -> Problem:
    return Problem(f"This is the {'last' if by > 0 else 'first'} picture of {source.title}.")


def _broken(error: Exception) -> Problem:
    return Problem("The source could not be read.", "Open it again or choose another.", repr(error))
