"""Put many squares of 8-bit pixels to a classifier."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from explainer.core.frame import Frame
from explainer.vision.perturb.attacks import grey_levels
from explainer.vision.zoo.prepare import normalised

CPU_BATCH, GPU_BATCH = 7, 32


def ask(
    net: Any,
    squares: Sequence[NDArray[np.uint8]],
    *,
    network: nn.Module | None = None,
    checkpoint: Callable[[], None] = lambda: None,
) -> NDArray[np.float64]:
    """Probabilities ``(N, K)`` for squares, each ``(S, S, 3) uint8`` as the network sees it.

    Parameters
    ----------
    net
        A lent `explainer.vision.zoo.classifier.Classifier`.
    network
        What is asked in place of the classifier's own network.
    """
    asked = network or net.network()
    size = CPU_BATCH if net.device.type == "cpu" else GPU_BATCH
    rows = []
    for first in range(0, len(squares), size):
        checkpoint()
        batch = torch.cat([normalised(square, net.card, net.device) for square in squares[first : first + size]])
        with torch.no_grad():
            logits = asked(batch.contiguous(memory_format=torch.channels_last))
        rows.append(logits.double().softmax(dim=1).cpu().numpy())
    return np.concatenate(rows)


def square_of(net: Any, frame: Frame) -> NDArray[np.uint8]:
    """Return the pixels that the network sees of a frame, ``(S, S, 3)``."""
    levels = grey_levels(net.prepare(frame).tensor, net.card.mean, net.card.std)
    return np.ascontiguousarray(levels[0].permute(1, 2, 0).cpu().numpy().astype(np.uint8))


def squares_of(net: Any, pictures: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.uint8]]:
    """Return what the network sees of whole pictures ``(H, W, 3)``."""
    return [square_of(net, Frame(np.ascontiguousarray(picture))) for picture in pictures]
