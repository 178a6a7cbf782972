"""Video files, frame by frame and without loss.

Frame numbers are exact: number *i* is the picture that comes *i*-th when the file is decoded from its start.
OpenCV's seek computes a time from the number and the mean frame rate, which need not hit it. So a seek is
checked against the times of all packets, which a walk through the container gives without decoding; where it
landed early the rest is decoded, where it landed late an earlier point is tried, and where the container's
times cannot be trusted the file is decoded from its start. Pictures that cannot be decoded are passed over and
have no number.
"""

from bisect import bisect_left
from itertools import pairwise
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from explainer.core.frame import Frame
from explainer.core.problem import Problem
from explainer.core.source import SourceKind
from explainer.sources import film_look
from explainer.sources.capture import (
    FOURCC,
    FPS,
    FRAME_COUNT,
    POS_FRAMES,
    POS_MSEC,
    Capture,
    OpenFile,
    open_file,
    to_rgb,
)
from explainer.sources.containers import Container, container_of
from explainer.sources.identity import new_id, shown_name
from explainer.sources.presence import Presence

_NEAR = 32  # so many frames ahead are decoded rather than sought
_WALK_BYTES = 256 << 20  # smaller files are walked through when they open, for a true count
_SAME_MS = 0.01
_FPS_IF_UNKNOWN = 25.0
_VP8 = int.from_bytes(b"VP80", "little")
TRIES = 64
"""Failed pictures in a row, after which nothing more is expected."""


def packet_times(path: Path, open_capture: OpenFile = open_file) -> tuple[float, ...]:
    """Times of all pictures in ms, in the order of decoding, found without decoding one."""
    capture = open_capture(path, True)
    times: list[float] = []
    try:
        while capture.isOpened() and capture.grab():
            times.append(capture.get(POS_MSEC))
    finally:
        capture.release()
    return tuple(times)


