"""Nets that learn distances: two numbers for each picture, such that pictures of one class lie close together.

The two numbers are the embedding itself, and nothing is projected: what a map of them shows is what was learnt. A loss
on pairs or triplets says nothing about where a class should lie, only who should be near whom; one with a classifier
says in which direction.

References
----------
Hadsell, Chopra, LeCun. *Dimensionality reduction by learning an invariant mapping.* CVPR 2006.
Schroff, Kalenichenko, Philbin. *FaceNet: a unified embedding for face recognition and clustering.* CVPR 2015.
Hermans, Beyer, Leibe. *In defense of the triplet loss for person re-identification.* arXiv:1703.07737, 2017.
Deng, Guo, Xue, Zafeiriou. *ArcFace: additive angular margin loss for deep face recognition.* CVPR 2019.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from explainer.vision.metrics.components import laid_flat
from explainer.vision.metrics.neighbours import neighbours, own_share
from explainer.vision.training import digits, garments
from explainer.vision.training.examples import Examples, Split
from explainer.vision.training.parts import Adam, scores_of
from explainer.vision.training.recipe import Batches, Loss, Measure, Net, Recipe

TRAIN, SHOWN = 5000, 500  # pictures that are learnt from, and that are only laid out
EACH = 8  # pictures of each class in a batch
STEPS, EVERY, RATE = 420, 20, 0.003
NEAR = 10  # neighbours that are counted
MARGIN = 1.0
TINY = 1e-12


class Embedder(nn.Module):
    """Three convolutions and two linear layers, ``(B, 1, S, S)`` to ``(B, 2)``; `head` is a classifier of those."""

    def __init__(self, side: int, classes: int) -> None:
        super().__init__()
        strides = (2, 2, 2) if side > 8 else (1, 2, 2)
        channels = (1, 16, 32, 32)
        self.convs = nn.ModuleList(
            nn.Conv2d(channels[i], channels[i + 1], 3, stride, 1) for i, stride in enumerate(strides)
        )
        for stride in strides:
            side = -(-side // stride)
        self.hidden = nn.Linear(32 * side * side, 64)
        self.out = nn.Linear(64, 2)
        self.head = nn.Parameter(torch.randn(classes, 2))

    def forward(self, x: Tensor) -> Tensor:
        """Return the embedding ``(B, 2)``."""
        for conv in self.convs:
            x = conv(x).relu()
        found: Tensor = self.out(self.hidden(x.flatten(1)).relu())
        return found


@dataclass(frozen=True)
class MetricNet(Net):
    """An `Embedder` for pictures of a side, with torch's own starting weights."""

    side: int
    classes: int = 10

    def module(self) -> nn.Module:
        """Build it."""
        return Embedder(self.side, self.classes)


@dataclass(frozen=True)
class Triplet(Loss):
    """Mean of ``max(0, d(a, p) − d(a, n) + m)`` over the triplets of a batch that are not right yet (Schroff 2015).

    Parameters
    ----------
    margin
        m, by how much the picture n of another class has to be farther from a than p of the same class.
    hardest
        Only the farthest p and the nearest n of each a (Hermans 2017). With few steps this may collapse: all
        pictures in one point, where the loss is m.
    """

    margin: float = MARGIN
    hardest: bool = False

    def __call__(self, net: nn.Module, images: Tensor, labels: Tensor, rng: torch.Generator) -> Tensor:
        """Ask the net once."""
        del rng
        d, same, self_ = _pairs(net(images), labels)
        if self.hardest:
            worst = d.masked_fill(~same, -torch.inf).amax(1) - d.masked_fill(same, torch.inf).amin(1)
            return F.relu(worst + self.margin).mean()
        triplets = (same & ~self_)[:, :, None] & ~same[:, None, :]
        short = F.relu(d[:, :, None] - d[:, None, :] + self.margin)[triplets]
        return short.sum() / (short > 0).sum().clamp(min=1)


@dataclass(frozen=True)
class Contrastive(Loss):
    """``d²`` of pairs of one class plus ``max(0, 2m − d)²`` of the others, each on average (Hadsell 2006)."""

    margin: float = MARGIN

    def __call__(self, net: nn.Module, images: Tensor, labels: Tensor, rng: torch.Generator) -> Tensor:
        """Ask the net once."""
        del rng
        d, same, self_ = _pairs(net(images), labels)
        return (d[same & ~self_] ** 2).mean() + (F.relu(2 * self.margin - d[~same]) ** 2).mean()


