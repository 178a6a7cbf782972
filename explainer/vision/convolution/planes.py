"""A picture as the maps that a convolution reads."""

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = str  # grey, red, green, blue, rgb
LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601
LONGEST = 1600  # px; a larger picture is averaged in whole blocks first, so that it stays live


def planes(pixels: NDArray[np.uint8], plane: Plane) -> tuple[NDArray[np.float32], int]:
    """Map ``(H, W, 3) uint8 RGB`` to ``(C, h, w) float32`` in 0…1, with C = 1, or 3 for ``"rgb"``.

    Returns
    -------
    maps, factor
        Side of the blocks that were averaged to one pixel, 1 for pictures of ordinary size.
    """
    factor = -(-max(pixels.shape[:2]) // LONGEST)
    if factor > 1:
        height, width = max(pixels.shape[0] // factor, 1), max(pixels.shape[1] // factor, 1)
        kept = pixels[: height * factor, : width * factor]
        pixels = np.asarray(cv2.resize(kept, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    scaled = pixels.astype(np.float32) / 255.0
    if plane == "grey":
        return np.ascontiguousarray((scaled @ LUMA)[None]), factor
    channels = np.ascontiguousarray(scaled.transpose(2, 0, 1))
    index = {"red": 0, "green": 1, "blue": 2}
    return (channels if plane == "rgb" else channels[[index[plane]]]), factor


def surroundings(
    maps: NDArray[np.float32], rows: NDArray[np.int64], columns: NDArray[np.int64], mode: str
) -> NDArray[np.uint8]:
    """Cut rows × columns out of maps ``(C, H, W)``, padding included, as ``(r, c, 3) uint8``."""
    from explainer.vision.convolution.arithmetic import index_in

    down, here = index_in(rows, maps.shape[1], mode)
    across, there = index_in(columns, maps.shape[2], mode)
    cut = maps[:, down[:, None], across[None, :]] * (here[:, None] & there[None, :])
    grey_or_rgb = cut if len(cut) == 3 else np.repeat(cut, 3, axis=0)
    return np.ascontiguousarray(np.rint(255 * grey_or_rgb.transpose(1, 2, 0)).astype(np.uint8))
