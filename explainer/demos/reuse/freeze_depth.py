"""How much of a pretrained network should learn on: some of its layers, all of them, or a new last one alone.

It brings its own garments and digits and ignores the frame. Frozen layers are computed once; all eighteen take ten
seconds to learn on two cores.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Bars, Chart, Curve, Series
from explainer.core.context import Context
from explainer.core.controls import Choice, Doc, Range, Resets, TrainAgain
from explainer.core.demo import Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.geometry import identity
from explainer.core.layers import Lines, Panel
from explainer.core.numbers import numbers
from explainer.core.parts import Part
from explainer.core.picture import heat
from explainer.core.result import Result
from explainer.core.walls import named_wall, wall_of_classes

if TYPE_CHECKING:
    from explainer.vision.reuse.finetune import Moved
    from explainer.vision.reuse.sets import Shown
    from explainer.vision.training.examples import Split
    from explainer.vision.training.fit import Snapshot

LAYERS = 18
COMPARED = 40  # pictures on which layers are compared
COLUMNS, ROWS = 6, 4
PARAMETERS = 3_371_024  # of the backbone without its last layer


class From(Choice):
    """What is to be learnt."""

    GARMENTS = "garments", "Garments"
    DIGITS = "digits", "Digits"


NOUN = {From.GARMENTS: "garments", From.DIGITS: "digits"}
WORTH = 4.0  # points: less is within the luck of the draw


class Pixels(Choice):
    """How pixels are scaled before they go in."""

    RIGHT = "right", "As the weights were trained"
    WRONG = "wrong", "0…1 and no further"


class Norm(Choice):
    """Where batch norms take mean and variance from while they learn."""

    KEPT = "kept", "ImageNet's (eval mode)"
    BATCH = "batch", "Each batch (train mode)"


@dataclass(frozen=True, slots=True)
class Params:
    """What learns, and how."""

    layers: Annotated[
        int, Range(0, LAYERS, unit="layers"), Resets(),
        Doc("Layers that learn on", "From the last one down; the new layer for your classes always learns."),
    ] = 3  # fmt: skip
    old: Annotated[
        float, Range(0.01, 1.0, log=True, unit="×"), Resets(),
        Doc("Rate of old layers", "Their learning rate as a share of the new layer's: high ones forget ImageNet."),
    ] = 1.0  # fmt: skip
    norm: Annotated[Norm, Resets(), Doc("Batch norm", "Small batches have unsteady means.")] = Norm.KEPT
    pixels: Annotated[Pixels, Resets(), Doc("Pixels", "Layers expect the scale they learnt with.")] = Pixels.RIGHT
    source: Annotated[From, Resets(), Doc("Learn", "Garments are a little like photos.")] = From.GARMENTS
    shots: Annotated[int, Range(1, 20), Resets(), Doc("Shots of each class", "With more, more can learn.")] = 20
    again: TrainAgain = 0


class FreezeDepth(Demo[Params]):
    """A tail of EfficientNet-Lite0 learns on, above layers that are frozen."""

    info = DemoInfo(
        id="freeze-depth", title="How much to freeze", topics=(18, 48), papers=("kornblith2019", "kumar2022"),
        summary="Let more and more layers learn on: what it gains, how far each moves, and what stays alike.",
        uses_frame=False, uses_model=False, budget_s=60.0,
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:  # noqa: ARG002
        """Train the tail, or carry on where it was left."""
        from explainer.vision.reuse import finetune, sets
        from explainer.vision.training.watched import watched

        first, right = LAYERS - params.layers, params.pixels == Pixels.RIGHT
        given = (params.source, params.shots, ctx.seed)

        def asked(share: float) -> None:
            ctx.checkpoint()
            ctx.progress(share, "frozen layers, once")

        shown = ctx.memo(("set", *given), lambda: sets.shipped(given[0].value, params.shots, ctx.seed), keep=True)

        def made() -> Split:
            ctx.publish(waiting(shown).result(partial=True))
            return finetune.data(shown, first, asked, right=right)

        data = ctx.memo(("put out", *given, first, right), made, keep=True)
        base = ctx.memo(("probe", *given, first, right), lambda: finetune.probed(data, first), keep=True)
        batch = params.norm == Norm.BATCH
        how = finetune.recipe(data, first, old=params.old, batch_statistics=batch, seed=ctx.seed)

        def show(found: tuple[Snapshot | None, ...], partial: bool) -> Result:
            (now,) = found
            assert now is not None
            compared = shown.test[:COMPARED]
            change = None if partial else finetune.moved(now.module(), first, compared, asked, right=right)
            return part_of(now, shown, base, change, params).result(partial=partial)

        return watched(ctx, how, show, again=params.again)


def waiting(shown: Shown) -> Part:
    """Shots, before anything is computed from them."""
    train = shown.split.train
    wall = wall_of_classes("Shots", shown.train, train.labels, train.names)
    said = f"What the frozen layers put out for these {len(train)} shots is computed once."
    return Part((wall,), (), (said,), numbers(shots_count=len(train)), heroes=(wall.slug,))


def part_of(now: Snapshot, shown: Shown, base: NDArray[np.int64], change: Moved | None, params: Params) -> Part:
    """New pictures as the tuned network names them, what each layer did, and the accuracy."""
    from explainer.vision.training.parts import scores_of

    test = shown.split.test
    said = scores_of(now.module(), now.recipe.data.test).numpy().argmax(1)
    tuned, frozen = (100 * float((one == test.labels).mean()) for one in (said, base))
    wall = named_wall("With layers that learn", test.images, test.labels, said, test.names, columns=COLUMNS, rows=ROWS)
    panels = (wall,) if change is None else (wall, likeness(change, LAYERS - params.layers))
    charts = (accuracy(tuned, frozen, NOUN[params.source]), *moves(change), learning(now))
    learnt = sum(array.size for name, array in now.weights.items() if _learns(name))
    values = numbers(
        tuned_percent=tuned, probe_percent=frozen, gain_points=tuned - frozen, layers_count=params.layers,
        learning_parameters_count=learnt, learning_share_percent=100 * learnt / (PARAMETERS + 10 * 1281),
        train_percent=100 * now.history["accuracy_train"][-1], step=now.step, diverged=now.diverged,
        **_of_change(change),
    )  # fmt: skip
    heroes = tuple(panel.slug for panel in panels)
    return Part(panels, charts, reading(values), values, headline=headline(values, params, now), heroes=heroes)


def _learns(name: str) -> bool:
    return not name.rpartition(".")[2].startswith(("running", "num_batches"))


# Pictures and charts ----------------------------------------------------------------------------------------


def likeness(change: Moved, first: int) -> Panel:
    """CKA of each layer before with each layer after, and where the layers that learn begin."""
    cells = change.likeness.astype(np.float32)
    drawn = heat(cells, identity(), name="CKA", limit=1.0, over=False, smooth=False)
    ends = np.array([[first, 0.0], [first, LAYERS]])
    lines = (Lines("first that learns", (ends,), colours=(1,)),) if 0 < first < LAYERS else ()
    note = "down: before, across: after; learning begins at the line"
    return Panel("Layers before and after", (LAYERS, LAYERS), (drawn, *lines), note, frame=False)


def moves(change: Moved | None) -> tuple[Chart, ...]:
    """Drift of each layer's weights, and how alike its output stays."""
    if change is None:
        return ()
    x = np.arange(1, LAYERS + 1, dtype=np.float64)
    drift = Curve("Drift of each layer", (Series("drift", x, 100 * change.drift),), "layer", "% of its weights")
    same = Series("CKA", x, change.likeness.diagonal().copy(), colour=0)
    return drift, Curve("Output before and after", (same,), "layer", "CKA", (0.0, 1.0))


