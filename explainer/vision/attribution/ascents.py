"""Ascents that are under way: grown in turns, carried on where an earlier run stopped, kept for the next frame.

An ascent (`feature_vis`) depends on network, wish and recipe, and not on the picture of the session. So it is kept
for the session, by both: the next frame finds it ready, and more steps go on from where it stands.
"""

import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainer.core.context import Context
from explainer.vision.attribution import feature_vis
from explainer.vision.attribution.feature_vis import Ascent, Recipe, Watch, Wish
from explainer.vision.training.several import one_thread

PUBLISH_S = 0.3
HELD = 16  # ascents that are kept for coming back
SIZE_PX = 128


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """One ascent as it is shown.

    Parameters
    ----------
    picture
        ``(S, S, 3) uint8``.
    steps, heights
        The objective on the way.
    said
        Probabilities that the network gives the picture, ``(K,)``.
    fine
        Share of its contrast in waves shorter than 4 pixels.
    moving
        Whether there was any gradient to climb.
    """

    recipe: Recipe
    picture: NDArray[np.uint8]
    step: int
    steps: tuple[int, ...]
    heights: tuple[float, ...]
    said: NDArray[np.float64]
    fine: float
    moving: bool


class Ascents:
    """Ascents towards one wish, each by a recipe of its own, that grow together.

    Parameters
    ----------
    net
        Leased from the zoo.
    steps
        Where they end.
    """

    def __init__(self, net: Any, ctx: Context, wish: Wish, recipes: Sequence[Recipe], steps: int) -> None:
        self._ctx, self._wish, self._recipes, self._steps = ctx, wish, tuple(recipes), steps
        self._watch = Watch(net.network(), net.card.mean, net.card.std)

    def run(self, publish: Callable[[list[Drawn]], None]) -> list[Drawn]:
        """Climb to the wanted step, or go on from where an earlier run of the same recipe stopped."""
        held: dict[Hashable, Ascent] = self._ctx.memo(("ascents",), dict, keep=True)
        # Steps on small pictures: on a busy machine two threads took thirty times as long as one.
        with one_thread():
            now = self._climbed([self._held(held, recipe) for recipe in self._recipes], held, publish)
            _forget_first(held)
            pairs = zip(self._recipes, now, strict=True)
            return self._drawn([feature_vis.up_to_date(self._watch, self._wish, *pair) for pair in pairs])

    def _climbed(
        self, now: list[Ascent], held: dict[Hashable, Ascent], publish: Callable[[list[Drawn]], None]
    ) -> list[Ascent]:
        """Take all to the wanted step, in turns, and show them on the way; `held` follows each step."""
        shown = 0.0
        climbs = [
            feature_vis.climb(self._watch, self._wish, recipe, ascent, self._steps, self._ctx.checkpoint)
            for recipe, ascent in zip(self._recipes, now, strict=True)
        ]
        while any(ascent.step < self._steps for ascent in now):
            if time.monotonic() - shown >= PUBLISH_S:
                publish(self._drawn(now))
                shown = time.monotonic()
            now = [next(climb, ascent) for climb, ascent in zip(climbs, now, strict=True)]
            held.update({(self._wish, recipe): one for recipe, one in zip(self._recipes, now, strict=True)})
            share = sum(one.step for one in now) / (self._steps * len(now))
            self._ctx.progress(share, f"step {now[0].step} of {self._steps}")
        return now

    def _held(self, held: dict[Hashable, Ascent], recipe: Recipe) -> Ascent:
        known = held.get((self._wish, recipe))
        if known is not None and known.step <= self._steps:
            return known
        return feature_vis.start(self._watch, self._wish, recipe)

    def _drawn(self, now: Sequence[Ascent]) -> list[Drawn]:
        return [self._one(*pair) for pair in zip(self._recipes, now, strict=True)]

    def _one(self, recipe: Recipe, ascent: Ascent) -> Drawn:
        """Draw an ascent; what was drawn at its end is kept, so that the next frame needs no pass for it."""
        kept: dict[Hashable, Drawn] = self._ctx.memo(("drawn",), dict, keep=True)
        key, ended = (self._wish, recipe, ascent.step), ascent.step == ascent.steps[-1]
        if key in kept and ended:
            return kept[key]
        said = feature_vis.prediction(self._watch, recipe, ascent, self._ctx.card.input_px)
        picture, fine = feature_vis.pixels(recipe, ascent), feature_vis.fine(recipe, ascent)
        drawn = Drawn(recipe, picture, ascent.step, ascent.steps, ascent.heights, said, fine, ascent.moving)
        if ended and ascent.step == self._steps:
            kept[key] = drawn
            _forget_first(kept)
        return drawn


def _forget_first(held: dict[Hashable, Any]) -> None:
    while len(held) > HELD:
        del held[next(iter(held))]
