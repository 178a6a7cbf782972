"""Imbalance while it trains: whose errors move the net, step by step, and when it names its first rare digit.

It brings its own digits and ignores the frame. The runs are those of the imbalance lab.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Chart, Curve, Series
from explainer.core.context import Context
from explainer.core.controls import Doc, Range, Resets, TrainAgain
from explainer.core.demo import Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.layers import Boxes, Panel
from explainer.core.numbers import numbers
from explainer.core.parts import Part
from explainer.core.plays import Play, Plays
from explainer.core.result import Result
from explainer.core.rivers import river
from explainer.core.walls import wall
from explainer.demos.data._imbalance_view import RARE_COLOUR, Rare, Remedy, rare_of, recipe_of

if TYPE_CHECKING:
    from explainer.vision.training.fit import Snapshot
    from explainer.vision.training.imbalance import Learnt

STEPS, EVERY = 300, 20
ROWS = 6  # test digits of each class
BLUE, ORANGE = (86, 150, 210), (230, 159, 0)
LEARNT, READ = 0.3, 0.8  # a loss in nats below which digits are known by heart; a recall that is good


@dataclass(frozen=True, slots=True)
class Params:
    """What is rare, what is done about it, and when one looks."""

    seen: Annotated[
        int, Range(0, STEPS, step=EVERY, unit="steps"), Plays(8.0, "Watch the net learn"),
        Doc("Look after", "Go to another moment of the training."),
    ] = 40  # fmt: skip
    remedy: Annotated[Remedy, Doc("Remedy", "What this net does about rare digits.")] = Remedy.NONE
    ratio: Annotated[
        int, Resets(), Range(1, 100, log=True), Doc("Imbalance, 1 to", "How many frequent digits come to one rare one.")
    ] = 30  # fmt: skip
    rare: Annotated[Rare, Resets(), Doc("Rare digits", "The other classes keep 120 training digits each.")] = Rare.HIGH
    again: TrainAgain = 0


class ImbalanceTraining(Demo[Params]):
    """One net that learns from few of some digits and many of others."""

    info = DemoInfo(
        id="imbalance-training", title="Imbalance while it trains", topics=(47,),
        summary="At first a net learns which digits are frequent, and names no other; later it learns the few.",
        papers=("menon2021", "linfocal2017"), uses_frame=False, uses_model=False, budget_s=30.0,
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:  # noqa: ARG002
        """Train the net, or look at a run that is there."""
        from explainer.vision.training import imbalance
        from explainer.vision.training.watched import watched

        recipe = recipe_of(params.remedy, params.rare, params.ratio, ctx.seed)

        def show(found: tuple[Snapshot | None, ...], partial: bool) -> Result:
            (run,) = found
            assert run is not None
            return shown(imbalance.learnt(run, rare_of(params.rare), params.seen)).result(partial=partial)

        return watched(ctx, recipe, show, text="training", again=params.again)


def shown(net: Learnt) -> Part:
    """Whose errors pull at the net, and which rare digits it reads."""
    at, first = int(net.steps[net.at]), net.few
    panels = (pull_panel(net), test_panel(net))
    pull = _pooled(net, "pull", rare=True)
    play = Play(
        "seen", 0, STEPS, at, curve=pull if len(pull) > 1 else None, counted=f"{at} of {STEPS} steps",
        note="curve: gradient of the rare",
    )  # fmt: skip
    sentence = f"Each rare class has {words.count(first, 'training digit')}, every other class 120."
    return Part(
        panels, charts(net), (sentence, *reading(net)), values(net), headline=headline(net),
        heroes=tuple(panel.slug for panel in panels), play=play,
    )  # fmt: skip


def pull_panel(net: Learnt) -> Panel:
    """Share of each class in the gradient, frequent classes below."""
    order = np.argsort(net.rare, kind="stable")
    frequent = int((~net.rare).sum())
    shade = np.where(np.arange(10) % 2, 0.93, 1.0)[:, None]
    base = np.where(net.rare[order, None], ORANGE, BLUE)
    shares = net.run.history["pull"][:, order]
    labels = tuple(
        (f"{name} {100 * shares[net.at, first:last].sum():.0f} %", first, last)
        for name, first, last in (("frequent digits", 0, frequent), ("rare digits", frequent, 10))
        if first < last
    )
    colours = np.rint(base * shade).astype(np.uint8)
    return river("Shares of the gradient", shares, colours, net.at, labels=labels, note="a band for each digit")


def test_panel(net: Learnt) -> Panel:
    """Test digits, a column for each class: frequent ones on the left, bright where they are read."""
    order = np.argsort(net.rare, kind="stable")
    rows = np.concatenate([[np.flatnonzero(net.test.labels == one)[row] for one in order] for row in range(ROWS)])
    true, said = net.test.labels[rows], net.said[rows]
    note = f"reads {100 * net.frequent_recall:.0f} % of the frequent, {100 * net.rare_recall:.0f} % of the rare"
    panel = wall("Test digits", net.test.images[rows], true, said, columns=len(order), lit=said == true, note=note)
    (width, height), share = panel.size, float((~net.rare).mean())
    boxes = np.array([[0, 0, share * width - 1, height], [share * width, 0, width - 1, height]])
    return replace(panel, layers=(*panel.layers, Boxes("groups", boxes, colours=(0, RARE_COLOUR))))


def charts(net: Learnt) -> tuple[Chart, ...]:
    """Loss, test recall and lead of the logits, of the rare classes and of the others."""
    hits = net.run.history["said"] == net.test.labels
    mine = net.rare[net.test.labels]
    recalls = [100 * hits[:, chosen].mean(1) if chosen.any() else None for chosen in (mine, ~mine)]
    return (
        _curve("Test digits that are read", net, recalls, "%"),
        _curve("Loss of the training digits", net, _both(net, "loss"), "nats"),
        _curve("Lead of the logits", net, _both(net, "logit"), "logit"),
    )


def _both(net: Learnt, key: str) -> list[NDArray[np.float64] | None]:
    return [_pooled(net, key, rare=one) if (net.rare == one).any() else None for one in (True, False)]


def _pooled(net: Learnt, key: str, *, rare: bool) -> NDArray[np.float64]:
    """One number for each mark from the rare classes, or from the others: shares add up, the rest is averaged."""
    history = net.run.history[key][:, net.rare == rare]
    return np.asarray(history.sum(1) if key == "pull" else history.mean(1))


def _curve(title: str, net: Learnt, lines: list[NDArray[np.float64] | None], label: str) -> Curve:
    x = net.steps.astype(np.float64)
    named = zip(("rare", "frequent"), lines, (RARE_COLOUR, 0), strict=True)
    return Curve(title, tuple(Series(who, x, y, colour=c) for who, y, c in named if y is not None), "step", label)


# Words and numbers --------------------------------------------------------------------------------------


def values(net: Learnt) -> dict[str, float]:
    """Where the net stands, and where its loss on rare digits was highest."""
    loss = _pooled(net, "loss", rare=True)
    missed = net.rare[net.test.labels] & (net.said != net.test.labels)
    return numbers(
        step=int(net.steps[net.at]), few_count=net.few,
        rare_pull_percent=100 * _pooled(net, "pull", rare=True)[net.at],
        first_pull_percent=100 * _pooled(net, "pull", rare=True)[0],
        rare_loss=loss[net.at], highest_loss=loss.max(), highest_step=int(net.steps[loss.argmax()]),
        rare_lead=_pooled(net, "logit", rare=True)[net.at],
        rare_percent=100 * net.rare_recall, frequent_percent=100 * net.frequent_recall,
        false_negative_count=int(missed.sum()), rare_test_count=int(net.rare[net.test.labels].sum()),
        taken_for_frequent_count=int((missed & ~net.rare[net.said]).sum()),
    )  # fmt: skip


def headline(net: Learnt) -> str:
    """Say what the net makes of the rare digits by now, and whose errors move it."""
    if net.run.diverged:
        return "The training ran into numbers that are not finite; this is the last good moment."
    now = values(net)
    pull, read = f"{now['rare_pull_percent']:.0f} %", f"{now['rare_percent']:.0f} %"
    step = int(now["step"])
    if step == 0:
        return f"Nothing is learnt yet, and the rare digits already have only {pull} of the gradient."
    if not net.rare[net.said].any():
        return f"After {step} steps the net never names a rare digit: only {pull} of the gradient is theirs."
    if now["rare_loss"] < LEARNT and net.rare_recall < READ:
        return f"The few rare digits are learnt by heart, yet only {read} of the new ones are read."
    return f"After {step} steps {read} of the rare test digits are read."


def reading(net: Learnt) -> tuple[str, ...]:
    """Name the errors rightly, and compare the loss with that of guessing."""
    now = values(net)
    missed, taken = int(now["false_negative_count"]), int(now["taken_for_frequent_count"])
    wrong = (
        f"{words.count(missed, 'rare test digit')} of {int(now['rare_test_count'])} "
        f"{'is a false negative' if missed == 1 else 'are false negatives'} of {'its' if missed == 1 else 'their'} "
        f"class; {taken} of them became false positives of a frequent one."
    )
    loss = now["rare_loss"]
    told = "worse than guessing, which costs" if loss > np.log(10) else "guessing costs"
    return wrong, f"Their training loss is {loss:.2f} nats; {told} {np.log(10):.2f}."
