"""Nets that learn to say by how much a digit is turned, from angles of which some are wrong, with six losses.

A loss ρ(r) of the error r = said − given pulls with its *influence* ψ = dρ/dr (Huber 1981). The square lets one wild
angle pull as hard as it likes; Huber's ψ stops growing at δ, and Tukey's comes back to nothing, so that what is further
off than c is not learnt from at all.

Angles are degrees, positive anticlockwise; inside a net 1 stands for 45°.

References
----------
Huber. *Robust estimation of a location parameter.* Annals of Mathematical Statistics 35, 1964.
Beaton, Tukey. *The fitting of power series.* Technometrics 16, 1974 (the biweight).
Koenker, Bassett. *Regression quantiles.* Econometrica 46, 1978.
Liu, Ting, Zhou. *Isolation forest.* ICDM 2008.  Breunig, Kriegel, Ng, Sander. *LOF.* SIGMOD 2000.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from explainer.vision.training import digits
from explainer.vision.training.examples import Examples, Split
from explainer.vision.training.fit import Snapshot
from explainer.vision.training.parts import Adam, scores_of
from explainer.vision.training.recipe import Batches, Loss, Measure, Recipe
from explainer.vision.training.small_net import SmallNet
from explainer.vision.zoo.digits_net import DigitsNet

LOSSES = ("mse", "l1", "huber", "logcosh", "quantile", "tukey")
UNIT = 45.0  # degrees that are 1 inside a net, and the most that a digit is turned
AWAY = 120.0  # degrees that are added to a target that is wrong to one side
TAUGHT, EXAMINED = 800, 300
STEPS, EVERY = 400, 40
RATE, BATCH = 0.003, 64


def rho(name: str, error: Tensor, scale: float, tau: float) -> Tensor:
    """Loss of each error.

    Parameters
    ----------
    error
        r = said − given, in any unit.
    scale
        In that unit: δ of Huber, c of Tukey, s of log-cosh; the others have none.
    tau
        Of the quantile loss: the share of the given angles that should lie below what is said, 0…1.
    """
    r, size = error, error.abs()
    match name:
        case "mse":
            return r.square()
        case "l1":
            return size
        case "huber":
            return torch.where(size <= scale, r.square() / 2, scale * (size - scale / 2))
        case "tukey":
            inner = (1 - (r / scale).square()).clamp_min(0.0)
            return scale**2 / 6 * (1 - inner**3)
        case "logcosh":  # without the overflow of cosh
            return scale**2 * (size / scale + F.softplus(-2 * size / scale) - math.log(2))
        case "quantile":
            return torch.maximum(-tau * r, (1 - tau) * r)
    raise ValueError(f"no loss is called {name}")


def influence(name: str, error: Tensor, scale: float, tau: float) -> Tensor:
    """ψ = dρ/dr of each error, by autograd."""
    with torch.enable_grad():
        leaf = error.detach().requires_grad_()
        (found,) = torch.autograd.grad(rho(name, leaf, scale, tau).sum(), leaf)
    return found


@dataclass(frozen=True)
class OfErrors(Loss):
    """Mean of `rho` over a batch.

    Parameters
    ----------
    scale
        Degrees.
    """

    name: str
    scale: float = 0.0
    tau: float = 0.5

    def __call__(self, net: nn.Module, images: Tensor, labels: Tensor, rng: torch.Generator) -> Tensor:
        """Ask the net once."""
        del rng
        return rho(self.name, net(images)[:, 0] - labels / UNIT, self.scale / UNIT, self.tau).mean()


def curves(loss: OfErrors, errors: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Loss and influence of errors in degrees, each as a share of its largest."""
    leaf = torch.from_numpy(errors)
    found = [each(loss.name, leaf, loss.scale, loss.tau).numpy() for each in (rho, influence)]
    return found[0] / np.abs(found[0]).max(), found[1] / np.abs(found[1]).max()


@dataclass(frozen=True)
class TurnNet(SmallNet):
    """The small net with one output: an angle."""

    def module(self) -> nn.Module:
        """Build it."""
        return DigitsNet(self.activation, 1)


@dataclass(frozen=True)
class Angles(Measure):
    """What the net says of all training and test digits, in degrees: ``train (N,)`` and ``test (M,)``."""

    def __call__(self, net: nn.Module, data: Split) -> Mapping[str, NDArray[np.float64] | float]:
        """Ask about all digits."""
        parts = {"train": data.train, "test": data.test}
        return {name: UNIT * scores_of(net, part)[:, 0].double().cpu().numpy() for name, part in parts.items()}


