"""One region into several objects: distance from the edge, its hills, and a flood from their tops."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from explainer.vision.segmentation.flood import Labels, rising
from explainer.vision.segmentation.scores import distance_to

Mask = NDArray[np.bool_]
Floats = NDArray[np.float32]
TOP, SPECK = 255, 9
UNITS = 64  # to the pixel, where distances are blurred


@dataclass(frozen=True, slots=True, eq=False)
class Divided:
    """The objects in a mask.

    Parameters
    ----------
    distance
        ``(H, W) float32``: pixels to the nearest one outside the mask; 0 outside.
    markers, labels
        ``(H, W) int32``: the hilltops, and the objects grown from them, 1…; 0 outside.
    parts
        Number of connected components of the mask.
    wet
        ``(H, W) uint8``: the level, 0…255, at which each pixel of an object goes under water.
    """

    distance: Floats
    markers: Labels
    labels: Labels
    parts: int
    wet: NDArray[np.uint8]

    @property
    def count(self) -> int:
        """Number of objects."""
        return int(self.labels.max(initial=0))


def distance_inside(mask: Mask) -> Floats:
    """Euclidean distance of each pixel of the mask to the nearest pixel outside; the picture's edge is not outside.

    Returns
    -------
    NDArray
        ``(H, W) float32``. All zero for a mask without an outside, where the distance is not defined.
    """
    if mask.all() or not mask.any():
        return np.zeros(mask.shape, np.float32)
    return distance_to(~mask)


@dataclass(frozen=True, slots=True, eq=False)
class Hills:
    """All local maxima of a map, the highest first.

    Parameters
    ----------
    places
        ``(N, 2) int64``: row and column of one pixel of each.
    dynamics
        ``(N,)``: how far one has to go down on the way to a higher one (Grimaud 1992); of the highest of each
        component, its height.
    """

    places: NDArray[np.int64]
    dynamics: NDArray[np.float64]

    def count(self, h: float) -> int:
        """Number of hills that rise at least `h` above the saddle to any higher one: the h-maxima."""
        return int((self.dynamics >= max(h, EVEN)).sum())

    def markers(self, shape: tuple[int, int], h: float) -> Labels:
        """Number one pixel on top of each of them, 1…: ``(H, W) int32``."""
        out, kept = np.zeros(shape, np.int32), self.places[self.dynamics >= max(h, EVEN)]
        out[kept[:, 0], kept[:, 1]] = np.arange(1, len(kept) + 1)
        return out


EVEN = 1e-4  # px: less is a plateau, not a hill


def hills(heights: Floats, checkpoint: Callable[[], None] = lambda: None) -> Hills:
    """Find all hills of a map at once: take pixels from the highest down and watch lands grow together.

    Parameters
    ----------
    heights
        ``(H, W) float32``; what is 0 or less belongs to nothing.
    """
    height, width = heights.shape
    wide = width + 2
    framed = np.zeros((height + 2, wide), np.float64)
    framed[1:-1, 1:-1] = heights
    flat = framed.ravel()
    order = np.argsort(-flat, kind="stable")
    order = order[: int((flat > 0).sum())]
    owner, value = [0] * len(flat), flat.tolist()  # owner: 0 not yet land, else a way to the pixel's hilltop
    around = (-wide - 1, -wide, -wide + 1, -1, 1, wide - 1, wide, wide + 1)
    dynamics: dict[int, float] = {}
    for number, pixel in enumerate(order.tolist()):
        if number % 4096 == 0:
            checkpoint()
        tops = {_top(owner, pixel + step) for step in around if owner[pixel + step]}
        if not tops:
            owner[pixel], dynamics[pixel] = pixel, value[pixel]
            continue
        highest = max(tops, key=lambda top: (value[top], -top))
        owner[pixel] = highest
        for top in tops - {highest}:
            owner[top], dynamics[top] = highest, value[top] - value[pixel]
    tops_found = np.array(list(dynamics), np.int64)
    places = np.stack([tops_found // wide - 1, tops_found % wide - 1], 1).reshape(-1, 2)
    return Hills(places, np.array(list(dynamics.values()), float))


def _top(owner: list[int], pixel: int) -> int:
    """Follow owners to the hilltop, and shorten the way for the next."""
    top = owner[pixel]
    while owner[top] != top:
        owner[pixel] = top = owner[top]
    return top


@dataclass(frozen=True, slots=True, eq=False)
class Landscape:
    """A mask, its distance transform, and the hills of that; what does not depend on h.

    Parameters
    ----------
    distance, smoothed
        ``(H, W) float32`` in pixels: as it is, and as hills are sought in it.
    parts
        Number of connected components of the mask.
    """

    mask: Mask
    distance: Floats
    smoothed: Floats
    hills: Hills
    parts: int


def landscape(mask: Mask, smoothing: float = 0.0, checkpoint: Callable[[], None] = lambda: None) -> Landscape:
    """Measure a mask ``(H, W) bool``.

    Parameters
    ----------
    smoothing
        Standard deviation in pixels of a blur of the distance before hills are sought.
    """
    distance = distance_inside(mask)
    parts = int(cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)[0]) - 1
    smoothed = distance
    if smoothing > 0:
        smoothed = np.where(mask, _blurred(distance, smoothing), 0).astype(np.float32)
    return Landscape(mask, distance, smoothed, hills(smoothed, checkpoint), parts)


def divided(land: Landscape, h: float, checkpoint: Callable[[], None] = lambda: None) -> Divided:
    """Divide the mask into objects by a watershed on its distance transform.

    Parameters
    ----------
    h
        Depth in pixels that the notch between two hills needs; larger means fewer objects.
    """
    markers, ground = land.hills.markers(land.mask.shape, h), depth(land.smoothed)
    labels, wet = np.where(land.mask, markers, 0).astype(np.int32), ground.copy()
    for water in rising(ground, markers, land.mask, corners=True):
        checkpoint()
        wet[(labels == 0) & (water.labels > 0)] = water.level
        labels = water.labels.copy()
    return Divided(land.distance, markers, labels, land.parts, np.maximum(wet, ground))


def solidity(labels: Labels) -> float | None:
    """Share of their convex hulls that objects ``(H, W)`` fill, 0…1, each by its area; ``None`` without objects."""
    filled = hulls = 0.0
    for one in range(1, int(labels.max(initial=0)) + 1):
        rows, columns = np.nonzero(labels == one)
        corners = [np.stack([columns + x, rows + y], 1) for x in (0, 1) for y in (0, 1)]  # a pixel is a square
        hull = cv2.convexHull(np.concatenate(corners).astype(np.int32)) if len(rows) else None
        filled += len(rows)
        hulls += float(cv2.contourArea(hull)) if hull is not None else 0.0
    return filled / hulls if hulls else None


def depth(distance: Floats) -> NDArray[np.uint8]:
    """Turn hills into basins with heights 0…255 for the flood."""
    top = float(distance.max())
    return np.full(distance.shape, TOP, np.uint8) if top <= 0 else np.round(TOP * (1 - distance / top)).astype(np.uint8)


def _blurred(distance: Floats, sigma: float) -> Floats:
    """Blur in whole 64ths of a pixel, which OpenCV does to the last bit alike everywhere; floats it does not."""
    fixed = np.rint(UNITS * np.minimum(distance, np.iinfo(np.uint16).max // UNITS)).astype(np.uint16)
    blurred = cv2.GaussianBlur(fixed, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(blurred / np.float32(UNITS), np.float32)


def grown(mask: Mask, by: float) -> Mask:
    """Add all pixels at most `by` away from the mask, or take away those that lie as near to its edge (negative)."""
    if by == 0 or mask.all() or not mask.any():
        return mask
    if by > 0:
        return np.asarray(distance_to(mask) <= by)
    return np.asarray(distance_inside(mask) > -by)


def cleaned(mask: Mask, smallest: int, fill: bool) -> Mask:
    """Drop components with fewer than `smallest` pixels, and fill holes that do not touch the picture's edge."""
    kept = _without_small(mask, smallest)
    if not fill:
        return kept
    labels, edge = components(~kept, 4), set()
    for side in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        edge |= set(np.unique(side).tolist())
    open_ones = np.isin(labels, list(edge - {0}))
    return np.asarray(~open_ones | kept)


