"""One picture in all stages of a detector, and what is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explainer.core.frame import Frame

if TYPE_CHECKING:
    from explainer.vision.detection.composed_scenes import Scene
    from explainer.vision.detection.stages import Found, Stages


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One picture, all stages, and what is looked at."""

    frame: Frame
    pixels: NDArray[np.uint8]
    scene: Scene | None
    found: Stages
    rows: NDArray[np.int64]
    objects: Found
    labels: tuple[str, ...]
    stage: str
    level: int
    pick: int
    mask_from: float
    score: float
    shipped: bool

    @property
    def at(self) -> int:
        """Number of the object that is followed; −1 if nothing was found."""
        return min(self.pick, len(self.objects)) - 1

    @property
    def number(self) -> int:
        """Level from 0."""
        return min(self.level, len(self.found.objectness)) - 1

    @property
    def row(self) -> int:
        """Candidate that is followed: the object's, or the best proposal if nothing was found; −1 without any."""
        if self.at >= 0:
            return int(self.objects.rows[self.at])
        return int(self.rows[0]) if len(self.rows) else -1

    def in_frame(self, boxes: NDArray[np.float32]) -> NDArray[np.float64]:
        """Pixels of the resized picture to frame pixels."""
        w, h = self.found.size
        return np.asarray(np.asarray(boxes, np.float64) * np.array([self.frame.width / w, self.frame.height / h] * 2))

    def name(self, label: int) -> str:
        """Name of a class, fit to stand in a sentence."""
        return self.labels[label] if label < len(self.labels) else str(label)
