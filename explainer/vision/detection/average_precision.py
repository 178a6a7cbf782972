"""Mean average precision as COCO counts it (Lin et al. 2014).

For one class and one IoU threshold: the detections of all pictures, best score first, are each given to the true
object of their picture that they overlap most and that is still free; with an overlap below the threshold they are
false. Precision is made to fall only, and averaged at the recalls 0, 0.01, … 1. mAP is the mean over classes that
occur and over the thresholds 0.5, 0.55, … 0.95.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
THRESHOLDS = np.linspace(0.5, 0.95, 10)
RECALLS = np.linspace(0.0, 1.0, 101)
MOST = 100  # detections of one class in one picture that count


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """What was found in one picture, and what is there.

    Parameters
    ----------
    overlap
        IoU of boxes, or of masks, ``(found, true)``.
    labels, scores
        Of what was found.
    truth
        Labels of what is there.
    """

    overlap: NDArray[np.float64] | NDArray[np.float32]
    labels: NDArray[np.int64]
    scores: NDArray[np.float64] | NDArray[np.float32]
    truth: NDArray[np.int64]


def mask_overlap(found: NDArray[np.bool_], truth: NDArray[np.bool_]) -> Array:
    """IoU of masks ``(N, H, W)`` and ``(M, H, W)``: ``(N, M)``; 0 where both are empty."""
    if not len(found) or not len(truth):
        return np.zeros((len(found), len(truth)))
    a, b = (masks.reshape(len(masks), -1).astype(np.float32) for masks in (found, truth))
    shared = (a @ b.T).astype(np.float64)
    union = a.sum(1)[:, None] + b.sum(1)[None] - shared
    return np.asarray(np.divide(shared, union, out=np.zeros_like(shared), where=union > 0))


def average_precision(pictures: Sequence[Picture], label: int, threshold: float) -> float | None:
    """Average precision of one class at one IoU threshold; ``None`` if the class does not occur."""
    scores, hits, there = [], [], 0
    for one in pictures:
        rows = np.flatnonzero(one.labels == label)
        rows = rows[np.argsort(-np.asarray(one.scores, np.float64)[rows], kind="stable")][:MOST]
        columns = np.flatnonzero(one.truth == label)
        there += len(columns)
        scores.append(one.scores[rows])
        hits.append(_hits(one.overlap[np.ix_(rows, columns)], threshold))
    if not there:
        return None
    order = np.argsort(-np.concatenate(scores).astype(np.float64), kind="stable")
    right = np.concatenate(hits)[order].cumsum()
    if not len(right):
        return 0.0
    recall, precision = right / there, right / np.arange(1, len(right) + 1)
    falling = np.maximum.accumulate(precision[::-1])[::-1]
    at = np.searchsorted(recall, RECALLS, side="left")
    return float(np.append(falling, 0.0)[at].mean())


def _hits(table: NDArray[np.float64] | NDArray[np.float32], threshold: float) -> NDArray[np.bool_]:
    """Whether each detection, best first, gets a true object of its own."""
    free = np.ones(table.shape[1], bool)
    out = np.zeros(len(table), bool)
    for row, overlaps in enumerate(table):
        allowed = np.where(free, overlaps, -1.0)
        if len(allowed) and allowed.max() >= threshold:
            free[int(allowed.argmax())] = False
            out[row] = True
    return out


def mean_average_precision(pictures: Sequence[Picture], thresholds: Sequence[float] | Array = THRESHOLDS) -> float:
    """Mean over the classes that occur and over the thresholds, 0…1.

    Raises
    ------
    ValueError
        If there is nothing to find in any picture.
    """
    present = sorted({int(k) for one in pictures for k in one.truth})
    found = [average_precision(pictures, label, float(t)) for label in present for t in thresholds]
    known = [value for value in found if value is not None]
    if not known:
        raise ValueError("there is no true object in any picture")
    return float(np.mean(known))