class VideoSource:
    """A video file; use `films.open_video`.

    Parameters
    ----------
    path
        The file.
    capture
        Opened on it.
    open_capture
        Opens it anew, decoded or as packets.
    container, look
        What the file says of itself, and how its pictures are to be shown.
    """

    def __init__(
        self,
        path: Path,
        capture: Capture,
        open_capture: OpenFile = open_file,
        container: Container | None = None,
        look: film_look.Look | None = None,
    ) -> None:
        self.id = new_id("video")
        self.kind: SourceKind = "video"
        self.title = shown_name(path)
        self._path, self._capture, self._open = path, capture, open_capture
        self._container = container or container_of(path)
        self._look = look or film_look.Look()
        self._presence = Presence(path)
        fps = capture.get(FPS)
        self.fps = fps if np.isfinite(fps) and 0 < fps <= 1000 else _FPS_IF_UNKNOWN
        promised = capture.get(FRAME_COUNT)
        self._promised = int(promised) if np.isfinite(promised) and 0 < promised < 1e9 else 0
        self.count: int | None = self._promised or None
        self._count_sure = self._promised > 0 and self._container.counts
        self._broken_ms: float | None = None  # of the frame within which the file ends
        self._times: tuple[float, ...] | None = None
        self._span_s = 0.0
        self._start_ms = 0.0
        self._next = 0
        self._damaged = self._ended = self._said = self._closed = False
        self._last: Frame | None = None
        if path.stat().st_size <= _WALK_BYTES:
            self._walk()

    @property
    def duration_s(self) -> float:
        """Seconds from the first picture to the end of the last, by the file's own times."""
        return self._span_s or (self.count or 0) / self.fps

    def read(self) -> Frame | Problem | None:
        """Return the next frame; a file that broke off says so once, then ends."""
        if self._closed:
            return None
        frame = None if self._ended else self._decode()
        if frame is not None:
            return frame
        self._ended = self._count_sure = True
        self.count = self._next
        problem = None if self._said else self._why_short()
        self._said = True
        return problem

    def at(self, index: int) -> Frame | Problem:
        """Return frame number `index`, exactly; ``read`` continues after it."""
        if self._closed:
            return Problem(f"{self.title} is closed.", "Open it again.")
        if self._last is not None and self._last.index == index and self._next == index + 1:
            return self._last
        if index < 0 or (self._count_sure and self.count is not None and index >= self.count):
            return self._outside(index)
        self._ended = False
        if index >= self._next and index - self._next <= _NEAR:
            found = self._skip_to(index)
        else:
            found = self._seek(index) or self._from_start(index)
        frame = self._decode() if found else None
        if frame is None:  # the end came before it
            if self._presence.lost() is None:
                self._ended = self._count_sure = True
                self.count = self._next
            return self._outside(index)
        return frame

    def close(self) -> None:
        """Let go of the file."""
        self._closed = True
        self._last = None
        self._capture.release()

    # Moving --------------------------------------------------------------------------------------------

    def _decode(self) -> Frame | None:
        """Decode the next picture that can be decoded."""
        for failed in range(self._patience()):
            good, raw = self._capture.retrieve() if self._capture.grab() else (False, None)
            pixels = to_rgb(raw) if good else None
            if pixels is not None and not self._is_torn():
                self._damaged = self._damaged or failed > 0
                return self._framed(pixels)
        return None

    def _grabbed(self) -> bool:
        """Move to the next picture that can be decoded."""
        for failed in range(self._patience()):
            if self._capture.grab() and not self._is_torn():
                self._damaged = self._damaged or failed > 0
                return True
        return False

    def _is_torn(self) -> bool:
        """Say whether the present picture is the one within which the file ends; it decodes to half a picture."""
        return self._broken_ms is not None and abs(self._capture.get(POS_MSEC) - self._broken_ms) <= _SAME_MS

    def _patience(self) -> int:
        """How many pictures in a row may fail: at the end of a whole file one attempt would do."""
        if self._times and self._next >= len(self._times):
            return 1
        return TRIES + (len(self._times) - self._next if self._times else 0)

    def _framed(self, pixels: NDArray[np.uint8]) -> Frame:
        now_ms, index = self._capture.get(POS_MSEC), self._next
        self._distrust_unless(index, now_ms)
        self._next += 1
        if index == 0 and np.isfinite(now_ms):
            self._start_ms = now_ms
        plausible = np.isfinite(now_ms) and (now_ms > self._start_ms or index == 0)
        time_s = (now_ms - self._start_ms) / 1000 if plausible else index / self.fps
        time_s = max(float(time_s), self._earliest_s(index))
        self._last = Frame(self._look.squared(pixels), self.id, index, time_s, self.title, self._notes())
        return self._last

    def _earliest_s(self, index: int) -> float:
        """Time of the picture before, where that is known: damaged films name times that go back."""
        follows = self._last is not None and self._last.index == index - 1
        return self._last.time_s if follows and self._last is not None else 0.0

    def _notes(self) -> tuple[str, ...]:
        # Where the file ends early that is said at its end, and needs no second remark.
        told = self._damaged and self._broken_ms is None
        damaged = ("Damaged pictures of the film were left out.",) if told else ()
        return (*self._look.notes, *damaged)

    def _skip_to(self, index: int) -> bool:
        while self._next < index:
            if not self._grabbed():
                return False
            self._distrust_unless(self._next, self._capture.get(POS_MSEC))
            self._next += 1
        return True

    def _seek(self, index: int) -> bool:
        """Land before frame `index` with the container's own seek; False where that cannot be proved."""
        times = self._walk()
        back = 0
        for _ in range(4):
            # A seek is proved by the time of the picture after it, so the one before the wanted is grabbed.
            before = index - 1 - back
            if not times or before < 0:
                return False
            if not self._capture.set(POS_FRAMES, before) or not self._capture.grab():
                return False
            landed = _place(times, self._capture.get(POS_MSEC))
            if landed is None:
                return False
            if landed < index:
                self._next = landed + 1
                return self._skip_to(index)
            back += 2 * (landed - index) + 12
        return False

    def _from_start(self, index: int) -> bool:
        if self._presence.lost() is not None:
            return False  # whatever lies there now is another film
        self._capture.release()
        try:
            self._capture = self._open(self._path, False)
        except OSError:
            return False
        self._next = 0
        return self._capture.isOpened() and self._skip_to(index)

    # Knowing -------------------------------------------------------------------------------------------

    def _walk(self) -> tuple[float, ...]:
        """Times of all frames in ms, found once."""
        if self._times is None:
            times = list(packet_times(self._path, self._open))
            torn = self._container.torn or (self._container.counts and self._falls_short(len(times)))
            if torn and len(times) > 1:
                *times, self._broken_ms = times
            times = sorted(times)
            self.count = len(times) or self.count
            # Where two are equal they name no frame, and VP8 has packets that are never shown.
            distinct = all(b - a > _SAME_MS for a, b in pairwise(times))
            self._times = tuple(times) if distinct and self._capture.get(FOURCC) != _VP8 else ()
            if self._times:
                self._start_ms, self._count_sure = self._times[0], True
                self._learn_pace(self._times)
        return self._times

    def _learn_pace(self, times: tuple[float, ...]) -> None:
        """Take the usual distance for the rate where the mean says nothing, since pictures come unevenly."""
        gaps = [b - a for a, b in pairwise(times)]
        if gaps and max(gaps) > 1.5 * 1000 / self.fps:
            self.fps = min(1000.0, 1000 / median(gaps))
        self._span_s = (times[-1] - times[0]) / 1000 + 1 / self.fps

    def _falls_short(self, frames: int) -> bool:
        """Say whether the file ends before its own end, and fewer frames are there than it counts."""
        # A whole file may show fewer than it counts too: edit lists cut films without touching their pictures.
        counted = self._container.counts and self._promised > 0
        return self._container.cut and (not counted or self._promised > frames)

    def _distrust_unless(self, index: int, now_ms: float) -> None:
        """Give the times up when decoding disagrees with them: then only counting is exact."""
        beyond = self._times is not None and index >= len(self._times)
        if self._times and (beyond or abs(self._times[index] - now_ms) > _SAME_MS):
            # Films have packets that are never shown, one at a time; more in a row were meant to be seen.
            self._damaged = self._damaged or (_place(self._times, now_ms) or 0) > index + 1
            self._times, self._count_sure = (), False

    def _why_short(self) -> Problem | None:
        """Say why there is no further picture, where that is not simply the end."""
        expected = len(self._times) if self._times else self._next
        changed = self._presence.changed() if self._next < expected or self._falls_short(self._next) else None
        if changed is not None or not self._falls_short(self._next):
            return changed
        of = f" of {self._promised}" if self._container.counts and self._promised > 0 else ""
        what = f"{self.title} ends early, after {self._next}{of} frames."
        return Problem(what, "The frames before that can be used.")

    def _outside(self, index: int) -> Problem:
        lost = self._presence.lost()
        if lost is not None:
            return lost
        todo = f"It has frames 0 to {self.count - 1}." if self.count else "Open it again, or choose another film."
        return Problem(f"{self.title} has no frame {index}.", todo)


def _place(times: tuple[float, ...], now_ms: float) -> int | None:
    """Index of `now_ms` in `times`, or ``None``."""
    i = bisect_left(times, now_ms - _SAME_MS)
    return i if i < len(times) and abs(times[i] - now_ms) <= _SAME_MS else None
