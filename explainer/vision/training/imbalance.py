"""Nets that learn from few examples of some classes and many of others, and the remedies for that.

With n_c examples of class c, plain cross-entropy learns the prior π_c = n_c / Σ n along with the digits, and seldom
names what was rare. A remedy changes what is drawn (resampling), what an example counts (weights, focal loss) or what
the scores have to overcome (logit adjustment). Only training digits are resampled; the test digits stay as they are.

References
----------
Menon, Jayasumana, Rawat, Jain, Veit, Kumar. *Long-tail learning via logit adjustment.* ICLR 2021.
Lin, Goyal, Girshick, He, Dollár. *Focal loss for dense object detection.* ICCV 2017.
Chawla, Bowyer, Hall, Kegelmeyer. *SMOTE: Synthetic minority over-sampling technique.* JAIR 16, 2002.
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

from explainer.vision.training import digits, small_net, smote
from explainer.vision.training.examples import Examples, Split
from explainer.vision.training.fit import Snapshot
from explainer.vision.training.parts import Adam, CrossEntropy, scores_of
from explainer.vision.training.recipe import Augment, Batches, Loss, Measure, Recipe

FREQUENT = 120  # training digits of each class that is not rare
STEPS, EVERY = 300, 20
RATE, BATCH = 0.003, 64
TESTED = 5  # one of so many is tested on, where the split comes too late
LEAKING = ("over", "ghosts")  # remedies that can come before the split


@dataclass(frozen=True)
class Focal(Loss):
    """Mean of ``−α (1 − p_y)^γ log p_y`` (Lin 2017): cross-entropy for α = 1, γ = 0."""

    gamma: float = 2.0
    alpha: float = 1.0

    def __call__(self, net: nn.Module, images: Tensor, labels: Tensor, rng: torch.Generator) -> Tensor:
        """Ask the net once."""
        del rng
        log_p = F.log_softmax(net(images), 1).gather(1, labels[:, None])[:, 0]
        return -(self.alpha * (1 - log_p.exp()) ** self.gamma * log_p).mean()


@dataclass(frozen=True)
class LogitAdjusted(Loss):
    """Cross-entropy of ``z_c + τ log π_c`` (Menon 2021); the net is later asked for z alone.

    Parameters
    ----------
    prior
        π, share of each class among the training examples.
    """

    prior: tuple[float, ...]
    tau: float = 1.0

    def __call__(self, net: nn.Module, images: Tensor, labels: Tensor, rng: torch.Generator) -> Tensor:
        """Ask the net once."""
        del rng
        offset = self.tau * torch.log(torch.tensor(self.prior, dtype=images.dtype, device=images.device))
        return F.cross_entropy(net(images) + offset, labels)


@dataclass(frozen=True)
class Levelled(Batches):
    """As many rows of each class in an epoch.

    Parameters
    ----------
    up
        As many as the most frequent class has, rows of the others being repeated; otherwise as the rarest has.
    """

    up: bool = True

    def epochs(self, labels: NDArray[Any], seed: int, first: int) -> Iterator[NDArray[np.int64]]:
        """Draw each class without replacement as long as it lasts."""
        held = [np.flatnonzero(labels == one) for one in np.unique(labels)]
        each = self.length(labels) // len(held)
        for epoch in count(first):
            rng = np.random.default_rng([seed, 2, epoch])
            rows = [np.concatenate([rng.permutation(one) for _ in range(-(-each // len(one)))])[:each] for one in held]
            yield rng.permutation(np.concatenate(rows))

    def length(self, labels: NDArray[Any]) -> int:
        """How many rows an epoch has."""
        counts = np.unique(labels, return_counts=True)[1]
        return int(len(counts) * (counts.max() if self.up else counts.min()))


@dataclass(frozen=True)
class ByClass(Measure):
    """What the net says of each test digit, and how each class fares.

    Gives ``said (N,)`` of the test digits; ``loss (K,)``, the mean cross-entropy of each class's training digits in
    nats; ``pull (K,)``, its share of the gradient; ``logit (K,)``, by how much its score exceeds the mean of all
    scores, on average over the test digits.

    Parameters
    ----------
    of
        The loss that is made small: the gradient is its gradient for the scores.
    drawn
        How often an example of each class is drawn in an epoch.
    """

    of: Loss
    drawn: tuple[float, ...]

    def __call__(self, net: nn.Module, data: Split) -> Mapping[str, NDArray[np.float64] | float]:
        """Ask about all digits."""
        scores, labels = scores_of(net, data.train).cpu(), torch.from_numpy(data.train.labels)
        test = scores_of(net, data.test).cpu().double()
        each = F.cross_entropy(scores.double(), labels, reduction="none").numpy()
        above = (test - test.mean(1, keepdim=True)).mean(0)
        return {
            "said": test.argmax(1).numpy().astype(np.float64), "loss": by_class(each, data.train.labels),
            "pull": pulls(self.of, scores, labels, self.drawn), "logit": above.numpy(),
        }  # fmt: skip


@dataclass(frozen=True)
class Own(Measure):
    """What the net says of test digits that were split off too late: ``own (N,)``."""

    test: Examples

    def __call__(self, net: nn.Module, data: Split) -> Mapping[str, NDArray[np.float64] | float]:
        """Ask about them."""
        del data
        return {"own": scores_of(net, self.test).argmax(1).cpu().numpy().astype(np.float64)}


def by_class(values: NDArray[np.float64], labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Mean of ``values (N,)`` over each class."""
    totals, counts = np.bincount(labels, values), np.bincount(labels)
    return np.asarray(totals / counts)


