"""Single-object trackers side by side: one drawn box, one target, and who knows when it is lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

from explainer.core.context import Context
from explainer.core.controls import AUTO, Auto, Choice, Doc, OnPicture, Range, Resets, When
from explainer.core.demo import Cost, Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.geometry import BoxXYXY
from explainer.core.picture import box_in_pixels
from explainer.core.problem import ExplainerError
from explainer.core.result import Result
from explainer.demos.tracking import _single_view as view
from explainer.demos.tracking._single_records import Memory, Moment

if TYPE_CHECKING:
    from explainer.vision.tracking.lineup import Settings
    from explainer.vision.tracking.siamese import Extract

LITE, AHEAD = "efficientnet-lite0", 24  # pictures of the way that is drawn before the target goes it


class Scene(Choice):
    """Motion."""

    MADE = "made", "Made from this picture, truth known"
    SOURCE = "source", "The source as it comes"


class Difficulty(Choice):
    """Difficulties."""

    SCALE = "scale", "Size"
    ROTATION = "rotation", "Rotation"
    BLUR = "blur", "Blur"
    OCCLUSION = "occlusion", "Occlusion"
    LIGHT = "light", "Light"
    CLUTTER = "clutter", "Clutter"
    TWIN = "twin", "Twin"
    SPEED = "speed", "Speed"
    LEAVES = "leaves", "Leaves the picture"


class Tracker(Choice):
    """Trackers."""

    MOSSE = "mosse", "MOSSE"
    KCF = "kcf", "KCF"
    CSRT = "csrt", "CSRT"
    MIL = "mil", "MIL"
    SIAMESE = "siamese", "Siamese"


class Net(Choice):
    """Siamese: network."""

    LITE0 = "lite0", "EfficientNet-Lite0"
    MOBILENETV2 = "mobilenetv2", "MobileNetV2"


class Depth(Choice):
    """Siamese: layer."""

    DEPTH_4 = "4", "early, 4 px cells"
    DEPTH_8 = "8", "8 px cells"
    DEPTH_16 = "16", "16 px cells"
    DEPTH_32 = "32", "deep, 32 px cells"


@dataclass(frozen=True, slots=True)
class Params:
    """Target, motion and trackers."""

    box: Annotated[BoxXYXY | Auto, OnPicture("input"), Resets(), Doc("Target", "Draw it round the target.")] = AUTO
    scene: Annotated[
        Scene, Resets(), Doc("Motion", "Made motion has a true box in every picture; a film has none.")
    ] = Scene.MADE
    difficulties: Annotated[
        tuple[Difficulty, ...],
        Resets(),
        When("scene", (Scene.MADE,)),
        Doc("Difficulties", "What the target has to go through."),
    ] = (Difficulty.OCCLUSION,)
    strength: Annotated[
        float,
        Range(0.0, 1.0, 0.05),
        Resets(),
        When("scene", (Scene.MADE,)),
        Doc("Strength", "The same for all difficulties."),
    ] = 0.4
    trackers: Annotated[
        tuple[Tracker, ...],
        Resets(),
        Doc("Trackers", "All see the same pictures. MIL is the slowest."),
    ] = (Tracker.MOSSE, Tracker.KCF, Tracker.CSRT, Tracker.SIAMESE)
    net: Annotated[Net, Resets(), Doc("Siamese: network", "Whose features are compared.")] = Net.LITE0
    depth: Annotated[
        Depth,
        Resets(),
        Doc("Siamese: layer", "Early layers say exactly where, deep ones say what."),
    ] = Depth.DEPTH_16
    window: Annotated[
        float, Range(1.5, 3.0, 0.25, unit="×"), Resets(), Doc("Siamese: window", "In exemplars; wider is slower.")
    ] = 2.0
    update_rate: Annotated[
        float, Range(0.0, 0.5, 0.01), Doc("Siamese: update rate", "0 keeps the first picture for ever, like SiamFC.")
    ] = 0.02
    lost_below: Annotated[
        float, Range(0.0, 1.0, 0.05), Doc("Siamese: lost below", "Cosine under which it says that it is lost.")
    ] = 0.5


class SingleObjectTrackers(Demo[Params]):
    """Up to five trackers on one target, held against the truth."""

    info = DemoInfo(
        id="single-object-trackers", title="Single-object tracking", topics=(6, 22), sample="drift",
        summary="A box: MOSSE, KCF, CSRT, MIL and deep features follow it, and the truth tells who knows it is lost.",
        papers=("bolme2010", "henriques2015", "lukezic2017", "babenko2011", "bertinetto2016", "wu2013"),
        cost=Cost(),
        temporal=True,
        uses_model=False,
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Show the picture to every tracker."""
        from explainer.vision import seating
        from explainer.vision.tracking import lineup

        how, seats = seating.seated(params, frame, ctx, box=seating.target)
        settings = _settings(params)
        with ctx.stage("prepare"):
            try:
                memory = _before(ctx.state, frame) or _first(frame, params, how.box)
            except ExplainerError as error:
                return replace(view.refused(frame, error), resolved=seats)
            now = _moment(memory, frame, params)
        with ctx.stage("explain"), _extract(params, ctx) as extract:
            line = memory.line
            if line is None:
                line = lineup.begin(params.trackers, now.pixels, memory.box, settings, extract, ctx.rng)
            ctx.checkpoint()
            line, reports = lineup.step(line, (frame.source_id, frame.index), now.pixels, settings, extract)
        state = view.remembered(memory, line, reports, now)
        return replace(view.result(frame, state, reports, now), resolved=seats)


