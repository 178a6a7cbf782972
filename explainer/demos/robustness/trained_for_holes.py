"""Trained for missing pixels: two small nets learn digits, one of them with holes, and meet more and more holes.

It brings its own digits and ignores the frame. Twenty epochs of both nets take about four seconds of processor
time; sixty of a busy machine take longer, hence the budget of a training demo.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from explainer.core.context import Context
from explainer.core.controls import Doc, Options, Range, Resets, TrainAgain
from explainer.core.demo import Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.result import Result
from explainer.demos.robustness import _holes_view as view

if TYPE_CHECKING:
    from explainer.vision.training.holes import Pair

PUBLISH_S = 0.8  # the test at all shares, even of one draw, takes 0.2 s
Fill = Literal["zero", "mean"]
FILLS = Options({"zero": "Zero, as paper", "mean": "Mean of that pixel"})


@dataclass(frozen=True, slots=True)
class Params:
    """How both nets learn, and which holes are shown."""

    epochs: Annotated[int, Range(1, 60), Doc("Epochs", "Passes over the training digits; raising it goes on.")] = 20
    most: Annotated[
        int,
        Resets(),
        Doc("Missing while training", "Each digit loses a share between nothing and this."),
        Range(5, 90, step=5, unit="%"),
    ] = 60
    fill: Annotated[
        Fill, Resets(), Doc("Holes are filled with", "While training, and afterwards for that net."), FILLS
    ] = "zero"
    share: Annotated[
        int, Doc("Missing now", "Of the digits that are shown and counted below."), Range(0, 80, step=10, unit="%")
    ] = 40
    again: TrainAgain = 0


class TrainedForHoles(Demo[Params]):
    """Accuracy against the share of missing pixels, for a net that expects holes and one that does not."""

    info = DemoInfo(
        id="trained-for-holes",
        title="Trained for missing pixels",
        topics=(49,),
        summary="Two nets learn digits, one of them with holes: which one still reads them?",
        papers=("kingma2015",),
        uses_frame=False,
        uses_model=False,
        budget_s=60.0,
    )

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:  # noqa: ARG002
        """Train both, or carry on where the last run of the same recipe stopped."""
        from explainer.vision.training import holes
        from explainer.vision.training.fit import Snapshot
        from explainer.vision.training.watched import watched

        def show(found: tuple[Snapshot | None, ...], partial: bool) -> Result:
            plain, holed = found
            assert plain is not None
            assert holed is not None
            return _result(holes.Pair(plain, holed), params, ctx, partial=partial)

        recipes = holes.recipes(params.epochs, params.most / 100.0, params.fill, ctx.seed)
        return watched(ctx, recipes, show, text="training both nets", every_s=PUBLISH_S, again=params.again)


def _result(now: Pair, params: Params, ctx: Context, *, partial: bool = False) -> Result:
    from explainer.vision.training import holes

    _, test = now.plain.recipe.data
    draws = 1 if partial else holes.DRAWS
    found = holes.tolerance(now, test, draws, ctx.checkpoint)
    row = view.row_of(params.share)
    sheet = view.sheet_of(now, params.share)
    return Result(
        reading=view.reading(now, found, row),
        values=view.values(now, found, row),
        panels=(view.digits_panel(sheet, "Plain net"), view.digits_panel(sheet, "Net that knows holes")),
        charts=(view.tolerance_chart(found), view.bars(found, row), view.learning_chart(now, params.epochs)),
        partial=partial,
    )
