"""One region, several objects: distance from the edge, hilltops as markers, and a watershed between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from explainer.core.context import Context
from explainer.core.controls import Doc, OnPicture, Options, Range, When
from explainer.core.demo import Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.geometry import Stroke
from explainer.core.result import Result
from explainer.demos.segmentation import _split_view as view

if TYPE_CHECKING:
    from explainer.vision.segmentation.instances import Landscape

DEPTHS = np.round(np.arange(0.25, 12.01, 0.25), 2)
GROUNDS = ("brighter", "darker")


@dataclass(frozen=True, slots=True)
class Params:
    """What is foreground, and when a notch divides it."""

    foreground: Annotated[
        Literal["auto", "brighter", "darker", "painted"],
        Options({
            "auto": "What touches the edge less", "brighter": "Brighter than the threshold",
            "darker": "Darker than the threshold", "painted": "What I paint",
        }),
        Doc("Foreground", "What is to be divided. The threshold is Otsu's."),
    ] = "auto"  # fmt: skip
    light: Annotated[
        int,
        Range(0, 40, 1, unit="%"),
        Doc(
            "Even out light", "Subtracts a blur so wide, in shares of the picture, first; 0 leaves the light as it is."
        ),
        When("foreground", ("auto", *GROUNDS)),
    ] = 12
    grow: Annotated[
        int,
        Range(-10, 20, 1, unit="px"),
        Doc("Grow the region", "Until objects touch: then counting connected parts no longer counts objects."),
    ] = 0
    strokes: Annotated[
        tuple[Stroke, ...],
        OnPicture("input"),
        Doc("Paint", "Draw blobs that touch; they are added to the foreground. Right button takes one back."),
    ] = ()
    h: Annotated[
        float,
        Range(0.25, 12.0, 0.25, unit="px"),
        Doc("Depth of a notch", "A hill counts if one must go down so far on the way to a higher one."),
    ] = 1.0
    smoothing: Annotated[
        float, Range(0.0, 6.0, 0.25, unit="px"), Doc("Smooth the distance", "Wipes out hills that ragged edges make.")
    ] = 1.0
    smallest: Annotated[
        int, Range(0, 400, 5, unit="px"), Doc("Drop below", "Regions with fewer pixels are left out.")
    ] = 40
    fill: Annotated[bool, Doc("Fill holes", "A hole makes an edge, and an edge makes hills around it.")] = True


class SplitTouchingObjects(Demo[Params]):
    """Threshold, distance transform, h-maxima, watershed."""

    info = DemoInfo(
        id="split-touching-objects",
        title="Split touching objects",
        topics=(21, 20),
        summary="One region into several objects by distance transform and watershed.",
        papers=("vincent1991", "otsu1979"),
        uses_model=False,
    )

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Divide the foreground; a change of the notch alone floods anew and measures nothing."""
        from explainer.vision.segmentation.instances import divided

        with ctx.stage("prepare"):
            mask = ctx.memo(("foreground", *_ground(params)), lambda: _foreground(frame, params))
        with ctx.stage("explain"):
            land = _landscape(mask, params, ctx)
            found = divided(land, params.h, ctx.checkpoint)
        counts = np.array([land.hills.count(float(h)) for h in DEPTHS], float)
        return view.result(view.Seen(frame, params, land, found, DEPTHS, counts))


def _ground(params: Params) -> tuple[object, ...]:
    return (params.foreground, params.light, params.grow, params.strokes, params.smallest, params.fill)


def _landscape(mask: NDArray[np.bool_], params: Params, ctx: Context) -> Landscape:
    from explainer.vision.segmentation.instances import landscape

    key = ("landscape", *_ground(params), params.smoothing)
    return ctx.memo(key, lambda: landscape(mask, params.smoothing, ctx.checkpoint))


def _foreground(frame: Frame, params: Params) -> NDArray[np.bool_]:
    """Foreground ``(h, w) bool`` of a copy of the frame."""
    from explainer.vision.segmentation import instances, painting, thresholds

    copy = painting.small(frame.pixels, view.LONGEST)
    height, width = copy.shape[:2]
    mask = np.zeros((height, width), bool)
    if params.foreground != "painted":
        levels = thresholds.grey(copy)
        if params.light:
            levels = thresholds.evened(levels, round(params.light / 100 * max(height, width)))
        mask = _chosen(levels > thresholds.otsu(levels).threshold, params.foreground)
        mask = instances.cleaned(mask, params.smallest, params.fill)
    mask = mask | painting.painted(params.strokes, height, width)
    return instances.cleaned(instances.grown(mask, params.grow), params.smallest, params.fill)


def _chosen(bright: NDArray[np.bool_], which: str) -> NDArray[np.bool_]:
    if which == "auto":
        rim = np.concatenate([bright[0], bright[-1], bright[:, 0], bright[:, -1]])
        which = "darker" if rim.mean() > 0.5 else "brighter"
    return bright if which == "brighter" else ~bright
