"""The few things asked of OpenCV's ``VideoCapture``, so that tests can put something else in its place.

FFmpeg is handed the bytes of a file and never its name: so no name is taken for an address, a protocol or the
pattern of a sequence, and any name works that the system allows.
"""

import io
import os
import sys
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

# Both are read when the first capture opens. FFmpeg's and OpenCV's own complaints would go to stderr, beside
# the one sentence that a user is given.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
# A film may name addresses to go on with (playlists do); none of them is opened.
os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = "protocol_whitelist;file"
if sys.platform == "darwin":
    # OpenCV may ask for camera access on the main thread alone; macOS asks by itself when a camera opens.
    os.environ.setdefault("OPENCV_AVFOUNDATION_SKIP_AUTH", "1")

import cv2

cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

POS_MSEC = int(cv2.CAP_PROP_POS_MSEC)
POS_FRAMES = int(cv2.CAP_PROP_POS_FRAMES)
FPS = int(cv2.CAP_PROP_FPS)
FOURCC = int(cv2.CAP_PROP_FOURCC)
FRAME_COUNT = int(cv2.CAP_PROP_FRAME_COUNT)
BUFFERSIZE = int(cv2.CAP_PROP_BUFFERSIZE)
WIDTH = int(cv2.CAP_PROP_FRAME_WIDTH)
HEIGHT = int(cv2.CAP_PROP_FRAME_HEIGHT)
SAR = int(cv2.CAP_PROP_SAR_NUM), int(cv2.CAP_PROP_SAR_DEN)
TURNED = int(cv2.CAP_PROP_ORIENTATION_META)
PIXEL_FORMAT = int(cv2.CAP_PROP_CODEC_PIXEL_FORMAT)


class Capture(Protocol):
    """What is used of ``cv2.VideoCapture``; the names are OpenCV's."""

    def isOpened(self) -> bool:
        """Tell whether pictures may be expected."""
        ...

    def grab(self) -> bool:
        """Move to the next picture."""
        ...

    def retrieve(self) -> tuple[bool, Any]:
        """Decode the grabbed picture: success, ``(H, W, 3) uint8 BGR``."""
        ...

    def get(self, prop: int) -> float:
        """Read a property; 0 where it is unknown."""
        ...

    def set(self, prop: int, value: float) -> bool:
        """Set a property; False where it cannot be."""
        ...

    def release(self) -> None:
        """Let go of the file or device."""
        ...


OpenFile = Callable[[Path, bool], Capture]
OpenDevice = Callable[[int], Capture]


class FileBytes(io.BufferedIOBase):
    """A file, or parts of it in a row, as OpenCV reads it. OpenCV dies of an exception here, so none gets out."""

    def __init__(self, path: Path, parts: Sequence[tuple[int, int]] = ()) -> None:
        self._file = path.open("rb")
        self._parts = list(parts) or [(0, self._file.seek(0, io.SEEK_END))]
        self._starts = list(accumulate((end - begin for begin, end in self._parts), initial=0))
        self._length = self._starts.pop()
        self._at = 0

    def readable(self) -> bool:
        """It can be read."""
        return True

    def seekable(self) -> bool:
        """It can be sought in."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place; beyond the end there is nothing to read."""
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._length}.get(whence, 0)
        self._at = max(0, origin + offset)
        return self._at

    def tell(self) -> int:
        """Return the present place."""
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        """Read up to `size` bytes; fewer where the file or the drive ends."""
        try:
            data = self._taken(self._length if size is None or size < 0 else size)
        except Exception:  # noqa: BLE001 - a drive that was pulled reads as the end of the file
            return b""
        self._at += len(data)
        return data

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
        super().close()

    def _taken(self, size: int) -> bytes:
        """Read on from the present place; at the end of a part it may give less than it was asked for."""
        part = bisect_right(self._starts, self._at) - 1
        begin, end = self._parts[part]
        place = begin + self._at - self._starts[part]
        self._file.seek(place)
        # The last part may have grown since: films are played while they are still being written.
        return self._file.read(size if part == len(self._parts) - 1 == 0 else max(0, min(size, end - place)))


class _FileCapture:
    """A capture and the file that it reads."""

    def __init__(self, data: FileBytes, options: list[int]) -> None:
        self._data = data
        self._inner = cv2.VideoCapture(data, cv2.CAP_FFMPEG, options)  # type: ignore[call-overload]

    def isOpened(self) -> bool:
        return bool(self._inner.isOpened())

    def grab(self) -> bool:
        return bool(self._inner.grab())

    def retrieve(self) -> tuple[bool, Any]:
        good, raw = self._inner.retrieve()
        return bool(good), raw

    def get(self, prop: int) -> float:
        return float(self._inner.get(prop))

    def set(self, prop: int, value: float) -> bool:
        return bool(self._inner.set(prop, value))

    def release(self) -> None:
        self._inner.release()
        self._data.close()


def open_file(path: Path, packets: bool = False) -> Capture:
    """Open a video file with FFmpeg; with `packets`, undecoded: ``grab`` then only walks the container.

    Raises
    ------
    OSError
        If the file cannot be opened.
    """
    return open_parts(path, (), packets)


def open_parts(path: Path, parts: Sequence[tuple[int, int]], packets: bool = False) -> Capture:
    """Open a video that lies in `parts` (begin, end) of a file, as if nothing lay between them."""
    options = [int(cv2.CAP_PROP_FORMAT), -1] if packets else []
    return _FileCapture(FileBytes(path, parts), options)


def open_device(index: int) -> Capture:
    """Open a camera; the driver is asked to queue one picture only, where it listens."""
    capture: Capture = cv2.VideoCapture(index, device_backend())
    capture.set(BUFFERSIZE, 1)
    return capture


def device_backend() -> int:
    """Return the one interface through which cameras are counted and opened on this system."""
    backends = {"win32": cv2.CAP_MSMF, "darwin": cv2.CAP_AVFOUNDATION, "linux": cv2.CAP_V4L2}
    return int(backends.get(sys.platform, cv2.CAP_ANY))


def to_rgb(raw: Any) -> NDArray[np.uint8] | None:
    """Return what a capture gave as ``(H, W, 3) uint8 RGB``; ``None`` where it is no picture."""
    if not isinstance(raw, np.ndarray) or raw.size == 0 or raw.dtype != np.uint8:
        return None
    codes = {1: cv2.COLOR_GRAY2RGB, 3: cv2.COLOR_BGR2RGB, 4: cv2.COLOR_BGRA2RGB}
    channels = 1 if raw.ndim == 2 else raw.shape[2] if raw.ndim == 3 else 0
    if channels not in codes:
        return None
    return np.asarray(cv2.cvtColor(raw, codes[channels]), np.uint8)


def fetched(capture: Capture) -> NDArray[np.uint8] | None:
    """Grab and decode the next picture; ``None`` where there is none."""
    if not capture.grab():
        return None
    good, raw = capture.retrieve()
    return to_rgb(raw) if good else None
