"""The kernel on its way over the picture, several rows at a time, so that an eye can follow it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.geometry import Affine, apply, compose, scale_shift
from explainer.core.layers import Boxes, Heat, Image, Layer
from explainer.core.plays import Play
from explainer.core.result import Result

if TYPE_CHECKING:
    from explainer.vision.convolution.sweep import Sweep

WHOLE = 100.0  # %
GHOST = 0.25  # contrast of what has not been written yet


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
