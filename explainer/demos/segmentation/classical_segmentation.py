"""Ways to cut an object out that have learnt nothing, side by side, each from the same few marks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from explainer.core.context import Context
from explainer.core.controls import Doc, OnPicture, Options, Range, When
from explainer.core.demo import Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.geometry import Stroke
from explainer.core.result import Result
from explainer.demos.segmentation import _classical as classical
from explainer.demos.segmentation import _classical_view as view
from explainer.demos.segmentation import _masks
from explainer.demos.segmentation import _shared as shared
from explainer.demos.segmentation._cuts import NAMES, Cut

Method = Literal["fixed", "otsu", "adaptive", "watershed", "grabcut", "slic", "graph", "person", "semantic", "instance"]
LABELS = Options(NAMES)


@dataclass(frozen=True, slots=True)
class Params:
    """Marks, the method that is looked into, and those beside it."""

    brush: Annotated[
        Literal["object", "background", "reference", "erased"],
        Options({
            "object": "Marks on the object", "background": "Marks on the background",
            "reference": "Reference, and score", "erased": "Erase from the reference",
        }),
        Doc("Paint", "Marks start the methods. With the reference chosen, every mask is scored against it."),
    ] = "object"  # fmt: skip
    inside: Annotated[
        tuple[Stroke, ...],
        OnPicture("input"),
        When("brush", ("object",)),
        Doc("Marks on the object", "Right button takes one back."),
    ] = shared.HEART
    outside: Annotated[
        tuple[Stroke, ...],
        OnPicture("input"),
        When("brush", ("background",)),
        Doc("Marks on the background", "At first along the picture's edge."),
    ] = shared.RIM
    reference: Annotated[
        tuple[Stroke, ...],
        OnPicture("input"),
        When("brush", ("reference",)),
        Doc("Reference", "At first a guess: take it back and paint all of the object."),
    ] = shared.BODY
    erased: Annotated[
        tuple[Stroke, ...],
        OnPicture("input"),
        When("brush", ("erased",)),
        Doc("Erase", "Takes away from the reference."),
    ] = ()
    method: Annotated[Method, LABELS, Doc("Method", "This one shows what it works with.")] = "watershed"
    beside: Annotated[
        tuple[Method, ...], LABELS, Doc("Beside it", "Up to three more, from the same marks; the first three count.")
    ] = ("otsu", "grabcut")
    level: Annotated[
        int, Range(0, 254, 1), Doc("Threshold", "Brighter than this, or not."), When("method", ("fixed",))
    ] = 110
    window: Annotated[
        int,
        Range(3, 101, 2, unit="px"),
        Doc("Neighbourhood", "Each pixel is compared with the mean over this window."),
        When("method", ("adaptive",)),
    ] = 51
    margin: Annotated[
        float,
        Range(0, 40, 1),
        Doc("Margin", "Grey levels by which a pixel must differ from that mean; at 0 noise decides on flat ground."),
        When("method", ("adaptive",)),
    ] = 8.0
    blur: Annotated[
        float,
        Range(0.0, 6.0, 0.25, unit="px"),
        Doc("Blur before", "Fewer ridges, and less exact ones."),
        When("method", ("watershed", "graph")),
    ] = 1.0
    water: Annotated[
        int,
        Range(0, 255, 1),
        Doc("Water level", "Watch the lakes rise from the marks."),
        When("method", ("watershed",)),
    ] = 255
    rounds: Annotated[
        int, Range(1, 8, 1), Doc("Rounds", "Colour models and cut in turn."), When("method", ("grabcut",))
    ] = 3
    superpixels: Annotated[
        int, Range(20, 800, 10, log=True), Doc("Superpixels", "About so many."), When("method", ("slic",))
    ] = 200
    compactness: Annotated[
        float,
        Range(1, 80, 1, log=True),
        Doc("Compactness", "High: squares. Low: they follow colours."),
        When("method", ("slic",)),
    ] = 15.0
    scale: Annotated[
        float,
        Range(10, 3000, 10, log=True),
        Doc("Scale k", "How much difference a region forgives while it is small."),
        When("method", ("graph",)),
    ] = 300.0


class ClassicalSegmentation(Demo[Params]):
    """Thresholds, watershed, GrabCut, superpixels and graphs from the same marks, beside one learnt mask."""

    info = DemoInfo(
        id="classical-segmentation",
        title="Classical segmentation",
        topics=(20,),
        summary="Thresholds, watershed, GrabCut, superpixels and graphs from the same few marks.",
        papers=("otsu1979", "vincent1991", "rother2004", "achanta2012", "felzenszwalb2004"),
        uses_model=False,
    )

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Cut with each method; what takes long shows its rounds."""
        with ctx.stage("prepare"):
            scene = classical.scene(frame, _masks.copy_of(frame, ctx), params)
        names = tuple(dict.fromkeys((params.method, *[m for m in params.beside if m != params.method][: view.BESIDE])))
        done: dict[str, Cut] = {}
        with ctx.stage("explain"):
            for name in sorted(names, key=classical.SLOW.index):
                for cut in classical.steps(name, scene, params, ctx):
                    done[name] = cut
                    ctx.checkpoint()
                    if not cut.final:
                        ctx.publish(view.result(scene, params, names, done, partial=True))
        return view.result(scene, params, names, done)
