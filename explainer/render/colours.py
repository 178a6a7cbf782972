"""Colour maps as tables of 256 colours."""

from functools import cache
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
    below = np.minimum(values, hi)  # OpenCV saturates, but what is too large for an int comes out as 0
    index = cv2.addWeighted(below, gain, below, 0.0, offset, dtype=cv2.CV_8U)
    return cast("NDArray[np.uint8]", index).reshape(values.shape)


def paint(values: NDArray[np.float32], lo: float, hi: float, colours: Table) -> NDArray[np.uint8]:
    """Colour ``(h, w)`` finite values: ``(h, w, 3) uint8 RGB``."""
    lut = np.ascontiguousarray(colours[:, None, :])
    return cast("NDArray[np.uint8]", cv2.applyColorMap(to_index(values, lo, hi), lut))
