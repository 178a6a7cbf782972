"""What scoring masks shows: reference, mask, what is right and wrong, and how the scores move with size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explainer.core.charts import Bars, Curve, Series
from explainer.core.frame import Frame
from explainer.core.geometry import apply
from explainer.core.layers import Layer, Lines, Mask, Panel
from explainer.core.result import Result
from explainer.demos.segmentation import _shared as shared

if TYPE_CHECKING:
    from explainer.demos.segmentation.mask_metrics import Params
    from explainer.vision.segmentation.scores import Area, Boundary

SIZES = np.arange(-12, 13, 2, dtype=float)  # px of the copy by which the mask is grown for the curves
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Reference and mask on one copy of the frame.

    Parameters
    ----------
    near
        Tolerance in pixels of the copy.
    by_size
        IoU, Dice and boundary F for each of `SIZES`, ``(3, N)``; 0 where undefined.
    support
        Share of the mask's outline on the picture's edges; ``None`` where undefined.
    """

    frame: Frame
    params: Params
    wanted: Bools
    found: Bools
    near: float
    by_size: NDArray[np.float64]
    support: float | None


def by_size(mask: Bools, wanted: Bools, near: float, checkpoint: Callable[[], None]) -> NDArray[np.float64]:
    """Scores of the mask grown and shrunk."""
    from explainer.vision.segmentation.instances import grown
    from explainer.vision.segmentation.scores import area, boundary

    rows = []
    for by in SIZES:
        checkpoint()
        other = grown(mask, float(by))
        covered = area(other, wanted)
        rows.append([covered.iou or 0.0, covered.dice or 0.0, boundary(other, wanted, near).f or 0.0])
    return np.array(rows).T


def result(at: Seen) -> Result:
    """Put panels, charts and words together."""
    from explainer.vision.segmentation.scores import area, boundary

    covered, edge = area(at.found, at.wanted), boundary(at.found, at.wanted, at.near)
    return Result(
        _reading(at, covered, edge), _values(at, covered, edge), _panels(at), (_bars(covered, edge), _curve(at)),
    )  # fmt: skip


def _panels(at: Seen) -> tuple[Panel, ...]:
    reference = shared.region(at.frame, "reference", at.wanted, shared.REFERENCE)
    mask = shared.region(at.frame, "mask", at.found, shared.OBJECT)
    return (
        shared.panel(at.frame, "Input", reference, "green: the reference"),
        shared.panel(at.frame, "Mask", mask, "the mask that is judged"),
        shared.panel(
            at.frame, "By area", shared.compared(at.frame, at.found, at.wanted), "green right, red extra, blue missed"
        ),
        shared.panel(at.frame, "By boundary", _boundaries(at), "green within reach, red too far, blue missed"),
    )


def _boundaries(at: Seen) -> tuple[Layer, ...]:
    """The band that counts as near, and both boundaries in the colours of what they are."""
    from explainer.vision.segmentation.painting import contours
    from explainer.vision.segmentation.scores import distance_to, outline

    wanted, found = outline(at.wanted), outline(at.found)
    if not wanted.any() or not found.any():
        return ()
    place = shared.to_frame(at.frame, at.found.shape)
    to_wanted, to_found = distance_to(wanted), distance_to(found)
    runs = [
        (path, shared.HIT if right else shared.FALSE_ALARM)
        for one in contours(at.found) for path, right in _runs(one, to_wanted <= at.near + 1e-3)
    ] + [
        (path, shared.MISS)
        for one in contours(at.wanted) for path, right in _runs(one, to_found <= at.near + 1e-3) if not right
    ]  # fmt: skip
    lines = Lines("boundaries", tuple(apply(place, path) for path, _ in runs), tuple(c for _, c in runs), width_px=3.0)
    return (Mask("tolerance", to_wanted <= max(at.near, 0.5), place, 4), lines)


