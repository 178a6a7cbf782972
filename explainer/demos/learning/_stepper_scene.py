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
    def columns(self) -> tuple[str, ...]:
        """What is drawn from left to right."""
        return ("digit", *(f"conv {n}" for n in range(1, self.recipe.depth)), "pool", "scores")

    @property
    def column(self) -> int:
        """Number of the column that the gradient has come to."""
        return max(self.recipe.depth + 1 - self.done, 0)

    @property
    def index(self) -> int:
        """Number of the weight in its layer; a layer may have fewer than the one that was asked for."""
        weights = 10 * 8 * 4 * 4 if self.layer == self.recipe.depth - 1 else 8 * (8 if self.layer else 1) * 9
        return min(self.wanted, weights - 1)

    def reached(self, layer: int) -> bool:
        """Whether the gradient has come to the output of a layer with weights, counted from 0."""
        last = self.recipe.depth - 1
        return layer == last or self.done >= last - layer + 1


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """One digit's way through the net and back.

    Parameters
    ----------
    after, then
        The weights, and the run, after the optimiser's step of `rate`.
    told
        The same gradient by torch's autograd, of each layer's weights.
    moved, rounding
        The slope of one weight by a difference of two losses, and what rounding may add to it.
    """

    image: Array
    label: int
    at: Place
    weights: tuple[Array, ...]
    run: Forward
    back: Backward
    after: tuple[Array, ...]
    then: Forward
    rate: float
    told: tuple[Array, ...]
    moved: float
    rounding: float

    def one(self, of_layers: tuple[Array, ...]) -> float:
        """What one weight has among those of all layers: its value, or its gradient."""
        return float(of_layers[self.at.layer].flat[self.at.index])

    @property
    def slope(self) -> float:
        """What backpropagation says of the one weight."""
        return self.one(self.back.weights)
