"""The kernel on its way over the picture, several rows at a time, so that an eye can follow it."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.geometry import Affine, apply, compose, scale_shift
from explainer.core.layers import Boxes, Heat, Image, Layer
from explainer.core.plays import Play
from explainer.core.result import Result

WHOLE = 100.0  # %
SWEEPS = 12
GHOST = 0.25  # contrast of what has not been written yet


@dataclass(frozen=True, slots=True)
class Sweep:
    """How far a map of `rows` × `columns` is written: bands of rows one below the other, each from left to right."""

    rows: int
    columns: int
    share: float

    @property
    def band(self) -> tuple[int, int]:
        """First row of the band that is being written, and the first one below it."""
        bands = min(SWEEPS, self.rows)
        number = min(bands - 1, int(self.share * bands))
        return number * self.rows // bands, (number + 1) * self.rows // bands

    @property
    def across(self) -> int:
        """Columns of the band that are written."""
        bands = min(SWEEPS, self.rows)
        part = self.share * bands - min(bands - 1, int(self.share * bands))
        return min(self.columns, round(part * self.columns))

    @property
    def at(self) -> tuple[int, int]:
        """Cell in the middle of the band that was written last, row and column."""
        top, below = self.band
        return (top + below - 1) // 2, max(0, self.across - 1)

    @property
    def places(self) -> int:
        """Cells that are written."""
        top, below = self.band
        return top * self.columns + (below - top) * self.across


def play_of(sweep: Sweep, written: float) -> Play:
    """How far it is."""
    row, column = sweep.at
    counted = f"{words.thousands(sweep.places)} of {words.count(sweep.rows * sweep.columns, 'place')}"
    here = f"row {row + 1} of {sweep.rows}, column {column + 1}" if written < WHOLE else "row by row"
    return Play("written", 0.0, WHOLE, written, counted=counted, note=here)


def on_its_way(result: Result, sweep: Sweep, ghost: NDArray[np.float32]) -> Result:
    """Cover what the output map will hold and does not yet.

    Parameters
    ----------
    ghost
        ``(H, W)`` of the picture, 0…1: shown faintly where nothing is written.
    """
    rows, columns = (np.arange(n) * size // n for n, size in zip((sweep.rows, sweep.columns), ghost.shape, strict=True))
    ghost = ghost[np.ix_(rows, columns)]
    picture, output, *others = result.panels
    heat = next(layer for layer in output.layers if isinstance(layer, Heat))
    (top, below), across = sweep.band, sweep.across
    covers = (
        _cover("to come", ghost[top:below, across:], heat.to_panel, across, top),
        _cover("below", ghost[below:], heat.to_panel, 0, below),
    )
    pen = _pen(heat.to_panel, across, top, below)
    layers = (*output.layers, *(layer for layer in covers if layer.pixels.size), pen)
    return replace(result, panels=(picture, replace(output, layers=layers), *others))


def _cover(name: str, part: NDArray[np.float32], to_panel: Affine, left: int, top: int) -> Image:
    grey = (128 + 255 * GHOST * (part - 0.5)).clip(0, 255).astype(np.uint8)
    return Image(
        name, np.repeat(grey[..., None], 3, axis=2), compose(to_panel, scale_shift(1, 1, left, top)), smooth=False
    )


def _pen(to_panel: Affine, across: int, top: int, below: int) -> Layer:
    corners = np.array([[max(0, across - (below - top)), top], [max(1, across), below]], np.float64)
    return Boxes("being written", apply(to_panel, corners).reshape(1, 4))
