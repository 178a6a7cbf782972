"""Feature visualization: from noise to the picture that a channel, a unit or a class would like best.

The ascent does not depend on the frame, so it is kept: on a camera only the frame's own answer is computed anew.
"""

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray

from explainer.core.context import Context
from explainer.core.controls import LAST, TOP_1, ClassIndex, Doc, LayerName, Options, Range, When
from explainer.core.demo import Cost, Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.result import Result
from explainer.demos.explained import _feature_examples as examples
from explainer.demos.explained import _feature_view as view
from explainer.demos.explained import _shared as shared

Objective = Literal["channel", "unit", "class"]
OBJECTIVES = Options({"channel": "A channel's mean", "unit": "Its middle cell", "class": "A class"})
Help = Literal["waves", "colours", "robust"]
HELPS = Options({"waves": "Waves, not pixels", "colours": "Photo colours", "robust": "Hold out when moved"})
Compare = Literal["none", "all", "waves", "colours", "robust"]
COMPARES = Options(
    {
        "none": "Nothing",
        "all": "All three switched over",
        "waves": "Waves or pixels",
        "colours": "Photo colours or RGB",
        "robust": "Moved or not",
    }
)
Penalty = Literal["none", "tv", "l2"]
PENALTIES = Options({"none": "Nothing", "tv": "Roughness (TV)", "l2": "Contrast (L2)"})
ALL_HELP: tuple[Help, ...] = ("waves", "colours", "robust")

PUBLISH_S = 0.3
HELD = 16  # ascents that are kept for coming back
SIZE_PX = 128
OF_MAPS, OF_CLASSES = When("objective", ("channel", "unit")), When("objective", ("class",))


@dataclass(frozen=True, slots=True)
class Params:
    """What is maximised, and how."""

    objective: Annotated[Objective, Doc("Maximise", "What the picture is to excite."), OBJECTIVES] = "channel"
    layer: Annotated[LayerName, Doc("Layer", "Early layers like textures, late ones parts of objects."), OF_MAPS] = LAST
    channel: Annotated[int, Doc("Channel", "One feature map of the layer."), Range(0, 4095), OF_MAPS] = 100
    target: Annotated[ClassIndex, Doc("Class", "Whose logit is climbed; top-1 is what it sees."), OF_CLASSES] = TOP_1
    steps: Annotated[int, Doc("Steps", "Raising it goes on from here."), Range(8, 512, step=8, log=True)] = 64
    helps: Annotated[
        tuple[Help, ...], Doc("Kept natural by", "None of these knows what a picture should show."), HELPS
    ] = ALL_HELP
    penalty: Annotated[Penalty, Doc("Punish", "Taken off the objective, times a weight."), PENALTIES] = "none"
    weight: Annotated[
        float,
        Doc("Weight", "How much the punishment counts against the activation."),
        Range(1.0, 1000.0, log=True),
        When("penalty", ("tv", "l2")),
    ] = 50.0
    compare: Annotated[Compare, Doc("Compare with", "Another ascent, with one switch the other way."), COMPARES] = "all"
    examples: Annotated[bool, Doc("Search the folder", "Which of your pictures excite it most, up to 64 of them.")] = (
        False
    )


