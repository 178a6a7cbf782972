"""What the methods that are compared have in common: the scene they get and the answer they give."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explainer.core.controls import Choice
from explainer.core.frame import Frame


class Method(Choice):
    """Ways to cut an object out."""

    FIXED = "fixed", "Fixed threshold"
    OTSU = "otsu", "Otsu's threshold"
    ADAPTIVE = "adaptive", "Adaptive threshold"
    WATERSHED = "watershed", "Watershed"
    GRABCUT = "grabcut", "GrabCut"
    SLIC = "slic", "SLIC superpixels"
    GRAPH = "graph", "Graph-based regions"
    PERSON = "person", "Person matte"
    SEMANTIC = "semantic", "LR-ASPP, semantic"
    INSTANCE = "instance", "Mask R-CNN"


@dataclass(frozen=True, slots=True)
class Tuning:
    """What the methods are set to; each takes what it needs."""

    level: int = 110
    window: int = 51
    margin: float = 8.0
    blur: float = 1.0
    water: int = 255
    rounds: int = 3
    superpixels: int = 200
    compactness: float = 15.0
    moves: int = 10
    scale: float = 300.0


Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """One frame's copy ``(h, w, 3) uint8``, its grey levels, and what was painted on it, each ``(h, w)``.

    `shown` is a larger copy, in which what was cut out is shown.
    """

    frame: Frame
    copy: NDArray[np.uint8]
    grey: NDArray[np.uint8]
    inside: Bools
    outside: Bools
    wanted: Bools
    shown: NDArray[np.uint8]


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
