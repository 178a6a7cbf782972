"""From a network's input back to a picture that a person can look at."""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor


def to_pixels(x: Tensor, mean: tuple[float, ...], std: tuple[float, ...]) -> NDArray[np.uint8]:
    """``(1, 3, S, S)`` normalised → ``(S, S, 3) uint8 RGB``; what lies beyond black or white is cut off."""
    values = x[0].detach().permute(1, 2, 0).cpu().numpy() * np.array(std) + np.array(mean)
    return np.asarray(np.clip(np.round(255.0 * values), 0, 255), np.uint8)
