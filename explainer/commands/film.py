"""Results in a row as a film: panels side by side, one frame each."""

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from explainer.commands.sheet import Sheet
from explainer.core import writing
from explainer.core.problem import ExplainerError
from explainer.core.result import Result
from explainer.core.words import printable


class Film:
    """Writes an MP4; the size is that of the first frame's panels, later ones are fitted into it.

    It lies under its own name once it is whole and holds every frame. If the block ends by an exception, what lay
    there before is untouched.

    Raises
    ------
    ExplainerError
        If the file cannot be written or is not whole.
    """

    def __init__(self, path: Path, fps: float, theme: str, size: tuple[int, int] | None) -> None:
        self._path, self._fps = path, fps
        self._sheet = Sheet(theme, size)
        self._writer: cv2.VideoWriter | None = None
        self._frame = (0, 0)
        self._opened = ExitStack()
        self.count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.__exit__(kind, error, trace)

    def _release(self) -> None:
        if self._writer is not None:
            self._writer.release()

    def _check(self, file: Path) -> None:
        """Count the frames again: the writer says nothing when the disk is full."""
        reader = cv2.VideoCapture(str(file))
        found = sum(1 for _ in iter(reader.grab, False))
        reader.release()
        if found != self.count:
            what = f"{printable(str(self._path))} could not be written whole: {found} of {self.count} frames are in it."
            raise writing.CutOffError(what, "Make room on the disk, or write fewer frames.")

    def add(self, result: Result) -> None:
        """Append one frame.

        Raises
        ------
        ExplainerError
            If the file cannot be written.
        """
        self.write(self._sheet.picture(result))

    def write(self, canvas: NDArray[np.uint8]) -> None:
        """Append one frame as it is, ``(H, W, 3) uint8 RGB`` with even sides.

        Raises
        ------
        ExplainerError
            If the file cannot be written.
        """
        if self._writer is None:
            self._open(canvas)
        assert self._writer is not None
        if canvas.shape[:2] != self._frame:
            canvas = np.asarray(cv2.resize(canvas, self._frame[::-1], interpolation=cv2.INTER_AREA), np.uint8)
        self._writer.write(np.ascontiguousarray(canvas[..., ::-1]))
        self.count += 1

    def _open(self, canvas: NDArray[np.uint8]) -> None:
        self._frame = (canvas.shape[0], canvas.shape[1])
        file = self._opened.enter_context(writing.written(self._path, self._check, plain_name=True))
        self._opened.callback(self._release)  # whatever happens, and before the file is checked
        code = cv2.VideoWriter.fourcc(*"mp4v")
        self._writer = cv2.VideoWriter(str(file), code, self._fps, self._frame[::-1])
        if not self._writer.isOpened():
            raise ExplainerError(
                f"{printable(str(self._path))} could not be written.", "Check the folder and the space on the disk."
            )
