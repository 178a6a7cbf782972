"""Numbers that describe one map: where it peaks, and how much of it lies in how little room."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from explainer.core.geometry import Affine, apply

HOT_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Peak:
    """The largest value of a map and where it lies.

    Parameters
    ----------
    row, column
        Cell of the map.
    x_px, y_px
        Centre of that cell in frame pixels.
    value
        What the map says there.
    """

    row: int
    column: int
    x_px: float
    y_px: float
    value: float


def is_blank(values: NDArray[np.float32]) -> bool:
    """Whether a map says nothing: a value that is not finite, or zeros only."""
    return not np.isfinite(values).all() or not np.any(values)


def peak(values: NDArray[np.float32], to_panel: Affine) -> Peak | None:
    """Find the strongest cell (by magnitude) of a map ``(h, w)``; ``None`` for a blank map."""
    if is_blank(values):
        return None
    row, column = np.unravel_index(int(np.abs(values).argmax()), values.shape)
    x, y = apply(to_panel, np.array([[column + 0.5, row + 0.5]]))[0]
    return Peak(int(row), int(column), float(x), float(y), float(values[row, column]))


def hottest_share(values: NDArray[np.float32], share: float = HOT_SHARE) -> float | None:
    """Part of a map's mass ``Σ|v|`` that its hottest `share` of cells holds, 0…1.

    An even map gives `share` itself (up to rounding to whole cells), a single bright cell gives 1.
    ``None`` for a blank map.
    """
    if is_blank(values):
        return None
    mass = np.sort(np.abs(values.astype(np.float64)), axis=None)[::-1]
    count = max(1, math.ceil(share * mass.size - 1e-9))
    return float(mass[:count].sum() / mass.sum())


def upper_limit(values: NDArray[np.float32], quantile: float = 1.0) -> float:
    """End of the colour bar: a quantile of ``|v|``, never zero, so that a blank map stays drawable."""
    magnitude = np.abs(np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0))
    limit = float(magnitude.max()) if quantile >= 1.0 else float(np.quantile(magnitude, quantile))
    return limit or float(magnitude.max()) or 1.0


def on_grid(values: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """Bring a map ``(h, w)`` to `size` rows and columns: averaged where it is finer, enlarged where coarser."""
    rows, columns = size
    finer = values.shape[0] > rows
    how = cv2.INTER_AREA if finer else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(np.ascontiguousarray(values), (columns, rows), interpolation=how), np.float32)


def hottest(values: NDArray[np.float32], share: float = HOT_SHARE) -> NDArray[np.bool_]:
    """Mark the strongest `share` of a map's cells, by magnitude."""
    size = np.abs(values)
    return np.asarray(size >= np.quantile(size, 1 - share))


def hot_half(values: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.bool_]:
    """Mark where a map, enlarged to `size` rows and columns, reaches half of its peak."""
    return np.asarray(on_grid(values, size) >= values.max() / 2)


def densest(mask: NDArray[np.bool_], share: float = 0.1) -> tuple[float, float]:
    """Point x, y in the mask's pixels around which most of it lies, in a window of a `share` of its shorter side."""
    side = max(1, round(share * min(mask.shape)))
    near = cv2.boxFilter(mask.astype(np.float32), -1, (side, side), normalize=False, borderType=cv2.BORDER_CONSTANT)
    row, column = np.unravel_index(int(np.round(near).argmax()), mask.shape)
    return float(column) + 0.5, float(row) + 0.5
