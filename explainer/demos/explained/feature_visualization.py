"""Feature visualization: from noise to the picture that a channel, a unit or a class would like best.

The ascent does not depend on the frame, so it is kept: on a camera only the frame's own answer is computed anew.
"""

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from explainer.core.context import Context
from explainer.core.controls import LAST, TOP_1, Choice, ClassIndex, Doc, LayerName, Range, When
from explainer.core.demo import Cost, Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.memo import latest, memo_name, prepared
from explainer.core.parts import Part
from explainer.core.result import Result
from explainer.core.subject import subject
from explainer.demos.explained import _feature_examples as examples
from explainer.demos.explained import _feature_view as view
from explainer.demos.explained._feature_climb import SIZE_PX, Climb

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
    layer: Annotated[LayerName, Doc("Layer", "Early layers like textures, late ones parts of objects."), OF_MAPS] = LAST
    channel: Annotated[int, Doc("Channel", "One feature map of the layer."), Range(0, 4095), OF_MAPS] = 100
    target: Annotated[ClassIndex, Doc("Class", "Whose logit is climbed; top-1 is what it sees."), OF_CLASSES] = TOP_1
    steps: Annotated[int, Doc("Steps", "Raising it goes on from here."), Range(8, 512, step=8, log=True)] = 48
    helps: Annotated[tuple[Help, ...], Doc("Kept natural by", "None of these knows what a picture should show.")] = (
        tuple(Help)
    )
    penalty: Annotated[Penalty, Doc("Punish", "Taken off the objective, times a weight.")] = Penalty.NONE
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
        with ctx.model() as net:
            seen = _seen(frame, params, net, ctx)
            climb = Climb(net, ctx, seen, params)
            with ctx.stage("explain"):
                ended = climb.run(lambda now: ctx.publish(climb.result(now)))
            part = examples.part(seen, net, ctx) if params.examples else Part()
            return climb.result(ended, part)


def _seen(frame: Frame, params: Params, net: Any, ctx: Context) -> view.Seen:
    """Look at the frame: one forward pass, and for a class its Grad-CAM."""
    from explainer.vision.attribution.cam import class_map
    from explainer.vision.attribution.feature_vis import maps_and_logits

    ready = prepared(frame, net, ctx)
    layer = ctx.card.layer(LAST if params.objective == "class" else params.layer)
    if params.objective == "class":
        with ctx.stage("model"):
            split = latest(ctx, "split", layer.name, lambda: net.split(ready.tensor, layer.name))
        about = subject(frame, ready, split.logits, params.target, ctx)
        heat = class_map(split.activation, split.gradient(about.index), "grad-cam").finite
        return view.Seen(about, "class", about.index, layer, heat, about.logits, _fine(about.x, ctx))
    with ctx.stage("model"):
        find = partial(maps_and_logits, net.network(), layer.name, ready.tensor)
        maps, logits = latest(ctx, "maps", layer.name, find)
    about = subject(frame, ready, logits, TOP_1, ctx)
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

    return ctx.memo(("fine", *memo_name(ctx)), lambda: fine_in(x, SIZE_PX))
