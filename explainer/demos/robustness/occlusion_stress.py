"""Occlusion stress test: cover parts of the picture by hand, or all of it little by little, and watch the answer."""

from dataclasses import dataclass
from typing import Annotated, Any

from explainer.core.context import Context
from explainer.core.controls import AUTO, TOP_1, Auto, Choice, ClassIndex, Doc, OnPicture, Plays, Range, When
from explainer.core.demo import Cost, Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.geometry import BoxXYXY, PointXY, Stroke
from explainer.core.result import Result
from explainer.demos.robustness import _occluding as occluding
from explainer.demos.robustness import _occluding_view as view

FIRST_BOX = (BoxXYXY(0.38, 0.3, 0.62, 0.7),)
CORNER = PointXY(0.15, 0.15)


class Shape(Choice):
    """Cover with."""

    OBJECT = "object", "A box on the object"
    BOXES = "boxes", "Boxes"
    BRUSH = "brush", "Brush"


class Fill(Choice):
    """Seen instead."""

    GREY = "grey", "Mid-grey"
    BLACK = "black", "Black"
    MEAN = "mean", "Mean colour of the picture"
    NOISE = "noise", "Random colours"
    BLUR = "blur", "The picture, blurred"
    TEXTURE = "texture", "A patch of the picture, repeated"
    OBJECT = "object", "Another object: a cup"


class Measure(Choice):
    """Measure."""

    CURVES = "curves", "Coverage curves"
    MAP = "map", "Map: where covering hurts"


@dataclass(frozen=True, slots=True)
class Params:
    """What hides the picture, and what is measured."""

    shape: Annotated[Shape, Doc("Cover with", "Boxes are drawn, moved and pulled; the brush paints.")] = Shape.OBJECT
    object_box: Annotated[
        BoxXYXY | Auto, OnPicture("input"), When("shape", (Shape.OBJECT,)),
        Doc("Object", "What is covered from its middle outwards; it lies on the best object until it is moved."),
    ] = AUTO  # fmt: skip
    covered: Annotated[
        int, Doc("Covered", "Share of the object's box that is hidden."), Range(0, 100, step=5, unit="%"),
        Plays(6.0, "Cover the object little by little"), When("shape", (Shape.OBJECT,)),
    ] = 50  # fmt: skip
    boxes: Annotated[
        tuple[BoxXYXY, ...], OnPicture("input"), When("shape", (Shape.BOXES,)),
        Doc("Occluders", "Drag one over what you think the answer rests on."),
    ] = FIRST_BOX  # fmt: skip
    strokes: Annotated[
        tuple[Stroke, ...], OnPicture("input"), When("shape", (Shape.BRUSH,)),
        Doc("Painted", "[ and ] change the brush; the right button takes a stroke back."),
    ] = ()  # fmt: skip
    fill: Annotated[Fill, Doc("Seen instead", "All hide the same pixels, and yet the score differs.")] = Fill.GREY
    spot: Annotated[
        PointXY, OnPicture("input"), Doc("Patch from", "Where the repeated patch is cut."),
        When("fill", (Fill.TEXTURE,)),
    ] = CORNER  # fmt: skip
    target: Annotated[ClassIndex, Doc("Class", "Whose score is watched.")] = TOP_1
    measure: Annotated[
        tuple[Measure, ...], Doc("Measure", "For a camera switch both off: then each picture costs one pass.")
    ] = (Measure.CURVES, Measure.MAP)
    window: Annotated[
        int, Range(32, 96, step=8, unit="px"),
        Doc("Window", "It moves by half of its side. Small ones find details, large ones whole objects."),
    ] = 56  # fmt: skip
    second: Annotated[bool, Doc("A second network", "The same test for a network that was trained separately.")] = False


class OcclusionStress(Demo[Params]):
    """Occluders by hand, coverage curves in four orders, and an occlusion map; for one network or two."""

    info = DemoInfo(
        id="occlusion-stress", title="Occlusion stress test", topics=(15,), sample="dog",
        summary="Cover the picture by hand or little by little, and see when the answer goes.",
        papers=("zeiler2014", "petsiuk2018", "selvaraju2017"),
        cost=Cost(forwards=119, tail=True),
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Show the covered picture at once; curves and map grow."""
        from explainer.vision import seating

        params, seats = seating.seated(params, frame, ctx, object_box=seating.thing)
        with ctx.model() as net:
            scene = occluding.Scene(frame, params, ctx, seats)
            first = occluding.asked(scene, net)
            stand = view.Stand(scene, [first])
            if params.measure or params.second:
                ctx.publish(stand.result(partial=True))
            self._measured(scene, net, stand)
            if params.second:
                self._beside(scene, stand, ctx)
            return stand.result()

    def _beside(self, scene: Any, stand: Any, ctx: Context) -> None:
        name = occluding.other_than(ctx.card.name)
        with ctx.model(name) as twin:
            stand.add(occluding.asked(scene, twin, like=stand.tests[0]))
            self._measured(scene, twin, stand)

    def _measured(self, scene: Any, net: Any, stand: Any) -> None:
        """Add curves and map to the newest network's test, showing each step."""
        ctx, params = scene.ctx, scene.params

        def show(test: Any) -> None:
            stand.replace_last(test)
            ctx.publish(stand.result(partial=True))

        test = stand.tests[-1]
        if params.measure and params.shape == Shape.OBJECT and len(stand.tests) == 1:
            test = occluding.with_growing(scene, net, test)
        if "curves" in params.measure:
            test = occluding.with_curves(scene, net, test, show)
        if "map" in params.measure:
            test = occluding.with_map(scene, net, test, show)
        stand.replace_last(test)
