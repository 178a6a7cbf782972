"""Robust regression: a few wild targets drag a net away that learns by the square, and hardly one that distrusts them.

It brings its own digits and ignores the frame. Six nets learn to say by how much a digit is turned, each with another
loss: 400 steps of all take about nine seconds of processor time.
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
from explainer.demos.robustness import _regression_view as view

if TYPE_CHECKING:
    from explainer.vision.training.fit import Snapshot
    from explainer.vision.training.robust_regression import Learnt

STEPS, MARK = 400, 40


class Robust(Choice):
    """The loss of a net; the square is always on the left."""

    MSE = "mse", "Square (MSE)"
    L1 = "l1", "Absolute (L1)"
    HUBER = "huber", "Huber"
    LOGCOSH = "logcosh", "Log-cosh"
    QUANTILE = "quantile", "Quantile"
    TUKEY = "tukey", "Tukey"


class Kind(Choice):
    """What a wrong target says."""

    SIDE = "side", "120° too much"
    ANY = "any", "Any angle"


class Finder(Choice):
    """How wrong targets are looked for."""

    ERROR = "error", "Largest error"
    FOREST = "forest", "Isolation forest"
    LOF = "lof", "Local outlier factor"


@dataclass(frozen=True, slots=True)
class Params:
    """How many targets are wrong and how, which loss stands on the right, and when one looks."""

    loss: Annotated[Robust, Doc("Loss on the right", "The net on the left always learns by the square.")] = Robust.TUKEY
    share: Annotated[
        int, Resets(), Range(0, 50, step=10, unit="%"), Doc("Wrong targets", "Share of the 800 training digits.")
    ] = 20  # fmt: skip
    kind: Annotated[
        Kind, Resets(), Doc("A wrong target is", "To one side, errors add up; to both sides, they partly cancel.")
    ] = Kind.SIDE  # fmt: skip
    seen: Annotated[
        int, Range(0, STEPS, step=MARK, unit="steps"), Plays(6.0, "Watch both nets learn"),
        Doc("Look after", "Go back to an earlier moment of the training."),
    ] = STEPS  # fmt: skip
    finder: Annotated[
        Finder, Doc("Outliers by", "Flags as many targets as are wrong, by the answers of the right net.")
    ] = Finder.ERROR  # fmt: skip
    delta: Annotated[
        float, Range(1.0, 60.0, unit="°", log=True), Resets(),
        Doc("Bend of Huber, log-cosh", "Beyond it a larger error pulls no harder."),
    ] = 5.0  # fmt: skip
    cut: Annotated[
        float, Range(10.0, 180.0, unit="°", log=True), Resets(),
        Doc("End of Tukey", "What is further off is not learnt from at all."),
    ] = 60.0  # fmt: skip
    tau: Annotated[
        float, Range(0.1, 0.9, 0.1), Resets(),
        Doc("Quantile", "0.5 is the median; lower, targets that are too large count less."),
    ] = 0.4  # fmt: skip
    again: TrainAgain = 0


class RobustRegression(Demo[Params]):
    """Digits set upright by two nets, one of which learnt by the square."""

    info = DemoInfo(
        id="robust-regression", title="Robust regression", topics=(39,),
        summary="One target in five is wrong by 120°: the squared loss follows them, robust losses hardly do.",
        papers=("huber1964", "beaton1974", "breunig2000"), uses_frame=False, uses_model=False, budget_s=60.0,
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:  # noqa: ARG002
        """Train all six, or carry on where the last run of the same recipes stopped."""
        from explainer.vision.training import robust_regression as nets
        from explainer.vision.training.watched import watched

        share, kind = params.share / 100.0, str(params.kind)
        recipes = [
            nets.recipe(str(one), share, kind, nets.width(str(one), params.delta, params.cut), params.tau, ctx.seed)
            for one in Robust
        ]

        def show(found: tuple[Snapshot | None, ...], partial: bool) -> Result:
            learnt = [nets.learnt(one, params.seen) for one in found if one is not None]
            return shown(learnt, params, ctx.seed).result(partial=partial)

        return watched(ctx, recipes, show, text="training with six losses", again=params.again)


def shown(nets: list[Learnt], params: Params, seed: int) -> Part:
    """Digits that both nets set upright, all losses and their influence, and what is taken for an outlier."""
    from explainer.vision.training import outliers

    which = list(Robust).index(params.loss)
    square, other = nets[0], nets[which]
    name = params.loss.label if which else "The same net"
    heroes = (view.upright_panel(Robust.MSE.label, square), view.upright_panel(name, other))
    flags = outliers.flags(other.points, int(other.wrong.sum()), seed)
    shares = {str(one): outliers.share(other.wrong, marks) for one, marks in flags.items()}
    at = int(other.steps[other.at])
    play = Play(
        "seen", 0, STEPS, at, curve=-other.off if len(other.steps) > 1 else None,
        counted=f"{at} of {STEPS} steps", note="curve: how near the right net comes, higher is nearer",
    )  # fmt: skip
    found = {one.label: shares[str(one)] or 0.0 for one in Finder} | {"By chance": 100 * float(other.wrong.mean())}
    errors = {one.label: net.now for one, net in zip(Robust, nets, strict=True)}
    losses = tuple({"loss": str(one)} for one in Robust)
    finders = (*({"finder": str(one)} for one in Finder), None)
    charts = (
        view.bars("Mean error", "°", errors, which, losses), *view.curves(square, other, params.loss.label),
        view.bars("Flagged and wrong", "%", found, list(Finder).index(params.finder), finders),
    )  # fmt: skip
    return Part(
        (*heroes, view.taught_panel(other)), charts, reading(square, other, shares[str(params.finder)], params),
        values(nets, which, shares), headline=headline(square, other, params),
        heroes=tuple(panel.slug for panel in heroes), play=play,
    )  # fmt: skip


# Words and numbers --------------------------------------------------------------------------------------


def values(nets: list[Learnt], which: int, shares: dict[str, float | None]) -> dict[str, float]:
    """Mean errors in degrees with each loss, and how many of the flagged targets are wrong."""
    other = nets[which]
    each = {f"{one}_off_deg": net.now for one, net in zip(Robust, nets, strict=True)}
    return numbers(
        step=float(other.steps[other.at]), wrong_count=int(other.wrong.sum()), off_deg=other.now,
        lean_deg=nets[0].lean, other_lean_deg=other.lean,
        **each, **{f"{one}_found_percent": share for one, share in shares.items()},
    )  # fmt: skip


def headline(square: Learnt, other: Learnt, params: Params) -> str:
    """Say how far off both nets are."""
    if square.run.diverged or other.run.diverged:
        return "The training ran into numbers that are not finite; this is the last good moment."
    if other.at == 0:
        return "Neither net knows anything yet; both are about to learn from targets that are partly wrong."
    a, b, name = square.now, other.now, params.loss.label.partition(" ")[0]
    if not other.wrong.any():
        return f"With every target right both losses do well: the nets are {a:.1f}° and {b:.1f}° off."
    if params.loss == Robust.MSE:
        return f"Taught some wrong angles, the squared loss ends {a:.0f}° off: the wrong ones pull hardest."
    if b >= 0.9 * a:
        return f"The wrong targets win: with the square the net is {a:.0f}° off, with {name} {b:.0f}°."
    return f"Taught some wrong angles, the squared loss ends {a:.0f}° off, {name} {b:.0f}°."


def reading(square: Learnt, other: Learnt, share: float | None, params: Params) -> tuple[str, ...]:
    """Say which way both lean, and how many wrong targets are found."""
    framed = "Each digit is turned back by what a net says; framed ones are more than 15° off."
    if other.at == 0 or share is None:
        return (framed,)
    lean = f"On average the left net is off by {view.signed(square.lean)}, the right one by {view.signed(other.lean)}."
    flagged = f"{int(other.wrong.sum())} targets flagged by {params.finder.label.lower()}"
    return framed, lean, f"Of {flagged}, **{share:.0f} %** are wrong."
