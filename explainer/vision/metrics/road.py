"""ROAD: remove pixels and *debias*, that is, fill the holes so smoothly that they leak no shape.

Rong et al. 2022: a removed pixel becomes the weighted mean of its eight neighbours, 1/6 for those that share a
side and 1/12 for those that share a corner, plus a little noise. Neighbours may be removed as well, so the
values follow from one sparse linear system for each picture, which SciPy solves directly.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import splu
from torch import Tensor

NOISE = 0.01  # standard deviation in normalised units, as in the authors' code
SHARES = (0.2, 0.4, 0.6, 0.8)
SIDE, CORNER = 1 / 6, 1 / 12  # weights of neighbours

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Road:
    """Scores with so much removed.

    Parameters
    ----------
    shares
        ``(N,)``: share of the pixels that were removed.
    most_first, least_first
        ``(N,)``: score after the hottest, and after the coldest pixels went.
    """

    shares: NDArray[np.float64]
    most_first: NDArray[np.float64]
    least_first: NDArray[np.float64]

    @property
    def gap(self) -> float:
        """Mean of *least first* minus *most first*: high when the map tells needed pixels from others."""
        return float(np.mean(self.least_first - self.most_first))


def road(
    score: Callable[[Tensor], Tensor],
    x: Tensor,
    ranks: Tensor,
    *,
    shares: tuple[float, ...] = SHARES,
    noise: float = NOISE,
    seed: int = 0,
    checkpoint: Callable[[], None] = lambda: None,
) -> Road:
    """Score a picture whose hottest, and whose coldest, pixels were filled in.

    Parameters
    ----------
    score
        ``(B, 3, S, S)`` → ``(B,)``.
    ranks
        ``(S, S)``, 0 for the hottest pixel towards 1: `removal_ranks`.
    """
    ranks = ranks.to(x.device)
    holes = torch.stack([*(ranks < s for s in shares), *(ranks >= 1.0 - s for s in shares)])
    filled = impute(x, holes, noise=noise, seed=seed, checkpoint=checkpoint)
    if x.is_contiguous(memory_format=torch.channels_last):
        filled = filled.contiguous(memory_format=torch.channels_last)
    checkpoint()
    found = score(filled).double().cpu().numpy()
    return Road(np.array(shares), found[: len(shares)], found[len(shares) :])


def impute(
    x: Tensor, holes: Tensor, *, noise: float = NOISE, seed: int = 0, checkpoint: Callable[[], None] = lambda: None
) -> Tensor:
    """Fill holes by noisy linear imputation.

    Parameters
    ----------
    x
        ``(1, 3, H, W)``.
    holes
        ``(B, H, W) bool``: removed pixels; each picture has to keep some.

    Returns
    -------
    Tensor
        ``(B, 3, H, W)``: known pixels as they were.
    """
    height, width = int(x.shape[2]), int(x.shape[3])
    neighbours = _neighbours(height, width)
    known = x[0].detach().double().cpu().numpy().reshape(x.shape[1], -1).T  # (H·W, 3)
    filled = []
    for hole in holes.cpu().numpy().reshape(len(holes), -1):
        checkpoint()
        filled.append(_filled(known, hole, neighbours).T.reshape(x.shape[1:]))
    solved = torch.from_numpy(np.stack(filled)).to(x)
    drawn = torch.randn(solved.shape, generator=torch.Generator().manual_seed(seed), dtype=x.dtype).to(x.device)
    return torch.where(holes[:, None].to(x.device), solved + noise * drawn, x)


def _filled(pixels: Floats, hole: NDArray[np.bool_], neighbours: Any) -> Floats:
    """Solve ``(D − W) u = W x_known`` over the holes; ``D`` is the weight of the neighbours that exist."""
    inside, outside = np.flatnonzero(hole), np.flatnonzero(~hole)
    if not inside.size:
        return pixels
    rows = neighbours[inside]
    there = np.asarray(rows.sum(axis=1)).ravel()
    system = (sparse.diags(there) - rows[:, inside]).tocsc()
    # Symmetric and diagonally dominant: no pivoting is needed, and an ordering for symmetry is the fast one.
    factors = splu(system, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
    out = pixels.copy()
    out[inside] = factors.solve(rows[:, outside] @ pixels[outside])
    return out


def _neighbours(height: int, width: int) -> Any:
    """Sparse matrix ``(H·W, H·W)`` of the weight that each pixel gives to each of its neighbours."""
    number = np.arange(height * width).reshape(height, width)
    pairs = (
        (number[:, :-1], number[:, 1:], SIDE),
        (number[:-1], number[1:], SIDE),
        (number[:-1, :-1], number[1:, 1:], CORNER),
        (number[:-1, 1:], number[1:, :-1], CORNER),
    )
    one, other, weights = (
        np.concatenate([p[0].ravel() for p in pairs]),
        np.concatenate([p[1].ravel() for p in pairs]),
        np.concatenate([np.full(p[0].size, p[2]) for p in pairs]),
    )
    half = sparse.coo_matrix((weights, (one, other)), shape=(number.size, number.size)).tocsr()
    return half + half.T
