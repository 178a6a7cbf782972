"""What the demo of nets that meet holes shows and says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Bars, Curve, Series
from explainer.core.layers import Cells, Panel

if TYPE_CHECKING:
    from explainer.vision.training.holes import Pair, Tolerance

SHOWN, COLUMNS = 24, 6
NAMES = ("plain net, zeros", "plain net, means", "learnt with holes")
SHORT = ("zeros", "means", "learnt so")  # beside a bar there is less room


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """The first test digits with holes, as each net gets them, and what it says.

    Parameters
    ----------
    images
        For each net ``(N, 8, 8)``.
    said
        For each net ``(N,)``.
    labels
        The truth, ``(N,)``.
    """

    images: tuple[NDArray[np.float32], NDArray[np.float32]]
    said: tuple[NDArray[np.int64], NDArray[np.int64]]
    labels: NDArray[np.int64]


def row_of(share: int) -> int:
    """Where a share in percent stands among those tested."""
    from explainer.vision.training.holes import SHARES

    return int(np.abs(100 * np.array(SHARES) - share).argmin())


def sheet_of(pair: Pair, share: int) -> Sheet:
    """Tear the first test digits; both nets get the same holes, each with the filling it knows or zeros."""
    from explainer.vision.training import holes

    train, test = pair.plain.recipe.data
    digits = test.first(SHOWN)
    lost = holes.holes(SHOWN, share / 100.0, np.random.default_rng([pair.plain.recipe.seed, 5]))
    filling = holes.instead(pair.fill, train)
    plain, known = holes.with_holes(digits, lost, 0.0), holes.with_holes(digits, lost, filling)
    answers = (holes.said(pair.plain, plain), holes.said(pair.holed, known))
    return Sheet((plain.images, known.images), answers, digits.labels)


def digits_panel(sheet: Sheet, title: str) -> Panel:
    """One net's view; ``3→8`` is a 3 that it takes for an 8."""
    which = 0 if title == "Plain net" else 1
    said = sheet.said[which]
    labels = tuple(
        str(t) if t == s else f"{t}→{s}" for t, s in zip(sheet.labels.tolist(), said.tolist(), strict=True)
    )  # fmt: skip
    right = int((said == sheet.labels).sum())
    cells = Cells("digits", sheet.images[which], COLUMNS, 0.0, 1.0, "grey", labels)
    return Panel(title, cells.size, (cells,), f"{right} of {len(said)} right", frame=False)


def tolerance_chart(found: Tolerance) -> Curve:
    """Accuracy against the share of missing pixels."""
    from explainer.vision.training.holes import SHARES

    x = 100.0 * np.array(SHARES)
    rows = zip(NAMES, (found.plain_zero, found.plain_mean, found.holed), (1, 3, -1), strict=True)
    lines = tuple(Series(name, x, 100 * row, colour=colour) for name, row, colour in rows)
    return Curve("Accuracy with holes", lines, "% missing", "% right", (0.0, 100.0), (0.0, 80.0), "500 test digits")


def bars(found: Tolerance, row: int) -> Bars:
    """Accuracy at the chosen share."""
    from explainer.vision.training.holes import SHARES

    numbers = tuple(100 * float(one[row]) for one in (found.plain_zero, found.plain_mean, found.holed))
    note = f"% right, {words.percent(SHARES[row])} missing"
    return Bars("At this share", SHORT, numbers, hi=100.0, format=".1f", chosen=2, note=note)


def learning_chart(pair: Pair, epochs: int) -> Curve:
    """Accuracy on whole test digits, epoch by epoch: what learning with holes costs."""
    rows = (("plain net", pair.plain, 1), ("learnt with holes", pair.holed, -1))
    lines = tuple(
        Series(
            name,
            np.arange(net.epoch + 1, dtype=np.float64),
            100 * net.history["accuracy_test"],
            colour=colour,
        )
        for name, net, colour in rows
    )
    return Curve("Whole digits", lines, "epoch", "% right", (0.0, 100.0), (0.0, float(epochs)))


def values(pair: Pair, found: Tolerance, row: int) -> dict[str, float]:
    """Accuracies in percent, at the chosen share and at those the lesson names."""
    numbers = {"epoch": float(pair.epoch)}
    for name, at in (("now", row), ("whole", 0), ("20", 2), ("40", 4), ("60", 6)):
        numbers |= {
            f"plain_zero_{name}_percent": 100 * float(found.plain_zero[at]),
            f"plain_mean_{name}_percent": 100 * float(found.plain_mean[at]),
            f"holed_{name}_percent": 100 * float(found.holed[at]),
        }
    return numbers


def reading(pair: Pair, found: Tolerance, row: int) -> str:
    """Say who reads the digits at the chosen share."""
    from explainer.vision.training.holes import SHARES

    zero, mean, known = (100 * float(one[row]) for one in (found.plain_zero, found.plain_mean, found.holed))
    share = words.percent(SHARES[row])
    if pair.plain.diverged or pair.holed.diverged:
        return f"The training ran into numbers that are not finite after {pair.epoch} epochs."
    if pair.epoch == 0:
        return "Both nets are still the same and know nothing: about 10 % of the digits are right by chance."
    return (
        f"After {pair.epoch} epochs, with {share} of the pixels missing, the net that only saw whole digits gets "
        f"{zero:.1f} % right with zeros and {mean:.1f} % with means; the one that learnt with holes **{known:.1f} %**."
    )
