"""Who is nearest to whom, among all vectors of a set."""

from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Metric = Literal["euclid", "cosine", "dot"]
AT_ONCE = 200_000  # pairs that are ranked between two looks at whether it is still wanted
Vectors = NDArray[np.floating]
Rows = NDArray[np.int64]


def normalised(vectors: Vectors) -> NDArray[np.float64]:
    """Vectors ``(…, D)`` at length 1; those of length 0 stay as they are."""
    full = np.asarray(vectors, np.float64)
    length = np.linalg.norm(full, axis=-1, keepdims=True)
    return np.asarray(np.divide(full, length, out=full.copy(), where=length > 0))


def all_orders(vectors: Vectors, rows: Rows, metric: Metric) -> Iterator[tuple[Rows, Rows]]:
    """For some rows of a set at a time: the rows, and all others from the nearest on, ``(q, N − 1)``.

    By one matrix product, so nearly equal distances may fall either way.
    """
    full = normalised(vectors) if metric == "cosine" else np.asarray(vectors, np.float64)
    squares = np.einsum("nd,nd->n", full, full)
    most = max(1, min(64, AT_ONCE // len(full)))
    for begin in range(0, len(rows), most):
        some = rows[begin : begin + most]
        near = full[some] @ full.T
        if metric == "euclid":
            near = 2 * near - squares  # minus the squared distance, but for a constant of each query
        near[np.arange(len(some)), some] = -np.inf
        yield some, np.argsort(-near, axis=1, kind="stable")[:, :-1]


def neighbours(vectors: Vectors, count: int | None = None) -> Rows:
    """Rows of the nearest others of each vector ``(N, D)`` by Euclidean distance, nearest first, ``(N, count)``.

    Without `count` all of them, ``(N, N − 1)``; of equals the earlier first.
    """
    every = np.arange(len(vectors))
    return np.concatenate([order[:, :count] for _, order in all_orders(vectors, every, "euclid")])


def own_share(near: Rows, labels: Rows) -> NDArray[np.float64]:
    """Share of each vector's neighbours ``(N, k)`` that are of its class, ``(N,)``."""
    return np.asarray((labels[near] == labels[:, None]).mean(1))


def voted(near: Rows, labels: Rows) -> Rows:
    """Class that most of the neighbours ``(N, k)`` are of, ``(N,)``; of equals the first. *k-NN* says this."""
    classes = int(labels.max()) + 1
    counts = np.zeros((len(near), classes), np.int64)
    np.add.at(counts, (np.arange(len(near))[:, None], labels[near]), 1)
    return np.asarray(counts.argmax(1))
