"""Layer-wise relevance propagation: a logit is handed down, each unit passing on all that it was given.

A unit ``z_k = Σ_j a_j w_jk + b_k`` with relevance ``R_k`` gives each of its inputs a share (Bach et al. 2015;
Montavon, Binder, Lapuschkin, Samek and Müller 2019):

- ε: ``R_j = Σ_k a_j w_jk / (z_k + ε sign z_k) · R_k``. Weak answers keep part of their relevance.
- γ: contributions of the sign of ``z_k`` count ``1 + γ`` times.
- α₁β₀: positive contributions only, ``R_j = Σ_k (a_j w_jk)⁺ / Σ_i (a_i w_ik)⁺ · R_k``. Biases take nothing, but
  where no input contributes positively the unit is on thanks to its bias alone, and its relevance ends there.

Where γ or α₁β₀ ends at the pixels, the rule z^B takes their bounds l and h into account:
``a_j w_jk − l w_jk⁺ − h w_jk⁻`` (Montavon et al. 2017), since a normalised pixel of 0 is no absence.

What is carried through autograd is ``R / a``, the relevance for each unit of activation. With it poolings need no
rule, since their own gradient is the proportional share, nor does a sum under ε; under the other rules a sum of two
branches is a layer with weights of one. Batch norms are folded into convolutions first.
"""

import operator
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, fx, nn

from explainer.core.problem import ExplainerError
from explainer.vision.attribution.rectified import with_activations
from explainer.vision.zoo.fold import folded

Rule = Literal["epsilon", "gamma", "alpha-beta"]
EPSILON = 0.25  # times the root mean square of a layer's answers, as in Montavon et al. 2019
GAMMA = 0.25
TINY = 1e-9
ACTIVATIONS = (nn.ReLU, nn.ReLU6, nn.SiLU, nn.Hardswish, nn.GELU, nn.LeakyReLU, nn.ELU, nn.Tanh)
NO_RULE = (nn.LayerNorm, nn.GroupNorm, nn.MultiheadAttention, nn.Softmax)
SUMS = (operator.add, operator.iadd, torch.add)
PRODUCTS = (operator.mul, operator.imul, torch.mul)


@dataclass(frozen=True, slots=True, eq=False)
class Relevance:
    """What has arrived.

    Parameters
    ----------
    pixels
        ``(1, 3, S, S)``.
    logit
        What was handed down. The sum over `pixels` falls short of it, or goes beyond, by what biases and ε took.
    """

    pixels: Tensor
    logit: float

    @property
    def arrived(self) -> float:
        """Sum over all pixels."""
        return float(self.pixels.double().sum())


def relevance(
    net: nn.Module,
    x: Tensor,
    class_index: int,
    rule: Rule,
    bounds: tuple[Tensor, Tensor] | None = None,
    *,
    epsilon: float = EPSILON,
    gamma: float = GAMMA,
) -> Relevance:
    """Hand a class's logit down to the pixels.

    Parameters
    ----------
    net
        In evaluation mode; left untouched.
    x
        ``(1, 3, S, S)``.
    bounds
        Pictures of the lowest and of the highest value a pixel can have, for z^B in the first layer under γ and
        α₁β₀; without them that layer follows the rule of the others.
    epsilon
        ε as a share of the root mean square of a layer's answers.

    Raises
    ------
    ExplainerError
        If the network has layers that no rule is known for.
    """
    ends = () if bounds is None or rule == "epsilon" else tuple(b.detach().clone().requires_grad_() for b in bounds)
    twin = _ruled(net, _Rule(rule, epsilon, gamma), ends)
    with torch.enable_grad():
        leaf = x.detach().clone(memory_format=torch.preserve_format).requires_grad_()
        logit = twin(leaf.clone(memory_format=torch.preserve_format))[0, class_index]
        given = torch.autograd.grad(logit, (leaf, *ends))
    parts = [start.detach() * m for start, m in zip((leaf, *ends), given, strict=True)]
    return Relevance(torch.stack(parts).sum(dim=0), float(logit.detach()))


@dataclass(frozen=True, slots=True)
class _Rule:
    name: Rule
    epsilon: float
    gamma: float


# A network with rules -----------------------------------------------------------------------------------


def _ruled(net: nn.Module, rule: _Rule, ends: tuple[Tensor, ...]) -> nn.Module:
    if any(isinstance(one, NO_RULE) for one in net.modules()):
        raise _refused()
    # With batch norms in place more would stay with their shifts, and maps of stock and folded nets would differ.
    net = folded(net) if any(isinstance(one, nn.BatchNorm2d) for one in net.modules()) else net
    # Sums and products are no modules: they are found by tracing, and replaced in the trace.
    traced = _traced(net, rule.name)
    called = dict.fromkeys(str(node.target) for node in traced.graph.nodes if node.op == "call_module")
    linear = [path for path in called if isinstance(traced.get_submodule(path), nn.Conv2d | nn.Linear)]
    if not linear:
        raise _refused()
    twin: nn.Module = traced
    if any(isinstance(one, ACTIVATIONS) for one in traced.modules()):
        twin = with_activations(traced, ACTIVATIONS, _Activation)  # else it rectifies by a function, which needs none
    for path in linear:
        twin.set_submodule(path, _Linear(twin.get_submodule(path), rule, ends if path == linear[0] else ()))
    return twin


