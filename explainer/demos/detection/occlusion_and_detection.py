"""An object is covered bit by bit: what becomes of its score, its box and its name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Bars, Curve, Series
from explainer.core.context import Context
from explainer.core.controls import Choice, Doc, OnPicture, Range
from explainer.core.demo import Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.geometry import BoxXYXY
from explainer.core.layers import Boxes, Image, Panel
from explainer.core.memo import latest
from explainer.core.numbers import numbers
from explainer.core.picture import panel
from explainer.core.result import Result
from explainer.demos.detection import _nanodet_view as shared

if TYPE_CHECKING:
    from explainer.vision.detection.covered_object import Chosen, Judged
    from explainer.vision.detection.detections import Detections

POST = BoxXYXY(0.4, 0.1, 0.55, 1.0)
AT_ONCE, CALLED, THIN_PX = 2, 4, 12
LEAST, IOU = 0.05, 0.5  # least score that is looked at, and the overlap that suppression allows


class Fill(Choice):
    """What the cover is made of."""

    GREY = "grey", "Grey"
    NOISE = "noise", "Noise"
    BLUR = "blur", "Blur"
    PICTURE = "picture", "Another part of the picture"


class Side(Choice):
    """Where a sweep begins."""

    LEFT = "left", "Left"
    RIGHT = "right", "Right"
    TOP = "top", "Top"
    BOTTOM = "bottom", "Bottom"


@dataclass(frozen=True, slots=True)
class Params:
    """What covers which object, and how."""

    cover: Annotated[BoxXYXY, OnPicture("input"), Doc("Cover", "Drag it over the object; drag a corner to resize.")] = (
        POST
    )
    fill: Annotated[Fill, Doc("Made of", "Texture can be taken for an object of its own.")] = Fill.GREY
    rank: Annotated[
        int, Range(1, 5), Doc("Object", "By score in the uncovered picture; click a dashed box to choose.")
    ] = 1
    side: Annotated[Side, Doc("Sweep from", "Which parts go first decides when the object is lost.")] = Side.LEFT
    steps: Annotated[int, Range(5, 20), Doc("Steps of the sweep", "Each is a pass through the network.")] = 10
    score: Annotated[float, Range(0.05, 0.95, 0.01), Doc("Least score", "Below it an object counts as lost.")] = 0.3


class OcclusionAndDetection(Demo[Params]):
    """Detections of the covered picture, and a sweep over how much of the object is covered."""

    info = DemoInfo(
        id="occlusion-and-detection",
        title="Occlusion and detection",
        topics=(19,),
        sample="cameraman",
        summary="Slide a cover over an object and see its score, its box and its name give way.",
        papers=("zhangocclusion2018", "bodla2017"),
        uses_model=False,
    )

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Detect without and with the cover, then sweep."""
        from explainer.vision.detection import cover, covered_object, gfl

        kept, _ = shared.look(frame, ctx)
        about = covered_object.chosen(_suppressed(gfl.boxes(kept, LEAST)), params.rank)
        with ctx.stage("prepare"):
            box = cover.in_pixels(params.cover, frame.width, frame.height)
            pixels = cover.covered(frame.pixels, box, params.fill, ctx.seed)
        with ctx.stage("model"):
            found = latest(ctx, "covered", (params.cover, params.fill), lambda: _looked([pixels], ctx)[0])
        now = covered_object.judge(about, found, box)
        panels = (_input(frame, pixels, about, now, params.score), _uncovered(frame, about))
        if about.row < 0:
            return Result(
                NOTHING, numbers(objects=0, least_score=params.score), panels, headline=NONE, heroes=("input",)
            )  # fmt: skip
        first = Result(_reading(about, now, params.score), _values(about, now, params.score), panels,
                       (_called(about, now),), partial=True, headline=_headline(about, now, params.score),
                       heroes=("input",))  # fmt: skip
        ctx.publish(first)
        key = (about.key, params.fill, params.side, params.steps)
        sweep = latest(ctx, "cover sweep", key, lambda: _swept(frame, about, params, ctx))
        lost = covered_object.lost_at(sweep, params.score)
        return Result(
            first.reading + _sweep_words(about, sweep, lost, params),
            {**first.values, **numbers(lost_from_percent=None if lost is None else 100 * lost)},
            panels, (_sweep_chart(now, sweep, params), *first.charts), headline=first.headline, heroes=first.heroes,
        )  # fmt: skip


NONE = "Nothing in this picture is found, so there is nothing to cover."
NOTHING = (
    "Nothing in this picture reaches 0.2, so there is no object to cover. "
    "Take a picture with a person, an animal or a vehicle in it."
)


def _looked(pictures: Sequence[NDArray[np.uint8]], ctx: Context) -> list[Detections]:
    """Boxes of covered pictures, down to hopeless scores, before suppression."""
    from explainer.vision.detection import gfl, nanodet

    return [gfl.boxes(one, LEAST, every=True) for one in nanodet.look_at_all(shared.network(ctx), pictures)]


def _suppressed(found: Detections) -> Detections:
    from explainer.vision.detection import nms

    return found[nms.greedy(found.xyxy, found.score, IOU, classes=found.class_id)]


