"""SMOTE: new examples of a rare class, each between one of its examples and one of that one's k nearest of the class.

``x + u (x' − x)`` with u evenly from 0…1. In pixels that is a picture with both digits faintly in it, a ghost; among
the values before a net's last layer it is a point with no picture. A class gets as many as the most frequent one is
ahead of it. One example has no neighbour, and is repeated.

References
----------
Chawla, Bowyer, Hall, Kegelmeyer. *SMOTE: Synthetic minority over-sampling technique.* JAIR 16, 2002.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from explainer.vision.training.examples import Examples, tensors
from explainer.vision.training.recipe import Augment, Loss
from explainer.vision.zoo.digits_net import DigitsNet

NEIGHBOURS = 5


def nearest(points: Tensor, labels: Tensor, k: int = NEIGHBOURS) -> Tensor:
    """Rows of the k nearest of the same class for each of ``points (N, F)``, nearest first, ``(N, k)``; -1: no more."""
    distances = torch.cdist(points, points, compute_mode="donot_use_mm_for_euclid_dist")
    alone = (labels[:, None] != labels) | torch.eye(len(points), dtype=torch.bool, device=points.device)
    found = distances.masked_fill(alone, torch.inf).sort(dim=1, stable=True)
    rows = found.indices.masked_fill(found.values.isinf(), -1)[:, :k]
    return F.pad(rows, (0, k - rows.shape[1]), value=-1)


def between(points: Tensor, first: Tensor, second: Tensor, steps: Tensor) -> Tensor:
    """``x + u (x' − x)`` of rows `first` and `second` of ``points (N, …)``, ``(M, …)``; steps u ``(M,)`` in 0…1."""
    x = points[first]
    return x + steps.reshape(-1, *[1] * (x.dim() - 1)) * (points[second] - x)


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Which of a batch become new examples, and between which rows, all ``(B,)``.

    Parameters
    ----------
    new
        Whether it becomes one. The others of a class keep its share of real examples.
    first
        Row of the example that it starts from.
    rank
        Which of that one's neighbours it goes towards, as a share of how many there are, 0…1.
    steps
        How far it goes, 0…1.
    """

    new: Tensor
    first: Tensor
    rank: Tensor
    steps: Tensor

    def second(self, near: Tensor) -> Tensor:
        """Rows that it goes towards, by the neighbours ``(N, k)`` of all rows; itself where there are none."""
        mine = near[self.first]
        number = (mine >= 0).sum(1)
        which = (self.rank * number).long().clamp(max=mine.shape[1] - 1)
        return torch.where(number > 0, mine.gather(1, which[:, None])[:, 0], self.first)


def drawn(labels: Tensor, known: Tensor, rng: torch.Generator) -> Drawn:
    """Draw for a batch with ``labels (B,)`` in which all classes are as frequent, from examples of ``known (N,)``."""
    counts = torch.bincount(known)
    order, before = known.argsort(stable=True), counts.cumsum(0) - counts
    new, first, rank, steps = torch.rand((4, len(labels)), generator=rng)
    own = counts[labels]
    row = (first * own).long().minimum(own - 1)
    return Drawn(new >= own / counts.max(), order[before[labels] + row], rank, steps)


@lru_cache(maxsize=8)
def by_pixels(train: Examples, k: int) -> Tensor:
    """Neighbours of each example by its pixels, ``(N, k)``."""
    images, labels = tensors(train)
    return nearest(images.flatten(1), labels, k)


@dataclass(frozen=True)
class InPixels(Augment):
    """Balanced batches in which what would be a repetition lies between two pictures of `train`."""

    train: Examples
    k: int = NEIGHBOURS

    def batch(self, images: Tensor, labels: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        """Put new pictures in the place of repetitions."""
        known, classes = tensors(self.train)
        at = drawn(labels, classes, rng)
        mixed = between(known, at.first, at.second(by_pixels(self.train, self.k)), at.steps)
        return torch.where(at.new[:, None, None, None], mixed, images), labels


@dataclass(frozen=True)
class InFeatures(Loss):
    """Cross-entropy of balanced batches in which what would be a repetition lies between two examples' features.

    The features are what the last layer of a `DigitsNet` sees. They move while it learns, so the neighbours are
    looked up at every step.
    """

    train: Examples
    k: int = NEIGHBOURS

    def __call__(self, net: nn.Module, images: Tensor, labels: Tensor, rng: torch.Generator) -> Tensor:
        """Ask the net for the features of the batch, and of all examples that are rare."""
        assert isinstance(net, DigitsNet)
        known, classes = tensors(self.train)
        counts = torch.bincount(classes)
        rare = counts[classes] < counts.max()
        hidden = net.hidden(images)
        at = drawn(labels.cpu(), classes, rng)
        if rare.any():
            row = (rare.cumsum(0) - 1).clamp(min=0)  # of an example among the rare ones
            bank = net.hidden(known[rare].to(images.device))
            near = nearest(bank.detach().cpu(), classes[rare], self.k)
            among = Drawn(at.new, row[at.first], at.rank, at.steps)
            mixed = between(bank, among.first.to(bank.device), among.second(near).to(bank.device), at.steps.to(bank))
            hidden = torch.where(at.new[:, None].to(bank.device), mixed, hidden)
        return F.cross_entropy(net.linear2(hidden), labels)


def levelled(train: Examples, seed: int, k: int = NEIGHBOURS) -> Examples:
    """All examples, and new ones in pixels until each class has as many as the most frequent."""
    images, labels = tensors(train)
    counts = torch.bincount(labels)
    wanted = torch.repeat_interleave(torch.arange(len(counts)), counts.max() - counts)
    at = drawn(wanted, labels, torch.Generator().manual_seed(seed))
    made = between(images[:, 0], at.first, at.second(by_pixels(train, k)), at.steps).numpy()
    both: NDArray[Any] = np.concatenate([train.labels, wanted.numpy()])
    return Examples(np.concatenate([train.images, made]), both, train.names)


def pairs(points: Tensor, labels: NDArray[np.int64], rare: NDArray[np.bool_]) -> NDArray[np.int64]:
    """For each rare class with two examples: its first one, and the last of that one's neighbours, ``(C, 2)`` rows."""
    near = nearest(points, torch.from_numpy(labels)).numpy()
    firsts = [int(np.flatnonzero(labels == one)[0]) for one in np.flatnonzero(rare) if (labels == one).any()]
    found = [(one, near[one][near[one] >= 0][-1]) for one in firsts if near[one, 0] >= 0]
    return np.array(found, np.int64).reshape(-1, 2)
