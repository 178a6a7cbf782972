"""What the stepper speaks of: how far back it is, and all that was computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from explainer.vision.training.backprop import Array, Backward, Forward, Recipe

Kind = Literal["loss", "linear", "pool", "conv", "update"]


@dataclass(frozen=True, slots=True)
class Place:
    """How far the gradient has come.

    Parameters
    ----------
    done
        0: the loss; 1: back through the linear layer; 2: through the pool; then the convolutions from the last
        to the first; ``depth + 2``: the optimiser.
    wanted
        Number of the weight that was asked for; a layer may have fewer.
    """

    recipe: Recipe
    done: int
    wanted: int

    @property
    def kind(self) -> Kind:
        """What the last step went through."""
        if self.done == self.recipe.depth + 2:
            return "update"
        return ("loss", "linear", "pool", "conv")[min(self.done, 3)]

    @property
    def layer(self) -> int:
        """Layer with weights that is looked at, from 0: the linear one until the convolutions begin."""
        last = self.recipe.depth - 1
        return max(last - max(self.done - 2, 0), 0)

    @property
    def layer_name(self) -> str:
        """Its name."""
        return "linear" if self.layer == self.recipe.depth - 1 else f"conv {self.layer + 1}"

    @property
    def row(self) -> int:
        """Row of the mosaics (digit, convolutions, pool) that the gradient has come to; −1 for none."""
        return self.recipe.depth + 1 - self.done if 1 <= self.done <= self.recipe.depth + 1 else -1

    @property
    def index(self) -> int:
        """Number of the weight in its layer."""
        shape = _weights_in(self.layer, self.recipe.depth)
        return min(self.wanted, shape - 1)

    def reached(self, layer: int) -> bool:
        """Whether the gradient has come to the output of a layer with weights, counted from 0."""
        last = self.recipe.depth - 1
        return layer == last or self.done >= last - layer + 1


def _weights_in(layer: int, depth: int) -> int:
    if layer == depth - 1:
        return 10 * 8 * 4 * 4
    return 8 * (8 if layer else 1) * 9


@dataclass(frozen=True, slots=True, eq=False)
class Checked:
    """The same gradient by others: torch's of all weights, and one by a difference of two losses."""

    autograd: tuple[Array, ...]
    difference: float
    rounding: float


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """One digit's way through the net and back; `after` and `then` are the weights and the run after the step."""

    image: Array
    label: int
    at: Place
    weights: tuple[Array, ...]
    run: Forward
    back: Backward
    after: tuple[Array, ...]
    then: Forward
    rate: float
    checked: Checked

    @property
    def gradient(self) -> Array:
        """Gradient of the weights of the layer that is looked at, ``(O, I, h, w)``."""
        return self.back.weights[self.at.layer]

    @property
    def slope(self) -> float:
        """What backpropagation says of the one weight."""
        return float(self.gradient.flat[self.at.index])
