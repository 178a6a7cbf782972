"""A two-stage detector, stage by stage: maps, proposals, RoIAlign, classes, refined boxes, masks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np

from explainer.core.context import Context
from explainer.core.controls import Choice, Doc, Plays, Range, When
from explainer.core.demo import Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.memo import latest
from explainer.core.picture import panel
from explainer.core.plays import Play
from explainer.core.problem import ExplainerError
from explainer.core.result import Result
from explainer.demos.detection import _stages_view as view

if TYPE_CHECKING:
    from explainer.vision.detection.composed_scenes import Scene
    from explainer.vision.detection.stages import Stages

SIDES = (0.15, 0.28)  # of a cut-out, as shares of the picture's shorter side
KNOWN, SURE = 3, 0.8  # so many objects, found so surely, are really there
PROPOSALS, OVERLAP = 50, 0.7  # how many are kept, and how far they may overlap


class Stage(Choice):
    """Stage."""

    MAPS = "maps", "Feature maps"
    OBJECTNESS = "objectness", "Objectness"
    PROPOSALS = "proposals", "Proposals"
    ROIALIGN = "roialign", "RoIAlign"
    CLASSES = "classes", "Classes and refined boxes"
    MASKS = "masks", "Masks"


class Net(Choice):
    """Detector."""

    SCENES = "scenes", "Small Mask R-CNN of this program"
    FASTERRCNN_MOBILENET_V3_LARGE_320_FPN = (
        "fasterrcnn_mobilenet_v3_large_320_fpn", "Faster R-CNN MobileNetV3, 320 px (COCO)",
    )  # fmt: skip
    FASTERRCNN_RESNET50_FPN = "fasterrcnn_resnet50_fpn", "Faster R-CNN ResNet50 (COCO)"
    FASTERRCNN_RESNET50_FPN_V2 = "fasterrcnn_resnet50_fpn_v2", "Faster R-CNN ResNet50 v2 (COCO)"
    MASKRCNN_RESNET50_FPN = "maskrcnn_resnet50_fpn", "Mask R-CNN ResNet50 (COCO)"
    MASKRCNN_RESNET50_FPN_V2 = "maskrcnn_resnet50_fpn_v2", "Mask R-CNN ResNet50 v2 (COCO)"
    KEYPOINTRCNN_RESNET50_FPN = "keypointrcnn_resnet50_fpn", "Keypoint R-CNN ResNet50 (COCO)"


OURS, MAPPED = When("net", (Net.SCENES,)), When("stage", (Stage.MAPS, Stage.OBJECTNESS))


@dataclass(frozen=True, slots=True)
class Params:
    """Network, scene, stage and thresholds."""

    stage: Annotated[
        Stage, Doc("Stage", "What the detector has at this point. A click on the chain of stages does the same."),
        Plays(9.0, "Go through the detector, from feature maps to masks"),
    ] = Stage.PROPOSALS  # fmt: skip
    level: Annotated[int, Range(1, 5), Doc("Level", "1 is the finest map."), MAPPED] = 2
    pick: Annotated[int, Range(1, 30), Doc("Object", "Whose way is followed; a click on a box does the same.")] = 1
    score: Annotated[
        float, Range(0.05, 0.95, 0.01), Doc("Score threshold", "Lower finds more, and more that is not there.")
    ] = 0.5
    iou: Annotated[
        float, Range(0.05, 0.95, 0.01), Doc("Objects may overlap by", "IoU from which the weaker of two is dropped.")
    ] = 0.5
    proposal_iou: Annotated[
        float, Range(0.05, 0.95, 0.01), Doc("Proposals may overlap by", "The same, before classes are known.")
    ] = OVERLAP
    most: Annotated[
        int, Range(5, 100), Doc("Proposals kept", "Each costs a pass through the heads; too few lose objects.")
    ] = PROPOSALS
    mask: Annotated[float, Range(0.05, 0.95, 0.01), Doc("Mask from probability", "Higher shrinks the masks.")] = 0.5
    items: Annotated[
        bool, Doc("Lay cut-outs where it knows none", "The small net knows digits, garments and coins only."), OURS
    ] = True
    count: Annotated[int, Range(1, 12), Doc("How many cut-outs"), When("items", (True,))] = 6
    # An easy arrangement, chosen of 14: on six photos all was found in it and nothing else; the lesson says so.
    scene: Annotated[int, Range(1, 50), Doc("Arrangement", "Lays other cut-outs."), When("items", (True,))] = 5
    net: Annotated[Net, Doc("Detector", "torchvision's COCO detectors are fetched with Ctrl+M.")] = Net.SCENES


class DetectorStages(Demo[Params]):
    """Runs the net once; thresholds act on what was kept."""

    info = DemoInfo(
        id="detector-stages", title="Detector, stage by stage", topics=(5, 24), sample="coins",
        summary="From feature maps through proposals to boxes and masks, with counts at every stage.",
        papers=("ren2015", "he2017", "lin2017", "girshick2014"), uses_model=False,
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Find objects and show one stage of how."""
        try:
            net, labels = _net(params.net, ctx)
        except ExplainerError as error:
            says = f"{error.problem.sentence} The small detector that came with the program (1 of them) works without."
            return Result(says, {"picture_px": float(frame.width * frame.height)}, (panel(frame, "Input"),))
        found = ctx.memo(("plain", params.net, ctx.device), lambda: _stages(net, frame.pixels, ctx))
        scene = None
        if params.net == Net.SCENES and params.items and not _shows_what_it_knows(found, ctx):
            scene = _scene(frame, params, ctx)
            key = (ctx.device, params.scene, params.count)
            found = latest(ctx, "laid", key, lambda: _stages(net, scene.pixels, ctx))
        with ctx.stage("explain"):
            rows = found.proposals(params.proposal_iou, params.most)
            found.heads(rows, ctx.checkpoint)
            objects = found.detections(rows, params.score, params.iou, view.MOST_OBJECTS)
            seen = view.Seen(frame, scene, found, rows, objects, labels, params.net == Net.SCENES)
            at = list(Stage).index(params.stage)
            play = Play("stage", 0, len(Stage) - 1, at, counted=f"stage {at + 1} of {len(Stage)}")
            look = view.Look(params.stage, params.level, params.pick, params.mask, params.score)
            return replace(view.result(seen, look), play=play)


