"""The stepper's net drawn as a net: a column for each layer, arrows between them, the layer in question framed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from explainer.core.geometry import scale_shift
from explainer.core.layers import Arrows, Boxes, Heat, Label, Layer, Panel

if TYPE_CHECKING:
    from explainer.vision.training.backprop import Array

TILE, BESIDE, ABOVE = 8.0, 4.5, 4.0  # of a map, between two layers, for their names; in pixels of a map
APART = 0.6  # between two maps of a layer


@dataclass(frozen=True, slots=True, eq=False)
class Net:
    """What is drawn of it.

    Parameters
    ----------
    maps
        Of each layer ``(k, 8, 8)``.
    came
        Whether the gradient has come to the layer.
    here
        Number of the layer that it has come to last; −1 for none.
    """

    maps: list[Array]
    names: tuple[str, ...]
    came: list[bool]
    here: int
    lo: float
    hi: float

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the drawing."""
        return len(self.maps) * (TILE + BESIDE) - BESIDE, ABOVE + self.tallest * (TILE + APART)

    @property
    def tallest(self) -> int:
        """Most maps of a layer."""
        return max(map(len, self.maps))

    def corner(self, layer: int, number: int) -> tuple[float, float]:
        """Left and top of one map: those of a layer with few stand in the middle."""
        spare = (self.tallest - len(self.maps[layer])) / 2
        return layer * (TILE + BESIDE), ABOVE + (number + spare) * (TILE + APART)


def panel(title: str, net: Net, note: str, *, back: bool) -> Panel:
    """Draw it; arrows point the way the numbers go, in colour where the gradient has been."""
    layers = [*_maps(net), _arrows(net, back=back), *_names(net)]
    if net.here >= 0:
        left, top = net.corner(net.here, 0)
        _, last = net.corner(net.here, len(net.maps[net.here]) - 1)
        layers.append(Boxes("here", np.array([[left, top, left + TILE, last + TILE]]), colours=(-1,)))
    return Panel(title, net.size, tuple(layers), note, frame=False)


def _maps(net: Net) -> Iterator[Layer]:
    colours = "diverging" if net.lo < 0 else "sequential"
    for n, (name, maps) in enumerate(zip(net.names, net.maps, strict=True)):
        for k, one in enumerate(maps):
            cells = one.shape[0]
            place = scale_shift(TILE / cells, TILE / cells, *net.corner(n, k))
            values = np.ascontiguousarray(one, dtype=np.float32)
            yield Heat(f"{name}, map {k + 1}", values, net.lo, net.hi, place, colours, over=False, smooth=False)  # type: ignore[arg-type]


def _arrows(net: Net, *, back: bool) -> Arrows:
    count, middle = len(net.maps), ABOVE + net.tallest * (TILE + APART) / 2
    left = np.array([[n * (TILE + BESIDE) + TILE + 0.8, middle] for n in range(count - 1)])
    right = left + np.array([BESIDE - 1.6, 0.0])
    passed = tuple(-1 if net.came[n] or not back else -2 for n in range(count - 1))
    return Arrows("way", right, left, passed) if back else Arrows("way", left, right, passed)


def _names(net: Net) -> Iterator[Layer]:
    wide = TILE + BESIDE
    for n, name in enumerate(net.names):
        if len(net.names) <= 9 or n == net.here or n in (0, len(net.names) - 1):
            yield Label(name, name, (n * wide, net.corner(n, 0)[1] - 0.4), -1 if n == net.here else -2)
