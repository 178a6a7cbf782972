"""Backpropagation written out: every layer's own step back, without autograd, in float64.

The net has convolutions of 8 filters of 3 × 3 on 8 × 8 cells, each followed by an activation, then a maximum over
2 × 2 cells and one linear layer to 10 scores. There are no biases. With ``residual`` every convolution but the
first is a branch beside its input: ``y = x + f(W ∗ x) / √B`` with B such branches.

Symbols: ``L`` the loss, ``x`` a layer's input, ``z = W ∗ x``, ``y`` its output, ``g_v = ∂L/∂v``.

References
----------
Rumelhart, Hinton, Williams. *Learning representations by back-propagating errors.* Nature 323, 1986.
Glorot, Bengio. *Understanding the difficulty of training deep feedforward neural networks.* AISTATS 2010.
He, Zhang, Ren, Sun. *Delving deep into rectifiers.* ICCV 2015; *Deep residual learning.* CVPR 2016.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Activation = str  # relu, tanh, sigmoid
Start = str  # he, glorot, small, large
Array = NDArray[np.float64]

SIDE, WIDTH, CLASSES = 8, 8, 10
POOLED = SIDE // 2
STARTS: Mapping[Start, float] = {"he": 1.0, "glorot": 1.0, "small": 0.3, "large": 3.0}
NUDGE = 1e-5  # a weight's change for the finite difference, as a share of its layer's largest weight


@dataclass(frozen=True, slots=True)
class Recipe:
    """Which net.

    Parameters
    ----------
    depth
        Layers with weights, 2…: all but the last are convolutions.
    start
        Standard deviation of the first weights: ``√(2 / fan_in)`` (He), ``√(2 / (fan_in + fan_out))`` (Glorot),
        or 0.3 and 3 times He's. The linear layer's is ``√(1 / fan_in)``, times the same 0.3 or 3.
    """

    depth: int = 6
    activation: Activation = "relu"
    start: Start = "he"
    residual: bool = False
    seed: int = 0

    @property
    def branch_share(self) -> float:
        """What a residual branch is multiplied by, ``1 / √B``."""
        return 1.0 / float(np.sqrt(max(self.depth - 2, 1)))

    def skips(self, layer: int) -> bool:
        """Whether convolution `layer`, counted from 0, is a branch beside its input."""
        return self.residual and 0 < layer < self.depth - 1


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """A convolution on the way forward: input, sum and output, ``(C, 8, 8)`` each."""

    x: Array
    z: Array
    y: Array


@dataclass(frozen=True, slots=True, eq=False)
class Forward:
    """All that the way back will need, which is why training needs more memory than use.

    Parameters
    ----------
    convs
        The convolutions from the input on.
    pooled
        Largest cell of each window, ``(8, 4, 4)``.
    routes
        Which cells these were, ``(8, 8, 8) bool``; of equals the first.
    scores, probabilities
        ``(10,)``.
    loss
        ``−ln p(label)``.
    """

    convs: tuple[Layer, ...]
    pooled: Array
    routes: NDArray[np.bool_]
    scores: Array
    probabilities: Array
    loss: float


@dataclass(frozen=True, slots=True, eq=False)
class ConvBack:
    """One convolution's step back.

    Parameters
    ----------
    arrived
        ``g_y (8, 8, 8)``.
    gate
        ``f'(z)``, ``(8, 8, 8)``: 0 or 1 for a ReLU.
    passed
        ``g_z``: what arrived times the gate (and the branch's share).
    handed_on
        ``g_x``, ``(C, 8, 8)``: the transposed convolution of what passed; with a skip, what arrived on top.
    """

    arrived: Array
    gate: Array
    passed: Array
    handed_on: Array


@dataclass(frozen=True, slots=True, eq=False)
class Backward:
    """Gradients of the loss.

    Parameters
    ----------
    scores
        ``p − y (10,)``: the first gradient of all.
    pooled
        ``(8, 4, 4)``.
    convs
        Steps of the convolutions, in the order of the layers.
    weights
        Gradient of each layer's weights, in the order of the layers.
    """

    scores: Array
    pooled: Array
    convs: tuple[ConvBack, ...]
    weights: tuple[Array, ...]

    @property
    def output_norms(self) -> Array:
        """Length of the gradient at each layer's output, ``(depth,)``."""
        return np.array([_length(conv.arrived) for conv in self.convs] + [_length(self.scores)])

    @property
    def weight_norms(self) -> Array:
        """Length of each layer's weight gradient, ``(depth,)``."""
        return np.array([_length(w) for w in self.weights])


def _length(array: Array) -> float:
    return float(np.linalg.norm(array.ravel()))


# Activations --------------------------------------------------------------------------------------------


def _sigmoid(z: Array) -> Array:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * z)))  # does not overflow


