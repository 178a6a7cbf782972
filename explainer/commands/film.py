"""Results in a row as a film: panels side by side, one frame each."""

import math
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from explainer.commands.offscreen import application
from explainer.core import writing
from explainer.core.layers import Panel
from explainer.core.problem import ExplainerError
from explainer.core.result import Result
from explainer.core.words import printable
from explainer.render import headless
from explainer.render.look import Look, look
from explainer.render.measures import BAR_ROOM, HEADER
from explainer.render.panel_view import PanelView

PANEL_WIDTH = 480
GAP = 12


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
        application()
        self._path, self._fps, self._size = path, fps, size
        self._look: Look = look(theme)
        self._views: list[PanelView] = []
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
        tiles = [self._tile(i, panel) for i, panel in enumerate(result.panels)]
        canvas = self._canvas(tiles)
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

    def _tile(self, index: int, panel: Panel) -> NDArray[np.uint8]:
        while len(self._views) <= index:
            self._views.append(PanelView(self._look))
        view = self._views[index]
        height = round((PANEL_WIDTH - BAR_ROOM) * panel.size[1] / panel.size[0]) + HEADER
        view.resize(*(self._size or (PANEL_WIDTH, min(960, max(80, height)))))
        view.show_panel(panel)
        return to_array(headless.grabbed(view))

    def _canvas(self, tiles: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
        """Lay tiles out in rows; sides are even, as video codecs want."""
        columns = math.ceil(math.sqrt(len(tiles)))
        rows = [tiles[i : i + columns] for i in range(0, len(tiles), columns)]
        heights = [max(t.shape[0] for t in row) for row in rows]
        widths = [sum(t.shape[1] + GAP for t in row) for row in rows]
        height, width = sum(heights) + GAP * (len(rows) + 1), max(widths) + GAP
        stage = self._look.theme.color("stage")
        canvas = np.empty((height + height % 2, width + width % 2, 3), np.uint8)
        canvas[:] = (stage.red(), stage.green(), stage.blue())
        top = GAP
        for row, tall in zip(rows, heights, strict=True):
            left = GAP
            for tile in row:
                canvas[top : top + tile.shape[0], left : left + tile.shape[1]] = tile
                left += tile.shape[1] + GAP
            top += tall + GAP
        return canvas


def to_array(image: QImage) -> NDArray[np.uint8]:
    """Pixels ``(H, W, 3) uint8 RGB`` of an RGB888 picture."""
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()
