"""Several labels: two digits in one picture, a threshold, and why a softmax cannot name both.

It brings its own digits and ignores the frame. Four nets, one for each loss, take nine seconds of processor time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Chart, Curve, Series, Table
from explainer.core.context import Context
from explainer.core.controls import Choice, Doc, Range, Resets, TrainAgain
from explainer.core.demo import Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.layers import Panel
from explainer.core.memo import latest
from explainer.core.numbers import numbers
from explainer.core.parts import Part
from explainer.core.plays import Play, Plays
from explainer.core.result import Result
from explainer.core.walls import wall_of_sets

if TYPE_CHECKING:
    from explainer.vision.training.examples import Examples
    from explainer.vision.training.fit import Snapshot
    from explainer.vision.training.overlaps import Examined

SHOWN, COLUMNS = 20, 5
LINES = ("binary", "softmax", "focal", "asymmetric")  # short names, in the order of the recipes
NAMES = ("binary cross-entropy", "softmax", "the focal loss", "the asymmetric loss")  # as they stand in a sentence
HEADS = ("relevance", "chain", "powerset")  # those that stand on the features of the first net
HEAD_NAMES = ("binary relevance", "the classifier chain", "the label powerset")
IN_FULL = {"softmax": "Softmax cross-entropy"}


class Other(Choice):
    """The loss of the net on the right, or what stands on the features of the left one."""

    SOFTMAX = "softmax", "Softmax"
    FOCAL = "focal", "Focal loss"
    ASYMMETRIC = "asl", "Asymmetric loss"
    CHAIN = "chain", "Classifier chain"
    POWERSET = "powerset", "Label powerset"


class Held(Choice):
    """How many digits a picture holds."""

    TWO = "two", "Two in each"
    FEWER = "fewer", "None to two"


@dataclass(frozen=True, slots=True)
class Params:
    """From which score a label is said, and what the nets learnt from."""

    threshold: Annotated[
        float, Range(0.0, 1.0, 0.02), Plays(8.0, "Raise the threshold"),
        Doc("Threshold", "A label is said where its score is at least this."),
    ] = 0.5  # fmt: skip
    other: Annotated[Other, Doc("On the right", "Another loss, or labels that know of one another.")] = Other.SOFTMAX
    held: Annotated[Held, Resets(), Doc("Digits", "Up to two: then the net must also find out how many.")] = Held.TWO
    again: TrainAgain = 0


class SeveralLabels(Demo[Params]):
    """Nets that may name several digits of one picture, at one threshold."""

    info = DemoInfo(
        id="several-labels", title="Several labels", topics=(50,),
        summary="Two digits in one picture: sigmoids name both, a softmax makes them share one probability.",
        papers=("ridnik2021", "read2011"), uses_frame=False, uses_model=False, budget_s=60.0,
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:  # noqa: ARG002
        """Train all four side by side, or take up what is there, and judge them at the threshold."""
        from explainer.vision.training import label_heads, overlaps
        from explainer.vision.training.watched import watched

        fewer = params.held == Held.FEWER

        def judged(run: Snapshot) -> Examined:
            return latest(ctx, run.recipe.loss, (run.recipe.key(), run.step), lambda: overlaps.examine(run, fewer))

        def headed(run: Snapshot) -> tuple[Examined, ...]:
            key = (run.recipe.key(), run.step)
            return latest(ctx, "heads", key, lambda: label_heads.examine(run, fewer, ctx.checkpoint))

        def show(found: tuple[Snapshot | None, ...], partial: bool) -> Result:
            runs = [one for one in found if one is not None]
            nets = headed(runs[0]) if params.other in HEADS else tuple(map(judged, runs))
            said = Said(overlaps.examined(fewer).test, nets, params)
            state = "diverged" if any(run.diverged for run in runs) else "" if runs[0].step else "untrained"
            return shown(said, state).result(partial=partial)

        return watched(ctx, overlaps.recipes(fewer, ctx.seed), show, text="training four nets", again=params.again)


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """What each net says of the test pictures, in the order of `lines`."""

    test: Examples
    nets: tuple[Examined, ...]
    params: Params

    @property
    def true(self) -> NDArray[np.bool_]:
        """Labels that hold, ``(N, 10)``."""
        return np.asarray(self.test.labels > 0)

    @property
    def heads(self) -> bool:
        """Whether it is not about losses, but about what stands on the features of one net."""
        return self.params.other in HEADS

    @property
    def lines(self) -> tuple[str, ...]:
        """Short names of the nets."""
        return HEADS if self.heads else LINES

    @property
    def right(self) -> int:
        """Number of the net on the right."""
        return HEADS.index(self.params.other) if self.heads else ("", *Other).index(self.params.other)

    @property
    def names(self) -> tuple[str, str]:
        """What both are called in a sentence: beside a softmax the left one stands for all that have sigmoids."""
        if self.heads:
            return HEAD_NAMES[0], HEAD_NAMES[self.right]
        return "sigmoids" if self.params.other == Other.SOFTMAX else NAMES[0], NAMES[self.right]


def shown(said: Said, state: str) -> Part:
    """The same pictures with the labels of both nets, and how all four fare at each threshold and at this one."""
    params = said.params
    left = "Binary relevance" if said.heads else "Binary cross-entropy"
    panels = (pairs_panel(left, said, 0), pairs_panel(IN_FULL.get(params.other, params.other.label), said, said.right))
    play = Play(
        "threshold", 0.0, 1.0, params.threshold, curve=said.nets[said.right].curve,
        counted=f"threshold {params.threshold:.2f}", note=f"curve: micro F1, {said.lines[said.right]}",
    )  # fmt: skip
    return Part(
        panels, (f1_chart(said), table(said)), reading(said), values(said),
        headline=headline(said, state), heroes=tuple(panel.slug for panel in panels), play=play,
    )  # fmt: skip


def pairs_panel(title: str, said: Said, which: int) -> Panel:
    """Test pictures with the labels that the net says; bright where they are exactly right."""
    answers = said.nets[which].said(said.params.threshold)
    exact = (answers == said.true).all(1).mean()
    return wall_of_sets(
        title, said.test.images[:SHOWN], said.true[:SHOWN], answers[:SHOWN], columns=COLUMNS,
        note=f"{words.percent(float(exact))} exactly right",
    )  # fmt: skip


# Charts -------------------------------------------------------------------------------------------------


def f1_chart(said: Said) -> Chart:
    """Micro F1 of all at each threshold, and where the threshold stands."""
    from explainer.vision.training.overlaps import THRESHOLDS

    lines = [
        Series(name, THRESHOLDS, net.curve, "solid" if n in (0, said.right) else "dashed", n)
        for n, (name, net) in enumerate(zip(said.lines, said.nets, strict=True))
    ]
    here = Series("threshold", np.full(2, said.params.threshold), np.array([0.0, 1.0]), "dotted", -2)
    return Curve("Micro F1", (*lines, here), "threshold", "", (0.0, 1.0), (0.0, 1.0))


def table(said: Said) -> Chart:
    """How well each finds the labels at this threshold."""
    from explainer.vision.metrics.labels import found

    rows = []
    for name, net in zip(said.lines, said.nets, strict=True):
        at = found(net.said(said.params.threshold), said.true)
        each = (at.micro, at.macro, at.hamming, at.exact, net.average)
        rows.append((name, *(f"{value:.3f}" for value in each)))
    header = ("labels" if said.heads else "loss", "micro F1", "macro F1", "Hamming", "exact", "mAP")
    return Table("At this threshold", header, tuple(rows))


def best_f1(said: Said, which: int) -> tuple[float, float]:
    """Micro F1 at the one best threshold of the validation pictures, and with one for each label."""
    from explainer.vision.metrics.labels import found

    net = said.nets[which]
    return found(net.said(net.best), said.true).micro, found(net.said(net.best_each), said.true).micro


# Words and numbers --------------------------------------------------------------------------------------


def values(said: Said) -> dict[str, float]:
    """F1, Hamming loss, exact matches of both nets at this threshold, and their best thresholds."""
    from explainer.vision.metrics.labels import found

    named = numbers()
    for side, n in (("left", 0), ("right", said.right)):
        net, (one, each) = said.nets[n], best_f1(said, n)
        at = found(net.said(said.params.threshold), said.true)
        named |= numbers(**{
            f"{side}_exact_percent": 100 * at.exact, f"{side}_micro_f1": at.micro, f"{side}_macro_f1": at.macro,
            f"{side}_hamming_percent": 100 * at.hamming, f"{side}_map": net.average, f"{side}_best_threshold": net.best,
            f"{side}_best_f1": one, f"{side}_each_f1": each,
        })  # fmt: skip
    return named


def headline(said: Said, state: str) -> str:
    """Say in how many pictures each net names exactly the digits that are there."""
    if state == "diverged":
        return "The training ran into numbers that are not finite; this is the last good moment."
    if state == "untrained":
        return "Four nets are about to learn; untrained, they say much the same of every picture."
    threshold = said.params.threshold
    left, right = (float((said.nets[n].said(threshold) == said.true).all(1).mean()) for n in (0, said.right))
    pairs = said.params.other == Other.SOFTMAX and said.params.held == Held.TWO
    if pairs and threshold >= 0.5 and left and not right:
        why = f"A softmax never gives two digits {threshold:.2f} each, so it gets no picture right"
        return f"{why}; sigmoids get {words.percent(left)} right."
    if not left and not right:
        return "At this threshold neither net gets a single picture exactly right."
    many, last = (words.percent(share) if share else "none" for share in (left, right))
    first, other = said.names
    return f"At this threshold {many} of the pictures are exactly right with {first}, {last} with {other}."


def reading(said: Said) -> tuple[str, ...]:
    """Say what both are worth at this threshold, and what the threshold itself is worth."""
    here, (first, other) = values(said), said.names
    at = (
        f"A bright picture has exactly the right labels. Micro F1 at this threshold: **{here['left_micro_f1']:.3f}** "
        f"with {first}, **{here['right_micro_f1']:.3f}** with {other}."
    )
    best = (
        f"With thresholds chosen on other pictures, {here['left_best_threshold']:.2f} and "
        f"{here['right_best_threshold']:.2f}, it would be {here['left_best_f1']:.3f} and {here['right_best_f1']:.3f}."
    )
    return at, best
