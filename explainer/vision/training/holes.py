"""Two small nets for digits with missing pixels: one that has only seen whole digits, and one that learnt with holes.

Both have the same recipe, start from the same weights and see the same digits in the same order. The second loses
a random share of the pixels of each digit anew in every epoch; what stands there is what will stand there later.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from torch import nn

from explainer.vision.training import small_net
from explainer.vision.training.examples import Examples
from explainer.vision.training.fit import Snapshot
from explainer.vision.training.parts import Adam, accuracy, scores_of
from explainer.vision.training.recipe import Augment, Recipe

HoleFill = str  # zero, mean
Floats = NDArray[np.float32]
RATE = 0.003
SHARES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
DRAWS = 3  # sets of holes that an accuracy is averaged over


@dataclass(frozen=True)
class Holes(Augment):
    """Each digit loses a share of its pixels, drawn anew in each epoch.

    Parameters
    ----------
    most
        Largest share that is missing, 0…1.
    """

    most: float = 0.6
    fill: HoleFill = "zero"

    def renewed(self, train: Examples, seed: int, epoch: int) -> Examples:
        """Tear all digits."""
        rng = np.random.default_rng([seed, 3, epoch])
        share = rng.uniform(0.0, self.most, len(train)).astype(np.float32)
        return with_holes(train, holes(len(train), share, rng), instead(self.fill, train))


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Both nets: trained on whole digits, and on digits with holes."""

    plain: Snapshot
    holed: Snapshot

    @property
    def epoch(self) -> int:
        """Epochs that both have done."""
        return min(self.plain.epoch, self.holed.epoch)

    @property
    def fill(self) -> HoleFill:
        """What stood in the holes."""
        holes = self.holed.recipe.augment
        return holes.fill if isinstance(holes, Holes) else "zero"


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


def recipes(epochs: int, most: float, fill: HoleFill, seed: int) -> tuple[Recipe, Recipe]:
    """Return the recipe of the plain net, and that of the net that learns with holes."""
    plain = small_net.recipe(Adam(RATE), epochs=epochs, seed=seed)
    return plain, replace(plain, augment=Holes(most, fill))


def mean_digit(train: Examples) -> Floats:
    """Mean ink of each pixel over the training digits, ``(8, 8)``: the columns of a table have such means."""
    return np.asarray(train.images.mean(axis=0), np.float32)


def holes(count: int, share: float | Floats, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Pixels that are missing, ``(count, 8, 8)``, each with probability `share` (one number, or one a digit)."""
    chance = np.broadcast_to(np.asarray(share, np.float64).reshape(-1, 1, 1), (count, 1, 1))
    return np.asarray(rng.random((count, 8, 8)) < chance)


def with_holes(digits: Examples, lost: NDArray[np.bool_], instead: float | Floats) -> Examples:
    """Put `instead` (one number, or ``(8, 8)``) where ``(N, 8, 8)`` says that a pixel is missing."""
    torn = np.where(lost, np.float32(instead), digits.images).astype(np.float32)
    return Examples(torn, digits.labels, digits.names)


def tolerance(
    pair: Pair, test: Examples, draws: int = DRAWS, checkpoint: Callable[[], None] = lambda: None
) -> Tolerance:
    """Test both nets on the same holes at each of `SHARES`, the mean over so many draws of holes."""
    train, seed = pair.plain.recipe.data.train, pair.plain.recipe.seed
    plain, holed = pair.plain.module(), pair.holed.module()
    asked: tuple[tuple[nn.Module, float | Floats], ...] = (
        (plain, 0.0),
        (plain, mean_digit(train)),
        (holed, instead(pair.fill, train)),
    )
    rows = []
    for number, share in enumerate(SHARES):
        hits, count = np.zeros(3), draws if share else 1
        for draw in range(count):
            lost = holes(len(test), share, np.random.default_rng([seed, 4, number, draw]))
            for which, (net, filling) in enumerate(asked):
                checkpoint()
                hits[which] += accuracy(net, with_holes(test, lost, filling))
        rows.append(hits / count)
    plain_zero, plain_mean, known = np.array(rows).T
    return Tolerance(plain_zero, plain_mean, known)


def said(snapshot: Snapshot, digits: Examples) -> NDArray[np.int64]:
    """The net's digit for each, ``(N,)``."""
    return np.asarray(scores_of(snapshot.module(), digits).argmax(1).numpy())


def instead(fill: HoleFill, train: Examples) -> float | Floats:
    """What stands in a hole."""
    return 0.0 if fill == "zero" else mean_digit(train)
