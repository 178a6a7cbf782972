"""The same map from captum, where it has the method and one pass is enough."""

import copy
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from explainer.vision.attribution.lrp import EPSILON
from explainer.vision.attribution.methods import Map, Question
from explainer.vision.zoo.lite0 import Block, EfficientNetLite


def _saliency(q: Question) -> Map:
    from captum.attr import Saliency

    found = Saliency(q.network).attribute(_leaf(q), q.class_index)
    return np.asarray(found[0].amax(dim=0).detach().cpu().numpy())


def _input_x_gradient(q: Question) -> Map:
    from captum.attr import InputXGradient

    found = InputXGradient(q.network).attribute(_leaf(q), q.class_index)
    return np.asarray(found[0].sum(dim=0).detach().cpu().numpy())


def _grad_cam(q: Question) -> Map:
    from captum.attr import LayerGradCam

    layer = q.network.get_submodule(q.layer)
    found = LayerGradCam(q.network, layer).attribute(_leaf(q), q.class_index, relu_attributions=True)
    return np.asarray(found[0, 0].detach().cpu().numpy())


def _lrp_epsilon(q: Question) -> Map | None:
    """Let captum hand the logit down; it knows no ReLU6 and no sum, so both get one of its own rules."""
    from captum.attr import LRP
    from captum.attr._utils.lrp_rules import EpsilonRule, IdentityRule

    if not isinstance(q.network, EfficientNetLite):
        return None
    twin = copy.deepcopy(q.network)
    for number, block in enumerate(twin.blocks):
        assert isinstance(block, Block)
        twin.blocks[number] = _WithSum(block)
    sizes = _sizes(twin, q.x)
    for one in twin.modules():
        if isinstance(one, nn.Conv2d | nn.Linear):
            one.rule = EpsilonRule(EPSILON * sizes[one])
        elif isinstance(one, nn.ReLU6):
            one.rule = IdentityRule()
    found = LRP(twin).attribute(_leaf(q), q.class_index)
    return np.asarray(found[0].sum(dim=0).detach().cpu().numpy())


class _WithSum(nn.Module):
    """A block whose sum is a module."""

    def __init__(self, block: Block) -> None:
        from captum.attr._utils.custom_modules import Addition_Module

        super().__init__()
        # An identity hands back what it was given, which captum's hooks take for one and the same tensor twice.
        self.expand = None if isinstance(block.expand, nn.Identity) else block.expand
        self.depthwise, self.project = block.depthwise, block.project
        self.sum = Addition_Module() if block.residual else None

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.project(self.depthwise(x if self.expand is None else self.expand(x)))
        return self.sum(out, x) if self.sum is not None else out


def _sizes(net: nn.Module, x: Tensor) -> dict[nn.Module, float]:
    """Root mean square of what each layer answers."""
    found: dict[nn.Module, float] = {}

    def keep(one: nn.Module, _inputs: Any, z: Tensor) -> None:
        found[one] = float(z.square().mean().sqrt())

    handles = [one.register_forward_hook(keep) for one in net.modules() if isinstance(one, nn.Conv2d | nn.Linear)]
    with torch.no_grad():
        net(x)
    for handle in handles:
        handle.remove()
    return found


def _leaf(q: Question) -> Tensor:
    return q.x.detach().clone().requires_grad_()


ORACLES: Mapping[str, Callable[[Question], Map | None]] = {
    "gradient": _saliency,
    "gradient-x-input": _input_x_gradient,
    "grad-cam": _grad_cam,
    "lrp-epsilon": _lrp_epsilon,
}


def deviation(method: str, asked: Question, heat: Map) -> float | None:
    """Largest difference to captum's map, as a share of its largest magnitude; ``None`` where it has none."""
    if method not in ORACLES:
        return None
    theirs = ORACLES[method](asked)
    if theirs is None:
        return None
    scale = float(np.abs(theirs).max())
    return float(np.abs(heat - theirs).max()) / scale if scale > 0 else None
