"""DeepLIFT with the Rescale rule: differences from a baseline are passed down instead of slopes.

Shrikumar, Greenside and Kundaje 2017. At each activation the multiplier is the slope of the *chord*,
``m = Δz / Δa = (f(a) − f(a')) / (a − a')``, ``a'`` what the baseline gives; linear layers pass it on as they pass
gradients. The contributions ``m_x ⊙ (x − x')`` add up to ``yᶜ(x) − yᶜ(x')`` after one pass, as long as all that is
not linear is a function of one number.
"""

from typing import Any

import torch
from torch import Tensor, nn

from explainer.vision.attribution.rectified import with_activations

KINDS = (nn.ReLU, nn.ReLU6, nn.SiLU, nn.Hardswish, nn.Hardsigmoid, nn.GELU, nn.LeakyReLU, nn.ELU, nn.Sigmoid, nn.Tanh)
TINY = 1e-6  # |a − a'| below which chord and tangent are told apart by rounding alone


class _Chord(torch.autograd.Function):
    """Passes a batch ``[x, x']`` forward, and the chord's slope backward to both halves."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, act: nn.Module) -> Tensor:
        z: Tensor = act(a)
        da, dz = a[:1] - a[1:], z[:1] - z[1:]
        with torch.enable_grad():
            leaf = a[:1].detach().requires_grad_()
            (tangent,) = torch.autograd.grad(act(leaf).sum(), leaf)
        flat = da.abs() < TINY
        ctx.save_for_backward(torch.where(flat, tangent, dz / torch.where(flat, 1.0, da)))
        return z

    @staticmethod
    def backward(ctx: Any, *above: Tensor) -> tuple[Tensor, None]:
        (slope,) = ctx.saved_tensors
        return above[0] * slope, None


class _ByChord(nn.Module):
    def __init__(self, act: nn.Module) -> None:
        super().__init__()
        self._act = act
        if hasattr(act, "inplace"):
            setattr(act, "inplace", False)  # noqa: B010 (what a module of unknown kind has, mypy cannot know)

    def forward(self, a: Tensor) -> Tensor:
        z: Tensor = _Chord.apply(a, self._act)
        return z


def deep_lift(net: nn.Module, x: Tensor, start: Tensor, class_index: int) -> Tensor:
    """Contributions of each pixel and colour to the logit, ``(1, 3, S, S)``.

    Parameters
    ----------
    net
        In evaluation mode; left untouched.
    x, start
        Picture and baseline, ``(1, 3, S, S)``.

    Raises
    ------
    ExplainerError
        If no activation of the network is a module.
    """
    twin = with_activations(net, KINDS, _ByChord)
    with torch.enable_grad():
        pair = torch.cat([x, start]).contiguous(memory_format=torch.channels_last).requires_grad_()
        logits = twin(pair.clone(memory_format=torch.preserve_format))
        (multipliers,) = torch.autograd.grad(logits[0, class_index], pair)
    return (x - start) * multipliers[:1]