def _runs(path: NDArray[np.float64], right: Bools) -> list[tuple[NDArray[np.float64], bool]]:
    """Cut a closed outline where its pixels change between right and wrong."""
    around = _every_pixel(path)
    marks = right[around[:, 1].astype(int), around[:, 0].astype(int)]
    cuts = np.flatnonzero(marks[1:] != marks[:-1]) + 1
    starts, ends = np.r_[0, cuts], np.r_[cuts, len(marks)]
    return [(around[a : min(b + 1, len(around))], bool(marks[a])) for a, b in zip(starts, ends, strict=True)
            if min(b + 1, len(around)) - a > 1]  # fmt: skip


def _every_pixel(path: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fill in the pixels between the corners of a closed outline, whose pieces run straight or diagonally."""
    ends = np.roll(path, -1, axis=0)
    lengths = np.abs(ends - path).max(1).astype(int)
    pieces = [a + (b - a) * np.arange(n)[:, None] / n for a, b, n in zip(path, ends, lengths, strict=True) if n]
    return np.concatenate([*pieces, path[:1]])


def _bars(covered: Area, edge: Boundary) -> Bars:
    named = {
        "IoU": covered.iou, "Dice": covered.dice, "precision": covered.precision, "recall": covered.recall,
        "boundary F": edge.f, "accuracy": covered.accuracy,
    }  # fmt: skip
    known = {name: value for name, value in named.items() if value is not None}
    missing = [name for name in named if name not in known]
    note = f"undefined: {', '.join(missing)}" if missing else ""
    return Bars("Scores", tuple(known), tuple(known.values()), chosen=0, note=note)


def _curve(at: Seen) -> Curve:
    scale = at.frame.width / at.found.shape[1]
    grown = SIZES * scale
    iou, dice, f = at.by_size
    series = (
        Series("IoU", grown, iou, "solid", -1),
        Series("Dice", grown, dice, "dashed", 0),
        Series("boundary F", grown, f, "dotted", 1),
    )
    return Curve("If the mask were larger", series, "grown by px", "score", (0.0, 1.05))


def _values(at: Seen, covered: Area, edge: Boundary) -> dict[str, float]:
    named = {
        "iou": covered.iou, "dice": covered.dice, "precision": covered.precision, "recall": covered.recall,
        "boundary_f": edge.f, "boundary_precision": edge.precision, "boundary_recall": edge.recall,
    }  # fmt: skip
    scale = at.frame.width / at.found.shape[1]
    values = {name: float(value) for name, value in named.items() if value is not None}
    values |= {
        "accuracy": covered.accuracy,
        "reference_percent": 100 * float(at.wanted.mean()),
        "mask_percent": 100 * float(at.found.mean()),
        "tolerance_px": at.near * scale,
        "true_positives": float(covered.hits),
        "false_positives": float(covered.false_alarms),
        "false_negatives": float(covered.misses),
        "iou_highest": float(at.by_size[0].max()),
    }
    if at.support is not None:
        values["on_edges_percent"] = 100 * at.support
    if edge.hausdorff_95 is not None:
        values["hausdorff_95_px"] = edge.hausdorff_95 * scale
    return values


def _reading(at: Seen, covered: Area, edge: Boundary) -> str:
    if covered.iou is None:
        return "Neither mask has a pixel (0 of 0), so IoU and Dice are undefined. Paint a reference."
    if not at.wanted.any() or not at.found.any():
        which = "reference" if not at.wanted.any() else "mask"
        return (
            f"The {which} is empty, so nothing is shared: IoU is 0. Accuracy is still {covered.accuracy:.2f}, "
            "because most pixels are background in both."
        )
    first = (
        f"The mask shares **{100 * covered.iou:.0f} %** of the union with the reference (IoU), Dice {covered.dice:.2f}"
    )
    if edge.f is None:
        return f"{first}. One of them has no boundary inside the picture, so boundary F is undefined."
    support = (
        "" if at.support is None else f" {100 * at.support:.0f} % of the mask's outline lies on the picture's edges."
    )
    far = (edge.hausdorff_95 or 0.0) * at.frame.width / at.found.shape[1]
    return (
        f"{first}. Within {at.near * at.frame.width / at.found.shape[1]:.0f} px the boundaries agree with "
        f"**F {edge.f:.2f}**; 95 % of them lie less than {far:.0f} px apart.{support}"
    )
