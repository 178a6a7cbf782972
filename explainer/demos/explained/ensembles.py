"""Ensembles: ten small nets err on different digits, so their average errs on fewer than one of them.

It brings its own digits and ignores the frame. Ten nets learn from 100 digits in about five seconds of processor time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Bars, Chart, Curve, Series, Table
from explainer.core.context import Context
from explainer.core.controls import Choice, Doc, OnPicture, Range, Resets, TrainAgain, When
from explainer.core.demo import Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.geometry import PointXY, Stroke
from explainer.core.layers import Image, Panel
from explainer.core.memo import latest
from explainer.core.numbers import numbers
from explainer.core.parts import Part
from explainer.core.plays import Play, Plays
from explainer.core.result import Result
from explainer.core.telling import differing
from explainer.core.walls import ABREAST, wall_of_answers, wall_with_marks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from explainer.vision.training.ensembles import Vote
    from explainer.vision.training.examples import Examples
    from explainer.vision.training.fit import Snapshot

SINGLE, TOGETHER = 1, 2  # colours
REFUSED = np.linspace(0.0, 0.5, 26)
MOST = 10

LINE = ((0.36, 0.37), (0.6, 0.2), (0.44, 0.85))  # a 1, or a 7
DRAWN = (Stroke(tuple(PointXY(*point) for point in LINE), 0.06),)


class Asked(Choice):
    """Which digits the members read."""

    TEST = "test", "Test digits"
    OWN = "own", "A digit that I draw"


class Kind(Choice):
    """Where the members come from."""

    STARTS = "starts", "Different starts"
    BAGGING = "bagging", "Bagging"
    DROPOUT = "dropout", "MC dropout"
    SHIFTS = "shifts", "Shifted copies"
    SNAPSHOTS = "snapshots", "Snapshots of one run"
    SWA = "swa", "Averaged weights (SWA)"


@dataclass(frozen=True, slots=True)
class Params:
    """Who votes, and from how many digits they have learnt."""

    members: Annotated[
        int, Range(1, MOST), Plays(6.0, "Let one more vote"), Doc("Members", "Answers that are averaged.")
    ] = MOST  # fmt: skip
    kind: Annotated[
        Kind, Resets(),
        Doc("Members differ by", "Starts and bagging train ten nets. All others get along with one training."),
    ] = Kind.STARTS  # fmt: skip
    train_size: Annotated[
        int, Resets(), Range(30, 1297, log=True, unit="digits"),
        Doc("Training digits", "The fewer, the more the members differ."),
    ] = 100  # fmt: skip
    asked: Annotated[Asked, Doc("Read", "Digits that are kept for the test, or one that you draw.")] = Asked.TEST
    drawn: Annotated[
        tuple[Stroke, ...], OnPicture("your-digit"), When("asked", (Asked.OWN,)),
        Doc("Draw a digit", "Right button takes a stroke back."),
    ] = DRAWN  # fmt: skip
    again: TrainAgain = 0


class Ensembles(Demo[Params]):
    """The most telling test digits, as one member and as all of them read them."""

    info = DemoInfo(
        id="ensembles", title="Ensembles", topics=(40,),
        summary="Ten nets that err on different digits: together they err on fewer.",
        papers=("breiman1996", "lakshminarayanan2017", "huang2017", "izmailov2018"),
        uses_frame=False, uses_model=False, budget_s=60.0,
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:  # noqa: ARG002
        """Train the members side by side, or take up what is there."""
        from explainer.vision.training import ensembles
        from explainer.vision.training.watched import watched

        recipes = ensembles.recipes(str(params.kind), params.train_size, ctx.seed)

        def show(found: tuple[Snapshot | None, ...], partial: bool) -> Result:
            begun = [one for one in found if one is not None]
            runs = [one for one in begun if one.done] or begun[:1]
            if params.asked == Asked.OWN:
                return own(runs, params).result(partial=partial)
            key = (params.kind, params.train_size, params.again, tuple((run.recipe.seed, run.step) for run in runs))
            test = runs[0].recipe.data.test
            made = lambda: ensembles.said(str(params.kind), runs, test.labels, ctx.checkpoint)  # noqa: E731
            p, joint = latest(ctx, "answers", key, made)
            vote = ensembles.Vote(p, joint, min(params.members, len(p)), test.labels)
            return shown(vote, test, params, begun=runs[0].step > 0).result(partial=partial)

        return watched(ctx, recipes, show, text="training the members", again=params.again)


def shown(vote: Vote, test: Examples, params: Params, *, begun: bool) -> Part:
    """Both walls, what each further member is worth, what it costs, and what refusing is worth."""
    from explainer.vision.training import ensembles

    p, labels, many = vote.p, test.labels, vote.members > 1
    rows = differing(p[0].argmax(1) == labels, vote.joint[-1].argmax(1) == labels, ABREAST)
    joined = f"{vote.members} averaged into one" if params.kind == Kind.SWA else f"{vote.members} together"
    panels = (
        digits_panel("One alone", test, p[0], rows),
        digits_panel(joined if many else "Average of one", test, vote.average, rows),
    )
    curve = np.array([(one.argmax(1) == labels).mean() for one in vote.joint])
    play = Play(
        "members", 1, len(p), vote.members, curve=curve - curve.min() if np.ptp(curve) else None,
        counted=f"{vote.members} of {words.count(len(p), 'member')}", note="curve: accuracy gained",
    )  # fmt: skip
    split, cost = ensembles.errors(p[: vote.members], labels), ensembles.cost(str(params.kind), vote.members)
    named = numbers(
        members=vote.members, wrong_single=vote.alone, wrong_average=vote.wrong, pass_count=cost.passes,
        training_steps=cost.steps, brier_single=split.single, brier_spread=split.spread,
        brier_average=ensembles.errors(vote.average[None], labels).average,
        disputed_count=int((p[: vote.members].argmax(2) != p[0].argmax(1)).any(0).sum()), test_count=len(test),
    )  # fmt: skip
    return Part(
        panels, (members_chart(vote, params.kind), refusing_chart(vote), cost_table(named)),
        reading(vote, named, params.kind), named, headline=headline(vote, params.kind, begun=begun),
        heroes=tuple(panel.slug for panel in panels), play=play,
    )  # fmt: skip


def own(runs: Sequence[Snapshot], params: Params) -> Part:
    """The digit that was drawn, and what each member takes it for."""
    from explainer.vision.training import drawn, ensembles

    ink = drawn.ink_of(params.drawn)
    image = drawn.as_digit(ink)
    asked = drawn.read_as(image)
    each = ensembles.answers(str(params.kind), runs, asked=asked)
    p, count = each[:, 0], min(params.members, len(each))
    said, mean = p[:count].argmax(1), ensembles.together(str(params.kind), runs, each, asked)[count - 1, 0]
    best = int(mean.argmax())
    pixels, agree = np.repeat(np.uint8(255) * ink[..., None], 3, 2), int((said == best).sum())
    panels = (
        Panel("Your digit", ink.shape, (Image("ink", pixels),), "draw on it", frame=False),
        wall_with_marks(
            "Each member reads",
            np.repeat(image[None], count, 0),
            tuple(map(str, said.tolist())),
            said != best,
            columns=5,
        ),
    )
    contradict = f"{agree} of {count} members read it as “{best}”, and the others contradict."
    say = f"Every member reads it as “{best}”." if agree == count else contradict
    return Part(
        panels, (Bars("Average of the members", tuple("0123456789"), tuple(mean.tolist()), chosen=best),),
        (f"Framed members contradict the average, which gives “{best}” {words.score(float(mean[best]))}.",),
        numbers(own_digit=best, own_score=mean[best], agree_count=agree, members=count),
        headline=say if ink.any() else "Draw a digit on the left.", heroes=tuple(panel.slug for panel in panels),
        play=Play("members", 1, len(p), count, counted=f"{count} of {words.count(len(p), 'member')}"),
    )  # fmt: skip


def digits_panel(title: str, test: Examples, p: NDArray[np.float64], rows: NDArray[np.int64]) -> Panel:
    """Digits that one or all misread; framed where they are misread."""
    from explainer.vision.training.ensembles import misread

    said, true = p.argmax(1)[rows], test.labels[rows]
    note = f"{misread(p, test.labels)} of {len(test)} wrong"
    return wall_of_answers(title, test.images[rows], true, said, note=note)


def members_chart(vote: Vote, kind: Kind) -> Chart:
    """Accuracy against the number of members: over random choices of them, or in their order if they are moments."""
    from explainer.vision.training import ensembles

    mean, spread = (vote.joint.argmax(2) == vote.labels).mean(1), None
    if str(kind) not in ensembles.MOMENTS:
        mean, spread = ensembles.by_members(vote.p, vote.labels)
    x = np.arange(1, len(vote.p) + 1, dtype=np.float64)
    line = Series("average", x, 100 * mean, colour=TOGETHER, spread=None if spread is None else 100 * spread)
    return Curve("More members", (line,), "members", "% right", None, (1.0, float(max(2, len(x)))))


def cost_table(named: dict[str, float]) -> Chart:
    """What both walls cost."""
    from explainer.vision.training.ensembles import STEPS

    rows = (("one alone", STEPS, 1), ("together", named["training_steps"], named["pass_count"]))
    cells = tuple((name, words.thousands(int(steps)), f"{passes:.0f}") for name, steps, passes in rows)
    return Table("What it costs", ("", "training steps", "forward passes"), cells)


def refusing_chart(vote: Vote) -> Chart:
    """Accuracy on what is answered, when the least certain digits are refused."""
    from explainer.vision.training import ensembles

    lines = tuple(
        Series(name, 100 * REFUSED, 100 * ensembles.kept_right(p, vote.labels, REFUSED), colour=colour)
        for name, p, colour in (("together", vote.average, TOGETHER), ("one alone", vote.p[0], SINGLE))
    )
    return Curve("If the doubtful are refused", lines, "% refused", "% right", None, (0.0, 50.0))


def headline(vote: Vote, kind: Kind, *, begun: bool) -> str:
    """Say what voting is worth here."""
    if not begun:
        return "The nets have not learnt anything yet; each guesses."
    if vote.members == 1:
        return f"One alone misreads {vote.wrong} of the test digits; add members and watch."
    if vote.wrong >= vote.alone:
        why = "Moments of one run hardly differ" if kind in (Kind.SNAPSHOTS, Kind.SWA) else "Here voting does not help"
        return f"{why}: {vote.wrong} test digits are misread together, {vote.alone} by one alone."
    if kind == Kind.SWA:
        return (
            f"The net of averaged weights misreads {vote.wrong} test digits; the end of its run misreads {vote.alone}."
        )
    return f"Together they misread {vote.wrong} test digits; one of them alone misreads {vote.alone}."


def reading(vote: Vote, named: dict[str, float], kind: Kind) -> tuple[str, ...]:
    """Say how the error splits."""
    if vote.members == 1:
        return (f"Framed digits are misread. One alone misreads {vote.alone} of {len(vote.labels)}.",)
    single, average, spread = (named[f"brier_{part}"] for part in ("single", "average", "spread"))
    known = (
        "Framed digits are misread; the first are those that voting repairs, the last those that it does not. "
        f"Some member contradicts another on {named['disputed_count']:.0f} of {len(vote.labels)}."
    )
    why = "; it is one net, and no mean of answers" if kind == Kind.SWA else f": {spread:.3f} was the members' spread"
    return known, f"The mean Brier error of the members is {single:.3f}, together **{average:.3f}**{why}."
