"""One number decides for each pixel: a fixed threshold, Otsu's, and one for each neighbourhood.

References
----------
N. Otsu. A threshold selection method from gray-level histograms. IEEE Trans. Systems, Man and Cybernetics 1979.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

LEVELS = 256
Grey = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Otsu:
    """What Otsu's method looked at.

    Parameters
    ----------
    threshold
        Pixels above it are one class, the rest the other; 0…255.
    counts
        Histogram, ``(256,)``.
    between
        Variance between the two classes for each threshold, ``(256,)``, in grey levels squared.
    separability
        ``σ_B² / σ²`` at the threshold, 0…1: the share of the variance that two flat tones would explain.
        0 for a picture of one tone.
    """

    threshold: int
    counts: NDArray[np.float64]
    between: NDArray[np.float64]
    separability: float


def grey(pixels: NDArray[np.uint8]) -> Grey:
    """Luma of ``(H, W, 3) uint8 RGB``: ``(H, W) uint8``."""
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY), np.uint8)


def otsu(levels: Grey) -> Otsu:
    """Find the threshold that maximises ``σ_B²(t) = ω₀ ω₁ (μ₀ − μ₁)²``.

    Parameters
    ----------
    levels
        ``(H, W) uint8``. ω are the shares and μ the means of the pixels up to t and above t.
    """
    counts = np.bincount(levels.ravel(), minlength=LEVELS).astype(float)
    share = counts / counts.sum()
    below = np.cumsum(share)
    first = np.cumsum(share * np.arange(LEVELS))
    mean = first[-1]
    weight = below * (1.0 - below)
    spread = (mean * below - first) ** 2  # (ω₀ ω₁ (μ₀ − μ₁))²
    between = np.divide(spread, weight, out=np.zeros(LEVELS), where=weight > 1e-12)
    variance = float((share * (np.arange(LEVELS) - mean) ** 2).sum())
    best = int(np.argmax(between))
    return Otsu(best, counts, between, float(between[best] / variance) if variance > 0 else 0.0)


def adaptive(levels: Grey, window: int, offset: float) -> NDArray[np.bool_]:
    """Compare each pixel with the mean of its own neighbourhood.

    Parameters
    ----------
    window
        Side of the neighbourhood in pixels; odd, at least 3.
    offset
        Grey levels by which a pixel has to be above the mean.

    Returns
    -------
    NDArray
        ``(H, W) bool``: ``pixel > mean + offset``.
    """
    return np.asarray(levels > local_mean(levels, window) + offset)


def local_mean(levels: Grey, window: int) -> NDArray[np.float32]:
    """Mean over the window around each pixel, ``(H, W) float32``; edges are continued."""
    mean = cv2.blur(levels.astype(np.float32), (window, window), borderType=cv2.BORDER_REPLICATE)
    return np.asarray(mean, np.float32)


def evened(levels: Grey, window: int) -> Grey:
    """Take uneven light away: subtract the blurred picture and put its mean back.

    Parameters
    ----------
    window
        Standard deviation of the blur in pixels; should be larger than the objects.
    """
    light = cv2.GaussianBlur(levels.astype(np.float32), (0, 0), max(window, 1), borderType=cv2.BORDER_REFLECT)
    return np.asarray(np.clip(np.round(levels - light + light.mean()), 0, 255), np.uint8)


def off_the_rim(bright: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return a mask ``(H, W) bool`` or its opposite: whichever touches the picture's rim less; objects seldom do."""
    rim = np.concatenate([bright[0], bright[-1], bright[:, 0], bright[:, -1]])
    return np.asarray(~bright if rim.mean() > 0.5 else bright)
