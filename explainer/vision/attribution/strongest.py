"""Which pictures, and which part of each, excite a channel most.

The counterpart of a picture made from noise: examples that were taken with a camera. Channels that look clear
in one are often ambiguous in the other (Olah, Mordvintsev and Schubert, *Feature visualization*, Distill 2017,
section "The dataset example").
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from explainer.core.geometry import Affine, apply

SMALLEST_PX, STRIDES = 48, 2  # side of the patch shown for a cell: so many input pixels, and so many cells on top
GAP_PX = 4  # between two tiles of a mosaic
GROUND = 32  # grey level between tiles

Pixels = NDArray[np.uint8]
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Peaks:
    """Strongest cell of every channel in one picture.

    Parameters
    ----------
    values
        ``(C,) float32``.
    cells
        Row and column of it, ``(C, 2) int64``.
    """

    values: NDArray[np.float32]
    cells: NDArray[np.int64]


def peaks(activation: Tensor) -> Peaks:
    """Find the strongest cell of each map of ``(1, C, h, w)``; of equals the first."""
    maps = activation[0].detach()
    values, at = maps.flatten(1).max(dim=1)  # (C, h, w) → (C, h · w)
    cells = torch.stack([at // maps.shape[2], at % maps.shape[2]], dim=1)
    return Peaks(values.float().cpu().numpy(), cells.cpu().numpy())


def patch_box(cell: tuple[int, int], of: tuple[int, int], input_px: int, to_frame: Affine, focus: Box) -> Box:
    """Return the square of the frame around a cell: left, top, right, bottom in frame pixels, within `focus`.

    Its side is `SMALLEST_PX` input pixels and `STRIDES` cells, at most all of the input. That is a rule of thumb
    for what such a cell mostly looks at and no receptive field.

    Parameters
    ----------
    cell, of
        Row and column, and the map's height and width.
    input_px
        Side of the network's input.
    to_frame
        Map from input pixels to frame pixels.
    """
    stride = input_px / of[0]
    side = min(float(input_px), SMALLEST_PX + STRIDES * stride)
    middle = np.array([(cell[1] + 0.5) * input_px / of[1], (cell[0] + 0.5) * stride])
    start = np.clip(middle - side / 2, 0.0, input_px - side)
    (x0, y0), (x1, y1) = apply(to_frame, np.array([start, start + side]))
    left, top, right, bottom = focus
    return (max(float(x0), left), max(float(y0), top), min(float(x1), right), min(float(y1), bottom))


def cut_out(pixels: Pixels, box: Box) -> Pixels:
    """Return the whole pixels ``(h, w, 3)`` inside a box; at least one."""
    height, width = pixels.shape[:2]
    x0, y0 = min(max(round(box[0]), 0), width - 1), min(max(round(box[1]), 0), height - 1)
    x1, y1 = max(min(round(box[2]), width), x0 + 1), max(min(round(box[3]), height), y0 + 1)
    return np.ascontiguousarray(pixels[y0:y1, x0:x1])


def mosaic(tiles: Sequence[Pixels], columns: int, side_px: int) -> Pixels:
    """Lay pictures out in rows, each stretched to a square of `side_px`, `GAP_PX` apart; ``(H, W, 3) uint8``."""
    rows, pitch = -(-len(tiles) // columns), side_px + GAP_PX
    sheet = np.full((rows * pitch - GAP_PX, columns * pitch - GAP_PX, 3), GROUND, np.uint8)
    for number, tile in enumerate(tiles):
        top, left = pitch * (number // columns), pitch * (number % columns)
        mode = cv2.INTER_AREA if tile.shape[0] > side_px else cv2.INTER_LINEAR
        sheet[top : top + side_px, left : left + side_px] = cv2.resize(tile, (side_px, side_px), interpolation=mode)
    return sheet
