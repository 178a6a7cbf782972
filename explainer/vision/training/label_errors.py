"""Which labels look wrong: what classifiers say of pictures that they have not learnt from.

The pictures are dealt into five folds. For each fold a classifier learns from the other four and gives the
probabilities of the fold's pictures. Had it seen a picture with its wrong label, it might simply repeat that.

*Confident learning* counts: a picture looks confidently like class j where ``p_j ≥ t_j``; the threshold t_j is the
mean of ``p_j`` over the pictures labelled j, so a class that is always doubtful is not suspected for that. A picture
labelled i that looks confidently like j ≠ i, and like no other class more, counts as an error; how many there are of
each pair is the confident joint.

References
----------
Northcutt, Jiang, Chuang. *Confident learning: estimating uncertainty in dataset labels.* JAIR 70, 2021.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explainer.vision.training import softmax_regression

FOLDS = 5
Rank = str  # own, margin, confident
RANKS: tuple[Rank, ...] = ("own", "margin", "confident")


def folds_of(labels: NDArray[np.int64], seed: int, count: int = FOLDS) -> NDArray[np.int64]:
    """Deal the pictures of each class in turn, after shuffling: number of the fold of each, ``(N,)``.

    A class of two or more is never wholly within one fold.
    """
    rng, found, dealt = np.random.default_rng([seed, 39]), np.empty(len(labels), np.int64), 0
    for one in np.unique(labels):
        rows = rng.permutation(np.flatnonzero(labels == one))
        found[rows] = (dealt + np.arange(len(rows))) % count
        dealt += len(rows)
    return found


def out_of_fold(
    vectors: NDArray[np.floating],
    labels: NDArray[np.int64],
    classes: int,
    seed: int,
    asked: Callable[[], None] = lambda: None,
    told: Callable[[float], None] = lambda _: None,
) -> NDArray[np.float64]:
    """Probabilities ``(N, K)`` by classifiers that have not learnt from the picture in question.

    Parameters
    ----------
    vectors
        ``(N, D)``.
    labels
        ``(N,)``, 0…K − 1, at least two of each that occurs.
    asked, told
        Called often, may raise to stop; called with the share of the folds that is done.
    """
    fold, found = folds_of(labels, seed), np.zeros((len(labels), classes))
    for number in range(FOLDS):
        held = fold == number
        told(number / FOLDS)
        if held.any():
            fit = softmax_regression.fitted(vectors[~held], labels[~held], classes, asked=asked)
            found[held] = fit.probabilities(vectors[held])
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What out-of-fold probabilities say of given labels.

    Parameters
    ----------
    p
        ``(N, K)``.
    labels
        As given, ``(N,)``.
    """

    p: NDArray[np.float64]
    labels: NDArray[np.int64]

    @property
    def own(self) -> NDArray[np.float64]:
        """Probability of the given label, ``(N,)``: the self-confidence."""
        return np.asarray(self.p[np.arange(len(self.labels)), self.labels])

    @property
    def other(self) -> NDArray[np.int64]:
        """The likeliest other class, ``(N,)``."""
        others = self.p.copy()
        others[np.arange(len(self.labels)), self.labels] = -1.0
        return np.asarray(others.argmax(1))

    @property
    def margin(self) -> NDArray[np.float64]:
        """How much likelier the other class is than the given label, −1…1, ``(N,)``."""
        return np.asarray(self.p[np.arange(len(self.labels)), self.other] - self.own)

    @property
    def thresholds(self) -> NDArray[np.float64]:
        """Mean probability of each class over the pictures labelled so, ``(K,)``; 2 where there is none."""
        return np.array([
            self.p[self.labels == k, k].mean() if (self.labels == k).any() else 2.0 for k in range(self.p.shape[1])
        ])  # fmt: skip

    @property
    def looks(self) -> NDArray[np.int64]:
        """The class that each looks confidently like, ``(N,)``; −1 where it reaches no threshold."""
        reached = self.p >= self.thresholds
        best = np.where(reached, self.p, -1.0).argmax(1)
        return np.where(reached.any(1), best, -1)

    @property
    def suspect(self) -> NDArray[np.bool_]:
        """Whether it looks confidently like a class other than its label, ``(N,)``."""
        looks = self.looks
        return np.asarray((looks >= 0) & (looks != self.labels))

    @property
    def joint(self) -> NDArray[np.int64]:
        """The confident joint: pictures labelled i that look confidently like j, ``(K, K)``."""
        looks, count = self.looks, self.p.shape[1]
        found = np.zeros((count, count), np.int64)
        np.add.at(found, (self.labels[looks >= 0], looks[looks >= 0]), 1)
        return found

    def errors(self, most: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Classes with the most suspects, at most `most` in their order, and the joint of those without agreements."""
        joint = self.joint
        np.fill_diagonal(joint, 0)
        classes = np.sort(np.argsort(-(joint.sum(0) + joint.sum(1)), kind="stable")[:most])
        return classes, joint[np.ix_(classes, classes)]

    def order(self, rank: Rank) -> NDArray[np.int64]:
        """Rows from the most suspicious to the least; of equals the earlier first.

        Parameters
        ----------
        rank
            ``"own"``: by how unlikely the given label is. ``"margin"``: by how much likelier another one is.
            ``"confident"``: those that look confidently like another class, then the rest, each by margin.
        """
        if rank == "own":
            return np.argsort(self.own, kind="stable")
        if rank == "margin":
            return np.argsort(-self.margin, kind="stable")
        return np.lexsort((-self.margin, ~self.suspect))


def hits(order: NDArray[np.int64], wrong: NDArray[np.bool_]) -> NDArray[np.int64]:
    """How many of the first n are wrong, for n from 1 to N, ``(N,)``."""
    return np.cumsum(wrong[order])


def nearest_class(vectors: NDArray[np.floating], labels: NDArray[np.int64], classes: int) -> NDArray[np.int64]:
    """The class whose mean vector is nearest to that of each, ``(K,)``; each must occur."""
    means = np.stack([vectors[labels == k].mean(0, dtype=np.float64) for k in range(classes)])
    away = ((means[:, None] - means[None]) ** 2).sum(2)
    np.fill_diagonal(away, np.inf)
    return np.asarray(away.argmin(1))


def swapped(
    labels: NDArray[np.int64], share: float, seed: int, twin: NDArray[np.int64] | None, classes: int
) -> NDArray[np.int64]:
    """Make exactly that share of the labels wrong.

    Parameters
    ----------
    share
        0…1.
    twin
        What each class is mistaken for, ``(K,)``; ``None``: any other class, each as likely.
    """
    rng = np.random.default_rng([seed, 39, 1])
    rows = rng.choice(len(labels), round(share * len(labels)), replace=False)
    away = rng.integers(1, classes, len(rows))
    found = labels.copy()
    found[rows] = (labels[rows] + away) % classes if twin is None else twin[labels[rows]]
    return found
