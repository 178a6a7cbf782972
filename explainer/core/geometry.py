"""Affine maps between a layer's own pixels and the panel it is drawn in.

A map is a ``(2, 3) float64`` array ``[[a, b, c], [d, e, f]]``: ``x' = a x + b y + c``,
``y' = d x + e y + f``. Pixel (0, 0) has its outer corner at (0, 0) and its centre at (0.5, 0.5).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Affine = NDArray[np.float64]


class PointXY(NamedTuple):
    """A point as fractions of the frame: x right, y down, each in [0, 1]."""

    x: float
    y: float


class BoxXYXY(NamedTuple):
    """A box as fractions of the frame: left, top, right, bottom, each in [0, 1]."""

    x0: float
    y0: float
    x1: float
    y1: float


class Stroke(NamedTuple):
    """One brush stroke: a polyline of points as fractions, and its radius as a fraction of the width."""

    points: tuple[PointXY, ...]
    radius: float


CENTRE = PointXY(0.5, 0.5)


def identity() -> Affine:
    """Return the map that changes nothing."""
    return np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


def scale_shift(sx: float, sy: float, tx: float = 0.0, ty: float = 0.0) -> Affine:
    """Return ``x' = sx x + tx``, ``y' = sy y + ty``."""
    return np.array([[sx, 0.0, tx], [0.0, sy, ty]])


def compose(outer: Affine, inner: Affine) -> Affine:
    """Return the map that applies `inner` first and `outer` then."""
    full = np.vstack([inner, [0.0, 0.0, 1.0]])
    return np.asarray(outer @ full)


def invert(affine: Affine) -> Affine:
    """Return the inverse map.

    Raises
    ------
    numpy.linalg.LinAlgError
        If the map has no inverse (a scale of zero).
    """
    linear = np.linalg.inv(affine[:, :2])
    return np.column_stack([linear, -linear @ affine[:, 2]])


def apply(affine: Affine, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Map points ``(N, 2)``, x and y in pixels, to ``(N, 2)``."""
    return np.asarray(points @ affine[:, :2].T + affine[:, 2])


def resized(affine: Affine, of: tuple[int, int], to: tuple[int, int]) -> Affine:
    """Map of an array of `to` = (height, width) that covers the same ground as one of size `of`.

    A 7 × 7 feature map of a 224 × 224 input lies on ``resized(input_map, (224, 224), (7, 7))``.
    """
    return compose(affine, scale_shift(of[1] / to[1], of[0] / to[0]))
