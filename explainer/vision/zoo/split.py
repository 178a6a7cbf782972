"""One forward pass, stopped at a layer: its activation, and gradients of any class score towards it.

Only the part of the network behind the layer builds a graph, so a gradient costs the tail's backward pass;
and where that tail is pooling and one linear map, the gradient is known without any.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from explainer.core.problem import ExplainerError

TOLERANCE = 1e-4  # relative; the two ways to compute a linear head's gradient differ by rounding alone


@dataclass(frozen=True, slots=True)
class Split:
    """A forward pass that was stopped at a layer.

    Parameters
    ----------
    activation
        ``(1, C, h, w)``, detached.
    logits
        ``(1, K)``, detached.
    linear_head
        Whether the logits are a linear map of the layer's spatial mean, so that the gradient is the weight
        row over ``h · w`` and no backward pass is run.
    """

    activation: Tensor
    logits: Tensor
    linear_head: bool
    _gradient: Callable[[int], Tensor] = field(repr=False)

    def gradient(self, class_index: int) -> Tensor:
        """Return the gradient of a logit with respect to the activation, ``(1, C, h, w)``.

        May be asked for any class, any number of times; the forward pass is not run again.

        Raises
        ------
        ExplainerError
            If there is no such class.
        """
        count = self.logits.shape[1]
        if not 0 <= class_index < count:
            raise ExplainerError(f"There is no class {class_index}.", f"Choose one from 0 to {count - 1}.")
        return self._gradient(class_index)


def split(net: nn.Module, x: Tensor, layer: str, title: str, *, linear_head: bool = False) -> Split:
    """Run `net` on ``x (1, 3, S, S)`` and stop at the module `layer`.

    The layer's output is swapped for a detached leaf. What the network goes on with is a copy of it, so that
    operations in place behind the layer harm neither the leaf nor the activation.

    Parameters
    ----------
    linear_head
        Whether `is_linear_head` holds for this network and layer.

    Raises
    ------
    ExplainerError
        If there is no such layer, it does not run, or its output has no height and width.
    """
    leaf, logits = _run(net, x, layer, title, graph=not linear_head)
    if linear_head:
        linear = last_linear(net)
        assert linear is not None
        return closed(linear, leaf, logits)
    return opened(logits, leaf)


def opened(logits: Tensor, leaf: Tensor) -> Split:
    """Give gradients by the backward pass from `logits`, which carry a graph, to `leaf`."""
    return Split(leaf.detach(), logits.detach(), False, lambda c: _backward(logits, leaf, c))


def closed(linear: nn.Linear, activation: Tensor, logits: Tensor) -> Split:
    """Give the gradients of a linear head in closed form, without a graph."""
    rows, leaf = linear.weight.detach(), activation.detach()
    return Split(leaf, logits.detach(), True, lambda c: _closed_form(rows[c], leaf))


def is_linear_head(net: nn.Module, x: Tensor, layer: str, title: str) -> bool:
    """Prove that all behind `layer` is pooling and the network's last linear map.

    The closed form is compared with autograd on noise, for two classes: one pass of the tail, once.
    """
    noise = torch.randn(x.shape, generator=torch.Generator().manual_seed(0)).to(x)
    return has_linear_head(net, split(net, noise, layer, title))


def has_linear_head(net: nn.Module, slow: Split) -> bool:
    """Prove the same from a pass that kept its graph, so that the first picture costs no second one."""
    linear = last_linear(net)
    if linear is None:
        return False
    leaf = slow.activation
    if linear.in_features != leaf.shape[1] or linear.out_features != slow.logits.shape[1]:
        return False
    rows = linear.weight.detach()
    return all(_close(_closed_form(rows[c], leaf), slow.gradient(c)) for c in (0, len(rows) - 1))


def _run(net: nn.Module, x: Tensor, layer: str, title: str, *, graph: bool) -> tuple[Tensor, Tensor]:
    leaves: list[Tensor] = []

    def stop(_module: nn.Module, _inputs: object, output: object) -> Tensor:
        leaf = _spatial(output, layer, title).detach().requires_grad_(graph)
        leaves.append(leaf)
        return leaf.clone()

    handle = _module(net, layer, title).register_forward_hook(stop)
    try:
        with torch.set_grad_enabled(graph):
            logits: Tensor = net(x)
    finally:
        handle.remove()
    if not leaves:
        raise ExplainerError(f"Layer {layer} of {title} took no part.", "Choose another layer.")
    return leaves[-1], logits


def _module(net: nn.Module, layer: str, title: str) -> nn.Module:
    try:
        return net.get_submodule(layer)
    except AttributeError as error:
        raise ExplainerError(f"{title} has no layer {layer}.", "Choose one from the list.") from error


def _spatial(output: object, layer: str, title: str) -> Tensor:
    if not isinstance(output, Tensor) or output.dim() != 4 or output.shape[2:] == (1, 1):
        raise ExplainerError(f"Layer {layer} of {title} has no height and width.", "Choose an earlier layer.")
    return output


def _backward(logits: Tensor, leaf: Tensor, class_index: int) -> Tensor:
    return torch.autograd.grad(logits[0, class_index], leaf, retain_graph=True)[0]


def _closed_form(row: Tensor, leaf: Tensor) -> Tensor:
    """``∂(W · mean(A) + b)_c / ∂A = W_c / (h w)`` at every place; `row` is ``W_c``, ``(C,)``."""
    share = row / (leaf.shape[2] * leaf.shape[3])
    return share.view(1, -1, 1, 1).expand_as(leaf).contiguous()


def last_linear(net: nn.Module) -> nn.Linear | None:
    """Return the linear map that was registered last, if there is one."""
    found = [module for module in net.modules() if isinstance(module, nn.Linear)]
    return found[-1] if found else None


def _close(a: Tensor, b: Tensor) -> bool:
    """An all-zero head proves nothing: any tail would agree with it."""
    return bool(a.abs().max() > 0) and bool((a - b).abs().max() <= TOLERANCE * a.abs().max())
