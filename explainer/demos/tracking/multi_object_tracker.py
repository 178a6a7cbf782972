"""Following many: detections, Kalman filters, gates, the Hungarian method, and who is who."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import numpy as np
from numpy.typing import NDArray

from explainer.core.context import Context
from explainer.core.controls import Choice, Doc, OnPicture, Plays, Range, Resets, When
from explainer.core.demo import Cost, Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.geometry import BoxXYXY
from explainer.core.result import Result
from explainer.demos.tracking import _many_view as view
from explainer.demos.tracking._many_view import Moment

if TYPE_CHECKING:
    from explainer.vision.tracking.many import Seen, Settings

WALL = BoxXYXY(0.46, 0.0, 0.58, 1.0)
LEAST_SCORE = 0.2  # below it no detection is kept for anything
SAME_PLACE = 0.6  # two boxes that overlap more are one thing, whatever their classes
NOISE = 0.05  # of a detection's centre, as a share of the box's height
CORRECTED = 3  # the last moment of a picture
AHEAD = 24  # pictures of the ways that are drawn before the figures go them
EMPTY = 6  # pictures of a film without a detection, after which that is said


class Scene(Choice):
    """Scene."""

    AUTO = "auto", "A film as it comes, else figures"
    MADE = "made", "Figures that walk, truth known"
    SOURCE = "source", "The source as it comes"


WITH_FIGURES = When("scene", (Scene.AUTO, Scene.MADE))


class Detector(Choice):
    """Detector."""

    NANODET = "nanodet", "NanoDet"
    SIMULATED = "simulated", "Simulated from the truth"


class Kinds(Choice):
    """Follow."""

    ALL = "all", "Everything found"
    PEOPLE = "people", "People"


class Association(Choice):
    """Association."""

    SORT = "sort", "SORT: sure detections"
    BYTETRACK = "bytetrack", "ByteTrack: doubtful ones too"


@dataclass(frozen=True, slots=True)
class Params:
    """Scene, detector and tracker."""

    scene: Annotated[
        Scene,
        Resets(),
        Doc("Scene", "Made figures have true boxes and names; a film has none."),
    ] = Scene.AUTO
    moment: Annotated[
        int,
        Range(1, 3),
        Plays(4.5, "Predict, look, correct"),
        Doc("Moment", "Of this picture: what is expected, what is found, and what is believed after both."),
    ] = CORRECTED
    figures: Annotated[int, Range(2, 9, 1), Resets(), WITH_FIGURES, Doc("Figures")] = 4
    walled: Annotated[bool, Doc("A wall", "Painted over the picture before anything is detected.")] = False
    wall: Annotated[
        BoxXYXY, OnPicture("input"), When("walled", (True,)), Doc("Wall", "Drag it over what is to be hidden.")
    ] = WALL
    detector: Annotated[
        Detector,
        WITH_FIGURES,
        Doc("Detector", "NanoDet looks at pixels; the simulated one adds noise to the truth."),
    ] = Detector.NANODET
    kinds: Annotated[
        Kinds,
        Doc("Follow", "People alone, or whatever the detector has a name for."),
    ] = Kinds.ALL
    sure: Annotated[
        float, Range(0.2, 0.9, 0.05), Doc("Sure from score", "Below it no track begins; only ByteTrack looks there.")
    ] = 0.35
    association: Annotated[
        Association,
        Doc("Association", "Which detections may continue a track."),
    ] = Association.SORT
    appearance: Annotated[
        float, Range(0.0, 1.0, 0.05), Doc("Share of looks", "How much features of MobileNetV2 count; 0 ignores looks.")
    ] = 0.0
    least_iou: Annotated[
        float, Range(0.05, 0.9, 0.05), Doc("Overlap at least", "Least IoU of a prediction and its detection.")
    ] = 0.2
    gate: Annotated[
        float, Range(0.5, 12.0, 0.5, unit="σ"), Doc("Gate", "The ellipse outside which no detection is accepted.")
    ] = 4.0
    max_age: Annotated[
        int, Range(0, 90, 1, unit="pictures"), Doc("Lives unseen for", "Long lives bridge walls, and invite mistakes.")
    ] = 20
    process: Annotated[
        float, Range(0.1, 1000.0, log=True, unit="×"), Doc("Process noise", "How suddenly things are expected to move.")
    ] = 1.0


class MultiObjectTracker(Demo[Params]):
    """Detect, predict, pair, correct: picture by picture, with the truth beside it where there is one."""

    info = DemoInfo(
        id="multi-object-tracker", title="Multi-object tracking", topics=(22, 32, 6), sample="temple",
        summary="Detections become identities: Kalman ellipses, cost matrix, a wall to hide behind, counted switches.",
        papers=("bewley2016", "zhang2022", "wojke2017", "kalman1960", "kuhn1955", "bernardin2008", "ristani2016",
                "luiten2021"),
        cost=Cost(),
        temporal=True,
        uses_model=False,
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Take one picture."""
        from explainer.vision import suiting
        from explainer.vision.tracking import doubt, many, track_history
        from explainer.vision.tracking.memory import gone_on, paced

        if params.scene == Scene.AUTO:
            params = replace(params, scene=Scene.SOURCE if frame.filmed else Scene.MADE)
        memory = gone_on(ctx.state, frame)
        with ctx.stage("prepare"):
            now = _moment(memory.history.count, frame, params, ctx)
        with ctx.stage("model"):
            seen = _detected(memory.history.count, now, params, ctx)
        ctx.checkpoint()
        with ctx.stage("explain"):
            step, memory = paced(memory, frame, by_time=now.truth is None)
            tracks, what = many.follow(memory.tracks or many.nothing(), seen, _settings(params), step)
            book = track_history.written(memory.history, tracks, what)
            if now.truth is not None:
                there = now.truth.there & _wanted(now.truth.class_id, params)
                ids = np.flatnonzero(there) + 1
                book = track_history.judged(book, ids, now.truth.boxes[there], tracks, what.shown)
            doubts = doubt.noted(memory.doubts, tracks, what)
            state = replace(memory, tracks=tracks, history=book, doubts=doubts)
            none = now.truth is None and book.count >= EMPTY and not book.born
            return view.result(frame, params, state, what, now, step, suiting.without_motion() if none else None)


