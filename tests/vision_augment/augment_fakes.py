"""A picture and cards for the tests of augmentation."""

from dataclasses import asdict
from typing import get_args

import cv2
import numpy as np

from explainer.demos.data import _cards as cards
from explainer.vision.augment.plan import Step, planned

RECORDS = {record().kind: record for record in get_args(cards.AnyCard)}


def step(kind, **values):
    record = RECORDS[kind](**values)
    return Step(kind, kind, {k: v for k, v in asdict(record).items() if k not in ("kind", "on")})


def plan_of(*steps):
    return planned([one if isinstance(one, Step) else step(one) for one in steps])


def photo(height=60, width=80, seed=0):
    """Smooth random colours, so that resampling by a fraction of a pixel changes little."""
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 256, (max(2, height // 12), max(2, width // 12), 3), np.uint8)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)


def nothing():
    """Stands for a checkpoint."""
