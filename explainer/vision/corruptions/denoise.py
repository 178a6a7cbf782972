"""Classical denoisers, as remedies in front of a network that was not trained for noise."""

from collections.abc import Callable
from typing import Literal

import cv2
import numpy as np

from explainer.vision.corruptions.dice import Pixels

Denoiser = Literal["median", "bilateral", "nlm"]

TEMPLATE, SEARCH = 7, 21  # px; what non-local means compares, and how far it looks
MARGIN = (TEMPLATE + SEARCH) // 2
STRIP = 32  # px; so many rows at a time, each call stays well under 200 ms


def denoise(pixels: Pixels, how: Denoiser, strength: int, checkpoint: Callable[[], None] = lambda: None) -> Pixels:
    """Take noise away, and some of the picture with it.

    Parameters
    ----------
    pixels
        ``(H, W, 3) uint8 RGB``.
    how
        ``"median"`` of each colour in a window of ``2 · strength + 1`` pixels; ``"bilateral"``: mean of
        near pixels of like colour (Tomasi and Manduchi 1998), σ of colour 25 levels and σ of place 1 pixel
        per unit of strength; ``"nlm"``: mean of pixels with like surroundings (Buades, Coll and Morel
        2005) in a window of 21 pixels, filter parameter 6 levels per unit of strength.
    strength
        1…5.
    """
    checkpoint()
    if how == "median":
        return np.asarray(cv2.medianBlur(pixels, 2 * strength + 1), np.uint8)
    if how == "bilateral":
        return np.asarray(cv2.bilateralFilter(pixels, -1, 25.0 * strength, 1.0 * strength), np.uint8)
    return non_local_means(pixels, 6.0 * strength, checkpoint)


def non_local_means(pixels: Pixels, h: float, checkpoint: Callable[[], None] = lambda: None) -> Pixels:
    """Run OpenCV's non-local means in strips that overlap by all that the filter sees: the same pixels."""
    height, out = pixels.shape[0], np.empty_like(pixels)
    for top in range(0, height, STRIP):
        checkpoint()
        low, high = max(0, top - MARGIN), min(height, top + STRIP + MARGIN)
        piece = cv2.fastNlMeansDenoisingColored(pixels[low:high].copy(), None, h, h, TEMPLATE, SEARCH)
        out[top : top + STRIP] = piece[top - low : top - low + STRIP]
    return out
