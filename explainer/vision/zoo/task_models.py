"""torchvision's detectors and segmenters: built by name, filled from a state dict, never from a pickle.

    net = load_detector("maskrcnn_resnet50_fpn", "cpu")     # ExplainerError with what to do if it is not here
    task_cards.offer("maskrcnn_resnet50_fpn").card.labels   # class names by number, 0 is the background
    task_cards.here("maskrcnn_resnet50_fpn")                # without torch

They resize and normalise what they are given: a list of ``(3, H, W)`` in 0…1 for detectors. A segmenter wants
a batch normalised with ImageNet's mean and deviation and returns a dict whose ``"out"`` is ``(B, 21, H, W)`` logits.
"""

from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn
from torchvision.models import get_model
from torchvision.ops import FrozenBatchNorm2d

from explainer.core.problem import ExplainerError
from explainer.vision.zoo import record, task_cards
from explainer.vision.zoo.naming import COUNTER
from explainer.vision.zoo.weights_file import read_state

# Published with batch norms that add nothing to the variance (torchvision sets this when it loads them).
NO_EPSILON = ("fasterrcnn_resnet50_fpn", "maskrcnn_resnet50_fpn", "keypointrcnn_resnet50_fpn", "retinanet_resnet50_fpn")
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # what a segmenter's batch is normalised with
KEPT = 2


def build(name: str) -> nn.Module:
    """Build one with random weights, ready for the published state dict.

    Raises
    ------
    ExplainerError
        If torchvision has no such detector or segmenter.
    """
    card = task_cards.offer(name).card
    extra: dict[str, Any] = {"num_classes": len(card.labels), "weights_backbone": None}
    if card.task == "segmentation" and not name.startswith("lraspp"):
        extra["aux_loss"] = True  # published with a side head that only training uses
    net: nn.Module = get_model(name, weights=None, **extra)
    if name in NO_EPSILON:
        for module in net.modules():
            if isinstance(module, nn.BatchNorm2d | FrozenBatchNorm2d):
                module.eps = 0.0
    return net


def load_detector(name: str, device: str | torch.device = "cpu") -> nn.Module:
    """Return a detector or segmenter with its published weights, frozen, in evaluation mode; kept for the next time.

    Parameters
    ----------
    name
        As torchvision calls it: one of ``task_cards.names()``.

    Raises
    ------
    ExplainerError
        If its weights are not on this machine (the sentence says how to get them), are damaged, or there is no such
        network.
    """
    path = task_cards.offer(name).path
    try:
        stamp = path.stat().st_mtime_ns
    except OSError as error:
        raise task_cards.absent(name) from error
    return _loaded(name, str(device), str(path), stamp)


load_segmenter = load_detector  # the same, where that reads better


@lru_cache(maxsize=KEPT)
def _loaded(name: str, device: str, _path: str, _stamp: int) -> nn.Module:
    found = task_cards.offer(name)
    record.check(found)
    net = build(name)
    fill(net, read_state(found.path), found.title, f"Fetch it again: explainer models fetch {name}")
    return net.eval().requires_grad_(requires_grad=False).to(device)


def fill(net: nn.Module, state: dict[str, Tensor], title: str, todo: str) -> None:
    """Load a state dict that may lack the counters of batch norms, which frozen ones never had.

    Raises
    ------
    ExplainerError
        If anything else is missing or left over.
    """
    wanted = net.state_dict()
    missing = [key for key in wanted if key not in state and not key.endswith(COUNTER)]
    extra = [key for key in state if key not in wanted and not key.endswith(COUNTER)]
    try:
        if missing or extra:
            raise RuntimeError(f"missing {missing[:3]}, left over {extra[:3]}")
        net.load_state_dict(state, strict=False)
    except RuntimeError as error:
        raise ExplainerError(f"The weights do not fit {title}.", todo, str(error)) from error
