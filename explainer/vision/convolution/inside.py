"""Convolutions of a real network: which there are, what they cost, and what went in and came out of one."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from explainer.core.problem import ExplainerError
from explainer.vision.convolution.arithmetic import PadMode, Pair, Window, same_padding
from explainer.vision.zoo.lite0 import SameConv2d, _same


@dataclass(frozen=True, slots=True)
class Operation:
    """A convolution or linear layer that ran.

    Parameters
    ----------
    name, kind
        Module path; ``"conv"`` or ``"linear"``.
    shape
        Of one picture's output, without the batch.
    macs
        Multiply-adds for one picture.
    about
        In words: ``"5 × 5, stride 2, each map by itself"``.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    macs: int
    about: str


@dataclass(frozen=True, slots=True)
class Survey:
    """A network as it ran on one picture.

    Parameters
    ----------
    operations
        Convolutions and linear layers in the order in which they ran.
    parts
        What lies between two of the layers asked for, from the picture to the logits.
    """

    operations: tuple[Operation, ...]
    parts: tuple["Part", ...]

    @property
    def convolutions(self) -> tuple[Operation, ...]:
        """Convolutions in the order in which they ran."""
        return tuple(one for one in self.operations if one.kind == "conv")

    @property
    def macs(self) -> int:
        """Multiply-adds of all convolutions and linear layers."""
        return sum(one.macs for one in self.operations)

    @property
    def parameters(self) -> int:
        """Weights and biases that took part, batch norms included."""
        return sum(part.parameters for part in self.parts)

    def conv_before(self, layer: str, back: int) -> Operation:
        """Return the last convolution at or before the end of `layer`, or one `back` steps further, or on below 0.

        What is asked for beyond the first is the first, and beyond the last the last.

        Raises
        ------
        ExplainerError
            If the network has no convolution before that layer's end.
        """
        names = [one.name for one in self.convolutions]
        done = 0
        for part in self.parts:
            done += sum(name in part.operations for name in names)
            if part.name == layer:
                break
        if not done:
            raise ExplainerError("There is no convolution before this layer.", "Choose a later layer.")
        return self.convolutions[min(max(done - 1 - back, 0), len(names) - 1)]


@dataclass(frozen=True, slots=True)
class Part:
    """Layers from the end of one offered layer to the end of the next.

    Parameters
    ----------
    name
        The offered layer at whose output the part ends; ``""`` for what follows the last one.
    shape
        Of its output.
    operations, layers
        Paths of the convolutions and linear layers, and of the offered layers, within.
    """

    name: str
    shape: tuple[int, ...]
    operations: tuple[str, ...]
    parameters: int
    macs: int
    layers: tuple[str, ...] = ()


@dataclass(slots=True)
class _Log:
    """What has run since the last offered layer ended."""

    operations: list[Operation] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    since: int = 0
    parameters: int = 0
    seen: set[nn.Module] = field(default_factory=set)

    def ran(self, name: str, module: nn.Module, output: object) -> None:
        if module in self.seen or not isinstance(output, Tensor):
            return
        self.seen.add(module)
        self.parameters += sum(p.numel() for p in module.parameters(recurse=False))
        macs = _macs(module, output)
        if macs:
            kind = "conv" if isinstance(module, nn.Conv2d) else "linear"
            self.operations.append(Operation(name, kind, tuple(output.shape[1:]), macs, _about(module)))

    def ended(self, name: str, output: Tensor) -> None:
        fresh = self.operations[self.since :]
        names, work = tuple(one.name for one in fresh), sum(one.macs for one in fresh)
        self.parts.append(Part(name, tuple(output.shape[1:]), names, self.parameters, work, (name,)))
        self.since, self.parameters = len(self.operations), 0


def survey(net: nn.Module, x: Tensor, layers: Sequence[str]) -> Survey:
    """Run `net` on one picture ``x (1, 3, S, S)`` and note each operation.

    Parameters
    ----------
    layers
        Module paths, in the order in which they run, at whose ends the network is cut into parts.
    """
    log, wanted = _Log(), set(layers)
    paths = {module: name for name, module in net.named_modules()}

    def note(module: nn.Module, _inputs: object, output: object) -> None:
        log.ran(paths[module], module, output)
        if paths[module] in wanted and isinstance(output, Tensor):
            log.ended(paths[module], output)

    handles = [module.register_forward_hook(note) for module in paths]
    try:
        with torch.no_grad():
            logits = net(x)
    finally:
        for handle in handles:
            handle.remove()
    log.ended("", logits)
    return Survey(tuple(log.operations), tuple(log.parts))


