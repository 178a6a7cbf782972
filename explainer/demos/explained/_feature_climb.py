"""Ascents that are under way: carried on where an earlier run stopped, drawn, kept for the next frame."""

import time
from collections.abc import Callable, Hashable
from typing import Any

from explainer.core.context import Context
from explainer.core.parts import Part
from explainer.core.result import Result
from explainer.demos.explained import _feature_view as view

ALL_HELP = ("waves", "colours", "robust")
PUBLISH_S = 0.3
HELD = 16  # ascents that are kept for coming back
SIZE_PX = 128


def watch(net: Any) -> Any:
    """Run the leased network on pictures in 0…1."""
    from explainer.vision.attribution.feature_vis import Watch

    return Watch(net.network(), net.card.mean, net.card.std)


def wish(seen: view.Seen) -> Any:
    """What is to be maximised, as the algorithm takes it."""
    from explainer.vision.attribution.feature_vis import Wish

    return Wish(seen.objective, seen.index, "" if seen.objective == "class" else seen.layer.name)


class Climb:
    """One ascent, or two side by side that grow together."""

    def __init__(self, net: Any, ctx: Context, seen: view.Seen, params: Any) -> None:
        self._ctx, self._seen, self._params = ctx, seen, params
        self._watch, self._wish = watch(net), wish(seen)
        self._helps = [frozenset(params.helps)]
        if params.compare != "none":
            turned = ALL_HELP if params.compare == "all" else (params.compare,)
            self._helps.append(self._helps[0] ^ frozenset(turned))
        self._recipes = [self._recipe(helps) for helps in self._helps]

    def run(self, publish: Callable[[list[Any]], None]) -> list[Any]:
        """Climb to the wanted step, or go on from where an earlier run of the same recipe stopped."""
        from explainer.vision.attribution import feature_vis
        from explainer.vision.training.several import one_thread

        held: dict[Hashable, Any] = self._ctx.memo(("ascents",), dict, keep=True)
        # Steps on small pictures: on a busy machine two threads took thirty times as long as one.
        with one_thread():
            now = self._climbed([self._held(held, recipe) for recipe in self._recipes], held, publish)
            _forget_first(held)
            pairs = zip(self._recipes, now, strict=True)
            return [feature_vis.up_to_date(self._watch, self._wish, recipe, ascent) for recipe, ascent in pairs]

    def _climbed(self, now: list[Any], held: dict[Hashable, Any], publish: Callable[[list[Any]], None]) -> list[Any]:
        """Take both to the wanted step, in turns, and show them on the way; `held` follows each step."""
        from explainer.vision.attribution import feature_vis

        wanted, shown = self._params.steps, 0.0
        climbs = [
            feature_vis.climb(self._watch, self._wish, recipe, ascent, wanted, self._ctx.checkpoint)
            for recipe, ascent in zip(self._recipes, now, strict=True)
        ]
        while any(ascent.step < wanted for ascent in now):
            if time.monotonic() - shown >= PUBLISH_S:
                publish(now)
                shown = time.monotonic()
            now = [next(climb, ascent) for climb, ascent in zip(climbs, now, strict=True)]
            held.update({(self._wish, recipe): one for recipe, one in zip(self._recipes, now, strict=True)})
            self._ctx.progress(sum(a.step for a in now) / (wanted * len(now)), f"step {now[0].step} of {wanted}")
        return now

    def result(self, now: list[Any], more: Part | None = None) -> Result:
        """Pictures, curves and words of ascents that are under way or at their end."""
        drawn = [self._drawn(*one) for one in zip(self._recipes, now, self._helps, strict=True)]
        return view.result(self._seen, drawn, now[0].step, more or Part())

    def _drawn(self, recipe: Any, ascent: Any, helps: frozenset[str]) -> view.Drawn:
        """Draw an ascent; what was drawn at its end is kept, so that the next frame needs no pass for it."""
        from explainer.vision.attribution import feature_vis

        kept: dict[Hashable, view.Drawn] = self._ctx.memo(("drawn",), dict, keep=True)
        key = (self._wish, recipe, ascent.step)
        if key in kept and ascent.step == ascent.steps[-1]:
            return kept[key]
        said = feature_vis.prediction(self._watch, recipe, ascent, self._ctx.card.input_px)
        fine = feature_vis.fine(recipe, ascent)
        picture = feature_vis.pixels(recipe, ascent)
        drawn = view.Drawn(picture, ascent.steps, ascent.heights, said, fine, helps, ascent.moving)
        if ascent.step == ascent.steps[-1] == self._params.steps:
            kept[key] = drawn
            _forget_first(kept)
        return drawn

    def _held(self, held: dict[Hashable, Any], recipe: Any) -> Any:
        from explainer.vision.attribution import feature_vis

        known = held.get((self._wish, recipe))
        if known is not None and known.step <= self._params.steps:
            return known
        return feature_vis.start(self._watch, self._wish, recipe)

    def _recipe(self, helps: frozenset[str]) -> Any:
        from explainer.vision.attribution.canvas import Canvas
        from explainer.vision.attribution.feature_vis import Recipe

        canvas = Canvas(SIZE_PX, "waves" in helps, "colours" in helps)
        weight = 0.0 if self._params.penalty == "none" else self._params.weight
        return Recipe(canvas, "robust" in helps, self._params.penalty, weight, self._ctx.seed)


def _forget_first(held: dict[Hashable, Any]) -> None:
    while len(held) > HELD:
        del held[next(iter(held))]
