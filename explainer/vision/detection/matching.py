"""Which anchors learn to be which true box: by overlap (two thresholds and a rule), or by place (FCOS).

Codes, as torchvision's `Matcher` gives them: the number of the true box, −1 for a negative, −2 for an anchor that is
ignored. Everything is float32, in torchvision's order of operations, so that ties fall the same way.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explainer.core.numbers import iou
from explainer.vision.detection.anchors import Layout, Rule

NEGATIVE, IGNORED = -1, -2
CENTRE_RADIUS = 1.5  # in strides; of FCOS
Array = NDArray[np.float32]
Codes = NDArray[np.int64]


def iou_table(truth: Array, anchors: Array) -> Array:
    """IoU of every true box ``(M, 4)`` with every anchor ``(N, 4)``: ``(M, N) float32``; 0 where there is no area."""
    return iou(truth, anchors, np.float32)


def hits(table: Array, least: float) -> int:
    """How many found boxes, best first, are a true one's: overlaps ``(M, N)`` of at least `least`, each truth once."""
    left, count = table.copy(), 0
    for column in range(left.shape[1]):
        row = int(left[:, column].argmax()) if len(left) else -1
        if row >= 0 and left[row, column] >= least:
            count, left[row] = count + 1, 0
    return count


def nearest(truth: Array, anchor: Array) -> int:
    """Which true box of ``(M, 4)`` an anchor ``(4,)`` overlaps most, else the nearest; −1 if M = 0."""
    if not len(truth):
        return -1
    table = iou_table(truth, anchor[None])[:, 0]
    gap = truth[:, :2] + truth[:, 2:] - anchor[:2] - anchor[2:]
    return int(table.argmax() if table.max() > 0 else (gap**2).sum(1).argmin())


def distances(truth: Array, anchor: Array, step: tuple[float, float]) -> NDArray[np.float64]:
    """Left, top, right, bottom of a true box from the middle of an anchor, in cells of `step` (height, width)."""
    middle = (anchor[:2] + anchor[2:]) / 2
    return np.asarray(np.concatenate([middle - truth[:2], truth[2:] - middle]) / np.array(step[::-1] * 2, float))


@dataclass(frozen=True, slots=True, eq=False)
class Matching:
    """What became of N anchors before M true boxes.

    Parameters
    ----------
    codes
        ``(N,)``: number of the box, −1 negative, −2 ignored.
    forced
        ``(N,) bool``: positive only because it is some box's best.
    best
        ``(N,) float32``: overlap with the box that it overlaps most; for places the centre-ness.
    """

    codes: Codes
    forced: NDArray[np.bool_]
    best: Array

    @property
    def positive(self) -> NDArray[np.bool_]:
        """``(N,)``."""
        return np.asarray(self.codes >= 0)

    def counts(self, starts: Sequence[int]) -> Codes:
        """All, positives, ignored and negatives of each level ``(L, 4)``; its rows begin at ``starts``."""
        parts = np.split(self.codes, list(starts)[1:-1])
        return np.array([(len(p), (p >= 0).sum(), (p == IGNORED).sum(), (p == NEGATIVE).sum()) for p in parts])


def match(table: Array, high: float, low: float, rule: Rule) -> Matching:
    """Match anchors to true boxes by their overlaps ``(M, N)``.

    Parameters
    ----------
    rule
        ``"best-ties"``: the anchors that overlap a true box most, all of equal ones, are positive for the box that
        *they* overlap most (Faster R-CNN, RetinaNet); ``"best-one"``: the first of them, for that true box (SSD);
        ``"none"``: thresholds alone.

    Raises
    ------
    ValueError
        If `low` exceeds `high`.
    """
    if low > high:
        raise ValueError("the lower threshold exceeds the upper one")
    if not len(table):
        nothing = np.zeros(table.shape[1], np.float32)
        return Matching(np.full(table.shape[1], NEGATIVE), nothing > 0, nothing)
    own, best = _best(table)
    codes = own.copy()
    between = best < np.float32(high)
    codes[between] = IGNORED
    codes[best < np.float32(low)] = NEGATIVE
    before = codes >= 0
    if rule == "best-ties":
        chosen = np.concatenate([np.flatnonzero(row == row.max()) for row in table])
        codes[chosen] = own[chosen]
    elif rule == "best-one":
        codes[table.argmax(1)] = np.arange(len(table))
    return Matching(codes, (codes >= 0) & ~before, best)


def _best(table: Array) -> tuple[Codes, Array]:
    """First largest of each column, and how large: quicker than ``argmax(0)`` for a few long rows."""
    own, best = np.zeros(table.shape[1], np.int64), table[0].copy()
    for number, row in enumerate(table[1:], 1):
        own[row > best] = number
        np.maximum(best, row, out=best)
    return own, best


def match_places(layout: Layout, truth: Array, radius: float = CENTRE_RADIUS) -> Matching:
    """Match places to true boxes as FCOS does: near the middle, inside the box, and of the right size for the level.

    A level with anchors of side ``s`` (its stride) is responsible for boxes whose farthest side lies between ``4 s``
    and ``8 s`` of the place; the first level for all smaller, the last for all larger. Of several boxes the smallest
    wins. `best` is the centre-ness ``√(min(l, r) / max(l, r) · min(t, b) / max(t, b))`` (Tian et al. 2019).
    """
    boxes, starts = layout.boxes, layout.starts
    codes = np.full(len(boxes), NEGATIVE, np.int64)
    best, smallest = np.zeros(len(boxes), np.float32), np.full(len(boxes), np.inf, np.float32)
    x, y, side = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2, boxes[:, 2] - boxes[:, 0]
    lower, upper = side * 4, side * 8
    lower[: starts[1]], upper[starts[-2] :] = 0, np.inf
    for number, (x0, y0, x1, y1) in enumerate(truth.astype(np.float32)):
        near = np.maximum(np.abs(x - (x0 + x1) / 2), np.abs(y - (y0 + y1) / 2)) < np.float32(radius) * side
        sides = np.stack([x - x0, y - y0, x1 - x, y1 - y])
        farthest = sides.max(0)
        area = (x1 - x0) * (y1 - y0)
        chosen = near & (sides.min(0) > 0) & (farthest > lower) & (farthest < upper) & (area < smallest)
        codes[chosen], smallest[chosen] = number, area
        best[chosen] = centreness(sides[:, chosen])
    return Matching(codes, np.zeros(len(boxes), bool), best)


def centreness(sides: Array) -> Array:
    """Centre-ness of distances left, top, right, bottom ``(4, N)``, all above 0: 1 in the middle, 0 at the rim."""
    left, top, right, bottom = sides
    across = np.minimum(left, right) / np.maximum(left, right)
    return np.asarray(np.sqrt(across * (np.minimum(top, bottom) / np.maximum(top, bottom))))
