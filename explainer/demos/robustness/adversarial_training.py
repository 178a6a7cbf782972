"""Adversarial training: a net that learns from attacks against itself withstands them, within what it has met.

It brings its own digits and ignores the frame. Three nets learn the same digits: as they are, from one-step attacks,
and from PGD. Thirty epochs of all take about twenty seconds of processor time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from explainer.core.context import Context
from explainer.core.controls import Choice, Doc, Range, Resets, TrainAgain
from explainer.core.demo import Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.numbers import numbers
from explainer.core.parts import Part
from explainer.core.plays import Play, Plays
from explainer.core.result import Result
from explainer.demos.robustness import _adversarial_view as view

if TYPE_CHECKING:
    from explainer.vision.training.adversarial import Learnt
    from explainer.vision.training.fit import Snapshot

EPOCHS, MARK = 30, 3


class Pair(Choice):
    """Which two of the three nets are seen."""

    PGD = "usual-pgd", "Usual and PGD training"
    ONE = "usual-one", "Usual and one-step training"
    BOTH = "one-pgd", "One-step and PGD training"


class Attack(Choice):
    """What is done to the test digits."""

    NONE = "clean", "None"
    NOISE = "noise", "Random noise"
    FGSM = "fgsm", "FGSM, one step"
    PGD = "pgd", "PGD, ten steps"


class Look(Choice):
    """What is large."""

    DIGITS = "digits", "Attacked digits"
    SLOPES = "slopes", "Gradients"


@dataclass(frozen=True, slots=True)
class Params:
    """Which nets, under which attack, and when one looks."""

    pair: Annotated[Pair, Doc("Nets", "Left and right; a net trained on attacks has met them in every step.")] = (
        Pair.PGD
    )
    attack: Annotated[
        Attack, Doc("Attack", "Made against each net anew, from the net's own gradient; noise has no direction.")
    ] = Attack.PGD  # fmt: skip
    eps: Annotated[
        float, Resets(), Range(0.05, 0.3, 0.05),
        Doc("ε", "No pixel moves further, in training and in the test; 1 is from paper to ink. A new ε trains anew."),
    ] = 0.15  # fmt: skip
    seen: Annotated[
        int, Range(0, EPOCHS, step=MARK, unit="epochs"), Plays(6.0, "Watch both nets learn"),
        Doc("Look after", "Go back to an earlier moment of the training."),
    ] = EPOCHS  # fmt: skip
    look: Annotated[
        Look, Doc("Large", "The attacked digits, or the gradients that an attack follows.")
    ] = Look.DIGITS  # fmt: skip
    again: TrainAgain = 0


class AdversarialTraining(Demo[Params]):
    """Attacked digits before two nets, of which one at least has trained on attacks."""

    info = DemoInfo(
        id="adversarial-training", title="Adversarial training", topics=(42,),
        summary="A net that learns from attacks against itself withstands them, and its gradient follows the digit.",
        papers=("goodfellow2015", "madry2018", "wong2020"), uses_frame=False, uses_model=False, budget_s=90.0,
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:  # noqa: ARG002
        """Train all three, or carry on where the last run of the same recipes stopped."""
        from explainer.vision.training import adversarial
        from explainer.vision.training.watched import watched

        recipes = [adversarial.recipe(one, params.eps, ctx.seed) for one in adversarial.NETS]

        def show(found: tuple[Snapshot | None, ...], partial: bool) -> Result:
            nets = {
                name: adversarial.learnt(one, params.eps, params.seen)
                for name, one in zip(adversarial.NETS, found, strict=True)
                if one is not None
            }
            return shown(nets, params).result(partial=partial)

        return watched(ctx, recipes, show, text="training on attacks", again=params.again)


def shown(nets: dict[str, Learnt], params: Params) -> Part:
    """Digits and gradients of both nets, how they came there, and all nets under all attacks."""
    left, right = (nets[name] for name in str(params.pair).split("-"))
    names = tuple(view.NETS[name] for name in str(params.pair).split("-"))
    attack = str(params.attack)
    rows = view.shown_rows(left, right, attack)
    digits = tuple(view.digits_panel(*one, attack, rows) for one in zip(names, (left, right), strict=True))
    sides = (("Left", left), ("Right", right))
    slopes = tuple(view.slopes_panel(*one, rows, small=params.look == Look.DIGITS) for one in sides)
    heroes, others = (digits, slopes) if params.look == Look.DIGITS else (slopes, digits)
    at = int(right.epochs[right.at])
    play = Play(
        "seen", 0, EPOCHS, at, curve=right.read(attack) if len(right.epochs) > 1 else None,
        counted=f"{at} of {EPOCHS} epochs", note="curve: read by the right net",
    )  # fmt: skip
    charts = (view.training_chart(left, right, fast=params.pair == Pair.BOTH), view.attack_chart(nets))
    return Part(
        (*heroes, *others), charts, reading(left, right), values(nets, left, right, params),
        headline=headline(left, right, params), heroes=tuple(one.slug for one in heroes), play=play,
    )  # fmt: skip


# Words and numbers --------------------------------------------------------------------------------------


def values(nets: dict[str, Learnt], left: Learnt, right: Learnt, params: Params) -> dict[str, float]:
    """Percent of the digits that every net reads under every attack, and of the gradients that lie on ink."""
    from explainer.vision.training.adversarial import ATTACKS

    each = {f"{name}_{attack}_percent": net.now(attack) for name, net in nets.items() for attack in ATTACKS}
    ink = {f"{name}_on_ink_percent": net.on_ink for name, net in nets.items()}
    attack = str(params.attack)
    return numbers(
        epoch=float(right.epochs[right.at]), eps=params.eps, left_percent=left.now(attack),
        right_percent=right.now(attack),
    ) | numbers(**each, **ink)  # fmt: skip


def headline(left: Learnt, right: Learnt, params: Params) -> str:
    """Say how many of the attacked digits both nets read, or where their gradients lie."""
    if left.run.diverged or right.run.diverged:
        return "The training ran into numbers that are not finite; this is the last good moment."
    if right.at == 0:
        return "Neither net has learnt anything yet, so the attacks have no knowledge to fool."
    if params.look == Look.SLOPES:
        a, b = left.on_ink, right.on_ink
        return f"Of the left net's gradient {a:.0f} % falls on ink, of the right net's {b:.0f} %."
    a, b = (net.now(str(params.attack)) for net in (left, right))
    if params.attack == Attack.NONE:
        return f"Without an attack the left net reads {a:.0f} % of the digits and the right one {b:.0f} %."
    if params.attack == Attack.NOISE:
        return f"With random noise of size ε the left net reads {a:.0f} % of the digits, the right one {b:.0f} %."
    if params.pair == Pair.BOTH and params.attack == Attack.PGD and left.now("fgsm") >= 2 * a:
        fast = left.now("fgsm")
        return f"Under the one step it trained on, the left net reads {fast:.0f} % of digits; under PGD {a:.0f} %."
    known = {Pair.PGD: "the PGD-trained one", Pair.ONE: "the one trained on one-step attacks"}
    if params.pair in known:
        return f"Under attack the usual net reads {a:.0f} % of digits, {known[params.pair]} {b:.0f} %."
    return f"Under attack the net trained on one step reads {a:.0f} % of the digits, the other {b:.0f} %."


def reading(left: Learnt, right: Learnt) -> tuple[str, ...]:
    """Say what the training costs on clean digits, and that it covers its own ε alone."""
    clean = f"Framed digits are misread. Of clean ones the left net reads {left.now('clean'):.0f} %, the right one "
    clean += f"{right.now('clean'):.0f} %."
    if right.at == 0:
        return (clean,)
    noise = f"Random noise of the same size leaves {left.now('noise'):.0f} % and {right.now('noise'):.0f} %."
    double = f"With twice the ε, PGD leaves **{left.now('double'):.0f} %** and **{right.now('double'):.0f} %**."
    return clean, noise, double
