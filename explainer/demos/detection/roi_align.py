"""RoIPool against RoIAlign: a box is moved by fractions of a cell; one jumps, the other glides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from explainer.core.context import Context
from explainer.core.controls import AUTO, LAST, Auto, Choice, Doc, LayerName, OnPicture, Range
from explainer.core.demo import Cost, Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.geometry import BoxXYXY, apply, invert
from explainer.core.memo import latest, prepared
from explainer.core.picture import box_in_pixels
from explainer.core.result import Result
from explainer.demos.detection import _roi_view as view

ROOM = 0.25  # of what the network sees, kept free round the box: rounding is to be seen on all sides
LEAST = 0.3  # of it: a side of the box


class Shown(Choice):
    """Feature map."""

    STRONGEST = "strongest", "The strongest in the box"
    MEAN = "mean", "Mean of all"


@dataclass(frozen=True, slots=True)
class Params:
    """Which map, which box, and how it is read."""

    layer: Annotated[LayerName | Auto, Doc("Layer", "Late layers have wide cells: rounding costs most there.")] = AUTO
    box: Annotated[BoxXYXY | Auto, OnPicture("input"), Doc("Box", "Drag it over what you like.")] = AUTO
    shift_x: Annotated[
        float, Range(-1.0, 1.0, 0.01, unit="cells"), Doc("Shift right", "Fractions of a cell of the map.")
    ] = 0.0
    shift_y: Annotated[
        float, Range(-1.0, 1.0, 0.01, unit="cells"), Doc("Shift down", "Fractions of a cell of the map.")
    ] = 0.0
    cells: Annotated[int, Range(1, 7), Doc("Parts a side", "The output is so many values wide and high.")] = 3
    samples: Annotated[int, Range(1, 4), Doc("Points a side", "At how many places RoIAlign reads each part.")] = 2
    aligned: Annotated[
        bool, Doc("Values in the middle of cells", "Off: half a cell too far right and down, as first programmed.")
    ] = True
    shown: Annotated[Shown, Doc("Feature map", "The one that answers most inside the box, or the mean of all.")] = (
        Shown.STRONGEST
    )


def _last(wanted: str, frame: Frame, ctx: Context) -> str:
    """Return `wanted`, or where it is ``auto`` the last layer: its cells are the widest, so rounding costs most."""
    del frame
    return ctx.card.layer(LAST).name if wanted == AUTO else wanted


def _within(wanted: BoxXYXY | str, frame: Frame, ctx: Context) -> BoxXYXY:
    """Return `wanted`, or where it is ``auto`` the best object, as far as it lies well inside the square that is seen.

    At the border of a map what is rounded outwards would be cut off, and nothing seen of it.
    """
    from explainer.vision.seating import box

    if isinstance(wanted, BoxXYXY):
        return wanted
    side = min(frame.width, frame.height)
    ends = []
    for length, *edges in ((frame.width, *box(AUTO, frame, ctx)[::2]), (frame.height, *box(AUTO, frame, ctx)[1::2])):
        free, share = (length - side) / 2 / length, side / length
        low, high = (min(max((edge - free) / share, ROOM), 1 - ROOM) for edge in edges)
        middle = min(max((low + high) / 2, ROOM + LEAST / 2), 1 - ROOM - LEAST / 2)
        half = max(high - low, LEAST) / 2
        ends.append((free + share * (middle - half), free + share * (middle + half)))
    (left, right), (top, bottom) = ends
    return BoxXYXY(left, top, right, bottom)


class RoiAlign(Demo[Params]):
    """Reads one box out of a feature map in two ways."""

    info = DemoInfo(
        id="roi-align", title="RoIPool against RoIAlign", topics=(24,), sample="dog", papers=("he2017", "girshick2015"),
        summary="Move a box by a hundredth of a cell: rounding jumps, bilinear reading glides.", cost=Cost(forwards=1),
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Read the box and follow both outputs over shifts of up to a cell."""
        from explainer.vision import seating
        from explainer.vision.attribution.views import to_pixels
        from explainer.vision.detection.roi import strongest

        how, seats = seating.seated(params, frame, ctx, layer=_last, box=_within)
        layer = ctx.card.layer(how.layer)
        with ctx.model() as net:
            ready = prepared(frame, net, ctx)
            with ctx.stage("model"):
                split = latest(ctx, "roi split", layer.name, lambda: net.split(ready.tensor, layer.name))
                maps = np.asarray(split.activation[0].detach().float().cpu().numpy(), np.float32)
        side = int(ready.tensor.shape[3])
        with ctx.stage("explain"):
            corners = apply(invert(ready.to_frame), box_in_pixels(frame, how.box).reshape(2, 2))
            exact, scale = np.clip(corners, 0, side).ravel(), maps.shape[2] / side
            number = -1 if params.shown == Shown.MEAN else strongest(maps, exact * scale)
            features = maps[number] if number >= 0 else np.asarray(maps.mean(0))
            name = layer.label.split(" · ")[0]
            seen = to_pixels(ready.tensor, ctx.card.mean, ctx.card.std)
            way = view.Way(params.shift_x, params.shift_y, params.cells, params.samples, params.aligned)
            about = view.Read(frame, ready.to_frame, ready.focus, seen, name, features, number, exact, scale, way)
            return view.shown(about).result(
                input=np.ascontiguousarray(ready.tensor.cpu().numpy(), np.float32), resolved=seats
            )