def accuracy(tuned: float, frozen: float, noun: str) -> Bars:
    """Both networks on new pictures."""
    labels = ("layers learn on", "all frozen (probe)")
    return Bars(f"New {noun} right", labels, (tuned, frozen), hi=100.0, format=".0f", note="%")


def learning(now: Snapshot) -> Curve:
    """Share that is right while it learns."""
    x = now.marks.astype(np.float64)
    shots, new = (100 * now.history[f"accuracy_{part}"] for part in ("train", "test"))
    lines = (Series("shots", x, shots, "dashed"), Series("new", x, new))
    across = (0.0, float(now.recipe.steps))
    return Curve("Accuracy while it learns", lines, "step", "% right", (0.0, 100.0), across)


# Words and numbers ------------------------------------------------------------------------------------------


def _of_change(change: Moved | None) -> dict[str, float]:
    if change is None:
        return {}
    least = int(change.likeness.diagonal().argmin())
    return {
        "most_drift_percent": 100 * float(change.drift.max()), "most_drift_layer": int(change.drift.argmax()) + 1,
        "least_cka": float(change.likeness[least, least]), "least_cka_layer": least + 1,
    }  # fmt: skip


def headline(values: dict[str, float], params: Params, now: Snapshot) -> str:
    """Say whether letting layers learn on was worth it."""
    if now.diverged:
        return "The training ran into numbers that are not finite; this is the last good moment."
    tuned, frozen, noun = values["tuned_percent"], values["probe_percent"], NOUN[params.source]
    if not params.layers:
        return f"With everything frozen, a new last layer names {tuned:.0f} % of new {noun}."
    if tuned < frozen - WORTH:
        rate = "at the new one's rate " if params.old == 1 else ""
        return f"Old layers that learn on {rate}forget: {tuned:.0f} % of new {noun}, all frozen {frozen:.0f} %."
    how = "pays" if tuned > frozen + WORTH else "changes little"
    return f"Letting old layers learn on {how}: {tuned:.0f} % of new {noun}, all frozen {frozen:.0f} %."


def reading(values: dict[str, float]) -> tuple[str, ...]:
    """Say how much learns, and what moved most."""
    learnt = words.thousands(int(values["learning_parameters_count"]))
    first = f"{learnt} weights learn, {values['learning_share_percent']:.1f} % of the network."
    if not values.get("most_drift_percent"):
        return (first,)
    layer, drift, low = (values[name] for name in ("most_drift_layer", "most_drift_percent", "least_cka"))
    second = f"Layer {layer:.0f} of {LAYERS} moved most, by {drift:.2g} % of its weights."
    return first, second, f"The layer that puts out something else most has a CKA of {low:.2f}."