def _net(name: str, ctx: Context) -> tuple[Any, tuple[str, ...]]:
    """Return the network and its labels by number, the background first."""
    if name == Net.SCENES:
        from explainer.vision.detection import composed_scenes, two_stage

        net = ctx.memo("two-stage net", lambda: two_stage.load().to(ctx.device), keep=True)
        return net, ("background", *composed_scenes.CLASSES)
    from explainer.vision.zoo import task_cards, task_models

    return task_models.load_detector(name, ctx.device), task_cards.offer(name).card.labels


def _stages(net: Any, pixels: Any, ctx: Context) -> Stages:
    """Run the network up to its candidates."""
    from explainer.vision.detection import stages

    with ctx.stage("model"):
        return stages.begin(net, pixels, ctx.device)


def _shows_what_it_knows(found: Stages, ctx: Context) -> bool:
    """Whether several objects are surely found on the plain picture, as on a photo of coins."""
    rows = found.proposals(OVERLAP, PROPOSALS)
    found.heads(rows, ctx.checkpoint)
    return len(found.detections(rows, SURE, 0.5, view.MOST_OBJECTS)) >= KNOWN


def _scene(frame: Frame, params: Params, ctx: Context) -> Scene:
    """Return real digits, garments and coins, which no shipped net was trained on, on a blurred copy of the picture."""
    from explainer.vision.detection import composed_scenes, cutouts

    def make() -> Scene:
        rng = np.random.default_rng([params.scene, params.count])
        items = [composed_scenes.crisp(item) for item in composed_scenes.varied(rng, 4 * params.count + 1)]
        ground = cutouts.faded(frame.pixels)
        return composed_scenes.drawn_scene(ground, items, rng, params.count, SIDES, visible=1.0)

    with ctx.stage("prepare"):
        return ctx.memo(("scene", params.scene, params.count), make)
