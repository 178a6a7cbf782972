"""Knowledge distillation: a small student learns from the answers of a teacher instead of, or beside, the labels.

The loss is ``h · CE(y, s) + (1 − h) · T² · KL(softmax(t / T) ‖ softmax(s / T))`` with the logits t of the teacher, s
of the student, the temperature T and the share h of hard labels. T² keeps the size of the soft gradient, which falls
as 1 / T².

References
----------
Hinton, Vinyals, Dean. *Distilling the knowledge in a neural network.* arXiv 1503.02531, 2015.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from explainer.vision.training import digits, small_net
from explainer.vision.training.examples import Examples, Split
from explainer.vision.training.fit import Snapshot
from explainer.vision.training.parts import Adam, CrossEntropy, LossAndAccuracy, scores_of
from explainer.vision.training.recipe import Batches, Loss, Net, Recipe, Told

TEACHER_EPOCHS, EPOCHS, HIDDEN, BATCH, RATE = 20, 40, 32, 64, 0.003


@dataclass(frozen=True, eq=False)
class Teacher(Told):
    """A trained net that is asked and never changed. Two are equal where their recipes are."""

    run: Snapshot

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Teacher) and self.told() == other.told()

    def __hash__(self) -> int:
        return hash(self.told())

    def told(self) -> Any:
        """Its recipe and length: what made it."""
        return self.run.recipe, self.run.step

    def logits(self, images: Tensor) -> Tensor:
        """Answer ``(B, K)`` before the softmax, without a graph."""
        with torch.no_grad():
            found: Tensor = self.module(images)(images)
        return found

    def module(self, images: Tensor) -> nn.Module:
        """Its net, where `images` are; it is not to be changed."""
        return _module(self.run, images.device, images.dtype)


@lru_cache(maxsize=4)
def _module(run: Snapshot, device: torch.device, dtype: torch.dtype) -> nn.Module:
    """Built once and not for each batch; several threads may ask it, since nothing in it changes."""
    return run.module(device, dtype)


@dataclass(frozen=True)
class Distillation(Loss):
    """Soft answers of a teacher, and hard labels.

    Parameters
    ----------
    temperature
        T, at least 1: the higher, the more of the wrong classes is seen.
    hard
        Share of the loss that is cross-entropy with the labels, 0…1.
    """

    teacher: Teacher
    temperature: float = 4.0
    hard: float = 0.0

    def __call__(self, net: nn.Module, images: Tensor, labels: Tensor, rng: torch.Generator) -> Tensor:
        """Ask teacher and student once each."""
        del rng
        student = net(images)
        loss = (1 - self.hard) * soft_loss(student, self.teacher.logits(images), self.temperature)
        return loss + self.hard * F.cross_entropy(student, labels) if self.hard else loss


@dataclass(frozen=True)
class Student(Net):
    """One hidden layer of 32 units over 8 × 8 pixels: 2,410 weights, a quarter of the teacher's."""

    hidden: int = HIDDEN

    def module(self) -> nn.Module:
        """Build it."""
        return nn.Sequential(nn.Flatten(), nn.Linear(64, self.hidden), nn.ReLU(), nn.Linear(self.hidden, 10))


def soft_loss(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """``T² · KL`` between softened answers ``(B, K)``, mean over the batch, in nats."""
    told = F.softmax(teacher / temperature, 1)
    return temperature**2 * F.kl_div(F.log_softmax(student / temperature, 1), told, reduction="batchmean")


def teacher_recipe(seed: int) -> Recipe:
    """Return the recipe of the teacher, which learns from all digits with their labels."""
    return small_net.recipe(Adam(RATE), epochs=TEACHER_EPOCHS, seed=seed, batch_size=BATCH)


def student_recipe(loss: Loss, missing: int, seed: int) -> Recipe:
    """Return the recipe of a student that never sees the digit `missing`; it is examined on all of them."""
    train, test = digits.split()
    seen = train.take(np.flatnonzero(train.labels != missing))
    batches = Batches(BATCH)
    return Recipe(
        Split(seen, test), Student(), loss, Adam(RATE), EPOCHS * batches.per_epoch(seen.labels), batches=batches,
        measures=(LossAndAccuracy(),), seed=seed,
    )  # fmt: skip


def student_recipes(
    teacher: Teacher, temperatures: tuple[float, ...], hard: float, missing: int, seed: int
) -> list[Recipe]:
    """Return a student that learns from labels alone, then one for each temperature; all begin alike."""
    losses = [CrossEntropy(), *(Distillation(teacher, t, hard) for t in temperatures)]
    return [student_recipe(loss, missing, seed) for loss in losses]


def softened(logits: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    """``softmax(logits / T)`` over the last axis."""
    scaled = np.asarray(logits, np.float64) / temperature
    powers = np.exp(scaled - scaled.max(-1, keepdims=True))
    return np.asarray(powers / powers.sum(-1, keepdims=True))


def logits_of(run: Snapshot, examples: Examples) -> NDArray[np.float64]:
    """Answers of a net before the softmax, ``(N, 10)``."""
    return scores_of(run.module(), examples).double().numpy()


def most_like(logits: NDArray[np.float64], labels: NDArray[np.int64], missing: int) -> int:
    """Row of the example of another class to which the teacher gives the highest probability of `missing`.

    Only examples count whose own class it names.
    """
    chance = softened(logits, 1.0)[:, missing].copy()
    chance[(labels == missing) | (logits.argmax(1) != labels)] = -1.0
    return int(chance.argmax())
