"""Which points are unusual: by their error, by how few random cuts isolate them, or by how empty it is round them.

An *isolation forest* cuts the points at random until each is alone; few cuts mean an outlier. The *local outlier
factor* compares the density round a point with that round its neighbours; it is about 1 inside any cluster, however
dense. Neither knows what is right: outliers that keep together are normal to both.

References
----------
Liu, Ting, Zhou. *Isolation forest.* ICDM 2008.
Breunig, Kriegel, Ng, Sander. *LOF: identifying density-based local outliers.* SIGMOD 2000.
"""

import numpy as np
from numpy.typing import NDArray

METHODS = ("error", "forest", "lof")
NEIGHBOURS, TREES = 20, 100


def unusual(points: NDArray[np.float64], method: str, seed: int) -> NDArray[np.float64]:
    """How unusual each point is, ``(N,)``; higher is more so.

    Parameters
    ----------
    points
        ``(N, 2)``: what was said, and what was given.
    method
        ``"error"``: ``|given − said|``. ``"forest"``: the isolation forest's score, 0…1. ``"lof"``: the local outlier
        factor over 20 neighbours.
    seed
        Of the forest's cuts.
    """
    if method == "error":
        return np.asarray(np.abs(points[:, 1] - points[:, 0]))
    if method == "forest":
        from sklearn.ensemble import IsolationForest  # loads a second of scipy

        return np.asarray(-IsolationForest(n_estimators=TREES, random_state=seed).fit(points).score_samples(points))
    from sklearn.neighbors import LocalOutlierFactor

    return np.asarray(-LocalOutlierFactor(n_neighbors=NEIGHBOURS).fit(points).negative_outlier_factor_)


def most(scores: NDArray[np.float64], count: int) -> NDArray[np.bool_]:
    """The `count` highest scores, ``(N,)``; of equals the earlier ones."""
    found = np.zeros(len(scores), np.bool_)
    found[np.argsort(-scores, kind="stable")[:count]] = True
    return found


def flags(points: NDArray[np.float64], count: int, seed: int) -> dict[str, NDArray[np.bool_]]:
    """The `count` most unusual points by each method, ``(N,)`` each."""
    return {method: most(unusual(points, method, seed), count) for method in METHODS}


def share(wrong: NDArray[np.bool_], flagged: NDArray[np.bool_]) -> float | None:
    """Percent of the flagged ones that are wrong, where any is flagged."""
    return 100 * float(wrong[flagged].mean()) if flagged.any() else None
