"""What the stages of a detector show and say."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from explainer.core import words
from explainer.core.charts import Bars, Chart, Graph, Node
from explainer.core.frame import Frame
from explainer.core.geometry import scale_shift
from explainer.core.layers import Boxes, Image, Label, Layer, Mask, Panel
from explainer.core.numbers import numbers
from explainer.core.result import Result
from explainer.demos.detection import _stages_panels as panels
from explainer.demos.detection._stages_seen import Seen

if TYPE_CHECKING:
    from explainer.core.problem import ExplainerError

MOST_OBJECTS = 50
MASKED = 20  # objects whose masks are drawn
TRUE_FROM = 0.5
CROWDED, WIDE = 3, 1.2  # pictures; width over height
TRAINED_ON = "Trained on composed scenes: it knows digits, seven garments and coins, nothing else"


def absent(frame: Frame, error: ExplainerError) -> Result:
    """Say that a detector is not here, and how to get it."""
    return Result(
        f"{error.problem.sentence} The small detector that came with the program (1 of them) works without.",
        {"picture_px": float(frame.width * frame.height)},
        (Panel("Input", (frame.width, frame.height), (Image("picture", frame.pixels),)),),
    )


def result(seen: Seen) -> Result:
    """Put the input, the panels of the stage, the chain and the scores together."""
    shown = (_input(seen), *panels.of_stage(seen))
    # Beside a second chart the chain would be too narrow to read.
    charts: tuple[Chart, ...] = (_classes(seen) if seen.row >= 0 and seen.stage == "classes" else _chain(seen),)
    return Result(
        _reading(seen), _values(seen), shown, charts, badges=(TRAINED_ON,) if seen.shipped else (),
        input=np.ascontiguousarray(seen.found.x.cpu().numpy(), np.float32), headline=_headline(seen),
        heroes=_heroes(shown),
    )  # fmt: skip


def _heroes(shown: tuple[Panel, ...]) -> tuple[str, ...]:
    """What the stage has and what is found in the end; at the last stage, what the detector began with."""
    here = next((one for one in shown if one.title == "Proposals"), shown[-1])
    width, height = shown[0].size
    # Beside the pictures of masks there is no room for two squares.
    alone = here is shown[0] or (len(shown) > CROWDED and width < WIDE * height)
    return (shown[0].slug,) if alone else (here.slug, shown[0].slug)


def _input(seen: Seen) -> Panel:
    """Show objects with masks, as the last stage leaves them; the one that is followed drawn solid."""
    frame = seen.frame
    layers: list[Layer] = [Image("picture", seen.pixels)]
    objects, boxes = seen.objects, seen.in_frame(seen.objects.boxes)
    if seen.found.has_masks and len(objects):
        layers += _masks(seen)
    for solid in (False, True):
        rows = [k for k in range(len(objects)) if (k == seen.at) == solid][::-1]
        if rows:
            names = tuple(f"{seen.name(int(objects.labels[k]))} {words.score(float(objects.scores[k]))}" for k in rows)
            colours = tuple(int(objects.labels[k]) for k in rows)
            sets = tuple({"pick": k + 1} if k < MASKED else None for k in rows)
            name = "followed" if solid else "objects"
            layers.append(Boxes(name, boxes[rows], names, colours, dashed=not solid, sets=sets))
    if not len(objects):
        layers.append(Label("nothing", "nothing found", (0.0, float(frame.height))))
    hits, count = _hits(seen), len(objects)
    note = f"{hits[0]} of {hits[1]} found, {count - hits[0]} mistaken" if hits else f"{count} found"
    return Panel("Objects found", (frame.width, frame.height), tuple(layers), note)


def _masks(seen: Seen) -> list[Layer]:
    from explainer.vision.detection.stages import mask_in_box

    objects, boxes = seen.objects, seen.in_frame(seen.objects.boxes)
    top = np.arange(min(len(objects), MASKED))
    logits = seen.found.masks(objects.part(top))
    layers: list[Layer] = []
    for k, one in zip(top, logits, strict=True):
        x0, y0, x1, y1 = boxes[k]
        width, height = max(1, round(x1 - x0)), max(1, round(y1 - y0))
        solid = mask_in_box(one, width, height) > seen.mask_from
        to_panel = scale_shift((x1 - x0) / width, (y1 - y0) / height, float(x0), float(y0))
        layers.append(Mask(f"mask {k + 1}", solid, to_panel, int(objects.labels[k])))
    return layers


# Charts -------------------------------------------------------------------------------------------------

SPENT = {
    "maps": ("resize", "backbone", "pyramid"), "objectness": ("region head",),
    "proposals": ("candidates", "suppression"), "roialign": ("RoIAlign",), "classes": ("box head", "choice"),
    "masks": ("mask head",),
}  # fmt: skip
"""Which of the measured times belong to a stage of the chain."""


def _chain(seen: Seen) -> Graph:
    """The stages with their counts; a click opens one."""
    found = seen.found
    counts = {
        "maps": ("Backbone, pyramid", f"{len(found.pyramid)} maps"),
        "objectness": ("Objectness", f"{words.thousands(found.anchors)} anchors"),
        "proposals": ("Proposals", f"{words.thousands(len(found.candidates))} to {len(seen.rows)}"),
        "roialign": ("RoIAlign", f"{len(seen.rows)} × 7 × 7"),
        "classes": ("Classes, boxes", f"{seen.objects.before} to {len(seen.objects)}"),
    }
    if found.has_masks:
        counts["masks"] = ("Masks", f"{min(len(seen.objects), MASKED)} × 28 × 28")
    spent = {key: sum(found.ms.get(part, 0.0) for part in parts) for key, parts in SPENT.items()}
    nodes = tuple(Node(key, name, count, {"stage": key}, spent[key]) for key, (name, count) in counts.items())
    return Graph("Stages", nodes, tuple(pairwise(counts)), seen.stage)


def _classes(seen: Seen) -> Bars:
    """Best classes of the followed candidate, the background among them."""
    probabilities = seen.found.heads(np.array([seen.row]))[0][0]
    best = [int(k) for k in np.argsort(-probabilities, kind="stable")[:4]]
    chosen = int(seen.objects.labels[seen.at]) if seen.at >= 0 else best[0]
    shown = best if chosen in best else [*best, chosen]
    return Bars(
        "Its classes", tuple(seen.name(k) for k in shown), tuple(float(probabilities[k]) for k in shown),
        chosen=shown.index(chosen),
    )  # fmt: skip


# Words and numbers --------------------------------------------------------------------------------------


def _hits(seen: Seen) -> tuple[int, int] | None:
    """How many objects are right (class and IoU of at least a half), and how many lie there; ``None`` unknown."""
    from explainer.vision.detection.matching import hits, iou_table

    if seen.scene is None or not seen.shipped or not len(seen.scene):
        return None
    boxes = seen.in_frame(seen.objects.boxes).astype(np.float32)
    table = iou_table(seen.scene.boxes, boxes) * (seen.scene.labels[:, None] == seen.objects.labels)
    return hits(table, TRUE_FROM), len(seen.scene)


def _values(seen: Seen) -> dict[str, float]:
    scores, objects, hits = seen.found.scores, seen.objects, _hits(seen)
    found = numbers(
        anchors=seen.found.anchors, candidates=len(seen.found.candidates), proposals=len(seen.rows),
        pairs_above=objects.before, objects=len(objects), input_width_px=seen.found.x.shape[3],
        input_height_px=seen.found.x.shape[2], best_objectness=scores.max() if len(scores) else 0.0,
    )  # fmt: skip
    if seen.at >= 0:
        score, label = objects.scores[seen.at], objects.labels[seen.at]
        found |= numbers(object_score=score, object_class=label, object_objectness=scores[seen.row])
    if hits:
        found |= numbers(right=hits[0], laid=hits[1])
    return found | panels.numbers(seen)


def _headline(seen: Seen) -> str:
    guesses, hits, left = words.thousands(seen.found.anchors), _hits(seen), len(seen.objects)
    if hits:
        also = ", with some mistakes beside them" if left > hits[0] else ""
        return f"Thousands of guesses go in; {hits[0]} of the {hits[1]} objects laid here are found{also}."
    return f"{guesses} guesses go in, and {words.count(left, 'object')} {'comes' if left == 1 else 'come'} out."


def _reading(seen: Seen) -> str:
    found = seen.found
    chain = (
        f"{words.thousands(found.anchors)} anchors become {words.thousands(len(found.candidates))} candidates and "
        f"{len(seen.rows)} proposals; {seen.objects.before} pairs of proposal and class reach {seen.score:.2f}, and "
        f"suppression leaves **{len(seen.objects)} objects**."
    )
    hits = _hits(seen)
    if hits:
        chain += f" Of the {hits[1]} objects that were laid on the picture, {hits[0]} are among them."
    elif seen.shipped and seen.scene is None:
        chain += " It knows digits, garments and coins only: on a plain photo what it finds is mistaken, or a coin."
    return f"{chain} {panels.sentence(seen)}"
