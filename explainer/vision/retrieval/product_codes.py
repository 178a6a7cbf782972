"""Product quantisation (PQ): each vector becomes a few bytes, and distances are read off a small table.

A vector is cut into parts, and each part is replaced by the nearest of 16 prototypes of that part: four bits. For a
query the distances to all prototypes are computed once; the distance to a code is the sum of its table entries
(asymmetric distance). The nearest codes are then compared exactly.

References
----------
Jégou, Douze, Schmid. *Product quantization for nearest neighbor search.* IEEE TPAMI 33(1), 2011.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explainer.vision.retrieval.clusters import assigned, centroids_of
from explainer.vision.retrieval.ranking import Floats, Rows, closeness, ordered

PARTS, PROTOTYPES = 16, 16


@dataclass(frozen=True, slots=True, eq=False)
class ProductCodes:
    """Prototypes ``(P, d)`` of each part, the codes ``(N, M) uint8``, and the vectors ``(N, D)``."""

    books: tuple[Floats, ...]
    codes: NDArray[np.uint8]
    vectors: Floats

    @property
    def code_bytes(self) -> int:
        """Bytes of a code: four bits a part."""
        return -(-len(self.books) // 2)

    def distances(self, query: Floats) -> Floats:
        """Squared distance from the query to what each code stands for, ``(N,)``."""
        parts = np.array_split(query, len(self.books))
        tables = [((book - part) ** 2).sum(1) for book, part in zip(self.books, parts, strict=True)]
        return np.asarray(sum(table[self.codes[:, m]] for m, table in enumerate(tables)), np.float64)

    def decoded(self) -> Floats:
        """What the codes stand for, ``(N, D)``."""
        return np.concatenate([book[self.codes[:, m]] for m, book in enumerate(self.books)], 1)

    def search(self, query: Floats, count: int, shortlist: int, leave_out: int = -1) -> tuple[Rows, int]:
        """Rows of the nearest among the `shortlist` nearest codes, and how many vectors were compared.

        The table costs as much as `PROTOTYPES` whole vectors, which are counted.
        """
        some = np.sort(ordered(-self.distances(query), leave_out)[:shortlist])
        found = some[ordered(closeness(query, self.vectors[some], "euclid"))] if len(some) else some
        return found[:count], PROTOTYPES + len(some)


def build(vectors: Floats, seed: int, parts: int = PARTS, asked: Callable[[], None] = lambda: None) -> ProductCodes:
    """Learn the prototypes of each part by k-means and encode all vectors; `asked` may raise to stop."""
    books, codes = [], []
    for part in np.array_split(vectors, min(parts, vectors.shape[1]), axis=1):
        asked()
        books.append(centroids_of(part, PROTOTYPES, seed))
        codes.append(assigned(part, books[-1]).astype(np.uint8))
    return ProductCodes(tuple(books), np.stack(codes, 1), vectors)


def effort(index: ProductCodes, queries: Rows, true: Rows) -> tuple[Floats, Floats]:
    """Recall of true neighbours, and the share of vectors that are compared, with shortlists of k, k + 1, … N − 1.

    Parameters
    ----------
    queries
        Rows of the gallery, ``(Q,)``.
    true
        Their exact neighbours, ``(Q, k)``.
    """
    total, k = len(index.vectors), true.shape[1]
    found = np.zeros(total - 1)
    for row, wanted in zip(queries.tolist(), true, strict=True):
        place = np.empty(total, np.int64)
        order = ordered(-index.distances(index.vectors[row]), row)
        place[order] = np.arange(total - 1)
        found += np.cumsum(np.bincount(place[wanted], minlength=total - 1))
    lists = np.arange(1, total)
    return (found / true.size)[k - 1 :], ((PROTOTYPES + lists) / total)[k - 1 :]
