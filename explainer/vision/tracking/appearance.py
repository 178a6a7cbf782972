"""What a thing looks like, as a vector: MobileNetV2 without its classifier, on the pixels of a box.

The network was trained to name a thousand classes and not to tell individuals apart. Its vectors separate a cat
from a cup very well, and two cats poorly; weights for persons, cars or one breed need data of their own.

References
----------
Sandler, Howard, Zhu, Zhmoginov, Chen. *MobileNetV2: inverted residuals and linear bottlenecks.* 2018.
"""

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from explainer.vision.zoo.fold import folded
from explainer.vision.zoo.shipped import read_shipped

FILE = "mobilenetv2-features.safetensors"
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet, as the weights were trained
SIDE = 96  # of a crop, in pixels; 224 would cost five times as much
WIDTH = 1280


def build() -> nn.Sequential:
    """Return the network without weights worth having: a picture to ``(B, 1280, h / 32, w / 32)``."""
    from torchvision.models import mobilenet_v2

    net: nn.Sequential = mobilenet_v2(weights=None).features
    return net


@lru_cache(maxsize=2)
def load(device: str = "cpu", path: Path | None = None) -> nn.Sequential:
    """Read the weights, stored in 16 bits, into a frozen network in 32 bits with its batch norms folded.

    Raises
    ------
    ExplainerError
        If the file is missing or damaged.
    """
    net = read_shipped(build, FILE, "MobileNetV2", path, bare=True)
    quick: nn.Sequential = folded(net)  # type: ignore[assignment]
    return quick.to(device)


def crops(pixels: NDArray[np.uint8], xyxy: NDArray[np.floating], side: int = SIDE) -> Tensor:
    """Cut boxes ``(N, 4)`` out of ``(H, W, 3) uint8 RGB`` and bring them to one size, normalised: ``(N, 3, S, S)``.

    A box is stretched to a square, and cut at the frame; one that lies outside shows the nearest pixel.
    """
    height, width = pixels.shape[:2]
    out = np.empty((len(xyxy), side, side, 3), np.uint8)
    for row, box in enumerate(np.asarray(xyxy, np.float64)):
        x0, x1 = _span(box[0], box[2], width)
        y0, y1 = _span(box[1], box[3], height)
        out[row] = cv2.resize(pixels[y0:y1, x0:x1], (side, side), interpolation=cv2.INTER_LINEAR)
    return normalised(out)


def normalised(pictures: NDArray[np.uint8]) -> Tensor:
    """Pictures ``(N, S, S, 3) uint8 RGB`` as the network wants them: ``(N, 3, S, S) float32``."""
    scaled = (torch.from_numpy(pictures).float() / 255 - torch.tensor(MEAN)) / torch.tensor(STD)
    return scaled.permute(0, 3, 1, 2)


def _span(low: float, high: float, limit: int) -> tuple[int, int]:
    """First and last + 1 pixel of an edge, at least one of them in the frame."""
    first = min(max(int(np.floor(low)), 0), limit - 1)
    return first, max(first + 1, min(int(np.ceil(high)), limit))


def vectors(pixels: NDArray[np.uint8], xyxy: NDArray[np.floating], net: nn.Module | None = None) -> NDArray[np.float64]:
    """Vectors of boxes ``(N, 4)``, each of length 1: ``(N, 1280)``. Their product is the cosine of two appearances."""
    if not len(xyxy):
        return np.empty((0, WIDTH))
    net = net or load()
    with torch.no_grad():
        vectors = net(crops(pixels, xyxy).to(next(net.parameters()).device)).mean(dim=(2, 3))
    return np.asarray(nn.functional.normalize(vectors, dim=1).cpu().numpy(), np.float64)
