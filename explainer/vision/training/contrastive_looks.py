"""What an embedding looks like while it is learnt: similarities, alignment and uniformity, spread and spectrum.

For unit vectors u of embeddings, and pairs (u, u') of two views of one picture (Wang, Isola 2020):

    alignment = mean |u − u'|²          0 where both views are always the same point
    uniformity = log mean exp(−2 |u_i − u_j|²) over i ≠ j          0 in one point; the lower, the more even

The spread is the standard deviation of each number of u, times √D: 1 where vectors point everywhere, 0 where all are
the same (Chen, He 2021 watch it for collapse). The effective number of dimensions is ``exp H`` of the shares that the
covariance's eigenvalues have of their sum (Roy, Vetterli 2007).

References
----------
Wang, Isola. *Understanding contrastive representation learning through alignment and uniformity on the hypersphere.*
ICML 2020.
Chen, He. *Exploring simple siamese representation learning.* CVPR 2021.
Roy, Vetterli. *The effective rank: a measure of effective dimensionality.* EUSIPCO 2007.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from explainer.vision.training.examples import Examples, Split
from explainer.vision.training.recipe import Measure
from explainer.vision.training.views import views

EACH, VIEWS = 2, 4  # pictures of a class in the batch that is shown, and views of each
MEASURED = 250  # test pictures that alignment and the others are measured on
SHARPNESS = 2.0  # t of uniformity, as in the paper
TINY = 1e-12
SEED = 36  # views that are measured on stay the same from mark to mark

Floats = NDArray[np.float64]


def shown_rows(labels: NDArray[np.integer]) -> NDArray[np.int64]:
    """Rows of the first two pictures of each class, class by class."""
    return np.concatenate([np.flatnonzero(labels == one)[:EACH] for one in np.unique(labels)])


def shown_views(test: Examples, strength: float) -> NDArray[np.float32]:
    """Views of the batch that is shown, ``(10 · 2 · 4, S, S)``: those of one picture follow one another."""
    images = torch.from_numpy(test.images[shown_rows(test.labels)])[:, None].repeat_interleave(VIEWS, 0)
    return np.asarray(views(images, strength, torch.Generator().manual_seed(SEED))[:, 0].numpy())


def measured_views(test: Examples, strength: float) -> Tensor:
    """Two views of each of the first test pictures, ``(2N, 1, S, S)``."""
    images, rng = torch.from_numpy(test.images[:MEASURED])[:, None], torch.Generator().manual_seed(SEED + 1)
    return torch.cat([views(images, strength, rng) for _ in range(2)])


@dataclass(frozen=True)
class Looked(Measure):
    """``z (80, D)`` of the views that are shown, ``alignment``, ``uniformity``, ``spread`` and ``sizes (D,)``."""

    strength: float = 1.0

    def __call__(self, net: nn.Module, data: Split) -> Mapping[str, Floats | float]:
        """Ask about the same views of test pictures each time."""
        device = next(net.parameters()).device
        shown = torch.from_numpy(shown_views(data.test, self.strength))[:, None]
        z = net(shown.to(device)).cpu().double()
        one, other = unit(net(measured_views(data.test, self.strength).to(device)).cpu().double()).chunk(2)
        return {
            "z": z.numpy(), "alignment": alignment(one, other), "uniformity": uniformity(one),
            "spread": spread_of(one), "sizes": sizes(one),
        }  # fmt: skip


def unit(z: Tensor) -> Tensor:
    """Embeddings at length 1."""
    return F.normalize(z, eps=TINY)


def similarity(z: Floats) -> Floats:
    """Cosine of every two embeddings ``(N, D)``: ``(N, N)`` in −1…1."""
    u = z / np.maximum(np.linalg.norm(z, axis=1, keepdims=True), TINY)
    return np.asarray(u @ u.T)


def alignment(one: Tensor, other: Tensor) -> float:
    """Mean squared distance of the two views of each picture, 0…4; unit vectors ``(N, D)``."""
    return float((one - other).square().sum(1).mean())


def uniformity(u: Tensor) -> float:
    """Logarithm of the mean Gaussian potential of every two, −8…0; unit vectors ``(N, D)``."""
    squared = torch.pdist(u).square()
    return float(torch.exp(-SHARPNESS * squared).mean().log())


def spread_of(u: Tensor) -> float:
    """Standard deviation of each number times √D, on average: about 1 all over the sphere, 0 in one point."""
    return float(u.std(0, correction=0).mean() * u.shape[1] ** 0.5)


def sizes(u: Tensor) -> Floats:
    """Eigenvalues of the covariance, largest first, ``(D,)``; they add up to the variance, at most 1."""
    found = torch.linalg.eigvalsh(torch.cov(u.T, correction=0)).flip(0).clamp(min=0)
    return np.asarray(found.numpy())


def dimensions(found: Floats) -> float:
    """Effective number of dimensions of eigenvalues ``(D,)``, 1…D."""
    shares = found / max(float(found.sum()), TINY)
    shares = shares[shares > 0]
    return float(np.exp(-(shares * np.log(shares)).sum()))


def closeness(similar: Floats) -> tuple[float, float]:
    """Mean cosine of two views of one picture, and of views of different pictures, in the batch that is shown."""
    picture = np.arange(len(similar)) // VIEWS
    own, other = picture[:, None] == picture, picture[:, None] != picture
    np.fill_diagonal(own, val=False)
    return float(similar[own].mean()), float(similar[other].mean())
