"""RoIPool against RoIAlign: a box is moved by fractions of a cell; one jumps, the other glides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from explainer.core.context import Context
from explainer.core.controls import LAST, Choice, Doc, LayerName, OnPicture, Range
from explainer.core.demo import Cost, Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.geometry import BoxXYXY, apply, invert
from explainer.core.memo import latest, prepared
from explainer.core.result import Result
from explainer.demos.detection import _roi_view as view

MIDDLE = BoxXYXY(0.33, 0.22, 0.7, 0.78)
SHIFTS = np.linspace(-1.0, 1.0, 161)  # in cells, of the curves


class Shown(Choice):
    """Feature map."""

    STRONGEST = "strongest", "The strongest in the box"
    MEAN = "mean", "Mean of all"


@dataclass(frozen=True, slots=True)
class Params:
    """Which map, which box, and how it is read."""

    layer: Annotated[LayerName, Doc("Layer", "Late layers have wide cells: rounding costs most there.")] = LAST
    box: Annotated[BoxXYXY, OnPicture("input"), Doc("Box", "Drag it over what you like.")] = MIDDLE
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
    shown: Annotated[
        Shown,
        Doc("Feature map", "The one that answers most inside the box, or the mean of all."),
    ] = Shown.STRONGEST


class RoiAlign(Demo[Params]):
    """Reads one box out of a feature map in two ways."""

    info = DemoInfo(
        id="roi-align",
        title="RoIPool against RoIAlign",
        topics=(24,),
        summary="Move a box by a hundredth of a cell: rounding jumps, bilinear reading glides.",
        papers=("he2017", "girshick2015"),
        cost=Cost(forwards=1),
    )

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Read the box and follow both outputs over shifts of up to a cell."""
        layer = ctx.card.layer(params.layer)
        with ctx.model() as net:
            ready = prepared(frame, net, ctx)
            with ctx.stage("model"):
                split = latest(ctx, "roi split", layer.name, lambda: net.split(ready.tensor, layer.name))
                maps = np.asarray(split.activation[0].detach().float().cpu().numpy(), np.float32)
        side = int(ready.tensor.shape[3])
        with ctx.stage("explain"):
            exact = in_input(params.box, frame, ready.to_frame, side)
            scale = maps.shape[2] / side
            features, number = chosen_map(maps, exact, scale, params.shown)
            about = view.Read(
                frame, ready.to_frame, ready.focus, layer.label.split(" · ")[0], features, number, exact, scale,
                (params.shift_x, params.shift_y), params.cells, params.samples, params.aligned,
            )  # fmt: skip
            x = np.ascontiguousarray(ready.tensor.cpu().numpy(), np.float32)
            return view.result(about, SHIFTS, x)


def in_input(box: BoxXYXY, frame: Frame, to_frame: Any, side: int) -> NDArray[np.float64]:
    """Turn a drawn box into input pixels, its corners in order and cut at the network's square."""
    corners = np.array([[box.x0, box.y0], [box.x1, box.y1]]) * [frame.width, frame.height]
    inside = np.clip(apply(invert(to_frame), corners), 0, side)
    return np.concatenate([inside.min(0), inside.max(0)])


def chosen_map(
    maps: NDArray[np.float32], box: NDArray[np.float64], scale: float, shown: str
) -> tuple[NDArray[np.float32], int]:
    """Return the map that is read and its number; −1 for the mean."""
    if shown == "mean":
        return np.asarray(maps.mean(0)), -1
    x0, y0, x1, y1 = box * scale
    rows = slice(int(y0), max(int(np.ceil(y1)), int(y0) + 1))
    columns = slice(int(x0), max(int(np.ceil(x1)), int(x0) + 1))
    part = maps[:, rows, columns]
    inside = part.mean((1, 2)) if part.size else maps.mean((1, 2))
    number = int(inside.argmax())
    return maps[number], number
