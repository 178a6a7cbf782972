"""One object under a cover: which of a covered picture's boxes are still about it, and where a sweep loses it."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explainer.core.numbers import iou
from explainer.vision.detection import coco, cover
from explainer.vision.detection.detections import Detections

CHOICE = 0.2  # an object can be chosen from this score on
MOST = 5
ABOUT_WHOLE, ABOUT_PART = 0.3, 0.5  # IoU from which a box is about the object, or about what is left of it


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """The object in question.

    Parameters
    ----------
    free
        What is found without a cover and can be chosen, best first.
    row
        Of the object in `free`; −1 if there is none.
    """

    free: Detections
    row: int

    @property
    def box(self) -> NDArray[np.float64]:
        """Its box in the uncovered picture."""
        return np.asarray(self.free.xyxy[self.row], np.float64)

    @property
    def class_id(self) -> int:
        """Its class there."""
        return int(self.free.class_id[self.row])

    @property
    def name(self) -> str:
        """Name of its class."""
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


def chosen(found: Detections, rank: int) -> Chosen:
    """Choose by rank of score; the last one where there are fewer."""
    free = found.at_least(CHOICE)[:MOST]
    return Chosen(free, min(rank, len(free)) - 1)


def judge(about: Chosen, found: Detections, box: cover.Box) -> Judged:
    """Look for the object among the boxes of a picture with a cover at `box`."""
    if about.row < 0:
        return Judged(1.0, 0.0, None, 0.0, 0.0, (), found)
    part, visible = cover.visible_part(about.box, box), cover.visible_share(about.box, box)
    whole, left = (iou(found.xyxy, one[None])[:, 0] for one in (about.box, part))
    place = np.flatnonzero((whole >= ABOUT_WHOLE) | (left >= ABOUT_PART))
    best: dict[int, int] = {}
    for row in place[np.argsort(-found.score[place], kind="stable")]:
        best.setdefault(int(found.class_id[row]), int(row))
    called = tuple((c, float(found.score[row])) for c, row in best.items())
    if about.class_id not in best:
        return Judged(visible, 0.0, None, 0.0, 0.0, called, found)
    row = best[about.class_id]
    there = found.xyxy[row].astype(np.float64)
    return Judged(visible, float(found.score[row]), there, float(whole[row]), float(left[row]), called, found)


def lost_at(sweep: Sequence[Judged], least: float) -> float | None:
    """Largest visible share from which on, with less and less to see, the object stays lost."""
    lost: float | None = None
    for one in sorted(sweep, key=lambda judged: judged.visible):
        if one.score >= least:
            return lost
        lost = one.visible
    return lost
