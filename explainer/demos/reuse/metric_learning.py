"""Distances that are learnt: two numbers for each picture, and a loss that draws those of one class together.

It brings its own pictures and ignores the frame. The net learns in about five seconds of processor time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import numpy as np

from explainer.core.charts import Bars, Chart, Curve, Series
from explainer.core.context import Context
from explainer.core.controls import AUTO, Auto, Choice, Doc, OnPicture, Range, Resets, TrainAgain
from explainer.core.demo import Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.geometry import PointXY
from explainer.core.layers import Image, Label, Layer, Lines, Panel, Points
from explainer.core.numbers import numbers
from explainer.core.parts import Part
from explainer.core.plays import Play, Plays
from explainer.core.result import Result
from explainer.core.scattered import SIDE, laid_out, middles, places
from explainer.core.walls import framed, wall_of_words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from explainer.vision.training.examples import Examples
    from explainer.vision.training.fit import Snapshot
    from explainer.vision.training.metric import Space

STEPS, EVERY = 420, 20
SAME, OTHER = 2, 5  # colours of lines to neighbours
CHANCE = 0.3  # with so few neighbours of the same class nothing has been learnt
SEEN_NEAR = 5  # neighbours of the query on the wall


class Data(Choice):
    """What is laid out."""

    GARMENTS = "garments", "Garments"
    DIGITS = "digits", "Digits"


class Loss(Choice):
    """What the net is told."""

    TRIPLET = "triplet", "Triplet"
    HARDEST = "hardest", "Hardest triplets only"
    CONTRASTIVE = "contrastive", "Contrastive"
    SOFTMAX = "softmax", "Classifier (softmax)"
    ARCFACE = "arcface", "ArcFace"


@dataclass(frozen=True, slots=True)
class Params:
    """What draws pictures together, and when one looks."""

    seen: Annotated[
        int, Range(0, STEPS, step=EVERY, unit="steps"), Plays(8.0, "Watch clusters form"),
        Doc("Look after", "Go to another moment of the training."),
    ] = STEPS  # fmt: skip
    loss: Annotated[
        Loss, Resets(),
        Doc("Loss", "Pairs and triplets are told who belongs together; classifiers are told a class."),
    ] = Loss.TRIPLET  # fmt: skip
    data: Annotated[Data, Resets(), Doc("Pictures", "The net never sees those that are laid out.")] = Data.GARMENTS
    spot: Annotated[
        PointXY | Auto, OnPicture("learnt-map"), Doc("Query", "Drag the ring: the picture nearest to it is asked for.")
    ] = AUTO  # fmt: skip
    again: TrainAgain = 0


class MetricLearning(Demo[Params]):
    """Test pictures by their pixels, and where the net lays them."""

    info = DemoInfo(
        id="metric-learning", title="Learnt distances", topics=(9,),
        summary="A net learns two numbers for each picture, and pictures of one class gather before your eyes.",
        papers=("schroff2015", "hadsell2006", "deng2019", "hermans2017"),
        uses_frame=False, uses_model=False, budget_s=60.0,
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:  # noqa: ARG002
        """Train the net, or look at a run that is there."""
        from explainer.vision.training import metric
        from explainer.vision.training.watched import watched

        recipe = metric.recipe(str(params.data), str(params.loss), ctx.seed)
        pixels = ctx.memo(("pixels", params.data), lambda: metric.by_pixels(recipe.data.test))

        def show(found: tuple[Snapshot | None, ...], partial: bool) -> Result:
            (run,) = found
            assert run is not None
            return shown(laid(run, pixels, params), params).result(partial=partial)

        return watched(ctx, recipe, show, text="training", again=params.again)


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """The two maps, and which picture is asked for."""

    run: Snapshot
    mark: int
    test: Examples
    pixels: Space
    learnt: Space
    query: int

    @property
    def step(self) -> int:
        """Steps that were done by then."""
        return int(self.run.marks[self.mark])


def laid(run: Snapshot, pixels: Space, params: Params) -> Laid:
    """Look at a run after some steps, or where it stands if it has not come so far."""
    from explainer.vision.training.metric import as_drawn

    test, mark = run.recipe.data.test, run.mark(params.seen)
    xy = run.history["xy"]
    learnt = as_drawn(xy[mark], test.labels)
    if isinstance(params.spot, PointXY):
        wanted = np.array([params.spot.x, params.spot.y]) * SIDE
        query = int(((places(learnt.xy) - wanted) ** 2).sum(1).argmin())
    else:  # whom learning helps most, so that it stays the same while this plays
        last = as_drawn(xy[-1], test.labels)
        query = int((last.share - pixels.share).argmax())
    return Laid(run, mark, test, pixels, learnt, query)


def shown(now: Laid, params: Params) -> Part:
    """Both maps, the neighbours of one picture, and how many share its class."""
    from explainer.vision.training.metric import as_drawn

    maps = (
        map_panel("Pixels", f"two directions with {100 * now.pixels.variance:.0f} % of the variance", now, now.pixels),
        map_panel("Learnt map", "the two numbers that the net gives", now, now.learnt),
    )
    shares = np.array([as_drawn(xy, now.test.labels).share.mean() for xy in now.run.history["xy"]])
    play = Play(
        "seen", 0, STEPS, now.step, curve=shares if len(shares) > 1 else None, counted=f"{now.step} of {STEPS} steps",
        note="curve: neighbours of the class",
    )  # fmt: skip
    x, y = (float(one) for one in places(now.learnt.xy)[now.query] / SIDE)
    resolved = {} if isinstance(params.spot, PointXY) else {"spot": PointXY(x, y)}
    return Part(
        (*maps, near_panel(now)), charts(now, shares), reading(now), values(now), headline=headline(now),
        heroes=tuple(panel.slug for panel in maps), play=play, resolved=resolved,
    )  # fmt: skip


def map_panel(title: str, note: str, now: Laid, space: Space) -> Panel:
    """All pictures where a space has them, names of the classes, and lines from the query to its neighbours."""
    at, near = places(space.xy), space.near[now.query]
    pixels = laid_out(now.test.images, at, now.test.labels)
    start = at[now.query]
    paths = tuple(np.stack([start, at[one]]) for one in near)
    colours = tuple(SAME if now.test.labels[one] == now.test.labels[now.query] else OTHER for one in near)
    named = middles(at, now.test.labels)
    names = tuple(Label(f"class {one}", now.test.names[one], place) for one, place in named.items())
    ring = Points("query", start[None], colours=(1,), size_px=14.0)
    layers: tuple[Layer, ...] = (Image("map", pixels), Lines("near", paths, colours), ring, *names)
    return Panel(title, (SIDE, SIDE), layers, note, frame=False)


def near_panel(now: Laid) -> Panel:
    """The query and its nearest neighbours, on the learnt map above and among pixels below."""
    rows = [np.r_[now.query, space.near[now.query, :SEEN_NEAR]] for space in (now.learnt, now.pixels)]
    order = np.concatenate(rows)
    labels = now.test.labels[order]
    words = tuple(now.test.names[one] for one in labels)
    panel = wall_of_words(
        "Nearest neighbours", now.test.images[order], words, columns=SEEN_NEAR + 1,
        note="of the first: on the map above, by pixels below",
    )  # fmt: skip
    return framed(panel, labels != now.test.labels[now.query])


def charts(now: Laid, shares: NDArray[np.float64]) -> tuple[Chart, ...]:
    """How many neighbours share the class, step by step, and class by class."""
    x = now.run.marks.astype(np.float64)
    level = 100 * float(now.pixels.share.mean())
    lines = (
        Series("learnt", x, 100 * shares, colour=SAME),
        Series("pixels", np.array([0.0, STEPS]), np.array([level, level]), "dashed", colour=-2),
    )
    each = [float(now.learnt.share[now.test.labels == one].mean()) for one in range(now.test.classes)]
    worst = int(np.argmin(each))
    return (
        Curve("Neighbours of the same class", lines, "step", "%", y_range=(0.0, 100.0), x_range=(0.0, STEPS)),
        Bars("By class", now.test.names, tuple(each), chosen=worst),
    )


# Words and numbers --------------------------------------------------------------------------------------


def values(now: Laid) -> dict[str, float]:
    """Neighbours of the same class, of all pictures and of the query."""
    spread = now.run.history["xy"][now.mark].std(0).max()
    return numbers(
        step=now.step, learnt_percent=100 * now.learnt.share.mean(), pixels_percent=100 * now.pixels.share.mean(),
        query_learnt_count=10 * now.learnt.share[now.query], query_pixels_count=10 * now.pixels.share[now.query],
        variance_percent=100 * now.pixels.variance, spread=spread, picture_count=len(now.test),
        pixel_count=now.test.images[0].size,
    )  # fmt: skip


def headline(now: Laid) -> str:
    """Say how many of ten neighbours belong to the class."""
    if now.run.diverged:
        return "The training ran into numbers that are not finite; this is the last good moment."
    learnt, pixels = (f"{10 * space.share.mean():.1f}" for space in (now.learnt, now.pixels))
    if now.step == 0:
        return f"Untrained, the net heaps everything together: {learnt} of ten neighbours share a picture’s class."
    if now.learnt.share.mean() < CHANCE and now.step > STEPS // 4:
        return f"This training collapsed into one heap: {learnt} of ten neighbours share the class, as by chance."
    if now.learnt.share.mean() > now.pixels.share.mean():
        return f"On the learnt map {learnt} of ten neighbours are of the same class; by pixels it is {pixels}."
    return f"So far only {learnt} of ten neighbours share the class; by pixels it is {pixels}."


def reading(now: Laid) -> tuple[str, ...]:
    """Say what the query's neighbours are, and where the map errs most."""
    name = now.test.names[now.test.labels[now.query]]
    found = values(now)
    mine = f"Of the ringed {name}’s ten neighbours {found['query_learnt_count']:.0f} are of its class on the map"
    pixels = f"{mine}, {found['query_pixels_count']:.0f} by pixels."
    each = [float(now.learnt.share[now.test.labels == one].mean()) for one in range(now.test.classes)]
    worst = int(np.argmin(each))
    return pixels, f"Hardest to keep together: {now.test.names[worst]}, {10 * each[worst]:.1f} of ten."
