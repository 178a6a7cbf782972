"""ROAD: remove pixels and *debias*, that is, fill the holes so smoothly that they leak no shape.

Rong et al. 2022: a removed pixel becomes the weighted mean of its eight neighbours, 1/6 for those that share a
side and 1/12 for those that share a corner, plus a little noise. Neighbours may be removed as well, so the
values follow from one linear system, which here is solved for all pictures at once by conjugate gradients.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import conv2d, interpolate

NOISE = 0.01  # standard deviation in normalised units, as in the authors' code
SHARES = (0.2, 0.4, 0.6, 0.8)
TOLERANCE = 1e-4  # of the residual, relative to the right-hand side
MAX_ROUNDS, ROUNDS_PER_CHECK = 2000, 16
_KERNEL = ((1 / 12, 1 / 6, 1 / 12), (1 / 6, 0.0, 1 / 6), (1 / 12, 1 / 6, 1 / 12))


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
        ``(1, 3, S, S)``.
    holes
        ``(B, S, S) bool``: removed pixels; each picture has to keep some.

    Returns
    -------
    Tensor
        ``(B, 3, S, S)``: known pixels as they were.
    """
    hole = holes[:, None].to(x.dtype)
    solved = _solved(x, hole, checkpoint)
    drawn = torch.randn(solved.shape, generator=torch.Generator().manual_seed(seed), dtype=x.dtype).to(x.device)
    return torch.where(holes[:, None], solved + noise * drawn, x)


def _spread(values: Tensor) -> Tensor:
    """Weighted sum of each pixel's neighbours, ``(B, C, S, S)``; those beyond the edge count as zero."""
    kernel = torch.tensor(_KERNEL, dtype=values.dtype, device=values.device)[None, None]
    flat = values.reshape(-1, 1, *values.shape[2:])
    return conv2d(flat, kernel, padding=1).view_as(values)


def _solved(x: Tensor, hole: Tensor, checkpoint: Callable[[], None]) -> Tensor:
    """Conjugate gradients on ``(D − W) u = W x_known`` over the holes, D the weight of neighbours that exist."""
    inside = _spread(torch.ones_like(hole))
    right = hole * _spread((1.0 - hole) * x)
    guess = hole * _pyramid(x, hole)
    apply = lambda u: hole * (inside * u - _spread(u))  # noqa: E731 (the system's matrix)
    residual = right - apply(guess)
    direction = residual / inside
    fit = _dot(residual, direction)
    goal = TOLERANCE**2 * _dot(right, right / inside).clamp_min(1e-30)
    for number in range(MAX_ROUNDS):
        if number % ROUNDS_PER_CHECK == 0:
            checkpoint()
            if bool((fit <= goal).all()):
                break
        image = apply(direction)
        step = fit / _dot(direction, image).clamp_min(1e-30)
        guess = guess + step * direction
        residual = residual - step * image
        scaled = residual / inside
        new = _dot(residual, scaled)
        direction = scaled + (new / fit.clamp_min(1e-30)) * direction
        fit = new
    return guess


def _dot(a: Tensor, b: Tensor) -> Tensor:
    """Inner product of each picture's channels, ``(B, C, 1, 1)``."""
    return (a * b).sum(dim=(2, 3), keepdim=True)


def _pyramid(x: Tensor, hole: Tensor) -> Tensor:
    """First guess: each hole takes the mean of what is known in the smallest block around it."""
    known = (1.0 - hole).expand(-1, 1, -1, -1)
    size = (x.shape[2], x.shape[3])
    filled, missing = known * x, 1.0 - known
    for block in (2, 4, 8, 16, 32, 64, 128, max(size)):
        cells = (max(1, size[0] // block), max(1, size[1] // block))
        weight = torch.nn.functional.adaptive_avg_pool2d(known, cells)
        total = torch.nn.functional.adaptive_avg_pool2d(known * x, cells)
        mean = interpolate(total / weight.clamp_min(1e-6), size, mode="nearest")
        there = interpolate((weight > 0).to(x.dtype), size, mode="nearest")
        filled = filled + missing * there * mean
        missing = missing * (1.0 - there)
    return filled
