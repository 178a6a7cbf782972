"""Feature visualization: from noise to the picture that a channel, a unit or a class would like best.

The ascent does not depend on the frame beyond which channel is loudest in it, so it is kept: in a film the channel
stays that of the first picture, and only the frame's own answer is computed anew.
"""

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, cast

import numpy as np

from explainer.core.context import Context
from explainer.core.controls import AUTO, LAST, TOP_1, Auto, Choice, ClassIndex, Doc, LayerName, Range, When
from explainer.core.demo import Cost, Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.memo import latest, memo_name, prepared
from explainer.core.parts import Part
from explainer.core.result import Result
from explainer.core.subject import subject
from explainer.demos.explained import _feature_view as view

OF_MAPS, OF_CLASSES = When("objective", ("channel", "unit")), When("objective", ("class",))


class Objective(Choice):
    """Maximise."""

    CHANNEL = "channel", "A channel's mean"
    UNIT = "unit", "Its middle cell"
    CLASS = "class", "A class"


class Help(Choice):
    """Kept natural by."""

    WAVES = "waves", "Waves, not pixels"
    COLOURS = "colours", "Photo colours"
    ROBUST = "robust", "Hold out when moved"


class Penalty(Choice):
    """Punish."""

    NONE = "none", "Nothing"
    TV = "tv", "Roughness (TV)"
    L2 = "l2", "Contrast (L2)"


class Compare(Choice):
    """Compare with."""

    NONE = "none", "Nothing"
    ALL = "all", "All rules switched"
    WAVES = "waves", "Waves or pixels"
    COLOURS = "colours", "Photo colours or RGB"
    ROBUST = "robust", "Moved or not"


@dataclass(frozen=True, slots=True)
class Params:
    """What is maximised, and how."""

    objective: Annotated[Objective, Doc("Maximise", "What the picture is to excite.")] = Objective.CHANNEL
    layer: Annotated[
        LayerName | Auto, Doc("Layer", "Early layers like textures, late ones parts of objects."), OF_MAPS
    ] = AUTO
    channel: Annotated[
        int,
        Doc("Channel", "One feature map of the layer; at first the one with the strongest answer to your photo."),
        Range(-1, 4095, lowest="loudest"),
        OF_MAPS,
    ] = -1
    target: Annotated[ClassIndex, Doc("Class", "Whose logit should grow; top-1 is what it sees."), OF_CLASSES] = TOP_1
    steps: Annotated[int, Doc("Steps", "More steps continue from here."), Range(8, 512, step=8, log=True)] = 48
    helps: Annotated[tuple[Help, ...], Doc("Kept natural by", "None of these knows what a picture should show.")] = (
        tuple(Help)
    )
    penalty: Annotated[Penalty, Doc("Punish", "Subtracted from the objective, times a weight.")] = Penalty.NONE
    weight: Annotated[
        float,
        Doc("Weight", "How much the punishment counts against the activation."),
        Range(1.0, 1000.0, log=True),
        When("penalty", (Penalty.TV, Penalty.L2)),
    ] = 50.0
    compare: Annotated[Compare, Doc("Compare with", "Another ascent, with one switch the other way.")] = Compare.ALL
    examples: Annotated[bool, Doc("Search the folder", "Which of your pictures excite it most, up to 64 of them.")] = (
        False
    )


