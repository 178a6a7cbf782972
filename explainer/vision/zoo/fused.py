"""Convolution, bias, ReLU6 and the residual sum in one call each, for passes that need no gradient.

PyTorch carries oneDNN's fused convolutions for its compiler; they can be called without one. Each spares a
pass over memory and a turn on the interpreter lock, which the window needs too. They have no derivative, so
only what lies before the layer in question is computed here.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

import torch
import torch.nn.functional as F  # noqa: N812 (the field's name for it)
from torch import Tensor, nn

from explainer.vision.zoo.lite0 import Block, ConvNorm, EfficientNetLite, same_padding
from explainer.vision.zoo.split import Split, closed, opened

T = TypeVar("T")
LIMIT = 6.0  # of ReLU6
TOLERANCE = 1e-4  # of logits; rounding differs, since oneDNN may add in another order


class FusedLite(nn.Module):
    """The same function as a folded EfficientNet-Lite, without a graph.

    Parameters
    ----------
    net
        Folded, frozen, in eval mode, on the CPU; its own tensors are not touched.
    side
        Pixels of the square input the weights are laid out for. Any other size is right too, and slower.
    """

    def __init__(self, net: EfficientNetLite, side: int) -> None:
        super().__init__()
        sizes = _input_sizes(net, side)
        steps = [(name, _step(module, sizes)) for name, module in net.steps()]
        self.names = [name for name, _ in steps]
        self.parts = nn.ModuleList(step for _, step in steps)
        self._net = [net]  # in a list: its modules are not this one's
        self._weight, self._bias = net.classifier.weight, net.classifier.bias

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(B, 3, H, W)``, ``channels_last``, to logits ``(B, K)``."""
        return self.logits(self.until(x, self.names[-1]))

    def until(self, x: Tensor, layer: str) -> Tensor:
        """Return what `layer` puts out, ``(B, C, h, w)``."""
        for name, part in zip(self.names, self.parts, strict=True):
            x = part(x)
            if name == layer:
                break
        return x

    def watched(self, x: Tensor, note: Callable[[str, Tensor], T | None]) -> tuple[list[T], Tensor]:
        """Return what `note` makes of each step's output, ``None`` left out, and the logits; without a graph."""
        noted = []
        with torch.no_grad():
            for name, part in zip(self.names, self.parts, strict=True):
                x = part(x)
                noted.append(note(name, x))
            return [one for one in noted if one is not None], self.logits(x)

    def split(self, x: Tensor, layer: str) -> Split:
        """Run up to `layer` without a graph, and the folded network behind it with one.

        Of the last layer the gradient is known without a graph.
        """
        with torch.no_grad():
            activation = self.until(x, layer)
            if layer == self.names[-1]:
                return closed(self._net[0].classifier, activation, self.logits(activation))
        leaf = activation.requires_grad_()
        return opened(self._tail(leaf.clone(), layer), leaf)

    def _tail(self, x: Tensor, layer: str) -> Tensor:
        net = self._net[0]
        with torch.enable_grad():
            for _, part in net.steps()[self.names.index(layer) + 1 :]:
                x = part(x)
            return net.classify(x)

    def logits(self, features: Tensor) -> Tensor:
        """Pool and classify what the last layer put out."""
        return F.linear(features.mean((2, 3)), self._weight, self._bias)


