"""How alike two maps are. What is undefined is ``None``, never a number that looks like one."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import uniform_filter
from scipy.stats import rankdata

_K1, _K2 = 0.01, 0.03  # Wang et al. 2004, section III B


@dataclass(frozen=True, slots=True)
class Similarity:
    """Three measures of likeness of two maps; ``None`` where a map is constant or not finite."""

    pearson: float | None
    spearman: float | None
    ssim: float | None


def similarity(a: ArrayLike, b: ArrayLike) -> Similarity:
    """Compare two maps ``(h, w)`` by all three measures.

    Each map is divided by its largest magnitude before SSIM, because a map's scale carries no meaning
    between two networks and SSIM, other than the correlations, depends on it.

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    first, second = _pair(a, b)
    if not (_varies(first) and _varies(second)):
        return Similarity(None, None, None)
    scaled = first / np.abs(first).max(), second / np.abs(second).max()
    return Similarity(pearson(first, second), spearman(first, second), ssim(*scaled))


def pearson(a: ArrayLike, b: ArrayLike) -> float | None:
    """Linear correlation, −1…1.

    ``r = Σ (a − ā)(b − b̄) / √(Σ (a − ā)² Σ (b − b̄)²)``
    """
    first, second = _pair(a, b)
    if not (_varies(first) and _varies(second)):
        return None
    # Scaled first: squares of a map of 1e-200 would vanish.
    x = (first - first.mean()) / np.abs(first).max()
    y = (second - second.mean()) / np.abs(second).max()
    return float(np.clip((x * y).sum() / np.sqrt((x * x).sum() * (y * y).sum()), -1.0, 1.0))


def spearman(a: ArrayLike, b: ArrayLike) -> float | None:
    """Correlation of ranks, −1…1; equal values share their mean rank (Spearman 1904)."""
    first, second = _pair(a, b)
    if not (_varies(first) and _varies(second)):
        return None
    return pearson(rankdata(first).reshape(first.shape), rankdata(second).reshape(second.shape))


def ssim(a: ArrayLike, b: ArrayLike, *, data_range: float = 1.0, window: int = 7) -> float | None:
    """Structural similarity, −1…1 (Wang, Bovik, Sheikh and Simoncelli 2004).

    ``((2 μ_a μ_b + C₁)(2 σ_ab + C₂)) / ((μ_a² + μ_b² + C₁)(σ_a² + σ_b² + C₂))`` with
    ``C₁ = (0.01 L)²``, ``C₂ = (0.03 L)²``, averaged over the positions where the window fits.

    Parameters
    ----------
    a, b
        Maps ``(h, w)``.
    data_range
        L, the span of values that was possible.
    window
        Side of the uniform window in cells; on a smaller map the largest odd side that fits.

    Returns
    -------
    float or None
        ``None`` where a value is not finite or the map is smaller than 3 × 3.
    """
    first, second = _pair(a, b)
    side = min(window, *first.shape)
    side -= 1 - side % 2
    if side < 3 or not (np.isfinite(first).all() and np.isfinite(second).all()):
        return None
    return float(_ssim_field(first, second, side, data_range).mean())


def _ssim_field(a: NDArray[np.float64], b: NDArray[np.float64], side: int, span: float) -> NDArray[np.float64]:
    count = side * side
    unbiased = count / (count - 1)  # sample covariance
    mean_a, mean_b = uniform_filter(a, side), uniform_filter(b, side)
    var_a = unbiased * (uniform_filter(a * a, side) - mean_a**2)
    var_b = unbiased * (uniform_filter(b * b, side) - mean_b**2)
    both = unbiased * (uniform_filter(a * b, side) - mean_a * mean_b)
    c1, c2 = (_K1 * span) ** 2, (_K2 * span) ** 2
    above = (2 * mean_a * mean_b + c1) * (2 * both + c2)
    below = (mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2)
    edge = side // 2
    rows, columns = a.shape
    return np.asarray((above / below)[edge : rows - edge, edge : columns - edge])


def _pair(a: ArrayLike, b: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    first, second = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if first.shape != second.shape:
        raise ValueError(f"maps of different shapes cannot be compared: {first.shape} and {second.shape}")
    return first, second


def _varies(values: NDArray[np.float64]) -> bool:
    """Whether the map is finite and differs from a constant by more than rounding."""
    if values.size < 2 or not np.isfinite(values).all():
        return False
    return bool(np.ptp(values) > 1e-6 * np.abs(values).max())
