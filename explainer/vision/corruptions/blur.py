"""Blur of lenses and hands: ImageNet-C's second group (Hendrycks and Dietterich 2019)."""

import cv2
import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 (the field's name for it)
from numpy.typing import NDArray

from explainer.vision.corruptions.dice import Dice, Levels, Pixels


def defocus_blur(pixels: Pixels, radius: int, alias_blur: float, _dice: Dice) -> Levels:
    """Spread each point over a disk of `radius` pixels, as a lens out of focus does."""
    return np.clip(cv2.filter2D(pixels / 255.0, -1, disk(radius, alias_blur)), 0, 1) * 255


def disk(radius: int, alias_blur: float) -> NDArray[np.float32]:
    """Return the disk's kernel, its rim softened with a Gaussian of σ `alias_blur`.

    It sums to 1, but for radius 10 to 1.01: as published, the disk touches the kernel's border there, and
    softening mirrors some of it back. At severity 5 the picture is one per cent brighter.
    """
    reach = max(8, radius)
    at = np.arange(-reach, reach + 1)
    hard = ((at[:, None] ** 2 + at[None] ** 2) <= radius**2).astype(np.float32)
    size = 3 if radius <= 8 else 5
    return np.asarray(cv2.GaussianBlur(hard / hard.sum(), (size, size), sigmaX=alias_blur), np.float32)


def glass_blur(pixels: Pixels, sigma: float, reach: int, rounds: int, dice: Dice) -> Levels:
    """Blur, let pixels take a near neighbour's place, blur again: frosted glass.

    The published code reads like a swap of two pixels. On an array the two sides are views of the same
    memory, so it copies the neighbour and loses the pixel; ImageNet-C was made with it, and so is this.
    """
    x: Pixels = (gaussian(pixels / 255.0, sigma) * 255).astype(np.uint8)
    height, width = x.shape[:2]
    down, across = np.arange(height - reach, reach, -1), np.arange(width - reach, reach, -1)
    here = (down[:, None] * width + across[None]).ravel()
    came = list(range(height * width))  # which pixel stands at each place now
    for _ in range(rounds):
        step = dice.integers(-reach, reach, size=(here.size, 2))
        there = here + step[:, 1] * width + step[:, 0]
        for place, source in zip(here.tolist(), there.tolist(), strict=True):
            came[place] = came[source]  # in the published order: what was moved before moves on
    moved = x.reshape(-1, 3)[np.asarray(came)].reshape(x.shape)
    return np.clip(gaussian(moved / 255.0, sigma), 0, 1) * 255


def gaussian(x: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    """Blur with a Gaussian cut off at four σ; the border is repeated."""
    size = 2 * int(4.0 * sigma + 0.5) + 1
    return np.asarray(cv2.GaussianBlur(x, (size, size), sigma, borderType=cv2.BORDER_REPLICATE))


def motion_blur(pixels: Pixels, radius: int, sigma: float, dice: Dice) -> Levels:
    """Drag the picture along a line at −45° to 45°."""
    return np.clip(dragged(pixels.astype(np.float32), radius, sigma, dice.uniform(-45, 45)), 0, 255)


def dragged(x: NDArray[np.float32], radius: int, sigma: float, angle_deg: float) -> NDArray[np.float32]:
    """Weigh ``2 · radius + 1`` pixels to one side along a line with half a Gaussian.

    That is ImageMagick's ``MotionBlurImage``, which ImageNet-C was made with: steps are rounded to whole
    pixels, the border is repeated, and fractions of the sum are cut off (by who calls this).

    Parameters
    ----------
    x
        ``(H, W)`` or ``(H, W, C)``.
    """
    along = np.arange(2 * radius + 1)
    weights = np.exp(-(along**2) / (2.0 * sigma**2))
    weights /= weights.sum()
    angle = np.deg2rad(angle_deg)
    dx = np.ceil(along * np.cos(angle) - 0.5).astype(int)
    dy = np.ceil(along * np.sin(angle) - 0.5).astype(int)
    top, left = max(0, -dy.min()), max(0, -dx.min())
    bottom, right = max(0, dy.max()), max(0, dx.max())
    wide = cv2.copyMakeBorder(x, int(top), int(bottom), int(left), int(right), cv2.BORDER_REPLICATE)
    out, (height, width) = np.zeros_like(x), x.shape[:2]
    for weight, over, down in zip(weights, dx + left, dy + top, strict=True):
        out += np.float32(weight) * wide[down : down + height, over : over + width]
    return out


def zoom_blur(pixels: Pixels, furthest: float, step: float, _dice: Dice) -> Levels:
    """Average the picture with enlargements up to `furthest`: the camera moved towards it."""
    x = torch.from_numpy(pixels.copy()).permute(2, 0, 1).float() / 255.0
    factors = np.arange(1, furthest, step)
    total = x.clone()
    for factor in factors:
        total += zoomed(x, float(factor))
    mean = (total / (len(factors) + 1)).clamp(0, 1) * 255
    return mean.permute(1, 2, 0).numpy()


def zoomed(x: torch.Tensor, factor: float) -> torch.Tensor:
    """Enlarge the middle of ``(C, S, S)`` to the same size, linearly, corner on corner."""
    side = x.shape[-1]
    cut = int(np.ceil(side / factor))
    top = (side - cut) // 2
    size = round(cut * factor)
    middle = x[None, :, top : top + cut, top : top + cut]
    large = F.interpolate(middle, size=(size, size), mode="bilinear", align_corners=True)[0]
    trim = (size - side) // 2
    return large[:, trim : trim + side, trim : trim + side]
