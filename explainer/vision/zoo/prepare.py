"""From a frame to the tensor a classifier sees, and the way back.

The pixels equal torchvision's ``Resize`` (antialiased) and ``CenterCrop`` to one grey level: torch resizes
8-bit pixels in place of Pillow, several times faster.
"""

import warnings
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 (the field's name for it)
from numpy.typing import NDArray
from torch import Tensor

from explainer.core.context import Fit
from explainer.core.frame import Frame
from explainer.core.geometry import Affine, compose, scale_shift
from explainer.core.model_card import ModelCard

LONGEST = 4  # a longer picture than 4 : 1 is cut to that before it is resized: the crop never sees the rest
GAP = 2  # pictures that stay this many times too large are averaged in whole blocks first

with warnings.catch_warnings():
    # A frame is read-only, and nothing here writes; torch warns of it once in the life of a process.
    warnings.simplefilter("ignore")
    torch.from_numpy(np.frombuffer(b"frame", np.uint8))

Box = tuple[float, float, float, float]
Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a classifier sees of a frame.

    Parameters
    ----------
    tensor
        ``(1, 3, S, S) float32`` on the model's device, normalised, ``channels_last``.
    to_frame
        Map from input pixels to frame pixels.
    focus
        The part of the frame that is seen: left, top, right, bottom in frame pixels.
    """

    tensor: Tensor
    to_frame: Affine
    focus: Box


def prepare(frame: Frame, card: ModelCard, fit: Fit, device: torch.device) -> Prepared:
    """Resize, crop (or letterbox) and normalise a frame as the weights of `card` ask.

    Parameters
    ----------
    fit
        ``"crop"``: shorter side to ``card.resize_px``, centre ``card.input_px`` square. ``"whole"``: longer
        side to ``card.input_px``, the rest filled with the mean colour, which is 0 after normalising.
    """
    if fit == "whole":
        square, to_frame, focus = _whole(frame.pixels, card)
    else:
        square, to_frame, focus = _crop(frame.pixels, card)
    return Prepared(normalised(square, card, device), to_frame, focus)


def normalised(square: Pixels, card: ModelCard, device: torch.device) -> Tensor:
    """Map ``(S, S, 3) uint8`` to ``(pixel / 255 − mean) / std``, ``(1, 3, S, S) float32``."""
    bytes_in = torch.from_numpy(square).to(device).permute(2, 0, 1)[None]  # HWC lies in memory as it should
    scale, shift = _scale_shift(card.mean, card.std, device)
    out = torch.empty(bytes_in.shape, device=device, memory_format=torch.channels_last)
    return out.copy_(bytes_in).mul_(scale).sub_(shift)


@lru_cache(maxsize=8)
def _scale_shift(mean: tuple[float, ...], std: tuple[float, ...], device: torch.device) -> tuple[Tensor, Tensor]:
    """``1 / (255 std)`` and ``mean / std``, each ``(1, 3, 1, 1)``."""
    means = torch.tensor(mean, device=device).view(1, 3, 1, 1)
    stds = torch.tensor(std, device=device).view(1, 3, 1, 1)
    return 1.0 / (255.0 * stds), means / stds


def _crop(pixels: Pixels, card: ModelCard) -> tuple[Pixels, Affine, Box]:
    pixels, to_frame = _manageable(pixels, card.resize_px)
    height, width = pixels.shape[:2]
    short, side = min(height, width), card.input_px
    new_h, new_w = int(card.resize_px * height / short), int(card.resize_px * width / short)
    top, left = round((new_h - side) / 2), round((new_w - side) / 2)  # as torchvision rounds
    resized = _resize(pixels, new_h, new_w, card.interpolation)[top : top + side, left : left + side]
    sx, sy = width / new_w, height / new_h
    to_frame = compose(to_frame, scale_shift(sx, sy, left * sx, top * sy))
    (x0, y0), (x1, y1) = (to_frame @ np.array([[0.0, 0.0, 1.0], [side, side, 1.0]]).T).T.tolist()
    return np.ascontiguousarray(resized), to_frame, (x0, y0, x1, y1)


def _whole(pixels: Pixels, card: ModelCard) -> tuple[Pixels, Affine, Box]:
    full_h, full_w = pixels.shape[:2]
    pixels, to_frame = _averaged(pixels, max(full_h, full_w) // (GAP * card.input_px))
    height, width = pixels.shape[:2]
    side, long = card.input_px, max(height, width)
    new_h, new_w = max(1, round(side * height / long)), max(1, round(side * width / long))
    top, left = (side - new_h) // 2, (side - new_w) // 2
    square = np.empty((side, side, 3), np.uint8)
    square[:] = np.round(np.array(card.mean) * 255.0).astype(np.uint8)
    square[top : top + new_h, left : left + new_w] = _resize(pixels, new_h, new_w, card.interpolation)
    sx, sy = width / new_w, height / new_h
    to_frame = compose(to_frame, scale_shift(sx, sy, -left * sx, -top * sy))
    return square, to_frame, (0.0, 0.0, float(full_w), float(full_h))


def _manageable(pixels: Pixels, resize_px: int) -> tuple[Pixels, Affine]:
    """Cut a very long picture and average a very large one; both keep the middle where it was."""
    height, width = pixels.shape[:2]
    short = min(height, width)
    keep_h, keep_w = min(height, LONGEST * short), min(width, LONGEST * short)
    top, left = (height - keep_h) // 2, (width - keep_w) // 2
    cut, averaged = _averaged(pixels[top : top + keep_h, left : left + keep_w], short // (GAP * resize_px))
    return cut, compose(scale_shift(1.0, 1.0, left, top), averaged)


def _averaged(pixels: Pixels, factor: int) -> tuple[Pixels, Affine]:
    """Average blocks of `factor` × `factor` pixels; the few left over on each side are dropped."""
    height, width = pixels.shape[0] // max(factor, 1), pixels.shape[1] // max(factor, 1)
    if factor < 2 or not height or not width:
        return pixels, scale_shift(1.0, 1.0)
    top, left = (pixels.shape[0] - height * factor) // 2, (pixels.shape[1] - width * factor) // 2
    blocks = pixels[top : top + height * factor, left : left + width * factor]
    small = cv2.resize(blocks, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8), scale_shift(factor, factor, left, top)


def _resize(pixels: Pixels, height: int, width: int, mode: str) -> Pixels:
    if pixels.shape[:2] == (height, width):
        return pixels
    planes = torch.from_numpy(pixels).permute(2, 0, 1)[None]
    small = F.interpolate(planes, size=(height, width), mode=mode, antialias=True)
    return np.asarray(small[0].permute(1, 2, 0).numpy())


def as_input(squares: NDArray[np.uint8], card: ModelCard, side: int, device: str | torch.device = "cpu") -> Tensor:
    """Map ``(N, h, h, 3) uint8`` to ``(pixel / 255 − mean) / std``, ``(N, 3, side, side)``, as `card` asks."""
    x = torch.from_numpy(np.ascontiguousarray(squares)).to(device).permute(0, 3, 1, 2).float() / 255
    if x.shape[-1] != side:
        x = F.interpolate(x, size=(side, side), mode="bilinear", antialias=True)
    mean, std = (torch.tensor(one, device=device).view(1, 3, 1, 1) for one in (card.mean, card.std))
    return ((x - mean) / std).contiguous(memory_format=torch.channels_last)
