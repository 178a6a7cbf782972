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
    from numpy.typing import NDArray

    from explainer.vision.detection.judging import Judged, Rule

BACK, FRONT = 0, 1  # rows of the truth
NAMES = ("the one behind", "the one in front")
DRAWN, LISTED = 120, 6
HIT, EXTRA, BOTH = 2, 5, 3  # green, red and pink of the class colours: right, false or too many, over both figures
SOFT = ("linear", "gaussian")


def tints(now: Judged, rows: Iterable[int]) -> tuple[int, ...]:
    """Colour of each raw box: whether it speaks for one figure, lies over both, or is false."""
    both = over_both(now)
    return tuple(HIT if row in now.kept_row else BOTH if both[row] else EXTRA for row in rows)


def tags(now: Judged, rows: Sequence[int]) -> tuple[str, ...]:
    """Name and score of each raw box; one that lies over both figures says so."""
    both, chosen = over_both(now), np.array(rows, np.int64)
    names = shared.tags(now.raw[chosen], now.done.score[chosen])
    return tuple(f"over both {now.done.score[r]:.2f}" if both[r] else name for r, name in zip(rows, names, strict=True))


def over_both(now: Judged) -> NDArray[np.bool_]:
    """Which raw boxes fit both figures alike, ``(N,)``."""
    from explainer.vision.detection import truth

    return truth.over_several(now.raw, now.scene.boxes, now.scene.class_id)


def told(now: Judged, rule: Rule) -> int:
    """Of which figure headline and chart tell: the deleted one of the better score, else one unseen, else the back."""
    states = [now.state(figure, rule.score) for figure in (BACK, FRONT)]
    if now.worst(rule.score) == "found":
        return BACK
    return max((k for k in (BACK, FRONT) if states[k] == now.worst(rule.score)), key=lambda k: now.raw_score[k])


def result(frame: Frame, now: Judged, rule: Rule, sweep: Sequence[Judged], *, partial: bool = False) -> Result:
    """Panels, charts, words and numbers."""
    charts = (*((sweep_chart(now, sweep, told(now, rule)),) if sweep else ()), box_table(now, rule))
    return Result(
        reading(now, rule, sweep), values(now, rule, sweep), (input_panel(frame, now), raw_panel(frame, now)), charts,
        partial=partial, headline=headline(now, rule), heroes=("before-suppression", "after-suppression"),
    )  # fmt: skip


def _panel(title: str, frame: Frame, now: Judged, layers: Sequence[Layer], note: str) -> Panel:
    return Panel(title, (frame.width, frame.height), (Image("scene", now.scene.pixels), *layers), note)


def input_panel(frame: Frame, now: Judged) -> Panel:
    """The scene with what is left, and dashed the true boxes."""
    last = now.done.kept[::-1].tolist()  # the best is drawn over the others
    boxes = Boxes("kept", now.raw.xyxy[last].astype(np.float64), tags(now, last), tints(now, last))
    true = Boxes("truth", now.scene.boxes, colours=(-2, -2), dashed=True)
    lost = [int(row) for row, after in zip(now.raw_row, now.kept_row, strict=True) if row >= 0 > after]
    names = tuple(f"deleted {now.raw.score[row]:.2f}" for row in lost)
    gone = Boxes("deleted", now.raw.xyxy[lost].astype(np.float64), names, (EXTRA,) * len(lost), dashed=True)
    return _panel(
        "After suppression",
        frame,
        now,
        (true, boxes, gone),
        "green: one figure, pink: both in one, red: false or deleted",
    )


def raw_panel(frame: Frame, now: Judged) -> Panel:
    """Every box above the score, in the colour of the figure it speaks for; what was dropped is dashed."""
    from explainer.vision.detection import overlap

    shown = np.arange(min(len(now.raw), DRAWN))
    near = overlap.iou(now.raw.xyxy[shown], now.scene.boxes)
    owner = np.where(near.max(1, initial=0.0) >= 0.3, near.argmax(1) if len(shown) else 0, -2)
    owner[over_both(now)[shown]] = BOTH
    stays = np.isin(shown, now.done.kept)
    layers = []
    for name, rows, dashed in (("dropped", shown[~stays], True), ("kept", shown[stays], False)):
        boxes = now.raw.xyxy[rows].astype(np.float64)
        layers.append(Boxes(name, boxes, colours=tuple(int(owner[r]) for r in rows), dashed=dashed))
    gone = len(now.raw) - len(now.done.kept)
    return _panel("Before suppression", frame, now, layers, f"{len(now.raw)} boxes, {gone} dropped")


def sweep_chart(now: Judged, sweep: Sequence[Judged], figure: int) -> Curve:
    """Score of one figure against the true overlap, before and after suppression."""
    steps = sorted(sweep, key=lambda one: one.overlap)
    x = np.array([one.overlap for one in steps])
    before, after = (np.array([getattr(s, f)[figure] for s in steps]) for f in ("raw_score", "kept_score"))
    here = np.array([now.overlap, now.overlap])
    series = (
        Series("before", x, before, "dashed", -2),
        Series("after", x, after, colour=BACK),
        Series("now", here, np.array([0.0, 1.0]), "dotted", -1),
    )
    limits = (0.0, 1.0)
    return Curve("Score before and after", series, "IoU of the true boxes", "score", limits, limits, NAMES[figure])


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

    worst, boxes, figure = now.worst(rule.score), words.count(len(now.raw), "box", "boxes"), told(now, rule)
    if worst == "unseen":
        seen = now.state(1 - figure, rule.score) == "found"
        whom = f"{NAMES[figure]} alone" if seen else "either figure alone"
        return f"Of {boxes} none fits {whom}: the network does not tell them apart."
    if worst == "found":
        extra = int((~np.isin(now.done.kept, now.kept_row)).sum())
        more = f", and {extra} more" if extra else ""
        return f"Of {boxes} suppression leaves one for each figure{more}."
    who = f"the {coco.name(int(now.scene.class_id[figure]))} {('behind', 'in front')[figure]}"
    by = int(now.done.by[now.raw_row[figure]])
    why = "one box over both is left" if by >= 0 and over_both(now)[by] else "it passed for a duplicate"
    return f"Suppression deletes {who}, found with {now.raw_score[figure]:.2f}: {why}."


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
