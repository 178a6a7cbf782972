"""Suppression of duplicates put to the test: two real figures slide over one another before a real detector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from explainer.core.context import Context
from explainer.core.controls import Choice, Doc, OnPicture, Plays, Range, When
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

STEPS, AT_ONCE = 15, 2
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

    a: Annotated[PointXY, OnPicture("input"), Doc("In front", "Drag it over the other.")] = IN_FRONT
    b: Annotated[PointXY, OnPicture("input"), Doc("Behind", "Drag it anywhere.")] = BEHIND
    front: Annotated[Figure, Doc("Front figure", "Two of one class speak against each other.")] = Figure.MAN
    back: Annotated[Figure, Doc("Figure behind", "Two of one class speak against each other.")] = Figure.WOMAN
    size: Annotated[
        float, Range(0.1, 1.0, 0.05), Doc("Height", "Share of the picture's height. Small figures are missed sooner.")
    ] = 0.7
    method: Annotated[
        Method,
        Doc("Suppression", "What a kept box does to those it overlaps."),
    ] = Method.GREEDY
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
        from explainer.vision.detection import cutouts, nanodet

        net, rule = shared.network(ctx), _rule(params)
        key = (params.a, params.b, params.front, params.back, params.size)
        with ctx.stage("prepare"):
            scene = latest(ctx, "nms scene", key, lambda: cutouts.compose(_ground(frame, ctx), _figures(frame, params)))
        with ctx.stage("model"):
            kept = latest(ctx, "nms answers", key, lambda: nanodet.look(net, scene.pixels))
        with ctx.stage("explain"):
            now = latest(ctx, "nms judged", (key, rule), lambda: view.judge(scene, kept, rule))
        if not params.sweep:
            return play.played(view.result(frame, now, rule, ()), now, params.judged)
        if not is_latest(ctx, "nms sweep", key[1:]):
            ctx.publish(play.played(view.result(frame, now, rule, (), partial=True), now, params.judged))
        sweep = latest(ctx, "nms sweep", key[1:], lambda: _swept(frame, params, ctx))
        every = latest(ctx, "nms swept", (key[1:], rule), lambda: [view.judge(s, k, rule) for s, k in sweep])
        return play.played(view.result(frame, now, rule, every), now, params.judged)


def _rule(params: Params) -> view.Rule:
    return view.Rule(params.method, params.iou, params.sigma, params.score)


def _ground(frame: Frame, ctx: Context) -> Any:
    """The picture, out of focus: people in it would get boxes of their own."""
    from explainer.vision.detection import cutouts

    return latest(ctx, "nms ground", "faded", lambda: cutouts.faded(frame.pixels))


def _figures(frame: Frame, params: Params, shift: float | None = None) -> tuple[Placed, Placed]:
    """The one behind, then the one in front; with `shift` in heights it stands that far beside the other."""
    from explainer.vision.detection.cutouts import Placed

    height = params.size * frame.height
    bx, by = params.b.x * frame.width, params.b.y * frame.height
    ax, ay = params.a.x * frame.width, params.a.y * frame.height
    if shift is not None:
        side = 1.0 if params.b.x < 0.5 else -1.0  # to where there is more room
        ax, ay = bx + side * shift * height, by
    return Placed(params.back, bx, by, height), Placed(params.front, ax, ay, height, mirrored=True)


def _swept(frame: Frame, params: Params, ctx: Context) -> list[tuple[Scene, Answers]]:
    """Scenes with the front figure farther and farther off, and what the network answers to each."""
    from explainer.vision.detection import cutouts, nanodet

    net = shared.network(ctx)
    found: list[tuple[Scene, Answers]] = []
    shifts = [0.85 * (k / (STEPS - 1)) ** 1.3 for k in range(STEPS)]  # closer steps where they overlap most
    for start in range(0, STEPS, AT_ONCE):
        ctx.progress(start / STEPS, "sliding the front figure off")
        ctx.checkpoint()
        some = shifts[start : start + AT_ONCE]
        scenes = [cutouts.compose(_ground(frame, ctx), _figures(frame, params, shift)) for shift in some]
        found += list(zip(scenes, nanodet.look_at_all(net, [one.pixels for one in scenes]), strict=True))
    return found