def _swept(frame: Frame, about: Chosen, params: Params, ctx: Context) -> list[Judged]:
    """The object covered from one side, a step further each time."""
    from explainer.vision.detection import cover
    from explainer.vision.detection.covered_object import judge

    boxes = [cover.from_side(about.box, params.side, k / params.steps) for k in range(params.steps + 1)]
    found: list[Judged] = []
    for start in range(0, len(boxes), AT_ONCE):
        ctx.progress(start / len(boxes), "covering the object")
        ctx.checkpoint()
        some = boxes[start : start + AT_ONCE]
        looked = _looked([cover.covered(frame.pixels, box, params.fill, ctx.seed) for box in some], ctx)
        found += [judge(about, one, box) for one, box in zip(looked, some, strict=True)]
    return found


def _input(frame: Frame, pixels: NDArray[np.uint8], about: Chosen, now: Judged, least: float) -> Panel:
    """The covered picture with what is still found, and dashed the object's box without a cover."""
    layers = [shared.box_layer("found", _suppressed(now.found.at_least(least))[::-1])]
    if about.row >= 0:
        layers.insert(0, Boxes("uncovered", about.box[None], colours=(-2,), dashed=True))
    note = f"{words.percent(now.visible)} of the box visible" if about.row >= 0 else ""
    return Panel("Input", (frame.width, frame.height), (Image("covered", pixels), *layers), note)


def _uncovered(frame: Frame, about: Chosen) -> Panel:
    """The picture without a cover; a click on a box chooses the object."""
    rows = np.arange(len(about.free))[::-1]
    others = rows[rows != about.row]
    sets = tuple({"rank": int(k) + 1} for k in others)
    layers = [shared.box_layer("others", about.free[others], dashed=True, sets=sets)]
    if about.row >= 0:
        layers.append(shared.box_layer("chosen", about.free[[about.row]]))
    return panel(frame, "Without a cover", *layers, note=f"{len(about.free)} to choose from")


def _sweep_chart(now: Judged, sweep: Sequence[Judged], params: Params) -> Curve:
    """Score and overlaps against the visible share."""
    steps = sorted(sweep, key=lambda one: one.visible)
    x = 100 * np.array([one.visible for one in steps])
    named = (("score", "score"), ("IoU, whole box", "iou_whole"), ("IoU, visible part", "iou_part"))
    lines = [
        Series(name, x, np.array([getattr(one, field) for one in steps]), colour=k)
        for k, (name, field) in enumerate(named)
    ]
    least = Series("lost below", np.array([0.0, 100.0]), np.full(2, params.score), "dashed", -2)
    here = Series("now", np.full(2, 100 * now.visible), np.array([0.0, 1.0]), "dotted", -1)
    title = f"Covered from the {params.side}"
    return Curve(title, (*lines, least, here), "visible part of the box, %", "", (0.0, 1.0), (0.0, 100.0))


def _called(about: Chosen, now: Judged) -> Bars:
    """What the place is called under the cover."""
    from explainer.vision.detection import coco

    shown = list(now.called[:CALLED])
    if all(c != about.class_id for c, _ in shown):
        shown.append((about.class_id, now.score))
    labels, scores = tuple(coco.name(c) for c, _ in shown), tuple(s for _, s in shown)
    return Bars("What it is called now", labels, scores, chosen=[c for c, _ in shown].index(about.class_id))


def _values(about: Chosen, now: Judged, least: float) -> dict[str, float]:
    return numbers(
        objects=len(about.free), least_score=least, class_id=about.class_id, score_uncovered=about.score,
        visible_percent=100 * now.visible, score_covered=now.score, iou_whole=now.iou_whole, iou_part=now.iou_part,
    )  # fmt: skip


def _headline(about: Chosen, now: Judged, least: float) -> str:
    state = "still found" if now.score >= least else "lost"
    return f"With {words.percent(now.visible)} of its box visible the “{about.name}” is {state}."


def _reading(about: Chosen, now: Judged, least: float) -> str:
    text = f"Uncovered, this is **{about.name}**, {about.score:.2f}. {words.percent(now.visible)} of its box is visible"
    if now.score >= least:
        text += f": {now.score:.2f}, and its box overlaps the former by {now.iou_whole:.2f}."
    elif now.box is not None:
        text += f": **lost**, with {now.score:.2f} under {least:.2f}."
    else:
        text += ": **lost**, no box of its class is left there."
    size = (about.box[2:] - about.box[:2]).min()
    thin = f" The object is only {size:.0f} px wide or high: a cover of whole pixels is coarse."
    return text + (thin if size < THIN_PX else "")


def _sweep_words(about: Chosen, sweep: Sequence[Judged], lost: float | None, params: Params) -> str:
    from explainer.vision.detection import coco

    if lost is None:
        return f" Covered from the {params.side} it is found to the end."
    text = f" Covered from the {params.side} it is lost from {words.percent(lost)} visible on"
    others = [(s, c) for one in sweep if 0 < one.visible <= lost for c, s in one.called if c != about.class_id]
    if others and max(others)[0] >= params.score:
        return f"{text}, and called {coco.name(max(others)[1])}, {max(others)[0]:.2f}, instead."
    return f"{text}."
