"""Masks drawn by formula."""

from collections.abc import Sequence

import numpy as np


def discs(shape: tuple[int, int], places: Sequence[tuple[float, float, float]]) -> np.ndarray:
    """Union of discs x, y, radius in pixels: ``(H, W) bool``."""
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    return np.any([(columns - x) ** 2 + (rows - y) ** 2 <= r * r for x, y, r in places], axis=0)
