"""How far a map keeps the neighbours that its points have in the space.

References
----------
Venna, Kaski. *Neighborhood preservation in nonlinear projection methods: an experimental study.* ICANN 2001.
Kaski et al. *Trustworthiness and metrics in visualizing similarity of gene expression.* BMC Bioinformatics 4:48, 2003.
"""

import numpy as np
from numpy.typing import NDArray

from explainer.vision.metrics.neighbours import Rows


def trustworthiness(true: Rows, shown: Rows, k: int) -> float:
    """``1 − 2 / (N k (2N − 3k − 1)) · Σ_i Σ_j max(0, r_ij − k)`` over the k nearest j of each i on the map; 0…1.

    Where true and shown are swapped this is the *continuity*: what of the true neighbours the map tears apart.

    Parameters
    ----------
    true
        All others of each point in the space, nearest first, ``(N, N − 1)``; ``r_ij`` is j's place there, from 1.
    shown
        The same on the map, k or more of each.
    k
        Neighbours that count, less than N / 2.
    """
    count = len(true)
    place = np.empty((count, count), np.int64)
    place[np.arange(count)[:, None], true] = np.arange(1, count)
    late = np.maximum(np.take_along_axis(place, shown[:, :k], 1) - k, 0).sum()
    return float(1 - 2 * late / (count * k * (2 * count - 3 * k - 1)))


def kept_share(true: Rows, shown: Rows, k: int) -> NDArray[np.float64]:
    """Share of each point's k true neighbours that are among its k nearest on the map too, ``(N,)``."""
    both = true[:, :k, None] == shown[:, None, :k]
    return np.asarray(both.any(2).mean(1))
