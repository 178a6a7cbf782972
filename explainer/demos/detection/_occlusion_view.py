"""What occlusion does to one detection: decided, shown and said."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Bars, Chart, Curve, Series
from explainer.core.frame import Frame
from explainer.core.layers import Boxes, Image, Panel
from explainer.core.result import Result
from explainer.demos.detection import _nanodet_view as shared

if TYPE_CHECKING:
    from explainer.demos.detection.occlusion_and_detection import Params
    from explainer.vision.detection.cover import Box
    from explainer.vision.detection.detections import Detections

LEAST, IOU = 0.05, 0.5  # least score that is looked at, and the overlap that suppression allows
CHOICE = 0.2  # an object can be chosen from this score on
ABOUT_WHOLE, ABOUT_PART = 0.3, 0.5  # IoU from which a box is about the object, or about what is left of it
CALLED = 4


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """The object in question.

    Parameters
    ----------
    free
        What is found without a cover and can be chosen, best first.
    row
        Of the object in `free`; −1 if there is none.
    """

    frame: Frame
    free: Detections
    row: int

    @property
    def target(self) -> NDArray[np.float64] | None:
        """Its box in the uncovered picture."""
        return self.free.xyxy[self.row].astype(np.float64) if self.row >= 0 else None

    @property
    def class_id(self) -> int:
        """Its class there."""
        return int(self.free.class_id[self.row])

    @property
    def name(self) -> str:
        """Name of its class."""
        from explainer.vision.detection import coco

        return coco.name(self.class_id)

    @property
    def score(self) -> float:
        """Its score there."""
        return float(self.free.score[self.row])

    @property
    def key(self) -> Hashable:
        """What a sweep over it depends on."""
        return tuple(self.free.xyxy[self.row].tolist())


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """The object under one cover.

    Parameters
    ----------
    visible
        Share of its box that is not covered.
    score
        Best score of its class at its place, 0 for none.
    box
        The box that score belongs to.
    iou_whole, iou_part
        Overlap of that box with the uncovered one, and with what is left of it.
    called
        Classes at its place with their best scores, best first.
    found
        All boxes, before suppression.
    """

    visible: float
    score: float
    box: NDArray[np.float64] | None
    iou_whole: float
    iou_part: float
    called: tuple[tuple[int, float], ...]
    found: Detections


def subject(frame: Frame, free: Detections, rank: int) -> Subject:
    """Choose by rank of score; the last one where there are fewer."""
    chosen = free.at_least(CHOICE)[:5]
    return Subject(frame, chosen, min(rank, len(chosen)) - 1)


def judge(about: Subject, found: Detections, cover: Box) -> Judged:
    """Look for the object among the boxes of a covered picture."""
    from explainer.vision.detection import cover as covers
    from explainer.vision.detection import overlap

    if about.target is None:
        return Judged(1.0, 0.0, None, 0.0, 0.0, (), found)
    target, part = about.target, covers.visible_part(about.target, cover)
    whole = overlap.iou(found.xyxy, target[None])[:, 0]
    left = overlap.iou(found.xyxy, part[None])[:, 0]
    place = np.flatnonzero((whole >= ABOUT_WHOLE) | (left >= ABOUT_PART))
    best: dict[int, int] = {}
    for row in place[np.argsort(-found.score[place], kind="stable")]:
        best.setdefault(int(found.class_id[row]), int(row))
    called = tuple((c, float(found.score[row])) for c, row in best.items())
    visible = covers.visible_share(target, cover)
    if about.class_id not in best:
        return Judged(visible, 0.0, None, 0.0, 0.0, called, found)
    row = best[about.class_id]
    box = found.xyxy[row].astype(np.float64)
    return Judged(visible, float(found.score[row]), box, float(whole[row]), float(left[row]), called, found)


def result(
    frame: Frame, about: Subject, now: Judged, sweep: Sequence[Judged], pixels: NDArray[np.uint8], params: Params
) -> Result:
    """Panels, charts, words and numbers."""
    charts: tuple[Chart, ...] = ()
    if about.target is not None:
        curve = (sweep_chart(now, sweep, params),) if sweep else ()
        charts = (*curve, called_bars(about, now))
    panels = (input_panel(frame, about, now, pixels, params), free_panel(frame, about))
    return Result(reading(about, now, sweep, params), values(about, now, sweep, params), panels, charts)


def as_partial(whole: Result) -> Result:
    """Return the same, to be shown before the sweep."""
    return replace(whole, partial=True)


# Pictures -----------------------------------------------------------------------------------------------


def input_panel(frame: Frame, about: Subject, now: Judged, pixels: NDArray[np.uint8], params: Params) -> Panel:
    """The covered picture with what is still found, and dashed the object's box without a cover."""
    from explainer.vision.detection import nms

    above = now.found.at_least(params.score)
    kept = above[nms.greedy(above.xyxy, above.score, IOU, classes=above.class_id)[::-1]]
    layers = [shared.box_layer("found", kept)]
    if about.target is not None:
        layers.insert(0, Boxes("uncovered", about.target[None], colours=(-2,), dashed=True))
    note = f"{words.percent(now.visible)} of the box visible" if about.target is not None else ""
    return Panel("Input", (frame.width, frame.height), (Image("covered", pixels), *layers), note)


