"""Anchors of six detectors on the picture: where they lie, which of them learn, and what offsets do to one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import numpy as np
from numpy.typing import NDArray

from explainer.core.context import Context
from explainer.core.controls import AUTO, Auto, Choice, Doc, OnPicture, Range, When
from explainer.core.demo import Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.geometry import BoxXYXY, PointXY
from explainer.core.memo import latest
from explainer.core.result import Result
from explainer.demos.detection import _anchor_view as view

if TYPE_CHECKING:
    from explainer.vision.detection.anchors import Layout, Setting
    from explainer.vision.detection.matching import Matching

HEIGHT_OVER_WIDTH = {"1:3": 3.0, "1:2": 2.0, "1:1": 1.0, "2:1": 0.5, "3:1": 1 / 3}
OWN_RULE, OWN_SHAPES, DECODE = When("rule", ("own",)), When("shapes", ("own",)), When("code", ("decode",))
LARGEST_SHARE = 0.95  # of SSD's own scales


class Family(Choice):
    """Detector."""

    FASTER_RCNN = "faster-rcnn", "Faster R-CNN with pyramid"
    FASTER_RCNN_2015 = "faster-rcnn-2015", "Faster R-CNN of 2015: one map"
    RETINANET = "retinanet", "RetinaNet"
    SSD300 = "ssd300", "SSD300"
    SSDLITE320 = "ssdlite320", "SSDLite320"
    FCOS = "fcos", "FCOS: no anchors"
    SCENES = "scenes", "The small net of this program"


class Rule(Choice):
    """Thresholds."""

    PUBLISHED = "published", "As published"
    OWN = "own", "My own"


class Ratio(Choice):
    """Width to height."""

    RATIO_1_3 = "1:3", "1:3"
    RATIO_1_2 = "1:2", "1:2"
    RATIO_1_1 = "1:1", "1:1"
    RATIO_2_1 = "2:1", "2:1"
    RATIO_3_1 = "3:1", "3:1"


class Code(Choice):
    """Offsets."""

    ENCODE = "encode", "From anchor to true box"
    DECODE = "decode", "My own, from anchor to box"


@dataclass(frozen=True, slots=True)
class Params:
    """What is laid out, what is to be found, and which anchor is looked at."""

    family: Annotated[
        Family, Doc("Detector", "Each has its own boxes, its own input size and its own rules for matching.")
    ] = Family.FASTER_RCNN
    box: Annotated[
        BoxXYXY | Auto, OnPicture("input"), Doc("True box", "What a person would have marked: move it over any object.")
    ] = AUTO
    boxes: Annotated[tuple[BoxXYXY, ...], OnPicture("input"), Doc("More true boxes", "Draw more of them.")] = ()
    spot: Annotated[PointXY | Auto, OnPicture("input"), Doc("Cell", "The ring picks one cell of the level.")] = AUTO
    level: Annotated[
        int,
        Range(0, 6),
        Doc("Level", "1 is the finest map; each next one has half the cells a side. 0 takes the best fit."),
    ] = 0
    anchor: Annotated[
        int, Range(0, 15), Doc("Anchor of the cell", "Whose offsets are shown; 0 takes the best fit.")
    ] = 0
    rule: Annotated[Rule, Doc("Thresholds", "Those the detector was trained with, or your own.")] = Rule.PUBLISHED
    high: Annotated[float, Range(0.05, 0.95, 0.01), Doc("Positive from IoU"), OWN_RULE] = 0.75
    low: Annotated[float, Range(0.0, 0.95, 0.01), Doc("Negative below IoU"), OWN_RULE] = 0.3
    force: Annotated[
        bool, Doc("Every box keeps its best anchor", "Without it a box that fits no anchor teaches nothing."), OWN_RULE
    ] = True
    shapes: Annotated[Rule, Doc("Anchors", "Those of the detector, or your own on its maps.")] = Rule.PUBLISHED
    size: Annotated[
        int, Range(4, 256, unit="px", log=True), Doc("Side on the finest level", "Each level doubles it."), OWN_SHAPES
    ] = 24
    octaves: Annotated[int, Range(1, 4), Doc("Sizes for each level"), OWN_SHAPES] = 1
    ratios: Annotated[tuple[Ratio, ...], Doc("Width to height", "Thin objects need thin anchors."), OWN_SHAPES] = (
        Ratio.RATIO_1_2,
        Ratio.RATIO_1_1,
        Ratio.RATIO_2_1,
    )
    stride: Annotated[
        int, Range(4, 64, 4, unit="px"), Doc("Cells of the finest level", "Wider cells: fewer anchors."), OWN_SHAPES
    ] = 8
    code: Annotated[Code, Doc("Offsets", "From the true box, or your own, which move the anchor.")] = Code.ENCODE
    dx: Annotated[float, Range(-1.5, 1.5, 0.01), Doc("dx", "Shift in widths of the anchor."), DECODE] = 0.2
    dy: Annotated[float, Range(-1.5, 1.5, 0.01), Doc("dy", "Shift in heights of the anchor."), DECODE] = 0.0
    dw: Annotated[float, Range(-2.0, 2.0, 0.01), Doc("dw", "Logarithm of the growth in width."), DECODE] = 0.4
    dh: Annotated[float, Range(-2.0, 2.0, 0.01), Doc("dh", "Logarithm of the growth in height."), DECODE] = 0.0


class AnchorExplorer(Demo[Params]):
    """Lays out, matches and counts; no network is run."""

    info = DemoInfo(
        id="anchor-explorer", title="Anchor explorer", topics=(23,), sample="cameraman",
        summary="Draw a box and see which of 217,413 anchors would learn to find it.",
        papers=("ren2015", "liu2016", "linfocal2017", "tian2019"),
        uses_model=False,
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Count positives, ignored and negatives, and look at one anchor."""
        from explainer.vision import seating
        from explainer.vision.detection import anchors

        how, seats = seating.seated(params, frame, ctx, box=seating.thing)
        setting = chosen_setting(params)
        with ctx.stage("prepare"):
            found = ctx.memo(("layout", setting), lambda: anchors.layout(setting, frame.width, frame.height))
        truth = in_input((how.box, *how.boxes), found)
        with ctx.stage("explain"):
            matched = _matched(found, truth, setting, ctx)
        cell, anchor = looked_at(params, found, matched)
        about = view.Explored(
            frame, setting, found, truth, matched, cell, anchor,
            (params.dx, params.dy, params.dw, params.dh) if params.code == "decode" else None,
        )  # fmt: skip
        if isinstance(params.spot, str):
            seats = {**seats, "spot": _middle(cell, found)}
        return replace(view.result(about), resolved=seats)


