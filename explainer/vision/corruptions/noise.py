"""Noise of sensors: ImageNet-C's first group (Hendrycks and Dietterich 2019)."""

import numpy as np

from explainer.vision.corruptions.dice import Dice, Levels, Pixels


def gaussian_noise(pixels: Pixels, scale: float, dice: Dice) -> Levels:
    """Add ``N(0, scale²)`` to each colour value; white is 1. What electronics add in poor light."""
    x = pixels / 255.0
    return np.clip(x + dice.normal(size=x.shape, scale=scale), 0, 1) * 255


def shot_noise(pixels: Pixels, photons: float, dice: Dice) -> Levels:
    """Count light: ``Poisson(x · photons) / photons``; white is so many photons."""
    x = pixels / 255.0
    return np.clip(dice.poisson(x * photons) / float(photons), 0, 1) * 255


def impulse_noise(pixels: Pixels, amount: float, dice: Dice) -> Levels:
    """Set a share `amount` of the colour values to 0 or 255, one as likely as the other."""
    flipped = dice.uniform(size=pixels.shape) <= amount
    salted = dice.uniform(size=pixels.shape) <= 0.5
    out = pixels.copy()
    out[flipped & salted] = 255
    out[flipped & ~salted] = 0
    return out
