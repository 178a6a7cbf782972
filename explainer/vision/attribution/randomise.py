"""Weight randomisation, which asks whether a map notices that the network forgot what it learnt.

Adebayo, Gilmer, Muelly, Goodfellow, Hardt and Kim 2018, "Sanity checks for saliency maps", cascading
randomisation: from the last layer downwards, layer after layer is drawn anew. A map that stays the same
shows the picture, not what the network knows of it.
"""

import copy
import math
from collections.abc import Hashable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

_CONTAINERS = (nn.Sequential, nn.ModuleList)
_NORMS = (nn.modules.batchnorm._NormBase, nn.LayerNorm, nn.GroupNorm, nn.LocalResponseNorm)


def units(net: nn.Module) -> list[tuple[str, list[nn.Module]]]:
    """Layers of a network as randomisation counts them, from the input to the logits.

    A block counts once, plain containers are opened, and a normalisation belongs to the layer before it.

    Returns
    -------
    list of (name, modules)
        Name as in ``named_modules``; modules without parameters are left out.
    """
    found: list[tuple[str, list[nn.Module]]] = []
    for name, module in _opened(net, ""):
        if not any(True for _ in module.parameters()):
            continue
        if isinstance(module, _NORMS) and found:
            found[-1][1].append(module)
        else:
            found.append((name, [module]))
    return found


def _opened(net: nn.Module, prefix: str) -> list[tuple[str, nn.Module]]:
    listed: list[tuple[str, nn.Module]] = []
    for name, child in net.named_children():
        # Exactly a container: a block that derives from one is a block.
        if type(child) in _CONTAINERS:
            listed += _opened(child, f"{prefix}{name}.")
        else:
            listed.append((prefix + name, child))
    return listed


def randomised(net: nn.Module, count: int, seed: int) -> nn.Module:
    """Return a copy of a network whose last `count` layers are drawn anew.

    Convolutions and linear layers get normal weights of variance ``2/fan_in`` and ``1/fan_in`` (He et al.
    2015, LeCun et al. 1998) and biases of zero; a normalisation starts at scale 1, shift 0 and forgets its
    statistics. Each layer has a seed of its own, so one layer more leaves those before it as they were.

    Parameters
    ----------
    net
        Left untouched.
    count
        0…; more than there are layers means all of them.
    """
    twin = copy.deepcopy(net)
    for depth, (_, modules) in enumerate(reversed(units(twin))):
        if depth >= count:
            break
        generator = torch.Generator().manual_seed(seed * 1009 + depth)
        for module in modules:
            _draw_anew(module, generator)
    return twin.eval().requires_grad_(False)


def _draw_anew(module: nn.Module, generator: torch.Generator) -> None:
    for part in module.modules():
        if isinstance(part, _NORMS):
            _reset_norm(part)
            continue
        for name, parameter in part.named_parameters(recurse=False):
            _redraw(part, name, parameter, generator)


def _reset_norm(norm: nn.Module) -> None:
    if isinstance(norm, nn.modules.batchnorm._NormBase):
        norm.reset_running_stats()
    for name, parameter in norm.named_parameters(recurse=False):
        parameter.data.fill_(1.0 if name == "weight" else 0.0)


def _redraw(owner: nn.Module, name: str, parameter: Tensor, generator: torch.Generator) -> None:
    if name.endswith("bias"):
        parameter.data.zero_()
        return
    fan_in = parameter[0].numel() if parameter.ndim > 1 else parameter.numel()
    gain = 2.0 if isinstance(owner, nn.modules.conv._ConvNd) else 1.0
    drawn = torch.randn(parameter.shape, generator=generator) * math.sqrt(gain / fan_in)
    parameter.data.copy_(drawn)


@dataclass(slots=True)
class OneRandomised:
    """Keeps the last randomised copy, and only that one: a slider passes many, each as large as the net."""

    _key: tuple[Hashable, int, int] | None = None
    _net: nn.Module | None = None

    def at(self, name: Hashable, net: nn.Module, count: int, seed: int) -> nn.Module:
        """Return the copy of `net`, known by `name`, with `count` layers drawn anew; made when not at hand."""
        key = (name, count, seed)
        if self._net is None or key != self._key:
            self._net, self._key = randomised(net, count, seed), key
        return self._net
