"""What can be read off attention: rollout through the layers, entropy, distance; and patches' principal components."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explainer.vision.metrics.components import axes

Floats = NDArray[np.floating]


def entropy_bits(rows: Floats) -> NDArray[np.float64]:
    """Entropy ``−Σ p log₂ p`` of distributions ``(…, N)``, in bits: 0 for one token, ``log₂ N`` for all alike."""
    p = np.asarray(rows, dtype=np.float64)
    logs = np.log2(np.where(p > 0, p, 1.0))
    return np.asarray(-(p * logs).sum(-1) + 0.0)


def rollout_row(means: Sequence[Floats], query: int, residual: float = 0.5) -> NDArray[np.float64]:
    """Where what token `query` holds came from, followed back to the input (Abnar & Zuidema 2020).

    Each layer is taken as ``Â = r I + (1 − r) A``: the share `r` stays with the token (the skip connection), the
    rest is mixed by the attention ``A``. The row is that of ``Â_L ⋯ Â_2 Â_1``.

    Parameters
    ----------
    means
        Attention of layers 1…L averaged over heads, each ``(N, N)`` with rows that sum to one.
    query
        Number of the token.
    residual
        ``r`` in 0…1; the paper takes 0.5.

    Returns
    -------
    NDArray
        ``(N,)``, sums to one. Only this row is computed: ``N²`` steps for a layer, not ``N³``.
    """
    row = np.zeros(means[0].shape[0])
    row[query] = 1.0
    for mean in reversed(means):
        row = residual * row + (1 - residual) * (row @ mean)
    return row


def centres(grid: tuple[int, int], size: tuple[float, float]) -> NDArray[np.float64]:
    """Centres ``(h·w, 2)``, x and y, of the patches of a picture of `size` = (width, height), row by row."""
    h, w = grid
    y, x = np.mgrid[:h, :w] + 0.5
    return np.stack([x.ravel() * size[0] / w, y.ravel() * size[1] / h], 1)


def patch_at(x: float, y: float, grid: tuple[int, int]) -> int:
    """Number of the patch at the point ``(x, y)``, given in fractions of the picture."""
    h, w = grid
    return min(int(y * h), h - 1) * w + min(int(x * w), w - 1)


def mean_distance(weights: Floats, distances: Floats) -> float | None:
    """Mean of `distances` ``(P,)`` weighted with `weights` ``(P,)``; ``None`` where no weight is left."""
    total = float(weights.sum())
    return float((weights * distances).sum() / total) if total > 0 else None


@dataclass(frozen=True, slots=True, eq=False)
class Components:
    """Principal components of the patches of one picture.

    Parameters
    ----------
    scores
        ``(P, k)``: each patch's coordinates along the components.
    shares
        ``(k,)``: part of the variance along each, falling.
    """

    scores: NDArray[np.float64]
    shares: NDArray[np.float64]


def principal(features: Floats, count: int = 3) -> Components:
    """Principal components of vectors ``(P, C)``, P and C at least `count`."""
    x = np.asarray(features, dtype=np.float64)
    x = x - x.mean(0)
    scores = x @ axes(x, count)
    total = float((x * x).sum())
    return Components(scores, (scores**2).sum(0) / total if total > 0 else np.zeros(count))


def as_colours(scores: Floats, grid: tuple[int, int]) -> NDArray[np.uint8]:
    """Three components ``(P, 3)`` as red, green and blue ``(h, w, 3)``; each fills its range but for 1 % either side.

    The outer percent is cut off so that a single odd patch does not leave all others grey.
    """
    lo, hi = np.percentile(scores, [1, 99], axis=0)
    scaled = (scores - lo) / np.where(hi > lo, hi - lo, 1.0)
    return np.asarray((scaled.clip(0, 1) * 255).round(), dtype=np.uint8).reshape(*grid, 3)
