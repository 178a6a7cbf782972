"""Batch norms folded into the convolutions before them, and pixels laid out for speed.

With running mean μ, variance σ², scale γ and shift β, ``BN(W * x + b) = (γ/√(σ² + ε)) W * x +
(γ/√(σ² + ε)) (b − μ) + β``: a convolution again. All other modules keep their paths, so a layer that is a
block's or an activation's output means the same in both networks.
"""

import copy
from typing import Any

import torch
from torch import fx, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval


def folded(net: nn.Module) -> nn.Module:
    """Return a frozen copy of `net` in eval mode, folded and ``channels_last``.

    A network that cannot be traced keeps its batch norms and is only laid out anew.
    """
    fast = copy.deepcopy(net).eval().requires_grad_(False)
    for conv_path, norm_path in foldable(fast):
        conv, norm = fast.get_submodule(conv_path), fast.get_submodule(norm_path)
        assert isinstance(conv, nn.Conv2d)
        assert isinstance(norm, nn.BatchNorm2d)
        fused = fuse_conv_bn_eval(conv, norm).requires_grad_(False)
        fast.set_submodule(conv_path, fused)
        _take_out(fast, norm_path)
    return fast.to(memory_format=torch.channels_last)


def _take_out(net: nn.Module, path: str) -> None:
    """Remove a folded batch norm; where the parent calls it by name, the identity takes its place."""
    parent_path, _, name = path.rpartition(".")
    parent = net.get_submodule(parent_path)
    if type(parent).forward is nn.Sequential.forward:
        delattr(parent, name)  # each module that is called costs some microseconds, hooked or not
    else:
        setattr(parent, name, nn.Identity().eval())


def foldable(net: nn.Module) -> list[tuple[str, str]]:
    """Paths of convolutions and of the batch norms that follow them and nothing else does."""
    try:
        graph = _Tracer().trace(net)
    except Exception:  # noqa: BLE001 (control flow on data, in any of many ways: then nothing is folded)
        return []
    modules = dict(net.named_modules())
    calls = [node for node in graph.nodes if node.op == "call_module"]
    runs: dict[str, int] = {}
    for node in calls:
        runs[str(node.target)] = runs.get(str(node.target), 0) + 1
    pairs = ((node.args[0], node) for node in calls if isinstance(modules[str(node.target)], nn.BatchNorm2d))
    return [
        (str(conv.target), str(norm.target))
        for conv, norm in pairs
        if isinstance(conv, fx.Node) and conv.op == "call_module" and len(conv.users) == 1
        if isinstance(modules[str(conv.target)], nn.Conv2d)
        if runs[str(conv.target)] == runs[str(norm.target)] == 1
    ]


class _Tracer(fx.Tracer):
    """Leaves every convolution whole, also our own."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return isinstance(m, nn.Conv2d) or super().is_leaf_module(m, module_qualified_name)

    def trace(self, root: Any, concrete_args: dict[str, Any] | None = None) -> fx.Graph:
        with torch.no_grad():
            return super().trace(root, concrete_args)
