"""Paint what is right, and read how a mask scores: by area and along the boundary."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from explainer.core.charts import Bars
from explainer.core.context import Context
from explainer.core.controls import Choice, Doc, OnPicture, Plays, Range, When
from explainer.core.demo import Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.geometry import Stroke, apply
from explainer.core.layers import Label, Layer, Lines, Panel
from explainer.core.numbers import numbers
from explainer.core.picture import Copy
from explainer.core.plays import Play
from explainer.core.result import Result
from explainer.demos.segmentation import _masks
from explainer.demos.segmentation import _shared as shared

PAINTED = (shared.line(((0.5, 0.4), (0.5, 0.62)), 0.13),)
FAR, PLACES = 30, 61  # % of the width that the mask is moved at most, and places on the way
CORNERS = 300  # of outlines; of many more hairlines would be drawn
FEW = 0.1  # by which one score is plainly lower than another
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


class Reference(Choice):
    """What counts as right."""

    OBJECT = "object", "The best object, cut out"
    PAINTED = "painted", "Painted: paint"
    ERASED = "erased", "Painted: erase"
    PERSON = "person", "Person matte"
    OTSU = "otsu", "Otsu's threshold"


class Judged(Choice):
    """Where the mask comes from."""

    COPY = "copy", "The reference itself"
    PERSON = "person", "Person matte"
    OTSU = "otsu", "Otsu's threshold"
    GRABCUT = "grabcut", "GrabCut from the reference's box"


@dataclass(frozen=True, slots=True)
class Params:
    """The reference, the mask that is judged, and what is done to it."""

    reference: Annotated[
        Reference,
        Doc("Reference", "What counts as right. Only what a person has checked deserves the name ground truth."),
    ] = Reference.OBJECT
    strokes: Annotated[
        tuple[Stroke, ...],
        OnPicture("input"),
        When("reference", (Reference.PAINTED,)),
        Doc("Paint the reference", "Right button takes a stroke back."),
    ] = PAINTED
    erased: Annotated[
        tuple[Stroke, ...],
        OnPicture("input"),
        When("reference", (Reference.ERASED,)),
        Doc("Erase", "Takes away from what was painted."),
    ] = ()
    found: Annotated[Judged, Doc("Mask", "What is judged.")] = Judged.COPY
    shift_x: Annotated[
        float,
        Range(-FAR, FAR, 0.5, unit="%"),
        Plays(8.0, "Move the mask across"),
        Doc("Move right", "Of the width. What is large stays right for a while."),
    ] = 5.0
    shift_y: Annotated[float, Range(-30, 30, 0.5, unit="%"), Doc("Move down", "Of the height.")] = 0.0
    grow: Annotated[
        float, Range(-40, 40, 1, unit="px"), Doc("Grow", "A rim of constant width; below 0 the mask shrinks.")
    ] = 0.0
    tolerance: Annotated[
        float,
        Range(0.0, 3.0, 0.05, unit="%"),
        Doc("Tolerance", "Of the diagonal: boundaries as near as this agree. 0.8 is the DAVIS benchmark's."),
    ] = 0.8


class MaskMetrics(Demo[Params]):
    """IoU, Dice, precision, recall and the boundary F-measure of one mask."""

    info = DemoInfo(
        id="mask-metrics", title="How masks are scored", topics=(7, 20), sample="flower",
        summary="Move, grow and shrink a mask and read IoU, Dice and boundary F.",
        papers=("csurka2013", "perazzi2016"), uses_model=False,
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Judge the moved mask, and say how the scores change with size and place."""
        from explainer.vision.segmentation import flood, instances, painting, scores

        small = _masks.copy_of(frame, ctx)
        height, width = small.shape[:2]
        copy = Copy(frame, small.shape)
        with ctx.stage("model"):
            wanted = _reference(frame, small, params, ctx)
            start = wanted if params.found == Judged.COPY else _masks.mask(params.found, frame, small, wanted, ctx)
        with ctx.stage("explain"):
            near = scores.tolerance(height, width, params.tolerance / 100)
            aside = (params.shift_x / 100 * width, params.shift_y / 100 * height)
            mask = instances.grown(painting.moved(start, *aside), params.grow / copy.scale)
            both = (params.reference, params.strokes, params.erased, params.found)
            by_place = ctx.memo(("place", *both, aside[1], params.grow), lambda: _by_place(start, wanted, params, copy))
            support = scores.on_edges(mask, ctx.memo(("slopes",), lambda: flood.relief(small, 1.0)))
        covered, edge = scores.area(mask, wanted), scores.boundary(mask, wanted, near)
        values = _values(covered, edge, wanted.mean(), mask.mean(), near, copy.scale) | numbers(
            on_edges_percent=None if support is None else 100 * support
        )
        moved = f"moved by {params.shift_x:g} %".replace("-", "−")
        play = Play("shift_x", -FAR, FAR, params.shift_x, by_place, moved, note="curve: IoU")
        return Result(
            _reading(covered, edge, values), values, _panels(copy, mask, wanted, near, covered, edge),
            (_bars(covered, edge),), headline=_headline(covered, edge), heroes=("by-area", "by-boundary"), play=play,
        )  # fmt: skip


