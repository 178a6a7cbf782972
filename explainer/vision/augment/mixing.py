"""Batch mixes: a sample and a partner from another picture become one, and so does their label.

mixup: ``x = λ x₁ + (1 − λ) x₂``. CutMix: a rectangle of ``x₂`` in ``x₁``, λ being the share of ``x₁`` that stays.
Both: ``y = λ y₁ + (1 − λ) y₂`` with λ from Beta(α, α).
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torchvision.transforms import v2


def fitted(picture: Any, height: int, width: int) -> Any:
    """Cut the middle out of a picture ``(3, H, W)`` in the shape of another, and bring it to its size."""
    scale = min(picture.shape[-2] / height, picture.shape[-1] / width)
    part = [max(1, round(scale * height)), max(1, round(scale * width))]
    return v2.functional.resize(v2.functional.center_crop(picture, part), [height, width], antialias=True)


def mixed(sample: Any, partner: Any, mixes: Sequence[Any]) -> tuple[Any, float]:
    """Mix two pictures ``(3, H, W) uint8``; the second number is the share of the first in the label."""
    batch = v2.functional.to_dtype(torch.stack([sample, partner]).as_subclass(Tensor), torch.float32, scale=True)
    shares = torch.eye(2)
    for mix in mixes:
        batch, shares = mix(batch, shares)
    return (255 * batch[0]).round().to(torch.uint8), float(shares[0, 0])
