"""Which layers of a network are worth offering, found by running it once.

Offered are outputs of blocks and activations: maps with height and width whose meaning does not depend on
whether batch norms were folded. On the ``meta`` device the run costs no memory and no arithmetic.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from explainer.core.model_card import LayerCard

MOST = 24
ACTIVATIONS = (nn.ReLU, nn.ReLU6, nn.Hardswish, nn.SiLU, nn.GELU, nn.LeakyReLU, nn.Sigmoid, nn.Tanh)


@dataclass(slots=True)
class _Call:
    """One module's output in the order in which they came out."""

    name: str
    module: nn.Module
    shape: tuple[int, int, int]
    output: int


def offered(net: nn.Module, input_px: int, device: str = "cpu") -> tuple[LayerCard, ...]:
    """Return at most `MOST` layers of `net`, first to last.

    Parameters
    ----------
    input_px
        Side of the square input.
    device
        Where the network is; ``"meta"`` needs no weights.
    """
    calls = _calls(net, torch.zeros(1, 3, input_px, input_px, device=device))
    names = _blocks(net)
    kept = [c for c in calls if c.name in names or isinstance(c.module, ACTIVATIONS)]
    kept = [c for c in kept if not _inside(c.name, names)]
    if calls and not isinstance(calls[-1].module, nn.Conv2d | nn.AdaptiveAvgPool2d | nn.AvgPool2d):
        kept.append(calls[-1])  # what the head pools, whatever made it
    chosen = _thinned(_distinct(kept or calls))
    return tuple(LayerCard(c.name, f"{friendly(c.name)} · {size(c.shape)}", c.shape) for c in chosen)


def size(shape: tuple[int, int, int]) -> str:
    """``(16, 112, 112)`` → ``"16 maps, 112 × 112"``."""
    return f"{shape[0]:,} maps, {shape[1]} × {shape[2]}"


def friendly(name: str) -> str:
    """A path as a person reads it: our own ``blocks.3`` counts from 1, others keep their published path."""
    first, _, rest = name.partition(".")
    return f"block {int(rest) + 1}" if first == "blocks" and rest.isdigit() else name


def _calls(net: nn.Module, x: Tensor) -> list[_Call]:
    """Outputs with height and width, of modules that run exactly once; pooled-out ones are left out."""
    calls: list[_Call] = []
    alive: list[Tensor] = []  # holds the outputs, so that no two of them have the same id
    names = {module: name for name, module in net.named_modules() if name}

    def note(module: nn.Module, _inputs: object, output: object) -> None:
        if isinstance(output, Tensor) and output.dim() == 4 and output.shape[2] == output.shape[3] > 1:
            alive.append(output)
            shape = (int(output.shape[1]), int(output.shape[2]), int(output.shape[3]))
            calls.append(_Call(names[module], module, shape, id(output)))

    was_training = net.training
    handles = [module.register_forward_hook(note) for module in names]
    try:
        with torch.no_grad():
            net.eval()(x)
    finally:
        net.train(was_training)
        for handle in handles:
            handle.remove()
    once = [c.name for c in calls]
    return [c for c in calls if once.count(c.name) == 1]


def _blocks(net: nn.Module, prefix: str = "") -> set[str]:
    """Composite modules that are no mere list of composites."""
    found: set[str] = set()
    for name, child in net.named_children():
        path = f"{prefix}{name}"
        if _is_list(child):
            found |= _blocks(child, f"{path}.")
        elif any(True for _ in child.children()):
            found.add(path)
    return found


def _is_list(module: nn.Module) -> bool:
    """A plain sequence, or a subclass of one that holds nothing but composites (a stage)."""
    if type(module) in (nn.Sequential, nn.ModuleList):
        return True
    children = list(module.children())
    return isinstance(module, nn.Sequential | nn.ModuleList) and all(any(c.children()) for c in children)


def _inside(name: str, blocks: set[str]) -> bool:
    return any(name.startswith(f"{block}.") for block in blocks)


def _distinct(calls: list[_Call]) -> list[_Call]:
    """Drop what only passes on an output that is offered already."""
    seen: set[int] = set()
    out = []
    for call in calls:
        if call.output not in seen:
            out.append(call)
        seen.add(call.output)
    return out


def _thinned(calls: list[_Call]) -> list[_Call]:
    """Keep the last of each size first, then spread what is left evenly."""
    if len(calls) <= MOST:
        return calls
    last_of_size = {call.shape[1:]: index for index, call in enumerate(calls)}
    keep = {0, *last_of_size.values()}
    rest = [index for index in range(len(calls)) if index not in keep]
    free = MOST - len(keep)
    keep |= {rest[round(k * (len(rest) - 1) / max(free - 1, 1))] for k in range(free)}
    return [call for index, call in enumerate(calls) if index in keep]
