"""A photo moved in front of a network: its input with a margin of real pixels, and the scores at each place."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from explainer.core.context import Fit
from explainer.core.frame import Frame
from explainer.core.model_card import ModelCard
from explainer.vision.convolution.planes import LUMA
from explainer.vision.convolution.shift import Movable, middle
from explainer.vision.zoo.prepare import prepare


def with_margin(frame: Frame, card: ModelCard, fit: Fit, margin_px: int) -> tuple[Movable, Movable]:
    """Return what a network sees and `margin_px` more on each side, so that a move brings in real pixels.

    Where the weights' own preprocessing leaves no such margin, the picture is resized a little larger.

    Returns
    -------
    normalised, grey
        ``(1, 3, S, S)`` as the network wants it, and ``(1, 1, S, S)`` from 0 to 1, both on the CPU.
    """
    side = card.input_px + 2 * margin_px
    grown = replace(card, input_px=side, resize_px=max(card.resize_px, side))
    x = prepare(frame, grown, fit, torch.device("cpu")).tensor
    levels = x * torch.tensor(card.std).view(1, 3, 1, 1) + torch.tensor(card.mean).view(1, 3, 1, 1)
    grey = (levels * torch.from_numpy(LUMA).view(1, 3, 1, 1)).sum(dim=1, keepdim=True)
    return Movable(x.contiguous()), Movable(grey)


def scores_by_shift(
    net: Any, wide: Movable, side: int, shifts_px: Sequence[float], batch: int, down_px: float = 0.0
) -> Iterator[NDArray[np.float64]]:
    """Probabilities ``(b, K)`` of the middle `side` square, moved right by each of `shifts_px`, and down.

    Parameters
    ----------
    net
        A leased classifier.
    """
    for start in range(0, len(shifts_px), batch):
        moved = [middle(wide.moved(shift, down_px), side) for shift in shifts_px[start : start + batch]]
        logits = net.logits(torch.cat(moved).to(net.device))
        yield logits.double().softmax(dim=1).cpu().numpy()
