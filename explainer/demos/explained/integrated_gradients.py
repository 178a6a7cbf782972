"""Integrated Gradients: slopes added up on the way from a baseline to the picture, and whether they add up."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from explainer.core.context import Context
from explainer.core.controls import TOP_1, ClassIndex, Doc, Options, Range
from explainer.core.demo import Cost, Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.memo import memo_name, prepared
from explainer.core.result import Result
from explainer.core.subject import Subject, subject
from explainer.demos.explained._path_view import Walk

Baseline = Literal["black", "grey", "blur", "noise"]
BASELINES = Options({"black": "Black", "grey": "Mid-grey", "blur": "Blurred picture", "noise": "Noise"})
Rule = Literal["trapezoid", "right", "left", "gauss"]
RULES = Options({"trapezoid": "Trapezoids", "right": "Right ends", "left": "Left ends", "gauss": "Gauss–Legendre"})
Spacing = Literal["even", "following"]
SPACINGS = Options({"even": "Even", "following": "Follow the score"})
DEFAULT_STEPS = 32


@dataclass(frozen=True, slots=True)
class Params:
    """From where, how, and in how many steps."""

    target: Annotated[ClassIndex, Doc("Class", "Whose score is shared out among the pixels.")] = TOP_1
    baseline: Annotated[
        Baseline, Doc("Baseline", "The picture that stands for “nothing there”. There is no neutral one."), BASELINES
    ] = "black"
    steps: Annotated[int, Doc("Steps", "Points of the path where the slope is taken."), Range(8, 256, log=True)] = (
        DEFAULT_STEPS
    )
    rule: Annotated[Rule, Doc("Sum by", "How slopes at points stand for the whole path."), RULES] = "trapezoid"
    spacing: Annotated[
        Spacing, Doc("Points", "Even, or close together where the score changes (17 forward passes more)."), SPACINGS
    ] = "even"


class IntegratedGradientsDemo(Demo[Params]):
    """The map, the path, and the gap between what should add up and what does."""

    info = DemoInfo(
        id="integrated-gradients",
        title="Integrated Gradients",
        topics=(45,),
        summary="Shares a class's score out among the pixels, and says how much is missing.",
        papers=("sundararajan2017", "kokhlikyan2020"),
        cost=Cost(forwards=DEFAULT_STEPS, backwards=DEFAULT_STEPS),
    )

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Walk the path; the map is shown as it grows."""
        with ctx.model() as net:
            ready = prepared(frame, net, ctx)
            with ctx.stage("model"):
                logits = ctx.memo(("logits", *memo_name(ctx)), lambda: net.logits(ready.tensor))
            about = subject(frame, ready, logits, params.target, ctx)
            start = _start(about, params, ctx)
            with ctx.stage("explain"):
                bare = float(net.logits(start)[0, about.index])
                walk = Walk(about, start, bare, params.rule, params.steps, params.spacing == "following")
                for found in walk.sums(net.network(), ctx):
                    last = found
                    ctx.progress(found.done / params.steps, f"{found.done} of {params.steps} points")
                    if found.done < params.steps:
                        ctx.publish(about.result(walk.growing(found), partial=True))
            return about.result(walk.part(last))


def _start(about: Subject, params: Params, ctx: Context) -> Any:
    from explainer.vision.attribution.integrated import baseline

    return baseline(about.x, params.baseline, about.card.mean, about.card.std, ctx.seed)
