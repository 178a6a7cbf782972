"""Weights that make a loss look at the narrow ground between things that touch.

``w(x) = 1 + w₀ exp(−(d₁ + d₂)² / 2σ²)``, where d₁ and d₂ are the distances in pixels to the nearest and the second
nearest thing. The paper's term that balances classes is left at 1.

References
----------
Ronneberger, Fischer, Brox. *U-Net: convolutional networks for biomedical image segmentation.* MICCAI 2015.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def parted(things: NDArray[np.integer[Any]]) -> NDArray[np.bool_]:
    """Foreground ``(H, W)`` of numbered things, 0 being the ground, with ground wherever two of them meet.

    A pixel is taken away if one of its eight neighbours belongs to another thing.
    """
    padded = np.pad(things, 1)
    height, width = things.shape
    alone = things > 0
    for down in range(3):
        for right in range(3):
            other = padded[down : down + height, right : right + width]
            alone &= (other == 0) | (other == things)
    return np.asarray(alone)


def weight_map(things: NDArray[np.integer[Any]], w0: float = 10.0, sigma_px: float = 5.0) -> NDArray[np.float64]:
    """Weight ``(H, W)`` of each pixel; 1 everywhere with fewer than two things, and inside them.

    Parameters
    ----------
    things
        ``(H, W)``: numbers of the things, 0 being the ground.
    w0, sigma_px
        Height of the extra weight, and how far it reaches.
    """
    from scipy.ndimage import distance_transform_edt

    numbers = np.unique(things[things > 0])
    if len(numbers) < 2:
        return np.ones(things.shape)
    away = np.stack([distance_transform_edt(things != one) for one in numbers])
    first, second = np.partition(away, 1, axis=0)[:2]
    extra = w0 * np.exp(-((first + second) ** 2) / (2 * sigma_px**2))
    return np.asarray(1.0 + extra * (things == 0))
