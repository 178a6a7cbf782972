"""Near-duplicates: pairs of pictures whose vectors point almost the same way."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explainer.vision.metrics.neighbours import normalised
from explainer.vision.retrieval.ranking import Vectors

BLOCK = 1024


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """The most similar pairs ``(P, 2)``, the earlier picture first, their cosines ``(P,)``, and how many there are."""

    rows: NDArray[np.int64]
    cosines: NDArray[np.float64]
    total: int


def near_duplicates(vectors: Vectors, least: float, most: int, asked: Callable[[], None] = lambda: None) -> Pairs:
    """Find all pairs whose cosine is at least `least`, and keep the `most` similar; ties in order.

    A block of the gallery at a time: memory does not grow with the number of pairs. `asked` may raise to stop.
    """
    full, total = _at_length_1(vectors), 0
    rows, cosines = np.empty((0, 2), np.int64), np.empty(0)
    for begin in range(0, len(full), BLOCK):
        for other in range(begin, len(full), BLOCK):
            asked()
            near = full[begin : begin + BLOCK] @ full[other : other + BLOCK].T
            a, b = np.nonzero(near >= least)
            kept = a + begin < b + other
            total += int(kept.sum())
            rows = np.concatenate([rows, np.stack([a[kept] + begin, b[kept] + other], 1)])
            cosines = np.concatenate([cosines, near[a[kept], b[kept]].astype(np.float64)])
            best = np.lexsort((rows[:, 1], rows[:, 0], -cosines))[:most]
            rows, cosines = rows[best], cosines[best]
    return Pairs(rows, np.clip(cosines, -1.0, 1.0), total)


def _at_length_1(vectors: Vectors) -> NDArray[np.float32]:
    """Vectors of length 1, made a block at a time: a whole copy in double precision would be twice as large."""
    full = np.empty(vectors.shape, np.float32)
    for n in range(0, len(vectors), BLOCK):
        full[n : n + BLOCK] = normalised(vectors[n : n + BLOCK])
    return full
