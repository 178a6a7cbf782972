"""Instance masks of torchvision's Mask R-CNN on a small copy of a picture: which object each pixel belongs to."""

import copy
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchvision.models.detection.transform import GeneralizedRCNNTransform

from explainer.vision.zoo import task_models

NAME = "maskrcnn_resnet50_fpn"
SHORT_PX = 320  # to which the shorter side is resized; published for 800, which takes six times as long
LEAST = 0.5  # score of an object, and share of a pixel's mask


def detector(device: str = "cpu") -> Any:
    """Load Mask R-CNN with a smaller input than it was published with; its layers are shared, not copied.

    Raises
    ------
    ExplainerError
        If its weights are not on this machine; the sentence says how to get them.
    """
    net: Any = task_models.load_detector(NAME, device)
    quick = copy.copy(net)
    quick._modules = dict(net._modules)  # so that the other owner keeps its own transform
    quick.transform = GeneralizedRCNNTransform(SHORT_PX, 2 * SHORT_PX, task_models.MEAN, task_models.STD).eval()
    return quick


def instance_labels(net: Any, pixels: NDArray[np.uint8], device: str = "cpu") -> NDArray[np.int32]:
    """Number the objects found in ``(H, W, 3) uint8`` RGB: ``(H, W) int32``, the surest 1; 0 where there is none.

    Where masks overlap the surer object keeps the pixel.
    """
    x = torch.from_numpy(pixels.copy()).to(device).permute(2, 0, 1).float() / 255
    with torch.no_grad():
        (found,) = net([x])
    labels = np.zeros(pixels.shape[:2], np.int32)
    kept: Tensor = found["scores"] >= LEAST
    masks = (found["masks"][kept, 0] > LEAST).cpu().numpy()
    order = torch.argsort(found["scores"][kept], descending=True).cpu().numpy()
    for number, index in enumerate(order, 1):
        labels[masks[index] & (labels == 0)] = number
    return labels
