"""What the training demo shows and says, from a snapshot of the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explainer.core.charts import Curve, Matrix, Series
from explainer.core.layers import Cells, Panel

if TYPE_CHECKING:
    from explainer.vision.training.examples import Examples
    from explainer.vision.training.fit import Snapshot
    from explainer.vision.training.small_net_report import Answers, SlopeCheck

FILTER_COLUMNS = 4
HARDEST, HARDEST_COLUMNS = 18, 6
GUESSING = 0.2  # twice what one digit for all would earn
OVERFIT = 4.0  # points of accuracy between training and test digits from which the reading says so
LOSS_TOP = 6.0  # a loss above is off the chart; the net then does worse than guessing anyway
SMALLEST_LOG = -12.0  # where a gradient of 0 is drawn


# Pictures -----------------------------------------------------------------------------------------------


def filters_panel(start: NDArray[np.float32], now: NDArray[np.float32]) -> Panel:
    """Filters of the first layer ``(8, 1, 3, 3)``: the upper half as they started, the lower as they are."""
    both = np.concatenate([start, now])[:, 0]
    top = float(np.abs(both).max()) or 1.0
    labels = tuple(str(n + 1) for n in range(len(now))) * 2
    cells = Cells("filters", both, FILTER_COLUMNS, -top, top, "diverging", labels)
    note = "3 × 3 weights; upper half at first, lower half now"
    return Panel("First-layer filters", cells.size, (cells,), note, frame=False)


def hardest_panel(answers: Answers, test: Examples) -> Panel:
    """Test digits whose own label got the least probability; ``3→8`` is a 3 that was taken for an 8."""
    chosen = answers.hardest[:HARDEST]
    said = answers.said
    labels = tuple(_verdict(int(test.labels[i]), int(said[i])) for i in chosen)
    cells = Cells("digits", test.images[chosen], HARDEST_COLUMNS, 0.0, 1.0, "grey", labels)
    return Panel("Hardest test digits", cells.size, (cells,), "true → what the net said", frame=False)


def _verdict(true: int, said: int) -> str:
    return str(true) if true == said else f"{true}→{said}"


# Charts -------------------------------------------------------------------------------------------------


def loss_chart(now: Snapshot, epochs: int) -> Curve:
    """Cross-entropy after each epoch on both sets, and of each batch in between."""
    x = np.arange(now.epoch + 1, dtype=np.float64)
    train, test = now.history["loss_train"], now.history["loss_test"]
    steps = np.arange(now.step, dtype=np.float64) / now.recipe.per_epoch
    batch = (Series("batch", steps, now.losses, "solid", -2),) if now.step else ()
    top = min(LOSS_TOP, 1.05 * max(float(train.max()), float(test.max()), float(np.log(10.0))))
    series = (*batch, Series("training", x, train, colour=-1), Series("test", x, test, "dashed", -1))
    return Curve("Loss", series, "epoch", "nats", (0.0, top), (0.0, float(epochs)), note="guessing: ln 10 = 2.30")


def accuracy_chart(now: Snapshot, epochs: int) -> Curve:
    """Share of digits that are right, on both sets."""
    x = np.arange(now.epoch + 1, dtype=np.float64)
    train, test = 100 * now.history["accuracy_train"], 100 * now.history["accuracy_test"]
    series = (Series("training", x, train, colour=-1), Series("test", x, test, "dashed", -1))
    return Curve("Accuracy", series, "epoch", "% right", (0.0, 100.0), (0.0, float(epochs)))


def confusion_chart(answers: Answers) -> Matrix:
    """Counts of the test digits: row true digit, column the net's."""
    names = tuple(str(n) for n in range(10))
    counts = answers.confusion.astype(np.float64)
    return Matrix("Confusion", counts, names, names, "the net said", "true digit", note="test digits")


def gradient_chart(now: Snapshot, epochs: int, layers: tuple[str, ...]) -> Curve:
    """Size of the gradient in each layer over the epochs, as a power of ten."""
    x = np.arange(now.epoch + 1, dtype=np.float64)
    sizes = now.history["gradients"]  # (E + 1, 4)
    logs = np.log10(np.maximum(sizes, 10.0**SMALLEST_LOG))
    series = tuple(Series(name, x, logs[:, n], colour=n) for n, name in enumerate(layers))
    return Curve(
        "Gradient in each layer", series, "epoch", "log₁₀ of its RMS",
        (float(np.floor(logs.min())), float(np.ceil(logs.max() + 0.01))), (0.0, float(epochs)),
    )  # fmt: skip


# Words and numbers --------------------------------------------------------------------------------------


def values(now: Snapshot, answers: Answers, slope: SlopeCheck, parameters: int) -> dict[str, float]:
    """The numbers of the last epoch done; the ratio is left out where the last layer has no gradient."""
    last = {name: float(array[-1]) for name, array in now.history.items() if array.ndim == 1}
    gradients = now.history["gradients"]
    numbers = {
        "epoch": float(now.epoch),
        "steps_count": float(now.step),
        "parameters_count": float(parameters),
        "loss_train": last["loss_train"],
        "loss_test": last["loss_test"],
        "loss_at_first": float(now.history["loss_test"][0]),
        "accuracy_train_percent": 100 * last["accuracy_train"],
        "accuracy_test_percent": 100 * last["accuracy_test"],
        "wrong_count": float(answers.confusion.sum() - np.trace(answers.confusion)),
        "diverged": float(now.diverged),
        "gradient_first_layer": float(gradients[-1, 0]),
        "gradient_last_layer": float(gradients[-1, -1]),
        "slope_backward": slope.backward,
        "slope_difference": slope.difference,
    }
    if gradients[0, -1] > 0:
        numbers["gradient_ratio_at_first"] = float(gradients[0, 0] / gradients[0, -1])
    return numbers


def reading(now: Snapshot, answers: Answers, epochs: int) -> str:
    """Say where the run stands and what goes wrong most often."""
    total = int(answers.confusion.sum())
    share = 100 * float(now.history["accuracy_test"][-1])
    when = f"After {now.epoch} epoch{'s' if now.epoch != 1 else ''}" if now.epoch else "Before training"
    text = f"{when} **{share:.1f} %** of {total} test digits are right; {_mistakes(answers, share)}"
    if now.diverged:
        return f"{text} In epoch {now.epoch + 1} the loss ran out of all numbers: lower the learning rate."
    if now.epoch < epochs:
        return text
    return f"{text} {_gap(now)}".strip()


def _mistakes(answers: Answers, share: float) -> str:
    if share < 100 * GUESSING:
        favourite = int(answers.confusion.sum(0).argmax())
        times = int(answers.confusion.sum(0)[favourite])
        return f"the net is guessing: its answer to {times} of them is {favourite}."
    true, said, times = answers.top_confusion
    if times == 0:
        return "none is mistaken."
    if times == 1:
        return "no two digits are mixed up more than once."
    return f"{true} is most often taken for {said} ({times} times)."


def _gap(now: Snapshot) -> str:
    """Whether it knows its training digits better than others."""
    train, test = (100 * float(now.history[f"accuracy_{part}"][-1]) for part in ("train", "test"))
    if train - test < OVERFIT:
        return ""
    return f"Of the digits it learned from, {train:.1f} % are right: it overfits."


def badges(slope: SlopeCheck) -> tuple[str, ...]:
    """Say how well backpropagation's slope of one weight agrees with moving that weight."""
    error = slope.relative_error
    if error is None:
        return ("no gradient reaches the first layer",)
    return (f"slope of one first-layer weight {slope.backward:.2e}, by finite difference {slope.difference:.2e}",)
