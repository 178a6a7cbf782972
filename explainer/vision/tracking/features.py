"""The first part of a network: run it up to a layer and no further."""

from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from explainer.vision.tracking import appearance
from explainer.vision.zoo.classifier import Classifier

Net = Literal["lite0", "mobilenetv2"]
Depth = str  # 4, 8, 16, 32

# The last block before each halving: its cells are 4, 8, 16 and 32 px apart.
LAYERS: Mapping[Net, Mapping[Depth, str]] = {
    "lite0": {"4": "blocks.2", "8": "blocks.4", "16": "blocks.10", "32": "blocks.15"},
    "mobilenetv2": {"4": "3", "8": "6", "16": "13", "32": "17"},
}


class _Enough(Exception):  # noqa: N818 - it ends a pass and is no error
    pass


def activation(net: nn.Module, x: Tensor, layer: str) -> Tensor:
    """Activation ``(B, C, h, w)`` of the module `layer` for ``x (B, 3, H, W)``, without a graph.

    What lies behind the layer is not computed.
    """
    found: list[Tensor] = []

    def stop(_module: nn.Module, _inputs: object, output: Tensor) -> None:
        found.append(output.detach())
        raise _Enough

    handle = net.get_submodule(layer).register_forward_hook(stop)
    try:
        with torch.no_grad():
            net(x)
    except _Enough:
        pass
    finally:
        handle.remove()
    return found[0]


Extract = Callable[[NDArray[np.uint8]], Tensor]


def none_needed(pictures: NDArray[np.uint8]) -> Tensor:
    """Stand in where no tracker asks for features."""
    raise RuntimeError(f"{len(pictures)} pictures came to a network that nobody asked for")


def of_classifier(net: Classifier, depth: Depth) -> Extract:
    """Features of EfficientNet-Lite0: pictures ``(N, S, S, 3) uint8`` to ``(N, C, n, n)``."""
    mean, std = (torch.tensor(v, device=net.device).view(1, 3, 1, 1) for v in (net.card.mean, net.card.std))
    quick, layer = net.network(), LAYERS["lite0"][depth]

    def extract(pictures: NDArray[np.uint8]) -> Tensor:
        x = torch.from_numpy(pictures).to(net.device).permute(0, 3, 1, 2).float() / 255
        return activation(quick, (x - mean) / std, layer)

    return extract


def of_mobilenet(depth: Depth, device: str) -> Extract:
    """Features of MobileNetV2."""
    quick, layer = appearance.load(device), LAYERS["mobilenetv2"][depth]
    return lambda pictures: activation(quick, appearance.normalised(pictures).to(device), layer)