def free_panel(frame: Frame, about: Subject) -> Panel:
    """The picture without a cover; a click on a box chooses the object."""
    rows = np.arange(len(about.free))[::-1]
    others = rows[rows != about.row]
    sets = tuple({"rank": int(k) + 1} for k in others)
    layers = [shared.box_layer("others", about.free[others], dashed=True, sets=sets)]
    if about.row >= 0:
        layers.append(shared.box_layer("chosen", about.free[[about.row]]))
    return shared.frame_panel("Without a cover", frame, layers, f"{len(about.free)} to choose from")


# Charts -------------------------------------------------------------------------------------------------


def sweep_chart(now: Judged, sweep: Sequence[Judged], params: Params) -> Curve:
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


def called_bars(about: Subject, now: Judged) -> Bars:
    """What the place is called under the cover."""
    from explainer.vision.detection import coco

    shown = list(now.called[:CALLED])
    if all(c != about.class_id for c, _ in shown):
        shown.append((about.class_id, now.score))
    labels, scores = tuple(coco.name(c) for c, _ in shown), tuple(s for _, s in shown)
    return Bars("What it is called now", labels, scores, chosen=[c for c, _ in shown].index(about.class_id))


# Words and numbers --------------------------------------------------------------------------------------


def lost_at(sweep: Sequence[Judged], least: float) -> float | None:
    """Largest visible share from which on, with less and less to see, the object stays lost."""
    lost: float | None = None
    for one in sorted(sweep, key=lambda judged: judged.visible):
        if one.score >= least:
            return lost
        lost = one.visible
    return lost


def values(about: Subject, now: Judged, sweep: Sequence[Judged], params: Params) -> dict[str, float]:
    """The numbers of this picture."""
    found = {"objects": float(len(about.free)), "least_score": params.score}
    if about.target is None:
        return found
    found |= {
        "class_id": float(about.class_id),
        "score_uncovered": about.score,
        "visible_percent": 100 * now.visible,
        "score_covered": now.score,
        "iou_whole": now.iou_whole,
        "iou_part": now.iou_part,
    }
    lost = lost_at(sweep, params.score)
    return found if lost is None else found | {"lost_from_percent": 100 * lost}


def reading(about: Subject, now: Judged, sweep: Sequence[Judged], params: Params) -> str:
    """What the cover does here, and where the sweep loses the object."""
    if about.target is None:
        return (
            f"Nothing in this picture reaches {CHOICE:.1f}, so there is no object to cover. "
            "Take a picture with a person, an animal or a vehicle in it."
        )
    text = f"Uncovered, this is **{about.name}**, {about.score:.2f}. {words.percent(now.visible)} of its box is visible"
    if now.score >= params.score:
        text += f": {now.score:.2f}, and its box overlaps the former by {now.iou_whole:.2f}."
    elif now.box is not None:
        text += f": **lost**, with {now.score:.2f} under {params.score:.2f}."
    else:
        text += ": **lost**, no box of its class is left there."
    size = (about.target[2:] - about.target[:2]).min()
    if size < 12:
        text += f" The object is only {size:.0f} px wide or high: a cover of whole pixels is coarse."
    return text + _sweep_words(about, sweep, params)


def _sweep_words(about: Subject, sweep: Sequence[Judged], params: Params) -> str:
    from explainer.vision.detection import coco

    if not sweep:
        return ""
    lost = lost_at(sweep, params.score)
    if lost is None:
        return f" Covered from the {params.side} it is found to the end."
    text = f" Covered from the {params.side} it is lost from {words.percent(lost)} visible on"
    others = [(s, c) for one in sweep if 0 < one.visible <= lost for c, s in one.called if c != about.class_id]
    if others and max(others)[0] >= params.score:
        return f"{text}, and called {coco.name(max(others)[1])}, {max(others)[0]:.2f}, instead."
    return f"{text}."
