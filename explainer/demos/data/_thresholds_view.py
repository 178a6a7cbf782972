"""What one threshold does to a wall of digits, and the curves on which it is a point."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Chart, Curve, Matrix, Series
from explainer.core.layers import Boxes, Cells, Label, Layer, Lines, Panel
from explainer.core.walls import squares, stairs

if TYPE_CHECKING:
    from explainer.vision.training.thresholds import Cut

COLUMNS, DIM, FAINT = 20, 0.33, 0.7
FALSE, MISSED, LINE = 5, 4, 7  # colours of the two errors, and of the cut
MUTED = -2


def wall_panel(cut: Cut) -> Panel:
    """All pictures by falling score: bright where the answer is yes, and both kinds of error framed."""
    yes = np.arange(len(cut.positive)) < cut.called
    light = np.where(yes, 1.0, np.where(cut.positive, FAINT, DIM))
    ink = cut.asked.images * light[:, None, None]
    cells = Cells("digits", ink.astype(np.float32), COLUMNS, 0.0, 1.0, "grey")
    false, missed = squares(cells, yes & ~cut.positive), squares(cells, ~yes & cut.positive)
    layers: tuple[Layer, ...] = (
        cells,
        Lines("threshold", (stairs(cells, cut.called),), (LINE,), width_px=3.0),
        Boxes("false alarms", false, colours=(FALSE,) * len(false)),
        Boxes("missed", missed, colours=(MISSED,) * len(missed), dashed=True),
        *_named("false alarm", false, FALSE, cells.size[1]),
        *_named(f"missed {cut.digit}", missed, MISSED, cells.size[1]),
    )
    return Panel("Surest first", cells.size, layers, f"bright: score {cut.threshold:.2f} or more", frame=False)


def _named(text: str, boxes: NDArray[np.float64], colour: int, height: float) -> tuple[Label, ...]:
    """Say below the last of some framed squares what they are."""
    return tuple(Label(text, text, (x0, min(2 * y1 - y0, height)), colour) for x0, y0, _, y1 in boxes[-1:].tolist())


def charts(cut: Cut, third: str, own: float) -> tuple[Chart, ...]:
    """ROC, precision over recall, and a third one: ``confusion``, ``cost`` or ``reliability``."""
    made = {"confusion": confusion_chart, "cost": cost_chart, "reliability": reliability_chart}[third]
    return roc_chart(cut), pr_chart(cut, own), made(cut)


def roc_chart(cut: Cut) -> Chart:
    """Recall over false alarms, which prevalence leaves alone."""
    rates, at = cut.rates, cut.rates.at(cut.threshold)
    lines = (
        Series("", 100 * rates.alarms, 100 * rates.recall),
        here(100 * rates.alarms[at], 100 * rates.recall[at]),
        Series("", np.array([0.0, 100.0]), np.array([0.0, 100.0]), "dotted", MUTED),
    )
    return percents("ROC", lines, "false alarms, % of the others", "found, %", f"AUC {rates.auc:.3f}")


def pr_chart(cut: Cut, own: float) -> Chart:
    """Precision over recall at this prevalence, and as it was at that of the wall."""
    rates, at, share = cut.rates, cut.rates.at(cut.threshold), cut.prevalence
    recall, precision = 100 * rates.recall, 100 * rates.precision(share)
    lines = [
        Series("", recall[1:], precision[1:]),
        here(recall[at], precision[at]),
        Series("", np.array([0.0, 100.0]), np.full(2, 100 * share), "dotted", MUTED),
    ]
    note = f"AP {rates.average_precision(share):.3f}"
    if share != own:
        lines.append(Series("", recall[1:], 100 * rates.precision(own)[1:], "dashed", MUTED))
    return percents("Precision and recall", tuple(lines), "found (recall), %", "alarms that are right, %", note)


def here(x: float, y: float) -> Series:
    """Lines from both axes to the point of the threshold."""
    return Series("", np.array([x, x, 0.0]), np.array([0.0, y, y]), "dashed", FALSE)


def confusion_chart(cut: Cut) -> Chart:
    """What a thousand digits of this prevalence would be called."""
    rates, at, share = cut.rates, cut.rates.at(cut.threshold), cut.prevalence
    hit, false = 1000 * share * rates.recall[at], 1000 * (1 - share) * rates.alarms[at]
    counts = np.array([[hit, 1000 * share - hit], [false, 1000 * (1 - share) - false]])
    return Matrix("Confusion matrix", counts, (cut.name, "others"), ("called yes", "called no"), note="of 1,000 digits")


def cost_chart(cut: Cut) -> Chart:
    """What each threshold costs, on digits that are not shown and on those that are."""
    at, lines = np.linspace(0.0, 1.0, 201), []
    for name, scored, colour in (("other digits", cut.asked.held, -1), ("this wall", cut.asked.seen, MUTED)):
        rates = scored.rates()
        cost = 100 * rates.cost(cut.prevalence, cut.miss)
        lines.append(Series(name, at, cost[[rates.at(one) for one in at]], colour=colour))
    top = 150 * min(cut.miss * cut.prevalence, 1 - cut.prevalence)  # somewhat more than always no, or always yes
    lines.append(Series("here", np.full(2, cut.threshold), np.array([0.0, top]), "dashed", FALSE))
    return Curve("Cost of 100 digits", tuple(lines), "threshold", "in false alarms", (0.0, top), (0.0, 1.0))


def reliability_chart(cut: Cut) -> Chart:
    """How often the reader is right when it says so many percent."""
    from explainer.vision.metrics.binary import reliability

    found = reliability(cut.asked.held, cut.prevalence)
    lines = (
        Series("", 100 * found.said, 100 * found.true),
        Series("", np.array([0.0, 100.0]), np.array([0.0, 100.0]), "dotted", MUTED),
    )
    return percents("Reliability", lines, "score, %", f"{cut.name} among them, %", f"ECE {found.error:.3f}")


def percents(title: str, lines: tuple[Series, ...], x: str, y: str, note: str) -> Chart:
    """Plot of percents over percents."""
    return Curve(title, lines, x, y, (0.0, 100.0), (0.0, 100.0), note)


def headline(cut: Cut, own: float) -> str:
    """Say what this threshold misses, and what it raises falsely."""
    false = cut.called - cut.found
    if cut.step == 0:
        return f"The reader knows nothing yet; its scores do not tell {cut.name} from others."
    if not cut.called:
        return f"Nothing reaches this threshold: there is no false alarm, and all {cut.name} are missed."
    if cut.prevalence != own:
        wrong = 100 - cut.values()["precision_percent"]
        given = f"If {100 * cut.prevalence:.0f} % of all digits were {cut.name}"
        return f"{given}, {wrong:.0f} % of the alarms would be false."
    which = "The cheapest threshold" if cut.hand is None else "This threshold"
    alarms = words.count(false, "false alarm") if false else "no false alarm"
    return f"{which} misses {cut.missed or 'none'} of the {cut.name} and raises {alarms}."


def reading(cut: Cut) -> tuple[str, ...]:
    """Say what is bright and what is framed, then precision, recall and accuracy."""
    found = cut.values()
    false = cut.called - cut.found
    return (
        f"Bright digits are called {cut.name}: {cut.found} are, and **{false} are not**, framed in orange.",
        f"Dashed blue frames mark **{cut.missed} missed**.",
        f"Recall is {found['recall_percent']:.0f} %, precision {found['precision_percent']:.0f} %.",
        f"Accuracy is {found['accuracy_percent']:.1f} %; always saying no would reach {found['never_percent']:.0f} %.",
    )
