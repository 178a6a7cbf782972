"""The augmentation studio: a pipeline of cards, a sheet of samples, their labels, and what the network says of each."""

from dataclasses import dataclass, replace
from itertools import permutations
from typing import Annotated

from explainer.core.context import Context
from explainer.core.controls import Choice, Doc, OnPicture, Plays, Range, When
from explainer.core.demo import Cost, Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.geometry import BoxXYXY, PointXY, Stroke
from explainer.core.result import Result
from explainer.demos.data import _studio as studio
from explainer.demos.data import _studio_view as view
from explainer.demos.data._cards import Affine, AnyCard, Erase, FlipHorizontal, Jitter

MOST = 24  # cards that are applied; all of a longer pipeline at this value
FIRST = (FlipHorizontal(), Affine(), Jitter(), Erase())
OBJECT = BoxXYXY(0.22, 0.15, 0.78, 0.88)
EYE, OTHER_EYE, NOSE = PointXY(0.4, 0.4), PointXY(0.6, 0.4), PointXY(0.5, 0.6)


class Labels(Choice):
    """Labels."""

    BOX = "box", "Box"
    MASK = "mask", "Mask"
    POINTS = "points", "Points"


def _with(*some: Labels) -> tuple[tuple[Labels, ...], ...]:
    """Every choice of labels that has one of these in it."""
    return tuple(one for n in (1, 2, 3) for one in permutations(Labels, n) if set(one) & set(some))


POINTS = When("labels", _with(Labels.POINTS))


class Mask(Choice):
    """Mask."""

    CUT = "cut", "Cut out of the box"
    ELLIPSE = "ellipse", "Ellipse in the box"
    PAINT = "paint", "Painted by hand"


@dataclass(frozen=True, slots=True)
class Params:
    """A pipeline, its sheet, and the labels that move with it."""

    cards: Annotated[
        tuple[AnyCard, ...],
        Doc("Pipeline", "Cards act from the top down. Drag them, or move one with Alt and the arrow keys."),
    ] = FIRST
    applied: Annotated[
        int, Range(0, MOST), Doc("Cards applied", "From the top."), Plays(5.0, "Put one card after another to work")
    ] = MOST
    count: Annotated[int, Range(1, 64), Doc("Samples", "Each costs a pass through the network.")] = 15
    seed: Annotated[int, Range(0, 99), Doc("Seed", "Another draw of the same pipeline.")] = 0
    enlarged: Annotated[
        int, Range(0, 64), Doc("Enlarged", "This sample at full size; click one on the sheet. 0 shows none.")
    ] = 0
    labels: Annotated[tuple[Labels, ...], Doc("Labels", "What moves along on the copies.")] = ()
    mask: Annotated[
        Mask, When("labels", _with(Labels.BOX, Labels.MASK)),
        Doc("Mask", "Where the mask comes from before it is moved."),
    ] = Mask.ELLIPSE  # fmt: skip
    painted: Annotated[
        tuple[Stroke, ...],
        OnPicture("input"),
        When("mask", (Mask.PAINT,)),
        Doc("Brush", "Paint the object; the box is the one around what you painted."),
    ] = ()
    box: Annotated[
        BoxXYXY,
        OnPicture("input"), When("mask", (Mask.CUT, Mask.ELLIPSE)), Doc("Box", "Put it around the object."),
    ] = OBJECT  # fmt: skip
    first: Annotated[PointXY, OnPicture("input"), POINTS, Doc("Point 1", "An eye, say.")] = EYE
    second: Annotated[PointXY, OnPicture("input"), POINTS, Doc("Point 2", "The other eye.")] = OTHER_EYE
    third: Annotated[PointXY, OnPicture("input"), POINTS, Doc("Point 3", "The nose.")] = NOSE


class AugmentationStudio(Demo[Params]):
    """Torchvision's transforms on the frame, its labels moved along, and the network's answer to each sample."""

    info = DemoInfo(
        id="augmentation-studio", title="Augmentation studio", topics=(4, 34), sample="cat",
        summary="Build a pipeline from cards and see fifteen samples, their labels and what the network says.",
        papers=("shorten2019", "cubuk2020", "zhang2018", "yun2019", "zhong2020"),
        cost=Cost(forwards=16),
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Make the sheet, show it, ask the network, show it again."""
        playable = min(len(params.cards), MOST)
        steps = min(params.applied, playable)
        cards = params.cards[:steps] if params.applied < MOST else params.cards
        used, play = replace(params, cards=cards), view.play(steps, playable)
        with ctx.model() as net:
            scene = studio.scene(frame, used, ctx)
            drawn, shown = studio.drawn(scene, used, ctx), (params.labels, params.enlarged, play)
            if not studio.is_answered(drawn, ctx):
                ctx.publish(view.result(scene, *shown, drawn, None, None, partial=True))
            answers = studio.answered(scene, drawn, net, ctx)
            return view.result(scene, *shown, drawn, answers, studio.enlarged(scene, used, drawn, ctx))
