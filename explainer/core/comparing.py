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
from explainer.core.layers import Heat, Image, Panel
from explainer.core.number_text import number

Scale = Literal["own peaks", "one scale"]
SIDE = 96  # places along a side at which two maps are read
FINE = 256  # and two pictures
LUMA = (0.299, 0.587, 0.114)  # lightness of red, green and blue, BT.601
OF_PEAK = "of their own peak"
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
    unit
        Of the values: each map's own peak, or what both maps are measured in.
    """

    values: NDArray[np.float32]
    likeness: float | None
    peak_a: tuple[float, float]
    peak_b: tuple[float, float]
    diagonal: float
    unit: str

    @property
    def mean(self) -> float:
        """How far the two are apart on average, in `unit`."""
        return float(np.abs(self.values).mean(dtype=np.float64))


@dataclass(frozen=True, slots=True, eq=False)
class PictureDifference:
    """Where two pictures without maps part.

    Parameters
    ----------
    values
        B − A in lightness, ``(FINE, FINE)``, grey levels of 255.
    mean
        Mean of |B − A| over places and colours, grey levels of 255.
    changed
        Share of the places at which any colour differs by a level or more.
    """

    values: NDArray[np.float32]
    mean: float
    changed: float


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
    places, part = _places(a, SIDE), shown_part(a)
    first, second = _read(one, places), _read(other, places)
    own = scale == "own peaks"
    over = (_over_peak(first), _over_peak(second)) if own else (first, second)
    values = (over[1] - over[0]).reshape(SIDE, SIDE).astype(np.float32)
    peaks = _peak(one, part, places[int(first.argmax())]), _peak(other, part, places[int(second.argmax())])
    unit = OF_PEAK if own else one.unit if one.unit == other.unit else ""
    diagonal = float(np.hypot(part[2] - part[0], part[3] - part[1]))
    return MapDifference(values, correlation(first, second), *peaks, diagonal, unit)


def picture_difference(a: Panel, b: Panel) -> PictureDifference | None:
    """Compare the pictures of two panels.

    Returns
    -------
    PictureDifference or None
        ``None`` where a panel has no picture, or the panels do not cover the same ground.
    """
    one, other = (next((la for la in reversed(x.layers) if isinstance(la, Image)), None) for x in (a, b))
    if one is None or other is None or a.size != b.size:
        return None
    places = _places(a, FINE)
    change = _colours(other, places) - _colours(one, places)
    values = (change @ np.array(LUMA)).reshape(FINE, FINE).astype(np.float32)
    size = np.abs(change)
    return PictureDifference(values, float(size.mean()), float((size.max(axis=1) >= 1).mean()))


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


def picture_in_words(found: PictureDifference) -> str:
    """How much two pictures differ."""
    if not found.changed:
        return "The two pictures are the same, pixel by pixel."
    share = number(found.changed, ".0%")
    return f"{share} of the pixels differ, on average by {number(found.mean / found.changed, '.1f')} levels of 255."


def _places(panel: Panel, side: int) -> NDArray[np.float64]:
    x0, y0, x1, y1 = shown_part(panel)
    steps = (np.arange(side) + 0.5) / side
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


def _peak(heat: Heat, part: tuple[float, float, float, float], read: NDArray[np.float64]) -> tuple[float, float]:
    """Middle of the warmest cell, where a map peaks however it is read; `read` where that lies outside of `part`."""
    row, column = np.unravel_index(int(heat.values.argmax()), heat.values.shape)
    x, y = apply(heat.to_panel, np.array([[column + 0.5, row + 0.5]]))[0]
    inside = part[0] <= x <= part[2] and part[1] <= y <= part[3]
    return (float(x), float(y)) if inside else (float(read[0]), float(read[1]))


def _colours(image: Image, places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Colours of the pixels at places of the panel; black outside of the picture."""
    tall, wide = image.pixels.shape[:2]
    at = np.floor(apply(invert(image.to_panel), places)).astype(int)
    inside = (at[:, 0] >= 0) & (at[:, 0] < wide) & (at[:, 1] >= 0) & (at[:, 1] < tall)
    x, y = np.clip(at[:, 0], 0, wide - 1), np.clip(at[:, 1], 0, tall - 1)
    return np.asarray(np.where(inside[:, None], image.pixels[y, x].astype(np.float64), 0.0))


def _over_peak(values: NDArray[np.float64]) -> NDArray[np.float64]:
    peak = float(np.abs(values).max())
    return values / peak if peak else values
