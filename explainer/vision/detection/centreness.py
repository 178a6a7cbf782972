"""Which cells an anchor-free detector would teach about a box, as FCOS has it (Tian et al. 2019).

A cell learns a box if its centre lies inside it and the box suits its level: with distances l, t, r, b from the
centre to the sides, max(l, t, r, b) must lie between the level's limits. Cells near the edge learn it too, but
their centre-ness √(min(l, r) / max(l, r) · min(t, b) / max(t, b)) is small, and FCOS multiplies the score with it.
"""

import numpy as np
from numpy.typing import NDArray

LIMITS = (0.0, 64.0, 128.0, np.inf)  # px, of three levels with strides 8, 16 and 32


def sides(centres: NDArray[np.float64], box: NDArray[np.float64]) -> NDArray[np.float64]:
    """Signed distances ``(N, 4)`` from centres ``(N, 2)`` to left, top, right, bottom of a box ``(4,)``."""
    return np.concatenate([centres - box[:2], box[2:] - centres], 1)


def centreness(centres: NDArray[np.float64], box: NDArray[np.float64]) -> NDArray[np.float64]:
    """Centre-ness of each centre in [0, 1]: 1 in the middle of the box, 0 on its edge and outside."""
    away = sides(centres, box)
    inside = (away > 0).all(1)
    across, down = (np.sort(away[:, pair], 1) for pair in ([0, 2], [1, 3]))
    top, bottom = across[:, 0] * down[:, 0], across[:, 1] * down[:, 1]
    return np.sqrt(np.divide(top, bottom, out=np.zeros_like(top), where=inside & (bottom > 0)))


def taught(centres: NDArray[np.float64], box: NDArray[np.float64], limits: tuple[float, float]) -> NDArray[np.bool_]:
    """Whether each cell of a level with these limits, in input pixels, would learn the box: ``(N,)``."""
    away = sides(centres, box)
    furthest = away.max(1)
    return np.asarray((away > 0).all(1) & (furthest > limits[0]) & (furthest <= limits[1]))
