"""Augment and retrain: the same small net on the same few digits, with one augmentation after another.

It brings its own digits and ignores the frame. One net takes a fraction of a second on a quiet core; at the defaults
eighteen are trained, hence the budget of a training demo.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from explainer.core.context import Context
from explainer.core.controls import Doc, Options, Range, TrainAgain
from explainer.core.demo import Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.result import Result
from explainer.demos.data import _retrain_view as view

if TYPE_CHECKING:
    from explainer.vision.augment.retrain import Run

PUBLISH_S = 0.4
SIZES = (10, 30, 100, 300, 1000)  # digits along the learning curves
Name = Literal["shift", "affine", "noise", "cutout", "flip-vertical", "flip-horizontal", "rotation"]
ALL: tuple[Name, ...] = ("shift", "affine", "noise", "cutout", "flip-vertical", "flip-horizontal", "rotation")


@dataclass(frozen=True, slots=True)
class Params:
    """What is compared, on how many digits, and how often."""

    augments: Annotated[
        tuple[Name, ...],
        Options(view.NAMES),
        Doc("Augmentations", "Each is trained alone; of two or more also all together."),
    ] = ALL
    show: Annotated[
        Literal["bars", "curves"],
        Options({"bars": "Bars, one for each", "curves": "Learning curves, all ticked against none"}),
        Doc("Compare", "At one number of digits, or at five from 10 to 1,000."),
    ] = "bars"
    digits: Annotated[
        int, Range(10, 1000, log=True, unit="digits"), Doc("Training digits", "As many of each kind as of any other.")
    ] = 50
    seeds: Annotated[
        int, Range(1, 10), Doc("Seeds", "Other digits and other starting weights; the bars' spread is over them.")
    ] = 2
    steps: Annotated[
        int, Range(20, 1000, 20, "steps"), Doc("Training", "Steps of the optimiser, the same for every run.")
    ] = 200
    again: TrainAgain = 0


class AugmentAndRetrain(Demo[Params]):
    """Trains nets that differ in nothing but their augmentation."""

    info = DemoInfo(
        id="augment-and-retrain",
        title="Augment and retrain",
        topics=(34, 4),
        summary="Which augmentation helps when there are fifty digits, and which one hurts: real training runs.",
        papers=("shorten2019", "simard2003", "devries2017"),
        uses_frame=False,
        uses_model=False,
        budget_s=60.0,
    )

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:  # noqa: ARG002
        """Train what has not been trained yet, one seed of everything after the other."""
        from explainer.vision.augment import retrain
        from explainer.vision.training.fit import Snapshot
        from explainer.vision.training.watched import watched

        runs = tuple(planned(params, ctx.seed))
        seen = view.pictures(params, ctx.seed)

        def show(found: tuple[Snapshot | None, ...], partial: bool) -> Result:
            pairs = zip(runs, found, strict=True)
            done = {run: retrain.score(one) for run, one in pairs if one is not None and one.done}
            return view.result(params, done, runs, seen, partial=partial)

        recipes = [retrain.recipe(run) for run in runs]
        text = f"training {len(runs)} net{'s' if len(runs) != 1 else ''}"
        return watched(ctx, recipes, show, text=text, begun=False, every_s=PUBLISH_S, again=params.again)


def planned(params: Params, seed: int) -> Iterator[Run]:
    """All runs, seed by seed, so that every bar has its first value soon."""
    from explainer.vision.augment.retrain import Run

    for number in range(seed, seed + params.seeds):
        for size in SIZES if params.show == "curves" else (params.digits,):
            for names in view.rows(params):
                yield Run(names, size, params.steps, number)
