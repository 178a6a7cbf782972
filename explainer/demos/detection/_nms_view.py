"""What the NMS lab decides, shows and says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from explainer.core import words
from explainer.core.charts import Curve, Series, Table
from explainer.core.frame import Frame
from explainer.core.layers import Boxes, Image, Layer, Panel
from explainer.core.result import Result
from explainer.demos.detection import _nanodet_view as shared

if TYPE_CHECKING:
    from explainer.vision.detection.judging import Judged, Rule

BACK, FRONT = 0, 1  # rows of the truth
NAMES = ("the one behind", "the one in front")
DRAWN, LISTED = 120, 6
HIT, EXTRA = 2, 5  # green and red of the class colours: right, and false or too many
SOFT = ("linear", "gaussian")


def tints(now: Judged, rows: Iterable[int]) -> tuple[int, ...]:
    """Colour of each raw box: whether it is the one that speaks for a figure."""
    return tuple(HIT if row in now.kept_row else EXTRA for row in rows)


def result(frame: Frame, now: Judged, rule: Rule, sweep: Sequence[Judged], *, partial: bool = False) -> Result:
    """Panels, charts, words and numbers."""
    charts = (*((sweep_chart(now, sweep),) if sweep else ()), box_table(now, rule))
    return Result(
        reading(now, rule, sweep), values(now, rule, sweep), (input_panel(frame, now), raw_panel(frame, now)), charts,
        partial=partial, headline=headline(now, rule), heroes=("before-suppression", "after-suppression"),
    )  # fmt: skip


def _panel(title: str, frame: Frame, now: Judged, layers: Sequence[Layer], note: str) -> Panel:
    return Panel(title, (frame.width, frame.height), (Image("scene", now.scene.pixels), *layers), note)


def input_panel(frame: Frame, now: Judged) -> Panel:
    """The scene with what is left, and dashed the true boxes."""
    last = now.done.kept[::-1]  # the best is drawn over the others
    final = now.raw[last]
    boxes = Boxes(
        "kept", final.xyxy.astype(np.float64), shared.tags(final, now.done.score[last]), tints(now, last.tolist())
    )
    true = Boxes("truth", now.scene.boxes, colours=(-2, -2), dashed=True)
    lost = [int(row) for row, after in zip(now.raw_row, now.kept_row, strict=True) if row >= 0 > after]
    names = tuple(f"deleted {now.raw.score[row]:.2f}" for row in lost)
    gone = Boxes("deleted", now.raw.xyxy[lost].astype(np.float64), names, (EXTRA,) * len(lost), dashed=True)
    return _panel("After suppression", frame, now, (true, boxes, gone), "green: right, red: false or deleted")


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


def values(now: Judged, rule: Rule, sweep: Sequence[Judged]) -> dict[str, float]:
    """The numbers of this scene."""
    from explainer.vision.detection import judging, overlap

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
        at = judging.lost_from(sweep, rule, state)
        if at is not None:
            found[f"{state}_from_iou"] = at
    return found


def headline(now: Judged, rule: Rule) -> str:
    """Whether both figures survive."""
    from explainer.vision.detection import coco

    worst, boxes = now.worst(rule.score), words.count(len(now.raw), "box", "boxes")
    if worst == "unseen":
        return f"Of {boxes} none fits one of the figures alone: the network does not tell it from the other."
    if worst == "found":
        extra = int((~np.isin(now.done.kept, now.kept_row)).sum())
        false = f", and {words.count(extra, 'false one')}" if extra else ""
        return f"Of {boxes} suppression leaves one for each figure{false}."
    figure = max((k for k in (BACK, FRONT) if now.state(k, rule.score) == "dropped"), key=lambda k: now.raw_score[k])
    kind = coco.name(int(now.scene.class_id[figure]))
    return f"Suppression deletes a real {kind}, found with {now.raw_score[figure]:.2f}, as if it were a duplicate."


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
    from explainer.vision.detection.judging import lost_from

    dropped, unseen = (lost_from(sweep, rule, state) for state in ("dropped", "unseen"))
    if dropped is None and unseen is None:
        return " In the sweep both are found at the largest overlap."
    events = [(dropped, "suppression drops one"), (unseen, "the network itself no longer tells them apart")]
    told = sorted((at, what) for at, what in events if at is not None)
    return f" In the sweep, {'; '.join(f'at an overlap of {at:.2f} {what}' for at, what in told)}."
