"""Pictures to test with."""

import numpy as np

from explainer.contract.runs import photo as sample
from explainer.core.frame import Frame

__all__ = ["photo", "planted", "sample"]


def photo(height: int = 48, width: int = 64, seed: int = 3) -> Frame:
    """Coarse random blocks, so that there are edges and even regions; sides are multiples of 8 px."""
    blocks = np.random.default_rng(seed).integers(0, 256, (height // 8, width // 8, 3), dtype=np.uint8)
    return Frame(np.kron(blocks, np.ones((8, 8, 1), np.uint8)), "test", seed)


def planted(height: int, width: int, x: int, y: int, side: int) -> Frame:
    """A dark picture with one bright square whose top left corner is at (x, y) px."""
    pixels = np.full((height, width, 3), 30, np.uint8)
    pixels[y : y + side, x : x + side] = 240
    return Frame(pixels, "planted")
