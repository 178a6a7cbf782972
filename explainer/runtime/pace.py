"""When the next picture is due."""

UNKNOWN_FPS = 30.0
"""A live source that does not say how fast it is."""

LONGEST_S = 60.0
"""No picture is waited for longer: what names a time far ahead is a broken file, or a film with a long hole."""

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
        Pictures per second, where the pictures themselves do not say when they come; 0 for stills.
    live
        Whether the source itself sets the pace (cameras): it is asked when the last picture is old
        enough, and none is ever late.
    """

    def __init__(self, fps: float, *, live: bool) -> None:
        self.moves = live or fps > 0
        self.live = live
        self.interval_s = 1.0 / (fps if fps > 0 else UNKNOWN_FPS)
        self._due_s = 0.0
        self._time_s: float | None = None

    def begin(self, now: float, time_s: float | None = None) -> None:
        """The picture of `time_s` is shown `now`; ``None``: none is, and the next one is due at once."""
        self._due_s, self._time_s = now, time_s

    def due_s(self, time_s: float | None) -> float:
        """When the picture that follows is due, by its own time in seconds; ``None`` for the end of the last."""
        if self._time_s is not None:
            gap = 0.0 if time_s is None else time_s - self._time_s
            self._due_s += min(gap, LONGEST_S) if gap > 0 else self.interval_s
        self._time_s = time_s
        return self._due_s

    def is_late(self, due_s: float, now: float) -> bool:
        """Whether a picture due at `due_s` is so late that a newer one may be due already."""
        return now - due_s >= self.interval_s

    def wait_s(self, now: float) -> float:
        """Seconds until a live source is to be asked again; never positive when it is late."""
        return self._due_s - now

    def asked(self, began: float) -> None:
        """A live source gave a picture, and reading it began at `began`."""
        self._due_s = began + EAGER * self.interval_s

    def rest(self, until: float) -> None:
        """Ask no sooner than `until`."""
        self._due_s = max(self._due_s, until)
