"""Nets that learn from attacks against themselves, and how much of what they read an attack leaves.

An attack moves the pixels x of a digit up the loss J and no pixel further than ε: FGSM takes one step
``x' = clip(x + ε sign ∇J)``; PGD takes k smaller ones and puts back after each what has left the ball or 0…1.
Adversarial training makes small the loss of what the attack found, not of the digit itself. As in Ding 2020 a digit is
left alone while the net does not read it: otherwise a large ε keeps the net from beginning to learn at all.

Pictures are ink in 0…1 here, and whole batches move at once; `explainer.vision.perturb.attacks` attacks photos in
grey levels.

References
----------
Goodfellow, Shlens, Szegedy. *Explaining and harnessing adversarial examples.* ICLR 2015.
Madry, Makelov, Schmidt, Tsipras, Vladu. *Towards deep learning models resistant to adversarial attacks.* ICLR 2018.
Wong, Rice, Kolter. *Fast is better than free.* ICLR 2020 (catastrophic overfitting).
Ding, Sharma, Lui, Huang. *MMA training.* ICLR 2020.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from explainer.vision.training import digits, small_net
from explainer.vision.training.examples import Examples, Split, tensors
from explainer.vision.training.fit import Snapshot
from explainer.vision.training.parts import Adam
from explainer.vision.training.recipe import Batches, Loss, Measure, Recipe

NETS = {"usual": 0, "one": 1, "pgd": 5}  # steps of the attack that each net learns from
ATTACKS = ("clean", "noise", "fgsm", "pgd", "double")
EPOCHS, MARK = 30, 3  # epochs of a run, and between marks
RATE, BATCH = 0.003, 64
EXAMINED, SHOWN = 300, 24  # test digits that are attacked at each mark, and those whose pictures are kept
STRONG = 10  # steps of the attack that examines
REACH = 2.5  # how far the steps of PGD would go together, in ε
INK = 0.25  # from which on a pixel counts as ink


def gradient(net: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
    """``∂J/∂x`` of each digit's cross-entropy, ``(B, 1, H, W)``, in nats per ink."""
    with torch.enable_grad():
        leaf = images.detach().requires_grad_()
        loss = F.cross_entropy(net(leaf), labels, reduction="sum")
        (found,) = torch.autograd.grad(loss, leaf)
    return found


def inside(moved: Tensor, images: Tensor, eps: float) -> Tensor:
    """Put `moved` back into the L∞ ball of radius `eps` round `images`, and into 0…1."""
    return torch.minimum(torch.maximum(moved, images - eps), images + eps).clamp(0.0, 1.0)


def attacked(net: nn.Module, images: Tensor, labels: Tensor, eps: float, steps: int) -> Tensor:
    """FGSM for one step, PGD for more; no step leaves the digits as they are."""
    length, now = eps if steps == 1 else REACH * eps / max(1, steps), images
    for _ in range(steps):
        now = inside(now + length * gradient(net, now, labels).sign(), images, eps)
    return now.detach()


def noisy(images: Tensor, eps: float) -> Tensor:
    """Each pixel moved by ε up or down, a fair coin each: as large as an attack, and without a direction."""
    coins = torch.rand(images.shape, generator=torch.Generator().manual_seed(8)).to(images) < 0.5
    return inside(images + eps * (1 - 2 * coins.to(images.dtype)), images, eps)


@dataclass(frozen=True)
class OnAttacks(Loss):
    """Mean cross-entropy of what an attack makes of the digits that the net reads, and of the others as they are.

    Parameters
    ----------
    eps
        Radius of the attack in ink, 0…1.
    steps
        Of the attack; 0 is plain cross-entropy.
    """

    eps: float
    steps: int

    def __call__(self, net: nn.Module, images: Tensor, labels: Tensor, rng: torch.Generator) -> Tensor:
        """Ask the net once, and before that once for each step and once for what it reads."""
        del rng
        if self.steps:
            with torch.no_grad():
                read = net(images).argmax(1) == labels
            found = attacked(net, images, labels, self.eps, self.steps)
            images = torch.where(read[:, None, None, None], found, images)
        return F.cross_entropy(net(images), labels)


