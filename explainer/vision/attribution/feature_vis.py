"""Feature visualization: the picture that a channel, a unit or a class would like best.

Gradient ascent on the picture. Symbols: ``z`` the picture's coordinates, ``x(z)`` the picture, ``a(x)`` the
objective (a channel's mean, its middle cell, or a class's logit), ``r(x)`` a penalty and λ its weight:
``z ← z + Adam(∂/∂z [a(τ(x)) − λ r(x)])``, with τ a small random move, or none.

Where a layer ends in a rectifier the objective is what goes *into* it: on noise most rectifiers are shut, and a
shut one has no gradient to climb.

References
----------
Erhan, Bengio, Courville, Vincent. *Visualizing higher-layer features of a deep network.* 2009.
Olah, Mordvintsev, Schubert. *Feature visualization.* Distill, 2017.
Kingma, Ba. *Adam: a method for stochastic optimization.* ICLR 2015 (the steps).
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from explainer.core.problem import ExplainerError
from explainer.vision.attribution.canvas import Canvas, contrast, fine_share, moved, roughness

Objective = str  # channel, unit, class
Penalty = Literal["none", "tv", "l2"]

STEP = 0.05  # Adam's step in the picture's coordinates
KEEP, KEEP_SQUARE, EPSILON = 0.9, 0.999, 1e-8
MEASURE_EVERY = 4  # the picture as it is shown is measured so often; each time costs a forward pass
RECTIFIERS = (nn.ReLU, nn.Hardtanh)  # ReLU6 is a Hardtanh
PENALTIES: Mapping[str, Callable[[Tensor], Tensor]] = {"tv": roughness, "l2": contrast}


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be maximised.

    Parameters
    ----------
    objective
        ``"channel"``: mean of a feature map; ``"unit"``: its middle cell; ``"class"``: a logit.
    index
        Number of the channel or class.
    layer
        Module path; not used for a class.
    """

    objective: Objective
    index: int
    layer: str = ""

    def of(self, output: Tensor) -> Tensor:
        """Objective of a layer's output ``(1, C, h, w)``, or of logits ``(1, K)``: a scalar."""
        if self.objective == "class":
            return output[0, self.index]
        one = output[0, self.index]
        return one.mean() if self.objective == "channel" else one[one.shape[0] // 2, one.shape[1] // 2]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How it is maximised; another recipe is another picture.

    Parameters
    ----------
    robust
        Whether the net sees the picture shifted, scaled and turned a little, anew at each step.
    weight
        λ, in units of the objective.
    """

    canvas: Canvas = Canvas()  # noqa: RUF009 (frozen)
    robust: bool = True
    penalty: Penalty = "none"
    weight: float = 0.0
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Ascent:
    """An ascent after some steps; a value from which it can be carried on.

    Parameters
    ----------
    z, mean, square
        Coordinates of the picture, and Adam's two running means, each of the canvas's shape.
    step
        Steps done.
    steps, heights
        When the picture as shown was measured, and what the objective was, of equal length.
    moving
        Whether the last gradient was anything but zero.
    """

    z: Tensor
    mean: Tensor
    square: Tensor
    step: int
    steps: tuple[int, ...]
    heights: tuple[float, ...]
    moving: bool = True

    @property
    def height(self) -> float:
        """Objective of the picture when it was last measured."""
        return self.heights[-1]


class Watch:
    """Runs a network as far as needed for a wish, on pictures in 0…1.

    Parameters
    ----------
    net
        Frozen, in evaluation mode.
    mean, std
        Per channel: what the network's input is normalised by.
    """

    def __init__(self, net: nn.Module, mean: tuple[float, ...], std: tuple[float, ...]) -> None:
        self._net = net
        here = next((p for p in net.parameters()), torch.zeros(1))
        self._device = here.device
        self._mean = torch.tensor(mean, device=here.device).view(1, -1, 1, 1)
        self._std = torch.tensor(std, device=here.device).view(1, -1, 1, 1)

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        return self._device

    def normalised(self, picture: Tensor) -> Tensor:
        """Network input of a picture ``(1, 3, S, S)`` in 0…1."""
        out = (picture.to(self._device) - self._mean) / self._std
        return out.contiguous(memory_format=torch.channels_last)

    def objective(self, wish: Wish, picture: Tensor) -> Tensor:
        """Objective of a picture ``(1, 3, S, S)`` in 0…1, a scalar with a graph where grad mode is on."""
        return self.answer(wish, self.normalised(picture))

    def probabilities(self, picture: Tensor) -> Tensor:
        """Softmax probabilities ``(K,) float64`` of a picture in 0…1."""
        with torch.no_grad():
            logits: Tensor = self._net(self.normalised(picture))
        return logits[0].double().softmax(dim=0)

    def answer(self, wish: Wish, x: Tensor) -> Tensor:
        """Objective of a network input ``(1, 3, S, S)``."""
        return wish.of(self._net(x) if wish.objective == "class" else output_of(self._net, wish.layer, x))


class _Enough(Exception):  # noqa: N818 (no error: the wanted layer has answered)
    pass


def output_of(net: nn.Module, layer: str, x: Tensor) -> Tensor:
    """Output of a module for input `x`, without its last rectifier; what lies behind it is not run.

    Returns
    -------
    Tensor
        ``(B, C, h, w)``; where the module ends in a ReLU or ReLU6, what went into that.

    Raises
    ------
    ExplainerError
        If the network has no such layer or it took no part.
    """

    def enough(_module: nn.Module, _inputs: object, _output: object) -> None:
        raise _Enough

    with _listening(net, layer) as caught:
        handle = _module(net, layer).register_forward_hook(enough)
        try:
            net(x)
        except _Enough:
            return caught[0]
        finally:
            handle.remove()
    raise ExplainerError(f"Layer {layer} took no part.", "Choose another layer.")


def maps_and_logits(net: nn.Module, layer: str, x: Tensor) -> tuple[Tensor, Tensor]:
    """Return what `output_of` does and the logits ``(B, K)``, both of one forward pass without a graph."""
    with torch.no_grad(), _listening(net, layer) as caught:
        logits: Tensor = net(x)
    return caught[0], logits


@contextmanager
def _listening(net: nn.Module, layer: str) -> Iterator[list[Tensor]]:
    """Collect the outputs of a module, without its last rectifier, while the block runs."""
    caught: list[Tensor] = []
    rectified: list[Tensor] = []  # input and output of the rectifier that ran last

    def enter(_module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        rectified[:] = [inputs[0].clone()]  # some work in place

    def leave(_module: nn.Module, _inputs: object, output: Tensor) -> None:
        rectified[1:] = [output]

    def note(_module: nn.Module, _inputs: object, output: Tensor) -> None:
        caught.append(rectified[0] if rectified and rectified[1] is output else output.clone())

    module = _module(net, layer)
    handles = []
    for one in (m for m in module.modules() if isinstance(m, RECTIFIERS)):
        handles += [one.register_forward_pre_hook(enter), one.register_forward_hook(leave)]
    handles.append(module.register_forward_hook(note))
    try:
        yield caught
    finally:
        for handle in handles:
            handle.remove()


def _module(net: nn.Module, layer: str) -> nn.Module:
    try:
        return net.get_submodule(layer)
    except AttributeError as error:
        raise ExplainerError(f"This network has no layer {layer}.", "Choose one from the list.") from error


# The ascent ---------------------------------------------------------------------------------------------


def start(watch: Watch, wish: Wish, recipe: Recipe) -> Ascent:
    """Return the noise that an ascent begins with, measured."""
    z = recipe.canvas.start(recipe.seed).to(watch.device)
    first = measured(watch, wish, recipe, z)
    return Ascent(z, torch.zeros_like(z), torch.zeros_like(z), 0, (0,), (first,))


def climb(
    watch: Watch, wish: Wish, recipe: Recipe, ascent: Ascent, steps: int, checkpoint: Callable[[], None] = lambda: None
) -> Iterator[Ascent]:
    """Carry an ascent on until `steps` are done, and yield it after each.

    Chance depends on the seed and the number of the step alone, so an ascent that is carried on goes the way
    that an uninterrupted one goes.

    Parameters
    ----------
    checkpoint
        Called before each step; may raise to stop.
    """
    while ascent.step < steps:
        checkpoint()
        gradient, moving = uphill(watch, wish, recipe, ascent)
        ascent = _stepped(ascent, gradient, moving)
        if ascent.step % MEASURE_EVERY == 0:
            ascent = up_to_date(watch, wish, recipe, ascent)
        yield ascent


def up_to_date(watch: Watch, wish: Wish, recipe: Recipe, ascent: Ascent) -> Ascent:
    """Return the ascent with its present picture measured; an ascent is carried on from one without."""
    if ascent.steps[-1] == ascent.step:
        return ascent
    height = measured(watch, wish, recipe, ascent.z)
    return replace(ascent, steps=(*ascent.steps, ascent.step), heights=(*ascent.heights, height))


def measured(watch: Watch, wish: Wish, recipe: Recipe, z: Tensor) -> float:
    """Objective of the picture as it is shown: not moved, without the penalty."""
    with torch.no_grad():
        return float(watch.objective(wish, recipe.canvas.picture(z)))


def uphill(watch: Watch, wish: Wish, recipe: Recipe, ascent: Ascent) -> tuple[Tensor, bool]:
    """Gradient of objective minus penalty with respect to the coordinates, and whether the objective had any."""
    gradient = _gradient(watch, wish, recipe, ascent)
    moving = bool(gradient.any())
    if recipe.penalty != "none" and recipe.weight > 0:
        gradient = gradient - recipe.weight * _penalty_gradient(recipe, ascent.z)
    return gradient, moving


def _gradient(watch: Watch, wish: Wish, recipe: Recipe, ascent: Ascent) -> Tensor:
    with torch.enable_grad():
        z = ascent.z.detach().requires_grad_()
        picture = recipe.canvas.picture(z)
        if recipe.robust:
            picture = moved(picture, recipe.seed * 100_003 + ascent.step)
        (gradient,) = torch.autograd.grad(watch.objective(wish, picture), z)
    return torch.nan_to_num(gradient)


def _penalty_gradient(recipe: Recipe, at: Tensor) -> Tensor:
    with torch.enable_grad():
        z = at.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(PENALTIES[recipe.penalty](recipe.canvas.picture(z)), z)
    return gradient


def _stepped(ascent: Ascent, gradient: Tensor, moving: bool) -> Ascent:
    """One step of Adam, upwards."""
    step = ascent.step + 1
    mean = KEEP * ascent.mean + (1 - KEEP) * gradient
    square = KEEP_SQUARE * ascent.square + (1 - KEEP_SQUARE) * gradient.square()
    unbiased, unbiased_square = mean / (1 - KEEP**step), square / (1 - KEEP_SQUARE**step)
    z = ascent.z + STEP * unbiased / (unbiased_square.sqrt() + EPSILON)
    return replace(ascent, z=z, mean=mean, square=square, step=step, moving=moving)


# What came of it ----------------------------------------------------------------------------------------


def pixels(recipe: Recipe, ascent: Ascent) -> NDArray[np.uint8]:
    """Return the picture ``(S, S, 3) uint8 RGB``."""
    picture = _drawn(recipe, ascent)[0]
    return np.ascontiguousarray((255 * picture).round().to(torch.uint8).permute(1, 2, 0).cpu().numpy())


def prediction(watch: Watch, recipe: Recipe, ascent: Ascent, input_px: int) -> NDArray[np.float64]:
    """Softmax probabilities ``(K,)`` of the picture, enlarged to the network's own input."""
    picture, size = _drawn(recipe, ascent), (input_px, input_px)
    large = nn.functional.interpolate(picture, size, mode="bilinear", align_corners=False, antialias=True)
    return np.asarray(watch.probabilities(large).cpu().numpy())


def fine(recipe: Recipe, ascent: Ascent) -> float:
    """Share of the picture's contrast in waves shorter than 4 pixels, see `fine_share`."""
    return fine_share(_drawn(recipe, ascent))


def fine_in(x: Tensor, size_px: int) -> float:
    """Give the same share for a network input ``(1, 3, S, S)``, made as small as the ascents' pictures."""
    size = (size_px, size_px)
    return fine_share(nn.functional.interpolate(x, size, mode="bilinear", align_corners=False, antialias=True))


def _drawn(recipe: Recipe, ascent: Ascent) -> Tensor:
    with torch.no_grad():
        return recipe.canvas.picture(ascent.z)
