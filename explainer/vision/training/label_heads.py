"""Three ways to answer about several labels from the same features: one by one, in a chain, and as one set.

The features are the hidden units of a net that learnt by binary cross-entropy; the net itself stays as it is. On them
stand logistic regressions. *Binary relevance* asks about each label by itself. A *classifier chain* asks in order, and
each question also gets the earlier labels: the true ones while it learns, its own answers when it is asked. A *label
powerset* makes one class of each set of labels that occurred, and names the most probable of them.

References
----------
Read, Pfahringer, Holmes, Frank. *Classifier chains for multi-label classification.* Machine Learning 85, 2011.
Zhang, Zhou. *A review on multi-label learning algorithms.* IEEE TKDE 26, 2014.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from explainer.vision.training import overlaps
from explainer.vision.training.examples import Examples, tensors
from explainer.vision.training.fit import Snapshot

if TYPE_CHECKING:
    from sklearn.linear_model import LogisticRegression

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ask = Callable[[], None]
STEPS, STRENGTH = 300, 0.1  # at most so many steps of the regression; the inverse of its penalty
LEAST = 1e-9  # added to a spread, which may be 0
WAYS = ("relevance", "chain", "powerset")


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What one way says of pictures.

    Parameters
    ----------
    scores
        Probability of each label, ``(N, K)``.
    sets
        Labels that are named whatever the threshold, ``(N, K)``; ``None`` where a threshold decides.
    """

    scores: Floats
    sets: Bools | None = None


def features(run: Snapshot, examples: Examples) -> Floats:
    """Hidden units of the net after its ReLU, ``(N, F)``: what its last layer sees."""
    body = run.module()[:-1]  # type: ignore[index]
    with torch.no_grad():
        return np.asarray(body(tensors(examples)[0]).double().numpy())


def relevance(x: Floats, y: Bools, asked: Floats, ask: Ask = lambda: None) -> Judged:
    """Learn each label ``y (N, K)`` by itself from features ``x (N, F)``, and answer about ``asked (M, F)``."""
    columns = []
    for label in y.T:
        ask()
        columns.append(_holds(x, label, asked))
    return Judged(np.stack(columns, 1))


def chain(x: Floats, y: Bools, asked: Floats, ask: Ask = lambda: None) -> Judged:
    """Learn label k from the features and the labels before it; answer with the answers before it (Read 2011).

    An earlier answer is yes or no: whether its probability exceeds one half.
    """
    found = np.zeros((len(asked), 0))
    for k, label in enumerate(y.T):
        ask()
        with_true = np.hstack([x, y[:, :k]])
        found = np.hstack([found, _holds(with_true, label, np.hstack([asked, found > 0.5]))[:, None]])
    return Judged(found)


def powerset(x: Floats, y: Bools, asked: Floats, ask: Ask = lambda: None) -> Judged:
    """Learn which of the sets that occur in ``y (N, K)`` a picture has; a label's score is that of all sets with it."""
    sets, which = np.unique(y, axis=0, return_inverse=True)
    ask()
    p = _probabilities(x, which.reshape(-1), asked)
    return Judged(p @ sets, sets[p.argmax(1)])


def _holds(x: Floats, label: Bools, asked: Floats) -> Floats:
    """Probability that a label holds, ``(M,)``; a label that always or never held stays so."""
    if label.all() or not label.any():
        return np.full(len(asked), float(label[0]))
    return np.asarray(_probabilities(x, label, asked)[:, 1])


def _probabilities(x: Floats, classes: NDArray[np.generic], asked: Floats) -> Floats:
    return np.asarray(regression().fit(x, classes).predict_proba(asked))


def regression() -> LogisticRegression:
    """The regression that all three stand on, not yet fitted."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=STRENGTH, max_iter=STEPS)


def examine(run: Snapshot, fewer: bool, ask: Ask = lambda: None) -> tuple[overlaps.Examined, ...]:
    """Let all three, in the order of `WAYS`, learn from the features of a net, and examine them as the net is examined.

    They learn from each training digit once, beside another one than the net has met it with.
    """
    recipe = run.recipe
    taught = recipe.augment.renewed(recipe.data.train, recipe.seed, overlaps.EPOCHS)
    validation, test = overlaps.examined(fewer)
    x, some, others = (features(run, one) for one in (taught, validation, test))
    mean, spread = x.mean(0), x.std(0) + LEAST
    x, asked = (x - mean) / spread, (np.concatenate([some, others]) - mean) / spread
    found = []
    for way in (relevance, chain, powerset):
        judged = way(x, taught.labels > 0, asked, ask)
        sets = None if judged.sets is None else judged.sets[len(some) :]
        each = (judged.scores[: len(some)], judged.scores[len(some) :])
        found.append(overlaps.judged(*each, validation.labels > 0, test.labels > 0, sets))
    return tuple(found)
