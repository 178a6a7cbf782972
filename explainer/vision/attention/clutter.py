"""Digits in clutter: one whole digit in a field, among pieces of others."""

import numpy as np
from numpy.typing import NDArray

from explainer.vision.training.examples import Examples

FIELD, DIGIT, PIECE = 16, 8, 3
MOST = 8  # pieces


def scene(digits: Examples, index: int, pieces: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Put digit `index` anywhere in the field, and `pieces` of 3 × 3 px cut from other digits.

    Where ink meets ink the darker counts.

    Returns
    -------
    NDArray
        ``(16, 16)`` in 0…1, ink being 1.
    """
    field = np.zeros((FIELD, FIELD), np.float32)
    top, left = rng.integers(0, FIELD - DIGIT + 1, 2)
    field[top : top + DIGIT, left : left + DIGIT] = digits.images[index]
    for _ in range(pieces):
        other = digits.images[rng.integers(len(digits))]
        y, x = rng.integers(0, DIGIT - PIECE + 1, 2)
        top, left = rng.integers(0, FIELD - PIECE + 1, 2)
        under = field[top : top + PIECE, left : left + PIECE]
        np.maximum(under, other[y : y + PIECE, x : x + PIECE], out=under)
    return field


def scenes(digits: Examples, pieces: int | None, seed: int) -> NDArray[np.float32]:
    """One scene for each digit, ``(N, 1, 16, 16)``; `pieces` of ``None`` draws 0…8 for each."""
    rng = np.random.default_rng([seed, 41])
    count = [pieces if pieces is not None else int(rng.integers(MOST + 1)) for _ in range(len(digits))]
    return np.stack([scene(digits, k, n, rng) for k, n in enumerate(count)])[:, None]
