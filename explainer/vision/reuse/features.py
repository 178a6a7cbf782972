"""Features of a frozen classifier: what its last linear layer is given, one row for each picture.

Pictures are square and 160 px wide. That is less than the networks were trained on and costs half as much, and it is
enough; how much is lost below it, the lesson's figures tell.
"""

from collections.abc import Callable

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from explainer.core.model_card import ModelCard
from explainer.core.problem import ExplainerError
from explainer.vision.training.examples import Examples
from explainer.vision.zoo.classifier import Classifier
from explainer.vision.zoo.lite0 import EfficientNetLite
from explainer.vision.zoo.prepare import as_input
from explainer.vision.zoo.split import last_linear

SIDE = 160
BATCH = 8  # pictures in one pass: short enough to listen between two

Squares = NDArray[np.uint8]


def squares_of(examples: Examples, side: int = SIDE) -> Squares:
    """Pictures ``(N, h, w)`` or ``(N, h, w, 3)`` in 0…1 as ``(N, side, side, 3) uint8`` RGB, enlarged bilinearly."""
    return np.stack([_enlarged(image, side) for image in examples.images])


def _enlarged(image: NDArray[np.float32], side: int) -> Squares:
    levels = np.rint(255 * np.clip(image, 0, 1)).astype(np.uint8)
    levels = levels if levels.ndim == 3 else np.repeat(levels[..., None], 3, axis=2)
    way = cv2.INTER_LINEAR if len(levels) <= side else cv2.INTER_AREA
    return np.asarray(cv2.resize(levels, (side, side), interpolation=way), np.uint8)


def side_of(net: nn.Module, card: ModelCard) -> int:
    """Side of the pictures that a network is shown: 160 px where it takes any size, else its own."""
    return SIDE if isinstance(net, EfficientNetLite) else card.input_px


def features(
    lent: Classifier, squares: Squares, asked: Callable[[int], None] = lambda _done: None
) -> NDArray[np.float32]:
    """Return the features of pictures, ``(N, D)``; the network is left as it was.

    Parameters
    ----------
    squares
        ``(N, h, h, 3) uint8`` RGB.
    asked
        Called before each batch with the number of pictures done; may raise to stop.

    Raises
    ------
    ExplainerError
        If the network does not end in a linear layer over one vector for each picture.
    """
    net = lent.network()
    linear, side, found = last_linear(net), side_of(net, lent.card), []
    if linear is None:
        raise _no_features(lent.card)

    def note(_module: nn.Module, given: tuple[Tensor, ...]) -> None:
        found.append(given[0].detach())

    handle = linear.register_forward_pre_hook(note)
    try:
        with torch.no_grad():
            for first in range(0, len(squares), BATCH):
                asked(first)
                net(as_input(squares[first : first + BATCH], lent.card, side, lent.device))
    finally:
        handle.remove()
    if not found:
        return np.zeros((0, linear.in_features), np.float32)
    if any(one.dim() != 2 for one in found):
        raise _no_features(lent.card)
    return torch.cat(found).float().cpu().numpy()


def _no_features(card: ModelCard) -> ExplainerError:
    what = f"{card.title} does not end in a linear layer over one vector of features."
    return ExplainerError(what, "Choose another model.")
