"""All fifteen corruptions at all severities over one picture, and what a network makes of them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainer.vision.corruptions.denoise import Denoiser, denoise
from explainer.vision.corruptions.dice import Pixels, dice
from explainer.vision.corruptions.published import NAMES, SEVERITIES, corrupt
from explainer.vision.corruptions.square import answers


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is done to a picture, in this order.

    Parameters
    ----------
    first, second
        Corruption and severity; the second may be left out.
    remedy
        Denoiser and strength, or nothing.
    """

    first: tuple[str, int]
    second: tuple[str, int] | None = None
    remedy: tuple[Denoiser, int] | None = None

    def at(self, severity: int) -> "Recipe":
        """Return the same with another severity of the first."""
        return Recipe((self.first[0], severity), self.second, self.remedy)


def dirtied(pixels: Pixels, recipe: Recipe, seed: int, draw: int = 0) -> Pixels:
    """Corrupt, once or twice in a row."""
    name, severity = recipe.first
    found = corrupt(pixels, name, severity, dice(seed, name, draw))
    if recipe.second is not None:
        name, severity = recipe.second
        found = corrupt(found, name, severity, dice(seed + 1, name, draw))
    return found


def treated(pixels: Pixels, recipe: Recipe, checkpoint: Callable[[], None] = lambda: None) -> Pixels:
    """Apply the remedy, if there is one."""
    return pixels if recipe.remedy is None else denoise(pixels, *recipe.remedy, checkpoint)


def rows_of(second: tuple[str, int] | None, remedy: tuple[Denoiser, int] | None, mixed: str) -> list[Recipe]:
    """Rows of the table: the fifteen alone, and with a second corruption the mix of `mixed` with it."""
    alone = [Recipe((name, 1), None, remedy) for name in NAMES]
    return [*alone, Recipe((mixed, 1), second, remedy)] if second is not None else alone


def battery(
    net: Any,
    pixels: Pixels,
    rows: Sequence[Recipe],
    severities: Sequence[int] = tuple(range(1, SEVERITIES + 1)),
    *,
    seed: int,
    draw: int = 0,
    checkpoint: Callable[[], None] = lambda: None,
) -> Iterator[NDArray[np.float64]]:
    """Yield for each row the probabilities ``(severities, K)``, one batch of forward passes each."""
    for row in rows:
        squares = []
        for severity in severities:
            checkpoint()
            recipe = row.at(severity)
            squares.append(treated(dirtied(pixels, recipe, seed, draw), recipe, checkpoint))
        yield answers(net, squares, checkpoint)
