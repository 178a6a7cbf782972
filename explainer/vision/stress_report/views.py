"""The same thing seen otherwise: views that do not change what is in the picture."""

from collections.abc import Callable, Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
TURN_DEG, CLOSER, SHIFT_SHARE = 15.0, 1.3, 0.1


def turned(pixels: Pixels, degrees: float) -> Pixels:
    """Turn about the middle, to the left where positive; what comes in at the border is mirrored."""
    return _warped(pixels, cv2.getRotationMatrix2D(_middle(pixels), degrees, 1.0))


def closer(pixels: Pixels, factor: float) -> Pixels:
    """Enlarge about the middle."""
    return _warped(pixels, cv2.getRotationMatrix2D(_middle(pixels), 0.0, factor))


def shifted(pixels: Pixels, share: float) -> Pixels:
    """Move to the right by a share of the width."""
    return _warped(pixels, np.array([[1.0, 0.0, round(share * pixels.shape[1])], [0.0, 1.0, 0.0]]))


def grey(pixels: Pixels) -> Pixels:
    """Leave lightness (BT.601 luma), take colour away."""
    return np.asarray(cv2.cvtColor(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB), np.uint8)


def _middle(pixels: Pixels) -> tuple[float, float]:
    return ((pixels.shape[1] - 1) / 2, (pixels.shape[0] - 1) / 2)  # OpenCV counts from a pixel's centre


def _warped(pixels: Pixels, affine: NDArray[np.float64]) -> Pixels:
    size = (pixels.shape[1], pixels.shape[0])
    return np.asarray(cv2.warpAffine(pixels, affine, size, borderMode=cv2.BORDER_REFLECT_101), np.uint8)


VIEWS: Mapping[str, Callable[[Pixels], Pixels]] = {
    "mirrored": lambda x: np.ascontiguousarray(x[:, ::-1]),
    "turned left 15°": lambda x: turned(x, TURN_DEG),
    "turned right 15°": lambda x: turned(x, -TURN_DEG),
    "quarter turn": lambda x: np.ascontiguousarray(np.rot90(x)),
    "upside down": lambda x: np.ascontiguousarray(x[::-1, ::-1]),
    "1.3 times closer": lambda x: closer(x, CLOSER),
    "moved by a tenth": lambda x: shifted(x, SHIFT_SHARE),
    "without colour": grey,
}
