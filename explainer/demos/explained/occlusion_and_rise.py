"""Occlusion and RISE: hide parts of the picture and watch the score, with no look inside the network."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from explainer.core.context import Context
from explainer.core.controls import TOP_1, ClassIndex, Doc, Options, Range, When
from explainer.core.demo import Cost, Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.memo import memo_name, prepared
from explainer.core.result import Result
from explainer.core.subject import Subject, subject
from explainer.demos.explained._controls import REMOVALS, Removal, TestedMap, with_controls
from explainer.demos.explained._hiding_view import TITLES, Seen, finished, growing

Method = Literal["occlusion", "rise"]
LABELS = Options(TITLES)
Fill = Literal["grey", "mean", "blur"]
FILLS = Options({"grey": "Mid-grey", "mean": "Mean colour", "blur": "Blurred picture"})


@dataclass(frozen=True, slots=True)
class Params:
    """What is hidden, and how."""

    method: Annotated[Method, Doc("Method", "One window after the other, or many random masks."), LABELS] = "occlusion"
    target: Annotated[ClassIndex, Doc("Class", "Whose score is watched.")] = TOP_1
    fill: Annotated[Fill, Doc("Hide behind", "What is seen where the picture is hidden."), FILLS] = "grey"
    window: Annotated[
        int,
        Doc("Window", "Small ones find details, large ones whole objects."),
        Range(16, 96, step=8, unit="px"),
        When("method", ("occlusion",)),
    ] = 32
    stride: Annotated[
        int,
        Doc("Stride", "From one window to the next; half of it takes four times as long."),
        Range(8, 48, step=4, unit="px"),
        When("method", ("occlusion",)),
    ] = 16
    masks: Annotated[
        int,
        Doc("Masks", "The paper takes 4,000 and more."),
        Range(32, 4096, log=True),
        When("method", ("rise",)),
    ] = 256
    cells: Annotated[int, Doc("Cells", "Cells of a mask along a side."), Range(3, 14), When("method", ("rise",))] = 7
    seen: Annotated[
        float, Doc("Share seen", "Chance of a cell to be seen."), Range(0.1, 0.9, step=0.05), When("method", ("rise",))
    ] = 0.5
    controls: Annotated[
        bool, Doc("Compare with controls", "A random map and a map of edges take the same test as this map.")
    ] = False
    removal: Annotated[
        Removal,
        Doc("Cover with", "What takes the place of the pixels that the test removes."),
        REMOVALS,
        When("controls", (True,)),
    ] = "blur"


class OcclusionAndRise(Demo[Params]):
    """Maps of what the score needs, from forward passes alone."""

    info = DemoInfo(
        id="occlusion-and-rise",
        title="Occlusion and RISE",
        topics=(45,),
        summary="Hide parts of the picture and watch the score fall.",
        papers=("zeiler2014", "petsiuk2018"),
        cost=Cost(forwards=170),
    )

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Draw the map as it grows, and on request test it."""
        with ctx.model() as net:
            ready = prepared(frame, net, ctx)
            with ctx.stage("model"):
                logits = ctx.memo(("logits", *memo_name(ctx)), lambda: net.logits(ready.tensor))
            about = subject(frame, ready, logits, params.target, ctx)
            with ctx.stage("explain"):
                seen = _seen(about, net, params, ctx)
            part = finished(about, seen)
            if params.controls:
                tested = TestedMap(LABELS[params.method], _as_known(seen.heat, params), _key(params), params.removal)
                part = with_controls(about, part, tested, net, ctx)
            return about.result(part)


def _as_known(heat: Any, params: Params) -> Any:
    """Bring the map to as many cells as it really tells apart, so that random maps have no finer ones."""
    from explainer.vision.metrics.heat import on_grid

    side = heat.shape[0] // min(params.stride, params.window) if params.method == "occlusion" else params.cells
    return on_grid(heat, (max(side, 2), max(side, 2)))


def _key(params: Params) -> tuple[Any, ...]:
    """What the map depends on beside picture, network and class."""
    if params.method == "occlusion":
        return (params.method, params.fill, params.window, params.stride)
    return (params.method, params.fill, params.masks, params.cells, params.seen)


def _seen(about: Subject, net: Any, params: Params, ctx: Context) -> Seen:
    """Hide and look, or take what was found for the same picture."""
    work = _occluded if params.method == "occlusion" else _masked
    key = (*_key(params), *memo_name(ctx), about.index, ctx.seed)
    return ctx.memo(key, lambda: work(about, net.network(), params, ctx))


def _occluded(about: Subject, network: Any, params: Params, ctx: Context) -> Seen:
    from explainer.vision.attribution.controls import class_score
    from explainer.vision.attribution.occlusion import Windows, cover, occlusion

    side = int(about.x.shape[-1])
    places = Windows(side, min(params.window, side), min(params.stride, params.window))
    instead = cover(about.x, params.fill, about.card.mean, about.card.std)
    whole = float(about.logits[about.index])
    for step in occlusion(network, about.x, instead, about.index, places, whole=whole, checkpoint=ctx.checkpoint):
        ctx.progress(step.done / places.count, f"{step.done} of {places.count} windows")
        if step.done < places.count:
            ctx.publish(about.result(growing(about, params.method, step.values, step.done), partial=True))
    views = [about.x.clone(), about.x.clone()]
    for view, place in zip(views, (step.drops.argmax(), step.drops.argmin()), strict=True):
        x0, y0, x1, y1 = places.box(int(place))
        view[:, :, y0:y1, x0:x1] = instead[:, :, y0:y1, x0:x1]
    score = class_score(network, about.index)
    most, least = (float(score(view)) for view in views)
    return Seen(params.method, step.values, step.drops, (views[0], views[1]), (most, least))


def _masked(about: Subject, network: Any, params: Params, ctx: Context) -> Seen:
    from explainer.vision.attribution.occlusion import cover
    from explainer.vision.attribution.rise import rise, seen_through

    instead = cover(about.x, params.fill, about.card.mean, about.card.std)
    steps = rise(
        network, about.x, instead, about.index, masks=params.masks, cells=params.cells, seen=params.seen,
        seed=ctx.seed, checkpoint=ctx.checkpoint,
    )  # fmt: skip
    for number, step in enumerate(steps):
        ctx.progress(step.done / params.masks, f"{step.done} of {params.masks} masks")
        # Three batches take about 0.3 s; the first one is shown by itself, since it has to be there within 0.5 s.
        if (number == 0 or number % 3 == 1) and step.done < params.masks:
            ctx.publish(about.result(growing(about, params.method, step.gain, step.done), partial=True))
    views = (seen_through(about.x, instead, step.best), seen_through(about.x, instead, step.worst))
    return Seen(params.method, step.gain, step.scores, views, (float(step.scores.max()), float(step.scores.min())))
