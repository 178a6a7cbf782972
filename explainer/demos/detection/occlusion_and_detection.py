"""An object is covered bit by bit: what becomes of its score, its box and its name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Bars, Curve, Series
from explainer.core.context import Context
from explainer.core.controls import AUTO, Auto, Choice, Doc, OnPicture, Plays, Range
from explainer.core.demo import Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.geometry import BoxXYXY
from explainer.core.layers import Boxes, Image, Panel
from explainer.core.memo import latest
from explainer.core.numbers import iou, numbers
from explainer.core.panes import inside, pane
from explainer.core.picture import panel
from explainer.core.plays import Play
from explainer.core.result import Result
from explainer.core.unsuitable import Offer, Unsuitable
from explainer.demos.detection import _nanodet_view as shared

if TYPE_CHECKING:
    from explainer.vision.detection.covered_object import Chosen, Judged
    from explainer.vision.detection.detections import Detections

AT_ONCE, CALLED, TOLD, LEAST, IOU = 2, 4, 2, 0.05, 0.5  # LEAST score that is looked at, IOU that suppression allows
ABOUT, SURE = 0.3, 0.5  # overlap from which a box is about the object; score from which one is worth covering


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

    cover: Annotated[
        BoxXYXY | Auto, OnPicture("with-a-cover"),
        Doc("Cover", "What is covered, from one side on. It lies on the object until it is moved or resized."),
    ] = AUTO  # fmt: skip
    covered: Annotated[
        int, Doc("Covered", "How much of the cover is drawn."), Range(0, 100, step=5, unit="%"),
        Plays(6.0, "Cover the object little by little"),
    ] = 80  # fmt: skip
    fill: Annotated[Fill, Doc("Made of", "Texture can be taken for an object of its own.")] = Fill.GREY
    rank: Annotated[
        int, Range(1, 5), Doc("Object", "By score in the uncovered picture; click a dashed box to choose.")
    ] = 1
    side: Annotated[Side, Doc("Cover from", "Which parts go first decides when the object is lost.")] = Side.LEFT
    steps: Annotated[int, Range(5, 20), Doc("Steps of the sweep", "Each is a pass through the network.")] = 10
    score: Annotated[float, Range(0.05, 0.95, 0.01), Doc("Score threshold", "Below it an object counts as lost.")] = 0.3


class OcclusionAndDetection(Demo[Params]):
    """Detections of the covered picture, and a sweep over how much of the object is covered."""

    info = DemoInfo(
        id="occlusion-and-detection", title="Occlusion and detection", topics=(19,), sample="cameraman",
        summary="Slide a cover over an object and see its score, its box and its name give way.",
        papers=("zhangocclusion2018", "bodla2017"), uses_model=False,
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Detect without and with the cover, then sweep."""
        from explainer.vision.detection import cover, covered_object, gfl

        kept, _ = shared.look(frame, ctx)
        about = covered_object.chosen(_suppressed(gfl.boxes(kept, LEAST)), params.rank)
        if about.row < 0:
            plain, says = (panel(frame, "With a cover"),), _unsuitable(about)
            return Result("There is no object to cover.", {}, plain, unsuitable=says)
        size = frame.width, frame.height
        with ctx.stage("prepare"):
            seat = _seat(about, *size) if isinstance(params.cover, str) else params.cover
            whole = np.array(cover.in_pixels(seat, *size), np.float64)
            box = cover.from_side(whole, params.side, params.covered / 100)
            pixels = cover.covered(frame.pixels, box, params.fill, ctx.seed)
            # The eye sees the object through a pane; the detector gets the grey alone.
            shown = pane(frame.pixels, pixels, inside(pixels.shape, box)) if params.fill == Fill.GREY else pixels
        with ctx.stage("model"):
            found = latest(ctx, "covered", (box, params.fill), lambda: _looked([pixels], ctx)[0])
        now = covered_object.judge(about, found, box)
        seats = {"cover": seat} if isinstance(params.cover, str) else {}
        counted = f"{words.percent(1 - now.visible)} of the {about.name}'s box covered"
        play = Play("covered", 0, 100, params.covered, counted=counted)
        first = Result(
            _reading(about, now, params.score), _values(about, now, params.score),
            (_uncovered(frame, about), _input(frame, shown, about, now, params.score)), (_called(about, now),),
            partial=True, headline=_headline(about, now, params.score), heroes=("without-a-cover", "with-a-cover"),
            resolved=seats, play=play, unsuitable=_unsuitable(about),
        )  # fmt: skip
        ctx.publish(first)
        key = (about.key, params.fill, params.side, params.steps)
        sweep = latest(ctx, "cover sweep", key, lambda: _swept(frame, about, params, ctx))
        lost = covered_object.lost_at(sweep, params.score)
        scores = np.array([one.score for one in sweep]) if seats else None
        return replace(
            first, reading=first.reading + _sweep_words(about, sweep, lost, params), partial=False,
            values={**first.values, **numbers(lost_from_percent=None if lost is None else 100 * lost)},
            charts=(_sweep_chart(now, sweep, params), *first.charts),
            play=replace(play, curve=scores, note="" if scores is None else f"curve: score as “{about.name}”"),
        )  # fmt: skip


