"""An inverted file (IVF): vectors are sorted into cells round centroids, and only the cells next to a query are read.

k-means places the centroids. A query is compared with all of them, then with every vector of the `probes` nearest
cells. A neighbour beyond the border of those cells is missed; with all cells the search is exact.

References
----------
Jégou, Douze, Schmid. *Product quantization for nearest neighbor search.* IEEE TPAMI 33(1), 2011.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explainer.vision.retrieval.clusters import assigned, centroids_of
from explainer.vision.retrieval.ranking import Floats, Rows, closeness, ordered


@dataclass(frozen=True, slots=True, eq=False)
class InvertedFile:
    """Centroids ``(C, D)``, the cell of each vector ``(N,)``, and the vectors ``(N, D)``."""

    centroids: Floats
    cell: NDArray[np.int64]
    vectors: Floats

    def cells(self, query: Floats) -> NDArray[np.int64]:
        """All cells, the nearest first."""
        return ordered(closeness(query, self.centroids, "euclid"))

    def search(self, query: Floats, count: int, probes: int, leave_out: int = -1) -> tuple[Rows, int]:
        """Rows of the nearest that are found in `probes` cells, and how many vectors were compared on the way.

        Centroids count as vectors. Of equals the earlier comes first.
        """
        read = np.flatnonzero(np.isin(self.cell, self.cells(query)[:probes]))
        found = read[ordered(closeness(query, self.vectors[read], "euclid"))] if len(read) else read
        return found[found != leave_out][:count], len(self.centroids) + len(read)


def build(vectors: Floats, seed: int, cells: int = 0) -> InvertedFile:
    """Sort vectors into cells: √N of them, where nothing else is said."""
    centroids = centroids_of(vectors, cells or round(len(vectors) ** 0.5), seed)
    return InvertedFile(centroids, assigned(vectors, centroids), vectors)


def effort(index: InvertedFile, queries: Rows, true: Rows) -> tuple[Floats, Floats]:
    """Recall of true neighbours, and the share of vectors that are compared, with 1, 2, … C cells.

    Parameters
    ----------
    queries
        Rows of the gallery, ``(Q,)``.
    true
        Their exact neighbours, ``(Q, k)``.

    Returns
    -------
    recall, compared
        ``(C,)`` each; centroids count as vectors, so `compared` may pass 1.
    """
    count, size = len(index.centroids), np.bincount(index.cell, minlength=len(index.centroids))
    found, read = np.zeros(count), np.zeros(count)
    for row, wanted in zip(queries.tolist(), true, strict=True):
        order = index.cells(index.vectors[row])
        place = np.empty(count, np.int64)
        place[order] = np.arange(count)
        found += np.cumsum(np.bincount(place[index.cell[wanted]], minlength=count))
        read += np.cumsum(size[order])
    return found / true.size, (read / len(queries) + count) / len(index.vectors)
