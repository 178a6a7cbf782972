"""Two results side by side: which settings differ, what the numbers do, and where two maps part.

Always B − A. Maps of different resolution are read at the same places of the panel, as they are drawn.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from explainer.core.controls import Control
from explainer.core.geometry import apply, invert
from explainer.core.heroes import shown_part
from explainer.core.layers import Heat, Panel
from explainer.core.number_text import number

Scale = Literal["own peaks", "one scale"]
SIDE = 96  # places along a side at which two maps are read
LEAST_STILL = 0.02  # of the diagonal: peaks that are closer lie in the same place


@dataclass(frozen=True, slots=True)
class Differing:
    """A setting that is not the same on both sides."""

    label: str
    a: Any
    b: Any


@dataclass(frozen=True, slots=True)
class Number:
    """A number that both results have."""

    name: str
    a: float
    b: float

    @property
    def change(self) -> float:
        """B − A."""
        return self.b - self.a


@dataclass(frozen=True, slots=True, eq=False)
class MapDifference:
    """Where two maps part.

    Parameters
    ----------
    values
        B − A, ``(SIDE, SIDE)`` over the part of the panel that is looked at.
    likeness
        Pearson's correlation; ``None`` where a map is the same everywhere.
    peak_a, peak_b
        Warmest places, x and y in panel pixels.
    diagonal
        Of that part, in panel pixels.
    """

    values: NDArray[np.float32]
    likeness: float | None
    peak_a: tuple[float, float]
    peak_b: tuple[float, float]
    diagonal: float


def differing(
    every: Iterable[Control], a: Mapping[str, Any], b: Mapping[str, Any]
) -> tuple[tuple[Differing, ...], int]:
    """Settings that differ, and how many more are the same."""
    both = [one for one in every if one.name in a and one.name in b]
    found = tuple(Differing(one.label, a[one.name], b[one.name]) for one in both if a[one.name] != b[one.name])
    return found, len(both) - len(found)


def shared_numbers(a: Mapping[str, float], b: Mapping[str, float]) -> tuple[Number, ...]:
    """The numbers that both results have, in the order of A."""
    return tuple(Number(name, float(value), float(b[name])) for name, value in a.items() if name in b)


def heat_of(panel: Panel) -> Heat | None:
    """The map of a panel that is compared: the last one that is drawn."""
    return next((layer for layer in reversed(panel.layers) if isinstance(layer, Heat)), None)


def map_difference(a: Panel, b: Panel, scale: Scale) -> MapDifference | None:
    """Compare the maps of two panels on the same picture.

    Parameters
    ----------
    scale
        ``"own peaks"`` divides each map by its largest size first, so that only the shapes are compared.

    Returns
    -------
    MapDifference or None
        ``None`` where a panel has no map, or the panels do not cover the same ground.
    """
    one, other = heat_of(a), heat_of(b)
    if one is None or other is None or a.size != b.size:
        return None
    places = _places(a)
    first, second = _read(one, places), _read(other, places)
    x0, y0, x1, y1 = shown_part(a)
    at_a, at_b = places[int(first.argmax())], places[int(second.argmax())]
    over = (_over_peak(first), _over_peak(second)) if scale == "own peaks" else (first, second)
    values = (over[1] - over[0]).reshape(SIDE, SIDE).astype(np.float32)
    peaks = (float(at_a[0]), float(at_a[1])), (float(at_b[0]), float(at_b[1]))
    return MapDifference(values, correlation(first, second), *peaks, float(np.hypot(x1 - x0, y1 - y0)))


def correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float | None:
    """Pearson's; ``None`` where one does not vary."""
    da, db = a - a.mean(), b - b.mean()
    size = float(np.linalg.norm(da) * np.linalg.norm(db))
    nothing = 1e-9 * max(1e-30, float(np.linalg.norm(a) * np.linalg.norm(b)))
    return None if size <= nothing else float(np.clip((da * db).sum() / size, -1.0, 1.0))


def in_words(found: MapDifference) -> str:
    """What the difference of two maps amounts to, and no more than was computed."""
    along, down = found.peak_b[0] - found.peak_a[0], found.peak_b[1] - found.peak_a[1]
    if np.hypot(along, down) < LEAST_STILL * found.diagonal:
        moved = "Both peak in the same place"
    elif abs(along) > abs(down):
        moved = f"B peaks {number(abs(along), '.0f')} px further {'right' if along > 0 else 'left'}"
    else:
        moved = f"B peaks {number(abs(down), '.0f')} px {'lower' if down > 0 else 'higher'}"
    if found.likeness is None:
        return f"{moved}; one of the maps is the same everywhere."
    return f"{moved}; the maps correlate {number(found.likeness)}."


def _places(panel: Panel) -> NDArray[np.float64]:
    x0, y0, x1, y1 = shown_part(panel)
    steps = (np.arange(SIDE) + 0.5) / SIDE
    x, y = np.meshgrid(x0 + steps * (x1 - x0), y0 + steps * (y1 - y0))
    return np.column_stack([x.ravel(), y.ravel()])


def _read(heat: Heat, places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values at places of the panel, between pixels as they are drawn; outside of the map there is none of it."""
    tall, wide = heat.values.shape
    at = apply(invert(heat.to_panel), places)
    inside = (at[:, 0] >= 0) & (at[:, 0] <= wide) & (at[:, 1] >= 0) & (at[:, 1] <= tall)
    x, y = np.clip(at[:, 0] - 0.5, 0, wide - 1), np.clip(at[:, 1] - 0.5, 0, tall - 1)
    if not heat.smooth:
        x, y = np.rint(x), np.rint(y)
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    right, low = np.minimum(left + 1, wide - 1), np.minimum(top + 1, tall - 1)
    fx, fy, v = x - left, y - top, heat.values.astype(np.float64)
    above = v[top, left] * (1 - fx) + v[top, right] * fx
    below = v[low, left] * (1 - fx) + v[low, right] * fx
    return np.asarray(np.where(inside, above * (1 - fy) + below * fy, 0.0))


def _over_peak(values: NDArray[np.float64]) -> NDArray[np.float64]:
    peak = float(np.abs(values).max())
    return values / peak if peak else values
