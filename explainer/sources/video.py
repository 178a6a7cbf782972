"""Video files, frame by frame and without loss.

Frame numbers are exact: number *i* is the picture that comes *i*-th when the file is decoded from its start.
OpenCV's seek computes a time from the number and the mean frame rate, which need not hit it. So a seek is
checked against the times of all packets, which a walk through the container gives without decoding; where it
landed early the rest is decoded, where it landed late an earlier point is tried, and where the container's
times cannot be trusted the file is decoded from its start.
"""

from bisect import bisect_left
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from explainer.core.frame import Frame
from explainer.core.problem import Problem
from explainer.core.source import SourceKind
from explainer.sources.capture import (
    FOURCC,
    FPS,
    FRAME_COUNT,
    POS_FRAMES,
    POS_MSEC,
    Capture,
    OpenFile,
    fetched,
    open_file,
    to_rgb,
)
from explainer.sources.identity import new_id
from explainer.sources.reading import file_problem

_NEAR = 32  # so many frames ahead are decoded rather than sought
_WALK_BYTES = 256 << 20  # smaller files are walked through when they open, for a true count
_SAME_MS = 0.01
_FPS_IF_UNKNOWN = 25.0
_VP8 = int.from_bytes(b"VP80", "little")


def packet_times(path: Path, open_capture: OpenFile = open_file) -> tuple[float, ...]:
    """Times of all pictures in ms, in the order of showing, found without decoding one."""
    capture = open_capture(path, True)
    times: list[float] = []
    try:
        while capture.isOpened() and capture.grab():
            times.append(capture.get(POS_MSEC))
    finally:
        capture.release()
    return tuple(sorted(times))


