"""A small net learns handwritten digits from nothing, while one watches.

It brings its own 1,797 digits and ignores the frame. 15 epochs take one to four seconds on two cores; 60 with
small batches take longer, hence the budget of a training demo.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from explainer.core.context import Context
from explainer.core.controls import Doc, Options, Range, Resets, TrainAgain, UseNetwork, When
from explainer.core.demo import Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.result import Result
from explainer.demos.learning import _training_view as view

if TYPE_CHECKING:
    from explainer.vision.training.fit import Snapshot
    from explainer.vision.training.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Params:
    """The recipe. All but the number of epochs start a new run."""

    epochs: Annotated[int, Range(1, 60), Doc("Epochs", "Passes over the training digits; raising it goes on.")] = 15
    learning_rate: Annotated[
        float,
        Range(0.0001, 3.0, log=True),
        Resets(),
        Doc("Learning rate", "Step along the gradient: too low and nothing moves, too high and nothing settles."),
    ] = 0.03
    optimiser: Annotated[
        Literal["sgd", "adam"],
        Resets(),
        Options({"sgd": "SGD with momentum", "adam": "Adam"}),
        Doc("Optimiser", "How gradients become steps. Adam gives each weight its own step size."),
    ] = "sgd"
    momentum: Annotated[
        float,
        Range(0.0, 0.99, 0.01),
        Resets(),
        When("optimiser", ("sgd",)),
        Doc("Momentum", "Share of the last step that is repeated."),
    ] = 0.9
    batch_size: Annotated[
        int,
        Range(4, 256, log=True, unit="digits"),
        Resets(),
        Doc("Batch size", "Fewer digits a step: more steps, and noisier ones."),
    ] = 32
    activation: Annotated[
        Literal["relu", "tanh", "sigmoid"],
        Resets(),
        Options({"relu": "ReLU", "tanh": "tanh", "sigmoid": "Sigmoid"}),
        Doc("Activation", "Sigmoids shrink the gradient in every layer that it passes on its way back."),
    ] = "relu"
    init_scale: Annotated[
        float,
        Range(0.03, 10.0, log=True, unit="×"),
        Resets(),
        Doc("Starting weights", "Factor on He's starting weights: gradients vanish below and blow up above."),
    ] = 1.0
    train_size: Annotated[
        int,
        Range(20, 1297, log=True, unit="digits"),
        Resets(),
        Doc("Training digits", "With few, the two curves part: the net learns them by heart."),
    ] = 1297
    again: TrainAgain = 0
    keep: UseNetwork = 0


class TrainSmallNet(Demo[Params]):
    """Loss, accuracy, filters and errors of a net in training."""

    info = DemoInfo(
        id="train-small-net",
        title="Train a small net",
        topics=(2,),
        summary="9,802 weights learn handwritten digits by backpropagation in front of your eyes.",
        papers=("rumelhart1986", "he2015", "kingma2015"),
        uses_frame=False,
        uses_model=False,
        budget_s=60.0,
    )

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:  # noqa: ARG002
        """Train, or carry on where the last run of the same recipe stopped."""
        from explainer.vision.training.paper_net import network_of
        from explainer.vision.training.watched import Keeping, watched

        def show(found: tuple[Snapshot | None, ...], partial: bool) -> Result:
            (now,) = found
            assert now is not None
            return _result(now, params.epochs, partial=partial)

        return watched(
            ctx, _recipe(params, ctx.seed), show, again=params.again, keeping=Keeping(params.keep, network_of)
        )


def _recipe(params: Params, seed: int) -> Recipe:
    from explainer.vision.training import small_net

    return small_net.recipe(
        small_net.optimiser(params.optimiser, params.learning_rate, params.momentum),
        epochs=params.epochs, net=small_net.SmallNet(params.activation, params.init_scale),
        batch_size=params.batch_size, train_size=params.train_size, seed=seed,
    )  # fmt: skip


def _result(now: Snapshot, epochs: int, *, partial: bool = False) -> Result:
    from explainer.vision.training import small_net, small_net_report

    train, test = now.recipe.data
    answers = small_net_report.answers(now, test)
    slope = small_net_report.check_slope(now, train)
    start = now.recipe.net.begun(now.recipe.seed).get_parameter(small_net.FIRST).detach().numpy()
    return Result(
        reading=view.reading(now, answers, epochs),
        values=view.values(now, answers, slope, small_net.count(now.recipe.net)),
        panels=(view.filters_panel(start, now.weights[small_net.FIRST]), view.hardest_panel(answers, test)),
        charts=(
            view.loss_chart(now, epochs),
            view.accuracy_chart(now, epochs),
            view.confusion_chart(answers),
            view.gradient_chart(now, epochs, small_net.LAYERS),
        ),
        badges=view.badges(slope),
        partial=partial,
    )
