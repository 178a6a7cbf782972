"""Views of a picture: turned, moved, made larger or smaller, and darker, all drawn anew each time."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

TURN_DEG, LARGER, MOVE = 20.0, 0.25, 0.12  # at most, at strength 1: degrees, share of the size, share of the side
DARKER = 0.3  # share of the ink that may go


def views(images: Tensor, strength: float, rng: torch.Generator) -> Tensor:
    """Draw a view of each picture.

    Parameters
    ----------
    images
        ``(B, 1, S, S)`` in 0…1, ground being 0.
    strength
        Factor on all changes, from 0, where a view is the picture.
    rng
        Of the CPU; five numbers are drawn for each picture.
    """
    if strength <= 0:
        return images
    draws = (2 * torch.rand(5, len(images), generator=rng) - 1).to(images.device)
    turned = moved(images, strength, draws[:4])
    ink = 1 - strength * DARKER * (draws[4] + 1) / 2
    return turned * ink[:, None, None, None]


def moved(images: Tensor, strength: float, draws: Tensor) -> Tensor:
    """Turn, size and move by draws ``(4, B)`` in −1…1; between pixels the values are bilinear, outside they are 0."""
    angle = draws[0] * strength * math.radians(TURN_DEG)
    size = (1 + LARGER) ** (draws[1] * strength)
    cos, sin = angle.cos() / size, angle.sin() / size
    shift = 2 * MOVE * strength * draws[2:4]
    theta = torch.stack([torch.stack([cos, -sin, shift[0]], 1), torch.stack([sin, cos, shift[1]], 1)], 1)
    grid = F.affine_grid(theta, list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, align_corners=False)
