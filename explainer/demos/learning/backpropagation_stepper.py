"""Backpropagation one layer at a time: a digit, a net that has not learnt yet, and the way back of its loss.

The net and its backward pass are written out in numpy; torch is asked only whether its autograd agrees.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from explainer.core.context import Context
from explainer.core.controls import Choice, Doc, Range
from explainer.core.demo import Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.plays import Plays
from explainer.core.result import Result
from explainer.demos.learning import _stepper_view as view
from explainer.demos.learning._stepper_scene import Place, Scene

MOST_LAYERS = 12


class Activation(Choice):
    """Activation."""

    RELU = "relu", "ReLU"
    TANH = "tanh", "tanh"
    SIGMOID = "sigmoid", "Sigmoid"


class Start(Choice):
    """Starting weights."""

    HE = "he", "He"
    GLOROT = "glorot", "Glorot"
    SMALL = "small", "0.3 times He"
    LARGE = "large", "3 times He"


@dataclass(frozen=True, slots=True)
class Params:
    """Which digit, which net, and how far back."""

    step: Annotated[
        int, Range(0, MOST_LAYERS + 2), Doc("Step back", "0 is the loss; the last one is the optimiser's."),
        Plays(6.0, "Send the gradient back, from the loss to the digit"),
    ] = 5  # fmt: skip
    digit: Annotated[int, Range(0, 499), Doc("Digit", "One of 500 handwritten test digits.")] = 3
    depth: Annotated[int, Range(2, MOST_LAYERS), Doc("Layers", "Convolutions, and one linear layer at the end.")] = 4
    activation: Annotated[Activation, Doc("Activation", "The slope of a sigmoid is 1/4 at most.")] = Activation.RELU
    start: Annotated[Start, Doc("Starting weights", "He's keep the gradient's size through ReLUs.")] = Start.HE
    residual: Annotated[bool, Doc("Residual", "Adds each layer's input to its output: a way past the layer.")] = False
    learning_rate: Annotated[
        float, Range(0.0001, 1.0, log=True), Doc("Learning rate", "The optimiser's; gradients do not know it.")
    ] = 0.01
    weight: Annotated[int, Range(0, 1279), Doc("Weight", "Number of the one whose gradient is checked.")] = 4


class BackpropagationStepper(Demo[Params]):
    """Where the gradient is after so many layers, how large, and what let it through."""

    info = DemoInfo(
        id="backpropagation-stepper", title="Backpropagation, step by step", topics=(2,),
        summary="The loss of one digit goes back through a small net, layer by layer.",
        papers=("rumelhart1986", "glorot2010", "he2015", "he2016"), uses_frame=False, uses_model=False,
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:  # noqa: ARG002
        """Go forward once and back as far as asked."""
        from explainer.vision.training import backprop, digits

        digit = digits.split()[1]
        image = digit.images[params.digit].astype("float64")
        label = int(digit.labels[params.digit])
        recipe = backprop.Recipe(params.depth, params.activation, params.start, params.residual, ctx.seed)
        with ctx.stage("explain"):
            weights = backprop.starting_weights(recipe)
            run = backprop.forward(recipe, weights, image, label)
            back = backprop.backward(recipe, weights, run, label)
            after = backprop.descended(weights, back.weights, params.learning_rate)
            then = backprop.forward(recipe, after, image, label)
            at = Place(recipe, min(params.step, params.depth + 2), params.weight)
            ctx.checkpoint()
            told = backprop.autograd(recipe, weights, image, label)
            slope, rounding = backprop.difference(recipe, weights, image, label, at.layer, at.index)
        scene = Scene(image, label, at, weights, run, back, after, then, params.learning_rate, told, slope, rounding)
        return view.shown(scene).result()
