"""Non-maximum suppression: many boxes for one object become one.

All take boxes ``(N, 4)`` and scores ``(N,)``. The best box is kept and speaks against those it overlaps; then
the best of the rest, and so on. They differ in what it does to a box that overlaps it by o:

    greedy    o > t: dropped                     (Dalal & Triggs 2005 and before)
    DIoU      the same, o = DIoU                 (Zheng et al. 2020)
    linear    o > t: score · (1 − o)             (Soft-NMS, Bodla et al. 2017)
    Gaussian  score · exp(−o² / σ)               (Soft-NMS, always)

Boxes of different classes let each other be, unless `classes` is left out.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from explainer.vision.detection import overlap

Rows = NDArray[np.int64]
Method = Literal["greedy", "diou", "linear", "gaussian"]
BLOCK = 32  # best boxes are compared with all others so many at a time; most others are gone before their turn


def _order(scores: NDArray[np.float32] | NDArray[np.float64]) -> Rows:
    return np.argsort(-np.asarray(scores, np.float64), kind="stable")


def greedy(
    boxes: overlap.Boxes, scores: NDArray[np.float32], iou: float, *, classes: Rows | None = None,
    distance: bool = False,
) -> Rows:  # fmt: skip
    """Rows that are kept, best first.

    Parameters
    ----------
    iou
        A box that overlaps a kept one by more than this is dropped.
    classes
        ``(N,)``; boxes of different classes never drop each other. Without it they do.
    distance
        Compare DIoU instead of IoU.
    """
    order = _order(scores)
    sorted_boxes, of = boxes[order], None if classes is None else classes[order]
    measure = overlap.diou if distance else overlap.iou
    kept: list[int] = []
    waiting = np.arange(len(order))
    while len(waiting):
        rows = waiting[:BLOCK]
        close = measure(sorted_boxes[rows], sorted_boxes[waiting]) > iou
        if of is not None:
            close &= of[rows][:, None] == of[waiting]
        gone = np.zeros(len(waiting), bool)
        for k, row in enumerate(rows):
            if not gone[k]:
                kept.append(int(order[row]))
                gone |= close[k]
        waiting = waiting[BLOCK:][~gone[BLOCK:]]
    return np.array(kept, np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What became of each of N boxes.

    Parameters
    ----------
    score
        ``(N,) float64``: 0 for a box that greedy suppression dropped, less than before for one that a soft
        one spoke against.
    kept
        Rows whose score still reaches the least score, best first.
    by
        ``(N,) int64``: row of the box that dropped it, or that took most of its score; −1 for none.
    overlap
        ``(N,) float64``: overlap with that box; 0 for none.
    """

    score: NDArray[np.float64]
    kept: Rows
    by: Rows
    overlap: NDArray[np.float64]


def suppress(
    boxes: overlap.Boxes, scores: NDArray[np.float32], method: Method = "greedy", iou: float = 0.5,
    sigma: float = 0.5, least: float = 0.0, *, classes: Rows | None = None,
) -> Outcome:  # fmt: skip
    """Run any of the four and say what happened to each box.

    Parameters
    ----------
    method
        See the head of this file.
    iou
        Threshold of all but the Gaussian.
    sigma
        Width of the Gaussian; a small one punishes harder.
    least
        Boxes whose score falls below are not kept and speak against nobody.
    classes
        As for `greedy`.
    """
    n = len(scores)
    now = np.asarray(scores, np.float64).copy()
    by, most, loss = np.full(n, -1, np.int64), np.zeros(n), np.zeros(n)
    waiting = np.flatnonzero(now >= least)
    table = (overlap.diou if method == "diou" else overlap.iou)(boxes, boxes)
    kept: list[int] = []
    while len(waiting):
        best = int(waiting[np.argmax(now[waiting])])  # the first of equals, as a stable sort would take
        waiting = waiting[waiting != best]
        kept.append(best)
        others = waiting if classes is None else waiting[classes[waiting] == classes[best]]
        near = table[best, others]
        factor = _factor(near, method, iou, sigma)
        worse = now[others] * (1 - factor) > loss[others]
        hit = others[worse]
        loss[hit], by[hit], most[hit] = (now[others] * (1 - factor))[worse], best, near[worse]
        now[others] *= factor
        waiting = waiting[(now[waiting] >= least) & (now[waiting] > 0)]
    return Outcome(now, np.array(kept, np.int64), by, most)


def _factor(near: NDArray[np.float64], method: Method, iou: float, sigma: float) -> NDArray[np.float64]:
    """What the scores of boxes that overlap the best one by `near` are multiplied with."""
    if method == "gaussian":
        return np.exp(-(near**2) / sigma)
    if method == "linear":
        return np.where(near > iou, 1.0 - near, 1.0)
    return np.where(near > iou, 0.0, 1.0)
