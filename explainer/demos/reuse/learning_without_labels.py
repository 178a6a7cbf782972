"""Learning without labels: what a net finds out from views of pictures alone, and what that is worth with few labels.

It brings its own pictures and ignores the frame. Learning takes about four seconds of processor time with digits, the
probes and the nets taught by labels that it is compared with about twelve more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import numpy as np
from numpy.typing import NDArray

from explainer.core.charts import chart_slug
from explainer.core.context import Context
from explainer.core.controls import Choice, Doc, Range, Resets, TrainAgain, When
from explainer.core.demo import Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.numbers import numbers
from explainer.core.parts import Part
from explainer.core.plays import Play, Plays
from explainer.core.result import Result
from explainer.demos.reuse import _label_free_view as view

if TYPE_CHECKING:
    from explainer.core.layers import Panel
    from explainer.vision.training.fit import Snapshot

STEPS, EVERY = 400, 20
COUNTS = (1, 10, 100)  # labels of each class
COLLAPSED = 0.15  # of the spread that vectors all over the sphere have
WORTH = 4.0  # points: less is within the luck of the draw
PIXELS, RANDOM, TAUGHT = "pixels", "random net", "labels alone"
Tables = dict[str, NDArray[np.float64]]


class Method(Choice):
    """What the net is asked without labels."""

    SIMCLR = "simclr", "SimCLR"
    ATTRACT = "attract", "Attract only"
    SIMSIAM = "simsiam", "SimSiam"
    NO_STOP = "no-stop", "SimSiam without stop-gradient"
    ROTATION = "rotation", "Which way up?"
    MASKED = "masked", "Paint what is hidden"


class Data(Choice):
    """What is learnt from."""

    DIGITS = "digits", "Digits"
    GARMENTS = "garments", "Garments"


class Look(Choice):
    """What stands large."""

    VIEWS = "views", "Views of a batch"
    LABELS = "labels", "Accuracy with few labels"


class Labels(Choice):
    """How many pictures of each class have a label."""

    ONE = "1", "1"
    TEN = "10", "10"
    HUNDRED = "100", "100"


@dataclass(frozen=True, slots=True)
class Params:
    """What is learnt without labels, and how it is looked at."""

    seen: Annotated[
        int, Range(0, STEPS, step=EVERY, unit="steps"), Plays(8.0, "Watch the blocks sharpen"),
        Doc("Look after", "Go to another moment of the training."),
    ] = STEPS  # fmt: skip
    method: Annotated[
        Method, Resets(), Doc("Method", "Two of them collapse, and two solve another task instead.")
    ] = Method.SIMCLR  # fmt: skip
    look: Annotated[Look, Doc("Show", "What was learnt, or what it is worth.")] = Look.VIEWS
    labels: Annotated[Labels, Doc("Labels of each class", "With many, pixels do as well.")] = Labels.ONE
    data: Annotated[Data, Resets(), Doc("Pictures", "All training pictures are used, without labels.")] = Data.DIGITS
    strength: Annotated[
        float, Range(0.0, 1.6, 0.2), Resets(),
        Doc("Change of views", "At 0 both views are the same, and there is nothing to be learnt from them."),
    ] = 1.0  # fmt: skip
    temperature: Annotated[
        float, Range(0.1, 1.0, 0.1), Resets(), When("method", ("simclr",)),
        Doc("Temperature", "Low ones look at the most similar other pictures only."),
    ] = 0.5  # fmt: skip
    again: TrainAgain = 0


class LearningWithoutLabels(Demo[Params]):
    """An encoder learns from views of pictures; then a linear probe gets a few labels."""

    info = DemoInfo(
        id="learning-without-labels", title="Learning without labels", topics=(36,),
        summary="Two views of each picture, no labels: watch similarity sharpen, collapse, and pay with few labels.",
        papers=("chen2020", "chen2021", "gidaris2018", "wangisola2020", "vandenoord2018", "he2022"),
        uses_frame=False, uses_model=False, budget_s=90.0,
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:  # noqa: ARG002
        """Train the encoder, or look at a run that is there; then put labels to its features."""
        from explainer.vision.training import contrastive
        from explainer.vision.training.watched import watched

        recipe = contrastive.recipe(
            str(params.data), str(params.method), params.strength, params.temperature, ctx.seed
        )  # fmt: skip

        def show(found: tuple[Snapshot | None, ...], partial: bool) -> Result:
            (run,) = found
            assert run is not None
            if partial:
                return shown(run, {}, params).result(partial=True)
            return shown(run, tables_of(run, params, ctx), params).result()

        return watched(ctx, recipe, show, again=params.again)


def tables_of(run: Snapshot, params: Params, ctx: Context) -> Tables:
    """Accuracy with few labels, ``(draws, 3)`` of each way; what is there already is shown meanwhile."""
    from explainer.vision.training import few_labels

    data, split = (str(params.data), ctx.seed), run.recipe.data
    ways = {
        PIXELS: (("pixels", *data), lambda: few_labels.of_pixels(split, ctx.checkpoint)),
        RANDOM: (("random", *data), lambda: few_labels.of_random(split, ctx.checkpoint, ctx.seed)),
        params.method.label: (("learnt", run.recipe.key()), lambda: few_labels.of_run(run, ctx.checkpoint)),
        TAUGHT: (("taught", *data), lambda: few_labels.taught(split, ctx.checkpoint, ctx.seed)),
    }
    found: Tables = {}
    for number, (name, (key, make)) in enumerate(ways.items()):
        ctx.progress(number / len(ways), f"few labels: {name}")
        ctx.publish(shown(run, found, params).result(partial=True))
        found = found | {name: ctx.memo(("few labels", *key), make, keep=True)}
    return found


def shown(run: Snapshot, found: Tables, params: Params) -> Part:
    """Views and their similarities, how the embedding spreads, and what it is worth."""
    from explainer.vision.training import contrastive_looks as looks

    mark, test = run.mark(params.seen), run.recipe.data.test
    similar = looks.similarity(run.history["z"][mark])
    views = looks.shown_views(test, params.strength)
    step, last = int(run.marks[mark]), params.method.label
    note = f"after {step} steps; small blocks: one picture"
    matrix = view.matrix_panel(similar, views, note)
    panels = (matrix, task_panel(run, views, params))
    gaps = np.array([np.subtract(*looks.closeness(looks.similarity(z))) for z in run.history["z"]])
    charts = (view.path_chart(run, mark), view.spectrum_chart(run.history["sizes"][mark]))
    chosen = COUNTS.index(int(params.labels))
    few = view.label_charts(found, chosen, COUNTS, last) if found else ()
    play = Play(
        "seen", 0, STEPS, step, curve=gaps if len(gaps) > 1 else None, counted=f"{step} of {STEPS} steps",
        note="curve: how much more alike views of one picture are",
    )  # fmt: skip
    told = values(run, mark, similar, found, params)
    large = few and params.look == Look.LABELS
    ordered = (few[1], few[0], few[2]) if large else (*few[:1], *charts)
    heroes = (chart_slug(few[1]),) if large else tuple(panel.slug for panel in panels)
    return Part(
        panels, ordered, reading(told, params), told, headline=headline(told, run, params),
        heroes=heroes, play=play,
    )  # fmt: skip


def task_panel(run: Snapshot, views: NDArray[np.float32], params: Params) -> Panel:
    """What belongs together, or what is asked and answered."""
    from explainer.vision.training import contrastive, contrastive_looks

    test = run.recipe.data.test
    rows = contrastive_looks.shown_rows(test.labels)
    images = test.images[rows]
    few = images[:: len(images) // view.WALL_ROWS][: view.WALL_ROWS]
    if params.method == Method.ROTATION:
        turned = np.stack([np.rot90(few, turn, (1, 2)) for turn in range(4)], 1)
        return view.tasks_panel("Which way up?", turned, ("0°", "90°", "180°", "270°"), "four turns, four answers")
    if params.method == Method.MASKED:
        asked, painted = contrastive.painted(run.module(), few)
        rows_ = np.stack([few, asked, painted], 1)
        return view.tasks_panel("Paint what is hidden", rows_, ("is", "sees", "paints"), "at the end of training")
    return view.views_panel(images, views, tuple(test.names[k] for k in test.labels[rows]))


# Words and numbers ------------------------------------------------------------------------------------------


def values(
    run: Snapshot, mark: int, similar: NDArray[np.float64], found: Tables, params: Params
) -> dict[str, float]:  # fmt: skip
    """Cosines, alignment, uniformity and spread at the mark; accuracies once they are known."""
    from explainer.vision.training import contrastive_looks as looks

    held, chosen = run.history, COUNTS.index(int(params.labels))
    own, other = looks.closeness(similar)
    names = {PIXELS: "pixels", RANDOM: "random", params.method.label: "learnt", TAUGHT: "taught"}
    right = {f"{names[name]}_percent": 100 * table[:, chosen].mean() for name, table in found.items()}
    if found:
        right |= {f"{names[name]}_deviation_points": 100 * one[:, chosen].std(ddof=1) for name, one in found.items()}
    return numbers(
        step=int(run.marks[mark]), own_cosine=own, other_cosine=other, alignment=held["alignment"][mark],
        uniformity=held["uniformity"][mark], spread=held["spread"][mark],
        dimensions=looks.dimensions(held["sizes"][mark]), unlabelled_count=len(run.recipe.data.train), **right,
    )  # fmt: skip


def headline(told: dict[str, float], run: Snapshot, params: Params) -> str:
    """Say what the similarities show, or what the features are worth."""
    if run.diverged:
        return "The training ran into numbers that are not finite; this is the last good moment."
    if params.look == Look.LABELS and "learnt_percent" in told:
        return worth(told, params)
    own, other = (f"{told[name]:.2f}".replace("-", "−") for name in ("own_cosine", "other_cosine"))
    if not told["step"]:
        return f"Untrained, the net finds everything alike: different pictures have a mean cosine of {other}."
    if told["spread"] < COLLAPSED:
        return f"Collapse: all pictures get nearly one embedding, and different ones have a cosine of {other}."
    return f"Views of one picture are alike, with a mean cosine of {own}; those of different pictures have {other}."


def worth(told: dict[str, float], params: Params) -> str:
    """Compare what was learnt with pixels."""
    many = {Labels.ONE: "one label", Labels.TEN: "ten labels", Labels.HUNDRED: "a hundred labels"}[params.labels]
    learnt, pixels = told["learnt_percent"], told["pixels_percent"]
    if learnt > pixels + WORTH:
        return f"With {many} of each class, these features get {learnt:.0f} % right, pixels {pixels:.0f} %."
    how = "hurt" if learnt < pixels - WORTH else "gain little"
    return f"With {many} of each class, these features {how}: {learnt:.0f} % right, by pixels {pixels:.0f} %."


def reading(told: dict[str, float], params: Params) -> tuple[str, ...]:
    """Say how far the embedding spreads, and what the comparison gives."""
    spread, dims = told["spread"], told["dimensions"]
    first = f"The spread of the embedding is {spread:.2f}: 1 is all over the sphere, 0 one point."
    if spread >= COLLAPSED:
        first += f" It uses about {dims:.0f} dimensions."
    if "taught_percent" not in told:
        return (first,)
    ways = f"with {params.labels} of each class a net taught by labels alone gets {told['taught_percent']:.0f} % right"
    return first, f"Labels: {ways}, random features {told['random_percent']:.0f} %."
