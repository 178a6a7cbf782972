"""A live detector that can be looked into: every cell's answer, before and after suppression."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import numpy as np

from explainer.core.context import Context
from explainer.core.controls import Choice, Doc, OnPicture, Range
from explainer.core.demo import Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.geometry import CENTRE, PointXY
from explainer.core.result import Result
from explainer.demos.detection import _detector_view as view
from explainer.demos.detection import _nanodet_view as shared

if TYPE_CHECKING:
    from explainer.vision.detection.gfl import Answers


class Names(Choice):
    """Names."""

    BEST = "best", "One for each cell"
    EVERY = "every", "All above the score"
    PLACE = "place", "One for each place"


class Shown(Choice):
    """Maps."""

    BEST = "best", "Best class"
    CLASS = "class", "The chosen class"
    CENTRENESS = "centreness", "Centre-ness, as in FCOS"


@dataclass(frozen=True, slots=True)
class Params:
    """Thresholds, the box that is asked about, and the map beside it."""

    score: Annotated[
        float, Range(0.05, 0.95, 0.01), Doc("Score threshold", "Lower it and see what else the network half believes.")
    ] = 0.35
    iou: Annotated[
        float,
        Range(0.0, 1.0, 0.01),
        Doc("NMS IoU threshold", "IoU above which a box is dropped in favour of a better one. At 1 none is dropped."),
    ] = 0.5
    names: Annotated[
        Names,
        Doc("Names", "A cell scores every class. Boxes drop others of their class only, or of any at their place."),
    ] = Names.BEST
    spot: Annotated[
        PointXY,
        OnPicture("input"),
        Doc("Ask here", "Click a box, or drag the ring; away from boxes it asks the best cell at that place."),
    ] = CENTRE
    shown: Annotated[
        Shown,
        Doc("Maps", "What is drawn for every cell of the three levels."),
    ] = Shown.BEST
    side: Annotated[
        int,
        Range(256, 640, 32, unit="px"),
        Doc("Input size", "Longer side. More cells find smaller things and take more time."),
    ] = 416


class ObjectDetector(Demo[Params]):
    """NanoDet on the frame; thresholds act on its kept answers."""

    info = DemoInfo(
        id="object-detector", title="Object detector", topics=(5,), sample="astronaut",
        summary="80 kinds of things, found live; click a box to see how one cell came to it.",
        papers=("li2020", "tian2019", "lincoco2014", "wang2020"),
        uses_model=False,
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Boxes from kept answers, and one cell's answer in full."""
        kept, x = shared.look(frame, ctx, round(params.side / 32) * 32)
        with ctx.stage("explain"):
            seen = _decide(frame, kept, params)
            return view.result(seen, x)

    def yardstick(self, frame: Frame, params: Params, device: str) -> Callable[[], object]:
        """NanoDet's forward pass alone."""
        from explainer.vision.detection import nanodet

        return nanodet.bare_pass(nanodet.load(device), frame.pixels, round(params.side / 32) * 32)


def _decide(frame: Frame, kept: Answers, params: Params) -> view.Seen:
    """Threshold, suppress, and choose the cell that is asked about."""
    from explainer.vision.detection import gfl, nms

    every = params.names == "every"
    rows, _ = gfl.above(kept, params.score, every=every)
    raw = gfl.boxes(kept, params.score, every=every)
    done = nms.greedy(raw.xyxy, raw.score, params.iou, classes=None if params.names == "place" else raw.class_id)
    final = raw[done]
    x, y = params.spot.x * frame.width, params.spot.y * frame.height
    hit = _box_at(final.xyxy.astype(np.float64), x, y)
    row = int(rows[done[hit]]) if hit >= 0 else _cell_at(kept, x, y)
    return view.Seen(frame, kept, params.score, params.iou, raw, rows, done, row, hit, params.shown)


def _box_at(boxes: np.ndarray, x: float, y: float) -> int:
    """Of the boxes that hold the point, the one whose middle is nearest for its size; −1 for none."""
    if not len(boxes):
        return -1
    size = np.maximum(boxes[:, 2:] - boxes[:, :2], 1e-9)
    off = np.abs((boxes[:, :2] + boxes[:, 2:]) / 2 - (x, y)) / size
    inside = (off <= 0.5).all(1)
    return int(np.where(inside, off.sum(1), np.inf).argmin()) if inside.any() else -1


def _cell_at(kept: Answers, x: float, y: float) -> int:
    """Of the cells of all levels that cover the point, the one with the best score."""
    from explainer.core.geometry import apply, invert

    place = apply(invert(kept.to_frame), np.array([[x, y]]))[0]
    off = np.abs(kept.centres - place).max(1) / kept.stride
    covering = off <= max(0.5, float(off.min())) + 1e-9
    return int(np.where(covering, kept.scores.max(1), -1.0).argmax())
