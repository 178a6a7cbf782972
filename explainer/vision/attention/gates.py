"""Channel gates of a whole network on one picture: reading them, and setting them by hand.

A squeeze-and-excitation block (Hu et al. 2018) multiplies each feature map ``U^k`` by a gate ``s_k``.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

Rule = str  # own, mean, level


@dataclass(frozen=True, slots=True)
class Site:
    """A place where maps pass gates.

    Parameters
    ----------
    module
        Path of the gating block.
    layer
        The layer that it stands in, one of those by which the network is known.
    """

    module: str
    layer: str


@dataclass(frozen=True, slots=True, eq=False)
class Passage:
    """One forward pass.

    Parameters
    ----------
    maps
        Feature maps before the gates of the site that was watched, ``(C, h, w)``.
    gates
        Gates of each site by its module, ``(C,)``: those the network set, before a hand changed them.
    used
        Gates that were applied at the site that was watched, ``(C,)``.
    logits
        The network's answer to the picture, ``(K,)`` of a classifier.
    """

    maps: Tensor
    gates: Mapping[str, Tensor]
    used: Tensor
    logits: Tensor


def sites(net: nn.Module, layers: Sequence[str]) -> list[Site]:
    """Find all gates that stand in the `layers` of a network, or after them, from the input to the output."""
    from torchvision.ops.misc import SqueezeExcitation

    from explainer.vision.segmentation.matte import Gate

    found, here = [], ""
    for name, one in net.named_modules():  # a layer is named before what is in it
        here = name if name in layers else here
        if here and isinstance(one, (SqueezeExcitation, Gate)):
            found.append(Site(name, here))
    return found


def site_at(found: Sequence[Site], layers: Sequence[str], layer: str) -> Site:
    """Return the last site that stands in `layer` or before it; the first one where there is none."""
    upto = set(layers[: list(layers).index(layer) + 1])
    return next((one for one in reversed(found) if one.layer in upto), found[0])


def chosen(own: Tensor, rule: Rule, level: float, override: tuple[int, float] | None = None) -> Tensor:
    """Return gates ``(C,)`` to be applied.

    Parameters
    ----------
    rule
        ``"own"``; ``"mean"``: the mean of `own` for all maps; ``"level"``: `level` for all maps.
    override
        A map and the gate it gets whatever the rule says.
    """
    gates = {"own": own, "mean": own.mean().expand_as(own), "level": torch.full_like(own, level)}[rule].clone()
    if override is not None:
        gates[override[0]] = override[1]
    return gates


def passed(
    net: nn.Module,
    x: Tensor,
    everywhere: Sequence[Site],
    watched: Site,
    gates_for: Callable[[Site, Tensor], Tensor] = lambda _site, own: own,
) -> Passage:
    """Run one forward pass without a graph, with other gates where they are asked for.

    Parameters
    ----------
    x
        ``(1, 3, S, S)``.
    gates_for
        Gates ``(C,)`` to apply at a site, given those that the network set.
    """
    own: dict[str, Tensor] = {}
    kept: dict[str, Tensor] = {}

    def gate(site: Site, values: Tensor) -> Tensor:
        own[site.module] = values.detach().clone()
        used = gates_for(site, own[site.module])
        if site is watched:
            kept["used"] = used
        return used

    with torch.no_grad(), _hooked(net, everywhere, watched, gate, kept):
        logits: Tensor = net(x)[0]
    return Passage(kept["maps"], own, kept["used"], logits)


@contextmanager
def _hooked(
    net: nn.Module,
    everywhere: Sequence[Site],
    watched: Site,
    gate: Callable[[Site, Tensor], Tensor],
    kept: dict[str, Tensor],
) -> Iterator[None]:
    handles = []
    for site in everywhere:
        block: Any = net.get_submodule(site.module)
        last = getattr(block, "scale_activation", block)  # of torchvision's block the gates are what this puts out
        handles.append(last.register_forward_hook(_on_gates(site, gate)))
        if site is watched:
            handles.append(block.register_forward_pre_hook(lambda _m, args: kept.update(maps=args[0][0].clone())))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _on_gates(site: Site, gate: Callable[[Site, Tensor], Tensor]) -> Callable[[nn.Module, Any, Tensor], Tensor]:
    def hook(_module: nn.Module, _inputs: Any, out: Tensor) -> Tensor:
        return gate(site, out[0, :, 0, 0]).view_as(out)

    return hook
