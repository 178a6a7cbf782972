"""What a detector says of objects whose boxes are known."""

import numpy as np
from numpy.typing import NDArray

from explainer.vision.detection import overlap
from explainer.vision.detection.detections import Detections

LEAST_IOU = 0.5  # from here on a box counts as being about an object,
MARGIN = 0.1  # if it overlaps every other one of its class by so much less


def best_for(
    found: Detections, boxes: NDArray[np.float64], class_id: NDArray[np.int64], score: NDArray[np.float64] | None = None
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Best score that each known object gets, and the row it comes from.

    A box speaks for the one object of its class that it overlaps most, if their IoU is at least `LEAST_IOU` and
    by `MARGIN` more than that with any other: one that fits two objects alike tells neither apart.

    Parameters
    ----------
    boxes, class_id
        ``(M, 4)`` and ``(M,)``: the objects.
    score
        ``(N,)``, used in place of the scores of `found`, for instance those that suppression left.

    Returns
    -------
    score
        ``(M,)``, 0 for an object that no box speaks for.
    row
        ``(M,)``, −1 for none.
    """
    given = found.score.astype(np.float64) if score is None else score
    best, rows = np.zeros(len(boxes)), np.full(len(boxes), -1, np.int64)
    if not len(found) or not len(boxes):
        return best, rows
    near, apart = _near(found, boxes, class_id)
    owner, about = near.argmax(1), (near.max(1) >= LEAST_IOU) & apart
    for m in range(len(boxes)):
        mine = np.flatnonzero(about & (owner == m) & (given > 0))
        if len(mine):
            rows[m] = mine[given[mine].argmax()]
            best[m] = given[rows[m]]
    return best, rows


def over_several(found: Detections, boxes: NDArray[np.float64], class_id: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which boxes fit one object, but another of its class as well, so that they speak for neither, ``(N,)``."""
    if not len(found) or not len(boxes):
        return np.zeros(len(found), bool)
    near, apart = _near(found, boxes, class_id)
    return np.asarray((near.max(1) >= LEAST_IOU) & ~apart)


def _near(
    found: Detections, boxes: NDArray[np.float64], class_id: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """IoU with each object of its class, ``(N, M)``, and whether it is clearly more with one than with the others."""
    near = np.where(found.class_id[:, None] == class_id, overlap.iou(found.xyxy, boxes), 0.0)
    if len(boxes) == 1:
        return near, np.ones(len(found), bool)
    ranked = np.sort(near, 1)[:, ::-1]
    return near, ranked[:, 0] >= ranked[:, 1] + MARGIN
