"""How good a ranking is where classes are known: Recall@k, precision@k and mean average precision.

Each picture is the query once, and those of its class are what should be found. *Recall@k* is, as in metric learning,
the share of queries with at least one of them among the first k.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explainer.vision.metrics.neighbours import Metric, all_orders
from explainer.vision.retrieval.ranking import Rows, Vectors

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Of each query: hits among the first k, whether the first is one, and average precision, ``(Q,)`` each.

    A query that has no partner in the gallery is left out.
    """

    rows: Rows
    hits: NDArray[np.int64]
    first: NDArray[np.bool_]
    precision: Floats
    k: int

    @property
    def recall_at_1(self) -> float:
        """Share of queries whose nearest neighbour is of their class."""
        return float(self.first.mean())

    @property
    def recall_at_k(self) -> float:
        """Share of queries with at least one of their class among the first k."""
        return float((self.hits > 0).mean())

    @property
    def precision_at_k(self) -> float:
        """Mean share of the first k that is of the query's class."""
        return float(self.hits.mean() / self.k)

    @property
    def mean_ap(self) -> float:
        """Mean of the average precisions."""
        return float(self.precision.mean())


def average_precision(relevant: NDArray[np.bool_]) -> Floats:
    """Mean precision at the places of what is relevant, of ranked lists ``(Q, N)``: ``(Q,)``; 0 where nothing is."""
    places = np.arange(1, relevant.shape[1] + 1)
    reached = np.cumsum(relevant, 1) / places
    return np.asarray((reached * relevant).sum(1) / np.maximum(relevant.sum(1), 1))


def judged(
    vectors: Vectors,
    labels: NDArray[np.int64],
    metric: Metric,
    rows: Rows,
    k: int,
    asked: Callable[[], None] = lambda: None,
) -> Judged:
    """Let each of `rows` be the query and all others of the gallery the answer.

    Parameters
    ----------
    vectors, labels
        ``(N, D)`` and ``(N,)``.
    asked
        Called often; may raise to stop.
    """
    partners = np.bincount(labels)[labels] > 1
    kept, hits, first, precision = rows[partners[rows]], [], [], []
    for some, order in all_orders(vectors, kept, metric):
        asked()
        relevant = labels[order] == labels[some, None]
        hits.append(relevant[:, :k].sum(1))
        first.append(relevant[:, 0])
        precision.append(average_precision(relevant))
    return Judged(kept, np.concatenate(hits), np.concatenate(first), np.concatenate(precision), k)
