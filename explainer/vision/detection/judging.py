"""Two figures of known place before a detector: which of them it finds, and which its suppression drops."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainer.vision.detection import gfl, nms, overlap, truth
from explainer.vision.detection.cutouts import Scene
from explainer.vision.detection.detections import Detections
from explainer.vision.detection.gfl import Answers
from explainer.vision.detection.nms import Outcome

BACK, FRONT = 0, 1  # rows of the truth


@dataclass(frozen=True, slots=True)
class Rule:
    """How duplicates are suppressed; see `explainer.vision.detection.nms`."""

    method: str
    iou: float
    sigma: float
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """One scene: its raw boxes, what suppression made of them, and what is left of the truth.

    Parameters
    ----------
    raw_score, kept_score
        Best score of each figure before and after suppression, ``(2,)``.
    raw_row
        Raw box that the former comes from, ``(2,)``; −1 for none.
    kept_row
        Raw box that speaks for each figure after suppression, ``(2,)``; −1 for none.
    overlap
        IoU of the two true boxes.
    """

    scene: Scene
    raw: Detections
    done: Outcome
    raw_score: NDArray[np.float64]
    raw_row: NDArray[np.int64]
    kept_score: NDArray[np.float64]
    kept_row: NDArray[np.int64]
    overlap: float

    def state(self, figure: int, least: float) -> str:
        """``"found"``, ``"dropped"`` by suppression, or ``"unseen"``: the network gave no box for it."""
        if self.kept_score[figure] >= least:
            return "found"
        return "dropped" if self.raw_score[figure] >= least else "unseen"

    def loss(self, least: float) -> float:
        """Best score of a figure that suppression dropped; 0 where it dropped none."""
        return max([float(self.raw_score[k]) for k in (BACK, FRONT) if self.state(k, least) == "dropped"], default=0.0)

    def worst(self, least: float) -> str:
        """The worst that happened to either: dropped, else unseen, else both are found."""
        states = {self.state(k, least) for k in (BACK, FRONT)}
        return next(state for state in ("dropped", "unseen", "found") if state in states)


def judge(scene: Scene, kept: Answers, rule: Rule) -> Judged:
    """Suppress the raw boxes of a scene and compare with the truth."""
    raw = gfl.boxes(kept, rule.score)
    method: Any = "greedy" if rule.method == "agnostic" else rule.method
    classes = None if rule.method == "agnostic" else raw.class_id
    done = nms.suppress(raw.xyxy, raw.score, method, rule.iou, rule.sigma, rule.score, classes=classes)
    left = np.zeros(len(raw))
    left[done.kept] = done.score[done.kept]
    raw_score, raw_row = truth.best_for(raw, scene.boxes, scene.class_id)
    kept_score, kept_row = truth.best_for(raw, scene.boxes, scene.class_id, left)
    shared_area = float(overlap.iou(scene.boxes[:1], scene.boxes[1:])[0, 0])
    return Judged(scene, raw, done, raw_score, raw_row, kept_score, kept_row, shared_area)


def lost_from(sweep: Sequence[Judged], rule: Rule, state: str) -> float | None:
    """Overlap after which both are never found again, if that happens to one of the two from there on."""
    steps = sorted(sweep, key=lambda one: one.overlap)
    found = [k for k, one in enumerate(steps) if one.worst(rule.score) == "found"]
    beyond = steps[found[-1] + 1 if found else 0 :]
    at = [one.overlap for one in beyond if one.worst(rule.score) == state]
    return min(at) if at else None