def components(mask: Mask, connectivity: int = 8) -> Labels:
    """Number the connected components of a mask, 1…: ``(H, W) int32``."""
    found = cv2.connectedComponents(np.ascontiguousarray(mask, np.uint8), connectivity=connectivity)[1]
    return np.asarray(found, np.int32)


def _without_small(mask: Mask, smallest: int) -> Mask:
    labels = components(mask, 8)
    large = np.bincount(labels.ravel()) >= smallest
    large[0] = False
    return np.asarray(large[labels])


def plateau(depths: NDArray[np.float64], counts: NDArray[np.float64]) -> tuple[float, float, int]:
    """Return the widest range of `depths` over which `counts`, both ``(N,)``, stay the same, and that count."""
    ends = [*np.flatnonzero(np.diff(counts)), len(counts) - 1]
    runs = zip([0, *(end + 1 for end in ends[:-1])], ends, strict=True)
    start, end = max(runs, key=lambda run: depths[run[1]] - depths[run[0]])
    return float(depths[start]), float(depths[end]), int(counts[start])


def pieces(mask: NDArray[np.bool_]) -> int:
    """How many connected parts a mask ``(H, W)`` has that are more than a speck of `SPECK` pixels."""
    return int((np.bincount(components(mask).ravel())[1:] > SPECK).sum())
