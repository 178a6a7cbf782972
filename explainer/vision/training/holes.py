"""Two small nets for digits with missing pixels: one that has only seen whole digits, and one that learnt with holes.

Both have the same recipe, start from the same weights and see the same digits in the same order. The second loses
a random share of the pixels of each digit anew in every epoch; what stands there is what will stand there later.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from explainer.vision.training.digits import Digits
from explainer.vision.training.small_net import Recipe, Snapshot, logits, start, tensors, train_on

HoleFill = Literal["zero", "mean"]
Floats = NDArray[np.float32]
SHARES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
DRAWS = 3  # sets of holes that an accuracy is averaged over


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Both nets after equally many epochs.

    Parameters
    ----------
    plain, holed
        Trained on whole digits, and on digits with holes.
    most
        Largest share that is missing while training, 0…1.
    """

    plain: Snapshot
    holed: Snapshot
    most: float
    fill: HoleFill

    @property
    def epoch(self) -> int:
        """Epochs that both have done."""
        return self.holed.epoch


@dataclass(frozen=True, slots=True, eq=False)
class Tolerance:
    """Share of test digits that are right, 0…1, at each share of missing pixels `SHARES`.

    Parameters
    ----------
    plain_zero, plain_mean
        ``(N,)``: of the net that knows whole digits, holes being 0 or each pixel's mean over the training digits.
    holed
        ``(N,)``: of the net that learnt with holes, filled as they were then.
    """

    plain_zero: NDArray[np.float64]
    plain_mean: NDArray[np.float64]
    holed: NDArray[np.float64]


def mean_digit(train: Digits) -> Floats:
    """Mean ink of each pixel over the training digits, ``(8, 8)``: the columns of a table have such means."""
    return np.asarray(train.images.mean(axis=0), np.float32)


def holes(count: int, share: float | Floats, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Pixels that are missing, ``(count, 8, 8)``, each with probability `share` (one number, or one a digit)."""
    chance = np.broadcast_to(np.asarray(share, np.float64).reshape(-1, 1, 1), (count, 1, 1))
    return np.asarray(rng.random((count, 8, 8)) < chance)


def with_holes(digits: Digits, lost: NDArray[np.bool_], instead: float | Floats) -> Digits:
    """Put `instead` (one number, or ``(8, 8)``) where ``(N, 8, 8)`` says that a pixel is missing."""
    return Digits(np.where(lost, np.float32(instead), digits.images).astype(np.float32), digits.labels)


def beginning(recipe: Recipe, train: Digits, test: Digits, most: float, fill: HoleFill) -> Pair:
    """Both nets untrained; they are the same."""
    first = start(recipe, train, test)
    return Pair(first, first, most, fill)


def trained(pair: Pair, train: Digits, test: Digits, epochs: int, on_step: Callable[[float], None]) -> Iterator[Pair]:
    """Carry both on until `epochs` are done, and yield them after each.

    Parameters
    ----------
    on_step
        Called before each optimiser step with the share of the work that is done; may raise to stop.
    """
    recipe = pair.plain.recipe
    instead = _instead(pair.fill, train)
    while pair.epoch < epochs and not (pair.plain.diverged or pair.holed.diverged):
        done = pair.epoch
        # The number of the epoch is part of the seed, so a run that is carried on meets the same holes.
        rng = np.random.default_rng([recipe.seed, 3, done])
        share = rng.uniform(0.0, pair.most, len(train)).astype(np.float32)
        torn = with_holes(train, holes(len(train), share, rng), instead)
        (plain,) = train_on(pair.plain, train, test, done + 1, lambda part, d=done: on_step((d + part / 2) / epochs))  # type: ignore[misc]
        (holed,) = train_on(
            pair.holed, torn, test, done + 1, lambda part, d=done: on_step((d + 0.5 + part / 2) / epochs)  # type: ignore[misc]
        )  # fmt: skip
        pair = Pair(plain, holed, pair.most, pair.fill)
        yield pair


def tolerance(
    pair: Pair, train: Digits, test: Digits, draws: int = DRAWS, checkpoint: Callable[[], None] = lambda: None
) -> Tolerance:
    """Test both nets on the same holes at each of `SHARES`, the mean over so many draws of holes."""
    mean, instead = mean_digit(train), _instead(pair.fill, train)
    rows = []
    for number, share in enumerate(SHARES):
        hits, count = np.zeros(3), draws if share else 1
        for draw in range(count):
            lost = holes(len(test), share, np.random.default_rng([pair.plain.recipe.seed, 4, number, draw]))
            asked: tuple[tuple[Snapshot, float | Floats], ...] = (
                (pair.plain, 0.0),
                (pair.plain, mean),
                (pair.holed, instead),
            )
            for which, (net, filling) in enumerate(asked):
                checkpoint()
                hits[which] += accuracy(net, with_holes(test, lost, filling))
        rows.append(hits / count)
    plain_zero, plain_mean, holed = np.array(rows).T
    return Tolerance(plain_zero, plain_mean, holed)


def accuracy(snapshot: Snapshot, digits: Digits) -> float:
    """Share of digits that a net gets right."""
    return float((said(snapshot, digits) == digits.labels).mean())


def said(snapshot: Snapshot, digits: Digits) -> NDArray[np.int64]:
    """The net's digit for each, ``(N,)``."""
    images, _ = tensors(digits)
    with torch.no_grad():
        scores = logits([torch.from_numpy(w) for w in snapshot.weights], images, snapshot.recipe.activation)
    return np.asarray(scores.argmax(1).numpy())


def _instead(fill: HoleFill, train: Digits) -> float | Floats:
    return 0.0 if fill == "zero" else mean_digit(train)
