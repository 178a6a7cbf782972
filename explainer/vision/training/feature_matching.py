"""What a student can be taught beside labels: a teacher's soft answers, and the features within it.

A student of another width cannot copy features one by one. A *regressor*, a linear map that is learnt with it and
thrown away afterwards, brings its hidden units to the teacher's: the loss is ``½ · mean (W_r v + b_r − u)²`` with the
student's features v and the teacher's u. Romero matches a middle layer first and soft answers afterwards; here both
losses are made small together.

References
----------
Romero, Ballas, Kahou, Chassang, Gatta, Bengio. *FitNets: hints for thin deep nets.* ICLR 2015.
Hinton, Vinyals, Dean. *Distilling the knowledge in a neural network.* arXiv 1503.02531, 2015.
"""

import time
from dataclasses import dataclass
from statistics import median
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812
from torch.utils.flop_counter import FlopCounterMode

from explainer.vision.training import digits
from explainer.vision.training.distilling import Teacher, logits_of, soft_loss
from explainer.vision.training.examples import Split, tensors
from explainer.vision.training.fit import Snapshot
from explainer.vision.training.parts import Accuracy, Adam, CrossEntropy
from explainer.vision.training.recipe import Batches, Loss, Net, Recipe

METHODS = ("labels", "soft", "features")
SEEDS, STEPS, RATE = 3, 300, 0.01
TEACHER_STEPS, TEACHER_RATE, BATCH = 600, 0.003, 64
MATCH = 0.1  # weight of the features' loss beside the soft answers'
TIMES = 7


class Convolutions(nn.Module):
    """Two convolutions of w and 2 w filters, a maximum over 2 × 2, 4 w hidden units, ten scores."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.maps = nn.Sequential(
            nn.Conv2d(1, width, 3, padding=1), nn.ReLU(), nn.Conv2d(width, 2 * width, 3, padding=1), nn.ReLU(),
            nn.MaxPool2d(2), nn.Flatten(), nn.Linear(32 * width, 4 * width), nn.ReLU(),
        )  # fmt: skip
        self.last = nn.Linear(4 * width, 10)

    def hidden(self, images: Tensor) -> Tensor:
        """Features before the scores, ``(B, 4 w)``."""
        return cast("Tensor", self.maps(images))

    def forward(self, images: Tensor) -> Tensor:
        """Scores ``(B, 10)``."""
        return cast("Tensor", self.last(self.hidden(images)))


class Units(nn.Module):
    """One hidden layer over the pixels; with `matched` > 0 a regressor from it to so many features of a teacher."""

    def __init__(self, hidden: int, matched: int = 0) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(64, hidden), nn.Linear(hidden, 10)
        if matched:  # after the others, so that all students begin alike
            self.regressor = nn.Linear(hidden, matched)

    def hidden(self, images: Tensor) -> Tensor:
        """Features before the scores, ``(B, H)``."""
        return F.relu(self.first(images.flatten(1)))

    def forward(self, images: Tensor) -> Tensor:
        """Scores ``(B, 10)``."""
        return cast("Tensor", self.last(self.hidden(images)))


@dataclass(frozen=True)
class ConvTeacher(Net):
    """`Convolutions` of a width."""

    width: int = 8

    def module(self) -> nn.Module:
        """Build it."""
        return Convolutions(self.width)


@dataclass(frozen=True)
class SmallStudent(Net):
    """`Units`; `matched` as there."""

    hidden: int = 16
    matched: int = 0

    def module(self) -> nn.Module:
        """Build it."""
        return Units(self.hidden, self.matched)


@dataclass(frozen=True)
class Taught(Loss):
    """Soft answers of a teacher at a temperature, and with `match` its features too."""

    teacher: Teacher
    temperature: float = 4.0
    match: float = 0.0

    def __call__(self, net: nn.Module, images: Tensor, labels: Tensor, rng: torch.Generator) -> Tensor:
        """Ask teacher and student once each; labels are not used."""
        del labels, rng
        loss = soft_loss(net(images), self.teacher.logits(images), self.temperature)
        return loss + self.match * hint_loss(cast("Units", net), self.teacher, images) if self.match else loss


def hint_loss(net: Units, teacher: Teacher, images: Tensor) -> Tensor:
    """``½ · mean (W_r v + b_r − u)²`` over the batch and the teacher's features."""
    with torch.no_grad():
        wanted = cast("Convolutions", teacher.module(images)).hidden(images)
    return F.mse_loss(net.regressor(net.hidden(images)), wanted) / 2


def teacher_recipe(width: int, seed: int) -> Recipe:
    """Return the recipe of a teacher, which learns from all training digits."""
    return Recipe(
        digits.split(), ConvTeacher(width), CrossEntropy(), Adam(TEACHER_RATE), TEACHER_STEPS, batches=Batches(BATCH),
        measures=(Accuracy(),), seed=seed, every=100,
    )  # fmt: skip


def student_recipes(
    teacher: Teacher, width: int, hidden: int, count: int, temperature: float, seed: int
) -> list[Recipe]:
    """Students by method and then by seed; all of a seed begin alike and see the first `count` training digits."""
    train, test = digits.split()
    losses: tuple[Loss, ...] = (CrossEntropy(), Taught(teacher, temperature), Taught(teacher, temperature, MATCH))
    return [
        Recipe(
            Split(train.first(count), test), SmallStudent(hidden, 4 * width * (method == "features")), loss,
            Adam(RATE), STEPS, batches=Batches(BATCH), measures=(Accuracy(),), seed=one, every=100,
        )
        for method, loss in zip(METHODS, losses, strict=True)
        for one in range(seed, seed + SEEDS)
    ]  # fmt: skip


def answers(runs: list[Snapshot]) -> NDArray[np.int64]:
    """Answer of each net to each test digit, ``(R, N)``."""
    return np.stack([logits_of(run, run.recipe.data.test).argmax(1) for run in runs])


@dataclass(frozen=True, slots=True)
class Size:
    """What a net needs for one digit.

    Parameters
    ----------
    weights, macs
        Numbers that were learnt, and multiplications with an addition. The regressor is not counted.
    """

    weights: int
    macs: int


def size_of(net: Net) -> Size:
    """Count by running one empty digit through it."""
    module = net.module()
    with FlopCounterMode(display=False) as counted, torch.no_grad():
        module(torch.zeros(1, 1, 8, 8))
    weights = sum(one.numel() for name, one in module.named_parameters() if not name.startswith("regressor"))
    return Size(weights, counted.get_total_flops() // 2)


def milliseconds(run: Snapshot) -> float:
    """How long a forward pass over all test digits takes now: the median of seven."""
    net, (images, _) = run.module(), tensors(run.recipe.data.test)
    times = []
    with torch.no_grad():
        for _ in range(TIMES):
            began = time.perf_counter()
            net(images)
            times.append(time.perf_counter() - began)
    return 1000 * median(times)
