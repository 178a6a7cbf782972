"""Numbers that many demos compute: values of a result, scores from logits, overlaps of boxes."""

from typing import Any, SupportsFloat

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Boxes = NDArray[np.float32] | NDArray[np.float64]


def numbers(**named: SupportsFloat | None) -> dict[str, float]:
    """Values of a result as floats, in the order given; what is ``None`` is undefined and left out."""
    return {name: float(value) for name, value in named.items() if value is not None}


def softmax(logits: NDArray[np.float32] | Floats) -> Floats:
    """Scores of logits ``(…, K)`` over their last axis: positive, adding up to 1."""
    powers = np.exp(logits - logits.max(-1, keepdims=True), dtype=np.float64)
    return np.asarray(powers / powers.sum(-1, keepdims=True))


def iou(a: Boxes, b: Boxes, dtype: type[np.floating[Any]] = np.float64) -> NDArray[Any]:
    """Intersection over union of every box of `a` ``(N, 4)`` with every box of `b` ``(M, 4)``: ``(N, M)`` in 0…1.

    Boxes are left, top, right, bottom. Two boxes without area overlap by 0, also if they are equal. In ``float32``
    it is torchvision's ``box_iou`` to the bit, so that ties fall the same way.
    """
    inner, union = shared_area(a, b, dtype)
    return np.asarray(np.divide(inner, union, out=np.zeros_like(inner), where=union > 0))


def shared_area(a: Boxes, b: Boxes, dtype: type[np.floating[Any]] = np.float64) -> tuple[NDArray[Any], NDArray[Any]]:
    """Area of the intersection, and of the union, of every box of `a` with every box of `b`, each ``(N, M)``."""
    one, other = (np.ascontiguousarray(np.asarray(boxes, dtype).reshape(-1, 4).T) for boxes in (a, b))
    ax0, ay0, ax1, ay1 = one[:, :, None]
    width = np.maximum(np.minimum(ax1, other[2]) - np.maximum(ax0, other[0]), 0)
    height = np.maximum(np.minimum(ay1, other[3]) - np.maximum(ay0, other[1]), 0)
    inner = width * height
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return inner, (areas[0][:, None] + areas[1]) - inner
