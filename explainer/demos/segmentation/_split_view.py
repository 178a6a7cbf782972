"""What splitting touching objects shows: the region, the distance with its hilltops, the objects, and their count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explainer.core.charts import Curve, Histogram, Series
from explainer.core.frame import Frame
from explainer.core.geometry import apply
from explainer.core.layers import Heat, Layer, Lines, Mask, Panel, Points
from explainer.core.result import Result
from explainer.demos.segmentation import _shared as shared

if TYPE_CHECKING:
    from explainer.demos.segmentation.split_touching_objects import Params
    from explainer.vision.segmentation.instances import Divided, Landscape

LONGEST = 384  # px of the copy that is worked on
COLOURS = 7  # of the palette that objects take in turn; neighbours may meet, so they are outlined
EDGE = 7


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """All that was found in one frame.

    Parameters
    ----------
    depths, counts
        Depths of a notch that were tried, and the number of hills that each leaves, ``(N,)``.
    """

    frame: Frame
    params: Params
    land: Landscape
    found: Divided
    depths: NDArray[np.float64]
    counts: NDArray[np.float64]


def result(at: Seen) -> Result:
    """Put panels, charts and words together."""
    areas = np.bincount(at.found.labels.ravel(), minlength=1)[1:].astype(float)
    values = _values(at, areas)
    charts = (_curve(at), _sizes(areas)) if at.found.count else (_curve(at),)
    panels = (_input(at), _region(at), _distance(at), _objects(at))
    return Result(_reading(at, values), values, panels, charts)


# Panels -------------------------------------------------------------------------------------------------


def _input(at: Seen) -> Panel:
    painted = len(at.params.strokes)
    return shared.panel(at.frame, "Input", (), f"{painted} strokes painted" if painted else "")


def _region(at: Seen) -> Panel:
    parts = "1 part" if at.land.parts == 1 else f"{at.land.parts} parts"
    layers = shared.region(at.frame, "foreground", at.land.mask, 4)
    return shared.panel(at.frame, "Foreground", layers, f"{parts} that are connected")


def _distance(at: Seen) -> Panel:
    heights = at.land.smoothed
    place = shared.to_frame(at.frame, heights.shape)
    top = float(heights.max()) or 1.0
    layers: list[Layer] = [Heat("distance", heights, 0.0, top, place, unit="px", over=False)]
    rows, columns = np.nonzero(at.found.markers)
    if len(rows):
        tops = apply(place, np.stack([columns, rows], 1).astype(np.float64) + 0.5)
        layers.append(Points("hilltops", tops, colours=(EDGE,) * len(tops), size_px=7.0))
    return shared.panel(at.frame, "Distance", tuple(layers), f"to the edge; {at.found.count} hilltops")


def _objects(at: Seen) -> Panel:
    from explainer.vision.segmentation.painting import borders

    labels = at.found.labels
    place = shared.to_frame(at.frame, labels.shape)
    layers: list[Layer] = [
        Mask(f"objects {k + 1}", (labels > 0) & ((labels - 1) % COLOURS == k), place, k)
        for k in range(min(COLOURS, at.found.count))
    ]
    edges = borders(labels) & (labels > 0)
    layers.append(Mask("borders", edges, place, EDGE))
    layers += [one for one in shared.region(at.frame, "foreground", at.land.mask, EDGE) if isinstance(one, Lines)]
    return shared.panel(at.frame, "Objects", tuple(layers), f"{at.found.count} objects")


# Charts and words ---------------------------------------------------------------------------------------


def _curve(at: Seen) -> Curve:
    line = Series("objects", at.depths, at.counts)
    top = max(float(at.counts.max()), 1.0)
    here = Series("now", np.array([at.params.h, at.params.h]), np.array([0.0, top]), "dotted", -2)
    parts = Series("parts", at.depths[[0, -1]], np.full(2, float(at.land.parts)), "dashed", 0)
    note = f"steady from {_plateau(at)[0]:g} to {_plateau(at)[1]:g} px"
    return Curve(
        "Objects by depth of a notch", (line, parts, here), "depth in px", "objects", (0.0, 1.08 * top), None, note
    )


def _plateau(at: Seen) -> tuple[float, float, int]:
    """Return the widest range of depths, in ratio, over which the count stays, and that count."""
    best, start = (float(at.depths[0]), float(at.depths[0]), int(at.counts[0])), 0
    for k in range(1, len(at.counts) + 1):
        if k == len(at.counts) or at.counts[k] != at.counts[start]:
            lo, hi = float(at.depths[start]), float(at.depths[k - 1])
            if hi / lo > best[1] / best[0]:
                best = (lo, hi, int(at.counts[start]))
            start = k
    return best


def _sizes(areas: NDArray[np.float64]) -> Histogram:
    counts, edges = np.histogram(np.sqrt(4 * areas / np.pi), bins=min(12, max(4, len(areas))))
    return Histogram("Sizes", edges.astype(float), counts.astype(float), "diameter of a disc as large, px")


def _values(at: Seen, areas: NDArray[np.float64]) -> dict[str, float]:
    lo, hi, count = _plateau(at)
    values = {
        "objects": float(at.found.count),
        "parts": float(at.land.parts),
        "foreground_percent": 100 * float(at.land.mask.mean()),
        "distance_highest_px": float(at.land.distance.max()),
        "objects_steady": float(count),
        "steady_from_px": lo,
        "steady_to_px": hi,
        "copy_width_px": float(at.land.mask.shape[1]),
    }
    if len(areas):
        values |= {"area_median_px": float(np.median(areas)), "area_smallest_px": float(areas.min())}
    return values


def _reading(at: Seen, values: dict[str, float]) -> str:
    if not at.land.mask.any():
        return "There is no foreground: 0 pixels. Paint some, or choose another side of the threshold."
    if at.land.mask.all():
        return "All 100 % of the picture is foreground, so there is no edge to measure a distance from."
    more = at.found.count - at.land.parts
    split = (
        f"the watershed adds {more} cuts" if more > 1 else "the watershed adds one cut" if more == 1
        else "no part has a notch deep enough to be cut" if more == 0
        else f"{-more} parts are too shallow for a hill of that depth and are left out"
    )  # fmt: skip
    return (
        f"{at.land.parts} connected {'part' if at.land.parts == 1 else 'parts'}, **{at.found.count} objects**: "
        f"{split}. "
        f"The count stays at {values['objects_steady']:.0f} for depths from {values['steady_from_px']:g} "
        f"to {values['steady_to_px']:g} px."
    )
