"""What each of the designed kernels makes of one picture, small and side by side."""

import cv2
import numpy as np
from numpy.typing import NDArray

from explainer.vision.convolution.arithmetic import Window, convolve, same_padding
from explainer.vision.convolution.kernels import CLASSICS, Name

LONGEST = 120  # px of a tile
STRONG = 0.995  # share of an edge kernel's answers that is within black and white

FAINT = 0.01  # less is rounding, which is not blown up to black and white


def answers(grey: NDArray[np.float32]) -> dict[Name, NDArray[np.float32]]:
    """Answers of all `CLASSICS` to a picture ``(H, W)`` in 0…1: ``(h, w) float32`` in −1…1 each, by name.

    A kernel that adds up to 0 answers to change: its answers are divided by the size that only one in 200 exceeds, so
    that 0 is mid-grey. One that adds up to 1 makes another picture: 0…1 becomes −1…1.
    """
    small = min(1.0, LONGEST / max(grey.shape))
    size = max(1, round(grey.shape[1] * small)), max(1, round(grey.shape[0] * small))
    picture = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.float32)[None]
    return {name: _answer(picture, kernel) for name, kernel in CLASSICS.items()}


def _answer(picture: NDArray[np.float32], kernel: NDArray[np.float32]) -> NDArray[np.float32]:
    sides = (kernel.shape[0], kernel.shape[1])
    before, after = same_padding(sides, (1, 1))
    found = convolve(picture, kernel[None], Window(sides, before=before, after=after, mode="replicate"))
    if abs(float(kernel.sum())) > 0.5:
        return np.asarray(np.clip(2 * found - 1, -1, 1))
    return np.asarray(np.clip(found / max(float(np.quantile(np.abs(found), STRONG)), FAINT), -1, 1))