class VideoSource:
    """A video file; use `open_video`.

    Parameters
    ----------
    path
        The file.
    capture
        Opened on it.
    open_capture
        Opens it anew, decoded or as packets.
    """

    def __init__(self, path: Path, capture: Capture, open_capture: OpenFile = open_file) -> None:
        self.id = new_id("video")
        self.kind: SourceKind = "video"
        self.title = path.name
        self._path, self._capture, self._open = path, capture, open_capture
        fps = capture.get(FPS)
        self.fps = fps if np.isfinite(fps) and 0 < fps <= 1000 else _FPS_IF_UNKNOWN
        promised = capture.get(FRAME_COUNT)
        self._promised = int(promised) if np.isfinite(promised) and 0 < promised < 1e9 else 0
        self.count: int | None = self._promised or None
        self._count_sure = self._promised > 0 and _counts_truly(path)
        self._broken_off: int | None = None  # frames before the one in which the file ends
        self._times: tuple[float, ...] | None = None
        self._start_ms = 0.0
        self._next = 0
        self._ended = self._said = self._closed = False
        self._last: Frame | None = None
        if path.stat().st_size <= _WALK_BYTES:
            self._walk()

    def read(self) -> Frame | Problem | None:
        """Return the next frame; a file that broke off says so once, then ends."""
        if self._closed:
            return None
        at_break = self._broken_off is not None and self._next >= self._broken_off
        frame = None if self._ended or at_break else self._decode()
        if frame is not None:
            return frame
        self._ended = self._count_sure = True
        self.count = self._next
        if self._said or not self._falls_short(self._next):
            return None
        self._said = True
        what = f"{self.title} ends early, after {self._next} of {self._promised} frames."
        return Problem(what, "The frames before that can be used.")

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
            self._ended = self._count_sure = True
            self.count = self._next
        return frame if frame is not None else self._outside(index)

    def close(self) -> None:
        """Let go of the file."""
        self._closed = True
        self._last = None
        self._capture.release()

    # Moving --------------------------------------------------------------------------------------------

    def _decode(self) -> Frame | None:
        """Decode the frame at the present place."""
        pixels = fetched(self._capture)
        return None if pixels is None else self._framed(pixels)

    def _framed(self, pixels: NDArray[np.uint8]) -> Frame:
        now_ms, index = self._capture.get(POS_MSEC), self._next
        self._distrust_unless(index, now_ms)
        self._next += 1
        if index == 0 and np.isfinite(now_ms):
            self._start_ms = now_ms
        plausible = np.isfinite(now_ms) and (now_ms > self._start_ms or index == 0)
        time_s = (now_ms - self._start_ms) / 1000 if plausible else index / self.fps
        self._last = Frame(pixels, self.id, index, float(time_s), self.title)
        return self._last

    def _skip_to(self, index: int) -> bool:
        while self._next < index:
            if not self._capture.grab():
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
        self._capture.release()
        self._capture = self._open(self._path, False)
        self._next = 0
        return self._capture.isOpened() and self._skip_to(index)

    # Knowing -------------------------------------------------------------------------------------------

    def _walk(self) -> tuple[float, ...]:
        """Times of all frames in ms, found once."""
        if self._times is None:
            times = packet_times(self._path, self._open)
            if self._falls_short(len(times)) and len(times) > 1:
                times = times[:-1]  # the file ends within the last packet, which decodes to half a picture
                self._broken_off = len(times)
            self.count = len(times) or self.count
            # Where two are equal they name no frame, and VP8 has packets that are never shown.
            distinct = all(b - a > _SAME_MS for a, b in pairwise(times))
            self._times = times if distinct and self._capture.get(FOURCC) != _VP8 else ()
            if self._times:
                self._start_ms, self._count_sure = self._times[0], True
        return self._times

    def _falls_short(self, frames: int) -> bool:
        """Say whether a file holds clearly fewer frames than it claims."""
        # Edit lists and lost first packets take a frame or two from files that are whole.
        return self._promised - frames > 2 + self._promised // 50 and _counts_truly(self._path)

    def _distrust_unless(self, index: int, now_ms: float) -> None:
        """Give the times up when decoding disagrees with them: then only counting is exact."""
        beyond = self._times is not None and index >= len(self._times)
        if self._times and (beyond or abs(self._times[index] - now_ms) > _SAME_MS):
            self._times = ()

    def _outside(self, index: int) -> Problem:
        todo = f"It has frames 0 to {self.count - 1}." if self.count else "Ask for an earlier one."
        return Problem(f"{self.title} has no frame {index}.", todo)


def open_video(path: Path | str, open_capture: OpenFile = open_file) -> VideoSource | Problem:
    """Open a video file.

    Returns
    -------
    VideoSource or Problem
        A `Problem` when the file is missing, empty, or no first frame can be decoded.
    """
    path = Path(path)
    problem = file_problem(path)
    if problem is not None:
        return problem
    name = path.name
    unreadable = Problem(f"{name} is not a video that can be read here.", "Convert it to MP4 (H.264) and open that.")
    try:
        capture = open_capture(path, False)
        if not capture.isOpened() or not capture.grab() or to_rgb(capture.retrieve()[1]) is None:
            capture.release()
            return unreadable
        capture.release()  # opened anew: the first frame has been taken, and not each file can go back
        return VideoSource(path, open_capture(path, False), open_capture)
    except Exception as error:  # noqa: BLE001 - a decoder may raise anything on hostile bytes
        return Problem(unreadable.what, unreadable.todo, repr(error))


def _place(times: tuple[float, ...], now_ms: float) -> int | None:
    """Index of `now_ms` in `times`, or ``None``."""
    i = bisect_left(times, now_ms - _SAME_MS)
    return i if i < len(times) and abs(times[i] - now_ms) <= _SAME_MS else None


def _counts_truly(path: Path) -> bool:
    """AVI and MP4 write how many frames they hold; other containers leave it to be guessed from times."""
    with path.open("rb") as file:
        start = file.read(8)
    return start[:4] == b"RIFF" or start[4:8] == b"ftyp"
