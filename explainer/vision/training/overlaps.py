"""Two digits in one picture, and losses for nets that may name several labels at once.

Each picture has 12 × 12 pixels: one digit in its upper left, one in its lower right, and the maximum of the ink where
they meet. Binary cross-entropy asks of each label by itself whether it holds; softmax cross-entropy makes the labels
share a probability of 1; focal and asymmetric loss are binary and pull less where the net is already right.

References
----------
Lin, Goyal, Girshick, He, Dollár. *Focal loss for dense object detection.* ICCV 2017.
Ridnik, Ben-Baruch, Zamir, Noy, Friedman, Protter, Zelnik-Manor. *Asymmetric loss for multi-label classification.*
ICCV 2021.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from explainer.core.numbers import softmax
from explainer.vision.metrics import labels as of_labels
from explainer.vision.training import digits
from explainer.vision.training.examples import Examples, Split
from explainer.vision.training.fit import Snapshot
from explainer.vision.training.parts import Adam, scores_of
from explainer.vision.training.recipe import Augment, Batches, Loss, Net, Recipe

SIDE, SHIFT = 12, 4
EPOCHS, RATE, BATCH, EVERY = 20, 0.006, 64, 42
VALIDATION = 200  # of the 500 test digits: pictures of them choose thresholds, those of the others are examined
PICTURES = 500
LEAST = 1e-8  # probability below which its logarithm is not taken
LOSSES = ("bce", "softmax", "focal", "asl")
THRESHOLDS = np.linspace(0.0, 1.0, 51).round(2)


# Losses -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Binary(Loss):
    """Mean binary cross-entropy of independent sigmoids."""

    def __call__(self, net: nn.Module, images: Tensor, labels: Tensor, rng: torch.Generator) -> Tensor:
        """Ask the net once."""
        del rng
        return F.binary_cross_entropy_with_logits(net(images), labels)


@dataclass(frozen=True)
class Shared(Loss):
    """Softmax cross-entropy with the probability shared evenly among the labels that hold; 0 where none does."""

    def __call__(self, net: nn.Module, images: Tensor, labels: Tensor, rng: torch.Generator) -> Tensor:
        """Ask the net once."""
        del rng
        return F.cross_entropy(net(images), labels / labels.sum(1, keepdim=True).clamp_min(1.0))


@dataclass(frozen=True)
class Focal(Loss):
    """Binary cross-entropy times ``(1 − p_t)^γ``, where p_t is the probability of the right answer (Lin 2017)."""

    gamma: float = 2.0

    def __call__(self, net: nn.Module, images: Tensor, labels: Tensor, rng: torch.Generator) -> Tensor:
        """Ask the net once."""
        del rng
        each = F.binary_cross_entropy_with_logits(net(images), labels, reduction="none")
        return ((1 - torch.exp(-each)) ** self.gamma * each).mean()


@dataclass(frozen=True)
class Asymmetric(Loss):
    """Focal loss with its own power for labels that do not hold, whose probability is lowered first (Ridnik 2021).

    ``−(1 − p)^γ₊ log p`` where a label holds, ``−p_m^γ₋ log(1 − p_m)`` with ``p_m = max(p − m, 0)`` where it does not.
    """

    positive: float = 0.0
    negative: float = 4.0
    margin: float = 0.05

    def __call__(self, net: nn.Module, images: Tensor, labels: Tensor, rng: torch.Generator) -> Tensor:
        """Ask the net once."""
        del rng
        p = torch.sigmoid(net(images))
        low = (p - self.margin).clamp_min(0.0)
        holds = (1 - p) ** self.positive * torch.log(p.clamp_min(LEAST))
        not_so = low**self.negative * torch.log((1 - low).clamp_min(LEAST))
        return -(labels * holds + (1 - labels) * not_so).mean()


# Pictures -----------------------------------------------------------------------------------------------


def pictures(source: Examples, first: NDArray[np.int64], fewer: bool, rng: np.random.Generator) -> Examples:
    """Put each digit of the rows `first` together with another one of `source`: ``(N, 12, 12)``, labels ``(N, 10)``.

    Parameters
    ----------
    fewer
        Whether some pictures hold one digit or none: each is then left out with a probability of 0.3.
    """
    second = rng.integers(0, len(source), len(first))
    while (same := source.labels[first] == source.labels[second]).any():
        second[same] = rng.integers(0, len(source), int(same.sum()))
    there = rng.random((2, len(first))) >= (0.3 if fewer else 0.0)
    images = np.zeros((len(first), SIDE, SIDE), np.float32)
    labels = np.zeros((len(first), 10), np.float32)
    for rows, here, at in zip((first, second), there, (0, SHIFT), strict=True):
        field = images[:, at : at + source.side, at : at + source.side]
        np.maximum(field, source.images[rows] * here[:, None, None], out=field)
        labels[np.flatnonzero(here), source.labels[rows][here]] = 1.0
    return Examples(images, labels, digits.NAMES)


@dataclass(frozen=True)
class Paired(Augment):
    """In each epoch every digit meets another one, drawn anew."""

    fewer: bool = False

    def renewed(self, train: Examples, seed: int, epoch: int) -> Examples:
        """Pair all digits."""
        return pictures(train, np.arange(len(train)), self.fewer, np.random.default_rng([seed, 9, epoch]))


@cache
def examined(fewer: bool) -> Split:
    """Return 500 pictures that choose thresholds, and 500 that are examined; they have no digit in common."""
    test, rng = digits.split().test, np.random.default_rng(10)
    some, others = test.first(VALIDATION), test.take(np.arange(VALIDATION, len(test)))
    return Split(*(pictures(part, rng.integers(0, len(part), PICTURES), fewer, rng) for part in (some, others)))


# Runs ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PairNet(Net):
    """Two convolutions of 3 × 3 (16 and 32 filters), each followed by a 2 × 2 maximum, and two linear layers."""

    hidden: int = 64

    def module(self) -> nn.Module:
        """Build it."""
        return nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(32 * 9, self.hidden), nn.ReLU(), nn.Linear(self.hidden, 10),
        )  # fmt: skip


def recipes(fewer: bool, seed: int) -> list[Recipe]:
    """Return one recipe for each of `LOSSES`; all begin alike and see the same pictures in the same order."""
    losses = (Binary(), Shared(), Focal(), Asymmetric())
    train, batches = digits.split().train, Batches(BATCH)
    return [
        Recipe(
            Split(train, examined(fewer).test), PairNet(), loss, Adam(RATE), EPOCHS * batches.per_epoch(train.labels),
            augment=Paired(fewer), batches=batches, seed=seed, every=EVERY,
        )
        for loss in losses
    ]  # fmt: skip


def scores(run: Snapshot, examples: Examples) -> NDArray[np.float64]:
    """Scores ``(N, 10)`` as the loss of the run means them: one softmax, or ten sigmoids."""
    logits = scores_of(run.module(), examples).double()
    return softmax(logits.numpy()) if isinstance(run.recipe.loss, Shared) else torch.sigmoid(logits).numpy()


@dataclass(frozen=True, slots=True, eq=False)
class Examined:
    """What a net says of the examined pictures.

    Parameters
    ----------
    scores
        ``(N, 10)``.
    curve
        Micro F1 at each of `THRESHOLDS`, ``(T,)``.
    best, best_each
        The threshold that does best on the validation pictures, and one for each label, ``(10,)``.
    average
        Mean average precision, 0…1.
    sets
        Labels that are said whatever the threshold, ``(N, 10)``; ``None`` where it decides.
    """

    scores: NDArray[np.float64]
    curve: NDArray[np.float64]
    best: float
    best_each: NDArray[np.float64]
    average: float
    sets: NDArray[np.bool_] | None = None

    def said(self, threshold: float | NDArray[np.float64]) -> NDArray[np.bool_]:
        """Labels whose score is at least the threshold, ``(N, 10)``."""
        return np.asarray(self.scores >= threshold) if self.sets is None else self.sets


def examine(run: Snapshot, fewer: bool) -> Examined:
    """Choose thresholds on the validation pictures, and ask about the others."""
    validation, test = examined(fewer)
    return judged(scores(run, validation), scores(run, test), validation.labels > 0, test.labels > 0)


def judged(
    some: NDArray[np.float64],
    others: NDArray[np.float64],
    known: NDArray[np.bool_],
    true: NDArray[np.bool_],
    sets: NDArray[np.bool_] | None = None,
) -> Examined:
    """Choose thresholds by the scores `some` of the validation pictures, whose labels are `known`; judge `others`."""
    curve = of_labels.micro_f1(others, true, THRESHOLDS)
    if sets is not None:
        curve = np.full(len(THRESHOLDS), of_labels.found(sets, true).micro)
    return Examined(
        others, curve, of_labels.best_one(some, known, THRESHOLDS), of_labels.best_each(some, known, THRESHOLDS),
        of_labels.mean_average_precision(others, true), sets,
    )  # fmt: skip
