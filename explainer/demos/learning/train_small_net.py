"""A small net learns handwritten digits from nothing, while one watches.

It brings its own 1,797 digits and ignores the frame. 15 epochs take one to four seconds on two cores; 60 with
small batches take longer, hence the budget of a training demo.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Curve, Matrix, Series
from explainer.core.context import Context
from explainer.core.controls import Choice, Doc, Range, Resets, TrainAgain, UseNetwork, When
from explainer.core.demo import Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.layers import Cells, Panel
from explainer.core.numbers import numbers
from explainer.core.parts import Part
from explainer.core.plays import Play, Plays
from explainer.core.result import Result
from explainer.core.walls import wall

if TYPE_CHECKING:
    from explainer.vision.training.examples import Examples
    from explainer.vision.training.fit import Snapshot
    from explainer.vision.training.recipe import Recipe
    from explainer.vision.training.small_net_report import Answers, SlopeCheck

FILTER_COLUMNS = 4
WALL, WALL_COLUMNS = 40, 10
HARDEST, HARDEST_COLUMNS = 9, 3
PLAYED = 15  # epochs, where nobody asks for more
GUESSING = 0.2  # twice what one digit for all would earn
OVERFIT = 4.0  # points of accuracy between training and test digits from which the reading says so
LOSS_TOP = 6.0  # a loss above is off the chart; the net then does worse than guessing anyway
SMALLEST_LOG = -12.0  # where a gradient of 0 is drawn


class Optimiser(Choice):
    """How gradients become steps."""

    SGD = "sgd", "SGD with momentum"
    ADAM = "adam", "Adam"


class Activation(Choice):
    """What stands between the layers."""

    RELU = "relu", "ReLU"
    TANH = "tanh", "tanh"
    SIGMOID = "sigmoid", "Sigmoid"


@dataclass(frozen=True, slots=True)
class Params:
    """The recipe. All but the number of epochs start a new run."""

    epochs: Annotated[
        int, Range(1, 60), Doc("Epochs", "Passes over the training digits; raise it to go on."),
        Plays(6.0, "Train anew, epoch by epoch"),
    ] = PLAYED  # fmt: skip
    learning_rate: Annotated[
        float, Range(0.0001, 3.0, log=True), Resets(),
        Doc("Learning rate", "Step along the gradient: too low and nothing moves, too high and nothing settles."),
    ] = 0.03  # fmt: skip
    optimiser: Annotated[Optimiser, Resets(), Doc("Optimiser", "Adam gives each weight its own step size.")] = (
        Optimiser.SGD
    )
    momentum: Annotated[
        float, Range(0.0, 0.99, 0.01), Resets(), When("optimiser", (Optimiser.SGD,)),
        Doc("Momentum", "Share of the last step that is repeated."),
    ] = 0.9  # fmt: skip
    batch_size: Annotated[
        int, Range(4, 256, log=True, unit="digits"), Resets(), Doc("Batch size", "Smaller: more and noisier steps.")
    ] = 32
    activation: Annotated[
        Activation, Resets(), Doc("Activation", "Sigmoids shrink the gradient in every layer on its way back.")
    ] = Activation.RELU
    init_scale: Annotated[
        float, Range(0.03, 10.0, log=True, unit="×"), Resets(),
        Doc("Starting weights", "Factor on He's starting weights: far below 1 gradients vanish, above they explode."),
    ] = 1.0  # fmt: skip
    train_size: Annotated[
        int, Range(20, 1297, log=True, unit="digits"), Resets(),
        Doc("Training digits", "With few, the two curves part: the net learns them by heart."),
    ] = 1297  # fmt: skip
    again: TrainAgain = 0
    keep: UseNetwork = 0


class TrainSmallNet(Demo[Params]):
    """Loss, accuracy, filters and errors of a net in training."""

    info = DemoInfo(
        id="train-small-net", title="Train a small net", topics=(2,),
        summary="9,802 weights learn handwritten digits by backpropagation in front of your eyes.",
        papers=("rumelhart1986", "he2015", "kingma2015"), uses_frame=False, uses_model=False, budget_s=60.0,
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:  # noqa: ARG002
        """Train, or carry on where the last run of the same recipe stopped."""
        from explainer.vision.training.paper_net import network_of
        from explainer.vision.training.watched import Keeping, watched

        def show(found: tuple[Snapshot | None, ...], partial: bool) -> Result:
            (now,) = found
            assert now is not None
            return shown(now, params.epochs).result(partial=partial)

        keeping = Keeping(params.keep, network_of)
        return watched(ctx, recipe(params, ctx.seed), show, again=params.again, keeping=keeping)


def recipe(params: Params, seed: int) -> Recipe:
    """How the net is trained."""
    from explainer.vision.training import small_net

    return small_net.recipe(
        small_net.optimiser(params.optimiser, params.learning_rate, params.momentum),
        epochs=params.epochs, net=small_net.SmallNet(str(params.activation), params.init_scale),
        batch_size=params.batch_size, train_size=params.train_size, seed=seed,
    )  # fmt: skip


def shown(now: Snapshot, epochs: int) -> Part:
    """Some digits as read at first and now, what is hard, filters, curves, and where the run stands."""
    from explainer.vision.training import small_net, small_net_report
    from explainer.vision.training.parts import scores_of

    train, test = now.recipe.data
    answers, slope = small_net_report.answers(now, test), small_net_report.check_slope(now, train)
    begun, few = now.recipe.net.begun(now.recipe.seed), test.first(WALL)
    guesses = scores_of(begun, few).numpy().argmax(1)
    start = begun.get_parameter(small_net.FIRST).detach().numpy()
    done = f"epoch {now.epoch} of {epochs}"
    panels = (
        some_panel("Before training", few, guesses), some_panel("Now", few, answers.said[:WALL], f"{done}: "),
        hardest_panel(answers, test), filters_panel(start, now.weights[small_net.FIRST]),
    )  # fmt: skip
    charts = (*learning_charts(now, epochs), confusion_chart(answers), gradient_chart(now, epochs, small_net.LAYERS))
    named = values(now, answers, slope, small_net.count(now.recipe.net))
    play = Play("epochs", 1, max(PLAYED, epochs), epochs, counted=done, note="each step trains on")
    return Part(
        panels, charts, reading(now, answers, epochs), named, (about_slope(slope),), headline=headline(named),
        heroes=(panels[0].slug, panels[1].slug), play=play,
    )  # fmt: skip


def headline(named: Mapping[str, float]) -> str:
    """Say how far it has come."""
    if not named["epoch"]:
        return "The net knows nothing yet: its filters are noise and its answers are guesses."
    share = f"{named['accuracy_test_percent']:.1f} %"
    if named["accuracy_test_percent"] < 100 * GUESSING:
        return f"Still guessing: the net reads {share} of the digits it never saw."
    return (
        f"It began by guessing, {named['accuracy_at_first_percent']:.1f} % right; now it reads {share} of new digits."
    )


# Pictures -----------------------------------------------------------------------------------------------


def filters_panel(start: NDArray[np.float32], now: NDArray[np.float32]) -> Panel:
    """Filters of the first layer ``(8, 1, 3, 3)``: the upper half as they started, the lower as they are."""
    both = np.concatenate([start, now])[:, 0]
    top = float(np.abs(both).max()) or 1.0
    labels = tuple(str(n + 1) for n in range(len(now))) * 2
    cells = Cells("filters", both, FILTER_COLUMNS, -top, top, "diverging", labels)
    note = "3 × 3, of the first layer: upper half before training, lower half now"
    return Panel("Filters", cells.size, (cells,), note, frame=False)


def some_panel(title: str, few: Examples, said: NDArray[np.int64], when: str = "") -> Panel:
    """The first test digits: those that are read wrong are dark, and ``3→8`` is a 3 that was taken for an 8."""
    right = few.labels == said
    note = f"{when}{right.sum()} of {len(right)} read right, the dark ones wrong"
    return wall(title, few.images, few.labels, said, columns=WALL_COLUMNS, lit=right, note=note)


def hardest_panel(answers: Answers, test: Examples) -> Panel:
    """Test digits whose own label got the least probability."""
    chosen, note = answers.hardest[:HARDEST], "true → what the net said"
    true, said = test.labels[chosen], answers.said[chosen]
    return wall("Hardest digits", test.images[chosen], true, said, columns=HARDEST_COLUMNS, note=note)


# Charts -------------------------------------------------------------------------------------------------


def learning_charts(now: Snapshot, epochs: int) -> tuple[Curve, Curve]:
    """Cross-entropy and share of digits that are right after each epoch on both sets; in between, of each batch."""
    loss, right = _both(now, "loss", 1.0), _both(now, "accuracy", 100.0)
    steps = np.arange(now.step, dtype=np.float64) / now.recipe.per_epoch
    batch = (Series("batch", steps, now.losses, "solid", -2),) if now.step else ()
    top = min(LOSS_TOP, 1.05 * max(np.log(10.0), *(float(line.y.max()) for line in loss)))
    across = (0.0, float(epochs))
    return (
        Curve("Loss", (*batch, *loss), "epoch", "nats", (0.0, top), across, note="guessing: ln 10 = 2.30"),
        Curve("Accuracy", right, "epoch", "% right", (0.0, 100.0), across),
    )


def _both(now: Snapshot, name: str, factor: float) -> tuple[Series, Series]:
    x = np.arange(now.epoch + 1, dtype=np.float64)
    train, test = (factor * now.history[f"{name}_{part}"] for part in ("train", "test"))
    return Series("training", x, train), Series("test", x, test, "dashed")


def confusion_chart(answers: Answers) -> Matrix:
    """Counts of the test digits: row true digit, column the net's."""
    names = tuple("0123456789")
    return Matrix("Confusion", answers.confusion.astype(np.float64), names, names, "the net said", "true digit")


