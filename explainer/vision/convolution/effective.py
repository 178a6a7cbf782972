"""Which input pixels a unit listens to on this picture: its effective receptive field.

``E_ij = Σ_c |∂u / ∂x_cij|`` for one unit u of a layer (Luo, Li, Urtasun and Zemel 2016). It is much smaller than
what the unit could see: many paths lead from the middle of the field to the unit, and few from its rim.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from explainer.core.problem import ExplainerError
from explainer.vision.attribution.randomise import randomised, units

TRIES = 8  # units of the cell that are tried until one has a gradient: a rectifier may have none
HELD = 0.95  # share of the gradient that the effective square holds
TWO_SIGMA = 1.0 - 0.9545  # Luo et al. count pixels above this share of the middle's value


@dataclass(frozen=True, slots=True, eq=False)
class Effective:
    """Gradient of one unit, averaged over copies of the picture.

    Parameters
    ----------
    values
        ``(S, S) float32``, ≥ 0.
    channel
        The unit's feature map; −1 where all maps of the cell were added up.
    answer
        What the unit said, of the first copy.
    """

    values: NDArray[np.float32]
    channel: int
    answer: float


def effective_field(
    net: nn.Module,
    x: Tensor,
    layer: str,
    cell: tuple[int, int],
    unit: str = "strongest",
    *,
    copies: int = 1,
    noise: float = 0.1,
    seed: int = 0,
    channel: int | None = None,
    checkpoint: Callable[[], None] = lambda: None,
) -> Iterator[tuple[int, Effective]]:
    """Mean ``Σ_c |∂u/∂x_c|`` over the picture and noisy copies of it, given out as it grows.

    Parameters
    ----------
    x
        ``(1, 3, S, S)``.
    cell
        Row and column of the unit in the layer's maps.
    unit
        ``"strongest"``: the map that answers most in that cell and has a gradient there (a rectifier cut off
        at 6 has none above); it is chosen on the picture itself. ``"all"``: the sum over all maps.
    channel
        A map to stay with, of an earlier picture, instead of the strongest one.
    copies, noise
        The first is the picture as it is; others get Gaussian noise, σ as a share of the picture's range.

    Yields
    ------
    done, effective
        Copies so far, and the mean over them.

    Raises
    ------
    ExplainerError
        If the layer has no height and width.
    """
    generator = torch.Generator().manual_seed(seed)
    sigma = noise * float(x.max() - x.min())
    fixed = unit == "strongest" and channel is not None and channel >= 0
    chosen_map = channel if fixed and channel is not None else -1
    total, answer = torch.zeros_like(x[0, 0]), 0.0
    for done in range(copies):
        checkpoint()
        drawn = torch.randn(x.shape, generator=generator, dtype=x.dtype).to(x.device)
        leaf, maps = _forward(net, x + (sigma * drawn if done else 0.0), layer)
        units = maps[0, :, cell[0], cell[1]]
        if done == 0 and unit == "strongest" and not fixed:
            chosen_map, answer, gradient = _first_alive(units, leaf, maps)
        else:
            chosen = units[chosen_map] if chosen_map >= 0 else units.sum()
            gradient = _gradient(chosen, leaf)
            answer = float(chosen.detach()) if done == 0 else answer
        total = total + gradient[0].abs().sum(dim=0)
        mean = (total / (done + 1)).float().cpu().numpy()
        yield done + 1, Effective(np.ascontiguousarray(mean), chosen_map, answer)


def _first_alive(units: Tensor, leaf: Tensor, maps: Tensor) -> tuple[int, float, Tensor]:
    """The strongest unit that has a gradient; all of them together when none of the first few has one.

    A largest value that occurs more than once in the layer is where a rectifier cuts off: such units go last,
    since each try costs a backward pass.
    """
    strength, top = units.detach().abs(), maps.detach().max()
    if int((maps.detach() == top).sum()) > 1:
        strength = torch.where(units.detach() == top, -1.0, strength)
    for index in strength.argsort(descending=True, stable=True)[:TRIES].tolist():
        gradient = _gradient(units[index], leaf)
        if bool(gradient.any()):
            return index, float(units[index].detach()), gradient
    return -1, float(units.sum().detach()), _gradient(units.sum(), leaf)


def _gradient(unit: Tensor, leaf: Tensor) -> Tensor:
    (gradient,) = torch.autograd.grad(unit, leaf, retain_graph=True)
    return gradient


class LastFrames:
    """Fields of one unit on the pictures of a camera or video that came last.

    Parameters
    ----------
    most
        How many are held.
    """

    def __init__(self, most: int = 16) -> None:
        self._most = most
        self._source, self._held = "", dict[int, Effective]()

    def channel(self, source: str, index: int) -> int | None:
        """Return the map that the unit had on the pictures before number `index`; ``None`` where there was none."""
        self._follow(source, index)
        others = [seen.channel for number, seen in self._held.items() if number != index]
        return others[0] if others else None

    def mean(self, source: str, index: int, seen: Effective, count: int) -> tuple[int, Effective]:
        """Take up the field on picture `index`; the mean over the last `count`, and how many these are.

        The same picture again counts once; another source, or a step back, begins anew.
        """
        self._follow(source, index)
        self._held[index] = seen
        while len(self._held) > self._most:
            del self._held[min(self._held)]
        last = [self._held[number] for number in sorted(self._held)[-count:]]
        mean = np.asarray(np.mean([one.values for one in last], axis=0, dtype=np.float64), np.float32)
        return len(last), Effective(mean, seen.channel, seen.answer)

    def _follow(self, source: str, index: int) -> None:
        if source != self._source or any(index < number for number in self._held):
            self._held.clear()
        self._source = source


class _EnoughError(Exception):
    """Ends a forward pass whose rest is not wanted."""


def _forward(net: nn.Module, x: Tensor, layer: str) -> tuple[Tensor, Tensor]:
    """Leaf and the layer's maps, with the graph between them; what follows is not run."""
    maps: list[Tensor] = []

    def stop(_module: nn.Module, _inputs: object, output: object) -> None:
        if not isinstance(output, Tensor) or output.dim() != 4:
            raise ExplainerError(f"Layer {layer} has no height and width.", "Choose an earlier layer.")
        maps.append(output)
        raise _EnoughError

    handle = net.get_submodule(layer).register_forward_hook(stop)
    try:
        with torch.enable_grad():
            leaf = x.detach().clone(memory_format=torch.preserve_format).requires_grad_()
            net(leaf.clone(memory_format=torch.preserve_format))
    except _EnoughError:
        pass
    finally:
        handle.remove()
    if not maps:
        raise ExplainerError(f"Layer {layer} took no part.", "Choose another layer.")
    return leaf, maps[0]