def turned(images: NDArray[np.float32], degrees: NDArray[np.floating], side: int = 8) -> NDArray[np.float32]:
    """Turn pictures ``(N, h, w)`` anticlockwise about their middles, bilinear, into ``(N, side, side)``."""
    height, width = images.shape[1:]
    made = []
    for image, angle in zip(images, degrees.tolist(), strict=True):
        matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle, side / height)
        matrix[:, 2] += ((side - width) / 2, (side - height) / 2)
        made.append(cv2.warpAffine(image, matrix, (side, side), flags=cv2.INTER_LINEAR))
    return np.stack(made).astype(np.float32)


@cache
def upright() -> Split:
    """The digits as they were written: 800 to learn from, 300 to examine."""
    train, test = digits.split()
    return Split(train.first(TAUGHT), test.first(EXAMINED))


@cache
def true_angles(seed: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """By how much each training and test digit is turned, in degrees, evenly drawn from ±45."""
    rng = np.random.default_rng([seed, 11])
    return tuple(rng.uniform(-UNIT, UNIT, n).astype(np.float32) for n in (TAUGHT, EXAMINED))  # type: ignore[return-value]


@cache
def split(share: float, kind: str, seed: int) -> Split:
    """Turned digits with the angles that a net is given: of the training digits a share is wrong.

    Parameters
    ----------
    kind
        ``"side"``: 120° too much. ``"any"``: evenly drawn from ±180°.
    """
    train, test = upright()
    angles, unseen = true_angles(seed)
    rng = np.random.default_rng([seed, 12])
    wrong = rng.random(TAUGHT) < share
    wild = angles + AWAY if kind == "side" else rng.uniform(-180, 180, TAUGHT)
    given = np.where(wrong, wild, angles).astype(np.float32)
    return Split(Examples(turned(train.images, angles), given), Examples(turned(test.images, unseen), unseen))


def recipe(name: str, share: float, kind: str, scale: float, tau: float, seed: int) -> Recipe:
    """Return the recipe of a net with that loss; all see the same digits in one order and begin alike."""
    loss = OfErrors(name, scale if name in ("huber", "tukey", "logcosh") else 0.0, tau if name == "quantile" else 0.5)
    return Recipe(
        split(share, kind, seed), TurnNet(), loss, Adam(RATE), STEPS, batches=Batches(BATCH),
        measures=(Angles(),), seed=seed, every=EVERY,
    )  # fmt: skip


def width(name: str, delta: float, cut: float) -> float:
    """Scale of a loss in degrees: `cut` for Tukey, `delta` for the others."""
    return cut if name == "tukey" else delta


@dataclass(frozen=True, slots=True, eq=False)
class Learnt:
    """A run as it stood at one of its marks.

    Parameters
    ----------
    at
        Number of the mark that is looked at.
    """

    run: Snapshot
    at: int

    @property
    def steps(self) -> NDArray[np.int64]:
        """Steps that were done at each mark so far, ``(M,)``."""
        return self.run.marks

    @property
    def loss(self) -> OfErrors:
        """What the net made small."""
        assert isinstance(self.run.recipe.loss, OfErrors)
        return self.run.recipe.loss

    @property
    def wrong(self) -> NDArray[np.bool_]:
        """Whose target is wrong, ``(N,)``."""
        return np.asarray(self.run.recipe.data.train.labels != true_angles(self.run.recipe.seed)[0])

    @property
    def points(self) -> NDArray[np.float64]:
        """What the net says of each training digit and what it was given, ``(N, 2)`` degrees."""
        given = self.run.recipe.data.train.labels.astype(np.float64)
        return np.stack([self.run.history["train"][self.at], given], 1)

    @property
    def errors(self) -> NDArray[np.float64]:
        """Said − true of each test digit at this mark, ``(M,)`` degrees."""
        return np.asarray(self.run.history["test"][self.at] - self.run.recipe.data.test.labels)

    @property
    def off(self) -> NDArray[np.float64]:
        """Mean absolute error on test digits at each mark, degrees."""
        return np.asarray(np.abs(self.run.history["test"] - self.run.recipe.data.test.labels).mean(1))

    @property
    def now(self) -> float:
        """The same at this mark."""
        return float(self.off[self.at])

    @property
    def lean(self) -> float:
        """Mean error at this mark: which way the net is off."""
        return float(self.errors.mean())

    def taught(self, count: int, side: int) -> NDArray[np.float32]:
        """First training digits as they are turned, ``(count, side, side)``."""
        return turned(upright().train.images[:count], true_angles(self.run.recipe.seed)[0][:count], side)

    def set_upright(self, count: int, side: int) -> NDArray[np.float32]:
        """First test digits, ``(count, side, side)``, turned back by what the net says: upright where it is right."""
        return turned(upright().test.images[:count], -self.errors[:count], side)


def learnt(run: Snapshot, seen: int) -> Learnt:
    """Look at a run after `seen` steps, or where it stands if it has not come so far."""
    return Learnt(run, run.mark(seen))