def gradient_chart(now: Snapshot, epochs: int, layers: tuple[str, ...]) -> Curve:
    """Size of the gradient in each layer over the epochs, as a power of ten."""
    x = np.arange(now.epoch + 1, dtype=np.float64)
    logs = np.log10(np.maximum(now.history["gradients"], 10.0**SMALLEST_LOG))  # (E + 1, 4)
    series = tuple(Series(name, x, logs[:, n], colour=n) for n, name in enumerate(layers))
    down = (float(np.floor(logs.min())), float(np.ceil(logs.max() + 0.01)))
    return Curve("Gradient in each layer", series, "epoch", "log₁₀ of its RMS", down, (0.0, float(epochs)))


# Words and numbers --------------------------------------------------------------------------------------


def values(now: Snapshot, answers: Answers, slope: SlopeCheck, parameters: int) -> dict[str, float]:
    """The numbers of the last epoch done; the ratio is left out where the last layer has no gradient."""
    last = {name: array[-1] for name, array in now.history.items()}
    first, top = now.history["gradients"][0, [0, -1]]
    return numbers(
        epoch=now.epoch, steps_count=now.step, parameters_count=parameters,
        loss_train=last["loss_train"], loss_test=last["loss_test"], loss_at_first=now.history["loss_test"][0],
        accuracy_train_percent=100 * last["accuracy_train"], accuracy_test_percent=100 * last["accuracy_test"],
        accuracy_at_first_percent=100 * now.history["accuracy_test"][0],
        wrong_count=answers.confusion.sum() - np.trace(answers.confusion), diverged=now.diverged,
        gradient_first_layer=last["gradients"][0], gradient_last_layer=last["gradients"][-1],
        slope_backward=slope.backward, slope_difference=slope.difference,
        gradient_ratio_at_first=first / top if top > 0 else None,
    )  # fmt: skip


