"""Files and processing: ImageNet-C's fourth group (Hendrycks and Dietterich 2019)."""

from functools import lru_cache
from io import BytesIO

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter1d

from explainer.vision.corruptions.dice import Dice, Levels, Pixels


def contrast(pixels: Pixels, kept: float, _dice: Dice) -> Levels:
    """Pull each colour towards its mean: ``(x − mean) · kept + mean``."""
    x = pixels / 255.0
    mean = x.mean(axis=(0, 1), keepdims=True)
    return np.clip((x - mean) * kept + mean, 0, 1) * 255


def elastic_transform(pixels: Pixels, push: float, sigma: float, bend: float, dice: Dice) -> Levels:
    """Move three corners by up to `bend` pixels, then each pixel by a smooth random field.

    Parameters
    ----------
    push, sigma
        The field is uniform noise in −1…1, blurred with σ `sigma` and times `push`, in pixels.
    """
    x = pixels.astype(np.float32) / np.float32(255.0)
    height, width = x.shape[:2]
    middle, arm = np.array([height, width], np.float32) // 2, min(height, width) // 3
    corners = np.stack([middle + arm, [middle[0] + arm, middle[1] - arm], middle - arm]).astype(np.float32)
    moved = corners + dice.uniform(-bend, bend, size=corners.shape).astype(np.float32)
    affine = cv2.getAffineTransform(corners, moved)
    x = cv2.warpAffine(x, affine, (width, height), borderMode=cv2.BORDER_REFLECT_101)
    dx, dy = (_field(height, width, push, sigma, dice) for _ in range(2))
    down = np.arange(height, dtype=np.float32)[:, None] + dy
    across = np.arange(width, dtype=np.float32)[None] + dx
    return np.clip(cv2.remap(x, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT), 0, 1) * 255


def _field(height: int, width: int, push: float, sigma: float, dice: Dice) -> NDArray[np.float32]:
    noise = dice.uniform(-1, 1, size=(height, width))
    return np.asarray(_blurring(height, sigma) @ noise @ _blurring(width, sigma).T * push, np.float32)


@lru_cache(maxsize=16)
def _blurring(side: int, sigma: float) -> NDArray[np.float64]:
    """Gaussian blur along one axis as a matrix; σ may be as wide as the picture, and a filter then slow."""
    return np.asarray(gaussian_filter1d(np.eye(side), sigma, axis=0, mode="reflect", truncate=3.0))


def pixelate(pixels: Pixels, share: float, _dice: Dice) -> Levels:
    """Shrink to `share` of the side by averaging, and enlarge in blocks."""
    height, width = pixels.shape[:2]
    small = Image.fromarray(pixels).resize((int(width * share), int(height * share)), Image.Resampling.BOX)
    return np.asarray(small.resize((width, height), Image.Resampling.BOX))


def jpeg_compression(pixels: Pixels, quality: int, _dice: Dice) -> Levels:
    """Write as JPEG and read again."""
    file = BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))
