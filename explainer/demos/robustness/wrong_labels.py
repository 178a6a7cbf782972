"""Wrong labels: a net that is trained for long learns them by heart, and reads new digits worse for it.

It brings its own digits and ignores the frame. Two nets learn 600 digits, of which 40 % are labelled wrongly: 1,500
steps of both take about seven seconds of processor time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import numpy as np

from explainer.core import words
from explainer.core.charts import Chart, Curve, Series
from explainer.core.context import Context
from explainer.core.controls import Choice, Doc, Range, Resets, TrainAgain
from explainer.core.demo import Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.layers import Panel
from explainer.core.numbers import numbers
from explainer.core.parts import Part
from explainer.core.plays import Play, Plays
from explainer.core.result import Result
from explainer.core.walls import ABREAST, wall_with_marks

if TYPE_CHECKING:
    from explainer.vision.training.fit import Snapshot
    from explainer.vision.training.wrong_labels import Learnt

MOST = 1500
PLAIN, OTHER = 1, 2  # colours of the two nets
HEART = 50.0  # percent of the wrong labels from which they count as learnt by heart


class Kind(Choice):
    """What a wrong label says."""

    RANDOM = "random", "Any other digit"
    NEXT = "next", "The next digit"


class Remedy(Choice):
    """What the second net does about it."""

    GCE = "gce", "GCE loss"
    SMOOTHING = "smoothing", "Label smoothing"
    SMALL = "small", "Small-loss selection"
    STOP = "stop", "Early stopping"


IN_FULL = {Remedy.GCE: "Generalised cross-entropy"}


@dataclass(frozen=True, slots=True)
class Params:
    """How wrong the labels are, how long both nets learn, and when one looks."""

    share: Annotated[
        int, Resets(), Range(0, 60, step=10, unit="%"), Doc("Wrong labels", "Share of the 600 training digits.")
    ] = 40  # fmt: skip
    remedy: Annotated[Remedy, Doc("Remedy", "What the net on the right does about wrong labels.")] = Remedy.GCE
    seen: Annotated[
        int, Range(0, MOST, step=50, unit="steps"), Plays(8.0, "Watch both nets learn"),
        Doc("Look after", "Go back to an earlier moment of the training."),
    ] = MOST  # fmt: skip
    kind: Annotated[
        Kind, Resets(), Doc("A wrong label is", "Errors of one kind are learnt as if they were true.")
    ] = Kind.RANDOM  # fmt: skip
    steps: Annotated[
        int, Range(100, MOST, step=50, unit="steps"), Doc("Training length", "Raising it goes on.")
    ] = MOST  # fmt: skip
    again: TrainAgain = 0


class WrongLabels(Demo[Params]):
    """Two nets and the wrong labels that they repeat, step by step."""

    info = DemoInfo(
        id="wrong-labels", title="Wrong labels", topics=(39,),
        summary="Four of ten labels are wrong: trained on, a net learns them by heart and reads worse.",
        papers=("zhang2017", "zhanggce2018"), uses_frame=False, uses_model=False, budget_s=60.0,
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:  # noqa: ARG002
        """Train both, or carry on where the last run of the same recipe stopped."""
        from explainer.vision.training import wrong_labels
        from explainer.vision.training.watched import watched

        share, names = params.share / 100.0, ("plain",) if params.remedy == Remedy.STOP else ("plain", params.remedy)
        recipes = [
            wrong_labels.recipe(
                wrong_labels.loss_named(str(name), share), share, str(params.kind), params.steps, ctx.seed
            )
            for name in names
        ]

        def show(found: tuple[Snapshot | None, ...], partial: bool) -> Result:
            nets = [wrong_labels.learnt(one, params.seen) for one in found if one is not None]
            return shown(nets[0], nets[-1], params).result(partial=partial)

        return watched(ctx, recipes, show, text="training on wrong labels", again=params.again)


def shown(plain: Learnt, other: Learnt, params: Params) -> Part:
    """Wrongly labelled digits before both nets, how both fared, and the losses that tell wrong from right."""
    if params.remedy == Remedy.STOP:
        other = other.looked(min(other.at, other.best))
    name = IN_FULL.get(params.remedy, params.remedy.label)
    panels = (digits_panel("Cross-entropy", plain), digits_panel(name, other))
    named = values(plain, other)
    at = int(plain.steps[plain.at])
    play = Play(
        "seen", 0, params.steps, at, curve=plain.test if len(plain.test) > 1 else None,
        counted=f"{words.thousands(at)} of {words.thousands(params.steps)} steps", note="curve: test accuracy",
    )  # fmt: skip
    return Part(
        panels, (accuracy_chart(plain, other, params), loss_chart(name, other)), reading(plain, other, name), named,
        headline=headline(plain, other, name), heroes=tuple(panel.slug for panel in panels), play=play,
    )  # fmt: skip


# Pictures -----------------------------------------------------------------------------------------------


def digits_panel(title: str, net: Learnt) -> Panel:
    """The first wrongly labelled digits; framed where the net says anything but what is written."""
    rows = np.flatnonzero(net.wrong)[:ABREAST] if net.wrong.any() else np.arange(ABREAST)
    true, said, taught = net.true[rows], net.said[rows], net.given.labels[rows]
    below = tuple(
        f"{t} learnt as {s}" if s == g != t else str(t) if s == t else f"{t} read as {s}"
        for t, s, g in zip(true.tolist(), said.tolist(), taught.tolist(), strict=True)
    )
    note = f"reads {words.percent(net.test[net.at])} of new digits"
    return wall_with_marks(title, net.given.images[rows], below, said != true, note=note)


# Charts -------------------------------------------------------------------------------------------------


def accuracy_chart(plain: Learnt, other: Learnt, params: Params) -> Chart:
    """Test accuracy of both nets, and the share of the wrong labels that the first repeats."""
    x = plain.steps.astype(np.float64)
    lines = [Series("test, cross-entropy", x, 100 * plain.test, colour=PLAIN)]
    if params.remedy == Remedy.STOP:
        here = np.full(2, float(other.steps[other.at]))
        lines.append(Series("stopped here", here, np.array([0.0, 100.0]), "dotted", OTHER))
    else:
        lines.append(
            Series(f"test, {params.remedy.label}", x[: len(other.test)], 100 * other.test[: len(x)], colour=OTHER)
        )
    lines.append(Series("learnt by heart", x, 100 * plain.by_heart, "dashed", PLAIN))
    return Curve("While it learns", tuple(lines), "step", "%", (0.0, 100.0), (0.0, float(params.steps)))


def loss_chart(name: str, net: Learnt) -> Chart:
    """How many training digits have which loss, by whether their label is right."""
    losses = net.run.history["loss"][net.at]
    top = max(1.0, float(np.ceil(np.quantile(losses, 0.98))))
    edges = np.linspace(0.0, top, 25)
    middles = (edges[1:] + edges[:-1]) / 2
    lines = tuple(
        Series(
            name, middles, 100 * np.histogram(losses[which].clip(0, top), edges)[0] / max(1, which.sum()), colour=colour
        )
        for name, which, colour in (("right label", ~net.wrong, -1), ("wrong label", net.wrong, OTHER))
    )
    return Curve("Loss of each training digit", lines, "loss in nats", "% of them", (0.0, 100.0), (0.0, top), name)


# Words and numbers --------------------------------------------------------------------------------------


def values(plain: Learnt, other: Learnt) -> dict[str, float]:
    """Accuracies and shares in percent, at the moment that is looked at and at the best one."""
    return numbers(
        step=int(plain.steps[plain.at]), wrong_count=int(plain.wrong.sum()),
        by_heart_percent=100 * plain.by_heart[plain.at], test_percent=100 * plain.test[plain.at],
        remedy_by_heart_percent=100 * other.by_heart[other.at], remedy_test_percent=100 * other.test[other.at],
        best_step=int(plain.steps[plain.best]), best_test_percent=100 * plain.test[plain.best],
    )  # fmt: skip


def headline(plain: Learnt, other: Learnt, name: str) -> str:
    """Say how much of the wrong labels each net repeats."""
    heart, held = (100 * net.by_heart[net.at] for net in (plain, other))
    if plain.run.diverged or other.run.diverged:
        return "The training ran into numbers that are not finite; this is the last good moment."
    if plain.at == 0:
        return "Both nets know nothing yet; they are about to learn from labels that are partly wrong."
    if not plain.wrong.any():
        test = 100 * plain.test[plain.at]
        return f"With every label right, long training does little harm: {test:.0f} % of new digits are read."
    if heart < HEART:
        return f"So far cross-entropy repeats only {heart:.0f} % of the wrong labels, and reads what is written."
    name = name[0].lower() + name[1:]
    return (
        f"Cross-entropy repeats {heart:.0f} % of the wrong labels that it was taught; with {name} it is {held:.0f} %."
    )


def reading(plain: Learnt, other: Learnt, name: str) -> tuple[str, ...]:
    """Say what both nets made of the wrong labels, and when one should have stopped."""
    name = name[0].lower() + name[1:]
    wrong, new = int(plain.wrong.sum()), len(plain.run.recipe.data.test) - plain.validation
    if plain.at == 0 or not wrong:
        return (f"Of {len(plain.true)} training digits, {wrong} have a wrong label.",)
    seen = (
        "Framed digits are misread. One that is “learnt as” another gets the wrong label that the net was taught: "
        f"{100 * plain.by_heart[plain.at]:.0f} % with plain cross-entropy, "
        f"{100 * other.by_heart[other.at]:.0f} % with {name}."
    )
    read = (
        f"Of {new} new digits they read {100 * plain.test[plain.at]:.0f} % and **{100 * other.test[other.at]:.0f} %**."
    )
    best = words.thousands(int(plain.steps[plain.best]))
    return seen, read, f"On {plain.validation} other digits the left net was best after {best} steps."
