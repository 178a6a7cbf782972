"""A small convolutional net that learns the same shots from nothing: what a pretrained one is measured against."""

from dataclasses import dataclass

import cv2
import numpy as np
from torch import nn

from explainer.vision.training.examples import Examples, Split
from explainer.vision.training.parts import Adam, CrossEntropy
from explainer.vision.training.recipe import Batches, Net, Recipe

SIDE, WIDTH, HIDDEN = 28, 16, 64
STEPS = 120


@dataclass(frozen=True)
class ScratchNet(Net):
    """Two convolutions, each with a ReLU and a 2 × 2 maximum, and two linear layers."""

    channels: int
    classes: int

    def module(self) -> nn.Module:
        """Build it, for pictures ``(B, channels, 28, 28)``."""
        quarter = SIDE // 4
        return nn.Sequential(
            nn.Conv2d(self.channels, WIDTH, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(WIDTH, 2 * WIDTH, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(2 * WIDTH * quarter * quarter, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, self.classes),
        )  # fmt: skip


def recipe(train: Examples, test: Examples, seed: int = 0, steps: int = STEPS) -> Recipe:
    """How it is trained, on pictures of 28 × 28."""
    net = ScratchNet(train.channels, train.classes)
    return Recipe(
        data=Split(train, test), net=net, loss=CrossEntropy(), optimiser=Adam(0.003), steps=steps,
        batches=Batches(64), seed=seed, every=steps,
    )  # fmt: skip


def small(examples: Examples) -> Examples:
    """Return pictures of any size as the net takes them, ``(N, 28, 28)`` or ``(N, 28, 28, 3)``."""
    if examples.side == SIDE or not len(examples):
        return examples
    way = cv2.INTER_AREA if examples.side > SIDE else cv2.INTER_LINEAR
    images = [cv2.resize(one, (SIDE, SIDE), interpolation=way) for one in examples.images]
    return Examples(np.stack(images).astype(np.float32), examples.labels, examples.names)
