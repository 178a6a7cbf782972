"""A small convolutional net for 8 × 8 digits, and its training as a value that can be carried on.

Two convolutions (8 and 16 filters of 3 × 3), a 2 × 2 maximum, and two linear layers (32 and 10 units): 9,802
weights. Backpropagation gives the gradient of the mean cross-entropy; the optimiser, a separate step, moves
the weights by it. Everything random comes from the recipe's seed and the number of the epoch, so a run that
is stopped and carried on ends on the same bits as one that was not.

It computes on the CPU whatever the session's device is: at this size a GPU spends its time on being asked.

References
----------
Rumelhart, Hinton, Williams. *Learning representations by back-propagating errors.* Nature 323, 1986.
He, Zhang, Ren, Sun. *Delving deep into rectifiers.* ICCV 2015 (the starting weights).
Kingma, Ba. *Adam: a method for stochastic optimization.* ICLR 2015.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from explainer.vision.training.digits import Digits

Activation = Literal["relu", "tanh", "sigmoid"]
Optimiser = Literal["sgd", "adam"]
Arrays = tuple[NDArray[np.float32], ...]
OnStep = Callable[[float], None]

LAYERS = ("conv 1", "conv 2", "linear 1", "linear 2")
SHAPES = ((8, 1, 3, 3), (16, 8, 3, 3), (32, 16 * 4 * 4), (10, 32))
ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
}
LAST_SCALE = 0.1  # small first scores: the untrained net says about 1/10 for each digit
PROBE = 256  # digits on which the gradient of each layer is measured
ADAM_KEEP, ADAM_KEEP_SQUARE, ADAM_EPSILON = 0.9, 0.999, 1e-8


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that decides how a run goes; another recipe is another run.

    Parameters
    ----------
    momentum
        Share of the last step that is repeated; used by ``"sgd"`` only.
    init_scale
        Factor on the starting weights, whose standard deviation is ``sqrt(2 / fan_in)`` (He 2015).
    train_size
        How many of the training digits are used.
    """

    activation: Activation = "relu"
    optimiser: Optimiser = "sgd"
    learning_rate: float = 0.05
    momentum: float = 0.9
    batch_size: int = 32
    init_scale: float = 1.0
    train_size: int = 1297
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Epoch:
    """Where a run stood after so many passes over the training digits; 0 is before the first.

    Parameters
    ----------
    loss_train, loss_test
        Mean cross-entropy in nats.
    accuracy_train, accuracy_test
        Share of digits whose highest score is their own, 0…1.
    gradients
        Root mean square of the loss gradient over each layer's weights, in the order of `LAYERS`.
    """

    loss_train: float
    loss_test: float
    accuracy_train: float
    accuracy_test: float
    gradients: tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """A run between two epochs, in plain arrays.

    Parameters
    ----------
    weights
        Weight and bias of each layer in turn.
    means, squares
        The optimiser's running means: momentum, and Adam's mean of squares.
    steps
        Optimiser steps done.
    history
        One entry more than epochs done.
    batch_losses
        Loss of each step's batch before the step, ``(steps,) float64``.
    diverged
        Whether the next epoch ran into numbers that are not finite; the weights are those before it.
    """

    recipe: Recipe
    weights: Arrays
    means: Arrays
    squares: Arrays
    steps: int
    history: tuple[Epoch, ...]
    batch_losses: NDArray[np.float64]
    diverged: bool = False

    @property
    def epoch(self) -> int:
        """Epochs done."""
        return len(self.history) - 1


# The net ------------------------------------------------------------------------------------------------


def starting_weights(recipe: Recipe) -> Arrays:
    """Draw weights with standard deviation ``init_scale · sqrt(2 / fan_in)``; biases are 0."""
    rng = np.random.default_rng([recipe.seed, 1])
    arrays: list[NDArray[np.float32]] = []
    for name, shape in zip(LAYERS, SHAPES, strict=True):
        spread = recipe.init_scale * np.sqrt(2.0 / np.prod(shape[1:]))
        spread *= LAST_SCALE if name == LAYERS[-1] else 1.0
        arrays += [(spread * rng.standard_normal(shape)).astype(np.float32), np.zeros(shape[0], np.float32)]
    return tuple(arrays)


def logits(weights: Sequence[Tensor], images: Tensor, activation: str) -> Tensor:
    """Scores ``(B, 10)`` of images ``(B, 1, 8, 8)``."""
    act = ACTIVATIONS[activation]
    conv1, bias1, conv2, bias2, linear1, bias3, linear2, bias4 = weights
    x = act(F.conv2d(images, conv1, bias1, padding=1))  # (B, 8, 8, 8)
    x = act(F.conv2d(x, conv2, bias2, padding=1))  # (B, 16, 8, 8)
    x = F.max_pool2d(x, 2).flatten(1)  # (B, 256)
    return F.linear(act(F.linear(x, linear1, bias3)), linear2, bias4)


def loss_and_gradients(
    weights: Sequence[Tensor], images: Tensor, labels: Tensor, activation: str
) -> tuple[float, tuple[Tensor, ...]]:
    """Mean cross-entropy in nats and its gradient for each weight: backpropagation and nothing else."""
    with torch.enable_grad():
        leaves = [w.detach().requires_grad_() for w in weights]
        loss = F.cross_entropy(logits(leaves, images, activation), labels)
        gradients = torch.autograd.grad(loss, leaves)
    return float(loss.detach()), gradients


def tensors(digits: Digits, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor]:
    """Images ``(N, 1, 8, 8)`` and labels ``(N,)``."""
    return torch.from_numpy(digits.images)[:, None].to(dtype), torch.from_numpy(digits.labels)


