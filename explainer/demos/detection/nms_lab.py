"""Suppression of duplicates put to the test: two real figures slide over one another before a real detector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np

from explainer.core.context import Context
from explainer.core.controls import AUTO, Auto, Choice, Doc, OnPicture, Plays, Range, When
from explainer.core.demo import Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.geometry import PointXY
from explainer.core.memo import is_latest, latest
from explainer.core.result import Result
from explainer.demos.detection import _nanodet_view as shared
from explainer.demos.detection import _nms_play as play
from explainer.demos.detection import _nms_view as view

if TYPE_CHECKING:
    from explainer.vision.detection.cutouts import Placed, Scene
    from explainer.vision.detection.gfl import Answers
    from explainer.vision.detection.judging import Judged, Rule

STEPS, AT_ONCE = 15, 2
SHIFTS = [0.85 * (k / (STEPS - 1)) ** 1.8 for k in range(STEPS)]  # in heights; closer where they overlap most
IN_FRONT, BEHIND = PointXY(0.42, 0.6), PointXY(0.58, 0.6)


class Figure(Choice):
    """Front figure."""

    WOMAN = "woman", "A woman"
    MAN = "man", "A man, grey"
    DOG = "dog", "A dog"


class Method(Choice):
    """Suppression."""

    GREEDY = "greedy", "Greedy, class by class"
    AGNOSTIC = "agnostic", "Greedy, all classes alike"
    DIOU = "diou", "Greedy, by DIoU"
    LINEAR = "linear", "Soft, linear"
    GAUSSIAN = "gaussian", "Soft, Gaussian"


@dataclass(frozen=True, slots=True)
class Params:
    """Who stands where, and how duplicates are suppressed."""

    a: Annotated[PointXY | Auto, OnPicture("after-suppression"), Doc("In front", "Drag it off the other.")] = AUTO
    b: Annotated[PointXY, OnPicture("after-suppression"), Doc("Behind", "Drag it anywhere.")] = BEHIND
    front: Annotated[Figure, Doc("Front figure", "Two of one class speak against each other.")] = Figure.MAN
    back: Annotated[Figure, Doc("Figure behind", "Two of one class speak against each other.")] = Figure.WOMAN
    size: Annotated[
        float, Range(0.1, 1.0, 0.05), Doc("Height", "Share of the picture's height. Small figures are missed sooner.")
    ] = 0.7
    method: Annotated[Method, Doc("Suppression", "What a kept box does to those it overlaps.")] = Method.GREEDY
    iou: Annotated[
        float,
        Range(0.0, 1.0, 0.01),
        When("method", (Method.GREEDY, Method.AGNOSTIC, Method.DIOU, Method.LINEAR)),
        Doc("NMS IoU threshold", "Higher spares neighbours, and duplicates with them."),
    ] = 0.5
    sigma: Annotated[
        float, Range(0.05, 2.0, 0.05), When("method", (Method.GAUSSIAN,)), Doc("σ", "Smaller punishes overlap harder.")
    ] = 0.5
    score: Annotated[float, Range(0.05, 0.95, 0.01), Doc("Score threshold", "Before and after suppression alike.")] = (
        0.35
    )
    judged: Annotated[
        int,
        Range(0, play.MOST),
        Doc("Boxes judged", "So many of the raw boxes are kept or dropped so far, the best first."),
        Plays(8.0, "Drop the boxes one by one"),
    ] = play.MOST
    sweep: Annotated[
        bool, Doc("Sweep", "Slides the front figure off the other in 15 steps, and shows where one is lost.")
    ] = True


class NmsLab(Demo[Params]):
    """Raw boxes, what suppression does to them, and the overlap at which it goes wrong."""

    info = DemoInfo(
        id="nms-lab", title="NMS lab", topics=(5, 19), sample="temple",
        summary="Drag one person over another and see when the detector's own clean-up drops the one behind.",
        papers=("bodla2017", "zheng2020", "rezatofighi2019"),
        uses_model=False,
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Detect in the composed scene, suppress, and sweep."""
        from explainer.vision.detection.judging import judge

        rule, key, placed = _rule(params), _key(params), isinstance(params.a, PointXY)
        if placed and not params.sweep:
            return _shown(frame, params, (), ctx)
        if not is_latest(ctx, "nms sweep", key):
            first = params if placed else replace(params, a=IN_FRONT)
            early = _shown(frame, first, (), ctx, partial=True)
            ctx.publish(replace(early, resolved={} if placed else {"a": IN_FRONT}))
        sweep = latest(ctx, "nms sweep", key, lambda: _swept(frame, params, ctx))
        every = latest(ctx, "nms swept", (key, rule), lambda: [judge(s, k, rule) for s, k in sweep])
        at = params.a if isinstance(params.a, PointXY) else _where_one_is_dropped(frame, params, sweep)
        result = _shown(frame, replace(params, a=at), every if params.sweep else (), ctx)
        return result if placed else replace(result, resolved={"a": at})


