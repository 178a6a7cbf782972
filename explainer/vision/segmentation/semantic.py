"""torchvision's semantic segmenters before their last step: logits at the stride at which they are computed.

Their own ``forward`` interpolates the coarse logits bilinearly to the picture's size; here they are kept coarse.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from explainer.core.frame import Frame
from explainer.vision.segmentation.dense import Seen, resized
from explainer.vision.zoo import task_cards, task_models

STRIDES = {"deeplabv3_mobilenet_v3_large": 16}  # px of the input between two values; of all others 8


@dataclass(frozen=True, slots=True, eq=False)
class Segmenter:
    """A network with backbone and head, and the names of its classes, the background first."""

    net: nn.Module
    labels: tuple[str, ...]
    title: str
    stride: int = 8
    offset: float = 0.0

    def logits(self, x: Tensor) -> Tensor:
        """Map a normalised picture ``(1, 3, H, W)`` to logits ``(1, K, H / stride, W / stride)``."""
        net: Any = self.net
        with torch.no_grad():
            features = net.backbone(x)
            head_takes_all = isinstance(features, OrderedDict) and "low" in features  # LR-ASPP looks at two layers
            out: Tensor = net.classifier(features if head_takes_all else features["out"])
        return out


def segmenter(name: str, device: str = "cpu") -> Segmenter:
    """Load one by torchvision's name.

    Raises
    ------
    ExplainerError
        If its weights are not on this machine; the sentence says how to get them.
    """
    card = task_cards.offer(name).card
    net = task_models.load_segmenter(name, device)
    return Segmenter(net, card.labels, card.title, STRIDES.get(name, 8))


def prepare(frame: Frame, longest: int, device: str = "cpu") -> Seen:
    """Resize the whole picture as for the dense classifier, normalised as these networks were trained."""
    pixels, to_frame = resized(frame, longest)
    x = torch.from_numpy(pixels).to(device).permute(2, 0, 1)[None].float() / 255
    mean, std = (torch.tensor(v, device=x.device).view(1, 3, 1, 1) for v in (task_models.MEAN, task_models.STD))
    return Seen((x - mean) / std, pixels, to_frame)


def scores_for(net: Segmenter, pixels: NDArray[np.uint8], device: str = "cpu") -> NDArray[np.float32]:
    """Class scores at each pixel of a picture ``(H, W, 3) uint8`` RGB: ``(K, H, W)``, which add up to 1."""
    frame = Frame(np.ascontiguousarray(pixels).copy())
    logits = net.logits(prepare(frame, max(pixels.shape[:2]), device).tensor)
    fine = functional.interpolate(logits, pixels.shape[:2], mode="bilinear", align_corners=False)
    return np.asarray(fine[0].softmax(0).cpu().numpy(), np.float32)
