"""NanoDet-g: a small detector without anchors, for the 80 classes of COCO.

A backbone of cross-stage partial blocks (Wang et al. 2020) gives maps at strides 8, 16 and 32; a path
aggregation network (Liu et al. 2018) mixes them by resizing and adding; a head at each level gives every cell
80 class scores and, for each of its four sides, a distribution over 11 distances (generalised focal loss, Li
et al. 2020). Batch norms were folded into the convolutions when the weights were published, so the network as
it stands is the fast one. See `explainer.vision.detection.gfl` for how answers become boxes.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from explainer.core.geometry import Affine, scale_shift
from explainer.vision.detection import coco, gfl, nms
from explainer.vision.detection.detections import Detections
from explainer.vision.zoo.shipped import read_shipped

FILE = "nanodet.safetensors"
SIDE = 416  # the longer side of the picture, as in training
STRIDES = (8, 16, 32)
BINS = 11  # distances 0…10 cells
WIDTH = 128  # channels behind the backbone
SLOPE = 0.1  # of the leaky rectifier
MEAN, STD = (103.53, 116.28, 123.675), (57.375, 57.12, 58.395)  # blue, green, red: it was trained on BGR
SCORE, IOU = 0.35, 0.5


class Conv(nn.Module):
    """Convolution with its batch norm folded in, and a leaky rectifier."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, stride, 1)
        self.act = nn.LeakyReLU(SLOPE)

    def forward(self, x: Tensor) -> Tensor:
        """``(B, inputs, h, w)`` to ``(B, outputs, h / stride, w / stride)``."""
        out: Tensor = self.act(self.conv(x))
        return out


class Split(nn.Module):
    """Halve the channels, transform the half once more, and put both side by side."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = Conv(width, width // 2)
        self.second = Conv(width // 2, width // 2)

    def forward(self, x: Tensor) -> Tensor:
        """``(B, width, h, w)`` to the same shape."""
        half = self.first(x)
        return torch.cat([self.second(half), half], 1)


class Stage(nn.Module):
    """Cross-stage partial block: what entered is put beside what became of it."""

    def __init__(self, width: int, depth: int, stride: int) -> None:
        super().__init__()
        self.enter = Conv(width, width, stride)
        self.inner = nn.Sequential(*(Split(width) for _ in range(depth)))
        self.leave = Conv(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """``(B, width, h, w)`` to ``(B, 2 · width, h / stride, w / stride)``."""
        x = self.enter(x)
        return torch.cat([self.leave(self.inner(x)), x], 1)


class Backbone(nn.Module):
    """Maps at strides 8, 16 and 32 with 128, 256 and 512 channels."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = Conv(3, 32, 2)
        self.pool = nn.MaxPool2d(3, 2, 1)
        self.stage1 = Stage(32, 1, 1)
        self.stage2 = Stage(64, 2, 2)
        self.stage3 = Stage(128, 2, 2)
        self.stage4 = Stage(256, 3, 2)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """``(B, 3, H, W)`` to maps of ``H / 8``, ``H / 16`` and ``H / 32``."""
        c8 = self.stage2(self.stage1(self.pool(self.stem(x))))
        c16 = self.stage3(c8)
        return c8, c16, self.stage4(c16)


