"""One target: how well a tracker's box covers it, and whether the tracker knows when it does not.

References
----------
Wu, Lim, Yang. *Online object tracking: a benchmark.* 2013 (success plot).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from explainer.core.numbers import iou

Floats = NDArray[np.float64]

THRESHOLDS = np.linspace(0, 1, 21)
OFF_BELOW = 0.2  # IoU under which a box is no longer on its target


@dataclass(frozen=True, slots=True)
class LostReports:
    """What a tracker said of itself, in pictures.

    Parameters
    ----------
    off
        It was off the target, or the target could not be seen.
    told
        Of those, it said that it is lost.
    false_alarms
        It was on the target and said that it is lost.
    on
        It was on the target.
    """

    off: int
    told: int
    false_alarms: int
    on: int


def overlap(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> float:
    """IoU of two boxes x0, y0, x1, y1; 0 where neither has an area."""
    return float(iou(np.array([one]), np.array([other]))[0, 0])


def success(overlaps: ArrayLike) -> Floats:
    """Share of pictures whose overlap is above each of `THRESHOLDS`, ``(21,)``; of no picture, zeros."""
    values = np.asarray(overlaps, np.float64).reshape(-1)
    return (values[None] > THRESHOLDS[:, None]).mean(1) if len(values) else np.zeros(len(THRESHOLDS))


def area_under(overlaps: ArrayLike) -> float | None:
    """Mean of the success curve; close to the mean overlap. ``None`` without a picture."""
    return float(success(overlaps).mean()) if np.size(np.asarray(overlaps)) else None


def lost_reports(overlaps: ArrayLike, lost: ArrayLike, seen: ArrayLike) -> LostReports:
    """Compare what a tracker says of itself with the truth.

    Parameters
    ----------
    overlaps, lost
        IoU with the true box and whether the tracker said "lost", ``(N,)`` each.
    seen
        Whether the target could be seen at all, ``(N,)``.
    """
    value, said, there = np.asarray(overlaps, np.float64), np.asarray(lost, bool), np.asarray(seen, bool)
    off = (value < OFF_BELOW) | ~there
    return LostReports(int(off.sum()), int((off & said).sum()), int((~off & said).sum()), int((~off).sum()))
