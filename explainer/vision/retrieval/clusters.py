"""k-means for indices: OpenCV's, seeded, on a sample, with every vector assigned afterwards."""

import cv2
import numpy as np
from numpy.typing import NDArray

from explainer.vision.retrieval.ranking import BLOCK, Floats

TRAIN, ROUNDS = 2000, 15  # vectors that k-means sees, and its iterations: an index needs no more


def centroids_of(vectors: Floats, count: int, seed: int) -> Floats:
    """At most `count` centroids of vectors ``(N, D)``: ``(C, D)``; fewer where fewer vectors differ."""
    rows = np.random.default_rng(seed).permutation(len(vectors))[:TRAIN]
    some = np.ascontiguousarray(vectors[rows], np.float32)
    cells = min(count, len(np.unique(some, axis=0)))
    cv2.setRNGSeed(seed)
    stop = (cv2.TERM_CRITERIA_MAX_ITER, ROUNDS, 0.0)
    centres = cv2.kmeans(some, cells, None, stop, 1, cv2.KMEANS_PP_CENTERS)[2]
    return np.asarray(centres, np.float64)


def assigned(vectors: Floats, centroids: Floats) -> NDArray[np.int64]:
    """The nearest centroid of each vector, ``(N,)``."""
    squares = (centroids**2).sum(1) / 2
    found = [(vectors[n : n + BLOCK] @ centroids.T - squares).argmax(1) for n in range(0, max(len(vectors), 1), BLOCK)]
    return np.concatenate(found)
