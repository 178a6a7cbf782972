"""Pictures as vectors: their pixels, or the means of a layer's feature maps; and fewer dimensions by PCA."""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from explainer.core.problem import ExplainerError
from explainer.vision.metrics.components import axes
from explainer.vision.zoo.prepare import as_input

BATCH = 8
LARGEST = 32  # side up to which a picture's own pixels are its vector; larger ones are shrunk to `SHRUNK`
SHRUNK = 16
FITTED = 2000  # vectors that the principal components are computed from


class _Reached(Exception):  # noqa: N818 - no error: it ends a forward pass that has given what was wanted
    """The layer was reached; what comes after it need not be computed."""


def is_grey(squares: NDArray[np.uint8]) -> bool:
    """Whether all pictures ``(N, S, S, 3)`` are without colour."""
    return bool((squares[..., 0] == squares[..., 1]).all() and (squares[..., 0] == squares[..., 2]).all())


def pixels_of(squares: NDArray[np.uint8], *, grey: bool | None = None) -> NDArray[np.float32]:
    """Pixels of pictures ``(N, S, S, 3)`` in 0…1 as vectors ``(N, D)``; of grey ones one channel."""
    if squares.shape[1] > LARGEST:
        squares = np.stack([cv2.resize(one, (SHRUNK, SHRUNK), interpolation=cv2.INTER_AREA) for one in squares])
    kept = squares[..., :1] if (is_grey(squares) if grey is None else grey) else squares
    return kept.reshape(len(kept), -1).astype(np.float32) / np.float32(255)


def pooled(net: Any, squares: NDArray[np.uint8], layer: str) -> NDArray[np.float32]:
    """Mean of each feature map of a layer, for pictures ``(B, S, S, 3) uint8``: ``(B, C)``.

    Parameters
    ----------
    net
        A leased classifier; its pass ends at the layer.
    layer
        A layer of its card, or ``"last"``.

    Raises
    ------
    ExplainerError
        When there is no such layer, or it has no height and width.
    """
    card = net.card
    try:
        name = card.layer(layer).name
        module: nn.Module = net.network().get_submodule(name)
    except (KeyError, IndexError, AttributeError) as error:
        raise ExplainerError(f"{card.title} has no layer {layer}.", "Choose one from the list.") from error
    x = as_input(squares, card, squares.shape[1], net.device)
    return _until(net.network(), module, x, f"Layer {layer} of {card.title}")


def _until(net: nn.Module, module: nn.Module, x: Tensor, called: str) -> NDArray[np.float32]:
    held: list[Tensor] = []

    def stop(_module: nn.Module, _inputs: object, output: object) -> None:
        if isinstance(output, Tensor) and output.dim() == 4:
            held.append(output.mean((2, 3)).float().cpu())
        raise _Reached

    handle = module.register_forward_hook(stop)
    try:
        with torch.no_grad():
            net(x)
    except _Reached:
        pass
    finally:
        handle.remove()
    if not held:
        raise ExplainerError(f"{called} has no height and width.", "Choose another layer.")
    return np.asarray(held[0].numpy(), np.float32)


def principal(vectors: NDArray[np.floating], dims: int) -> Callable[[NDArray[np.floating]], NDArray[np.float64]] | None:
    """Projection onto the first `dims` principal components of ``(N, D)``, centred; ``None`` where that drops nothing.

    From at most `FITTED` evenly taken vectors.
    """
    rows = np.linspace(0, len(vectors) - 1, min(len(vectors), FITTED)).round().astype(int)
    if not 0 < dims < min(len(rows), vectors.shape[1]):
        return None
    mean = vectors[rows].mean(0, dtype=np.float64)
    some = vectors[rows] - mean
    along = axes(some, dims)
    return lambda more: np.asarray((more - mean) @ along)
