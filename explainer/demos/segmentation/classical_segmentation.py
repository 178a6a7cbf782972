"""Ways to cut an object out that have learnt nothing, side by side, each from the same few marks."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from explainer.core.context import Context
from explainer.core.controls import Choice, Doc, OnPicture, Plays, Range, When
from explainer.core.demo import Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.geometry import Stroke
from explainer.core.result import Result
from explainer.demos.segmentation import _classical as classical
from explainer.demos.segmentation import _classical_view as view
from explainer.demos.segmentation import _masks
from explainer.demos.segmentation import _shared as shared
from explainer.demos.segmentation._cuts import Cut, Method, Scene, Tuning

USUAL = Tuning()
SHOWN = 960  # px of the copy in which the cut-outs are shown


class Brush(Choice):
    """What a stroke is."""

    OBJECT = "object", "Marks on the object"
    BACKGROUND = "background", "Marks on the background"
    REFERENCE = "reference", "Reference, and score"
    ERASED = "erased", "Erase from the reference"


@dataclass(frozen=True, slots=True)
class Params:
    """Marks, the method that is looked into, and those beside it."""

    brush: Annotated[
        Brush,
        Doc("Paint", "Marks start the methods. With the reference chosen, every mask is scored against it."),
    ] = Brush.OBJECT
    inside: Annotated[
        tuple[Stroke, ...], OnPicture("input"), When("brush", (Brush.OBJECT,)),
        Doc("Marks on the object", "At first on the best object. Right button takes one back."),
    ] = ()  # fmt: skip
    outside: Annotated[
        tuple[Stroke, ...], OnPicture("input"), When("brush", (Brush.BACKGROUND,)),
        Doc("Marks on the background", "At first all that lies outside its box."),
    ] = ()  # fmt: skip
    reference: Annotated[
        tuple[Stroke, ...], OnPicture("input"), When("brush", (Brush.REFERENCE,)),
        Doc("Reference", "At first a guess: take it back and paint all of the object."),
    ] = ()  # fmt: skip
    erased: Annotated[
        tuple[Stroke, ...], OnPicture("input"), When("brush", (Brush.ERASED,)),
        Doc("Erase", "Takes away from the reference."),
    ] = ()  # fmt: skip
    method: Annotated[Method, Doc("Method", "This one shows what it works with.")] = Method.GRABCUT
    beside: Annotated[
        tuple[Method, ...], Doc("Beside it", "Up to three more, from the same marks; the first three count.")
    ] = (Method.OTSU, Method.WATERSHED)
    level: Annotated[
        int, Range(0, 254, 1), Plays(6.0, "Raise the threshold"), Doc("Threshold", "Brighter than this, or not."),
        When("method", (Method.FIXED,)),
    ] = USUAL.level  # fmt: skip
    window: Annotated[
        int, Range(3, 101, 2, unit="px"), When("method", (Method.ADAPTIVE,)),
        Doc("Neighbourhood", "Each pixel is compared with the mean over this window."),
    ] = USUAL.window  # fmt: skip
    margin: Annotated[
        float, Range(0, 40, 1), When("method", (Method.ADAPTIVE,)),
        Doc("Margin", "Grey levels by which a pixel must differ from that mean; at 0 noise decides on flat ground."),
    ] = USUAL.margin  # fmt: skip
    blur: Annotated[
        float, Range(0.0, 6.0, 0.25, unit="px"), When("method", (Method.WATERSHED, Method.GRAPH)),
        Doc("Blur before", "Fewer ridges, and less exact ones."),
    ] = USUAL.blur  # fmt: skip
    water: Annotated[
        int, Range(0, 255, 1), Plays(7.0, "Let the water rise"), When("method", (Method.WATERSHED,)),
        Doc("Water level", "Watch the lakes rise from the marks."),
    ] = USUAL.water  # fmt: skip
    rounds: Annotated[
        int, Range(1, classical.MOST_ROUNDS, 1), Plays(5.0, "Cut and fit in turn"),
        Doc("Rounds", "Colour models and cut in turn."), When("method", (Method.GRABCUT,)),
    ] = USUAL.rounds  # fmt: skip
    superpixels: Annotated[
        int, Range(20, 800, 10, log=True), Doc("Superpixels", "About so many."), When("method", (Method.SLIC,))
    ] = USUAL.superpixels
    compactness: Annotated[
        float, Range(1, 80, 1, log=True), When("method", (Method.SLIC,)),
        Doc("Compactness", "High: squares. Low: they follow colours."),
    ] = USUAL.compactness  # fmt: skip
    moves: Annotated[
        int, Range(1, USUAL.moves, 1), Plays(5.0, "Move the centres"), When("method", (Method.SLIC,)),
        Doc("Moves", "Each pixel goes to the nearest centre, then each centre to the middle of its pixels."),
    ] = USUAL.moves  # fmt: skip
    scale: Annotated[
        float, Range(10, 3000, 10, log=True), When("method", (Method.GRAPH,)),
        Doc("Scale k", "How much difference a region forgives while it is small."),
    ] = USUAL.scale  # fmt: skip


class ClassicalSegmentation(Demo[Params]):
    """Thresholds, watershed, GrabCut, superpixels and graphs from the same marks, beside one learnt mask."""

    info = DemoInfo(
        id="classical-segmentation", title="Classical segmentation", topics=(20,), sample="temple",
        summary="Thresholds, watershed, GrabCut, superpixels and graphs from the same few marks.",
        papers=("otsu1979", "vincent1991", "rother2004", "achanta2012", "felzenszwalb2004"),
        uses_model=False,
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Cut with each method, and where a person fills the picture with what has learnt people; rounds are shown."""
        from explainer.vision import suiting

        with ctx.stage("prepare"):
            scene = _scene(frame, _masks.copy_of(frame, ctx), params, ctx)
        own = params.method
        marked, painted = float(scene.outside.mean()), bool(params.inside or params.outside)
        grows = not painted and own in (Method.GRABCUT, Method.WATERSHED)
        fills = grows and suiting.portrait(marked, frame, ctx)
        others = [*([Method.PERSON] if fills else []), *(method for method in params.beside if method != own)]
        names = tuple(dict.fromkeys((own, *others)))[: view.BESIDE + 1]
        tuning = Tuning(**{name: getattr(params, name) for name in Tuning.__slots__})
        show = partial(view.result, scene, own, tuning, names)
        done: dict[Method, Cut] = {}
        with ctx.stage("explain"):
            for name in sorted(names, key=classical.SLOW.index):
                asked = tuning if name == own else USUAL  # another method's controls are not shown
                for cut in classical.steps(name, scene, asked, (params.inside, params.outside), ctx):
                    done[name] = cut
                    ctx.checkpoint()
                    if not cut.final:
                        ctx.publish(show(done, partial=True))
        ready = show(done)
        # Who paints marks knows why, and a learnt mask says what is missing; the others would learn nothing.
        agreed = ready.values.get("agreement", 1.0)
        unfit = suiting.without_background(marked, agreed) if grows and not fills else None
        return replace(ready, unsuitable=unfit)


def _scene(frame: Frame, copy: NDArray[np.uint8], params: Params, ctx: Context) -> Scene:
    """Bring frame and paint together; where nothing is painted, the best object's box gives the marks.

    Where both kinds of marks lie, the object's win. No reference unless asked.
    """
    from explainer.vision import seating
    from explainer.vision.segmentation.painting import painted
    from explainer.vision.segmentation.thresholds import grey

    (height, width), box = copy.shape[:2], seating.subject(frame, ctx)
    inside = painted(params.inside or shared.upright(box, frame, 0.4, 0.12), height, width)
    outside = painted(params.outside, height, width) if params.outside else shared.outside_of(box, height, width)
    wanted = painted(params.reference or shared.upright(box, frame, 0.9, 0.7), height, width)
    wanted &= ~painted(params.erased, height, width) & (params.brush in (Brush.REFERENCE, Brush.ERASED))
    return Scene(frame, copy, grey(copy), inside, outside & ~inside, wanted, _masks.copy_of(frame, ctx, SHOWN))
