"""The pictures of each stage of a detector."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.geometry import Affine, scale_shift
from explainer.core.layers import Arrows, Boxes, Cells, Heat, Image, Layer, Mask, Panel, Points
from explainer.demos.detection._stages_seen import Seen

DRAWN = 150
CHANNELS = 16
WEAK = -2


def of_stage(seen: Seen) -> tuple[Panel, ...]:
    """Two panels beside the input."""
    if seen.stage == "masks" and not seen.found.has_masks:
        return _classes(seen)
    makers = {
        "maps": _maps, "objectness": _objectness, "proposals": _proposals, "roialign": _roialign,
        "classes": _classes, "masks": _masks,
    }  # fmt: skip
    return makers[seen.stage](seen)


def _over(seen: Seen, title: str, layers: list[Layer], note: str) -> Panel:
    frame = seen.frame
    return Panel(title, (frame.width, frame.height), (Image("picture", seen.pixels), *layers), note)


def _heat(seen: Seen, values: NDArray[np.float32], lo: float, hi: float) -> Heat:
    """Draw a map of the padded input over the picture, cut where the picture ends."""
    (w, h), (rows, columns) = seen.found.size, values.shape
    height, width = seen.found.x.shape[2:]
    across, down = max(1, -(-w * columns // width)), max(1, -(-h * rows // height))
    cut = np.ascontiguousarray(values[:down, :across], np.float32)
    # The last cells may reach beyond the picture; they are drawn a little narrower rather than outside.
    to_frame: Affine = scale_shift(seen.frame.width / across, seen.frame.height / down)
    return Heat("map", cut, lo, hi, to_frame, smooth=False)


# Maps, objectness, proposals ----------------------------------------------------------------------------


def _maps(seen: Seen) -> tuple[Panel, ...]:
    body = seen.found.body[min(seen.number, len(seen.found.body) - 1)]
    pyramid = list(seen.found.pyramid.values())[seen.number]
    return tuple(
        _over(seen, title, [_heat(seen, mean, 0.0, float(np.quantile(mean, 0.99)) or 1.0)], note)
        for title, mean, note in (
            ("Backbone", _mean(body), _shape(body)),
            ("Pyramid", _mean(pyramid), _shape(pyramid)),
        )
    )


def _mean(maps: object) -> NDArray[np.float32]:
    """Mean size of the activations of all channels."""
    return np.asarray(maps[0].abs().mean(0).cpu().numpy(), np.float32)  # type: ignore[index]


def _shape(maps: object) -> str:
    _, channels, rows, columns = maps.shape  # type: ignore[attr-defined]
    return f"{channels} maps of {columns} × {rows}, mean size"


def _objectness(seen: Seen) -> tuple[Panel, ...]:
    each = [1 / (1 + np.exp(-one.max(0))) for one in seen.found.objectness]
    rows, columns = each[0].shape
    whole = np.zeros((rows, columns), np.float32)
    for one in each:
        r = np.arange(rows) * one.shape[0] // rows
        c = np.arange(columns) * one.shape[1] // columns
        whole = np.maximum(whole, one[r][:, c])
    chosen = each[seen.number]
    shape = f"{chosen.shape[1]} × {chosen.shape[0]} cells, best of {seen.found.objectness[seen.number].shape[0]}"
    return (
        _over(seen, f"Level {seen.number + 1}", [_heat(seen, chosen, 0.0, 1.0)], shape),
        _over(seen, "All levels", [_heat(seen, whole, 0.0, 1.0)], "best of all at each place"),
    )


def _proposals(seen: Seen) -> tuple[Panel, ...]:
    best = np.argsort(-seen.found.scores, kind="stable")[:DRAWN]
    total = words.thousands(len(seen.found.candidates))
    return (
        _over(seen, "Before suppression", _boxes(seen, best), f"{len(best)} best of {total}"),
        _kept(seen),
    )


def _kept(seen: Seen) -> Panel:
    return _over(seen, "Proposals", _boxes(seen, seen.rows), f"{len(seen.rows)}, coloured by level")


def _boxes(seen: Seen, rows: NDArray[np.int64]) -> list[Layer]:
    if not len(rows):
        return []
    weak_first = rows[::-1]
    colours = tuple(int(k) for k in seen.found.levels[weak_first])
    return [Boxes("boxes", seen.in_frame(seen.found.candidates[weak_first]), colours=colours)]


# One object ---------------------------------------------------------------------------------------------


def _roialign(seen: Seen) -> tuple[Panel, ...]:
    from explainer.vision.detection.stages import sample_points

    if seen.row < 0:
        return ()
    box = seen.found.candidates[seen.row]
    pooled, level = seen.found.pooled(box)
    stride = seen.found.x.shape[3] / list(seen.found.pyramid.values())[level].shape[3]
    (w, h), frame = seen.found.size, seen.frame
    points = sample_points(box, stride) * [frame.width / w, frame.height / h]
    points = np.clip(points, 0, (frame.width, frame.height))
    layers: list[Layer] = [
        Boxes("proposal", seen.in_frame(box[None]), ("proposal",), (level,)),
        Points("samples", points, colours=(-1,) * len(points), size_px=3.0),
    ]
    strongest = np.argsort(-np.abs(pooled).mean((1, 2)), kind="stable")[:CHANNELS]
    limit = float(np.abs(pooled[strongest]).max()) or 1.0
    cells = Cells(
        "pooled", np.ascontiguousarray(pooled[strongest]), 4, -limit, limit, "diverging",
        tuple(str(k) for k in strongest),
    )  # fmt: skip
    return (
        _over(seen, "Where it reads", layers, f"4 points for each of 49 cells, level {level + 1}"),
        Panel("What it reads", cells.size, (cells,), f"16 strongest of {len(pooled)} maps, 7 × 7", frame=False),
    )


def _classes(seen: Seen) -> tuple[Panel, ...]:
    """Every pair above the score with the way from proposal to refined box, and what suppression leaves."""
    probabilities, refined = seen.found.heads(seen.rows)
    at, of = np.nonzero(probabilities[:, 1:] > seen.score)
    order = np.argsort(-probabilities[at, of + 1], kind="stable")[:DRAWN]
    at, of = at[order], of[order] + 1
    layers: list[Layer] = []
    if len(at):
        before, after = seen.in_frame(seen.found.candidates[seen.rows[at]]), seen.in_frame(refined[at, of])
        layers = [
            Boxes("proposals", before, colours=(WEAK,) * len(at), dashed=True),
            Boxes("refined", after, colours=tuple(int(k) for k in of)),
        ]
    panels = [_over(seen, "Refined boxes", layers, f"{len(at)} pairs above {seen.score:.2f}, grey: proposals")]
    if seen.row >= 0:
        panels.append(_one_refined(seen))
    return tuple(panels)


def _one_refined(seen: Seen) -> Panel:
    """Show the way of one proposal to its box."""
    probabilities, refined = seen.found.heads(np.array([seen.row]))
    label = int(seen.objects.labels[seen.at]) if seen.at >= 0 else int(probabilities[0, 1:].argmax()) + 1
    before, after = seen.in_frame(seen.found.candidates[[seen.row]]), seen.in_frame(refined[:, label])
    start, end = before.reshape(2, 2), after.reshape(2, 2)
    layers: list[Layer] = [
        Boxes("proposal", before, ("proposal",), (WEAK,), dashed=True),
        Boxes("refined", after, (seen.name(label),), (label,)),
        Arrows("moved", start, end, (label, label)),
    ]
    return _over(seen, "One proposal", layers, f"moved for “{seen.name(label)}”")


def _masks(seen: Seen) -> tuple[Panel, ...]:
    from explainer.vision.detection.stages import mask_in_box

    if seen.at < 0:
        return ()
    box, label = seen.objects.boxes[seen.at], int(seen.objects.labels[seen.at])
    every = seen.found.all_masks(box[None])[0]
    logits = every[label]
    limit = float(np.abs(logits).max()) or 1.0
    heat = Heat("logits", logits, -limit, limit, colours="diverging", smooth=False, over=False)
    x0, y0, x1, y1 = (int(v) for v in np.rint(seen.in_frame(box[None])[0]))
    x0, y0 = min(x0, seen.frame.width - 1), min(y0, seen.frame.height - 1)
    crop = np.ascontiguousarray(seen.pixels[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)])
    height, width = crop.shape[:2]
    solid = mask_in_box(logits, width, height) > seen.mask_from
    cut: list[Layer] = [Image("picture", crop), Mask("mask", solid, colour=label)]
    rivals = np.argsort(-every[1:].mean((1, 2)), kind="stable")[:9] + 1
    shown = [label, *(int(k) for k in rivals if k != label)][:9]
    size = float(np.abs(every[shown]).max()) or 1.0
    cells = Cells(
        "masks", np.ascontiguousarray(every[shown]), 3, -size, size, "diverging",
        tuple(seen.name(k) for k in shown), chosen=0,
    )  # fmt: skip
    return (
        _kept(seen),
        Panel("Mask logits", (28.0, 28.0), (heat,), f"“{seen.name(label)}”, 28 × 28", frame=False),
        Panel("Cut at the threshold", (width, height), tuple(cut), f"from {seen.mask_from:.2f}", frame=False),
        Panel("One mask for each class", cells.size, (cells,), "only the first counts", frame=False),
    )


# Words and numbers --------------------------------------------------------------------------------------


def numbers(seen: Seen) -> dict[str, float]:
    """Numbers that belong to one stage."""
    if seen.stage == "objectness":
        share = float((seen.found.objectness[seen.number] > 0).mean())
        return {"level_share_objects": share, "level_cells": float(seen.found.objectness[seen.number][0].size)}
    if seen.stage == "masks" and seen.at >= 0 and seen.found.has_masks:
        logits = seen.found.masks(seen.objects.part(np.array([seen.at])))[0]
        probability = 1 / (1 + np.exp(-logits.astype(np.float64)))
        return {"mask_share": float((probability > seen.mask_from).mean()), "mask_logit_max": float(logits.max())}
    if seen.stage == "maps":
        return {"level_mean_activation": float(_mean(list(seen.found.pyramid.values())[seen.number]).mean())}
    if seen.stage in ("roialign", "classes") and seen.row >= 0:
        x0, y0, x1, y1 = (float(v) for v in seen.found.candidates[seen.row])
        return {"proposal_width_px": x1 - x0, "proposal_height_px": y1 - y0}
    return {}


def sentence(seen: Seen) -> str:
    """Say what the stage shows."""
    if seen.row < 0:
        return "There is no proposal at all, so there is nothing to follow."
    who = (
        f"“{seen.name(int(seen.objects.labels[seen.at]))}” ({words.score(float(seen.objects.scores[seen.at]))})"
        if seen.at >= 0 else "the best proposal"
    )  # fmt: skip
    if seen.stage == "masks" and not seen.found.has_masks:
        return "This detector has no mask head."
    if seen.stage == "masks" and seen.at < 0:
        return "Without an object there is no mask: lower the score threshold."
    told = numbers(seen)
    return {
        "maps": f"Level {seen.number + 1} is shown before and after the pyramid.",
        "objectness": f"At level {seen.number + 1}, {100 * told.get('level_share_objects', 0):.1f} % of the anchors "
        "are more object than not.",
        "proposals": "Suppression works within each level, and classes are not known yet.",
        "roialign": f"For {who}, RoIAlign reads 196 points, never rounding where they lie.",
        "classes": f"Every class moves a proposal its own way; {who} is followed.",
        "masks": f"At {seen.mask_from:.2f} the mask of {who} fills {words.percent(told.get('mask_share', 0.0))} of "
        "its box.",
    }[seen.stage]
