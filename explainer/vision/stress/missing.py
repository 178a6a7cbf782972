"""Pixels that are missing, and what is put in their place before a network looks."""

from collections.abc import Callable, Mapping
from typing import Literal

import cv2
import numpy as np
from scipy import ndimage

from explainer.vision.stress.occluders import SEEN_PX, Pixels, Region

Imputation = Literal["black", "zero", "mean", "nearest", "telea", "navier-stokes"]
IMPUTATIONS: tuple[Imputation, ...] = ("black", "zero", "mean", "nearest", "telea", "navier-stokes")
INPAINT_RADIUS_PX = 3.0
INPAINT_SHORT_PX = 256  # larger pictures are inpainted on a copy of this size: its cost grows with the hole


def missing_at_random(size: tuple[int, int], share: float, seed: int, block_px: int = 0) -> Region:
    """Choose blocks that are missing, independently of what they show, ``(H, W) bool``.

    Parameters
    ----------
    size
        Height and width in pixels.
    share
        0…1; rounded to whole blocks.
    block_px
        Side of a block; 0 takes one pixel of a picture of 224 px.
    """
    height, width = size
    block = block_px or max(1, round(min(size) / SEEN_PX))
    rows, columns = -(-height // block), -(-width // block)
    lost = np.zeros(rows * columns, bool)
    count = round(share * lost.size)
    lost[np.random.default_rng(seed).permutation(lost.size)[:count]] = True
    grid = lost.reshape(rows, columns).repeat(block, axis=0).repeat(block, axis=1)
    return np.ascontiguousarray(grid[:height, :width])


def imputed(pixels: Pixels, missing: Region, how: Imputation, zero: tuple[float, ...] = (0.5, 0.5, 0.5)) -> Pixels:
    """Fill in what is missing; pixels that are there stay as they are, and what hides below a hole is not read.

    Parameters
    ----------
    pixels
        ``(H, W, 3)``; where `missing` is true its values are ignored.
    how
        ``"black"`` 0 in the file; ``"zero"`` 0 in the network, which is the colour `zero`; ``"mean"`` mean colour of
        the pixels that are there; ``"nearest"`` the nearest of these; ``"telea"``, ``"navier-stokes"``: OpenCV's
        inpainting.
    zero
        The colour, 0…1, that the network's normalisation turns into 0: the mean of its card.

    Returns
    -------
    Pixels
        ``(H, W, 3)``. Where no pixel is left at all, mean, nearest and inpainting give the colour `zero`.
    """
    if not missing.any():
        return pixels.copy()
    blank = np.where(missing[..., None], np.uint8(0), pixels)
    if how == "black":
        return blank
    if how == "zero" or missing.all():
        return np.where(missing[..., None], np.rint(np.array(zero) * 255.0).astype(np.uint8), pixels)
    return _FILLS[how](blank, missing)


def _mean(blank: Pixels, missing: Region) -> Pixels:
    mean = np.rint(blank[~missing].mean(axis=0)).astype(np.uint8)
    return np.where(missing[..., None], mean, blank)


def _nearest(blank: Pixels, missing: Region) -> Pixels:
    rows, columns = ndimage.distance_transform_edt(missing, return_distances=False, return_indices=True)
    return np.ascontiguousarray(blank[rows, columns])


def _inpainted(blank: Pixels, missing: Region, method: int) -> Pixels:
    height, width = missing.shape
    scale = min(1.0, INPAINT_SHORT_PX / min(height, width))
    hole = missing.astype(np.uint8)
    if scale == 1.0:
        return np.asarray(cv2.inpaint(blank, hole, INPAINT_RADIUS_PX, method), np.uint8)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    # Sums over seen pixels, divided by how many there were: a hole must not darken its edge.
    weight = cv2.resize(1.0 - hole.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    total = cv2.resize(blank.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    small = np.rint(total / np.maximum(weight, 1e-6)[..., None]).clip(0, 255).astype(np.uint8)
    filled = cv2.inpaint(small, (weight < 1e-3).astype(np.uint8), INPAINT_RADIUS_PX, method)
    large = cv2.resize(filled, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.where(missing[..., None], large, blank)


_FILLS: Mapping[str, Callable[[Pixels, Region], Pixels]] = {
    "mean": _mean,
    "nearest": _nearest,
    "telea": lambda blank, missing: _inpainted(blank, missing, cv2.INPAINT_TELEA),
    "navier-stokes": lambda blank, missing: _inpainted(blank, missing, cv2.INPAINT_NS),
}
