"""Trained for missing pixels: two small nets learn digits, one of them with holes, and meet more and more holes.

It brings its own digits and ignores the frame. Twenty epochs of both nets take about four seconds of processor
time; sixty of a busy machine take longer, hence the budget of a training demo.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from explainer.core.context import Context
from explainer.core.controls import Doc, Options, Range, Resets
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
        from explainer.vision.training import digits, holes, small_net

        train, test = digits.split()
        with ctx.stage("explain"), small_net.one_thread():
            now = _carried_on(ctx.state, params, ctx.seed)
            if now is None:
                now = holes.beginning(_recipe(ctx.seed), train, test, params.most / 100.0, params.fill)
            ctx.publish(_result(now, params, ctx, partial=True))
            shown = time.monotonic()
            run = holes.trained(now, train, test, params.epochs, _listener(ctx))
            for now in run:
                if time.monotonic() - shown >= PUBLISH_S and now.epoch < params.epochs:
                    ctx.publish(_result(now, params, ctx, partial=True))
                    shown = time.monotonic()
            return _result(now, params, ctx)


def _recipe(seed: int) -> Any:
    from explainer.vision.training.small_net import Recipe

    return Recipe(optimiser="adam", learning_rate=0.003, seed=seed)


def _carried_on(state: Any, params: Params, seed: int) -> Pair | None:
    """Return the run so far if it is of these params and not past its end."""
    pair: Pair | None = state
    if pair is None or pair.epoch > params.epochs or pair.plain.recipe != _recipe(seed):
        return None
    return pair if (pair.most, pair.fill) == (params.most / 100.0, params.fill) else None


def _listener(ctx: Context) -> Any:
    def on_step(done: float) -> None:
        ctx.checkpoint()
        ctx.progress(done, "training both nets")

    return on_step


def _result(now: Pair, params: Params, ctx: Context, *, partial: bool = False) -> Result:
    from explainer.vision.training import digits, holes

    train, test = digits.split()
    draws = 1 if partial else holes.DRAWS
    found = holes.tolerance(now, train, test, draws, ctx.checkpoint)
    row = view.row_of(params.share)
    sheet = view.sheet_of(now, params.share, train, test)
    return Result(
        reading=view.reading(now, found, row),
        values=view.values(now, found, row),
        panels=(view.digits_panel(sheet, "Plain net"), view.digits_panel(sheet, "Net that knows holes")),
        charts=(view.tolerance_chart(found), view.bars(found, row), view.learning_chart(now, params.epochs)),
        state=now,
        partial=partial,
    )
