"""The window that a correlation filter sees: cut out, resampled to a fixed grid, and preprocessed.

Positions and sizes are frame pixels with (0, 0) at the outer corner of the top-left pixel. The grid has at
most `GRID_MAX` cells a side, so that the cost does not grow with the target.
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

GRID_MIN, GRID_MAX, GRID_STEP = 32, 128, 8
WINDOW_MIN_PX = 16.0  # a smaller box holds too few pixels to be told from anything else


@dataclass(frozen=True, slots=True)
class Geometry:
    """Sizes that stay as they are while a target is tracked.

    Parameters
    ----------
    box_px, window_px
        Width and height of the target and of the window, in frame pixels; the window's are whole.
    grid
        Height and width of the grid that the window is sampled on, in cells.
    """

    box_px: tuple[float, float]
    window_px: tuple[float, float]
    grid: tuple[int, int]

    @property
    def cell_px(self) -> tuple[float, float]:
        """Width and height of a cell in frame pixels."""
        return self.window_px[0] / self.grid[1], self.window_px[1] / self.grid[0]


def geometry(box_px: tuple[float, float], padding: float, frame_px: tuple[int, int]) -> Geometry:
    """Choose window and grid for a box of width and height `box_px`, in whole pixels.

    The window is no larger than the frame (beyond it there is nothing to see), no narrower than
    `WINDOW_MIN_PX`, and a thin one gets `GRID_MIN` cells across all the same.
    """
    wanted = [min(side * padding, limit) for side, limit in zip(box_px, frame_px, strict=True)]
    width, height = (float(np.ceil(max(side, WINDOW_MIN_PX))) for side in wanted)
    scale = float(np.clip(max(width, height), GRID_MIN, GRID_MAX)) / max(width, height)
    rows, columns = (max(GRID_MIN, round(side * scale / GRID_STEP) * GRID_STEP) for side in (height, width))
    return Geometry(box_px, (width, height), (rows, columns))


def sample(pixels: NDArray[np.uint8], centre: tuple[float, float], shape: Geometry) -> Floats:
    """Cut the window round `centre` out of a frame ``(H, W, 3) uint8 RGB``.

    Returns
    -------
    grey : (h, w) float32
        0…255 on the grid. Outside the frame its edge is repeated.
    """
    width, height = (int(side) for side in shape.window_px)
    x0, x1 = _span(centre[0], width, pixels.shape[1])
    y0, y1 = _span(centre[1], height, pixels.shape[0])
    grey = cv2.cvtColor(pixels[y0:y1, x0:x1], cv2.COLOR_RGB2GRAY)
    # OpenCV counts from the centre of the first pixel, the house from its corner.
    middle = (centre[0] - x0 - 0.5, centre[1] - y0 - 0.5)
    window = cv2.getRectSubPix(grey, (width, height), middle, patchType=cv2.CV_32F)
    shrinks = shape.grid[0] <= height and shape.grid[1] <= width
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(window, shape.grid[::-1], interpolation=how), dtype=np.float32)


def _span(centre: float, side: int, limit: int) -> tuple[int, int]:
    """First and last + 1 pixel that a window needs, at least one of them in the frame."""
    low = int(np.floor(centre - side / 2)) - 2
    low = min(max(low, 0), limit - 1)
    return low, max(low + 1, min(int(np.ceil(centre + side / 2)) + 2, limit))


def preprocess(grey: Floats) -> Floats:
    """Take the logarithm, set mean 0 and energy 1, and fade to 0 at the border.

    The logarithm calms strong contrasts, the normalisation takes out light and gain, and the cosine window
    hides the seam that the Fourier transform sees where left meets right and top meets bottom.

    Parameters
    ----------
    grey
        ``(h, w) float32``, 0…255.
    """
    logs = np.log1p(grey)
    logs -= logs.mean()
    norm = float(np.linalg.norm(logs))
    return np.asarray(logs / norm if norm > 0 else logs, dtype=np.float32) * hann(grey.shape)


@lru_cache(maxsize=8)
def hann(shape: tuple[int, int]) -> Floats:
    """Cosine window ``(h, w) float32``: 1 in the middle, 0 at the border."""
    return np.outer(np.hanning(shape[0]), np.hanning(shape[1])).astype(np.float32)
