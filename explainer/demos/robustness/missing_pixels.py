"""Missing pixels: erase some, put something else in their place, and ask the network each time."""

from dataclasses import dataclass
from typing import Annotated

from explainer.core.context import Context
from explainer.core.controls import TOP_1, ClassIndex, Doc, OnPicture, Plays, Range
from explainer.core.demo import Cost, Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.geometry import PointXY, Stroke
from explainer.core.result import Result
from explainer.demos.robustness import _missing as missing
from explainer.demos.robustness import _missing_view as view
from explainer.demos.robustness._missing import Fill

ACROSS = (Stroke((PointXY(0.3, 0.35), PointXY(0.7, 0.65)), 0.05),)


@dataclass(frozen=True, slots=True)
class Params:
    """What is lost, and what is put there."""

    erased: Annotated[
        tuple[Stroke, ...], OnPicture("filled-in"),
        Doc("Eraser", "[ and ] change the brush; the right button takes a stroke back."),
    ] = ACROSS  # fmt: skip
    share: Annotated[
        int, Doc("Lost at random", "Share of what the brush has left."), Range(0, 95, step=5, unit="%"),
        Plays(8.0, "Lose more and more pixels"),
    ] = 25  # fmt: skip
    block: Annotated[
        int, Range(1, 32, unit="px"),
        Doc("Side of a lost block", "Pixels of a picture of 224. Large ones have no near neighbour to copy."),
    ] = 2  # fmt: skip
    fill: Annotated[Fill, Doc("Filled with", "Shown large; the score is computed for all of them.")] = Fill.ZERO
    target: Annotated[ClassIndex, Doc("Class", "Whose score is watched.")] = TOP_1
    curve: Annotated[bool, Doc("More and more of it lost", "Each filling at seven shares; off for a camera.")] = True


class MissingPixels(Demo[Params]):
    """Six ways to fill in what is missing, and the answer to each."""

    info = DemoInfo(
        id="missing-pixels", title="Missing pixels", topics=(49,), sample="dog",
        summary="Erase pixels: what stands in their place decides what the network answers.",
        papers=("telea2004", "bertalmio2001", "liu2018"),
        cost=Cost(forwards=43),
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Fill and ask; the curves grow one share after the other."""
        with ctx.model() as net:
            trial = missing.asked(missing.Scene(frame, params, ctx), net)
            if params.curve:
                ctx.publish(view.result(trial, partial=True))
                trial = missing.curves(trial, net, lambda one: ctx.publish(view.result(one, partial=True)))
            return view.result(trial)