@dataclass(frozen=True)
class Classified(Loss):
    """Cross-entropy of a linear classifier without bias on the embedding.

    Parameters
    ----------
    angle
        ArcFace's margin in radians (Deng 2019): only directions count, and that of the own class's weights has to be
        nearer by so much; without it the classifier is the usual one.
    scale
        Factor on the cosines.
    """

    angle: float | None = None
    scale: float = 16.0

    def __call__(self, net: nn.Module, images: Tensor, labels: Tensor, rng: torch.Generator) -> Tensor:
        """Ask the net once."""
        del rng
        weights = net.get_parameter("head")
        if self.angle is None:
            return F.cross_entropy(net(images) @ weights.T, labels)
        cosine = (F.normalize(net(images)) @ F.normalize(weights).T).clamp(-1 + 1e-6, 1 - 1e-6)
        own = F.one_hot(labels, len(weights)).bool()
        return F.cross_entropy(self.scale * torch.where(own, (cosine.acos() + self.angle).cos(), cosine), labels)


def _pairs(xy: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Distances ``(B, B)``, whether two are of one class, and whether they are the same picture."""
    squared = (xy[:, None] - xy[None]).square().sum(2)
    return (squared + TINY).sqrt(), labels[:, None] == labels[None], torch.eye(len(xy), device=xy.device).bool()


LOSSES: Mapping[str, Loss] = {
    "triplet": Triplet(), "hardest": Triplet(hardest=True), "contrastive": Contrastive(),
    "softmax": Classified(), "arcface": Classified(angle=0.3),
}  # fmt: skip


@dataclass(frozen=True)
class OfEach(Batches):
    """`EACH` pictures of each class in a batch, so that each has others of its class to be near to."""

    def epochs(self, labels: NDArray[Any], seed: int, first: int) -> Iterator[NDArray[np.int64]]:
        """Shuffle each class, and deal the classes out in turn."""
        held = [np.flatnonzero(labels == one) for one in np.unique(labels)]
        each = min(len(one) for one in held) // EACH * EACH
        for epoch in count(first):
            rng = np.random.default_rng([seed, 2, epoch])
            rows = np.stack([rng.permutation(one)[:each] for one in held])
            yield rows.reshape(len(held), -1, EACH).swapaxes(0, 1).ravel()

    def length(self, labels: NDArray[Any]) -> int:
        """How many rows an epoch has."""
        counts = np.unique(labels, return_counts=True)[1]
        return int(len(counts) * (counts.min() // EACH * EACH))


@dataclass(frozen=True)
class Embedded(Measure):
    """``xy (N, 2)``: where the net puts the test pictures."""

    def __call__(self, net: nn.Module, data: Split) -> Mapping[str, NDArray[np.float64] | float]:
        """Ask about all of them."""
        return {"xy": scores_of(net, data.test).cpu().double().numpy()}


def recipe(data: str, loss: str, seed: int) -> Recipe:
    """Return the recipe of a net for ``"garments"`` or ``"digits"`` with one of `LOSSES`."""
    train, test = (garments if data == "garments" else digits).split()
    split = Split(train.first(min(TRAIN, len(train))), test.first(min(SHOWN, len(test))))
    return Recipe(
        split, MetricNet(train.side), LOSSES[loss], Adam(RATE), STEPS, batches=OfEach(10 * EACH),
        measures=(Embedded(),), seed=seed, every=EVERY,
    )  # fmt: skip


# What a map is worth ------------------------------------------------------------------------------------


def flat(examples: Examples) -> NDArray[np.float64]:
    """Pictures as vectors of their pixels, ``(N, S²)``."""
    return examples.images.reshape(len(examples), -1).astype(np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """Pictures as points.

    Parameters
    ----------
    xy
        Where a map shows each, ``(N, 2)``.
    near
        Its nearest others in the space itself, ``(N, 10)``.
    share
        Share of those that are of its class, ``(N,)``.
    variance
        Share of the variance that the map shows, 0…1.
    """

    xy: NDArray[np.float64]
    near: NDArray[np.intp]
    share: NDArray[np.float64]
    variance: float = 1.0


def by_pixels(examples: Examples) -> Space:
    """Every pixel is a direction; the map shows the first two principal components."""
    vectors = flat(examples)
    xy, variance = laid_flat(vectors)
    near = neighbours(vectors, NEAR)
    return Space(xy, near, own_share(near, examples.labels), variance)


def as_drawn(xy: NDArray[np.float64], labels: NDArray[np.int64]) -> Space:
    """The map is the space itself."""
    near = neighbours(xy, NEAR)
    return Space(xy, near, own_share(near, labels))