@dataclass(frozen=True)
class UnderAttack(Measure):
    """What the net says of the first 300 test digits under each attack, and what the attack does to the first 24.

    Gives ``clean``, ``noise``, ``fgsm``, ``pgd`` and ``double``, which is PGD with 2 ε, all ``(300,)`` digits; and
    ``found (24, 8, 8)``, what PGD made of the first digits, with ``slope (24, 8, 8)``, their gradients.
    """

    eps: float

    def __call__(self, net: nn.Module, data: Split) -> Mapping[str, NDArray[np.float64] | float]:
        """Attack the net as it stands."""
        images, labels = tensors(data.test.first(EXAMINED), next(net.parameters()).device)
        strong = attacked(net, images, labels, self.eps, STRONG)
        pictures = {
            "clean": images, "noise": noisy(images, self.eps), "fgsm": attacked(net, images, labels, self.eps, 1),
            "pgd": strong, "double": attacked(net, images, labels, 2 * self.eps, STRONG),
        }  # fmt: skip
        said = {name: net(shown).argmax(1).double().cpu().numpy() for name, shown in pictures.items()}
        slope = gradient(net, images[:SHOWN], labels[:SHOWN])
        return said | {"found": _plain(strong[:SHOWN]), "slope": _plain(slope)}


def _plain(pictures: Tensor) -> NDArray[np.float64]:
    return np.asarray(pictures[:, 0].double().cpu().numpy())


def recipe(net: str, eps: float, seed: int) -> Recipe:
    """Return the recipe of one of the `NETS`; all begin alike, and see the same digits in one order."""
    data, batches = digits.split(), Batches(BATCH)
    per_epoch = batches.per_epoch(data.train.labels)
    return Recipe(
        data, small_net.SmallNet(), OnAttacks(eps, NETS[net]), Adam(RATE), EPOCHS * per_epoch, batches=batches,
        measures=(UnderAttack(eps),), seed=seed, every=MARK * per_epoch,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Learnt:
    """A run as it stood at one of its marks, under each attack.

    Parameters
    ----------
    at
        Number of the mark that is looked at.
    eps
        Radius of the attacks.
    """

    run: Snapshot
    at: int
    eps: float

    @property
    def epochs(self) -> NDArray[np.float64]:
        """Epochs that were done at each mark so far, ``(M,)``."""
        return np.asarray(self.run.marks / self.run.recipe.per_epoch)

    @property
    def examined(self) -> Examples:
        """The test digits that are attacked."""
        return self.run.recipe.data.test.first(EXAMINED)

    def said(self, attack: str) -> NDArray[np.int64]:
        """The net's digit for each under an attack at this mark, ``(300,)``."""
        return np.asarray(self.run.history[attack][self.at], np.int64)

    def read(self, attack: str) -> NDArray[np.float64]:
        """Percent of the digits that are read under an attack, at each mark, ``(M,)``."""
        return np.asarray(100 * (self.run.history[attack] == self.examined.labels).mean(1))

    def now(self, attack: str) -> float:
        """The same at this mark."""
        return float(self.read(attack)[self.at])

    def pictures(self, attack: str) -> NDArray[np.float32]:
        """What an attack made of the first digits at this mark, ``(24, 8, 8)``."""
        if attack == "pgd":
            return np.asarray(self.run.history["found"][self.at], np.float32)
        images, _ = tensors(self.examined.first(SHOWN))
        if attack == "noise":
            images = noisy(images, self.eps)
        if attack == "fgsm":
            signs = torch.from_numpy(np.sign(self.slopes)).float()[:, None]
            images = inside(images + self.eps * signs, images, self.eps)
        return np.asarray(images[:, 0].numpy())

    @property
    def slopes(self) -> NDArray[np.float64]:
        """Gradients of the first digits' losses at this mark, ``(24, 8, 8)``."""
        return np.asarray(self.run.history["slope"][self.at])

    @property
    def ink(self) -> NDArray[np.bool_]:
        """Which pixels of the first digits are ink, as they were written, ``(24, 8, 8)``."""
        return np.asarray(self.examined.images[:SHOWN] >= INK)

    @property
    def on_ink(self) -> float:
        """Percent of the absolute gradient that lies on ink, the mean over the first digits."""
        return on_ink(self.slopes, self.ink)


def on_ink(slopes: NDArray[np.float64], ink: NDArray[np.bool_]) -> float:
    """Percent of ``|g|`` that lies on ink, each picture ``(N, H, W)`` counting alike."""
    sizes = np.abs(slopes)
    total = np.maximum(sizes.sum((1, 2)), np.finfo(np.float64).tiny)
    return float(100 * ((sizes * ink).sum((1, 2)) / total).mean())


def learnt(run: Snapshot, eps: float, epochs: int) -> Learnt:
    """Look at a run after so many epochs, or where it stands if it has not come so far."""
    return Learnt(run, run.mark(epochs * run.recipe.per_epoch), eps)