def chosen_setting(params: Params) -> Setting:
    """Published setting with what the user has changed."""
    from explainer.vision.detection.anchors import SETTINGS

    setting = SETTINGS[params.family]
    if params.shapes == "own":
        setting = _own_ssd(params, setting) if setting.is_ssd else _own_grid(params, setting)
    if params.rule == "published":
        return setting
    rule = setting.rule if params.force or setting.rule == "centre" else "none"
    return replace(setting, high=params.high, low=min(params.low, params.high), rule=rule)


def _own_grid(params: Params, setting: Setting) -> Setting:
    levels = range(len(setting.ratios))
    places = setting.rule == "centre"  # without anchors a level has one size, which says what it is responsible for
    octaves = 1 if places else params.octaves
    ratios = (1.0,) if places else tuple(HEIGHT_OVER_WIDTH[one] for one in params.ratios) or (1.0,)
    sizes = tuple(tuple(params.size * 2 ** (k + n / octaves) for n in range(octaves)) for k in levels)
    strides = tuple(params.stride * 2**k for k in levels)
    return replace(setting, sizes=sizes, ratios=(ratios,) * len(levels), strides=strides)


def _own_ssd(params: Params, setting: Setting) -> Setting:
    count = len(setting.ratios)
    first = min(params.size / setting.short_px, LARGEST_SHARE)
    scales = np.append(np.linspace(first, LARGEST_SHARE, count), 1.0)
    wide = {"1:3": 3.0, "3:1": 3.0, "1:2": 2.0, "2:1": 2.0}
    ratios = tuple(sorted({wide[one] for one in params.ratios if one in wide}))
    sides = tuple((float(one),) for one in scales)
    grids = tuple(max(1, -(-setting.short_px // (params.stride * 2**k))) for k in range(count))
    return replace(setting, sizes=sides, ratios=(ratios,) * count, grids=grids, strides=())


def in_input(boxes: tuple[BoxXYXY, ...], found: Layout) -> NDArray[np.float32]:
    """Drawn boxes in input pixels, ``(M, 4)``, their corners in order; those without area are left out."""
    table = np.array([tuple(box) for box in boxes], np.float64).reshape(-1, 4)
    low, high = np.minimum(table[:, :2], table[:, 2:]), np.maximum(table[:, :2], table[:, 2:])
    scaled = np.clip(np.concatenate([low, high], 1), 0, 1) * np.array(found.resized * 2)
    return np.asarray(scaled[((scaled[:, 2:] - scaled[:, :2]) >= 0.5).all(1)], np.float32)


def looked_at(params: Params, found: Layout, matched: Matching) -> tuple[tuple[int, int, int], int]:
    """Cell (level from 0, row, column) and its anchor, from 1: the user's, and the best fit in what is left open."""
    row = int(matched.best.argmax())
    number = min(params.level, len(found.levels)) - 1
    if number < 0:
        number = int(np.searchsorted(found.starts, row, "right")) - 1
    level, start = found.levels[number], found.starts[number]
    if isinstance(params.spot, PointXY):
        (w, h), (high, wide) = found.resized, level.stride
        row, column = int(params.spot.y * h / high), int(params.spot.x * w / wide)
        cell = number, min(row, level.grid[0] - 1), min(column, level.grid[1] - 1)
    else:
        best = int(matched.best[start : found.starts[number + 1]].argmax()) // level.per_cell
        cell = (number, *divmod(best, level.grid[1]))
    inside = level.at(*cell[1:])
    return cell, params.anchor or int(matched.best[start + inside.start : start + inside.stop].argmax()) + 1


def _middle(cell: tuple[int, int, int], found: Layout) -> PointXY:
    """Where the middle of a cell lies, as a share of the picture."""
    number, row, column = cell
    (high, wide), (w, h) = found.levels[number].stride, found.resized
    return PointXY(min(1.0, (column + 0.5) * wide / w), min(1.0, (row + 0.5) * high / h))


def _matched(found: Layout, truth: NDArray[np.float32], setting: Setting, ctx: Context) -> Matching:
    from explainer.vision.detection import matching

    if setting.rule == "centre":
        return matching.match_places(found, truth)
    key = (setting.sizes, setting.ratios, setting.strides, setting.title, truth.tobytes())
    overlaps = latest(ctx, "overlaps", key, lambda: matching.iou_table(truth, found.boxes))  # ready for the thresholds
    return matching.match(overlaps, setting.high, setting.low, setting.rule)
