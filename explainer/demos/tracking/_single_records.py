"""What the single-object trackers keep from picture to picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from explainer.vision.tracking.lineup import Lineup
    from explainer.vision.tracking.motion import Cast

NAMES = {"mosse": "MOSSE", "kcf": "KCF", "csrt": "CSRT", "mil": "MIL", "siamese": "Siamese"}
SEEN_FROM = 0.2  # visible share from which a target can be on or off

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """What the trackers see, the true box in it, the share of the target that can be seen, and its way ahead."""

    pixels: NDArray[np.uint8]
    truth: Box | None = None
    visible: float = 1.0
    way: NDArray[np.float64] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """Overlaps and "lost" of one tracker, oldest first."""

    overlaps: tuple[float, ...] = ()
    lost: tuple[bool, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """What one picture leaves to the next.

    Parameters
    ----------
    factor
        Pixels of the trackers' picture to one of the frame.
    box
        Target at the start, in pixels of the trackers' picture.
    made
        What the made motion is drawn from; ``None`` for a source as it comes.
    grown
        Whether the drawn box was too small and was enlarged.
    visible
        Visible share of the target in the pictures so far.
    """

    frame_size: tuple[int, int]
    factor: float
    box: Box
    made: Cast | None
    line: Lineup | None = None
    count: int = 0
    past: Mapping[str, Past] = field(default_factory=dict)
    visible: tuple[float, ...] = ()
    grown: bool = False
