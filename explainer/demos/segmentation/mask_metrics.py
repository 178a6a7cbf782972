"""Paint what is right, and read how a mask scores: by area and along the boundary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from explainer.core.context import Context
from explainer.core.controls import Doc, OnPicture, Options, Range, When
from explainer.core.demo import Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.geometry import Stroke
from explainer.core.result import Result
from explainer.demos.segmentation import _masks
from explainer.demos.segmentation import _metrics_view as view
from explainer.demos.segmentation import _shared as shared

PAINTED = (shared.line(((0.5, 0.4), (0.5, 0.62)), 0.13),)


@dataclass(frozen=True, slots=True)
class Params:
    """The reference, the mask that is judged, and what is done to it."""

    reference: Annotated[
        Literal["painted", "erased", "person", "otsu"],
        Options({
            "painted": "Painted: paint", "erased": "Painted: erase",
            "person": "Person matte", "otsu": "Otsu's threshold",
        }),
        Doc("Reference", "What counts as right. Only what a person has checked deserves the name ground truth."),
    ] = "painted"  # fmt: skip
    strokes: Annotated[
        tuple[Stroke, ...],
        OnPicture("input"),
        When("reference", ("painted",)),
        Doc("Paint the reference", "Right button takes a stroke back."),
    ] = PAINTED
    erased: Annotated[
        tuple[Stroke, ...],
        OnPicture("input"),
        When("reference", ("erased",)),
        Doc("Erase", "Takes away from what was painted."),
    ] = ()
    found: Annotated[
        Literal["copy", "person", "otsu", "grabcut"],
        Options({
            "copy": "The reference itself", "person": "Person matte", "otsu": "Otsu's threshold",
            "grabcut": "GrabCut from the reference's box",
        }),
        Doc("Mask", "What is judged."),
    ] = "copy"  # fmt: skip
    shift_x: Annotated[
        float, Range(-30, 30, 0.5, unit="%"), Doc("Move right", "Of the width. What is large stays right for a while.")
    ] = 2.0
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
        id="mask-metrics",
        title="How masks are scored",
        topics=(7, 20),
        summary="Move, grow and shrink a mask and read IoU, Dice and boundary F.",
        papers=("csurka2013", "perazzi2016"),
        uses_model=False,
    )

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Judge the moved mask, and say how the scores change with size and place."""
        from explainer.vision.segmentation import scores
        from explainer.vision.segmentation.flood import relief
        from explainer.vision.segmentation.instances import grown
        from explainer.vision.segmentation.painting import moved

        copy = _masks.copy_of(frame, ctx)
        height, width = copy.shape[:2]
        with ctx.stage("model"):
            wanted = _reference(frame, copy, params, ctx)
            start = wanted if params.found == "copy" else _masks.mask(params.found, frame, copy, wanted, ctx)
        with ctx.stage("explain"):
            near = scores.tolerance(height, width, params.tolerance / 100)
            aside = (params.shift_x / 100 * width, params.shift_y / 100 * height)
            mask = grown(moved(start, *aside), params.grow * width / frame.width)
            by_size = ctx.memo(
                ("by size", params.reference, params.strokes, params.erased, params.found, aside, near),
                lambda: view.by_size(moved(start, *aside), wanted, near, ctx.checkpoint),
            )
            support = scores.on_edges(mask, ctx.memo(("slopes",), lambda: relief(copy, 1.0)))
        return view.result(view.Seen(frame, params, wanted, mask, near, by_size, support))


def _reference(frame: Frame, copy: NDArray[np.uint8], params: Params, ctx: Context) -> NDArray[np.bool_]:
    from explainer.vision.segmentation.painting import painted

    if params.reference in _masks.MAKERS:
        return _masks.mask(params.reference, frame, copy, np.zeros(copy.shape[:2], bool), ctx)
    height, width = copy.shape[:2]
    return painted(params.strokes, height, width) & ~painted(params.erased, height, width)