class PathAggregation(nn.Module):
    """Every level hears of the coarser ones, then of the finer ones. Only the 1 × 1 convolutions have weights."""

    def __init__(self) -> None:
        super().__init__()
        self.lateral8 = nn.Conv2d(128, WIDTH, 1)
        self.lateral16 = nn.Conv2d(256, WIDTH, 1)
        self.lateral32 = nn.Conv2d(512, WIDTH, 1)

    def forward(self, maps: tuple[Tensor, Tensor, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        """Three maps to three maps of 128 channels."""
        p8, p16, p32 = self.lateral8(maps[0]), self.lateral16(maps[1]), self.lateral32(maps[2])
        p16 = p16 + _doubled(p32)
        p8 = p8 + _doubled(p16)
        n16 = p16 + _halved(p8)
        return p8, n16, p32 + _halved(n16)


def _doubled(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)


def _halved(x: Tensor) -> Tensor:
    return functional.avg_pool2d(x, 2)  # what bilinear sampling half way between two cells comes to


class Head(nn.Module):
    """Scores and distances of every cell of one level."""

    def __init__(self) -> None:
        super().__init__()
        self.shared = Conv(WIDTH, WIDTH)
        self.answers = nn.Conv2d(WIDTH, len(coco.NAMES) + 4 * BINS, 1)

    def forward(self, x: Tensor) -> Tensor:
        """``(B, 128, h, w)`` to logits ``(B, 80 + 4 · 11, h, w)``."""
        out: Tensor = self.answers(self.shared(x))
        return out


class NanoDet(nn.Module):
    """Logits of three levels for a picture whose sides are multiples of 32."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = Backbone()
        self.pan = PathAggregation()
        self.heads = nn.ModuleList(Head() for _ in STRIDES)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Normalised BGR ``(B, 3, H, W)`` to one ``(B, 124, H / s, W / s)`` for each stride s of 8, 16, 32."""
        maps = self.pan(self.backbone(x))
        return [head(level) for head, level in zip(self.heads, maps, strict=True)]


def load(device: str = "cpu", path: Path | None = None) -> NanoDet:
    """Read the weights, stored in 16 bits as they were published, into a frozen network in 32 bits.

    Raises
    ------
    ExplainerError
        If the file is missing or damaged.
    """
    net = read_shipped(NanoDet, FILE, "the detector", path, bare=True)
    return net.to(device).to(memory_format=torch.channels_last)


# The input ----------------------------------------------------------------------------------------------


def letterbox(pixels: NDArray[np.uint8], side: int = SIDE, *, square: bool = False) -> tuple[NDArray[np.uint8], Affine]:
    """Shrink a picture to `side`, its shape kept, and fill up with black to multiples of 32.

    Parameters
    ----------
    pixels
        ``(H, W, 3) uint8 RGB``.
    side
        Of the longer side, a multiple of 32.
    square
        Fill up to a square instead, as the published graph wants it; costs time and changes little.

    Returns
    -------
    picture
        ``(h, w, 3) uint8 RGB``, the picture in its middle.
    to_frame
        Map from its pixels to those of the frame.
    """
    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    tall, wide = max(1, round(height * scale)), max(1, round(width * scale))
    h, w = (side, side) if square else (-(-tall // 32) * 32, -(-wide // 32) * 32)
    top, left = (h - tall) // 2, (w - wide) // 2
    out = np.zeros((h, w, 3), np.uint8)
    out[top : top + tall, left : left + wide] = _resized(pixels, tall, wide)
    sx, sy = width / wide, height / tall
    return out, scale_shift(sx, sy, -left * sx, -top * sy)


def _resized(pixels: NDArray[np.uint8], tall: int, wide: int) -> NDArray[np.uint8]:
    """Bilinear, after blocks were averaged: below a half, bilinear sampling would skip pixels."""
    height, width = pixels.shape[:2]
    whole = (k for k in range(min(height // tall, width // wide), 1, -1) if height % k == width % k == 0)
    factor = next(whole, 1)
    if factor > 1:  # whole blocks take a fifth of the time of broken ones
        size = width // factor, height // factor
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    how = cv2.INTER_AREA if max(pixels.shape[:2]) > 2 * max(tall, wide) else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, (wide, tall), interpolation=how), np.uint8)


def prepare(picture: NDArray[np.uint8], device: torch.device | str = "cpu") -> Tensor:
    """``(h, w, 3) uint8 RGB`` to the network's input, ``(1, 3, h, w) float32``: BGR, mean 0, deviation 1."""
    x = torch.from_numpy(picture[..., ::-1].copy()).to(device).permute(2, 0, 1)[None]
    mean, std = (torch.tensor(v, device=x.device).view(1, 3, 1, 1) for v in (MEAN, STD))
    out = torch.empty(x.shape, device=x.device, memory_format=torch.channels_last)
    return out.copy_(x).sub_(mean).div_(std)


# The answer ---------------------------------------------------------------------------------------------


@torch.no_grad()
def look(net: NanoDet, pixels: NDArray[np.uint8], side: int = SIDE) -> gfl.Answers:
    """Run the network on a picture ``(H, W, 3) uint8 RGB``; keep what it answers for every cell."""
    picture, to_frame = letterbox(pixels, side)
    return answers(net, prepare(picture, _device(net)), to_frame, (pixels.shape[1], pixels.shape[0]))


@torch.no_grad()
def answers(net: NanoDet, x: Tensor, to_frame: Affine, frame: tuple[int, int]) -> gfl.Answers:
    """Run the network on a prepared input of one picture; `frame` is the picture's width and height."""
    return gfl.answers([level[0] for level in net(x)], STRIDES, to_frame, frame)


def bare_pass(net: NanoDet, pixels: NDArray[np.uint8], side: int = SIDE) -> Callable[[], object]:
    """Return the network's forward pass on a picture that is ready, and nothing around it: a yardstick."""
    x = prepare(letterbox(pixels, side)[0], _device(net))

    def run() -> object:
        with torch.no_grad():
            return net(x)

    return run


@torch.no_grad()
def look_at_all(net: NanoDet, pictures: Sequence[NDArray[np.uint8]], side: int = SIDE) -> list[gfl.Answers]:
    """Run the network once on several pictures of one size, each ``(H, W, 3) uint8 RGB``."""
    boxed = [letterbox(one, side) for one in pictures]
    x = torch.cat([prepare(picture, _device(net)) for picture, _ in boxed])
    levels = net(x.contiguous(memory_format=torch.channels_last))
    size = pictures[0].shape[1], pictures[0].shape[0]
    return [
        gfl.answers([level[k] for level in levels], STRIDES, to_frame, size) for k, (_, to_frame) in enumerate(boxed)
    ]


def _device(net: NanoDet) -> torch.device:
    return next(net.parameters()).device


def detect(net: NanoDet, pixels: NDArray[np.uint8], score: float = SCORE, iou: float = IOU) -> Detections:
    """Objects in a picture, best first.

    Parameters
    ----------
    net
        See `load`.
    pixels
        ``(H, W, 3) uint8 RGB``, of any size.
    score
        Least score of a box, in [0, 1].
    iou
        A box is dropped if it overlaps a better one of its class by more than this, in [0, 1].

    Returns
    -------
    Detections
        In frame pixels, cut at the frame's edge.
    """
    found = gfl.boxes(look(net, pixels), score)
    return found[nms.greedy(found.xyxy, found.score, iou, classes=found.class_id)]
