"""How much two boxes overlap: IoU and what was made of it.

Boxes are ``(N, 4)``: left, top, right, bottom. With intersection I, union U, smallest enclosing box C:

    IoU  = I / U                                        (0…1; Jaccard 1901)
    GIoU = IoU − (|C| − U) / |C|                        (−1…1; Rezatofighi et al. 2019)
    DIoU = IoU − (distance of centres / diagonal of C)² (−1…1; Zheng et al. 2020)

Two boxes without area overlap by 0, also if they are equal.
"""

import numpy as np
from numpy.typing import NDArray

from explainer.core.numbers import Boxes, iou, shared_area

__all__ = ["Boxes", "diou", "giou", "iou"]

Table = NDArray[np.float64]


def _pairs(a: Boxes, b: Boxes) -> tuple[Table, Table]:
    return np.asarray(a, np.float64).reshape(-1, 1, 4), np.asarray(b, np.float64).reshape(1, -1, 4)


def _ratio(top: Table, bottom: Table) -> Table:
    return np.divide(top, bottom, out=np.zeros_like(top), where=bottom > 0)


def _hull(a: Table, b: Table) -> Table:
    """Width and height of the smallest box round both, ``(N, M, 2)``."""
    return np.asarray(np.maximum(a[..., 2:], b[..., 2:]) - np.minimum(a[..., :2], b[..., :2]))


def giou(a: Boxes, b: Boxes) -> Table:
    """Generalised IoU, ``(N, M)`` in [−1, 1]: below zero it says how far apart boxes are that do not touch."""
    one, two = _pairs(a, b)
    inner, union = shared_area(a, b)
    hull = np.asarray(np.prod(_hull(one, two), -1))
    return _ratio(inner, union) - _ratio(hull - union, hull)


def diou(a: Boxes, b: Boxes) -> Table:
    """Distance IoU, ``(N, M)`` in [−1, 1]: boxes with different centres count as less alike."""
    one, two = _pairs(a, b)
    gap = (one[..., :2] + one[..., 2:] - two[..., :2] - two[..., 2:]) / 2
    return iou(a, b) - _ratio((gap**2).sum(-1), (_hull(one, two) ** 2).sum(-1))
