"""The Kalman filter of SORT, for many boxes at once: where each will be, and how sure that is.

The state of a box is ``(x, y, s, r, ẋ, ẏ, ṡ)``: centre, area and ratio of width to height, and how fast the first
three change. Between pictures ``m ← F m``, ``P ← F P Fᵀ + Q``; a detection ``z`` then corrects by the gain
``K = P Hᵀ (H P Hᵀ + R)⁻¹``: ``m ← m + K (z − H m)``. The filter models motion and knows nothing of pixels.

References
----------
Kalman. *A new approach to linear filtering and prediction problems.* 1960.
Bewley, Ge, Ott, Ramos, Upcroft. *Simple online and realtime tracking.* 2016.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SIZE, MEASURED = 7, 4
_MEASURE_VAR = (1.0, 1.0, 10.0, 10.0)
_PROCESS_VAR = (1.0, 1.0, 1.0, 1.0, 1e-2, 1e-2, 1e-4)
_START_VAR = (10.0, 10.0, 10.0, 10.0)
UNKNOWN = 1e4  # SORT's variance of velocities at the start
_LEAST_AREA = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Belief:
    """Means ``(N, 7)`` and covariances ``(N, 7, 7)`` of N boxes, in pixels and pixels per picture.

    Parameters
    ----------
    scale
        ``(N,)``: factor on all variances of a box. It changes no mean, because gain and scale cancel; it says
        how many pixels one standard deviation is.
    """

    mean: Floats
    cov: Floats
    scale: Floats

    def __len__(self) -> int:
        return len(self.mean)

    def __getitem__(self, rows: NDArray[np.bool_] | NDArray[np.int64] | slice) -> "Belief":
        return Belief(self.mean[rows], self.cov[rows], self.scale[rows])

    @property
    def xyxy(self) -> Floats:
        """Boxes ``(N, 4)``."""
        return boxes(self.mean[:, :MEASURED])


def measured(xyxy: NDArray[np.floating]) -> Floats:
    """Boxes ``(N, 4)`` as centre, area and ratio ``(N, 4)``; a side is taken as 0.01 px at least."""
    corners = np.asarray(xyxy, np.float64).reshape(-1, 4)
    sides = np.maximum(corners[:, 2:] - corners[:, :2], 0.01)
    centre = (corners[:, :2] + corners[:, 2:]) / 2
    return np.column_stack([centre, sides[:, 0] * sides[:, 1], sides[:, 0] / sides[:, 1]])


def boxes(z: Floats) -> Floats:
    """Centre, area and ratio ``(N, 4)`` back to boxes ``(N, 4)``."""
    area, ratio = np.maximum(z[:, 2], _LEAST_AREA), np.maximum(z[:, 3], _LEAST_AREA)
    width = np.sqrt(area * ratio)
    half = np.column_stack([width, area / width]) / 2
    return np.concatenate([z[:, :2] - half, z[:, :2] + half], axis=1)


def begin(xyxy: NDArray[np.floating], scale: NDArray[np.floating] | None = None, velocity: float = UNKNOWN) -> Belief:
    """Start from one detection each: at rest, and unsure of that.

    Parameters
    ----------
    scale
        Factor on the variances of each box, ``(N,)``; 1 by default.
    velocity
        Variance of the velocities before that factor.
    """
    z = measured(xyxy)
    factor = np.ones(len(z)) if scale is None else np.asarray(scale, np.float64)
    mean = np.concatenate([z, np.zeros((len(z), SIZE - MEASURED))], axis=1)
    start = np.diag((*_START_VAR, velocity, velocity, velocity))
    return Belief(mean, factor[:, None, None] * start, factor)


def predict(now: Belief, step: float = 1.0, process: float = 1.0) -> Belief:
    """Let time pass.

    Parameters
    ----------
    step
        Pictures' worth of time, > 0; more than 1 after a gap.
    process
        Factor on Q: how restless objects are thought to be.
    """
    mean = now.mean.copy()
    mean[mean[:, 2] + step * mean[:, 6] <= 0, 6] = 0  # an area does not shrink below nothing
    move = _move(step)
    noise = np.diag(_PROCESS_VAR) * step * process
    cov = move @ now.cov @ move.T + now.scale[:, None, None] * noise
    return Belief(mean @ move.T, cov, now.scale)


@cache
def _move(step: float) -> Floats:
    move = np.eye(SIZE)
    move[0, 4] = move[1, 5] = move[2, 6] = step
    return move


def update(now: Belief, xyxy: NDArray[np.floating]) -> Belief:
    """Correct each box by its detection ``(N, 4)``.

    The covariance is corrected in Joseph's form, ``(I − K H) P (I − K H)ᵀ + K R Kᵀ``, which stays symmetric and
    positive whatever is rounded.
    """
    spread = _spread(now)
    gain = np.linalg.solve(spread, now.cov[:, :MEASURED]).transpose(0, 2, 1)  # (N, 7, 4)
    error = measured(xyxy) - now.mean[:, :MEASURED]
    mean = now.mean + (gain @ error[..., None])[..., 0]
    keep = np.eye(SIZE) - np.concatenate([gain, np.zeros((len(now), SIZE, SIZE - MEASURED))], axis=2)
    noise = now.scale[:, None, None] * np.diag(_MEASURE_VAR)
    cov = keep @ now.cov @ keep.transpose(0, 2, 1) + gain @ noise @ gain.transpose(0, 2, 1)
    return Belief(mean, (cov + cov.transpose(0, 2, 1)) / 2, now.scale)


def _spread(now: Belief) -> Floats:
    """Covariance of what a detection would say, ``H P Hᵀ + R``: ``(N, 4, 4)``."""
    return np.asarray(now.cov[:, :MEASURED, :MEASURED] + now.scale[:, None, None] * np.diag(_MEASURE_VAR))


def distance(now: Belief, xyxy: NDArray[np.floating]) -> Floats:
    """Mahalanobis distance of the centres of M detections from those of N boxes, ``(N, M)``.

    A distance of 2 means two standard deviations off in the direction in which the detection lies.
    """
    spread = _spread(now)[:, :2, :2]
    error = measured(xyxy)[None, :, :2] - now.mean[:, None, :2]
    solved = np.linalg.solve(spread, error.transpose(0, 2, 1)).transpose(0, 2, 1)
    return np.asarray(np.sqrt(np.maximum((error * solved).sum(-1), 0)))


def ellipses(now: Belief, deviations: float, count: int = 40) -> tuple[Floats, ...]:
    """Outlines ``(count, 2)`` within which a detection's centre lies `deviations` from the predicted one."""
    values, vectors = np.linalg.eigh(_spread(now)[:, :2, :2])
    angle = np.linspace(0, 2 * np.pi, count)
    circle = np.stack([np.cos(angle), np.sin(angle)])
    axes = vectors * np.sqrt(np.maximum(values, 0))[:, None]
    return tuple((mean[:2, None] + deviations * (axis @ circle)).T for mean, axis in zip(now.mean, axes, strict=True))
