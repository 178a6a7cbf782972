"""How well sets of labels are found: F1, Hamming loss, exact match, average precision, and thresholds that suit them.

Said and true labels are ``(N, K)``: one row a picture, one column a label.

References
----------
Zhang, Zhou. *A review on multi-label learning algorithms.* IEEE TKDE 26, 2014.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Found:
    """How well labels are found, all 0…1.

    Parameters
    ----------
    micro
        F1 of all answers together, so that frequent labels count for more.
    macro
        Mean of the F1 of each label; 0 for one that is neither true nor said.
    hamming
        Share of all yes and no that is wrong.
    exact
        Share of pictures whose labels are all right.
    """

    micro: float
    macro: float
    hamming: float
    exact: float


def found(said: Bools, true: Bools) -> Found:
    """Compare what is said with what is true."""
    each = _f1((said & true).sum(0), said.sum(0), true.sum(0))
    micro = _f1((said & true).sum(), said.sum(), true.sum())
    return Found(
        float(micro), float(each.mean()), float((said != true).mean()), float((said == true).all(1).mean())
    )  # fmt: skip


def _f1(both: NDArray[np.int64], said: NDArray[np.int64], true: NDArray[np.int64]) -> Floats:
    total = np.asarray(said + true, np.float64)
    return np.asarray(np.divide(2.0 * both, total, out=np.zeros_like(total), where=total > 0))


def micro_f1(scores: Floats, true: Bools, thresholds: Floats) -> Floats:
    """Micro F1 at each threshold ``(T,)``; a label is said where its score is at least the threshold."""
    said = scores >= thresholds[:, None, None]
    return _f1((said & true).sum((1, 2)), said.sum((1, 2)), np.asarray(true.sum()))


def best_each(scores: Floats, true: Bools, thresholds: Floats) -> Floats:
    """For each label the threshold ``(K,)`` with the highest F1 of that label; the middle one of equals."""
    said = scores >= thresholds[:, None, None]
    f1 = _f1((said & true).sum(1), said.sum(1), true.sum(0)[None])  # (T, K)
    return np.array([_middle(thresholds, column) for column in f1.T])


def best_one(scores: Floats, true: Bools, thresholds: Floats) -> float:
    """The one threshold with the highest micro F1; the middle one of equals."""
    return _middle(thresholds, micro_f1(scores, true, thresholds))


def _middle(thresholds: Floats, f1: Floats) -> float:
    best = thresholds[f1 >= f1.max()]
    return float(best[(len(best) - 1) // 2])


def mean_average_precision(scores: Floats, true: Bools) -> float:
    """Mean over the labels of the average precision; it needs no threshold. Labels that are never true are left out."""
    return float(np.mean([_average_precision(s, t) for s, t in zip(scores.T, true.T, strict=True) if t.any()]))


def _average_precision(scores: Floats, true: Bools) -> float:
    """``Σ (R_n − R_{n−1}) P_n`` over the distinct scores from the highest down, without interpolation."""
    order = np.argsort(-scores, kind="stable")
    ranked, hits = scores[order], np.cumsum(true[order])
    last = np.flatnonzero(np.append(np.diff(ranked) != 0, True))  # equal scores come in together
    precision, recall = hits[last] / (last + 1), hits[last] / hits[-1]
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))
