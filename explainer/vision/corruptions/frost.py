"""Frost on a window pane, drawn: feathers of ice over a mottled ground.

ImageNet-C mixes pictures with photos of frost whose licence is not stated, so they are not shipped. What
matters to a network is how bright the ice is, how it is coloured and how strongly it varies; mean and
spread of each colour are set to what was measured on the five photos that the published code draws from
(it has six, of which one is never drawn and one is there twice). The shapes are our own.
"""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

HEIGHT, WIDTH = 400, 560
TEXTURES = 5
# Mean and spread (standard deviation) of red, green and blue, 0…255, and feathers to draw.
LOOKS: tuple[tuple[tuple[float, float, float], float, int], ...] = (
    ((78, 149, 166), 20.0, 60),
    ((201, 205, 214), 22.0, 260),
    ((201, 205, 214), 22.0, 320),
    ((138, 153, 165), 28.0, 200),
    ((112, 123, 135), 43.0, 240),
)


@lru_cache(maxsize=TEXTURES)
def texture(index: int) -> NDArray[np.uint8]:
    """Return one of the five textures, ``(400, 560, 3) uint8 RGB``, always the same."""
    mean, spread, feathers = LOOKS[index]
    dice = np.random.default_rng([2019, index])
    ground = _mottled(dice)
    ice = _feathers(feathers, dice)
    height = 0.55 * _standard(ground) + _standard(ice)
    relief = _standard(cv2.Sobel(cv2.GaussianBlur(height, (0, 0), 0.8), cv2.CV_32F, 1, 1))
    grey = _standard(np.clip(_standard(height + 0.35 * relief), -2.2, 2.6))
    tint = _standard(_mottled(dice))[..., None] * np.array([0.16, 0.03, -0.12], np.float32)
    found = np.array(mean, np.float32) + spread * (grey[..., None] + tint)
    out = np.clip(np.round(found), 0, 255).astype(np.uint8)
    out.flags.writeable = False  # shared by all who ask again
    return out


def _mottled(dice: np.random.Generator) -> NDArray[np.float32]:
    """Sum noise of several grain sizes; the coarse grains count most."""
    total = np.zeros((HEIGHT, WIDTH), np.float32)
    for cell in (160, 80, 40, 16, 6, 2):
        coarse = dice.standard_normal((HEIGHT // cell + 3, WIDTH // cell + 3)).astype(np.float32)
        total += cell**0.6 * cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    return total


def _feathers(count: int, dice: np.random.Generator) -> NDArray[np.float32]:
    """Draw ice: a shaft with barbs at about 60° on both sides, which grow shorter towards its end."""
    ice = np.zeros((HEIGHT, WIDTH), np.float32)
    lean = dice.uniform(0, 2 * np.pi)
    for _ in range(count):
        root = dice.uniform((0, 0), (WIDTH, HEIGHT))
        angle, length = lean + dice.normal(0, 0.9), dice.gamma(3.0, 26.0) + 12
        lines = _feather(root, angle, length, dice)
        low = np.clip(np.floor(lines.min(axis=(0, 1))) - 2, 0, (WIDTH - 1, HEIGHT - 1)).astype(int)
        high = np.clip(np.ceil(lines.max(axis=(0, 1))) + 3, low + 1, (WIDTH, HEIGHT)).astype(int)
        one = np.zeros((high[1] - low[1], high[0] - low[0]), np.uint8)
        ends = np.round(16 * (lines - low)).astype(np.int32)  # sixteenths of a pixel
        for part, level in zip(np.array_split(ends, 3), dice.uniform(110, 240, 3), strict=True):
            cv2.polylines(one, list(part), isClosed=False, color=int(level), lineType=cv2.LINE_AA, shift=4)
        ice[low[1] : high[1], low[0] : high[0]] += dice.uniform(0.3, 1.0) * one
    return np.asarray(np.minimum(cv2.GaussianBlur(ice, (0, 0), 0.7), 420.0), np.float32)


def _feather(root: NDArray[np.float64], angle: float, length: float, dice: np.random.Generator) -> NDArray[np.float64]:
    """Return the lines of one feather, ``(N, 2, 2)``: two ends with x and y in pixels."""
    gap = dice.uniform(2.2, 4.0)
    way = np.arange(0.0, length, gap)
    heading = angle + dice.normal(0, 0.004) * way
    steps = gap * np.stack([np.cos(heading), np.sin(heading)], axis=1)
    shaft = root + np.concatenate([np.zeros((1, 2)), np.cumsum(steps, axis=0)])
    at, taper = shaft[:-1], np.minimum(1.0, (way + 4) / 14)
    lines = [np.stack([at, shaft[1:]], axis=1)]
    width = dice.uniform(0.25, 0.5)
    for side in (-1.05, 1.05):
        reach = width * (length - way) * dice.uniform(0.6, 1.0, len(way)) * taper
        barb = reach[:, None] * np.stack([np.cos(heading + side), np.sin(heading + side)], axis=1)
        lines.append(np.stack([at, at + barb], axis=1))
    return np.concatenate(lines)


def _standard(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Shift to mean 0 and scale to spread 1."""
    return np.asarray((x - x.mean()) / max(float(x.std()), 1e-9), np.float32)
