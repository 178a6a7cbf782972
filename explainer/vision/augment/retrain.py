"""One small net trained on few digits, with or without augmentation, and how well it reads 500 others.

Net, starting weights and optimiser are those of ``training.small_net``. Every run of one seed has the same digits,
the same starting weights and the same number of steps; only the augmentation differs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F  # noqa: N812

from explainer.vision.augment.batches import augmented
from explainer.vision.training.digits import Digits
from explainer.vision.training.small_net import Recipe, logits, move, starting_weights, tensors

BATCH, RATE = 25, 0.003
OnStep = Callable[[float], None]


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


def chosen(run: Run, train: Digits) -> Digits:
    """The digits that a seed learns from, as many of each kind as of any other; a larger number adds to them."""
    rng = np.random.default_rng([run.seed, 7])
    piles = [rng.permutation(np.flatnonzero(train.labels == label)) for label in range(10)]
    longest = max(len(pile) for pile in piles)
    order = [pile[row] for row in range(longest) for pile in piles if row < len(pile)][: run.digits]
    return Digits(train.images[order], train.labels[order])


def draws(names: tuple[str, ...], seed: int, row: int, count: int, train: Digits) -> tuple[int, NDArray[np.float32]]:
    """Label of one of a seed's first ten digits, and draws of it ``(count, 8, 8)`` under augmentations."""
    few = chosen(Run((), 10, 0, seed), train)
    one = torch.from_numpy(few.images[row : row + 1])[:, None].repeat(count, 1, 1, 1)
    rng = torch.Generator().manual_seed(1000 + seed)
    return int(few.labels[row]), np.asarray(augmented(one, names, rng)[:, 0].numpy())


def score(run: Run, train: Digits, test: Digits, on_step: OnStep) -> Score:
    """Train one net and examine it.

    Parameters
    ----------
    on_step
        Called before each step with the share that is done; may raise to stop.
    """
    recipe = Recipe(optimiser="adam", learning_rate=RATE, batch_size=BATCH, train_size=run.digits, seed=run.seed)
    few = chosen(run, train)
    images, labels = tensors(few)
    begin = starting_weights(recipe)
    flat = torch.cat([torch.from_numpy(a).reshape(-1) for a in begin])  # one tensor: an eighth of the optimiser's calls
    mean, square = torch.zeros_like(flat), torch.zeros_like(flat)
    order = np.random.default_rng([run.seed, 8])
    rng = torch.Generator().manual_seed(1000 + run.seed)
    waiting = np.zeros(0, np.int64)
    for step in range(1, run.steps + 1):
        on_step((step - 1) / run.steps)
        if len(waiting) < min(BATCH, run.digits):
            waiting = order.permutation(run.digits)
        batch, waiting = torch.from_numpy(waiting[:BATCH]), waiting[BATCH:]
        seen = augmented(images[batch], run.augments, rng)
        with torch.enable_grad():
            leaf = flat.detach().requires_grad_()
            loss = F.cross_entropy(logits(_parted(leaf, begin), seen, recipe.activation), labels[batch])
            (gradient,) = torch.autograd.grad(loss, leaf)
        move(recipe, [flat], [mean], [square], [gradient], step)
    weights = _parted(flat, begin)
    return Score(*(_right(weights, part, recipe.activation) for part in (few, test)))


def _parted(flat: torch.Tensor, like: Sequence[NDArray[np.float32]]) -> list[torch.Tensor]:
    """Cut one long tensor into the weights of the layers."""
    parts = torch.split(flat, [a.size for a in like])
    return [part.view(a.shape) for part, a in zip(parts, like, strict=True)]


def _right(weights: list[torch.Tensor], digits: Digits, activation: str) -> float:
    images, labels = tensors(digits)
    with torch.no_grad():
        return float((logits(weights, images, activation).argmax(1) == labels).float().mean())
