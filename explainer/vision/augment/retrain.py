"""One small net trained on few digits, with or without augmentation, and how well it reads 500 others.

Net and starting weights are those of ``training.small_net``. Every run of one seed has the same digits, the same
starting weights and the same number of steps; only the augmentation differs.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from explainer.core.spread import Spread, spread
from explainer.vision.augment.batches import augmented
from explainer.vision.training import digits
from explainer.vision.training.examples import Examples, Split
from explainer.vision.training.fit import Snapshot
from explainer.vision.training.parts import Accuracy, Adam, CrossEntropy, OneStream
from explainer.vision.training.recipe import Augment, Recipe
from explainer.vision.training.small_net import SmallNet

BATCH, RATE = 25, 0.003
ORDER = 8
ONCE = 10**9  # steps between marks: the only one is the end


@dataclass(frozen=True, slots=True, order=True)
class Run:
    """Which net: names of its augmentations, how many digits it learns from, steps of the optimiser, and its seed."""

    augments: tuple[str, ...]
    digits: int
    steps: int
    seed: int


@dataclass(frozen=True, slots=True)
class Score:
    """Shares of right answers after training, 0…1: on the digits it learned from, and on those it never saw."""

    train: float
    test: float


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """Nets that differ in nothing but their augmentation, and how those did that are trained.

    Parameters
    ----------
    rows
        Names of the augmentations that are compared.
    sizes
        Numbers of training digits at which they are.
    """

    rows: tuple[tuple[str, ...], ...]
    sizes: tuple[int, ...]
    runs: tuple[Run, ...]
    done: Mapping[Run, Score] = field(default_factory=dict)

    @property
    def finished(self) -> list[Run]:
        """The runs that are trained, in the order of all."""
        return [run for run in self.runs if run in self.done]

    def by_seed(self, names: tuple[str, ...], size: int) -> dict[int, float]:
        """Test accuracy, 0…1, of each seed that is trained."""
        wanted = [run for run in self.finished if (run.augments, run.digits) == (names, size)]
        return {run.seed: self.done[run].test for run in wanted}

    def spreads(self, size: int) -> dict[tuple[str, ...], Spread]:
        """Test accuracy over the seeds, of each row that has any."""
        found = {names: list(self.by_seed(names, size).values()) for names in self.rows}
        return {names: spread(scores) for names, scores in found.items() if scores}

    def gains(self, names: tuple[str, ...], size: int) -> NDArray[np.float64]:
        """What a row has over no augmentation, 0…1, of each seed in which both are trained."""
        base = self.by_seed((), size)
        return np.array([test - base[seed] for seed, test in self.by_seed(names, size).items() if seed in base])


def trial(rows: Sequence[tuple[str, ...]], sizes: Sequence[int], steps: int, seeds: Iterable[int]) -> Trial:
    """Plan it seed by seed, so that every row has its first score soon."""
    runs = tuple(Run(row, size, steps, seed) for seed in seeds for size in sizes for row in rows)
    return Trial(tuple(rows), tuple(sizes), runs)


@dataclass(frozen=True)
class Augmented(Augment):
    """Batches under named augmentations."""

    names: tuple[str, ...] = ()

    def batch(self, images: Tensor, labels: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        """Each picture gets a draw of its own."""
        return augmented(images, self.names, rng), labels


def recipe(run: Run, data: Split | None = None) -> Recipe:
    """Return how one net is trained."""
    train, test = data or digits.split()
    return Recipe(
        Split(chosen(run, train), test), SmallNet(), CrossEntropy(), Adam(RATE), run.steps,
        augment=Augmented(run.augments), batches=OneStream(min(BATCH, run.digits), whole=True, salt=ORDER),
        measures=(Accuracy(),), seed=run.seed, every=ONCE,
    )  # fmt: skip


def score(snapshot: Snapshot) -> Score:
    """Read how a trained net did."""
    return Score(*(float(snapshot.history[f"accuracy_{part}"][-1]) for part in ("train", "test")))


def chosen(run: Run, train: Examples) -> Examples:
    """The digits that a seed learns from, as many of each kind as of any other; a larger number adds to them."""
    rng = np.random.default_rng([run.seed, 7])
    piles = [rng.permutation(np.flatnonzero(train.labels == label)) for label in range(10)]
    longest = max(len(pile) for pile in piles)
    order = [pile[row] for row in range(longest) for pile in piles if row < len(pile)][: run.digits]
    return train.take(order)


def draws(names: tuple[str, ...], seed: int, row: int, count: int, train: Examples) -> tuple[int, NDArray[np.float32]]:
    """Label of one of a seed's first ten digits, and draws of it ``(count, 8, 8)`` under augmentations."""
    few = chosen(Run((), 10, 0, seed), train)
    one = torch.from_numpy(few.images[row : row + 1])[:, None].repeat(count, 1, 1, 1)
    rng = torch.Generator().manual_seed(1000 + seed)
    return int(few.labels[row]), np.asarray(augmented(one, names, rng)[:, 0].numpy())
