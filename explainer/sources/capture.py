"""The few things asked of OpenCV's ``VideoCapture``, so that tests can put something else in its place."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

# Both are read when the first capture opens. FFmpeg's and OpenCV's own complaints would go to stderr, beside
# the one sentence that a user is given.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
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


def open_file(path: Path, packets: bool = False) -> Capture:
    """Open a video file with FFmpeg; with `packets`, undecoded: ``grab`` then only walks the container."""
    options = [int(cv2.CAP_PROP_FORMAT), -1] if packets else []
    capture: Capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG, options)
    return capture


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
