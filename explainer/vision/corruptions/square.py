"""The 224-pixel square that corruptions are defined on, and answers to squares."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 (the field's name for it)
from numpy.typing import NDArray
from torch import Tensor

from explainer.core.context import Fit
from explainer.core.frame import Frame
from explainer.core.geometry import Affine
from explainer.core.model_card import ModelCard
from explainer.vision.corruptions.dice import Pixels
from explainer.vision.corruptions.published import SIDE
from explainer.vision.zoo.prepare import normalised, prepare

BATCH = 8


@dataclass(frozen=True, slots=True, eq=False)
class Square:
    """What is corrupted of a frame: the part that the network sees, at 224 × 224 pixels.

    Parameters
    ----------
    pixels
        ``(224, 224, 3) uint8 RGB``.
    to_frame
        Map from the square's pixels to the frame's.
    focus
        Left, top, right, bottom in frame pixels.
    """

    pixels: Pixels
    to_frame: Affine
    focus: tuple[float, float, float, float]


def square_of(frame: Frame, card: ModelCard, fit: Fit) -> Square:
    """Cut and resize a frame as the weights of `card` ask, but to 224 pixels.

    For a network of another input size this is the same field of view at the resolution the corruptions
    are published for; `tensor_of` then resizes the corrupted square, as the published files would be.
    """
    at_224 = replace(card, input_px=SIDE, resize_px=round(card.resize_px * SIDE / card.input_px))
    ready = prepare(frame, at_224, fit, torch.device("cpu"))
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (card.mean, card.std))
    grey = ((ready.tensor * std + mean) * 255.0).round().clamp(0, 255)
    pixels = np.ascontiguousarray(grey[0].permute(1, 2, 0).numpy().astype(np.uint8))
    return Square(pixels, ready.to_frame, ready.focus)


def tensor_of(pixels: Pixels, card: ModelCard, device: torch.device) -> Tensor:
    """Map a square to the network's input ``(1, 3, S, S)``, resized where S is not 224."""
    x = normalised(pixels, card, device)
    side = card.input_px
    if x.shape[-1] == side:
        return x
    return F.interpolate(x, size=(side, side), mode="bicubic", antialias=True)


def answers(net: Any, squares: Sequence[Pixels], checkpoint: Callable[[], None] = lambda: None) -> NDArray[np.float64]:
    """Ask a leased classifier about squares, eight at a time.

    Returns
    -------
    NDArray
        ``(N, K)``: probabilities of each square.
    """
    found = []
    for start in range(0, len(squares), BATCH):
        checkpoint()
        batch = torch.cat([tensor_of(one, net.card, net.device) for one in squares[start : start + BATCH]])
        found.append(net.logits(batch).double().softmax(dim=1).cpu().numpy())
    return np.concatenate(found)


def ranks(probabilities: NDArray[np.float64], index: int) -> NDArray[np.int64]:
    """Place of class `index` in each row ``(N, K)``: 1 is the answer; equal scores share the better place."""
    mine = probabilities[:, index : index + 1]
    return np.asarray((probabilities > mine).sum(axis=1) + 1)


def distance(pixels: Pixels, clean: Pixels) -> float:
    """Root-mean-square difference in grey levels, 0…255."""
    return float(np.sqrt(np.square(pixels.astype(np.float64) - clean).mean()))