def _settings(params: Params) -> Settings:
    from explainer.vision.tracking import association, many

    rule = association.Rule(params.least_iou, params.gate, params.appearance)
    return many.Settings(
        params.association, params.sure, LEAST_SCORE, params.max_age, 2, rule, params.process, loose=False, noise=NOISE
    )


# Pictures and detections --------------------------------------------------------------------------------


def _moment(count: int, frame: Frame, params: Params, ctx: Context) -> Moment:
    """The picture that is detected in, with the wall, and the truth where it is made."""
    from explainer.vision.tracking import crowd

    wall = _upright(params.wall) if params.walled else None
    if params.scene == Scene.SOURCE:
        return Moment(frame.pixels if wall is None else crowd.hidden(frame.pixels, wall))
    key = ("crowd", params.figures, count, wall)
    made = ctx.memo(key, lambda: crowd.walk(frame.pixels, params.figures, count, wall))
    size = (made.pixels.shape[1], made.pixels.shape[0])
    return Moment(made.pixels, made, crowd.ways(params.figures, count, AHEAD, size))


def _upright(box: BoxXYXY) -> tuple[float, float, float, float]:
    """Left, top, right and bottom in their order and inside the picture."""
    x0, x1 = sorted(min(max(v, 0.0), 1.0) for v in (box.x0, box.x1))
    y0, y1 = sorted(min(max(v, 0.0), 1.0) for v in (box.y0, box.y1))
    return x0, y0, x1, y1


def _detected(count: int, now: Moment, params: Params, ctx: Context) -> Seen:
    """Detections with their appearance. Sliders of the tracker run no network again."""
    from explainer.vision.tracking import appearance, crowd

    if now.truth is not None and params.detector == "simulated":
        seen = crowd.simulated(now.truth, np.random.default_rng((ctx.seed, count)))
    else:
        key = ("found", params.scene, params.figures, count, params.wall if params.walled else None)
        seen = ctx.memo(key, lambda: _by_network(now, ctx))
    rows = _wanted(seen.class_id, params)
    seen = replace(seen, xyxy=seen.xyxy[rows], score=seen.score[rows], class_id=seen.class_id[rows])
    if params.appearance <= 0:
        return seen
    net = appearance.load(ctx.device)
    worn = ("appearance", params.kinds, params.detector, params.scene, params.figures, count,
            params.wall if params.walled else None)  # fmt: skip
    return replace(seen, appearance=ctx.memo(worn, lambda: appearance.vectors(now.pixels, seen.xyxy, net)))


def _wanted(class_id: NDArray[np.int64], params: Params) -> NDArray[np.bool_]:
    """Which of these are to be followed, ``(N,)``."""
    from explainer.vision.detection import coco

    return np.asarray((class_id == coco.PERSON) | (params.kinds == "all"))


def _by_network(now: Moment, ctx: Context) -> Seen:
    from explainer.vision.detection import nanodet, nms
    from explainer.vision.tracking.many import Seen

    net = ctx.memo(("nanodet", ctx.device), lambda: nanodet.load(ctx.device), keep=True)
    found = nanodet.detect(net, now.pixels, LEAST_SCORE)
    found = found[nms.greedy(found.xyxy, found.score, SAME_PLACE)]
    return Seen(found.xyxy.astype(np.float64), found.score.astype(np.float64), found.class_id)
