"""Pixels that are not square, made square.

Faxes, anamorphic frames and some scanners have unequal densities across and down. Drawn as if they were
square, circles become ellipses, and every box and angle is off. A ratio is believed between 1 : 3 and 3 : 1,
and differences up to 2 % are taken for rounding; beyond that the numbers are more likely nonsense than true, and a
note says that they were left out. A film says it of all its pictures. Of a still only what it says in its
own header counts (JFIF, PNG's pHYs, TIFF's resolutions): EXIF's densities are often made up. Pixels are only ever
added, never lost.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

_MOST, _ROUNDING = 3.0, 0.02


def of_densities(across: float, down: float) -> float:
    """Width of a pixel over its height, from dots per length across and down; 1 where they say nothing."""
    if not (np.isfinite(across) and np.isfinite(down) and across > 0 and down > 0):
        return 1.0
    return down / across


def made_square(rgb: NDArray[np.uint8], ratio: float, most: int) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """Widen or heighten ``(H, W, 3)`` so that pixels `ratio` times as wide as high become square.

    Parameters
    ----------
    ratio
        Width of a pixel over its height.
    most
        So many pixels the picture may have afterwards; else it is left as it is, with a note.
    """
    if abs(ratio - 1) <= _ROUNDING:
        return rgb, ()
    height, width = rgb.shape[:2]
    across, down = max(1, round(width * max(1.0, ratio))), max(1, round(height * max(1.0, 1 / ratio)))
    if not 1 / _MOST <= ratio <= _MOST or across * down > most or max(across, down) > 32_000:
        return rgb, (f"The file says that its pixels are {ratio:.3g} times as wide as high; that was left out.",)
    squared = cv2.resize(rgb, (across, down), interpolation=cv2.INTER_LINEAR)
    said = f"Its pixels are {ratio:.3g} times as wide as high; made square, {across} × {down} from {width} × {height}."
    return np.asarray(squared, np.uint8), (said,)
