"""Watershed from markers: water rises over a relief, and where two lakes would meet a dam is built.

Hierarchical queues (Beucher and Meyer 1993): pixels wait in one queue for each height and are taken from the
lowest, at one height in the order in which they came. A pixel gets the label of the neighbour that reached it
first. Plain Python here: each pixel is touched once, and there is nothing to do for all of them at a time.
"""

from array import array
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

LEVELS = 256
Labels = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Water:
    """The lakes once all that lies up to `level` is under water.

    Parameters
    ----------
    labels
        ``(H, W) int32``; 0 where it is dry or outside.
    """

    level: int
    labels: Labels


def relief(pixels: NDArray[np.uint8], sigma: float) -> NDArray[np.uint8]:
    """Height of the gradient: ridges where colours change.

    Parameters
    ----------
    pixels
        ``(H, W, 3) uint8 RGB``.
    sigma
        Standard deviation of the blur before, in pixels; 0 for none.

    Returns
    -------
    NDArray
        ``(H, W) uint8``: the largest Sobel magnitude of the three channels, the picture's largest at 255.
    """
    image = pixels.astype(np.float32)
    if sigma > 0:
        image = cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    dx = cv2.Sobel(image, cv2.CV_32F, 1, 0, borderType=cv2.BORDER_REPLICATE)
    dy = cv2.Sobel(image, cv2.CV_32F, 0, 1, borderType=cv2.BORDER_REPLICATE)
    slope = np.sqrt(dx * dx + dy * dy).max(axis=2)
    top = float(slope.max())
    if top < 0.5:  # less than half a grey level is rounding, not a slope
        return np.zeros(slope.shape, np.uint8)
    return np.asarray(np.round(slope * (255 / top)), np.uint8)


def rising(
    heights: NDArray[np.uint8],
    markers: Labels,
    where: NDArray[np.bool_] | None = None,
    *,
    corners: bool = False,
    up_to: int = LEVELS - 1,
) -> Iterator[Water]:
    """Let the water rise, and hand out the lakes after each level at which something happened.

    Parameters
    ----------
    heights
        ``(H, W) uint8``.
    markers
        ``(H, W) int32``: the springs, 1…; 0 elsewhere.
    where
        ``(H, W) bool``: only these pixels can be flooded; all by default.
    corners
        Whether pixels that touch at a corner are neighbours too (eight in place of four).
    up_to
        The water rises no higher.

    Yields
    ------
    Water
        `labels` is the array that is worked on: copy it to keep it.
    """
    height, width = heights.shape
    wide = width + 2  # a border that is never free saves all questions about edges
    framed = np.zeros((3, height + 2, wide), np.int32)
    inside = framed[:, 1:-1, 1:-1]
    inside[0], inside[1] = heights, True if where is None else where
    inside[2] = np.where(inside[1], markers, 0)
    inside[1][inside[2] > 0] = 0
    levels, free = bytes(framed[0].astype(np.uint8).ravel()), bytearray(framed[1].astype(np.uint8).ravel())
    lakes = array("i", framed[2].ravel().tolist())
    shown = np.frombuffer(lakes, np.int32).reshape(height + 2, wide)[1:-1, 1:-1]
    queues: list[deque[int]] = [deque() for _ in range(LEVELS)]
    for pixel in np.flatnonzero(framed[2].ravel()).tolist():
        queues[levels[pixel]].append(pixel)
    around = (-wide, -1, 1, wide, -wide - 1, -wide + 1, wide - 1, wide + 1)[: 8 if corners else 4]
    for now in range(up_to + 1):
        if queues[now]:
            _flood(now, queues, levels, free, lakes, around)
            yield Water(now, shown)


def _flood(now: int, queues: list[deque[int]], levels: bytes, free: bytearray, lakes: "array[int]",
           around: tuple[int, ...]) -> None:  # fmt: skip
    """Take pixels from the lowest queue until all up to the level `now` are empty."""
    level = now
    while level <= now:
        queue = queues[level]
        if not queue:
            level += 1
            continue
        pixel = queue.popleft()
        label = lakes[pixel]
        for step in around:
            other = pixel + step
            if free[other]:
                free[other] = 0
                lakes[other] = label
                at = levels[other]
                queues[at].append(other)
                if at < level:
                    level = at  # it runs down into a basin that lies lower


def flooded(
    heights: NDArray[np.uint8],
    markers: Labels,
    where: NDArray[np.bool_] | None = None,
    *,
    corners: bool = False,
    up_to: int = LEVELS - 1,
    checkpoint: Callable[[], None] = lambda: None,
) -> Labels:
    """Return the lakes ``(H, W) int32`` at the water level `up_to`; see `rising`."""
    labels = np.where(True if where is None else where, markers, 0).astype(np.int32)
    for water in rising(heights, markers, where, corners=corners, up_to=up_to):
        checkpoint()
        labels = water.labels
    return labels.copy()