def count(weights: Arrays) -> int:
    """Count the numbers that are learned."""
    return sum(w.size for w in weights)


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch compute in one thread inside the block.

    On tensors this small a second thread wins nothing, and on a busy machine it costs twenty times the time,
    because each operation waits for both. It also keeps the bits the same whatever the session's threads.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


# Training -----------------------------------------------------------------------------------------------


def start(recipe: Recipe, train: Digits, test: Digits) -> Snapshot:
    """Return the untrained net."""
    weights = starting_weights(recipe)
    zeros = tuple(np.zeros_like(w) for w in weights)
    squares = zeros if recipe.optimiser == "adam" else ()
    first = measured(recipe, weights, train.first(recipe.train_size), test)
    return Snapshot(recipe, weights, zeros, squares, 0, (first,), np.zeros(0))


def train_on(snapshot: Snapshot, train: Digits, test: Digits, epochs: int, on_step: OnStep) -> Iterator[Snapshot]:
    """Carry a run on until `epochs` are done, and yield it after each.

    Parameters
    ----------
    on_step
        Called before each optimiser step with the share of `epochs` that is done; may raise to stop.
    """
    shown = train.first(snapshot.recipe.train_size)
    while snapshot.epoch < epochs and not snapshot.diverged:
        done = snapshot.epoch
        snapshot = _one_epoch(snapshot, shown, test, lambda part, done=done: on_step((done + part) / epochs))  # type: ignore[misc]
        yield snapshot


def _one_epoch(snapshot: Snapshot, train: Digits, test: Digits, on_step: OnStep) -> Snapshot:
    recipe = snapshot.recipe
    images, labels = tensors(train)
    weights, means, squares = (
        [torch.from_numpy(a.copy()) for a in group] for group in (snapshot.weights, snapshot.means, snapshot.squares)
    )
    order = torch.from_numpy(np.random.default_rng([recipe.seed, 2, snapshot.epoch]).permutation(len(train)))
    losses: list[float] = []
    for batch in torch.split(order, recipe.batch_size):
        on_step(len(losses) * recipe.batch_size / len(train))
        loss, gradients = loss_and_gradients(weights, images[batch], labels[batch], recipe.activation)
        losses.append(loss)
        if not np.isfinite(loss):
            return replace(snapshot, diverged=True)
        move(recipe, weights, means, squares, gradients, snapshot.steps + len(losses))
    after = measured(recipe, arrays(weights), train, test)
    numbers = [after.loss_train, after.loss_test, *after.gradients, *(float(w.sum()) for w in weights)]
    if not np.isfinite(numbers).all():
        return replace(snapshot, diverged=True)
    return Snapshot(
        recipe, arrays(weights), arrays(means), arrays(squares), snapshot.steps + len(losses),
        (*snapshot.history, after), np.concatenate([snapshot.batch_losses, losses]),
    )  # fmt: skip


def move(
    recipe: Recipe,
    weights: Sequence[Tensor],
    means: Sequence[Tensor],
    squares: Sequence[Tensor],
    gradients: Sequence[Tensor],
    step: int,
) -> None:
    """One step of the optimiser, in place.

    SGD with momentum: ``m ← μ m + g``, ``w ← w − η m``. Adam: ``m ← β₁ m + (1 − β₁) g``,
    ``v ← β₂ v + (1 − β₂) g²``, ``w ← w − η m̂ / (√v̂ + ε)`` with ``m̂ = m / (1 − β₁ᵗ)``, ``v̂ = v / (1 − β₂ᵗ)``.

    Parameters
    ----------
    step
        Number t of this step, from 1.
    """
    rate = recipe.learning_rate
    if recipe.optimiser == "sgd":
        for w, m, g in zip(weights, means, gradients, strict=True):
            m.mul_(recipe.momentum).add_(g)
            w.sub_(m, alpha=rate)
        return
    fresh, fresh_square = 1 - ADAM_KEEP**step, 1 - ADAM_KEEP_SQUARE**step
    for w, m, v, g in zip(weights, means, squares, gradients, strict=True):
        m.mul_(ADAM_KEEP).add_(g, alpha=1 - ADAM_KEEP)
        v.mul_(ADAM_KEEP_SQUARE).addcmul_(g, g, value=1 - ADAM_KEEP_SQUARE)
        w.addcdiv_(m, (v / fresh_square).sqrt_().add_(ADAM_EPSILON), value=-rate / fresh)


def arrays(group: Sequence[Tensor]) -> Arrays:
    """Plain copies of tensors."""
    return tuple(t.numpy().copy() for t in group)


def measured(recipe: Recipe, weights: Arrays, train: Digits, test: Digits) -> Epoch:
    """Loss and accuracy on both sets, and the size of the gradient in each layer."""
    net = [torch.from_numpy(w) for w in weights]
    (loss_train, right_train), (loss_test, right_test) = (
        _scored(net, part, recipe.activation) for part in (train, test)
    )
    _, gradients = loss_and_gradients(net, *tensors(train.first(PROBE)), recipe.activation)
    sizes = tuple(float(g.square().mean().sqrt()) for g in gradients[::2])
    return Epoch(loss_train, loss_test, right_train, right_test, sizes)


def _scored(net: Sequence[Tensor], digits: Digits, activation: str) -> tuple[float, float]:
    images, labels = tensors(digits)
    with torch.no_grad():
        scores = logits(net, images, activation)
        right = (scores.argmax(1) == labels).float().mean()
        return float(F.cross_entropy(scores, labels)), float(right)