# What a map of gradients says -------------------------------------------------------------------------------


def centre_of_mass(values: NDArray[np.float32]) -> tuple[float, float]:
    """Mean place of a map's mass, x and y in pixels; the middle of a blank map."""
    mass = values.astype(np.float64)
    total = mass.sum()
    if not total:
        return values.shape[1] / 2, values.shape[0] / 2
    x = float(mass.sum(axis=0) @ (np.arange(values.shape[1]) + 0.5) / total)
    y = float(mass.sum(axis=1) @ (np.arange(values.shape[0]) + 0.5) / total)
    return x, y


def mass_in_squares(values: NDArray[np.float32], centre: tuple[float, float]) -> NDArray[np.float64]:
    """Share of the map's mass within squares about `centre` (x, y in pixels), as they grow.

    Element n is the share that lies in pixels which a square of side n + 1 holds whole. The last element is 1.
    Zeros for a blank map.
    """
    rows, columns = np.indices(values.shape) + 0.5
    away = np.maximum(np.abs(columns - centre[0]), np.abs(rows - centre[1]))
    side = np.ceil(2 * away + 1 - 1e-9).astype(np.int64)
    mass = np.bincount(side.ravel(), weights=values.astype(np.float64).ravel())[1:]
    total = mass.sum()
    return np.asarray(mass.cumsum() / total if total else mass)


def side_holding(shares: NDArray[np.float64], share: float = HELD) -> float:
    """Side in pixels of the smallest square that holds at least `share` of the mass."""
    return float(np.searchsorted(shares, share - 1e-12) + 1)


def side_by_area(values: NDArray[np.float32], above: float = TWO_SIGMA) -> float:
    """``√`` of the number of pixels above `above` of the largest: of a Gaussian, those within about 2.5 σ.

    Luo et al. measure trained networks so, relative to the middle pixel; the largest is taken here because
    the middle pixel of one unit on one picture may be near zero.
    """
    return float(np.sqrt(np.count_nonzero(values > above * values.max()))) if values.any() else 0.0


def calibrated(net: nn.Module, side: int, seed: int, pictures: int = 4) -> nn.Module:
    """Give batch norms of a freshly drawn network the statistics of noise, so that signals keep their size.

    Parameters
    ----------
    net
        Changed in place, and given back in eval mode.
    side
        Of the square input.
    """
    noise = torch.randn((pictures, 3, side, side), generator=torch.Generator().manual_seed(seed))
    norms = [module for module in net.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)]
    kept = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = None  # the plain mean, of one batch
        norm.train()
    device = next(net.parameters()).device
    with torch.no_grad():
        net(noise.to(device))
    for norm, momentum in zip(norms, kept, strict=True):
        norm.momentum = momentum
    return net.eval()


def drawn_anew(stock: nn.Module, side: int, seed: int) -> nn.Module:
    """Return the network with the weights of every layer drawn anew, its statistics fitting them."""
    return calibrated(randomised(stock, len(units(stock)), seed), side, seed)


def evenly_in_squares(side: int, centre: tuple[float, float], count: int) -> NDArray[np.float64]:
    """Share of the largest square's area inside an input of `side` px that squares of 1, 2 … `count` px hold."""
    sides = np.arange(1, count + 1, dtype=np.float64)
    across, down = (np.clip(np.minimum(side, c + sides / 2) - np.maximum(0.0, c - sides / 2), 0, None) for c in centre)
    area = across * down
    return np.asarray(area / area.max() if area.max() else area)