def _macs(module: nn.Module, output: Tensor) -> int:
    """Multiply-adds for one picture; 0 for what is neither a convolution nor a linear layer."""
    if isinstance(module, nn.Conv2d):
        taps = module.kernel_size[0] * module.kernel_size[1] * module.in_channels // module.groups
        return output[0].numel() * taps
    return output[0].numel() * module.in_features if isinstance(module, nn.Linear) else 0


def _about(module: nn.Module) -> str:
    if not isinstance(module, nn.Conv2d):
        return "linear"
    (rows, columns), stride = module.kernel_size, module.stride[0]
    words = [f"{rows} × {columns}"]
    if stride > 1:
        words.append(f"stride {stride}")
    if module.groups > 1:
        alone = module.groups == module.in_channels
        words.append("each map by itself" if alone else f"{module.groups} groups")
    return ", ".join(words)


# One convolution ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Pass:
    """What went into one convolution and came out of it.

    Parameters
    ----------
    x, output
        ``(C, H, W)`` before padding and ``(C', h, w)``, float32.
    weight, bias
        ``(C', C / groups, k, k)`` and ``(C',)``, zeros where the layer has none.
    """

    name: str
    x: NDArray[np.float32]
    output: NDArray[np.float32]
    weight: NDArray[np.float32]
    bias: NDArray[np.float32]
    has_bias: bool
    groups: int
    window: Window

    def seen_by(self, channel: int) -> slice:
        """Input channels that output `channel` reads: all of them, or those of its group."""
        width = self.weight.shape[1]
        group = channel // (self.weight.shape[0] // self.groups)
        return slice(group * width, (group + 1) * width)


class _EnoughError(Exception):
    """Ends a forward pass whose rest is not wanted."""


@contextmanager
def _until_enough() -> Iterator[None]:
    try:
        yield
    except _EnoughError:
        return


def watch(net: nn.Module, x: Tensor, name: str) -> Pass:
    """Run `net` on ``x (1, 3, S, S)`` as far as the convolution `name`.

    Raises
    ------
    ExplainerError
        If that module is no convolution or takes no part.
    """
    conv = net.get_submodule(name)
    if not isinstance(conv, nn.Conv2d):
        raise ExplainerError(f"{name} is no convolution.", "Choose another layer.")
    seen: list[tuple[Tensor, Tensor]] = []

    def note(_module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        # Copies, since what follows may work in place.
        seen.append((inputs[0].detach().clone(), output.detach().clone()))
        raise _EnoughError

    handle = conv.register_forward_hook(note)
    try:
        with torch.no_grad(), _until_enough():
            net(x)
    finally:
        handle.remove()
    if not seen:
        raise ExplainerError(f"{name} takes no part.", "Choose another layer.")
    return _pass_of(name, conv, *seen[0])


def _pass_of(name: str, conv: nn.Conv2d, x: Tensor, output: Tensor) -> Pass:
    bias = np.zeros(conv.out_channels, np.float32) if conv.bias is None else _array(conv.bias)
    window = window_of(conv, (int(x.shape[2]), int(x.shape[3])))
    has = conv.bias is not None
    return Pass(name, _array(x[0]), _array(output[0]), _array(conv.weight), bias, has, conv.groups, window)


def _array(tensor: Tensor) -> NDArray[np.float32]:
    return np.ascontiguousarray(tensor.detach().float().cpu().numpy())


def window_of(conv: nn.Conv2d, size: Pair) -> Window:
    """How a convolution moves over maps of `size`, TensorFlow's lopsided padding included."""
    kernel = (conv.kernel_size[0], conv.kernel_size[1])
    stride, dilation = (conv.stride[0], conv.stride[1]), (conv.dilation[0], conv.dilation[1])
    mode: PadMode = "zeros" if conv.padding_mode == "zeros" else conv.padding_mode
    before, after = _padding(conv, size, kernel, stride, dilation)
    return Window(kernel, stride, before, after, dilation, mode)


def _padding(conv: nn.Conv2d, size: Pair, kernel: Pair, stride: Pair, dilation: Pair) -> tuple[Pair, Pair]:
    if isinstance(conv, SameConv2d) and stride[0] > 1:
        rows, columns = _same(size[0], kernel[0], stride[0]), _same(size[1], kernel[0], stride[0])
        return (rows[0], columns[0]), (rows[1], columns[1])
    if conv.padding == "same":
        return same_padding(kernel, dilation)
    if isinstance(conv.padding, str):
        return (0, 0), (0, 0)
    even = (int(conv.padding[0]), int(conv.padding[1]))
    return even, even
