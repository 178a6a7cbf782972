"""Thresholds and curves: one cut through sorted scores trades misses against false alarms.

It brings its own digits and ignores the frame. A reader that has seen 40 digits is asked of 160 others whether each is
an 8; learning takes half a second of processor time, and moving the threshold none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from explainer.core.context import Context
from explainer.core.controls import Choice, Doc, Range, TrainAgain, When
from explainer.core.demo import Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.memo import latest
from explainer.core.parts import Part
from explainer.core.plays import Play, Plays
from explainer.core.result import Result
from explainer.demos.data._thresholds_view import charts, headline, reading, wall_panel

if TYPE_CHECKING:
    from explainer.vision.training.fit import Snapshot
    from explainer.vision.training.thresholds import Cut

OWN = 0.25  # share of the digits on the wall that are looked for
HIGH, LOW = 0.99, 0.01


class Rule(Choice):
    """Who sets the threshold."""

    HAND = "hand", "By hand"
    COST = "cost", "Least cost"


class Third(Choice):
    """What is drawn beside ROC and PR."""

    CONFUSION = "confusion", "Confusion matrix"
    COST = "cost", "Cost"
    RELIABILITY = "reliability", "Reliability"


@dataclass(frozen=True, slots=True)
class Params:
    """Where the scores are cut, how frequent the digit is, and what errors cost."""

    rule: Annotated[Rule, Doc("Threshold", "Least cost: chosen on digits that are not on the wall.")] = Rule.HAND
    threshold: Annotated[
        float, Range(LOW, HIGH, 0.01), When("rule", ("hand",)), Plays(8.0, "Lower the threshold"),
        Doc("Yes from", "The reader says yes where its score is at least this."),
    ] = 0.5  # fmt: skip
    prevalence: Annotated[
        int, Range(1, 50, unit="%"), Doc("Prevalence", "Share of that digit; the pictures are weighted to match it.")
    ] = 25  # fmt: skip
    miss: Annotated[
        int, Range(1, 50, log=True), Doc("Cost of a miss", "How many false alarms are as bad as one miss.")
    ] = 5  # fmt: skip
    third: Annotated[Third, Doc("Third chart", "What stands beside ROC and precision–recall.")] = Third.CONFUSION
    digit: Annotated[int, Range(0, 9), Doc("Digit", "The one that is looked for.")] = 8
    again: TrainAgain = 0


class ThresholdsAndCurves(Demo[Params]):
    """Digits in the order of their scores, cut at a threshold, and the curves of all thresholds."""

    info = DemoInfo(
        id="thresholds-and-curves", title="Thresholds and curves", topics=(35,),
        summary="One threshold on a score trades missed digits against false alarms; ROC and PR show all of them.",
        papers=("davis2006", "saito2015", "mcdermott2024"), uses_frame=False, uses_model=False, budget_s=60.0,
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:  # noqa: ARG002
        """Train the reader, or take it up, and cut its scores."""
        from explainer.vision.training import thresholds
        from explainer.vision.training.watched import watched

        def show(found: tuple[Snapshot | None, ...], partial: bool) -> Result:
            (run,) = found
            assert run is not None
            key = (run.recipe, run.step, params.digit)
            asked = latest(ctx, "asked", key, lambda: thresholds.asked(run, params.digit))
            hand = params.threshold if params.rule == Rule.HAND else None
            cut = thresholds.Cut(asked, params.digit, hand, params.prevalence / 100, params.miss, run.step)
            return shown(cut, str(params.third)).result(partial=partial)

        return watched(ctx, thresholds.recipe(ctx.seed), show, text="learning to read", again=params.again)


def shown(cut: Cut, third: str) -> Part:
    """The wall of digits with its cut, and all curves with the point at which it stands."""
    panel = wall_panel(cut)
    play = None
    if cut.hand is not None:
        play = Play(
            "threshold", HIGH, LOW, cut.threshold, curve=cut.recalls(HIGH, LOW),
            counted=f"{cut.called} of {len(cut.positive)} called yes", note=f"curve: share of {cut.name} found",
        )  # fmt: skip
    return Part(
        (panel,), charts(cut, third, OWN), reading(cut), cut.values(), headline=headline(cut, OWN),
        heroes=(panel.slug,), play=play,
    )  # fmt: skip
