"""Augmentation of whole batches of small grey pictures, each with a draw of its own, for training in front of one.

Geometry is one resampling for the batch (``affine_grid`` and ``grid_sample``, bilinear, 0 outside), which for one
picture equals torchvision's ``affine``; here each picture has its own matrix.
"""

import math
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

DEGREES, SCALE, NOISE, HOLE_PX, SHIFT_PX = 12.0, 0.1, 0.1, 3, 1
Augment = Callable[[Tensor, torch.Generator], Tensor]


def warped(images: Tensor, degrees: Tensor, scale: Tensor) -> Tensor:
    """Rotate and scale each of ``(B, 1, H, W)`` about its middle.

    Parameters
    ----------
    degrees
        ``(B,)``, clockwise as the picture is seen, as torchvision counts them.
    scale
        ``(B,)``; 2 shows things twice as large.
    """
    angle = torch.deg2rad(degrees)
    cos, sin, zero = torch.cos(angle) / scale, torch.sin(angle) / scale, torch.zeros_like(angle)
    matrix = torch.stack([torch.stack([cos, sin, zero], 1), torch.stack([-sin, cos, zero], 1)], 1)
    grid = F.affine_grid(matrix, list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def shifted(images: Tensor, dx: Tensor, dy: Tensor) -> Tensor:
    """Shift each of ``(B, 1, H, W)`` by whole pixels, right and down; what comes in is 0."""
    reach = max(1, int(dx.abs().max()), int(dy.abs().max()))
    wide = F.pad(images, [reach] * 4)
    height, width = images.shape[-2:]
    rows = torch.arange(height)[None, :] + reach - dy[:, None]
    columns = torch.arange(width)[None, :] + reach - dx[:, None]
    number = torch.arange(len(images))[:, None, None]
    return wide[:, 0][number, rows[:, :, None], columns[:, None, :]][:, None]


def _uniform(count: int, most: float, rng: torch.Generator) -> Tensor:
    return (2 * torch.rand(count, generator=rng) - 1) * most


def _shift(images: Tensor, rng: torch.Generator) -> Tensor:
    dx, dy = (torch.randint(-SHIFT_PX, SHIFT_PX + 1, (len(images),), generator=rng) for _ in range(2))
    return shifted(images, dx, dy)


def _affine(images: Tensor, rng: torch.Generator) -> Tensor:
    count = len(images)
    return warped(images, _uniform(count, DEGREES, rng), torch.exp(_uniform(count, math.log(1 + SCALE), rng)))


def _turned(images: Tensor, rng: torch.Generator) -> Tensor:
    return warped(images, _uniform(len(images), 180.0, rng), torch.ones(len(images)))


def _noise(images: Tensor, rng: torch.Generator) -> Tensor:
    return (images + NOISE * torch.randn(images.shape, generator=rng)).clamp(0.0, 1.0)


def _cutout(images: Tensor, rng: torch.Generator) -> Tensor:
    count, height, width = len(images), *images.shape[-2:]
    top = torch.randint(0, height - HOLE_PX + 1, (count, 1, 1, 1), generator=rng)
    left = torch.randint(0, width - HOLE_PX + 1, (count, 1, 1, 1), generator=rng)
    y, x = torch.arange(height)[:, None], torch.arange(width)[None, :]
    hole = (y >= top) & (y < top + HOLE_PX) & (x >= left) & (x < left + HOLE_PX)
    return images.masked_fill(hole, 0.0)


def _flip(axis: int) -> Augment:
    def flip(images: Tensor, rng: torch.Generator) -> Tensor:
        half = torch.rand(len(images), generator=rng) < 0.5
        return torch.where(half[:, None, None, None], images.flip(axis), images)

    return flip


AUGMENTS: Mapping[str, Augment] = {
    "shift": _shift,
    "affine": _affine,
    "noise": _noise,
    "cutout": _cutout,
    "flip-vertical": _flip(-2),
    "flip-horizontal": _flip(-1),
    "rotation": _turned,
}


def augmented(images: Tensor, names: Sequence[str], rng: torch.Generator) -> Tensor:
    """Apply augmentations in the order of `AUGMENTS` to a batch ``(B, 1, H, W)`` in 0…1."""
    for name, augment in AUGMENTS.items():
        if name in names:
            images = augment(images, rng)
    return images