class _Conv:
    """One convolution with what follows it; called with a second tensor it adds that.

    A stride of 2 wants one pixel more behind than before. Where that is cheaper, the kernel gets a leading row
    and column of zeros instead, and the padding is even: copying a picture into a larger one took more time
    than a depthwise convolution of it.
    """

    def __init__(self, part: nn.Module, size: tuple[int, ...]) -> None:
        assert isinstance(part, ConvNorm)
        conv = part.get_submodule("conv")
        assert isinstance(conv, nn.Conv2d)
        self._conv, self._size = conv, list(size)
        self._weights: dict[tuple[int, bool], Tensor] = {}
        self._act = ("hardtanh", [0.0, LIMIT]) if hasattr(part, "act") else ("none", [])

    def __call__(self, x: Tensor, other: Tensor | None = None) -> Tensor:
        conv = self._conv
        pad, widened = int(conv.padding[0]), False
        if conv.stride[0] > 1:
            x, pad, widened = self._padded(x)
        weight = self._weights.get((pad, widened))
        if weight is None:
            weight = self._weights[pad, widened] = self._laid_out(pad, widened)
        shape = ([pad, pad], conv.stride, conv.dilation, conv.groups)
        call = torch.ops.mkldnn._convolution_pointwise
        if other is None:
            return call(x, weight, conv.bias, *shape, *self._act, "")  # type: ignore[no-any-return]
        return call.binary(x, other, weight, conv.bias, *shape, "add", 1.0, None, [], None)  # type: ignore[no-any-return]

    def _padded(self, x: Tensor) -> tuple[Tensor, int, bool]:
        """Return the tensor to convolve, the even padding, and whether the kernel is the widened one."""
        pads = same_padding(x, self._conv.kernel_size[0], self._conv.stride[0])
        left, right, top, bottom = pads
        if left == right == top == bottom:
            return x, left, False
        if self._conv.groups > 1 and left == top and right == bottom == left + 1:
            return x, right, True
        return F.pad(x, pads), 0, False

    def _laid_out(self, pad: int, widened: bool) -> Tensor:
        conv = self._conv
        weight = F.pad(conv.weight, (1, 0, 1, 0)) if widened else conv.weight
        more = 0 if pad or conv.stride[0] == 1 else 1  # padded before it comes here
        size = [*self._size[:2], self._size[2] + more, self._size[3] + more]
        return torch._C._nn.mkldnn_reorder_conv2d_weight(  # type: ignore[call-arg] # its stub is behind
            weight.to_mkldnn(), [pad, pad], list(conv.stride), list(conv.dilation), conv.groups, size
        )


class _Fused(nn.Module):
    """A stem, head or block: one nn.Module, so that a cancelled job stops before it."""

    def __init__(self, runs: Sequence[_Conv], residual: bool) -> None:
        super().__init__()
        self._runs, self._last = tuple(runs[:-1]), runs[-1]
        self._residual = residual

    def forward(self, x: Tensor) -> Tensor:
        out = x
        for run in self._runs:
            out = run(out)
        return self._last(out, x) if self._residual else self._last(out)


def fused(net: nn.Module, side: int) -> FusedLite | None:
    """Return the fused network where this machine can run it and it agrees with `net`.

    Parameters
    ----------
    net
        A folded network.
    side
        Pixels of its square input.
    """
    if not isinstance(net, EfficientNetLite) or net.classifier.weight.device.type != "cpu":
        return None
    if not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return None
    noise = torch.randn((1, 3, side, side), generator=torch.Generator().manual_seed(0))
    noise = noise.contiguous(memory_format=torch.channels_last)
    try:
        with torch.no_grad():
            made = FusedLite(net, side)
            error = (made(noise) - net(noise)).abs().max()
    except (AttributeError, RuntimeError):  # these calls are PyTorch's own and may go
        return None
    return made if error <= TOLERANCE else None


def _step(module: nn.Module, sizes: dict[nn.Module, tuple[int, ...]]) -> _Fused:
    if isinstance(module, Block):
        wide = [] if isinstance(module.expand, nn.Identity) else [module.expand]
        parts = [*wide, module.depthwise, module.project]
        return _Fused([_Conv(part, sizes[part.get_submodule("conv")]) for part in parts], module.residual)
    return _Fused([_Conv(module, sizes[module.get_submodule("conv")])], residual=False)


def _input_sizes(net: nn.Module, side: int) -> dict[nn.Module, tuple[int, ...]]:
    """Size of what each convolution gets."""
    sizes: dict[nn.Module, tuple[int, ...]] = {}

    def note(conv: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        assert isinstance(conv, nn.Conv2d)
        sizes[conv] = tuple(inputs[0].shape)

    convs = [module for module in net.modules() if isinstance(module, nn.Conv2d)]
    handles = [conv.register_forward_pre_hook(note) for conv in convs]
    try:
        with torch.no_grad():
            net(torch.zeros(1, 3, side, side).contiguous(memory_format=torch.channels_last))
    finally:
        for handle in handles:
            handle.remove()
    return sizes