class FeatureVisualization(Demo[Params]):
    """Gradient ascent on a picture."""

    info = DemoInfo(
        id="feature-visualization",
        title="Feature visualization",
        topics=(45, 1),
        summary="From noise to the picture that a channel or class would like best.",
        papers=("erhan2009", "simonyan2014", "olah2017", "kingma2015"),
        # 2 ascents of 64 steps, 128 + 34 forward and 128 backward passes; at 128 px each costs about a third.
        cost=Cost(forwards=54, backwards=43),
    )

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Climb, beside it climb another way, and show what the frame itself brings."""
        with ctx.model() as net:
            seen = _seen(frame, params, net, ctx)
            climb = _Climb(net, ctx, seen, params)
            with ctx.stage("explain"):
                ended = climb.run(lambda now: ctx.publish(climb.result(now)))
            part = examples.part(seen, net, ctx) if params.examples else shared.Part()
            return climb.result(ended, part)


def _seen(frame: Frame, params: Params, net: Any, ctx: Context) -> view.Seen:
    """Look at the frame: one forward pass, and for a class its Grad-CAM."""
    from explainer.vision.attribution.cam import class_map
    from explainer.vision.attribution.feature_vis import maps_and_logits

    ready = shared.prepared(frame, net, ctx)
    layer = ctx.card.layer(LAST if params.objective == "class" else params.layer)
    if params.objective == "class":
        with ctx.stage("model"):
            split = shared.latest(ctx, "split", layer.name, lambda: net.split(ready.tensor, layer.name))
        about = shared.subject(frame, ready, split.logits, params.target, ctx)
        heat = class_map(split.activation, split.gradient(about.index), "grad-cam").finite
        return view.Seen(about, "class", about.index, layer, heat, about.logits, _fine(about.x, ctx))
    with ctx.stage("model"):
        find = partial(maps_and_logits, net.network(), layer.name, ready.tensor)
        maps, logits = shared.latest(ctx, "maps", layer.name, find)
    about = shared.subject(frame, ready, logits, TOP_1, ctx)
    found = maps[0].cpu().numpy()
    index = min(params.channel, len(found) - 1)
    answers = _answers(found, params.objective)
    return view.Seen(about, params.objective, index, layer, found[index], answers, _fine(about.x, ctx), params.channel)


def _answers(maps: NDArray[np.float32], objective: Objective) -> NDArray[np.float64]:
    """Give the objective of every channel of ``(C, h, w)``."""
    if objective == "unit":
        return maps[:, maps.shape[1] // 2, maps.shape[2] // 2].astype(np.float64)
    return np.asarray(maps.mean(axis=(1, 2), dtype=np.float64))


def _fine(x: Any, ctx: Context) -> float:
    from explainer.vision.attribution.feature_vis import fine_in

    return ctx.memo(("fine", *shared.memo_name(ctx)), lambda: fine_in(x, SIZE_PX))


def _watch(net: Any) -> Any:
    from explainer.vision.attribution.feature_vis import Watch

    return Watch(net.network(), net.card.mean, net.card.std)


def _wish(seen: view.Seen) -> Any:
    from explainer.vision.attribution.feature_vis import Wish

    return Wish(seen.objective, seen.index, "" if seen.objective == "class" else seen.layer.name)


class _Climb:
    """One ascent, or two side by side that grow together."""

    def __init__(self, net: Any, ctx: Context, seen: view.Seen, params: Params) -> None:
        self._ctx, self._seen, self._params = ctx, seen, params
        self._watch, self._wish = _watch(net), _wish(seen)
        self._helps = [frozenset(params.helps)]
        if params.compare != "none":
            turned = ALL_HELP if params.compare == "all" else (params.compare,)
            self._helps.append(self._helps[0] ^ frozenset(turned))
        self._recipes = [self._recipe(helps) for helps in self._helps]

    def run(self, publish: Callable[[list[Any]], None]) -> list[Any]:
        """Climb to the wanted step, or go on from where an earlier run of the same recipe stopped."""
        from explainer.vision.attribution import feature_vis

        held: dict[Hashable, Any] = self._ctx.memo(("ascents",), dict, keep=True)
        now = [self._held(held, recipe) for recipe in self._recipes]
        wanted = self._params.steps
        climbs = [
            feature_vis.climb(self._watch, self._wish, recipe, ascent, wanted, self._ctx.checkpoint)
            for recipe, ascent in zip(self._recipes, now, strict=True)
        ]
        shown = 0.0
        while any(ascent.step < wanted for ascent in now):
            if time.monotonic() - shown >= PUBLISH_S:
                publish(now)
                shown = time.monotonic()
            now = [next(climb, ascent) for climb, ascent in zip(climbs, now, strict=True)]
            held.update({(self._wish, recipe): one for recipe, one in zip(self._recipes, now, strict=True)})
            self._ctx.progress(sum(a.step for a in now) / (wanted * len(now)), f"step {now[0].step} of {wanted}")
        while len(held) > HELD:
            del held[next(iter(held))]
        pairs = zip(self._recipes, now, strict=True)
        return [feature_vis.up_to_date(self._watch, self._wish, recipe, ascent) for recipe, ascent in pairs]

    def result(self, now: list[Any], more: shared.Part | None = None) -> Result:
        """Pictures, curves and words of ascents that are under way or at their end."""
        from explainer.vision.attribution import feature_vis

        drawn = []
        for recipe, ascent, helps in zip(self._recipes, now, self._helps, strict=True):
            said = feature_vis.prediction(self._watch, recipe, ascent, self._ctx.card.input_px)
            picture = feature_vis.pixels(recipe, ascent)
            fine = feature_vis.fine(recipe, ascent)
            drawn.append(view.Drawn(picture, ascent.steps, ascent.heights, said, fine, helps, ascent.moving))
        return view.result(self._seen, drawn, now[0].step, more or shared.Part())

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