ACTIVATIONS: Mapping[Activation, Callable[[Array], Array]] = {
    "relu": lambda z: np.maximum(z, 0.0),
    "tanh": np.tanh,
    "sigmoid": _sigmoid,
}
SLOPES: Mapping[Activation, Callable[[Array], Array]] = {
    "relu": lambda z: (z > 0).astype(np.float64),
    "tanh": lambda z: 1.0 - np.tanh(z) ** 2,
    "sigmoid": lambda z: _sigmoid(z) * (1.0 - _sigmoid(z)),
}


# The net ------------------------------------------------------------------------------------------------


def starting_weights(recipe: Recipe) -> tuple[Array, ...]:
    """Draw the weights: ``(8, 1, 3, 3)``, then ``(8, 8, 3, 3)`` each, last ``(10, 8, 4, 4)``."""
    rng = np.random.default_rng([recipe.seed, 11])
    weights = []
    for layer in range(recipe.depth - 1):
        shape = (WIDTH, WIDTH if layer else 1, 3, 3)
        fan_in, fan_out = 9 * shape[1], 9 * WIDTH
        spread = 2.0 / (fan_in + fan_out) if recipe.start == "glorot" else 2.0 / fan_in
        weights.append(STARTS[recipe.start] * np.sqrt(spread) * rng.standard_normal(shape))
    shape = (CLASSES, WIDTH, POOLED, POOLED)
    spread = 1.0 / (WIDTH * POOLED**2)
    weights.append(STARTS[recipe.start] * np.sqrt(spread) * rng.standard_normal(shape))
    return tuple(weights)


def convolved(x: Array, weights: Array) -> Array:
    """``z_o(i, j) = Σ_{c, u, v} w_{ocuv} x_c(i + u − 1, j + v − 1)``: ``(C, 8, 8)`` → ``(O, 8, 8)``, zeros outside."""
    return np.asarray(np.einsum("ocuv,cijuv->oij", weights, _patches(x), optimize=True))


def _patches(x: Array) -> Array:
    """3 × 3 surroundings of each cell: ``(C, 8, 8)`` → ``(C, 8, 8, 3, 3)``."""
    return sliding_window_view(np.pad(x, ((0, 0), (1, 1), (1, 1))), (3, 3), axis=(1, 2))


def forward(recipe: Recipe, weights: tuple[Array, ...], image: Array, label: int) -> Forward:
    """Run the net on a digit ``(8, 8)`` and keep what the way back needs."""
    act, convs, x = ACTIVATIONS[recipe.activation], [], image[None]
    for layer, w in enumerate(weights[:-1]):
        z = convolved(x, w)
        y = x + recipe.branch_share * act(z) if recipe.skips(layer) else act(z)
        convs.append(Layer(x, z, y))
        x = y
    pooled, routes = _pooled(x)
    scores = np.einsum("kcij,cij->k", weights[-1], pooled)
    log_p = scores - scores.max()
    log_p = log_p - np.log(np.exp(log_p).sum())
    return Forward(tuple(convs), pooled, routes, scores, np.exp(log_p), float(0.0 - log_p[label]))


