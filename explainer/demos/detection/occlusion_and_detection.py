"""An object is covered bit by bit: what becomes of its score, its box and its name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from explainer.core.context import Context
from explainer.core.controls import Doc, OnPicture, Options, Range
from explainer.core.demo import Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.geometry import BoxXYXY
from explainer.core.memo import latest
from explainer.core.result import Result
from explainer.demos.detection import _nanodet_view as shared
from explainer.demos.detection import _occlusion_view as view

if TYPE_CHECKING:
    from explainer.vision.detection.detections import Detections
    from explainer.vision.detection.gfl import Answers

POST = BoxXYXY(0.4, 0.1, 0.55, 1.0)
AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Params:
    """What covers which object, and how."""

    cover: Annotated[BoxXYXY, OnPicture("input"), Doc("Cover", "Drag it over the object; drag a corner to resize.")] = (
        POST
    )
    fill: Annotated[
        Literal["grey", "noise", "blur", "picture"],
        Options({"grey": "Grey", "noise": "Noise", "blur": "Blur", "picture": "Another part of the picture"}),
        Doc("Made of", "Texture can be taken for an object of its own."),
    ] = "grey"
    rank: Annotated[
        int, Range(1, 5), Doc("Object", "By score in the uncovered picture; click a dashed box to choose.")
    ] = 1
    side: Annotated[
        Literal["left", "right", "top", "bottom"],
        Doc("Sweep from", "Which parts go first decides when the object is lost."),
    ] = "left"
    steps: Annotated[int, Range(5, 20), Doc("Steps of the sweep", "Each is a pass through the network.")] = 10
    score: Annotated[float, Range(0.05, 0.95, 0.01), Doc("Least score", "Below it an object counts as lost.")] = 0.3


class OcclusionAndDetection(Demo[Params]):
    """Detections of the covered picture, and a sweep over how much of the object is covered."""

    info = DemoInfo(
        id="occlusion-and-detection",
        title="Occlusion and detection",
        topics=(19,),
        summary="Slide a cover over an object and see its score, its box and its name give way.",
        papers=("zhangocclusion2018", "bodla2017"),
        uses_model=False,
    )

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Detect without and with the cover, then sweep."""
        from explainer.vision.detection import cover, gfl, nms

        kept, _ = shared.look(frame, ctx)
        raw = gfl.boxes(kept, view.LEAST)
        free = raw[nms.greedy(raw.xyxy, raw.score, view.IOU, classes=raw.class_id)]
        about = view.subject(frame, free, params.rank)
        with ctx.stage("prepare"):
            box = cover.in_pixels(params.cover, frame.width, frame.height)
            pixels = cover.covered(frame.pixels, box, params.fill, ctx.seed)
        with ctx.stage("model"):
            answers = latest(ctx, "covered", (params.cover, params.fill), lambda: _look(ctx, [pixels])[0])
        now = view.judge(about, _found(answers), box)
        partial = view.result(frame, about, now, (), pixels, params)
        if about.target is None:
            return partial
        ctx.publish(view.as_partial(partial))
        key = (about.key, params.fill, params.side, params.steps)
        sweep = latest(ctx, "cover sweep", key, lambda: _swept(frame, about, params, ctx))
        return view.result(frame, about, now, sweep, pixels, params)


def _look(ctx: Context, pictures: Sequence[NDArray[np.uint8]]) -> list[Answers]:
    from explainer.vision.detection import nanodet

    return nanodet.look_at_all(shared.network(ctx), pictures)


def _found(answers: Answers) -> Detections:
    """Boxes of a covered picture, down to hopeless scores, before suppression."""
    from explainer.vision.detection import gfl

    return gfl.boxes(answers, view.LEAST, every=True)


def _swept(frame: Frame, about: view.Subject, params: Params, ctx: Context) -> list[view.Judged]:
    """The object covered from one side, a step further each time."""
    from explainer.vision.detection import cover

    assert about.target is not None
    boxes = [cover.from_side(about.target, params.side, k / params.steps) for k in range(params.steps + 1)]
    found: list[view.Judged] = []
    for start in range(0, len(boxes), AT_ONCE):
        ctx.progress(start / len(boxes), "covering the object")
        ctx.checkpoint()
        some = boxes[start : start + AT_ONCE]
        pictures = [cover.covered(frame.pixels, box, params.fill, ctx.seed) for box in some]
        looked = _look(ctx, pictures)
        found += [view.judge(about, _found(one), box) for one, box in zip(looked, some, strict=True)]
    return found