def pulls(loss: Loss, scores: Tensor, labels: Tensor, drawn: tuple[float, ...]) -> NDArray[np.float64]:
    """Share of each class in the gradient of a loss for the scores ``(N, K)``: sums of absolute values, ``(K,)``."""
    with torch.enable_grad():
        leaf = scores.double().requires_grad_()
        loss(nn.Identity(), leaf, labels, torch.Generator()).backward()  # type: ignore[no-untyped-call]
    assert leaf.grad is not None
    total = np.bincount(labels.numpy(), leaf.grad.abs().sum(1).numpy()) * np.asarray(drawn)
    return np.asarray(total / max(total.sum(), np.finfo(np.float64).tiny))


def chosen(seed: int, rare: tuple[int, ...], ratio: int) -> Examples:
    """Training digits: 120 of each class, and of the rare ones so many fewer, drawn by the seed; at least one."""
    train = digits.split().train
    rng = np.random.default_rng([seed, 7])
    few = max(1, round(FREQUENT / ratio))
    rows = [rng.permutation(np.flatnonzero(train.labels == one)) for one in range(10)]
    return train.take(np.sort(np.concatenate([one[: few if c in rare else FREQUENT] for c, one in enumerate(rows)])))


def recipe(remedy: str, rare: tuple[int, ...], ratio: int, seed: int, gamma: float, shifts: Augment) -> Recipe:
    """Return the recipe of a net with that remedy; all see the same digits and begin alike.

    Parameters
    ----------
    remedy
        ``none``, ``under``, ``focal``, ``over``, ``weights``, ``adjusted``, ``shifted``: oversampling with `shifts`,
        ``smote`` in features, or ``ghosts``: SMOTE in pixels.
    gamma
        Exponent of the focal loss; its α is 1.
    """
    train = chosen(seed, rare, ratio)
    loss = _loss(remedy, np.bincount(train.labels, minlength=10), gamma)
    level = remedy in ("over", "shifted", "under", "smote", "ghosts")
    batches = Levelled(BATCH, up=remedy != "under") if level else Batches(BATCH)
    augment = {"shifted": shifts, "ghosts": smote.InPixels(train)}.get(remedy, Augment())
    return Recipe(
        Split(train, digits.split().test), small_net.SmallNet(), smote.InFeatures(train) if remedy == "smote" else loss,
        Adam(RATE), STEPS, augment=augment, batches=batches,
        measures=(ByClass(loss, _drawn(batches, train.labels)),), seed=seed, every=EVERY,
    )  # fmt: skip


