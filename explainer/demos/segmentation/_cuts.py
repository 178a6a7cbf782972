"""What the methods that are compared have in common: the scene they get and the answer they give."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explainer.core.frame import Frame

NAMES = {
    "fixed": "Fixed threshold", "otsu": "Otsu's threshold", "adaptive": "Adaptive threshold", "watershed": "Watershed",
    "grabcut": "GrabCut", "slic": "SLIC superpixels", "graph": "Graph-based regions", "person": "Person matte",
    "semantic": "LR-ASPP, semantic", "instance": "Mask R-CNN",
}  # fmt: skip
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """One frame's copy ``(h, w, 3) uint8``, its grey levels, and what was painted on it, each ``(h, w)``."""

    frame: Frame
    copy: NDArray[np.uint8]
    grey: NDArray[np.uint8]
    inside: Bools
    outside: Bools
    wanted: Bools


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """A method's answer.

    Parameters
    ----------
    mask
        ``(h, w) bool``.
    regions
        ``(h, w)`` numbers of regions, where the method makes some.
    relief
        ``(h, w) float32``: the map that it works on, where there is one.
    count
        Number of regions, or of rounds.
    final
        False for what comes before the end.
    missing
        What to do where a network is asked for that is not on this machine; the mask is empty then.
    """

    mask: Bools
    regions: NDArray[np.int32] | None = None
    relief: NDArray[np.float32] | None = None
    count: int = 0
    final: bool = True
    missing: str = ""


def of_regions(labels: NDArray[np.int32], at: Scene) -> Cut:
    """Take the regions that the object's marks touch more than the background's."""
    from explainer.vision.segmentation.regions import touched

    return Cut(touched(labels, at.inside, at.outside), labels, count=int(labels.max()) + 1)
