"""Colour maps as tables of 256 colours."""

from functools import cache, lru_cache
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

Table = NDArray[np.uint8]

# Perceptually uniform ones only. Names are what the view's menu shows.
SEQUENTIAL = {
    "inferno": cv2.COLORMAP_INFERNO,
    "viridis": cv2.COLORMAP_VIRIDIS,
    "magma": cv2.COLORMAP_MAGMA,
    "cividis": cv2.COLORMAP_CIVIDIS,
    "plasma": cv2.COLORMAP_PLASMA,
}
DIVERGING = "CET-D1"  # blue, white, red; Kovesi 2015


@cache
def table(kind: str, sequential: str = "inferno") -> Table:
    """Colours ``(256, 3) uint8 RGB`` of a layer's colour kind.

    Parameters
    ----------
    kind
        ``"sequential"``, ``"diverging"``, ``"grey"`` or ``"categorical"``.
    sequential
        The view's choice for sequential maps, a key of `SEQUENTIAL`.
    """
    if kind == "diverging":
        import pyqtgraph as pg  # a quarter of a second, which the window does not wait for

        return cast("Table", pg.colormap.get(DIVERGING).getLookupTable(nPts=256)[:, :3].astype(np.uint8))
    if kind == "grey":
        return np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
    if kind == "categorical":
        return _categorical()
    ramp = np.arange(256, dtype=np.uint8)[:, None]
    coloured: Table = cv2.applyColorMap(ramp, SEQUENTIAL[sequential])  # BGR
    return np.ascontiguousarray(coloured[:, 0, ::-1])


def _categorical() -> Table:
    from explainer.render.look import CLASS_COLOURS

    rgb = [[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in CLASS_COLOURS]
    return np.array([rgb[i % len(rgb)] for i in range(256)], np.uint8)


def to_index(values: NDArray[np.float32], lo: float, hi: float) -> NDArray[np.uint8]:
    """Place finite ``values`` on 0…255 between `lo` and `hi`, rounded and clipped."""
    span = hi - lo
    if span <= 0:
        return np.zeros(values.shape, np.uint8)
    gain, offset = 255.0 / span, -255.0 * lo / span
    within = np.clip(values, lo, hi)  # beyond, OpenCV would take what is negative for positive
    return cast("NDArray[np.uint8]", cv2.convertScaleAbs(within, alpha=gain, beta=offset)).reshape(values.shape)


def paint(values: NDArray[np.float32], lo: float, hi: float, colours: Table) -> NDArray[np.uint8]:
    """Colour ``(h, w)`` finite values: ``(h, w, 3) uint8 RGB``."""
    return _coloured(to_index(values, lo, hi), colours)


def _coloured(index: NDArray[np.uint8], colours: Table) -> NDArray[np.uint8]:
    return cast("NDArray[np.uint8]", cv2.applyColorMap(index, np.ascontiguousarray(colours[:, None, :])))


WARM = 0.75
"""Share of a map's range from which on it is as opaque as it gets; below, the picture shows through more and more."""


@cache
def opacities(kind: str) -> NDArray[np.float64]:
    """How opaque each of 256 values of a map is over a picture, as a share of the view's opacity ``(256,)``.

    What is cold lets the picture through, so that it stays one: ``min(1, t / 0.75)^0.9`` of the value's share `t`
    of the range, or of its size on a diverging map. Grey levels and classes have no cold end.
    """
    at = np.arange(256) / 255
    if kind == "diverging":
        at = np.abs(2 * at - 1)
    return np.ones(256) if kind in ("grey", "categorical") else np.asarray(np.minimum(1.0, at / WARM) ** 0.9)


@lru_cache(maxsize=16)
def _film(kind: str, sequential: str, opacity: float) -> tuple[Table, NDArray[np.uint8]]:
    """Colours times their opacity, and what each lets through of 255."""
    alpha = opacity * opacities(kind)
    coloured = np.rint(table(kind, sequential) * alpha[:, None]).astype(np.uint8)
    return coloured, np.rint(255 * (1 - alpha)).astype(np.uint8)


def lay(
    values: NDArray[np.float32], lo: float, hi: float, kind: str, sequential: str, opacity: float, below: Table
) -> NDArray[np.uint8]:
    """Lay a map ``(h, w)`` over the picture `below` ``(h, w, 3)``: warm places cover it, cold ones let it through."""
    coloured, through = _film(kind, sequential, opacity)
    index = to_index(values, lo, hi)
    left = cv2.cvtColor(cv2.LUT(index, through), cv2.COLOR_GRAY2RGB)
    left = cv2.multiply(below, left, left, scale=1 / 255)
    return cast("NDArray[np.uint8]", cv2.add(_coloured(index, coloured), left, left))