class FeatureVisualization(Demo[Params]):
    """Gradient ascent on a picture."""

    info = DemoInfo(
        id="feature-visualization", title="Feature visualization", topics=(45, 1), sample="cat",
        summary="From noise to the picture that a channel or class would like best.",
        papers=("simonyan2014", "olah2017", "kingma2015"),
        # 2 ascents of 48 steps: 96 + 26 forward and 96 backward passes; at 128 px each costs about a third.
        cost=Cost(forwards=41, backwards=32),
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Climb, beside it climb another way, and show what the frame itself brings."""
        from explainer.vision import seating
        from explainer.vision.attribution.ascents import SIZE_PX, Ascents
        from explainer.vision.attribution.feature_vis import Wish, fine_in

        params, seats = seating.seated(params, frame, ctx, layer=_late)
        with ctx.model() as net:
            ready = prepared(frame, net, ctx)
            fine = ctx.memo(("fine", *memo_name(ctx)), lambda: fine_in(ready.tensor, SIZE_PX))
            seen = (_class_seen if params.objective == "class" else _channel_seen)(frame, params, net, ready, fine, ctx)
            wish = Wish(params.objective, seen.index, "" if seen.is_class else seen.layer.name)
            climb = Ascents(net, ctx, wish, _recipes(params, ctx.seed), params.steps)

            def result(drawn: list[Any], more: Part) -> Result:
                x = np.ascontiguousarray(ready.tensor.cpu().numpy(), dtype=np.float32)
                return (view.part(seen, drawn) + more).result(input=x, resolved=seats)

            with ctx.stage("explain"):
                ended = climb.run(lambda now: ctx.publish(result(now, Part())))
            return result(ended, view.examples(seen, net, ctx) if params.examples else Part())


def _late(_wanted: str, _frame: Frame, ctx: Context) -> str:
    """Return the last layer whose maps are finer than the last one's: they show patterns and not yet whole objects."""
    maps = [one for one in ctx.card.layers if len(one.shape) == 3]
    return next((one.name for one in reversed(maps) if one.shape[1] > maps[-1].shape[1]), LAST)


def _recipes(params: Params, seed: int) -> list[Any]:
    """How the picture is grown, and with one switch, or all, the other way."""
    from explainer.vision.attribution.ascents import SIZE_PX
    from explainer.vision.attribution.canvas import Canvas
    from explainer.vision.attribution.feature_vis import Recipe

    turned = {"none": (), "all": tuple(Help)}.get(params.compare, (params.compare,))
    weight = 0.0 if params.penalty == "none" else params.weight
    both = [frozenset(params.helps), frozenset(params.helps) ^ frozenset(turned)]
    return [
        Recipe(
            Canvas(SIZE_PX, "waves" in on, "colours" in on), "robust" in on, cast("Any", params.penalty), weight, seed
        )
        for on in both[: 1 + bool(turned)]
    ]


def _class_seen(frame: Frame, params: Params, net: Any, ready: Any, fine: float, ctx: Context) -> view.Seen:
    """Look at the frame for a class: one pass each way, and its Grad-CAM."""
    from explainer.vision.attribution.cam import class_map

    layer = ctx.card.layer(LAST)
    with ctx.stage("model"):
        split = latest(ctx, "split", layer.name, lambda: net.split(ready.tensor, layer.name))
    about = subject(frame, ready, split.logits, params.target, ctx)
    heat = class_map(split.activation, split.gradient(about.index), "grad-cam").finite
    brings = float(about.logits[about.index])
    return view.Seen(about, "class", about.index, layer, heat, about.logits, brings, fine)


def _channel_seen(frame: Frame, params: Params, net: Any, ready: Any, fine: float, ctx: Context) -> view.Seen:
    """Look at the frame for a channel: one forward pass; without a number, the one with the strongest cell."""
    from explainer.vision import seating
    from explainer.vision.attribution.feature_vis import Wish, maps_and_logits

    layer = ctx.card.layer(params.layer)
    with ctx.stage("model"):
        find = partial(maps_and_logits, net.network(), layer.name, ready.tensor)
        maps, logits = latest(ctx, "maps", layer.name, find)
    loudness = maps[0].amax(dim=(1, 2)).double().cpu().numpy()
    index = min(params.channel, len(loudness) - 1)
    if index < 0:
        index = seating.once(f"channel of {layer.name} of {ctx.card.name}", frame, ctx, lambda: int(loudness.argmax()))
    about, brings = subject(frame, ready, logits, TOP_1, ctx), float(Wish(params.objective, index).of(maps))
    heat = maps[0, index].cpu().numpy()
    return view.Seen(about, params.objective, index, layer, heat, loudness, brings, fine, params.channel)
