"""Weather: ImageNet-C's third group (Hendrycks and Dietterich 2019)."""

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from explainer.vision.corruptions.blur import dragged, zoomed
from explainer.vision.corruptions.dice import Dice, Levels, Pixels
from explainer.vision.corruptions.frost import TEXTURES, texture

Snow = tuple[float, float, float, float, int, int, float]


def snow(pixels: Pixels, setting: Snow, dice: Dice) -> Levels:
    """Whiten the picture and let bright flakes fall, once from each side.

    Parameters
    ----------
    setting
        Mean and spread of the noise that flakes are made of, their size, the level above which one is
        seen, radius and σ of their fall, and what is kept of the picture's own colours.
    """
    loc, scale, size, least, radius, sigma, kept = setting
    x = pixels.astype(np.float32) / np.float32(255.0)
    noise = torch.from_numpy(dice.normal(size=x.shape[:2], loc=loc, scale=scale))
    flakes = zoomed(noise[None], size)[0].numpy()
    flakes = np.where(flakes < least, 0.0, np.clip(flakes, 0, 1))
    seen = (flakes * 255).astype(np.uint8).astype(np.float32)
    fallen = np.floor(dragged(seen, radius, sigma, dice.uniform(-135, -45)))[..., None] / 255.0
    grey = cv2.cvtColor(x, cv2.COLOR_RGB2GRAY)[..., None]
    pale = kept * x + (1 - kept) * np.maximum(x, grey * 1.5 + 0.5)
    return np.clip(pale + fallen + np.rot90(fallen, k=2), 0, 1) * 255


def frost(pixels: Pixels, kept: float, ice: float, dice: Dice) -> Levels:
    """Mix the picture with a piece of a frost texture: ``kept · x + ice · frost``.

    The published textures are five photos whose licence is not stated. Ours are drawn; see
    `explainer.vision.corruptions.frost`.
    """
    whole = texture(int(dice.integers(0, TEXTURES)))
    height, width = pixels.shape[:2]
    top = int(dice.integers(0, whole.shape[0] - height + 1))
    left = int(dice.integers(0, whole.shape[1] - width + 1))
    return np.clip(kept * pixels + ice * whole[top : top + height, left : left + width].astype(float), 0, 255)


def fog(pixels: Pixels, thickness: float, decay: float, dice: Dice) -> Levels:
    """Add a cloud of `thickness`, then scale back so that the brightest pixel keeps its place."""
    x = pixels / 255.0
    white = x.max()
    side = 1 << (max(x.shape[:2]) - 1).bit_length()
    cloud = plasma(side, decay, dice)[: x.shape[0], : x.shape[1], None]
    mixed = x + thickness * cloud
    return np.clip(mixed * white / (white + thickness), 0, 1) * 255


def plasma(side: int, decay: float, dice: Dice) -> NDArray[np.float64]:
    """Draw a cloud with the diamond-square algorithm (Fournier, Fussell and Carpenter 1982).

    Each round halves the grid: a new point is the mean of its four neighbours and a random step, whose
    size is divided by `decay`. Edges are joined, so that the cloud could be tiled.

    Parameters
    ----------
    side
        A power of two.

    Returns
    -------
    NDArray
        ``(side, side)``, 0…1.
    """
    cloud, step, size = np.zeros((side, side)), side, 100.0
    while step >= 2:
        half = step // 2

        def stirred(total: NDArray[np.float64], by: float = size) -> NDArray[np.float64]:
            return np.asarray(total / 4 + by * dice.uniform(-by, by, total.shape))

        corners = cloud[::step, ::step]
        rows = corners + np.roll(corners, -1, axis=0)
        cloud[half::step, half::step] = stirred(rows + np.roll(rows, -1, axis=1))
        centres = cloud[half::step, half::step]
        beside = centres + np.roll(centres, 1, axis=0)
        cloud[::step, half::step] = stirred(beside + (corners + np.roll(corners, -1, axis=1)))
        above = centres + np.roll(centres, 1, axis=1)
        cloud[half::step, ::step] = stirred(above + (corners + np.roll(corners, -1, axis=0)))
        step, size = half, size / decay
    cloud -= cloud.min()
    return np.asarray(cloud / max(float(cloud.max()), 1e-12))


def brightness(pixels: Pixels, more: float, _dice: Dice) -> Levels:
    """Raise the V of HSV by `more`, hue and saturation as they are: all three colours grow alike."""
    x = pixels / 255.0
    value = x.max(axis=2, keepdims=True)
    lifted = np.clip(value + more, 0, 1)
    return np.where(value > 0, x / np.maximum(value, 1e-12) * lifted, lifted) * 255