def _key(params: Params) -> tuple[object, ...]:
    return params.b, params.front, params.back, params.size


def _shown(frame: Frame, params: Params, every: Sequence[Judged], ctx: Context, *, partial: bool = False) -> Result:
    from explainer.vision.detection import cutouts, judging, nanodet

    net, rule, key = shared.network(ctx), _rule(params), (params.a, *_key(params))
    with ctx.stage("prepare"):
        scene = latest(ctx, "nms scene", key, lambda: cutouts.compose(_ground(frame, ctx), _figures(frame, params)))
    with ctx.stage("model"):
        kept = latest(ctx, "nms answers", key, lambda: nanodet.look(net, scene.pixels))
    with ctx.stage("explain"):
        now = latest(ctx, "nms judged", (key, rule), lambda: judging.judge(scene, kept, rule))
    return play.played(view.result(frame, now, rule, every, partial=partial), now, params.judged)


def _where_one_is_dropped(frame: Frame, params: Params, sweep: Sequence[tuple[Scene, Answers]]) -> PointXY:
    """Of the places of the sweep the one where the figure behind, with the best score, goes with the duplicates.

    Where only the one in front goes, who is in full view, the picture would rather puzzle than tell.
    It is judged by the rule that the controls begin with, so that nobody moves when the rule is changed.
    """
    from explainer.vision.detection.judging import BACK, judge

    rule = _rule(Params())
    judged = [judge(*one, rule) for one in sweep]
    losses = [one.loss(rule.score) if one.state(BACK, rule.score) == "dropped" else 0.0 for one in judged]
    if max(losses) <= 0:
        return IN_FRONT
    _, front = _figures(frame, params, SHIFTS[int(np.argmax(losses))])
    return PointXY(min(max(front.x / frame.width, 0.0), 1.0), min(max(front.y / frame.height, 0.0), 1.0))


def _rule(params: Params) -> Rule:
    from explainer.vision.detection.judging import Rule

    return Rule(params.method, params.iou, params.sigma, params.score)


def _ground(frame: Frame, ctx: Context) -> Any:
    """The picture, out of focus: people in it would get boxes of their own."""
    from explainer.vision.detection import cutouts

    return latest(ctx, "nms ground", "faded", lambda: cutouts.faded(frame.pixels))


def _figures(frame: Frame, params: Params, shift: float | None = None) -> tuple[Placed, Placed]:
    """The one behind, then the one in front; with `shift` in heights it stands that far beside the other."""
    from explainer.vision.detection.cutouts import Placed

    height = params.size * frame.height
    bx, by = params.b.x * frame.width, params.b.y * frame.height
    at = IN_FRONT if isinstance(params.a, str) else params.a
    ax, ay = at.x * frame.width, at.y * frame.height
    if shift is not None:
        side = 1.0 if params.b.x < 0.5 else -1.0  # to where there is more room
        ax, ay = bx + side * shift * height, by
    return Placed(params.back, bx, by, height), Placed(params.front, ax, ay, height, mirrored=True)


def _swept(frame: Frame, params: Params, ctx: Context) -> list[tuple[Scene, Answers]]:
    """Scenes with the front figure farther and farther off, and what the network answers to each."""
    from explainer.vision.detection import cutouts, nanodet

    net = shared.network(ctx)
    found: list[tuple[Scene, Answers]] = []
    for start in range(0, STEPS, AT_ONCE):
        ctx.progress(start / STEPS, "sliding the front figure off")
        ctx.checkpoint()
        some = SHIFTS[start : start + AT_ONCE]
        scenes = [cutouts.compose(_ground(frame, ctx), _figures(frame, params, shift)) for shift in some]
        found += list(zip(scenes, nanodet.look_at_all(net, [one.pixels for one in scenes]), strict=True))
    return found
