"""Exact search in a large gallery: single-precision products sift it, and double precision ranks what is left.

The products read each vector once, as it lies there (in memory or mapped from a file), a block at a time. They are off
by at most ``γ ‖q‖ ‖x‖`` with ``γ = (D + 2) ε`` (Higham 2002, §3.1), so no vector that is farther behind the k-th than
twice that can be among the k nearest. The others, a few more than k, are ranked as `ranking.nearest` ranks all.

References
----------
N. J. Higham. *Accuracy and Stability of Numerical Algorithms.* 2nd edition, SIAM, 2002.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explainer.vision.metrics.neighbours import Metric, normalised
from explainer.vision.retrieval.ranking import BLOCK, Floats, Rows, Vectors, closeness, ordered

EPSILON = float(np.finfo(np.float32).eps)
Singles = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Exact:
    """A gallery ``(N, D) float32``, and of each vector the length in double precision, ``(N,)``."""

    vectors: Singles
    lengths: Floats

    @classmethod
    def of(cls, vectors: Singles) -> "Exact":
        """Measure the vectors, a block at a time."""
        lengths = np.empty(len(vectors))
        for n in range(0, len(vectors), BLOCK):
            some = np.asarray(vectors[n : n + BLOCK], np.float64)
            lengths[n : n + BLOCK] = np.sqrt(np.einsum("nd,nd->n", some, some))
        return cls(vectors, lengths)

    def nearest(self, query: Vectors, metric: Metric, count: int, leave_out: int = -1) -> tuple[Rows, Floats]:
        """Rows of the `count` nearest, of equals the earlier first, and how near they are: as `ranking.nearest`."""
        near, margin = self._sifted(query, metric)
        if 0 <= leave_out < len(near):
            near[leave_out] = -np.inf
        if count <= 0 or not len(near):
            return np.empty(0, np.int64), np.empty(0)
        kth = np.partition(near, max(0, len(near) - count))[max(0, len(near) - count)]
        rows = np.flatnonzero((near >= kth - 2 * margin) & (np.arange(len(near)) != leave_out))
        exact = closeness(query, self.vectors[rows], metric)
        best = ordered(exact)[:count]
        return rows[best], exact[best]

    def _sifted(self, query: Vectors, metric: Metric) -> tuple[Floats, float]:
        """What orders the gallery as `metric` does, ``(N,)``, and by how much each number may be off.

        For Euclid ``q·x − ‖x‖² / 2``, which is larger the nearer x is.
        """
        asked = normalised(query) if metric == "cosine" else np.asarray(query, np.float64)
        dots = self._products(asked.astype(np.float32))
        off = (len(asked) + 2) * EPSILON * float(np.linalg.norm(asked))
        longest = float(self.lengths.max(initial=0.0))
        if metric == "euclid":
            half = self.lengths**2 / 2
            return dots - half, off * longest + len(asked) * 1e-15 * longest**2
        if metric == "dot":
            return dots, off * longest
        return np.divide(dots, self.lengths, out=np.zeros_like(dots), where=self.lengths > 0), off

    def _products(self, query: Singles) -> Floats:
        """Dot products ``(N,)`` of a query with all vectors."""
        blocks = [self.vectors[n : n + BLOCK] @ query for n in range(0, len(self.vectors), BLOCK)]
        return np.concatenate(blocks).astype(np.float64) if blocks else np.empty(0)
