"""A source that plays: what comes next, and when it is due."""

import logging
from dataclasses import dataclass, replace

from explainer.core.frame import Frame
from explainer.core.problem import Problem
from explainer.core.source import Source
from explainer.runtime.clock import Clock
from explainer.runtime.pace import LATE_MOST, Pace

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Read:
    """What was read, ``None`` for the end; when it is due on the clock, how long reading took, whether it raised."""

    got: Frame | Problem | None
    due_s: float
    grab_ms: float
    raised: bool = False


class Reel:
    """One opened source with its pace.

    Of a film that plays one picture is read ahead, since only its time says when it is due.

    Parameters
    ----------
    source
        Read from here only.
    clock
        The player's.
    """

    def __init__(self, source: Source, clock: Clock) -> None:
        self.source = source
        self.live = source.kind == "camera" or (source.kind == "synthetic" and source.count is None)
        self._clock = clock
        self._pace = Pace(source.fps, live=self.live)
        self._ahead: Read | None = None

    @property
    def moves(self) -> bool:
        """Whether pictures come by themselves."""
        return self._pace.moves

    def begin(self, time_s: float | None) -> None:
        """Play on from the picture of `time_s`, which is shown now; ``None``: none is, and the next is due at once."""
        self._pace.begin(self._clock.now(), time_s)
        if self._ahead is not None:  # read before a pause
            self._ahead = replace(self._ahead, due_s=self._due_s(self._ahead.got))

    def wait_s(self) -> float:
        """Seconds until there is something to do; not positive when there is."""
        now = self._clock.now()
        if self.live:
            return self._pace.wait_s(now)
        return 0.0 if self._ahead is None else self._ahead.due_s - now

    def rest(self, seconds: float) -> None:
        """Ask a live source no sooner than that."""
        self._pace.rest(self._clock.now() + seconds)

    def advance(self) -> Read | None:
        """Return what is to be shown now; ``None`` where something was only read ahead. Never raises."""
        if self.live:
            began = self._clock.now()
            read = self._read()
            if isinstance(read.got, Frame):
                self._pace.asked(began)
            return read
        if self._ahead is None:
            self._ahead = self._read()
            return None
        return self._newest_due(self._ahead)

    def go_to(self, index: int, *, follows: bool) -> Read:
        """Return picture `index`; `follows` says that it comes after the one that is shown."""
        ahead, self._ahead = self._ahead, None
        if follows and ahead is not None:
            return ahead
        began = self._clock.now()
        # Reading on costs a video nothing; going anywhere else may cost it a seek and some decoding.
        got = self.source.read() if follows and self.source.kind == "video" else self.source.at(index)
        return Read(got, began, 1000.0 * (self._clock.now() - began))

    def _newest_due(self, read: Read) -> Read:
        """Leave out what is late."""
        self._ahead = None
        left_out = 0
        while isinstance(read.got, Frame) and self._pace.is_late(read.due_s, self._clock.now()):
            if left_out == LATE_MOST:  # hopelessly late: play slowly rather than race afterwards
                self._pace.begin(self._clock.now(), read.got.time_s)
                break
            newer = self._read()
            if not isinstance(newer.got, Frame) or newer.due_s > self._clock.now():
                self._ahead = newer
                break
            read, left_out = newer, left_out + 1
        return read

    def _read(self) -> Read:
        began, raised = self._clock.now(), False
        try:
            got = self.source.read()
        except Exception as error:  # noqa: BLE001 - a source that breaks its word must not end the player
            _log.exception("a source raised")
            got, raised = broken(error), True
        due_s = began if self.live else self._due_s(got)
        return Read(got, due_s, 1000.0 * (self._clock.now() - began), raised)

    def _due_s(self, got: Frame | Problem | None) -> float:
        return self._pace.due_s(got.time_s if isinstance(got, Frame) else None)


def broken(error: Exception) -> Problem:
    """Say that a source raised."""
    return Problem("The source could not be read.", "Open it again or choose another.", repr(error))
