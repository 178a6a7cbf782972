"""Putting what was cut out before something else: ``C = α F + (1 − α) B`` at each pixel (Porter and Duff 1984)."""

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from explainer.core.paths import samples
from explainer.core.problem import ExplainerError
from explainer.vision.segmentation.painting import fitted
from explainer.vision.segmentation.upsample import guided

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]
SQUARES = 24  # to the longer side
DIM = 0.4  # of the light of what was not cut out
SCENES = {"lake": "temple.jpg", "night": "starry-night.jpg", "space": "galaxies.jpg"}  # of the sample pictures


def softened(scores: Floats, gain: float) -> Floats:
    """Multiply the logits behind scores (0…1) by `gain`; 1 leaves them."""
    if gain == 1:
        return scores
    kept = np.clip(scores.astype(np.float64), 1e-6, 1 - 1e-6)
    return (1 / (1 + np.exp(-gain * np.log(kept / (1 - kept))))).astype(np.float32)


def edged(scores: Floats, picture: Pixels, edge: str) -> Floats:
    """Bring scores ``(h, w)`` to the picture's size and treat their edge.

    Returns
    -------
    NDArray
        α ``(H, W) float32`` in 0…1.
    """
    height, width = picture.shape[:2]
    alpha = cv2.resize(scores, (width, height), interpolation=cv2.INTER_LINEAR)
    if edge == "hard":
        return np.asarray(alpha > 0.5, np.float32)
    if edge == "guided":
        alpha = guided(np.asarray(alpha, np.float32), picture, max(2, max(height, width) // 64))
    return np.clip(np.asarray(alpha, np.float32), 0, 1)


def background(picture: Pixels, kind: str, blur: float, hue: float) -> Pixels:
    """Make what is put behind: ``(H, W, 3) uint8``.

    Parameters
    ----------
    blur
        Standard deviation as a share of the longer side.
    hue
        Of the plain colour, 0…1.
    """
    height, width = picture.shape[:2]
    if kind == "blur":
        sigma = max(blur * max(height, width), 0.1)
        return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE), np.uint8)
    if kind in SCENES:
        return covering(_sample(SCENES[kind]), height, width)
    if kind == "grey":
        grey = cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2GRAY)
        return np.repeat(grey[..., None], 3, axis=2)
    if kind == "plain":
        colour = cv2.cvtColor(np.array([[[round(hue * 180) % 180, 150, 200]]], np.uint8), cv2.COLOR_HSV2RGB)[0, 0]
        return np.broadcast_to(colour, picture.shape).astype(np.uint8)
    side = max(1, round(max(height, width) / SQUARES))
    rows, columns = np.mgrid[:height, :width] // side
    return np.repeat(np.where((rows + columns) % 2, 200, 150).astype(np.uint8)[..., None], 3, axis=2)


def cut_out(picture: Pixels, mask: NDArray[np.bool_]) -> Pixels:
    """Keep the colours where a mask ``(h, w)`` is, brought to the picture's size; the rest turns a dark grey."""
    kept = fitted(mask, *picture.shape[:2])[..., None]
    grey = cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2GRAY)[..., None]
    return np.where(kept, picture, (DIM * grey).astype(np.uint8))


def covering(picture: Pixels, height: int, width: int) -> Pixels:
    """Scale a picture until it covers ``height × width``, and cut off evenly what stands out."""
    factor = max(height / picture.shape[0], width / picture.shape[1])
    rows, columns = (
        max(need, round(side * factor)) for need, side in zip((height, width), picture.shape, strict=False)
    )
    mode = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    scaled = cv2.resize(picture, (columns, rows), interpolation=mode)
    top, left = (rows - height) // 2, (columns - width) // 2
    return np.ascontiguousarray(scaled[top : top + height, left : left + width])


@cache
def _sample(name: str) -> Pixels:
    pixels = cv2.imread(str(samples() / name), cv2.IMREAD_COLOR_RGB)
    if pixels is None:
        raise ExplainerError(f"The sample picture {name} is missing.", "Choose another background.")
    return np.asarray(pixels, np.uint8)


def over(front: Pixels, behind: Pixels, alpha: Floats) -> Pixels:
    """Blend ``(H, W, 3) uint8`` pictures by α ``(H, W)``."""
    share = alpha[..., None]
    return np.round(share * front + (1 - share) * behind).astype(np.uint8)