def _unsuitable(about: Chosen) -> Unsuitable | None:
    """Say that there is nothing to lose: what is hardly found without a cover."""
    best = float(about.free.score[0]) if about.row >= 0 else 0.0
    if best >= SURE:
        return None
    what = f"The best, a {about.name}, scores only {about.score:.2f}." if about.row == 0 else "There is none to cover."
    offers = Offer("sample", "cameraman"), Offer("sample", "cat"), Offer("camera"), Offer("open")
    return Unsuitable(f"The detector is sure of no object in this picture, so none can be lost. {what}", offers)


def _seat(about: Chosen, width: int, height: int) -> BoxXYXY:
    """The object's own box, as shares of the picture."""
    return BoxXYXY(*np.clip(about.box / (width, height, width, height), 0.0, 1.0).tolist())


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
    """The covered picture with what is still found at the object's place, and dashed its box without a cover."""
    found = _told(about, now, least)
    lost = now.box is None or now.score < least
    dashed = Boxes(
        "uncovered",
        about.box[None],
        (f"{about.name} lost: {about.score:.2f} → {now.score:.2f}",) * lost,
        colours=(-2,),
        dashed=True,
    )
    called = tuple(f"taken for {one}" for one in shared.tags(found)) if lost else shared.tags(found[:1])
    shown = found if lost else found[:1]  # other names do not matter while the object is found
    boxes = Boxes("found", shown.xyxy.astype(np.float64), called, (1,) * len(shown) if lost else (0,) * len(shown))
    note, layers = (
        f"the detector sees {words.percent(now.visible)} of the box",
        (Image("covered", pixels), dashed, boxes),
    )
    return Panel("With a cover", (frame.width, frame.height), layers, note)


def _told(about: Chosen, now: Judged, least: float) -> Detections:
    """What is found where the object is: its own box first, if it is still found, and one that is called otherwise."""
    from explainer.vision.detection import nms

    found = now.found.at_least(least)
    found = found[iou(found.xyxy, about.box[None])[:, 0] >= ABOUT]
    own = (found.xyxy == now.box).all(1) & (found.score == now.score) if now.box is not None else 0
    return found[nms.greedy(found.xyxy, found.score + own, IOU)[:TOLD]]


def _uncovered(frame: Frame, about: Chosen) -> Panel:
    """The picture without a cover; a click on a box chooses the object."""
    rows = np.arange(len(about.free))[::-1]
    others = rows[rows != about.row]
    sets = tuple({"rank": int(k) + 1} for k in others)
    layers = (
        shared.box_layer("others", about.free[others], labels=False, dashed=True, sets=sets),
        shared.box_layer("chosen", about.free[[about.row]]),
    )
    return panel(frame, "Without a cover", *layers, note=f"{words.count(len(about.free), 'object')} to choose from")


def _sweep_chart(now: Judged, sweep: Sequence[Judged], params: Params) -> Curve:
    """Score against the covered share."""
    x = 100 * (1 - np.array([one.visible for one in sweep]))
    lines = (
        Series("score", x, np.array([one.score for one in sweep])),
        Series("lost below", np.array([0.0, 100.0]), np.full(2, params.score), "dashed", -2),
        Series("now", np.full(2, 100 * (1 - now.visible)), np.array([0.0, 1.0]), "dotted", -1),
    )
    title = f"Covered from the {params.side}"
    return Curve(title, lines, "covered part of the box, %", "score", (0.0, 1.0), (0.0, 100.0))


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
    from explainer.vision.detection import coco

    hidden = 1 - now.visible
    if about.score < least:
        return f"Even uncovered the “{about.name}” stays under the score threshold."
    if hidden < 0.005:
        return f"Nothing is hidden yet: the “{about.name}” is found with a score of {now.score:.2f}."
    part = f"With {words.percent(hidden)} of its box covered, the “{about.name}”"
    if now.score >= least:
        return f"{part} still scores {now.score:.2f} and is found."
    other = next((c for c, score in now.called if c != about.class_id and score >= least), None)
    return f"{part} is lost to the detector" + (
        f", which now sees a “{coco.name(other)}”." if other is not None else "."
    )


def _reading(about: Chosen, now: Judged, least: float) -> str:
    seen = f"{words.percent(now.visible)} of its box can be seen"
    state = "still found" if now.score >= least else "**lost**"
    text = f"The **{about.name}** is {state}: {seen}. Its score goes from {about.score:.2f} to {now.score:.2f}"
    if now.score >= least:
        text += f", and its box overlaps the one without a cover by {now.iou_whole:.2f}."
    else:
        text += f", under the threshold of {least:.2f}." if now.box is not None else ": no box of its class is left."
    return text


def _sweep_words(about: Chosen, sweep: Sequence[Judged], lost: float | None, params: Params) -> str:
    from explainer.vision.detection import coco

    if lost is None:
        return f" Covered from the {params.side}, it is found to the end."
    text = f" Covered from the {params.side}, it stays lost once only {words.percent(lost)} can be seen"
    others = [(s, c) for one in sweep if 0 < one.visible <= lost for c, s in one.called if c != about.class_id]
    if others and max(others)[0] >= params.score:
        return f"{text}. It is then called {coco.name(max(others)[1])}, with up to {max(others)[0]:.2f}."
    return f"{text}."