def leaked(remedy: str, rare: tuple[int, ...], ratio: int, seed: int) -> Recipe:
    """Return the recipe of the mistake: resample first, by one of `LEAKING`, and then split into training and test.

    Copies or ghosts of one digit come to lie on both sides. What the net says of its own test digits is noted too.
    """
    few = chosen(seed, rare, ratio)
    rng = np.random.default_rng([seed, 11])
    rows = next(Levelled(BATCH).epochs(few.labels, seed, 0))
    many = smote.levelled(few, seed) if remedy == "ghosts" else few.take(rows)
    many = many.take(rng.permutation(len(many)))
    own, train = many.first(len(many) // TESTED), many.take(np.arange(len(many) // TESTED, len(many)))
    return Recipe(
        Split(train, digits.split().test), small_net.SmallNet(), CrossEntropy(), Adam(RATE), STEPS,
        batches=Batches(BATCH), measures=(ByClass(CrossEntropy(), (1.0,) * 10), Own(own)), seed=seed, every=EVERY,
    )  # fmt: skip


def _loss(remedy: str, counts: NDArray[np.int64], gamma: float) -> Loss:
    total = counts.sum()
    losses: Mapping[str, Loss] = {
        "weights": CrossEntropy(weights=tuple((total / (len(counts) * counts)).tolist())),
        "focal": Focal(gamma), "adjusted": LogitAdjusted(tuple((counts / total).tolist())),
    }  # fmt: skip
    return losses.get(remedy, CrossEntropy())


def _drawn(batches: Batches, labels: NDArray[np.int64]) -> tuple[float, ...]:
    rows = next(batches.epochs(labels, 0, 0))
    return tuple((np.bincount(labels[rows]) / np.bincount(labels)).tolist())


@dataclass(frozen=True, slots=True, eq=False)
class Learnt:
    """A run as it stood at one of its marks, counted by class.

    Parameters
    ----------
    at
        Number of the mark that is looked at.
    rare
        Which classes are rare, ``(10,)``.
    """

    run: Snapshot
    at: int
    rare: NDArray[np.bool_]

    @property
    def steps(self) -> NDArray[np.int64]:
        """Steps that were done at each mark so far, ``(M,)``."""
        return self.run.marks

    @property
    def test(self) -> Examples:
        """Digits that no net learns from."""
        return self.run.recipe.data.test

    @property
    def said(self) -> NDArray[np.int64]:
        """The net's digit for each test digit at this mark, ``(N,)``."""
        return np.asarray(self.run.history["said"][self.at], np.int64)

    @property
    def own(self) -> tuple[Examples, NDArray[np.int64]] | None:
        """Test digits that were split off too late, with the net's digit for each; ``None`` after an honest split."""
        found = [one.test for one in self.run.recipe.measures if isinstance(one, Own)]
        return (found[0], np.asarray(self.run.history["own"][self.at], np.int64)) if found else None

    @property
    def own_recall(self) -> float:
        """Share of the rare classes' digits that are read among those of `own`; NaN where there are none."""
        if self.own is None:
            return float("nan")
        test, said = self.own
        mine = self.rare[test.labels]
        return float((said == test.labels)[mine].mean())

    @property
    def few(self) -> int:
        """Training digits of each rare class."""
        return int(np.bincount(self.run.recipe.data.train.labels)[self.rare][0])

    @property
    def recall(self) -> NDArray[np.float64]:
        """Share of each class's test digits that are read, at this mark, ``(10,)``."""
        return by_class((self.said == self.test.labels).astype(np.float64), self.test.labels)

    @property
    def rare_recalls(self) -> NDArray[np.float64]:
        """Share of the rare classes' test digits that are read, at each mark, ``(M,)``."""
        mine = self.rare[self.test.labels]
        return np.asarray((self.run.history["said"] == self.test.labels)[:, mine].mean(1))

    @property
    def rare_recall(self) -> float:
        """The same at this mark."""
        return float(self.rare_recalls[self.at])

    @property
    def frequent_recall(self) -> float:
        """Share of the other classes' test digits that are read."""
        mine = ~self.rare[self.test.labels]
        return float((self.said == self.test.labels)[mine].mean())

    @property
    def rare_precision(self) -> float:
        """Share of the answers that name a rare class which are right; 1 where there are none."""
        named = self.rare[self.said]
        return float((self.said == self.test.labels)[named].mean()) if named.any() else 1.0


def learnt(run: Snapshot, rare: tuple[int, ...], seen: int) -> Learnt:
    """Look at a run after `seen` steps, or where it stands if it has not come so far."""
    return Learnt(run, run.mark(seen), np.isin(np.arange(10), rare))