def _reference(frame: Frame, small: NDArray[np.uint8], params: Params, ctx: Context) -> Bools:
    from explainer.vision.segmentation.painting import painted

    if params.reference in _masks.MAKERS:
        return _masks.mask(params.reference, frame, small, np.zeros(small.shape[:2], bool), ctx)
    height, width = small.shape[:2]
    return painted(params.strokes, height, width) & ~painted(params.erased, height, width)


def _by_place(mask: Bools, wanted: Bools, params: Params, copy: Copy) -> Floats:
    """IoU of the mask at places from left to right, ``(N,)``; 0 where undefined."""
    from explainer.vision.segmentation import instances, painting, scores

    by, down = params.grow / copy.scale, params.shift_y / 100 * wanted.shape[0]
    places = np.linspace(-FAR, FAR, PLACES) / 100 * wanted.shape[1]
    moved = (instances.grown(painting.moved(mask, float(x), down), by) for x in places)
    return np.array([scores.area(one, wanted).iou or 0.0 for one in moved])


def _panels(copy: Copy, found: Bools, wanted: Bools, near: float, covered: Any, edge: Any) -> tuple[Panel, ...]:
    from explainer.vision.segmentation.painting import lit

    reference = shared.region(copy, "reference", wanted, shared.REFERENCE)
    grey, edges = lit(copy.frame.pixels, np.zeros((1, 1), bool)), _boundaries(copy, found, wanted, near)
    area = (*shared.compared(copy, found, wanted), *_overlap(copy.frame, covered))
    return (
        copy.panel("Input", *reference, note="the reference"),
        copy.panel("By area", *area, note="IoU: green as a share of all colours", under=grey),
        copy.panel(
            "By boundary", *edges, *_agreed(copy.frame, edge), note="green: within reach of the reference", under=grey
        ),
    )


def _overlap(frame: Frame, covered: Any) -> tuple[Layer, ...]:
    """A bar along the foot of the picture: of all pixels of either mask those of both, extra and missed; and IoU."""
    if not covered.iou:
        return ()
    parts = ((covered.hits, shared.HIT), (covered.false_alarms, shared.FALSE_ALARM), (covered.misses, shared.MISS))
    ends = np.cumsum([0, *(count for count, _ in parts)]) / sum(count for count, _ in parts)
    x, y = frame.width * (0.03 + 0.94 * ends), frame.height * 0.96
    paths = tuple(np.array([[start, y], [end, y]]) for start, end in pairwise(x))
    label = Label(
        "overlap", f"IoU {covered.iou:.2f}: green part of the bar", (float(x[0]), frame.height * 0.92), shared.HIT
    )
    return (Lines("shares", paths, tuple(colour for _, colour in parts), width_px=12.0), label)


def _agreed(frame: Frame, edge: Any) -> tuple[Layer, ...]:
    """The score along the boundary, where that by area stands in the picture beside it."""
    if edge.f is None:
        return ()
    text = f"boundary F {edge.f:.2f}: green part of the outlines"
    return (Label("agreed", text, (frame.width * 0.03, frame.height * 0.92), shared.HIT),)


