"""Cameras: the newest picture, and a way back after a lost cable.

A thread of the source's own opens the device, takes pictures as they come and keeps the newest. So no slow
driver holds up ``read``, and what waits in the driver's queue is never shown late.
"""

import os
import platform
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainer.core.frame import Frame
from explainer.core.problem import Problem
from explainer.core.source import SourceKind
from explainer.sources.capture import Capture, OpenDevice, device_backend, fetched, open_device
from explainer.sources.identity import new_id

_LINUX = platform.system() == "Linux"
_LOST_AFTER = 3  # failed pictures in a row; one may be a hiccup of the bus
_PACE_S = 0.05  # while there is no camera, how long a repeated read waits for news


@dataclass(frozen=True, slots=True)
class CameraName:
    """A camera that the system knows: `index` is the N of ``camera:N``."""

    index: int
    name: str
    backend: str


def list_cameras() -> tuple[CameraName, ...]:
    """Return the cameras of this computer; empty where there is none or the system does not tell."""
    try:
        found = _enumerated()
    except Exception:  # noqa: BLE001 - a driver's or a library's fault must not keep the window from opening
        found = []
    if not found and _LINUX:
        found = [CameraName(i, f"Camera {i}", "V4L2") for i in range(10) if Path(f"/dev/video{i}").exists()]
    unique = {camera.index: camera for camera in reversed(found)}
    return tuple(unique[index] for index in sorted(unique))


def _enumerated() -> list[CameraName]:
    from cv2 import videoio_registry
    from cv2_enumerate_cameras import enumerate_cameras

    backend = device_backend()
    label = str(videoio_registry.getBackendName(backend))
    listed: list[Any] = enumerate_cameras(backend)
    return [CameraName(int(c.index), str(c.name).strip() or f"Camera {c.index}", label) for c in listed]


def seems_present(index: int) -> bool:
    """Tell whether the system has a camera of this number, whether or not it can be opened."""
    if _LINUX:
        return Path(f"/dev/video{index}").exists()
    return any(camera.index == index for camera in list_cameras())


def forbidden(index: int) -> bool:
    """Tell whether the device is there and this user may not open it; only Linux says."""
    device = Path(f"/dev/video{index}")
    return _LINUX and device.exists() and not os.access(device, os.R_OK | os.W_OK)


class CameraSource:
    """A camera. Problems are values; it is tried again once a second until it is back.

    Parameters
    ----------
    index
        Number of the camera.
    name
        What to call it.
    open_capture, present
        Open the device; tell whether the system has one of this number. Replaced in tests.
    retry_s
        Seconds between two attempts to open it.
    patience_s
        Seconds that ``read`` waits for a new picture before it says that none comes.
    """

    def __init__(
        self,
        index: int,
        name: str = "",
        *,
        open_capture: OpenDevice = open_device,
        present: Callable[[int], bool] = seems_present,
        retry_s: float = 1.0,
        patience_s: float = 2.0,
    ) -> None:
        self.id = new_id("camera")
        self.kind: SourceKind = "camera"
        self.title = name or f"Camera {index}"
        self.count: int | None = None
        self.fps = 30.0
        self._index, self._open, self._present = index, open_capture, present
        self._retry_s, self._patience_s = retry_s, patience_s
        self._news = threading.Condition()
        self._pixels: NDArray[np.uint8] | None = None  # newest picture that was not read yet
        self._taken_s = 0.0
        self._problem: Problem | None = None
        self._told = False
        self._stop = threading.Event()
        self._next = 0
        self._start_s: float | None = None
        self._thread = threading.Thread(target=self._work, name=f"explainer {self.id}", daemon=True)
        self._thread.start()

    def read(self) -> Frame | Problem | None:
        """Return the newest picture that was not returned before, waiting for it if need be.

        While there is no camera the first call returns the `Problem` at once and further calls after at
        most 50 ms. ``None`` after `close`.
        """
        with self._news:
            if self._problem is not None:
                self._news.wait_for(self._has_news, _PACE_S if self._told else 0)
            else:
                self._news.wait_for(self._has_news, self._patience_s)
            if self._stop.is_set():
                return None
            if self._pixels is not None:
                return self._taken()
            self._told = self._problem is not None
            return self._problem or self._silent()

    def at(self, index: int) -> Frame | Problem:
        """Cameras cannot go back."""
        return Problem(f"{self.title} is live; it has no frame {index} to go to.", "Read the newest instead.")

    def close(self) -> None:
        """Let go of the camera; waits at most two seconds for a driver that does not answer."""
        self._stop.set()
        with self._news:
            self._news.notify_all()
        if self._thread is not threading.current_thread():
            self._thread.join(2.0)

    # In the reading thread -----------------------------------------------------------------------------

    def _has_news(self) -> bool:
        return self._stop.is_set() or self._pixels is not None or (self._problem is not None and not self._told)

    def _taken(self) -> Frame:
        pixels, self._pixels, self._told = self._pixels, None, False
        assert pixels is not None
        if self._start_s is None:
            self._start_s = self._taken_s
        frame = Frame(pixels, self.id, self._next, self._taken_s - self._start_s, self.title)
        self._next += 1
        return frame

    def _silent(self) -> Problem:
        if self._next == 0:
            return Problem(f"{self.title} is being opened.", "It is shown as soon as it gives a picture.")
        what = f"{self.title} has given no picture for {self._patience_s:g} seconds."
        return Problem(what, "Check its cable and its shutter; it is shown as soon as a picture comes.")

    # In the camera's own thread ------------------------------------------------------------------------

    def _work(self) -> None:
        while not self._stop.is_set():
            capture = self._opened()
            if capture is not None:
                self._pump(capture)
                capture.release()
            self._stop.wait(self._retry_s)

    def _opened(self) -> Capture | None:
        try:
            capture = self._open(self._index)
            if capture.isOpened():
                return capture
            capture.release()
            self._tell(self._closed_problem())
        except Exception as error:  # noqa: BLE001 - whatever a driver does, the next attempt may go well
            self._tell(self._closed_problem(repr(error)))
        return None

    def _pump(self, capture: Capture) -> None:
        """Keep the newest picture until the camera is lost."""
        failures = 0
        while not self._stop.is_set() and failures < _LOST_AFTER:
            try:
                pixels = fetched(capture)
            except Exception:  # noqa: BLE001 - as above
                pixels = None
            failures = failures + 1 if pixels is None else 0
            if pixels is not None:
                self._keep(pixels)
        if failures:
            what = f"{self.title} stopped giving pictures."
            self._tell(Problem(what, "Check its cable; it is shown again as soon as it is back."))

    def _keep(self, pixels: NDArray[np.uint8]) -> None:
        with self._news:
            self._pixels, self._taken_s, self._problem, self._told = pixels, monotonic(), None, False
            self._news.notify_all()

    def _tell(self, problem: Problem) -> None:
        with self._news:
            self._pixels = None
            self._told = self._told and self._problem == problem
            self._problem = problem
            self._news.notify_all()

    def _closed_problem(self, details: str = "") -> Problem:
        if not self._present(self._index):
            what = f"{self.title} is not connected."
            return Problem(what, "Connect it; it is looked for every second.", details)
        if forbidden(self._index):
            what = f"You are not allowed to use {self.title}."
            return Problem(what, "Add your user to the group “video” and log in again.", details)
        what = f"{self.title} is used by another program, or access to it is switched off."
        return Problem(what, "Close the other program, or allow access in the system's settings.", details)
