"""What the NMS lab decides, shows and says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Curve, Series, Table
from explainer.core.frame import Frame
from explainer.core.layers import Boxes, Image, Layer, Panel
from explainer.core.result import Result
from explainer.demos.detection import _nanodet_view as shared

if TYPE_CHECKING:
    from explainer.vision.detection.cutouts import Scene
    from explainer.vision.detection.detections import Detections
    from explainer.vision.detection.gfl import Answers
    from explainer.vision.detection.nms import Outcome

BACK, FRONT = 0, 1  # rows of the truth
NAMES = ("the one behind", "the one in front")
DRAWN, LISTED = 120, 6
HIT, EXTRA = 2, 5  # green and red of the class colours
SOFT = ("linear", "gaussian")


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

    def tints(self, rows: Iterable[int]) -> tuple[int, ...]:
        """Colour of each raw box: whether it is the one that speaks for a figure."""
        return tuple(HIT if row in self.kept_row else EXTRA for row in rows)

    def worst(self, least: float) -> str:
        """The worst that happened to either: dropped, else unseen, else both are found."""
        states = {self.state(k, least) for k in (BACK, FRONT)}
        return next(state for state in ("dropped", "unseen", "found") if state in states)


def judge(scene: Scene, kept: Answers, rule: Rule) -> Judged:
    """Suppress the raw boxes of a scene and compare with the truth."""
    from explainer.vision.detection import gfl, nms, overlap, truth

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


def result(frame: Frame, now: Judged, rule: Rule, sweep: Sequence[Judged], *, partial: bool = False) -> Result:
    """Panels, charts, words and numbers."""
    charts = (*((sweep_chart(now, sweep),) if sweep else ()), box_table(now, rule))
    return Result(
        reading(now, rule, sweep), values(now, rule, sweep), (input_panel(frame, now), raw_panel(frame, now)), charts,
        partial=partial, headline=headline(now, rule), heroes=("before-suppression", "input"),
    )  # fmt: skip


# Pictures -----------------------------------------------------------------------------------------------


def _panel(title: str, frame: Frame, now: Judged, layers: Sequence[Layer], note: str) -> Panel:
    return Panel(title, (frame.width, frame.height), (Image("scene", now.scene.pixels), *layers), note)


def input_panel(frame: Frame, now: Judged) -> Panel:
    """The scene with what is left, and dashed the true boxes."""
    last = now.done.kept[::-1]  # the best is drawn over the others
    final = now.raw[last]
    boxes = Boxes(
        "kept", final.xyxy.astype(np.float64), shared.tags(final, now.done.score[last]), now.tints(last.tolist())
    )
    true = Boxes("truth", now.scene.boxes, colours=(-2, -2), dashed=True)
    return _panel("Input", frame, now, (true, boxes), "after suppression; green: right, red: false")


def raw_panel(frame: Frame, now: Judged) -> Panel:
    """Every box above the score, in the colour of the figure it speaks for; what was dropped is dashed."""
    from explainer.vision.detection import overlap

    shown = np.arange(min(len(now.raw), DRAWN))
    near = overlap.iou(now.raw.xyxy[shown], now.scene.boxes)
    owner = np.where(near.max(1, initial=0.0) >= 0.3, near.argmax(1) if len(shown) else 0, -2)
    stays = np.isin(shown, now.done.kept)
    layers = []
    for name, rows, dashed in (("dropped", shown[~stays], True), ("kept", shown[stays], False)):
        boxes = now.raw.xyxy[rows].astype(np.float64)
        layers.append(Boxes(name, boxes, colours=tuple(int(owner[r]) for r in rows), dashed=dashed))
    gone = len(now.raw) - len(now.done.kept)
    return _panel("Before suppression", frame, now, layers, f"{len(now.raw)} boxes, {gone} dropped")


# Charts -------------------------------------------------------------------------------------------------


def sweep_chart(now: Judged, sweep: Sequence[Judged]) -> Curve:
    """Score of the weaker figure against the true overlap, before and after suppression."""
    steps = sorted(sweep, key=lambda one: one.overlap)
    x = np.array([one.overlap for one in steps])
    before, after = (np.array([getattr(s, f).min() for s in steps]) for f in ("raw_score", "kept_score"))
    here = np.array([now.overlap, now.overlap])
    series = (
        Series("before", x, before, "dashed", -2),
        Series("after", x, after, colour=BACK),
        Series("now", here, np.array([0.0, 1.0]), "dotted", -1),
    )
    return Curve("Score of the weaker figure", series, "IoU of the true boxes", "score", (0.0, 1.0), (0.0, 1.0))


def box_table(now: Judged, rule: Rule) -> Table:
    """The best boxes before suppression, and what became of them."""
    from explainer.vision.detection import coco

    rows = []
    for k in range(min(len(now.raw), LISTED)):
        by = int(now.done.by[k])
        after = f"{now.done.score[k]:.2f}" if now.done.score[k] >= max(rule.score, 1e-9) else "dropped"
        with_ = f"{now.done.overlap[k]:.2f}" if by >= 0 else ""
        by_ = f"no. {by + 1}" if by >= 0 else ""
        rows.append((f"{k + 1} {coco.name(int(now.raw.class_id[k]))}", f"{now.raw.score[k]:.2f}", after, with_, by_))
    measure = "DIoU" if rule.method == "diou" else "IoU"
    return Table("Best boxes", ("box", "before", "after", measure, "with"), tuple(rows))


# Words and numbers --------------------------------------------------------------------------------------


def lost_from(sweep: Sequence[Judged], rule: Rule, state: str) -> float | None:
    """Overlap after which both are never found again, if that happens to one of the two from there on."""
    steps = sorted(sweep, key=lambda one: one.overlap)
    found = [k for k, one in enumerate(steps) if one.worst(rule.score) == "found"]
    beyond = steps[found[-1] + 1 if found else 0 :]
    at = [one.overlap for one in beyond if one.worst(rule.score) == state]
    return min(at) if at else None


def values(now: Judged, rule: Rule, sweep: Sequence[Judged]) -> dict[str, float]:
    """The numbers of this scene."""
    from explainer.vision.detection import overlap

    a, b = now.scene.boxes[BACK : BACK + 1], now.scene.boxes[FRONT : FRONT + 1]
    found = {
        "true_iou": now.overlap,
        "true_giou": float(overlap.giou(a, b)[0, 0]),
        "true_diou": float(overlap.diou(a, b)[0, 0]),
        "visible_behind": float(now.scene.visible[BACK]),
        "boxes_before": float(len(now.raw)),
        "boxes_after": float(len(now.done.kept)),
        "behind_before": float(now.raw_score[BACK]),
        "behind_after": float(now.kept_score[BACK]),
        "front_before": float(now.raw_score[FRONT]),
        "front_after": float(now.kept_score[FRONT]),
        "most_iou": rule.iou,
        "least_score": rule.score,
    }
    for state in ("dropped", "unseen"):
        at = lost_from(sweep, rule, state)
        if at is not None:
            found[f"{state}_from_iou"] = at
    return found


def headline(now: Judged, rule: Rule) -> str:
    """Whether both figures survive."""
    extra = int((~np.isin(now.done.kept, now.kept_row)).sum())
    false = f", and {words.count(extra, 'false one')}" if extra else ""
    boxes = f"Of {words.count(len(now.raw), 'box', 'boxes')}"
    return {
        "found": f"{boxes} suppression leaves one for each figure{false}.",
        "dropped": f"{boxes} suppression drops all that one figure had{false and ' and keeps' + false[5:]}.",
        "unseen": f"{boxes} none fits one of the figures alone: the network does not tell it from the other.",
    }[now.worst(rule.score)]


def reading(now: Judged, rule: Rule, sweep: Sequence[Judged]) -> str:
    """What became of the two, and where the sweep loses one."""
    sizes = now.scene.boxes[:, 2:] - now.scene.boxes[:, :2]
    if sizes.min() < 1:
        return "One of the figures lies outside the picture: drag both into it."
    text = f"The true boxes overlap by {now.overlap:.2f}. {len(now.raw)} boxes, {len(now.done.kept)} after suppression"
    states = [now.state(k, rule.score) for k in (BACK, FRONT)]
    if states == ["found", "found"]:
        text += ": **both are found**."
    else:
        text += ". " + " ".join(_lost(now, rule, k) for k in (FRONT, BACK) if states[k] != "found")
    if sizes.max() < 24:
        text += " Figures of so few pixels tell nothing of suppression."
    return text + _sweep_words(sweep, rule)


def _lost(now: Judged, rule: Rule, figure: int) -> str:
    name = NAMES[figure].capitalize()
    if now.state(figure, rule.score) == "unseen":
        seen = words.percent(now.scene.visible[figure])
        return (
            f"**{name} is not seen apart**: no box above {rule.score:.2f} fits it clearly better than the other; "
            f"{seen} of it is visible."
        )
    row = int(now.raw_row[figure])
    share = now.done.overlap[row]
    how = f"pushed below {rule.score:.2f}" if rule.method in SOFT else "dropped"
    return (
        f"**{name} is {how} by suppression**: its best box, {now.raw_score[figure]:.2f}, overlaps a better one by "
        f"{share:.2f}."
    )


def _sweep_words(sweep: Sequence[Judged], rule: Rule) -> str:
    if not sweep:
        return ""
    dropped, unseen = lost_from(sweep, rule, "dropped"), lost_from(sweep, rule, "unseen")
    if dropped is None and unseen is None:
        return " In the sweep both are found at the largest overlap."
    events = [(dropped, "suppression drops one"), (unseen, "the network itself no longer tells them apart")]
    told = sorted((at, what) for at, what in events if at is not None)
    return f" In the sweep, {'; '.join(f'at an overlap of {at:.2f} {what}' for at, what in told)}."
