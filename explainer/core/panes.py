"""How a cover is drawn for people: a striped pane through which what lies behind it still shows faintly.

A network is given the cover as it is, opaque. A plain slab tells an audience nothing of what was taken away.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

GHOST, STRIPE, LIFT, EDGE = 0.34, 1 / 26, 26.0, 1 / 240  # share that shows through; of the longer side; grey levels


def pane(bare: NDArray[np.uint8], cover: NDArray[np.uint8], region: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Picture behind a pane: where covered, 0.34 of the bare picture's light and colour comes through, under stripes.

    Parameters
    ----------
    bare, cover
        ``(H, W, 3)``: the picture without and with its cover.
    region
        ``(H, W)``: what is covered. All else stays that of `cover`.
    """
    rows, columns = np.nonzero(region)
    out = cover.copy()
    through = GHOST * bare[rows, columns] + (1 - GHOST) * cover[rows, columns]
    wide = max(2.0, STRIPE * max(region.shape))
    bright = ((rows + columns) // (wide / 2)).astype(int) % 2
    out[rows, columns] = np.clip(through + (bright - 0.5)[:, None] * LIFT, 0, 255).round().astype(np.uint8)
    out[rim(region)] = 255
    return out


def rim(region: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Pixels of a region that lie within a thin line of its edge; where the picture ends is no edge."""
    width = max(1, round(EDGE * max(region.shape)))
    padded = np.pad(region, width, mode="edge")
    inner = padded.copy()
    for axis in (0, 1):
        for by in (-width, width):
            inner &= np.roll(padded, by, axis)
    return region & ~inner[width:-width, width:-width]


def inside(shape: tuple[int, ...], box: tuple[float, ...]) -> NDArray[np.bool_]:
    """Region of a picture of that height and width which a box x0, y0, x1, y1 in pixels covers."""
    region = np.zeros(shape[:2], bool)
    x0, y0, x1, y1 = (max(round(v), 0) for v in box)
    region[y0:y1, x0:x1] = True
    return region