# State and pictures -------------------------------------------------------------------------------------


def _before(state: Any, frame: Frame) -> Memory | None:
    """Return the memory to go on from; a picture of another size starts anew."""
    memory: Memory | None = state
    return memory if memory is not None and memory.frame_size == (frame.width, frame.height) else None


def _first(frame: Frame, params: Params, seat: BoxXYXY) -> Memory:
    """Reduce the first picture, put the box into it, and cut out the target if the motion is to be made."""
    from explainer.vision.tracking import lineup, motion

    drawn = tuple(box_in_pixels(frame, seat).tolist())
    factor = max(lineup.reduction(drawn), min(1.0, lineup.LEAST_PICTURE / min(frame.width, frame.height)))
    small = lineup.reduced(frame.pixels, factor)
    box = lineup.usable((*(v * factor for v in drawn),), (small.shape[1], small.shape[0]))
    made = motion.cast(small, box) if params.scene == "made" else None
    grown = max(box[2] - box[0] - factor * (drawn[2] - drawn[0]), box[3] - box[1] - factor * (drawn[3] - drawn[1]))
    return Memory((frame.width, frame.height), factor, made.box if made else box, made, grown=grown > 1)


def _moment(memory: Memory, frame: Frame, params: Params) -> Moment:
    """The picture that the trackers see, and the truth where it is made."""
    from explainer.vision.tracking import lineup, motion

    if memory.made is None:
        return Moment(lineup.reduced(frame.pixels, memory.factor))
    drawn = motion.picture(memory.made, memory.count, params.difficulties, params.strength)
    way = motion.way(memory.made, memory.count, AHEAD, params.difficulties, params.strength)
    return Moment(drawn.pixels, drawn.box, drawn.visible, way)


def _settings(params: Params) -> Settings:
    from explainer.vision.tracking import lineup, siamese

    return lineup.Settings(siamese=siamese.Settings(params.window, params.update_rate, params.lost_below))


@contextmanager
def _extract(params: Params, ctx: Context) -> Iterator[Extract]:
    """Lend the function that turns pictures into features."""
    from explainer.vision.tracking import features

    if "siamese" not in params.trackers:
        yield features.none_needed
    elif params.net == "mobilenetv2":
        yield features.of_mobilenet(params.depth, ctx.device)
    else:
        with ctx.model(LITE) as net:
            yield features.of_classifier(net, params.depth)
