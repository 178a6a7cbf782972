"""OpenCV's single-object trackers, KCF, CSRT and MIL, wrapped so that a picture is never counted twice.

They keep their memory inside and cannot be copied. What they said of the newest picture is therefore kept: who asks
for the same picture again gets the same answer.

References
----------
Henriques, Caseiro, Martins, Batista. *High-speed tracking with kernelized correlation filters.* 2015.
Lukežič, Vojíř, Čehovin Zajc, Matas, Kristan. *Discriminative correlation filter with channel and spatial
reliability.* 2017.
Babenko, Yang, Belongie. *Robust object tracking with online multiple instance learning.* 2011.
"""

import ctypes
from collections.abc import Callable, Hashable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from explainer.core.problem import ExplainerError
from explainer.vision.tracking.report import Box, Report

Kind = str  # kcf, csrt, mil
LEAST_PX = 8  # with a smaller box MIL searches for samples for ever
MAKERS: dict[Kind, Callable[[], Any]] = {
    "kcf": cv2.TrackerKCF.create,
    "csrt": cv2.TrackerCSRT.create,
    "mil": cv2.TrackerMIL.create,
}


class Native:
    """One of OpenCV's trackers on one target.

    Parameters
    ----------
    pixels
        First picture, ``(H, W, 3) uint8 RGB``.
    box
        Target in its pixels, inside it and at least `LEAST_PX` a side.

    Raises
    ------
    ExplainerError
        If the tracker does not take the box.
    """

    def __init__(self, kind: Kind, pixels: NDArray[np.uint8], box: Box, seed: int = 0) -> None:
        self._tracker = MAKERS[kind]()
        self._newest: tuple[Hashable, Report] | None = None
        self._box = box
        x0, y0, x1, y1 = (round(v) for v in box)
        _seed(seed)
        try:
            self._tracker.init(np.ascontiguousarray(pixels[..., ::-1]), (x0, y0, x1 - x0, y1 - y0))
        except cv2.error as error:
            what = f"{kind.upper()} could not start: the box leaves no room round it."
            raise ExplainerError(what, "Draw a smaller box.", str(error)) from error

    def update(self, key: Hashable, pixels: NDArray[np.uint8]) -> Report:
        """Find the target in the next picture; the same `key` again gives the same answer."""
        if self._newest is not None and self._newest[0] == key:
            return self._newest[1]
        try:
            found, (x, y, width, height) = self._tracker.update(np.ascontiguousarray(pixels[..., ::-1]))
        except cv2.error:
            found, (x, y, width, height) = False, (0, 0, 0, 0)
        found = bool(found) and width > 0 and height > 0
        if found:
            self._box = (float(x), float(y), float(x + width), float(y + height))
        report = Report(self._box, not found)
        self._newest = key, report
        return report


def _seed(seed: int) -> None:
    """MIL draws its features with the C library's ``rand``; without a seed no two runs are alike."""
    cv2.setRNGSeed(seed)
    try:
        ctypes.CDLL(None).srand(seed)
    except (OSError, TypeError, AttributeError):  # Windows has no such handle: MIL then varies a little
        return
