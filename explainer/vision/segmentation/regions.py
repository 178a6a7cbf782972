"""Superpixels and graphs: regions of like colour, which know nothing of classes or objects.

References
----------
R. Achanta et al. SLIC superpixels compared to state-of-the-art superpixel methods. TPAMI 2012.
P. F. Felzenszwalb, D. P. Huttenlocher. Efficient graph-based image segmentation. IJCV 2004.
"""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

ROUNDS = 10
Labels = NDArray[np.int32]


def slic(pixels: NDArray[np.uint8], wanted: int, compactness: float, rounds: int = ROUNDS) -> Iterator[Labels]:
    """K-means over colour and place, each centre looking only about itself; one round for each step.

    Distance of a pixel to a centre: ``√(d_lab² + (d_xy / S)² m²)`` with the grid step S and compactness m.

    Parameters
    ----------
    pixels
        ``(H, W, 3) uint8 RGB``, at least 2 × 2.
    wanted
        Number of superpixels; the grid gives about so many.
    compactness
        m: a large one gives squares, a small one follows colours.

    Yields
    ------
    NDArray
        ``(H, W) int32``, 0…K − 1. In the last one, stray pieces have been given to a neighbour, so that each
        superpixel is connected.
    """
    height, width = pixels.shape[:2]
    step = max(2, round((height * width / wanted) ** 0.5))
    if min(height, width) <= step:  # nothing to divide on that grid
        yield np.zeros((height, width), np.int32)
        return
    lab = cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2LAB)
    found = cv2.ximgproc.createSuperpixelSLIC(lab, cv2.ximgproc.SLIC, step, float(compactness))
    for _ in range(rounds):
        found.iterate(1)
        yield renumbered(found.getLabels())
    found.enforceLabelConnectivity(25)
    yield renumbered(found.getLabels())


def graph_regions(pixels: NDArray[np.uint8], scale: float, sigma: float, smallest: int) -> Labels:
    """Join neighbours whose difference is small beside what varies inside each region.

    Two regions are joined if the least difference across their border is at most
    ``min(Int(A) + k / |A|, Int(B) + k / |B|)``, where Int is the largest difference inside.

    Parameters
    ----------
    scale
        k: larger prefers larger regions.
    sigma
        Blur before, in pixels.
    smallest
        Regions with fewer pixels are joined to a neighbour.

    Returns
    -------
    NDArray
        ``(H, W) int32``, 0…K − 1.
    """
    found = cv2.ximgproc.segmentation.createGraphSegmentation(float(sigma), float(scale), int(smallest))
    return renumbered(found.processImage(np.ascontiguousarray(pixels[:, :, ::-1])))


def renumbered(labels: NDArray[np.integer]) -> Labels:
    """Number the labels 0…K − 1 in their order."""
    return np.asarray(np.unique(labels, return_inverse=True)[1].reshape(labels.shape), np.int32)


def mean_colours(pixels: NDArray[np.uint8], labels: NDArray[np.integer]) -> NDArray[np.uint8]:
    """Paint each region in its mean colour: ``(H, W, 3) uint8``."""
    flat = labels.ravel()
    count = np.maximum(np.bincount(flat), 1)
    sums = [np.bincount(flat, pixels[..., c].ravel().astype(float)) / count for c in range(3)]
    return np.asarray(np.round(np.stack(sums, 1)[labels]), np.uint8)


def touched(labels: NDArray[np.integer], inside: NDArray[np.bool_], outside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Regions that hold more pixels marked `inside` than `outside`: ``(H, W) bool``."""
    most = int(labels.max()) + 1
    votes = np.bincount(labels[inside], minlength=most) - np.bincount(labels[outside], minlength=most)
    return np.asarray((votes > 0)[labels])
