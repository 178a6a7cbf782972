"""Deletion and insertion: how a score falls while pixels go, and returns while they come back.

Petsiuk, Das and Saenko 2018 (RISE). Two things differ from that protocol, so that curves of different maps
may be compared. Both use the same stand-in for a removed pixel, hence both run between the same two pictures;
for a score that is a sum over pixels the two add up to a constant. And the order of removal is taken at the
picture's resolution from maps that were all enlarged in the same way: scattered single pixels destroy a
picture for any network, which is why raw deletion scores rank random noise above Grad-CAM.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import interpolate

Score = Callable[[Tensor], Tensor]


@dataclass(frozen=True, slots=True, eq=False)
class FaithfulnessCurves:
    """Score of the class while pixels go (deletion) and come (insertion).

    Parameters
    ----------
    fractions
        ``(N,)``, 0…1: share of the pixels that were removed, or put back.
    deletion, insertion
        ``(N,)``: score at each fraction.
    """

    fractions: NDArray[np.float64]
    deletion: NDArray[np.float64]
    insertion: NDArray[np.float64]

    @property
    def deletion_auc(self) -> float:
        """Area under the deletion curve; low means that what was removed first mattered."""
        return area(self.fractions, self.deletion)

    @property
    def insertion_auc(self) -> float:
        """Area under the insertion curve; high means that what came first was enough."""
        return area(self.fractions, self.insertion)

    @property
    def gap(self) -> float:
        """Insertion minus deletion: unlike each alone, it does not reward mere damage."""
        return self.insertion_auc - self.deletion_auc


def area(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Area under straight lines through the points (trapezoids), divided by the width of `x`."""
    return float(np.sum((y[1:] + y[:-1]) * np.diff(x)) / (2.0 * (x[-1] - x[0])))


def mean_curves(curves: list[FaithfulnessCurves]) -> FaithfulnessCurves:
    """Average curves over the same fractions."""
    return FaithfulnessCurves(
        curves[0].fractions,
        np.mean([c.deletion for c in curves], axis=0),
        np.mean([c.insertion for c in curves], axis=0),
    )


def enlarged(values: NDArray[np.float32], size: tuple[int, int]) -> Tensor:
    """Enlarge a map ``(h, w)`` to ``(H, W)`` by bilinear interpolation, as the picture of it is drawn."""
    small = torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32))[None, None]
    if small.shape[-2:] == size:
        return small[0, 0]
    return interpolate(small, size=size, mode="bilinear", align_corners=False)[0, 0]


def removal_ranks(heat: Tensor, tie_break: Tensor | None = None) -> Tensor:
    """Order of removal: 0 for the hottest pixel, towards 1 for the coldest.

    Parameters
    ----------
    heat
        ``(H, W)``.
    tie_break
        ``(H, W)``; orders pixels of equal heat. A map cut off below zero is zero on half of the picture,
        and without it those pixels would go row by row from the top.

    Returns
    -------
    Tensor
        ``(H, W) float32``: position in the order divided by the number of pixels.
    """
    flat = heat.flatten().double()
    if tie_break is None:
        order = torch.argsort(flat, descending=True, stable=True)
    else:
        by_tie = torch.argsort(tie_break.flatten(), descending=True, stable=True)
        order = by_tie[torch.argsort(flat[by_tie], descending=True, stable=True)]
    ranks = torch.empty(flat.numel(), dtype=torch.float32, device=heat.device)
    ranks[order] = torch.arange(flat.numel(), dtype=torch.float32, device=heat.device) / flat.numel()
    return ranks.view_as(heat)


def fractions(steps: int) -> NDArray[np.float64]:
    """`steps` + 1 shares from 0 to 1."""
    return np.linspace(0.0, 1.0, steps + 1)


def faithfulness_curves(
    score: Score,
    x: Tensor,
    baseline: Tensor,
    ranks: Tensor,
    *,
    ends: tuple[float, float],
    steps: int = 15,
    batch: int = 7,
    checkpoint: Callable[[], None] = lambda: None,
) -> FaithfulnessCurves:
    """Score the picture with more and more of it removed, and with more and more of it put back.

    Parameters
    ----------
    score
        ``(B, 3, H, W)`` → ``(B,)``: score of the class, on the device of `x`, without a graph.
    x, baseline
        ``(1, 3, H, W)``: the picture, and what a removed pixel shows instead.
    ranks
        ``(H, W)``: `removal_ranks`.
    ends
        Score of `x` and score of `baseline`. Every map shares them, so they are computed once.
    steps
        Number of intervals; ``2 (steps − 1)`` pictures are scored.
    checkpoint
        Called before each batch.
    """
    shares = fractions(steps)
    pictures = _pictures(x, baseline, ranks.to(x.device), shares[1:-1])
    inner = np.array(list(_scored(score, pictures, batch, checkpoint)))
    whole, bare = ends
    deletion = np.concatenate([[whole], inner[: steps - 1], [bare]])
    insertion = np.concatenate([[bare], inner[steps - 1 :], [whole]])
    return FaithfulnessCurves(shares, deletion, insertion)


def _pictures(x: Tensor, baseline: Tensor, ranks: Tensor, shares: NDArray[np.float64]) -> Iterator[Tensor]:
    """All deletion pictures ``(1, 3, H, W)``, then all insertion pictures."""
    for share in shares:
        yield torch.where(ranks < float(share), baseline, x)
    for share in shares:
        yield torch.where(ranks < float(share), x, baseline)


def _scored(score: Score, pictures: Iterator[Tensor], batch: int, checkpoint: Callable[[], None]) -> Iterator[float]:
    waiting: list[Tensor] = []
    for picture in pictures:
        waiting.append(picture)
        if len(waiting) == batch:
            yield from _score_batch(score, waiting, checkpoint)
            waiting = []
    if waiting:
        yield from _score_batch(score, waiting, checkpoint)


def _score_batch(score: Score, pictures: list[Tensor], checkpoint: Callable[[], None]) -> list[float]:
    checkpoint()
    together = torch.cat(pictures)  # (B, 3, H, W)
    if pictures[0].is_contiguous(memory_format=torch.channels_last):
        together = together.contiguous(memory_format=torch.channels_last)
    return [float(value) for value in score(together).double().cpu()]