def _boundaries(copy: Copy, mask: Bools, reference: Bools, near: float) -> tuple[Layer, ...]:
    """The band that counts as near, and both boundaries in the colours of what they are."""
    from explainer.vision.segmentation.painting import contours, runs
    from explainer.vision.segmentation.scores import distance_to, outline

    wanted, found = outline(reference), outline(mask)
    if not wanted.any() or not found.any():
        return ()
    to_wanted, to_found = distance_to(wanted), distance_to(found)
    reach = near + 1e-3
    ours = [run for path in contours(mask) for run in runs(path, to_wanted <= reach)]
    theirs = [run for path in contours(reference) for run in runs(path, to_found <= reach)]
    drawn = [(path, shared.HIT if right else shared.FALSE_ALARM) for path, right in ours]
    drawn += [(path, shared.MISS) for path, right in theirs if not right]
    step = 1 + sum(len(path) for path, _ in drawn) // CORNERS
    drawn = [(np.concatenate([path[:-1:step], path[-1:]]), colour) for path, colour in drawn if len(path) > step]
    paths, colours = tuple(apply(copy.to_frame, path) for path, _ in drawn), tuple(colour for _, colour in drawn)
    return (copy.mask("tolerance", to_wanted <= max(near, 0.5), 4), Lines("boundaries", paths, colours, width_px=4.0))


def _bars(covered: Any, edge: Any) -> Bars:
    named = {
        "IoU": covered.iou, "Dice": covered.dice, "precision": covered.precision, "recall": covered.recall,
        "boundary F": edge.f, "accuracy": covered.accuracy,
    }  # fmt: skip
    known = {name: value for name, value in named.items() if value is not None}
    missing = [name for name in named if name not in known]
    note = f"undefined: {', '.join(missing)}" if missing else ""
    return Bars("Scores", tuple(known), tuple(known.values()), chosen=0, note=note)


def _values(covered: Any, edge: Any, wanted: float, mask: float, near: float, scale: float) -> dict[str, float]:
    far = edge.hausdorff_95
    return numbers(
        iou=covered.iou, dice=covered.dice, precision=covered.precision, recall=covered.recall,
        boundary_f=edge.f, boundary_precision=edge.precision, boundary_recall=edge.recall, accuracy=covered.accuracy,
        reference_percent=100 * wanted, mask_percent=100 * mask, tolerance_px=near * scale,
        true_positives=covered.hits, false_positives=covered.false_alarms, false_negatives=covered.misses,
        hausdorff_95_px=None if far is None else far * scale,
    )  # fmt: skip


def _headline(covered: Any, edge: Any) -> str:
    if covered.iou is None:
        return "Neither mask has a pixel, so there is nothing to compare."
    if edge.f is None:
        return f"By area the masks share {100 * covered.iou:.0f} % of their union; one of them has no boundary inside."
    joined = "but along its edge only" if edge.f < covered.iou - FEW else "and along its edge"
    return f"By area the mask scores {covered.iou:.2f} (IoU), {joined} {edge.f:.2f}."


def _reading(covered: Any, edge: Any, values: dict[str, float]) -> str:
    if covered.iou is None:
        return "Neither mask has a pixel (0 of 0), so IoU and Dice are undefined. Paint a reference."
    if not values["reference_percent"] or not values["mask_percent"]:
        which = "reference" if not values["reference_percent"] else "mask"
        return (
            f"The {which} is empty, so nothing is shared: IoU is 0. Accuracy is still {covered.accuracy:.2f}, "
            "because most pixels are background in both."
        )
    first = f"Of the union with the reference the mask shares **{100 * covered.iou:.0f} %**, Dice {covered.dice:.2f}"
    if edge.f is None:
        return f"{first}. One of them has no boundary inside the picture, so boundary F is undefined."
    return (
        f"{first}. Within {values['tolerance_px']:.0f} px the boundaries agree with **F {edge.f:.2f}**; "
        f"95 % of them lie less than {values.get('hausdorff_95_px', 0.0):.0f} px apart."
    )
