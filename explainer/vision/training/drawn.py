"""A digit drawn by hand, made what the bundled digits are: 8 × 8 counts of inked pixels.

Those were written on paper, brought to one size in a bitmap of 32 × 32, and counted in blocks of 4 × 4 (Alpaydin,
Kaynak; UCI, 1998). A drawn one is cut out, scaled to the same size without being stretched, and counted alike.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from explainer.core.geometry import Stroke
from explainer.vision.segmentation.painting import painted
from explainer.vision.training.digits import NAMES
from explainer.vision.training.examples import Examples

SIDE, BLOCK = 32, 4
CANVAS = 256  # px that strokes are drawn with


def ink_of(strokes: Sequence[Stroke]) -> NDArray[np.bool_]:
    """Where there is ink on the canvas, ``(256, 256)``."""
    return painted(strokes, CANVAS, CANVAS)


def as_digit(ink: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return ink ``(H, W)`` as a digit ``(8, 8)`` in 0…1, as large as a bundled one; empty where there is none."""
    bitmap = np.zeros((SIDE, SIDE), np.float32)
    if ink.any():
        rows, columns = (np.flatnonzero(ink.any(axis)) for axis in (1, 0))
        cut = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.float32)
        scale = SIDE / max(cut.shape)
        high, wide = (max(1, round(side * scale)) for side in cut.shape)
        small = cv2.resize(cut, (wide, high), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST)
        top, left = (SIDE - high) // 2, (SIDE - wide) // 2
        bitmap[top : top + high, left : left + wide] = small >= 0.5
    counted = bitmap.reshape(SIDE // BLOCK, BLOCK, SIDE // BLOCK, BLOCK).mean((1, 3))
    return np.asarray(counted, np.float32)


def read_as(digit: NDArray[np.float32]) -> Examples:
    """Return a digit ``(8, 8)`` as the only one of its kind; its label is not known and stands as 0."""
    return Examples(digit[None], np.zeros(1, np.int64), NAMES)
