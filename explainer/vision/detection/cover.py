"""Boxes that cover a part of a picture, and how much of an object they leave."""

import cv2
import numpy as np
from numpy.typing import NDArray

from explainer.core.geometry import BoxXYXY

Box = tuple[int, int, int, int]


GREY = 127
SLACK = 1.0  # px by which a cover of whole pixels may miss the end of a box and still reach it
BLUR = 6  # cells along each side that a blurred part is reduced to


def in_pixels(box: BoxXYXY, width: int, height: int) -> Box:
    """Fractions to whole pixels, the right way round and cut at the picture's edge."""
    x = np.sort(np.clip([box.x0, box.x1], 0.0, 1.0)) * width
    y = np.sort(np.clip([box.y0, box.y1], 0.0, 1.0)) * height
    return round(float(x[0])), round(float(y[0])), round(float(x[1])), round(float(y[1]))


def covered(pixels: NDArray[np.uint8], box: Box, fill: str, seed: int = 0) -> NDArray[np.uint8]:
    """Return a copy of a picture ``(H, W, 3) uint8 RGB`` with a box filled.

    Parameters
    ----------
    fill
        Mid-grey; uniform noise from `seed`; the part itself, blurred beyond recognition; or the part of the same
        size that lies farthest away in the picture.
    """
    out = pixels.copy()
    x0, y0, x1, y1 = box
    if x1 <= x0 or y1 <= y0:
        return out
    part = out[y0:y1, x0:x1]
    if fill == "noise":
        part[:] = np.random.default_rng(seed).integers(0, 256, part.shape, np.uint8)
    elif fill == "blur":
        small = cv2.resize(part, (min(BLUR, x1 - x0), min(BLUR, y1 - y0)), interpolation=cv2.INTER_AREA)
        part[:] = cv2.resize(small, (x1 - x0, y1 - y0), interpolation=cv2.INTER_LINEAR)
    elif fill == "picture":
        part[:] = _elsewhere(pixels, box)
    else:
        part[:] = GREY
    return out


def _elsewhere(pixels: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    """Return the part of the box's size in the corner farthest from it."""
    x0, y0, x1, y1 = box
    height, width = pixels.shape[:2]
    left = 0 if x0 + x1 > width else width - (x1 - x0)
    top = 0 if y0 + y1 > height else height - (y1 - y0)
    return pixels[top : top + y1 - y0, left : left + x1 - x0]


def from_side(box: NDArray[np.float64], side: str, share: float) -> Box:
    """Return the part of a box ``(4,)`` in pixels that lies within `share` of its length from one side."""
    x0, y0, x1, y1 = (float(v) for v in box)
    across, down = share * (x1 - x0), share * (y1 - y0)
    parts = {
        "left": (x0, y0, x0 + across, y1),
        "right": (x1 - across, y0, x1, y1),
        "top": (x0, y0, x1, y0 + down),
        "bottom": (x0, y1 - down, x1, y1),
    }
    a, b, c, d = parts[side]
    return round(a), round(b), round(c), round(d)


def visible_share(box: NDArray[np.float64], cover: Box) -> float:
    """Share of a box ``(4,)`` that a cover leaves free, 0…1; 1 for a box without area."""
    size = np.minimum(box[2:], cover[2:]) - np.maximum(box[:2], cover[:2])
    area = float(np.prod(box[2:] - box[:2]))
    return 1.0 - float(np.prod(np.maximum(size, 0.0))) / area if area > 0 else 1.0


def visible_part(box: NDArray[np.float64], cover: Box) -> NDArray[np.float64]:
    """Smallest box ``(4,)`` round what a cover leaves of a box: without area if it leaves nothing."""
    x0, y0, x1, y1 = (float(v) for v in box)
    a, b, c, d = cover
    if b <= y0 + SLACK and d >= y1 - SLACK:  # a bar over the whole height
        x0, x1 = _cut(x0, x1, a, c)
    elif a <= x0 + SLACK and c >= x1 - SLACK:
        y0, y1 = _cut(y0, y1, b, d)
    return np.array([x0, y0, x1, y1])


def _cut(low: float, high: float, start: float, end: float) -> tuple[float, float]:
    """What is left of an interval outside another, closed over a gap in its middle."""
    left = max(low, end) if start <= low + SLACK else low
    right = min(high, start) if end >= high - SLACK else high
    return (left, right) if left < right else (low, low)