def _traced(net: nn.Module, rule: Rule) -> Any:
    try:
        graph = _Tracer().trace(net)
    except Exception as error:  # control flow on data, in any of many ways
        raise _refused() from error
    for node in graph.nodes:
        if node.op != "call_function" or sum(isinstance(one, fx.Node) for one in node.args) < 2:
            continue
        if node.target in PRODUCTS:
            node.target = _gated
        elif node.target in SUMS and rule != "epsilon":
            node.target = _sum_of_helps if rule == "alpha-beta" else _sum_by_sign
    return fx.GraphModule(net, graph)


class _Tracer(fx.Tracer):
    """Leaves every convolution whole, also our own."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return isinstance(m, nn.Conv2d) or super().is_leaf_module(m, module_qualified_name)


def _refused() -> ExplainerError:
    what = "This network has layers that relevance cannot be handed through."
    return ExplainerError(what, "Choose another method or a convolutional network.")


# Rules --------------------------------------------------------------------------------------------------


def _handed(z: Tensor, share: Tensor) -> Tensor:
    """`z` as a value; its gradient is that of `share`, scaled so that all of ``R = z ∂/∂z`` is handed on.

    Where `share` is nothing, nothing is handed on.
    """
    large = share.detach().abs() > TINY
    through = share * torch.where(large, z / torch.where(large, share.detach(), 1.0), 0.0)
    return z + (through - through.detach())


def _sum_of_helps(one: Tensor, other: Tensor) -> Tensor:
    """Branches that meet under α₁β₀; where neither is positive each keeps its part of the sum."""
    helps, both = one.clamp(min=0) + other.clamp(min=0), one + other
    return _handed(both.detach(), torch.where(helps > 0, helps, both))


def _sum_by_sign(one: Tensor, other: Tensor) -> Tensor:
    """Branches that meet under γ, at its usual strength."""
    both = one + other
    helps, hinders = one.clamp(min=0) + other.clamp(min=0), one.clamp(max=0) + other.clamp(max=0)
    return _handed(both.detach(), both + GAMMA * torch.where(both > 0, helps, hinders))


def _gated(one: Tensor, other: Tensor) -> Tensor:
    """A gate lets relevance through to what it gates, and gets none itself."""
    return one.detach() * other if one.numel() < other.numel() else one * other.detach()


class _Activation(nn.Module):
    """Hands relevance through as it is: ``f(a) = a · (f(a) / a)`` with a constant factor."""

    def __init__(self, act: nn.Module) -> None:
        super().__init__()
        self._act = act
        if hasattr(act, "inplace"):
            setattr(act, "inplace", False)  # noqa: B010 (what a module of unknown kind has, mypy cannot know)

    def forward(self, a: Tensor) -> Tensor:
        """Answer as before."""
        return _handed(self._act(a.detach()), a)


class _Linear(nn.Module):
    """A convolution or linear layer that hands relevance down by a rule.

    Parameters
    ----------
    ends
        Lowest and highest input, for z^B.
    """

    def __init__(self, one: Any, rule: _Rule, ends: tuple[Tensor, ...]) -> None:
        super().__init__()
        self._one, self._rule, self._ends = one, rule, ends
        weight: Tensor = one.weight.detach()
        self._plus, self._minus = weight.clamp(min=0), weight.clamp(max=0)
        bias: Any = one.bias
        self._none = {} if bias is None else {"bias": torch.zeros_like(bias)}
        along = (1, -1, 1, 1) if isinstance(one, nn.Conv2d) else (-1,)
        self._bias = torch.zeros(()).to(weight) if bias is None else bias.detach().view(along)

    def forward(self, a: Tensor) -> Tensor:
        """Answer as before."""
        with torch.no_grad():
            z = self._one(a)
        return _handed(z, self._share(a, z))

    def _share(self, a: Tensor, z: Tensor) -> Tensor:
        """What each answer is shared out by: of its gradient, times the input, one contribution is made."""
        if self._rule.name == "epsilon":
            return self._softened(a, z)
        if self._ends:
            low, high = self._ends
            return self._with(self._plus, a - low) + self._with(self._minus, a - high)
        up, down = a.clamp(min=0), a.clamp(max=0)
        helps = self._with(self._plus, up) + self._with(self._minus, down)
        if self._rule.name == "alpha-beta":
            return helps
        hinders = self._with(self._minus, up) + self._with(self._plus, down)
        more = torch.where(z > 0, helps + self._bias.clamp(min=0), hinders + self._bias.clamp(max=0))
        return helps + hinders + self._bias + self._rule.gamma * more

    def _softened(self, a: Tensor, z: Tensor) -> Tensor:
        """``z + ε sign z``, as a multiple of ``z``; only its value differs, the shares stay those of the layer."""
        added = torch.where(z < 0, -1.0, 1.0) * self._rule.epsilon * z.square().mean().sqrt()
        own: Tensor = self._one(a)
        return own + added

    def _with(self, weight: Tensor, a: Tensor) -> Tensor:
        """Run the layer with another weight and no bias, padding and all."""
        found: Tensor = torch.func.functional_call(self._one, {"weight": weight, **self._none}, (a,))
        return found