def reading(now: Snapshot, answers: Answers, epochs: int) -> tuple[str, ...]:
    """Say where the run stands, what goes wrong most often, and whether training digits are read better than others."""
    total = int(answers.confusion.sum())
    train, test = (100 * float(now.history[f"accuracy_{part}"][-1]) for part in ("train", "test"))
    when = f"After {words.count(now.epoch, 'epoch')}" if now.epoch else "Before training"
    text = f"{when} **{test:.1f} %** of {total} test digits are right; {_mistakes(answers, test)}"
    if now.diverged:
        return text, f"In epoch {now.epoch + 1} the loss grew beyond all numbers: lower the learning rate."
    overfits = now.epoch >= epochs and train - test >= OVERFIT
    return text, f"Of the digits it learned from, {train:.1f} % are right: it overfits." if overfits else ""


def _mistakes(answers: Answers, share: float) -> str:
    if share < 100 * GUESSING:
        times = answers.confusion.sum(0)
        return f"the net is guessing: its answer to {times.max()} of them is {times.argmax()}."
    true, said, often = answers.top_confusion
    if often > 1:
        return f"{true} is most often taken for {said} ({often} times)."
    return "no two digits are mixed up more than once." if often else "none is mistaken."


def about_slope(slope: SlopeCheck) -> str:
    """Say how well backpropagation's slope of one weight agrees with moving that weight."""
    if slope.relative_error is None:
        return "no gradient reaches the first layer"
    return f"slope of one first-layer weight {slope.backward:.2e}, by finite difference {slope.difference:.2e}"
