"""Exact search: rank the vectors of a gallery by how near they are to a query.

Euclidean distance, cosine and dot product rank differently. For vectors of length 1 they agree, because then
``‖a − b‖² = 2 − 2 cos(a, b)`` and the dot product is the cosine.
"""

import numpy as np
from numpy.typing import NDArray

from explainer.vision.metrics.neighbours import Metric, normalised

METRICS: tuple[Metric, ...] = ("euclid", "cosine", "dot")
BLOCK = 4096  # vectors that are compared at once, so that a large gallery needs no second copy of itself
Vectors = NDArray[np.floating]
Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


def closeness(query: Vectors, gallery: Vectors, metric: Metric) -> Floats:
    """How near each vector of the gallery ``(N, D)`` is to the query ``(D,)``: ``(N,)``, larger is nearer.

    Minus the Euclidean distance, the cosine, or the dot product. Each row is computed by itself, so equal vectors get
    equal numbers to the last bit.
    """
    asked = normalised(query) if metric == "cosine" else np.asarray(query, np.float64)
    return np.concatenate([_near(asked, gallery[n : n + BLOCK], metric) for n in range(0, max(len(gallery), 1), BLOCK)])


def _near(query: Floats, some: Vectors, metric: Metric) -> Floats:
    if metric == "euclid":
        away = np.asarray(some, np.float64) - query
        return np.asarray(-np.sqrt(np.einsum("nd,nd->n", away, away)))
    full = normalised(some) if metric == "cosine" else np.asarray(some, np.float64)
    return np.asarray(np.einsum("nd,d->n", full, query))


def ordered(near: Floats, leave_out: int = -1) -> Rows:
    """Rows from the nearest on, of equals the earlier first, without `leave_out`, which may be the query itself."""
    order = np.argsort(-near, kind="stable")
    return np.asarray(order[order != leave_out])


def nearest(query: Vectors, gallery: Vectors, metric: Metric, count: int, leave_out: int = -1) -> tuple[Rows, Floats]:
    """Rows of the `count` nearest vectors, and how near they are, ``(k,)`` each."""
    near = closeness(query, gallery, metric)
    rows = ordered(near, leave_out)[:count]
    return rows, near[rows]


def for_euclid(vectors: Vectors, metric: Metric) -> Floats:
    """Vectors whose Euclidean ranking is that of `metric`, for queries from `as_query`: ``(N, D)`` or ``(N, D + 1)``.

    For the cosine they are normalised. For the dot product one more number fills each up to the length of the longest:
    ``‖q − x‖² = ‖q‖² + max‖x‖² − 2 q·x``, where the query's is 0 (Bachrach et al. 2014).
    """
    full = normalised(vectors) if metric == "cosine" else np.asarray(vectors, np.float64)
    if metric != "dot":
        return full
    squares = np.einsum("nd,nd->n", full, full)
    return np.column_stack([full, np.sqrt(np.maximum(squares.max() - squares, 0))])


def as_query(query: Vectors, metric: Metric) -> Floats:
    """A query ``(D,)`` to vectors from `for_euclid`."""
    full = normalised(query) if metric == "cosine" else np.asarray(query, np.float64)
    return np.append(full, 0.0) if metric == "dot" else full
