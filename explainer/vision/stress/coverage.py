"""How a class's score falls while more and more of the picture is covered.

Which pixels go first decides the curve: chance, from the middle outwards, or as a map of the network's own
says. `coverage_curve` takes any order; `coverage_curves` runs the whole battery for one network and picture.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from explainer.core.frame import Frame
from explainer.core.geometry import PointXY
from explainer.vision.attribution.cam import class_map
from explainer.vision.attribution.controls import order_of_removal
from explainer.vision.metrics.curves import area, removal_ranks
from explainer.vision.stress.occluders import MIDDLE, Fill, stand_in

Order = Literal["random", "centre-out", "most-first", "least-first"]
Heat = NDArray[np.float32]
ORDERS: tuple[Order, ...] = ("random", "centre-out", "most-first", "least-first")
CPU_BATCH, GPU_BATCH = 7, 32
CELLS = 14  # blocks along a side that go one after the other in random order
STEPS, DRAWS = 10, 3


@dataclass(frozen=True, slots=True, eq=False)
class Coverage:
    """One curve.

    Parameters
    ----------
    shares
        ``(N,)``, 0…1: share of the pixels that are covered.
    scores
        ``(N,)``: probability of the class.
    kept
        ``(N,)``: 1 where the best class is the one that was best with nothing covered, else 0; a mean over draws.
    best, best_scores
        ``(N,)``: the best class and its probability, of the first draw.
    """

    shares: NDArray[np.float64]
    scores: NDArray[np.float64]
    kept: NDArray[np.float64]
    best: NDArray[np.int64]
    best_scores: NDArray[np.float64]

    @property
    def area(self) -> float:
        """Mean height of the curve, 0…1: how much of its score a class keeps on the way."""
        return area(self.shares, self.scores)

    @property
    def flip_share(self) -> float | None:
        """Least share tried at which the answer is another (in most draws); ``None`` if it never is."""
        lost = np.flatnonzero(self.kept < 0.5)
        return float(self.shares[lost[0]]) if lost.size else None


# Orders -------------------------------------------------------------------------------------------------


def random_order(side: int, seed: int, cells: int = CELLS) -> Tensor:
    """Blocks in random order, ``(S, S) float32``: a pixel is covered once the share exceeds its number.

    Single pixels would be noise and no occlusion, so `cells` × `cells` blocks go as a whole.
    """
    drawn = np.random.default_rng(seed).permutation(cells * cells).reshape(cells, cells)
    index = np.arange(side) * cells // side
    return removal_ranks(torch.from_numpy(drawn[np.ix_(index, index)].astype(np.float32)))


def centre_out_order(side: int) -> Tensor:
    """The middle first, in growing discs, ``(S, S) float32``."""
    away = np.arange(side) + 0.5 - side / 2
    return removal_ranks(torch.from_numpy(-np.hypot(away[:, None], away[None, :])))


def map_order(heat: Heat, x: Tensor, seed: int, *, least_first: bool = False) -> Tensor:
    """Order by a map ``(h, w)`` over the input `x` ``(1, 3, S, S)``: highest first, or lowest first.

    Cells of equal value go in random order, else a map with many zeros would be covered row by row.
    """
    return order_of_removal(-heat if least_first else heat, x, seed)


# Curves -------------------------------------------------------------------------------------------------


def coverage_curve(
    net: nn.Module,
    x: Tensor,
    instead: Tensor,
    order: Tensor,
    class_index: int,
    *,
    steps: int = STEPS,
    ends: NDArray[np.float64] | None = None,
    batch: int = 0,
    checkpoint: Callable[[], None] = lambda: None,
) -> Coverage:
    """Cover `steps` growing shares of a picture and ask the network each time.

    Parameters
    ----------
    net
        ``(B, 3, S, S)`` → logits ``(B, K)``.
    x, instead
        ``(1, 3, S, S)``: the picture, and what a covered pixel shows.
    order
        ``(S, S)``: at share s the pixels with a number below s are covered.
    class_index
        Whose probability is watched.
    ends
        Probabilities ``(2, K)`` of `x` and of `instead` (`end_answers`), which all orders share.
    batch
        Pictures that go through together; 0 takes what was fastest on such a device.
    """
    shares = np.arange(steps + 1) / steps
    ranks = order.to(x.device)
    size = batch or (CPU_BATCH if x.device.type == "cpu" else GPU_BATCH)
    whole, bare = end_answers(net, x, instead) if ends is None else ends
    found = [whole[None]]
    for first in range(1, steps, size):
        checkpoint()
        group = [torch.where(ranks < float(share), instead, x) for share in shares[first : min(first + size, steps)]]
        found.append(_answers(net, torch.cat(group)))
    rows = np.concatenate([*found, bare[None]])
    best = rows.argmax(axis=1)
    return Coverage(
        shares, rows[:, class_index], (best == best[0]).astype(np.float64), best, rows[np.arange(len(rows)), best]
    )  # fmt: skip


def end_answers(net: nn.Module, x: Tensor, instead: Tensor) -> NDArray[np.float64]:
    """Probabilities ``(2, K)`` of the whole picture and of the wholly covered one."""
    return _answers(net, torch.cat([x, instead]))


def _answers(net: nn.Module, batch: Tensor) -> NDArray[np.float64]:
    with torch.no_grad():
        logits = net(batch.contiguous(memory_format=torch.channels_last))
    return np.asarray(logits.double().softmax(dim=1).cpu().numpy())


def mean_coverage(curves: Sequence[Coverage]) -> Coverage:
    """Average curves over the same shares."""
    first = curves[0]
    scores, kept = (np.mean([getattr(c, name) for c in curves], axis=0) for name in ("scores", "kept"))
    return Coverage(first.shares, scores, kept, first.best, first.best_scores)


def orders_of(order: Order, x: Tensor, guide: Heat | None, *, draws: int = DRAWS, seed: int = 0) -> list[Tensor]:
    """Return the numbering of pixels for one kind of order, several for the random one.

    Parameters
    ----------
    guide
        Map ``(h, w)`` for the two guided orders.

    Raises
    ------
    ValueError
        If a guided order has no map.
    """
    side = int(x.shape[-1])
    if order == "random":
        return [random_order(side, seed + n) for n in range(draws)]
    if order == "centre-out":
        return [centre_out_order(side)]
    if guide is None:
        raise ValueError(f"the order {order} needs a map")
    return [map_order(guide, x, seed, least_first=order == "least-first")]


def coverage_curves(
    net: Any,
    frame: Frame,
    *,
    fill: Fill = "grey",
    orders: Sequence[Order] = ORDERS,
    class_index: int | None = None,
    spot: PointXY = MIDDLE,
    steps: int = STEPS,
    draws: int = DRAWS,
    seed: int = 0,
    checkpoint: Callable[[], None] = lambda: None,
) -> Iterator[tuple[Order, Coverage]]:
    """Run one network over one picture in every order; a curve as soon as it is known.

    The guided orders follow the network's own Grad-CAM of the class at its last layer.

    Parameters
    ----------
    net
        A lent `explainer.vision.zoo.classifier.Classifier`.
    class_index
        Whose probability is watched; the answer to the whole picture by default.
    """
    x = net.prepare(frame).tensor
    instead = net.prepare(Frame(stand_in(frame.pixels, fill, seed=seed, spot=spot))).tensor
    ends = end_answers(net.network(), x, instead)
    if class_index is None:
        class_index = int(ends[0].argmax())
    guided = any(order in ("most-first", "least-first") for order in orders)
    guide = guide_map(net, x, class_index) if guided else None
    for order in orders:
        yield (
            order,
            mean_coverage(
                [
                    coverage_curve(
                        net.network(), x, instead, ranks, class_index, steps=steps, ends=ends, checkpoint=checkpoint
                    )
                    for ranks in orders_of(order, x, guide, draws=draws, seed=seed)
                ]
            ),
        )


def guide_map(net: Any, x: Tensor, class_index: int) -> Heat:
    """Grad-CAM ``(h, w)`` of a class at the network's last layer; zeros where there is none."""
    split = net.split(x, "last")
    found = class_map(split.activation, split.gradient(class_index), "grad-cam").values
    return np.nan_to_num(np.asarray(found, np.float32))
