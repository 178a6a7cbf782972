"""How much two boxes overlap: IoU and what was made of it.

Boxes are ``(N, 4)``: left, top, right, bottom. With intersection I, union U, smallest enclosing box C:

    IoU  = I / U                                        (0…1; Jaccard 1901)
    GIoU = IoU − (|C| − U) / |C|                        (−1…1; Rezatofighi et al. 2019)
    DIoU = IoU − (distance of centres / diagonal of C)² (−1…1; Zheng et al. 2020)

Two boxes without area overlap by 0, also if they are equal.
"""

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.float32] | NDArray[np.float64]
Table = NDArray[np.float64]


def _pairs(a: Boxes, b: Boxes) -> tuple[Table, Table]:
    return np.asarray(a, np.float64).reshape(-1, 1, 4), np.asarray(b, np.float64).reshape(1, -1, 4)


def _area(box: Table) -> Table:
    return np.asarray((box[..., 2] - box[..., 0]) * (box[..., 3] - box[..., 1]))


def _ratio(top: Table, bottom: Table) -> Table:
    return np.divide(top, bottom, out=np.zeros_like(top), where=bottom > 0)


def _inner_and_union(a: Table, b: Table) -> tuple[Table, Table]:
    size = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    inner = np.maximum(size[..., 0], 0.0) * np.maximum(size[..., 1], 0.0)  # faster than a product along an axis
    return inner, _area(a) + _area(b) - inner


def iou(a: Boxes, b: Boxes) -> Table:
    """Intersection over union of every box of `a` ``(N, 4)`` with every box of `b` ``(M, 4)``: ``(N, M)``."""
    return _ratio(*_inner_and_union(*_pairs(a, b)))


def _hull(a: Table, b: Table) -> Table:
    """Width and height of the smallest box round both, ``(N, M, 2)``."""
    return np.asarray(np.maximum(a[..., 2:], b[..., 2:]) - np.minimum(a[..., :2], b[..., :2]))


def giou(a: Boxes, b: Boxes) -> Table:
    """Generalised IoU, ``(N, M)`` in [−1, 1]: below zero it says how far apart boxes are that do not touch."""
    one, two = _pairs(a, b)
    inner, union = _inner_and_union(one, two)
    hull = np.asarray(np.prod(_hull(one, two), -1))
    return _ratio(inner, union) - _ratio(hull - union, hull)


def diou(a: Boxes, b: Boxes) -> Table:
    """Distance IoU, ``(N, M)`` in [−1, 1]: boxes with different centres count as less alike."""
    one, two = _pairs(a, b)
    gap = (one[..., :2] + one[..., 2:] - two[..., :2] - two[..., 2:]) / 2
    return _ratio(*_inner_and_union(one, two)) - _ratio((gap**2).sum(-1), (_hull(one, two) ** 2).sum(-1))
