"""A map as a landscape seen from the front: each of its rows a line, the near ones before the far ones."""

from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

SIZE = (480, 640)  # height and width, px
ROWS = 34
FAR, NEAR = 0.44, 0.96  # of the height: where the farthest and the nearest row stand
HIGH = 0.6  # of the height: how far the highest value rises
NIGHT = (14, 11, 24)
LOWEST = 0.28  # of the colours, so that flat ground can be seen on the night


def landscape(values: NDArray[np.float32], top: float) -> NDArray[np.uint8]:
    """Draw ``(h, w) float32`` as ``(480, 640, 3) uint8``.

    Parameters
    ----------
    top
        Value that rises the full height; 0 is the ground.
    """
    (height, width), rows = SIZE, min(ROWS, len(values))
    picture = np.full((height, width, 3), NIGHT, np.uint8)
    cuts = np.linspace(0, len(values), rows + 1).astype(int)
    x = np.linspace(0, width - 1, values.shape[1]).round().astype(np.int32)
    for n, (first, end) in enumerate(pairwise(cuts)):
        band = values[first:end]
        row = band[int(np.abs(band).max(axis=1).argmax())] / top  # the row that says most
        base = height * (FAR + (NEAR - FAR) * n / max(rows - 1, 1))
        line = np.column_stack([x, (base - HIGH * height * row).round().astype(np.int32)])
        corners = np.array([[width - 1, height - 1], [0, height - 1]], np.int32)
        cv2.fillPoly(picture, [np.vstack([line, corners])], NIGHT)
        cv2.polylines(picture, [line], False, _colour(0.0), 1, cv2.LINE_AA)
        for k in np.flatnonzero(np.maximum(row[:-1], row[1:]) > 0.04):
            shade = _colour(float(max(row[k], row[k + 1])))
            cv2.line(picture, tuple(map(int, line[k])), tuple(map(int, line[k + 1])), shade, 2, cv2.LINE_AA)
    return picture


def peak_place(shape: tuple[int, ...], row: float, column: float, height: float) -> tuple[float, float]:
    """Where a value of a map of `shape` stands in its landscape, x and y in px; `height` over `top`."""
    rows = min(ROWS, shape[0])
    number = min(rows - 1, int(row * rows / shape[0]))
    base = SIZE[0] * (FAR + (NEAR - FAR) * number / max(rows - 1, 1))
    return column / max(shape[1] - 1, 1) * (SIZE[1] - 1), base - HIGH * SIZE[0] * height


def _colour(share: float) -> tuple[int, int, int]:
    level = np.uint8(255 * (LOWEST + (0.95 - LOWEST) * min(1.0, max(0.0, share))))
    blue, green, red = (int(v) for v in cv2.applyColorMap(np.array([[level]], np.uint8), cv2.COLORMAP_INFERNO)[0, 0])
    return red, green, blue
