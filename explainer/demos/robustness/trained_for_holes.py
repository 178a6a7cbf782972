"""Trained for missing pixels: two small nets learn digits, one of them with holes, and meet more and more holes.

It brings its own digits and ignores the frame. Twenty epochs of both nets take about four seconds of processor
time; sixty of a busy machine take longer, hence the budget of a training demo.
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
from explainer.core.layers import Panel
from explainer.core.numbers import numbers
from explainer.core.parts import Part
from explainer.core.plays import Play, Plays
from explainer.core.result import Result
from explainer.core.walls import wall

if TYPE_CHECKING:
    from explainer.vision.training.fit import Snapshot
    from explainer.vision.training.holes import Pair, Tolerance

PUBLISH_S = 0.8  # the test at all shares, even of one draw, takes 0.2 s
SHOWN, COLUMNS = 24, 6
NAMES = ("plain net, zeros", "plain net, means", "trained with holes")
SHORT = ("zeros", "means", "trained")  # beside a bar there is less room
PLAIN, MEANS, LEARNT = 1, 3, -1  # colours of the three


class Fill(Choice):
    """What stands in a hole."""

    ZERO = "zero", "Zero, no ink"
    MEAN = "mean", "Mean of that pixel"


@dataclass(frozen=True, slots=True)
class Params:
    """How both nets learn, and which holes are shown."""

    epochs: Annotated[int, Range(1, 60), Doc("Epochs", "Passes over the training digits; raise it to go on.")] = 20
    most: Annotated[
        int, Resets(), Range(5, 90, step=5, unit="%"),
        Doc("Missing while training", "Each digit loses a share between nothing and this."),
    ] = 60  # fmt: skip
    fill: Annotated[
        Fill, Resets(), Doc("Holes are filled with", "While training, and afterwards for that net.")
    ] = Fill.ZERO  # fmt: skip
    share: Annotated[
        int, Doc("Missing now", "Share of pixels in the digits that are shown."), Range(0, 80, step=10, unit="%"),
        Plays(6.0, "Take away more and more pixels"),
    ] = 60  # fmt: skip
    again: TrainAgain = 0


class TrainedForHoles(Demo[Params]):
    """Accuracy against the share of missing pixels, for a net that expects holes and one that does not."""

    info = DemoInfo(
        id="trained-for-holes", title="Trained for missing pixels", topics=(49,),
        summary="Two nets learn digits, one of them with holes: which one still reads them?",
        papers=("kingma2015",), uses_frame=False, uses_model=False, budget_s=60.0,
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:  # noqa: ARG002
        """Train both, or carry on where the last run of the same recipe stopped."""
        from explainer.vision.training import holes
        from explainer.vision.training.watched import watched

        recipes = holes.recipes(params.epochs, params.most / 100.0, str(params.fill), ctx.seed)

        def show(found: tuple[Snapshot | None, ...], partial: bool) -> Result:
            plain, holed = found
            assert plain is not None
            assert holed is not None
            now = holes.Pair(plain, holed)
            _, test = plain.recipe.data
            draws = 1 if partial else holes.DRAWS
            told = ctx.memo(
                ("told", recipes, now.epoch, params.again, draws),
                lambda: holes.tolerance(now, test, draws, ctx.checkpoint),
            )
            return shown(now, told, params.share, params.epochs).result(partial=partial)

        return watched(ctx, recipes, show, text="training both nets", every_s=PUBLISH_S, again=params.again)


def shown(now: Pair, found: Tolerance, share: int, epochs: int) -> Part:
    """Digits with holes as each net gets them, accuracy against the share missing, and what such training costs."""
    from explainer.vision.training.holes import SHARES

    row = int(np.abs(100 * np.array(SHARES) - share).argmin())
    three = 100 * np.array([found.plain_zero, found.plain_mean, found.holed])  # (3, N), in percent
    charts = (tolerance_chart(three), bars(three[:, row], SHARES[row]), learning_chart(now, epochs))
    sentences = (reading(now, three[:, row], SHARES[row]),)
    panels = digit_panels(now, share)
    play = Play("share", 0, 80, share, three[2] / 100, f"{share} % missing", note="curve: trained with holes")
    return Part(
        panels, charts, sentences, values(now, three, row), headline=headline(now, three[:, row]),
        heroes=tuple(panel.slug for panel in panels), play=play,
    )  # fmt: skip


# Pictures -----------------------------------------------------------------------------------------------


def digit_panels(pair: Pair, share: int) -> tuple[Panel, Panel]:
    """Show the first test digits; both nets get the same holes, each with the filling it knows or zeros."""
    from explainer.vision.training import holes

    train, test = pair.plain.recipe.data
    few = test.first(SHOWN)
    # Drawn anew from the same seed, so that a larger share only adds to the holes.
    lost = holes.holes(len(few), share / 100.0, np.random.default_rng([pair.plain.recipe.seed, 5]))
    nets = (("Plain net", pair.plain, 0.0), ("Trained with holes", pair.holed, holes.instead(pair.fill, train)))
    panels = []
    for title, net, filling in nets:
        torn = holes.with_holes(few, lost, filling)
        said = holes.said(net, torn)
        right = said == few.labels
        note = f"{right.sum()} of {len(right)} right"
        panels.append(wall(title, torn.images, few.labels, said, columns=COLUMNS, lit=right, note=note))
    return panels[0], panels[1]


# Charts -------------------------------------------------------------------------------------------------


def tolerance_chart(three: NDArray[np.float64]) -> Chart:
    """Accuracy ``(3, N)`` in percent against the share of missing pixels."""
    from explainer.vision.training.holes import SHARES

    x = 100.0 * np.array(SHARES)
    rows = zip(NAMES, three, (PLAIN, MEANS, LEARNT), strict=True)
    lines = tuple(Series(name, x, row, colour=colour) for name, row, colour in rows)
    return Curve("Accuracy with holes", lines, "% missing", "% right", (0.0, 100.0), (0.0, 80.0), "500 test digits")


def bars(three: NDArray[np.float64], share: float) -> Chart:
    """Accuracy ``(3,)`` in percent at the chosen share."""
    note = f"% right, {words.percent(share)} missing"
    return Bars("At this share", SHORT, tuple(three.tolist()), hi=100.0, format=".1f", chosen=2, note=note)


def learning_chart(pair: Pair, epochs: int) -> Chart:
    """Accuracy on whole test digits, epoch by epoch: what learning with holes costs."""
    rows = (("plain net", pair.plain, PLAIN), ("trained with holes", pair.holed, LEARNT))
    lines = tuple(
        Series(name, np.arange(net.epoch + 1, dtype=np.float64), 100 * net.history["accuracy_test"], colour=colour)
        for name, net, colour in rows
    )
    return Curve("Whole digits", lines, "epoch", "% right", (0.0, 100.0), (0.0, float(epochs)))


# Words and numbers --------------------------------------------------------------------------------------


def values(pair: Pair, three: NDArray[np.float64], row: int) -> dict[str, float]:
    """Accuracies in percent, at the chosen share and at those the lesson names."""
    named = numbers(epoch=pair.epoch)
    for name, at in (("now", row), ("whole", 0), ("20", 2), ("40", 4), ("60", 6)):
        kinds = zip(("plain_zero", "plain_mean", "holed"), three[:, at], strict=True)
        named |= numbers(**{f"{kind}_{name}_percent": value for kind, value in kinds})
    return named


def headline(pair: Pair, three: NDArray[np.float64]) -> str:
    """Say which net holes harm less."""
    if pair.plain.diverged or pair.holed.diverged or pair.epoch == 0:
        return "Both nets still have to learn: one from whole digits, one from digits with holes."
    plain, mean, known = (float(one) for one in three)
    if known <= plain:
        return f"Training with holes did not help here: {known:.0f} % read, against {plain:.0f} %."
    if mean >= known:
        return f"Trained with holes, a net reads {known:.0f} %; for a plain one mean filling does as well."
    return f"Trained with holes, a net still reads {known:.0f} %; one that never saw any, {plain:.0f} %."


def reading(pair: Pair, three: NDArray[np.float64], share: float) -> str:
    """Say who reads the digits at the chosen share."""
    if pair.plain.diverged or pair.holed.diverged:
        return f"The training ran into numbers that are not finite after {pair.epoch} epochs."
    if pair.epoch == 0:
        return "Both nets are still the same and know nothing: about 10 % of the digits are right by chance."
    zero, mean, known = three
    return (
        f"After {pair.epoch} epochs, with {words.percent(share)} of the pixels missing, the net that only saw whole "
        f"digits gets {zero:.1f} % right with zeros and {mean:.1f} % with means; the one trained with holes "
        f"**{known:.1f} %**."
    )
