"""What a threshold on a score finds and what it raises falsely: ROC, precision and recall, their areas, calibration.

Recall and the rate of false alarms are counted within one class each, so how frequent the classes are does not move
them. Precision, average precision, costs and calibration depend on the share of positives, the *prevalence* π: here
each positive counts π divided by their number, and each negative 1 − π divided by theirs. That is what a test set
with this share would give on average.

numpy computes it: scikit-learn does the same and takes a second to load. The tests compare the two.

References
----------
Davis, Goadrich. *The relationship between precision-recall and ROC curves.* ICML 2006.
Brier. *Verification of forecasts expressed in terms of probability.* Monthly Weather Review 78, 1950.
Guo, Pleiss, Sun, Weinberger. *On calibration of modern neural networks.* ICML 2017 (expected calibration error).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explainer.vision.metrics.curves import area

Floats = NDArray[np.float64]
BINS = 10


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Scores of examples and which of them are positive; there is at least one of each kind.

    Parameters
    ----------
    scores
        ``(N,)``, 0…1: the probability of being positive that a model gives to each.
    positive
        ``(N,)``: what each is.
    """

    scores: Floats
    positive: NDArray[np.bool_]

    def weights(self, prevalence: float) -> Floats:
        """What each example counts, ``(N,)``, where this share is positive; the sum is 1."""
        found = self.positive.sum()
        others = len(self.scores) - found
        return np.asarray(np.where(self.positive, prevalence / found, (1 - prevalence) / others))

    def rates(self) -> "Rates":
        """Count at every threshold that makes a difference."""
        cuts = np.r_[np.inf, np.unique(self.scores)[::-1]]
        recall, alarms = (_share_from(self.scores[which], cuts) for which in (self.positive, ~self.positive))
        return Rates(cuts, recall, alarms)

    def brier(self, prevalence: float) -> float:
        """Mean squared difference between score and truth: 0 is perfect."""
        return float(self.weights(prevalence) @ (self.scores - self.positive) ** 2)


@dataclass(frozen=True, slots=True, eq=False)
class Rates:
    """Recall and false alarms at falling thresholds; an example is called positive from the threshold upwards.

    Parameters
    ----------
    cuts
        Thresholds ``(T,)``, from infinity down to the lowest score.
    recall
        Share of the positives that is called positive, ``(T,)``: 0 up to 1.
    alarms
        Share of the negatives that is called positive, ``(T,)``: 0 up to 1.
    """

    cuts: Floats
    recall: Floats
    alarms: Floats

    def at(self, threshold: float) -> int:
        """Number of the cut that calls the same examples positive as `threshold` does."""
        return int((self.cuts >= threshold).sum()) - 1

    def precision(self, prevalence: float) -> Floats:
        """Share of those called positive that are, by Bayes' rule, ``(T,)``; 1 where nothing is called positive."""
        hits, false = prevalence * self.recall, (1 - prevalence) * self.alarms
        return np.divide(hits, hits + false, out=np.ones_like(hits), where=hits + false > 0)

    def accuracy(self, prevalence: float) -> Floats:
        """Share of all that is called what it is, ``(T,)``."""
        return prevalence * self.recall + (1 - prevalence) * (1 - self.alarms)

    def cost(self, prevalence: float, miss: float) -> Floats:
        """Mean cost of an example, ``(T,)``, in units of one false alarm, where a miss costs `miss` of them."""
        return miss * prevalence * (1 - self.recall) + (1 - prevalence) * self.alarms

    def cheapest(self, prevalence: float, miss: float) -> float:
        """Threshold of least cost, in the middle between two scores; the highest of equals."""
        at = int(self.cost(prevalence, miss).argmin())
        above, below = min(1.0, self.cuts[at]), (0.0 if at + 1 == len(self.cuts) else self.cuts[at + 1])
        return float((above + below) / 2)

    @property
    def auc(self) -> float:
        """Area under recall over false alarms: how often a positive scores above a negative, ties counting half."""
        return area(self.alarms, self.recall)

    def average_precision(self, prevalence: float) -> float:
        """Area under precision over recall in steps, each gain of recall at the precision that it has."""
        return float(np.diff(self.recall) @ self.precision(prevalence)[1:])


@dataclass(frozen=True, slots=True, eq=False)
class Reliability:
    """Scores in bins of equal width: what was said, what was so, and how much falls into each, all ``(B,)``.

    Empty bins are left out.
    """

    said: Floats
    true: Floats
    share: Floats

    @property
    def error(self) -> float:
        """Expected calibration error: mean distance between what was said and what was so."""
        return float(self.share @ np.abs(self.said - self.true))


def reliability(scored: Scored, prevalence: float, bins: int = BINS) -> Reliability:
    """Compare the mean score of each bin with the share of positives in it."""
    weights = scored.weights(prevalence)
    which = np.minimum((scored.scores * bins).astype(np.int64), bins - 1)
    share, said, true = (
        np.bincount(which, weights * what, bins).astype(np.float64)
        for what in (np.ones(len(weights)), scored.scores, scored.positive)
    )
    full = share > 0
    return Reliability(said[full] / share[full], true[full] / share[full], share[full])


def _share_from(scores: Floats, cuts: Floats) -> Floats:
    """Share of the scores that reach each cut."""
    below = np.searchsorted(np.sort(scores), cuts, side="left")
    return np.asarray(1.0 - below / len(scores))
