"""A box as four offsets from an anchor, and back (Girshick et al. 2014).

With centres ``x, y`` and sides ``w, h`` of the box, and ``xₐ, yₐ, wₐ, hₐ`` of the anchor:

    dx = (x − xₐ) / wₐ    dy = (y − yₐ) / hₐ    dw = log(w / wₐ)    dh = log(h / hₐ)

each times a weight. A side cannot grow more than 62.5-fold: ``dw`` and ``dh`` are cut there before the exponential.
"""

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32] | NDArray[np.float64]
CUT = math.log(1000.0 / 16)
PLAIN = (1.0, 1.0, 1.0, 1.0)  # of a region proposal network
SECOND = (10.0, 10.0, 5.0, 5.0)  # of the second stage and of SSD


def encode(boxes: Array, anchors: Array, weights: tuple[float, float, float, float] = PLAIN) -> NDArray[np.float64]:
    """Offsets ``(N, 4)`` that turn each anchor into its box; both ``(N, 4)`` with sides above 0."""
    (x, y, w, h), (xa, ya, wa, ha) = _parts(boxes), _parts(anchors)
    code = np.stack([(x - xa) / wa, (y - ya) / ha, np.log(w / wa), np.log(h / ha)], 1)
    return np.asarray(code * np.asarray(weights))


def decode(code: Array, anchors: Array, weights: tuple[float, float, float, float] = PLAIN) -> NDArray[np.float64]:
    """Boxes ``(N, 4)`` from offsets ``(N, 4)`` and anchors ``(N, 4)``."""
    dx, dy, dw, dh = (np.asarray(code, np.float64) / np.asarray(weights)).T
    xa, ya, wa, ha = _parts(anchors)
    x, y = xa + dx * wa, ya + dy * ha
    w, h = wa * np.exp(np.minimum(dw, CUT)), ha * np.exp(np.minimum(dh, CUT))
    return np.stack([x - w / 2, y - h / 2, x + w / 2, y + h / 2], 1)


def _parts(boxes: Array) -> tuple[NDArray[np.float64], ...]:
    x0, y0, x1, y1 = np.asarray(boxes, np.float64).T
    return x0 + (x1 - x0) / 2, y0 + (y1 - y0) / 2, x1 - x0, y1 - y0
