"""Random numbers that a corruption draws."""

import zlib
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class Dice(Protocol):
    """What is asked of a generator; ``numpy.random.Generator`` has it all."""

    def normal(self, loc: float = 0.0, scale: float = 1.0, size: Any = None) -> Any:
        """Draw from a normal distribution."""
        ...

    def uniform(self, low: float = 0.0, high: float = 1.0, size: Any = None) -> Any:
        """Draw evenly from ``[low, high)``."""
        ...

    def poisson(self, lam: Any = 1.0, size: Any = None) -> Any:
        """Draw counts with the given means."""
        ...

    def integers(self, low: int, high: int, size: Any = None) -> Any:
        """Draw whole numbers from ``low`` to ``high − 1``."""
        ...


def dice(seed: int, name: str, draw: int = 0) -> np.random.Generator:
    """Return a generator for one corruption: the same for every severity, another for each draw.

    Common random numbers make a curve over severities the curve of one snowfall that grows, not of five
    snowfalls; a single point is distributed as published.
    """
    return np.random.default_rng([seed, draw, zlib.crc32(name.encode())])


Pixels = NDArray[np.uint8]
Levels = Any  # an array (H, W, 3), 0…255, not yet rounded
