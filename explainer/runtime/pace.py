"""When the next picture is due."""

UNKNOWN_FPS = 30.0
"""A live source that does not say how fast it is."""

LATE_MOST = 8
"""Pictures left out at once; who is later than that plays in slow motion rather than standing still."""

EAGER = 0.8
"""A camera is asked a little sooner than its next picture can be there: asked exactly in time, the
difference of two clocks would fill its buffer and every picture would be old. Its own read then blocks."""


class Pace:
    """Due times of one source's pictures; knows no clock and starts no thread.

    Parameters
    ----------
    fps
        Pictures per second; 0 for stills.
    live
        Whether the source itself sets the pace (cameras): it is asked when the last picture is old
        enough, and none is ever late.
    """

    def __init__(self, fps: float, *, live: bool) -> None:
        self.moves = live or fps > 0
        self.live = live
        self._interval_s = 1.0 / (fps if fps > 0 else UNKNOWN_FPS)
        self._next = 0
        self._due_s = 0.0

    def begin(self, index: int, now: float) -> None:
        """Picture `index` is due at `now`, or one interval later if another has just been shown."""
        self._next = index
        self._due_s = now if self.live or index == 0 else now + self._interval_s

    def wait_s(self, now: float) -> float:
        """Seconds until the next picture is due; never positive when it is late."""
        return self._due_s - now

    def late(self, now: float) -> int:
        """How many pictures are to be left out so that the one read last is the one due `now`."""
        if self.live:
            return 0
        return min(max(int((now - self._due_s) / self._interval_s), 0), LATE_MOST)

    def shown(self, index: int, began: float) -> None:
        """Picture `index` was shown, and reading it began at `began`."""
        if self.live:
            self._due_s = began + EAGER * self._interval_s
        else:
            self._due_s += max(index + 1 - self._next, 1) * self._interval_s
            if began - self._due_s > LATE_MOST * self._interval_s:
                self._due_s = began
        self._next = index + 1

    def rest(self, until: float) -> None:
        """Ask no sooner than `until`."""
        self._due_s = max(self._due_s, until)
