"""Imbalance lab: a net that has met few examples of some digits seldom names them, and what each remedy changes.

It brings its own digits and ignores the frame. Nine nets learn the same digits under nine remedies: 300 steps of
all take about twelve seconds of processor time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from explainer.core.context import Context
from explainer.core.controls import Doc, Range, Resets, TrainAgain, When
from explainer.core.demo import Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.numbers import numbers
from explainer.core.parts import Part
from explainer.core.plays import Play, Plays
from explainer.core.result import Result
from explainer.demos.data import _imbalance_view as view
from explainer.demos.data._imbalance_view import GAMMA, Rare, Remedy, digits_panel, rare_of, recipe_of

if TYPE_CHECKING:
    from explainer.vision.training.fit import Snapshot
    from explainer.vision.training.imbalance import Learnt

STEPS = 300
LEAKING = (Remedy.OVER, Remedy.GHOSTS)  # what can be done before the split


@dataclass(frozen=True, slots=True)
class Params:
    """What is rare, what is done about it, and when one looks."""

    remedy: Annotated[Remedy, Doc("Remedy", "What the net on the right does about rare digits.")] = Remedy.SHIFTED
    ratio: Annotated[
        int, Resets(), Range(1, 100, log=True), Doc("Imbalance, 1 to", "How many frequent digits come to one rare one.")
    ] = 30  # fmt: skip
    rare: Annotated[Rare, Resets(), Doc("Rare digits", "The other classes keep 120 training digits each.")] = Rare.HIGH
    seen: Annotated[
        int, Range(0, STEPS, step=20, unit="steps"), Plays(6.0, "Watch both nets learn"),
        Doc("Look after", "Go back to an earlier moment of the training."),
    ] = STEPS  # fmt: skip
    gamma: Annotated[
        float, Range(0.0, 5.0, 0.5), Doc("Focal γ", "Higher, easy examples count less; 0 is cross-entropy.")
    ] = GAMMA  # fmt: skip
    early: Annotated[
        bool, When("remedy", LEAKING),
        Doc("Resample before the split", "The mistake: copies of one digit then lie in training and in test."),
    ] = False  # fmt: skip
    again: TrainAgain = 0

    @property
    def leaks(self) -> bool:
        """Whether the remedy comes before the split."""
        return self.early and self.remedy in LEAKING


class ImbalanceLab(Demo[Params]):
    """Rare digits before two nets, one with a remedy and one without."""

    info = DemoInfo(
        id="imbalance-lab", title="Imbalance lab", topics=(17, 35),
        summary="Four examples of a digit beside 120 of another: a net seldom names the rare one, until it is helped.",
        papers=("menon2021", "linfocal2017", "chawla2002"), uses_frame=False, uses_model=False, budget_s=60.0,
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:  # noqa: ARG002
        """Train all remedies, or carry on where the last run of the same recipes stopped."""
        from explainer.vision.training import imbalance
        from explainer.vision.training.watched import watched

        rare = rare_of(params.rare)
        recipes = [recipe_of(one, params.rare, params.ratio, ctx.seed, params.gamma) for one in Remedy]
        if params.leaks:
            recipes.append(imbalance.leaked(str(params.remedy), rare, params.ratio, ctx.seed))

        def show(found: tuple[Snapshot | None, ...], partial: bool) -> Result:
            nets = [imbalance.learnt(one, rare, params.seen) for one in found if one is not None]
            return shown(nets, params).result(partial=partial)

        return watched(ctx, recipes, show, text="training nine remedies", again=params.again)


def shown(nets: list[Learnt], params: Params) -> Part:
    """The rare digits before both nets, and how all remedies fare or how the two nets came there."""
    leaky = nets[-1] if params.leaks else None
    nets = nets[: len(Remedy)]
    which = list(Remedy).index(params.remedy)
    plain, helped, name = nets[0], nets[which] if leaky is None else leaky, params.remedy.label
    rows = view.shown_rows(plain if leaky is None else leaky, helped)
    panels = (
        (digits_panel("No remedy", plain, rows), digits_panel(name if which else "No remedy either", helped, rows))
        if leaky is None
        else (view.own_panel("Its own test digits", leaky), digits_panel("Digits it never met", leaky, rows))
    )
    names = tuple(one.label for one in Remedy)
    sets = tuple({"remedy": str(one)} for one in Remedy)
    charts = (view.rare_chart(nets, which, names, sets), view.class_chart(nets, names, sets))
    at = int(helped.steps[helped.at])
    play = Play(
        "seen", 0, STEPS, at, curve=helped.rare_recalls if len(helped.steps) > 1 else None,
        counted=f"{at} of {STEPS} steps", note=f"curve: rare digits read, {params.remedy.spoken}",
    )  # fmt: skip
    ghosts = None
    if params.remedy in (Remedy.SMOTE, Remedy.GHOSTS):
        ghosts = view.ghosts_panel(helped, plain.run.recipe.data.train, params.remedy)
    return Part(
        panels if ghosts is None else (*panels, ghosts), charts,
        reading(plain, helped) if leaky is None else leak_reading(nets[which], leaky), values(nets, which, helped),
        headline=headline(plain, helped, params.remedy if which else None) if leaky is None else leak_headline(leaky),
        heroes=tuple(panel.slug for panel in panels), play=play,
    )  # fmt: skip


# Words and numbers --------------------------------------------------------------------------------------


def values(nets: list[Learnt], which: int, shown: Learnt) -> dict[str, float]:
    """Recalls in percent, of the rare and of the frequent classes, with each remedy and with the chosen one."""
    plain, helped = nets[0], nets[which]
    own = None if shown.own is None else 100 * shown.own_recall
    each = {f"{one}_rare_percent": 100 * net.rare_recall for one, net in zip(Remedy, nets, strict=True)}
    return numbers(
        step=int(helped.steps[helped.at]), few_count=plain.few,
        plain_rare_percent=100 * plain.rare_recall, rare_percent=100 * helped.rare_recall,
        plain_frequent_percent=100 * plain.frequent_recall, frequent_percent=100 * helped.frequent_recall,
        plain_precision_percent=100 * plain.rare_precision, precision_percent=100 * helped.rare_precision,
        own_test_percent=own, never_met_percent=None if own is None else 100 * shown.rare_recall,
    ) | numbers(**each)  # fmt: skip


def headline(plain: Learnt, helped: Learnt, remedy: Remedy | None) -> str:
    """Say how many of the rare digits both nets read."""
    if helped.run.diverged:
        return "The training ran into numbers that are not finite; this is the last good moment."
    if helped.at == 0:
        return "No net knows anything yet; all are about to meet few of some digits and many of others."
    without, found = 100 * plain.rare_recall, 100 * helped.rare_recall
    if remedy is None:
        others = 100 * plain.frequent_recall
        return f"With no remedy a net reads {without:.0f} % of the rare digits, and {others:.0f} % of the others."
    name = remedy.spoken
    if round(found) <= round(without):
        return f"{without:.0f} % of the rare digits are read with no remedy, and {found:.0f} % with {name}: no gain."
    return f"With {name} {found:.0f} % of the rare digits are read; with no remedy {without:.0f} %."


def reading(plain: Learnt, helped: Learnt) -> tuple[str, ...]:
    """Say what the remedy costs the frequent digits."""
    learned = f"Framed digits are misread. Each rare class has {plain.few} training digits, every other class 120."
    before, after = 100 * plain.frequent_recall, 100 * helped.frequent_recall
    return learned, f"Of the frequent test digits {before:.1f} % are read with no remedy, **{after:.1f} %** with it."


def leak_headline(leaky: Learnt) -> str:
    """Say what the leaking test promises, and what is true."""
    if leaky.run.diverged:
        return "The training ran into numbers that are not finite; this is the last good moment."
    if leaky.at == 0:
        return "Copies of the same digits lie in training and in test; the net is about to learn."
    own, true = 100 * leaky.own_recall, 100 * leaky.rare_recall
    if own <= true:
        return f"So far its own test reads {own:.0f} % of the rare digits, new ones {true:.0f} %."
    return f"Its own test promises {own:.0f} % of the rare digits; of new ones {true:.0f} % are read."


def leak_reading(honest: Learnt, leaky: Learnt) -> tuple[str, ...]:
    """Say why the test is too easy, and what the remedy is worth after the split."""
    assert leaky.own is not None
    mine = int(leaky.rare[leaky.own[0].labels].sum())
    why = (
        f"The {mine} rare digits of its own test were made from the same {honest.few} of each class "
        "as those that it learnt from."
    )
    true = 100 * honest.rare_recall
    return why, f"With the resampling after the split **{true:.1f} %** of the rare test digits are read."
