"""How well one mask agrees with another: by area, and along the boundary.

References
----------
G. Csurka, D. Larlus, F. Perronnin. What is a good evaluation measure for semantic segmentation? BMVC 2013.
F. Perazzi et al. A benchmark dataset and evaluation methodology for video object segmentation. CVPR 2016.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Area:
    """Counts of pixels, and what follows from them; ``None`` where a denominator is 0.

    Parameters
    ----------
    hits, false_alarms, misses, rest
        True positives, false positives, false negatives, true negatives.
    """

    hits: int
    false_alarms: int
    misses: int
    rest: int

    @property
    def iou(self) -> float | None:
        """Intersection over union (Jaccard), ``TP / (TP + FP + FN)``."""
        return _ratio(self.hits, self.hits + self.false_alarms + self.misses)

    @property
    def dice(self) -> float | None:
        """F1 of the pixels, ``2 TP / (2 TP + FP + FN)``; always ``2 IoU / (1 + IoU)``."""
        return _ratio(2 * self.hits, 2 * self.hits + self.false_alarms + self.misses)

    @property
    def precision(self) -> float | None:
        """Share of the found pixels that are right."""
        return _ratio(self.hits, self.hits + self.false_alarms)

    @property
    def recall(self) -> float | None:
        """Share of the reference that is found."""
        return _ratio(self.hits, self.hits + self.misses)

    @property
    def accuracy(self) -> float:
        """Share of all pixels that are right; high for any mask when the object is small."""
        return (self.hits + self.rest) / (self.hits + self.false_alarms + self.misses + self.rest)


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def area(found: Mask, wanted: Mask) -> Area:
    """Compare two masks ``(H, W) bool`` pixel by pixel."""
    both = int((found & wanted).sum())
    only_found, only_wanted = int(found.sum()) - both, int(wanted.sum()) - both
    return Area(both, only_found, only_wanted, found.size - both - only_found - only_wanted)


@dataclass(frozen=True, slots=True)
class Boundary:
    """Agreement of two boundaries within a tolerance; ``None`` where a mask has no boundary.

    Parameters
    ----------
    precision, recall
        Share of the found boundary that has the wanted one within reach, and the other way round.
    hausdorff_95
        95th percentile of the distances from either boundary to the other, in pixels.
    """

    precision: float | None
    recall: float | None
    hausdorff_95: float | None

    @property
    def f(self) -> float | None:
        """Harmonic mean of precision and recall."""
        if self.precision is None or self.recall is None:
            return None
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def outline(mask: Mask) -> Mask:
    """Pixels of a mask with a neighbour (of four) outside it; the picture's edge counts as no neighbour."""
    inside = cv2.erode(
        mask.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3)),
        borderType=cv2.BORDER_CONSTANT, borderValue=1,
    )  # fmt: skip
    return np.asarray(mask & (inside == 0))


def boundary(found: Mask, wanted: Mask, tolerance_px: float) -> Boundary:
    """Compare two masks ``(H, W) bool`` along their outlines.

    Parameters
    ----------
    tolerance_px
        How far a boundary pixel may be from the other boundary and still count as right; ≥ 0.
    """
    edge, other = outline(found), outline(wanted)
    if not edge.any() or not other.any():
        return Boundary(None, None, None)
    to_other, to_edge = distance_to(other)[edge], distance_to(edge)[other]
    near = tolerance_px + 1e-3  # a root may come out a little long in 32 bits
    farthest = float(np.percentile(np.concatenate([to_other, to_edge]), 95))
    return Boundary(float((to_other <= near).mean()), float((to_edge <= near).mean()), farthest)


def distance_to(mask: Mask) -> NDArray[np.float32]:
    """Euclidean distance in pixels from each pixel to the nearest one of the mask, which is not empty."""
    found = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    # Its square is a whole number; OpenCV's root differs in the last bit with where in memory it works.
    return np.asarray(np.sqrt(np.rint(np.square(found, dtype=np.float64))), np.float32)


def tolerance(height: int, width: int, share: float = 0.008) -> float:
    """Whole pixels that are `share` of the diagonal, rounded up; 0.008 is the DAVIS benchmark's."""
    return float(np.ceil(share * np.hypot(height, width)))


def on_edges(mask: Mask, slopes: NDArray[np.uint8]) -> float | None:
    """Share of a mask's outline that lies on the steepest quarter of the picture; needs no reference.

    Parameters
    ----------
    slopes
        Height of the gradient, ``(H, W) uint8``.

    Returns
    -------
    float or None
        0…1, about 0.25 for an outline drawn by chance; ``None`` without an outline or without any edge.
    """
    edge, steep = outline(mask), slopes > np.percentile(slopes, 75)
    return float(steep[edge].mean()) if edge.any() and steep.any() else None
