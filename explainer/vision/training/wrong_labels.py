"""Nets that learn from partly wrong labels, losses that believe them less, and what was learnt by heart.

A net that is trained for long fits any labels, also wrong ones (Zhang 2017). It fits the right ones first, so the
accuracy on test digits rises and then falls.

References
----------
Zhang, Bengio, Hardt, Recht, Vinyals. *Understanding deep learning requires rethinking generalization.* ICLR 2017.
Zhang, Sabuncu. *Generalized cross entropy loss for training deep neural networks with noisy labels.* NeurIPS 2018.
Han, Yao, Yu, Niu, Xu, Hu, Tsang, Sugiyama. *Co-teaching.* NeurIPS 2018 (batches of small loss).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from explainer.vision.training import digits, small_net
from explainer.vision.training.examples import Examples, Split
from explainer.vision.training.fit import Snapshot
from explainer.vision.training.parts import Adam, CrossEntropy, scores_of
from explainer.vision.training.recipe import Batches, Loss, Measure, Recipe

Kind = str  # random, next
TAUGHT = 600  # training digits: few enough that the net can learn all of them by heart
VALIDATION = 200  # of the 500 test digits: they choose when to stop, the others say what that is worth
EVERY = 50  # steps between marks
RATE, BATCH = 0.003, 64
LEAST = 1e-7  # probability below which its power has no useful slope


@dataclass(frozen=True)
class GeneralisedCrossEntropy(Loss):
    """Mean of ``(1 − p_y^q) / q``: cross-entropy for q → 0, the mean absolute error for q = 1 (Zhang, Sabuncu 2018).

    Its gradient is that of cross-entropy times ``p_y^q``, so labels that the net does not believe pull less.
    """

    q: float = 0.7

    def __call__(self, net: nn.Module, images: Tensor, labels: Tensor, rng: torch.Generator) -> Tensor:
        """Ask the net once."""
        del rng
        p = F.softmax(net(images), 1).gather(1, labels[:, None])[:, 0].clamp_min(LEAST)
        return ((1 - p**self.q) / self.q).mean()


@dataclass(frozen=True)
class SmallLoss(Loss):
    """Mean cross-entropy of that share of each batch whose loss is smallest; the rest is taken for wrong.

    Parameters
    ----------
    keep
        Share of a batch that is learnt from, 0…1.
    """

    keep: float = 0.6

    def __call__(self, net: nn.Module, images: Tensor, labels: Tensor, rng: torch.Generator) -> Tensor:
        """Ask the net once."""
        del rng
        each = F.cross_entropy(net(images), labels, reduction="none")
        return each.topk(max(1, int(self.keep * len(each))), largest=False).values.mean()


@dataclass(frozen=True)
class ByHeart(Measure):
    """What the net says of each training digit, and how it fares on the two parts of the test digits.

    Gives ``said (N,)``, ``loss (N,)`` in nats against the given labels, and ``validation``, ``test``, both 0…1.
    """

    def __call__(self, net: nn.Module, data: Split) -> Mapping[str, NDArray[np.float64] | float]:
        """Ask about all digits."""
        scores = scores_of(net, data.train).cpu()
        loss = F.cross_entropy(scores, torch.from_numpy(data.train.labels), reduction="none")
        right = scores_of(net, data.test).argmax(1).cpu().numpy() == data.test.labels
        return {
            "said": scores.argmax(1).numpy().astype(np.float64), "loss": loss.numpy().astype(np.float64),
            "validation": float(right[:VALIDATION].mean()), "test": float(right[VALIDATION:].mean()),
        }  # fmt: skip


def corrupted(labels: NDArray[np.int64], share: float, kind: Kind, seed: int) -> NDArray[np.int64]:
    """Make a share of the labels wrong.

    Parameters
    ----------
    labels
        ``(N,)``, 0…9.
    share
        Probability that a label is made wrong, 0…1.
    kind
        ``"random"``: any of the nine other digits, each as likely. ``"next"``: the next digit, and 0 after 9.
    """
    rng = np.random.default_rng([seed, 6])
    wrong = rng.random(len(labels)) < share
    away = rng.integers(1, 10, len(labels)) if kind == "random" else np.ones(len(labels), np.int64)
    return np.where(wrong, (labels + away) % 10, labels)


def recipe(loss: Loss, share: float, kind: Kind, steps: int, seed: int) -> Recipe:
    """Return the recipe of a net that learns from partly wrong labels; all losses see the same ones in one order."""
    train, test = digits.split()
    few = train.first(TAUGHT)
    given = few.relabelled(corrupted(few.labels, share, kind, seed))
    return Recipe(
        Split(given, test), small_net.SmallNet(), loss, Adam(RATE), steps, batches=Batches(BATCH),
        measures=(ByHeart(),), seed=seed, every=EVERY,
    )  # fmt: skip


def loss_named(name: str, share: float) -> Loss:
    """Return the loss of that name: ``plain``, ``smoothing``, ``gce`` or ``small``, whose share is what is right."""
    return {
        "smoothing": CrossEntropy(0.2), "gce": GeneralisedCrossEntropy(), "small": SmallLoss(1.0 - share),
    }.get(name, CrossEntropy())  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Learnt:
    """A run as it stood at one of its marks.

    Parameters
    ----------
    at
        Number of the mark that is looked at.
    true
        Digits as they were written, ``(N,)``.
    """

    run: Snapshot
    at: int
    true: NDArray[np.int64]

    @property
    def steps(self) -> NDArray[np.int64]:
        """Steps that were done at each mark so far, ``(M,)``."""
        return self.run.marks

    @property
    def validation(self) -> int:
        """How many digits choose when to stop."""
        return VALIDATION

    @property
    def given(self) -> Examples:
        """What the net was taught."""
        return self.run.recipe.data.train

    @property
    def wrong(self) -> NDArray[np.bool_]:
        """Whose label is wrong, ``(N,)``."""
        return np.asarray(self.given.labels != self.true)

    @property
    def by_heart(self) -> NDArray[np.float64]:
        """Share of the wrong labels that the net repeats, at each mark, ``(M,)``; zeros where none is wrong."""
        repeated = self.run.history["said"] == self.given.labels
        return np.asarray(repeated[:, self.wrong].mean(1) if self.wrong.any() else np.zeros(len(self.steps)))

    @property
    def said(self) -> NDArray[np.int64]:
        """The net's digit for each at this mark, ``(N,)``."""
        return np.asarray(self.run.history["said"][self.at], np.int64)

    @property
    def test(self) -> NDArray[np.float64]:
        """Accuracy on digits that were never used, at each mark, ``(M,)``, 0…1."""
        return np.asarray(self.run.history["test"])

    @property
    def best(self) -> int:
        """Number of the mark at which the validation digits were read best; the earliest of equals."""
        return int(np.argmax(self.run.history["validation"]))

    def looked(self, at: int) -> "Learnt":
        """Return the same run at another mark."""
        return replace(self, at=at)


def learnt(run: Snapshot, seen: int) -> Learnt:
    """Look at a run after `seen` steps, or where it stands if it has not come so far."""
    return Learnt(run, run.mark(seen), digits.split().train.labels[:TAUGHT])
