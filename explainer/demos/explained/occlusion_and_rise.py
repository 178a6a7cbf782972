"""Occlusion and RISE: hide parts of the picture and watch the score, with no look inside the network."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Histogram
from explainer.core.context import Context
from explainer.core.controls import TOP_1, Choice, ClassIndex, Doc, Plays, Range, When
from explainer.core.demo import Cost, Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.geometry import apply
from explainer.core.layers import Panel
from explainer.core.memo import memo_name
from explainer.core.numbers import numbers
from explainer.core.parts import Part
from explainer.core.picture import bluest
from explainer.core.result import Result
from explainer.core.subject import Subject, ask
from explainer.demos.explained import _hiding_play as play
from explainer.demos.explained._controls import Removal, TestedMap, with_controls

BINS = 24
MEAN = "Mean fall of the logit"  # of all windows that lie on a place
SMALL = 0.1  # a score that falls by less hardly needs what is hidden


class Method(Choice):
    """How the picture is hidden."""

    OCCLUSION = "occlusion", "Occlusion"
    RISE = "rise", "RISE"


class Fill(Choice):
    """What is seen where the picture is hidden."""

    GREY = "grey", "Mid-grey"
    MEAN = "mean", "Mean colour"
    BLUR = "blur", "Blurred picture"


WINDOWS, MASKS = (When("method", (one,)) for one in Method)


@dataclass(frozen=True, slots=True)
class Params:
    """What is hidden, and how."""

    method: Annotated[Method, Doc("Method", "One window after the other, or many random masks.")] = Method.OCCLUSION
    target: Annotated[ClassIndex, Doc("Class", "Whose score is watched.")] = TOP_1
    fill: Annotated[Fill, Doc("Hide behind", "What is seen where the picture is hidden.")] = Fill.GREY
    window: Annotated[
        int, Doc("Window", "Small ones find details, large ones whole objects."), Range(16, 96, 8, "px"), WINDOWS
    ] = 64
    stride: Annotated[
        int,
        Doc("Stride", "From one window to the next; half the stride takes four times as long."),
        Range(8, 48, 4, "px"),
        WINDOWS,
    ] = 16
    masks: Annotated[int, Doc("Masks", "The paper uses 4,000 and more."), Range(32, 4096, log=True), MASKS] = 256
    cells: Annotated[int, Doc("Cells", "Cells of a mask along a side."), Range(3, 14), MASKS] = 7
    seen: Annotated[float, Doc("Share seen", "Chance that a cell is seen."), Range(0.1, 0.9, 0.05), MASKS] = 0.5
    share: Annotated[
        float,
        Doc("Hidden so far", "How many of the windows or masks are in the map; at 100 % all of them."),
        Range(0.0, 100.0, 0.5, unit="%"),
        Plays(8.0, "Hide one place after the other"),
    ] = 100.0
    controls: Annotated[
        bool, Doc("Compare with controls", "A random map and a map of edges take the same test as this map.")
    ] = False
    removal: Annotated[
        Removal,
        Doc("Cover with", "What takes the place of the pixels that the test removes."),
        When("controls", (True,)),
    ] = Removal.BLUR


class OcclusionAndRise(Demo[Params]):
    """Maps of what the score needs, from forward passes alone."""

    info = DemoInfo(
        id="occlusion-and-rise", title="Occlusion and RISE", topics=(45,), sample="dog",
        summary="Hide parts of the picture and watch the score fall.",
        papers=("zeiler2014", "petsiuk2018"), cost=Cost(forwards=122),
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Draw the map as it grows, and on request test it."""
        with ctx.model() as net:
            about = ask(net, frame, params.target, ctx)
            work = _occluded if params.method == Method.OCCLUSION else _masked
            key = (*_key(params), *memo_name(ctx), about.index, ctx.seed)
            with ctx.stage("explain"):
                seen = ctx.memo(key, lambda: work(about, net.network(), params, ctx))
            part = play.played(about, seen, _finished(about, seen), params.share)
            if params.controls:
                tested = TestedMap(params.method.label, _as_known(seen.heat, params), _key(params), params.removal)
                part = with_controls(about, part, tested, net, ctx)
            return about.result(part)


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A map ``(S, S)``, signed; of each window its drop of the logit, of each mask its score; two telling views.

    The views are network inputs ``(1, 3, S, S)`` with the class's score: with the window hidden that is missed most
    and with the one that is missed least, or behind the best mask and the worst. `until` gives map and view after some
    of the windows, which stand at `places`, or masks. `flat`: a window has one colour, so that nothing is seen there.
    """

    method: Method
    heat: NDArray[np.float32]
    each: NDArray[np.float64]
    views: tuple[tuple[Any, float], tuple[Any, float]]
    until: Callable[[int], tuple[NDArray[np.float32], Any]]
    places: Any = None
    flat: bool = False

    @property
    def thing(self) -> str:
        """What is put over the picture, in a word."""
        return "window" if self.method == Method.OCCLUSION else "mask"


def _as_known(heat: Any, params: Params) -> Any:
    """Bring the map to as many cells as it really tells apart, so that random maps have no finer ones."""
    from explainer.vision.metrics.heat import on_grid

    windows = params.method == Method.OCCLUSION
    side = heat.shape[0] // min(params.stride, params.window) if windows else params.cells
    return on_grid(heat, (max(side, 2), max(side, 2)))


def _key(params: Params) -> tuple[Any, ...]:
    """What the map depends on beside picture, network and class."""
    if params.method == Method.OCCLUSION:
        return (params.method, params.fill, params.window, params.stride)
    return (params.method, params.fill, params.masks, params.cells, params.seen)


def _occluded(about: Subject, network: Any, params: Params, ctx: Context) -> Seen:
    from explainer.vision.attribution.controls import class_score
    from explainer.vision.attribution.occlusion import Windows, cover, occlusion, painted

    side = int(about.x.shape[-1])
    places = Windows(side, min(params.window, side), min(params.stride, params.window))
    instead = cover(about.x, params.fill, about.card.mean, about.card.std)
    whole = float(about.logits[about.index])
    for step in occlusion(network, about.x, instead, about.index, places, whole=whole, checkpoint=ctx.checkpoint):
        ctx.progress(step.done / places.count, f"{step.done} of {places.count} windows")
        if step.done < places.count:
            ctx.publish(about.result(_growing(about, params.method, step.values, step.done), partial=True))

    def hidden(place: int) -> Any:
        view, (x0, y0, x1, y1) = about.x.clone(), places.box(place)
        view[:, :, y0:y1, x0:x1] = instead[:, :, y0:y1, x0:x1]
        return view

    def until(done: int) -> Any:
        return painted(np.where(np.arange(places.count) < done, step.drops, np.nan), places), hidden(done - 1)

    score, views = (
        class_score(network, about.index),
        (hidden(int(step.drops.argmax())), hidden(int(step.drops.argmin()))),
    )
    most, least = ((view, float(score(view))) for view in views)
    return Seen(params.method, step.values, step.drops, (most, least), until, places, params.fill != Fill.BLUR)


def _masked(about: Subject, network: Any, params: Params, ctx: Context) -> Seen:
    from explainer.vision.attribution.occlusion import cover
    from explainer.vision.attribution.rise import gathered, rise, seen_through

    instead = cover(about.x, params.fill, about.card.mean, about.card.std)
    steps = rise(
        network, about.x, instead, about.index, masks=params.masks, cells=params.cells, seen=params.seen,
        seed=ctx.seed, checkpoint=ctx.checkpoint,
    )  # fmt: skip
    for number, step in enumerate(steps):
        ctx.progress(step.done / params.masks, f"{step.done} of {params.masks} masks")
        # Three batches take about 0.3 s; the first one is shown by itself, since it has to be there within 0.5 s.
        if (number == 0 or number % 3 == 1) and step.done < params.masks:
            ctx.publish(about.result(_growing(about, params.method, step.gain, step.done), partial=True))
    best = (seen_through(about.x, instead, step.best), float(step.scores.max()))
    worst = (seen_through(about.x, instead, step.worst), float(step.scores.min()))

    def until(done: int) -> Any:
        gain, mask = gathered(step.scores, done, len(step.best), params.cells, params.seen, ctx.seed)
        return gain, seen_through(about.x, instead, mask)

    return Seen(params.method, step.gain, step.scores, (best, worst), until)


def _growing(about: Subject, method: Method, heat: NDArray[np.float32], done: int) -> Part:
    """What can be shown before the end."""
    things = "windows" if method == Method.OCCLUSION else "masks"
    shown, said = _map_panel(about, method, heat), f"{done} {things} so far."
    return Part((shown,), (), (said,), numbers(**{things: done}), heroes=(shown.slug,))


def _finished(about: Subject, seen: Seen) -> Part:
    """All of it."""
    panels = (_map_panel(about, seen.method, seen.heat), *_view_panels(about, seen))
    if seen.places is not None:  # over the map, too, stands the window that is missed most
        most = seen.places.box(int(seen.each.argmax()))
        change = f"{about.label.strip('“”')} {words.score(about.score)} → {words.score(seen.views[0][1])}"
        effects = (f"this window: {play.falls(float(seen.each.max()))}", change)
        marked = (
            replace(p, layers=(*p.layers, play.box(about, most, e), *bluest(p, "blue: hiding it helps")))
            for p, e in zip(panels[:2], effects, strict=True)
        )
        panels = (*marked, *panels[2:])
    told = _of_occlusion(about, seen) if seen.method == Method.OCCLUSION else _of_rise(about, seen)
    return Part(panels, heroes=(panels[0].slug, panels[1].slug)) + told + Part(values=_peak(about, seen.heat))


def _map_panel(about: Subject, method: Method, heat: NDArray[np.float32]) -> Panel:
    from explainer.vision.metrics.heat import upper_limit

    title = MEAN if method == Method.OCCLUSION else method.label
    return about.heat_panel(title, heat, about.label, limit=upper_limit(heat), signed=True)


def _view_panels(about: Subject, seen: Seen) -> Iterator[Panel]:
    titles = ("Missed most", "Missed least") if seen.method == Method.OCCLUSION else ("Best mask", "Worst mask")
    ends = (int(seen.each.argmax()), int(seen.each.argmin()))
    for title, (view, score), end in zip(titles, seen.views, ends, strict=True):
        hidden = seen.places.box(end) if seen.flat else None
        striped = "; striped: hidden from the network" if hidden is not None else ""
        yield play.picture(about, title, view, f"score {words.score(score)}{striped}", hidden)


def _peak(about: Subject, heat: NDArray[np.float32]) -> dict[str, float]:
    if not np.any(heat):
        return {}
    row, column = np.unravel_index(int(heat.argmax()), heat.shape)
    x, y = apply(about.map_to_frame(heat.shape), np.array([[column + 0.5, row + 0.5]]))[0]
    return numbers(peak_x_px=x, peak_y_px=y, map_max=heat.max(), map_min=heat.min())


def _histogram(title: str, each: NDArray[np.float64], label: str) -> Histogram:
    low, spread = float(each.min()), float(np.ptp(each)) or 1.0
    counts, edges = np.histogram(each, bins=BINS, range=(low, low + spread))
    return Histogram(title, edges.astype(np.float64), counts.astype(np.float64), label)


def _of_occlusion(about: Subject, seen: Seen) -> Part:
    drops, ((_, most), (_, least)) = seen.each, seen.views
    better = int(np.count_nonzero(drops < 0))
    values = numbers(
        windows=len(drops), drop_max=drops.max(), drop_min=drops.min(), drop_median=np.median(drops),
        windows_that_help=better, score_covered=most, score_covered_least=least,
    )  # fmt: skip
    fall = f"{drops.max():.2f}".replace("-", "−")
    before, after = words.score(about.score), words.score(most)
    sentence = (
        f"Hiding the framed window lowers the logit of {about.label} by {fall}, and its score from {before} to "
        f"{after}. {better} of {len(drops)} windows raise the logit when they are hidden."
    )
    headline = f"Hide the framed window and {about.label} falls from {before} to {after}."
    if drops.max() <= 0:
        headline = f"No window lowers the logit of {about.label} when it is hidden."
    elif most >= about.score or after == before:
        headline = f"No single window matters much: even the framed one leaves {about.label} at {after}."
    elif about.score - most < SMALL:
        headline = f"No single window decides: with the framed one hidden, {about.label} still has {after} of {before}."
    return Part((), (_histogram("Drops", drops, "fall of the logit"),), (sentence,), values, headline=headline)


def _of_rise(about: Subject, seen: Seen) -> Part:
    scores = seen.each
    low, mean, high = (float(one) for one in (scores.min(), scores.mean(), scores.max()))
    values = numbers(masks=len(scores), score_mean=mean, score_best=high, score_worst=low)
    ends = f"from {words.score(low)} to {words.score(high)}"
    sentence = (
        f"Where the map is warm, seeing the pixel raises the score of {about.label}. Through "
        f"{words.thousands(len(scores))} random masks it is {words.score(mean)} on average, {ends}; the whole "
        f"picture has {words.score(about.score)}."
    )
    headline = f"Seen through random masks, {about.label} scores {ends}: warm places are those that lift it."
    return Part((), (_histogram("Scores behind the masks", scores, "score"),), (sentence,), values, headline=headline)