def _pooled(x: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Maximum over windows of 2 × 2, and which cells won."""
    windows = x.reshape(WIDTH, POOLED, 2, POOLED, 2).transpose(0, 1, 3, 2, 4).reshape(WIDTH, POOLED, POOLED, 4)
    won = np.arange(4) == windows.argmax(axis=3)[..., None]
    routes = won.reshape(WIDTH, POOLED, POOLED, 2, 2).transpose(0, 1, 3, 2, 4).reshape(x.shape)
    return windows.max(axis=3), routes


# The way back -------------------------------------------------------------------------------------------


def backward(recipe: Recipe, weights: tuple[Array, ...], run: Forward, label: int) -> Backward:
    """Go back from the loss to the input; nothing is updated here.

    Scores: ``g = p − y``. Linear: ``g_W = g ⊗ x``, ``g_x = Wᵀ g``. Maximum: the winner gets it all.
    Convolution: ``g_z = f'(z) ⊙ g_y``; ``g_W`` is the input correlated with ``g_z``, ``g_x`` the transposed
    convolution of ``g_z``.
    """
    scores = run.probabilities - np.eye(CLASSES)[label]
    of_weights = [np.einsum("k,cij->kcij", scores, run.pooled)]
    pooled = np.einsum("kcij,k->cij", weights[-1], scores)
    arriving = np.where(run.routes, enlarged(pooled), 0.0)
    convs: list[ConvBack] = []
    for layer in reversed(range(recipe.depth - 1)):
        step, of_weight = _conv_back(recipe, layer, weights[layer], run.convs[layer], arriving)
        convs.append(step)
        of_weights.append(of_weight)
        arriving = step.handed_on
    return Backward(scores, pooled, tuple(reversed(convs)), tuple(reversed(of_weights)))


def _conv_back(recipe: Recipe, layer: int, w: Array, at: Layer, arrived: Array) -> tuple[ConvBack, Array]:
    gate = SLOPES[recipe.activation](at.z)
    skips = recipe.skips(layer)
    passed = gate * arrived * (recipe.branch_share if skips else 1.0)
    of_weight = np.einsum("oij,cijuv->ocuv", passed, _patches(at.x), optimize=True)
    turned = w[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)  # (O, C, 3, 3) → (C, O, 3, 3), each kernel upside down
    handed_on = convolved(passed, turned)
    return ConvBack(arrived, gate, passed, handed_on + arrived if skips else handed_on), of_weight


def enlarged(pooled: Array) -> Array:
    """Each cell of ``(8, 4, 4)`` four times: ``(8, 8, 8)``."""
    return pooled.repeat(2, axis=1).repeat(2, axis=2)


# Two other ways to the same gradient --------------------------------------------------------------------


def autograd(recipe: Recipe, weights: tuple[Array, ...], image: Array, label: int) -> tuple[Array, ...]:
    """Gradient of every weight by ``torch.autograd``, from the same net written with torch's own layers."""
    import torch
    from torch.nn import functional as F  # noqa: N812

    acts = {"relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid}
    with torch.enable_grad():
        leaves = [torch.from_numpy(w.copy()).requires_grad_() for w in weights]
        x = torch.from_numpy(np.ascontiguousarray(image))[None, None]
        for layer, w in enumerate(leaves[:-1]):
            out = acts[recipe.activation](F.conv2d(x, w, padding=1))
            x = x + recipe.branch_share * out if recipe.skips(layer) else out
        scores = F.max_pool2d(x, 2).flatten(1) @ leaves[-1].flatten(1).T
        loss = F.cross_entropy(scores, torch.tensor([label]))
        return tuple(g.numpy() for g in torch.autograd.grad(loss, leaves))


def difference(
    recipe: Recipe, weights: tuple[Array, ...], image: Array, label: int, layer: int, index: int
) -> tuple[float, float]:
    """Slope of the loss along one weight by moving it both ways, and what rounding may add to it.

    ``(L(w + ε) − L(w − ε)) / 2ε``; two losses are each exact to some 10⁻¹⁶ of themselves, so slopes much below
    that over ε cannot be seen.
    """
    nudge = NUDGE * float(np.abs(weights[layer]).max())
    losses = []
    for sign in (1.0, -1.0):
        moved = weights[layer].copy()
        moved.flat[index] += sign * nudge
        changed = (*weights[:layer], moved, *weights[layer + 1 :])
        losses.append(forward(recipe, changed, image, label).loss)
    rounding = 4 * np.finfo(np.float64).eps * max(losses[0], 1.0) / nudge
    return (losses[0] - losses[1]) / (2 * nudge), float(rounding)


# The optimiser ------------------------------------------------------------------------------------------


def descended(weights: tuple[Array, ...], gradients: tuple[Array, ...], rate: float) -> tuple[Array, ...]:
    """One step of plain gradient descent, ``w − η g``: this, and not backpropagation, changes weights."""
    return tuple(w - rate * g for w, g in zip(weights, gradients, strict=True))
