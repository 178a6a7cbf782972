"""Two maps that change the backward pass at every rectifier: guided backpropagation and the deconvnet.

At a rectifier ``z = max(0, a)`` (``min(6, max(0, a))`` for ReLU6) the gradient passes where the unit is on. The
deconvnet lets through what is positive *above* it, whatever the unit does (Zeiler and Fergus 2014); guided
backpropagation asks for both (Springenberg et al. 2015). Neither is the gradient of anything.
"""

import copy
from collections.abc import Callable
from typing import Any, Literal

import torch
from torch import Tensor, nn

from explainer.core.problem import ExplainerError

Rule = Literal["guided", "deconvnet"]
RECTIFIERS = (nn.ReLU, nn.ReLU6)


def _cap(module: nn.Module) -> float:
    return 6.0 if isinstance(module, nn.ReLU6) else float("inf")


class _Guided(torch.autograd.Function):
    """``∂/∂a = [0 < a < cap] · max(0, ∂/∂z)``."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, cap: float) -> Tensor:
        ctx.save_for_backward((a > 0) & (a < cap))
        return a.clamp(0.0, cap)

    @staticmethod
    def backward(ctx: Any, *above: Tensor) -> tuple[Tensor, None]:
        (on,) = ctx.saved_tensors
        return above[0].clamp_min(0.0) * on, None


class _Deconvnet(torch.autograd.Function):
    """``∂/∂a = max(0, ∂/∂z)``."""

    @staticmethod
    def forward(_ctx: Any, a: Tensor, cap: float) -> Tensor:
        return a.clamp(0.0, cap)

    @staticmethod
    def backward(_ctx: Any, *above: Tensor) -> tuple[Tensor, None]:
        return above[0].clamp_min(0.0), None


class _Rectifier(nn.Module):
    """Stands where a rectifier stood; the same forward pass, another backward pass."""

    def __init__(self, rule: Callable[[Tensor, float], Tensor], cap: float) -> None:
        super().__init__()
        self._rule, self._cap = rule, cap

    def forward(self, a: Tensor) -> Tensor:
        """Rectify ``a`` of any shape."""
        return self._rule(a, self._cap)


_RULES: dict[Rule, Callable[[Tensor, float], Tensor]] = {
    "guided": _Guided.apply,
    "deconvnet": _Deconvnet.apply,
}


def rectified(net: nn.Module, rule: Rule) -> nn.Module:
    """Return a copy of `net` with another backward pass at its rectifiers; weights are shared, not copied.

    Raises
    ------
    ExplainerError
        If it has no rectifier of its own to change.
    """
    return with_activations(net, RECTIFIERS, lambda module: _Rectifier(_RULES[rule], _cap(module)))


def with_activations(
    net: nn.Module, kinds: tuple[type[nn.Module], ...], make: Callable[[nn.Module], nn.Module]
) -> nn.Module:
    """Return a copy of `net` in which `make` replaced each module of `kinds`, each place by a module of its own.

    Raises
    ------
    ExplainerError
        If there is none: then the network rectifies by a function, which cannot be replaced.
    """
    shared: dict[int, Any] = {id(t): t for t in (*net.parameters(), *net.buffers())}
    twin = copy.deepcopy(net, shared)
    # A module that stands in several places is listed once unless duplicates are asked for.
    places = [(path, one) for path, one in twin.named_modules(remove_duplicate=False) if isinstance(one, kinds)]
    if not places:
        raise ExplainerError("This network has no rectifiers to change.", "Choose another method or model.")
    for path, module in places:
        twin.set_submodule(path, make(module).train(module.training))
    return twin
