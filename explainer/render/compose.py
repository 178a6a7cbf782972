"""Raster layers of a panel → one RGB buffer at the size in which it will be seen.

Only this file resamples. Vector layers are drawn over the buffer by ``painters``.
"""

from collections import OrderedDict
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from explainer.core.geometry import Affine, compose, scale_shift
from explainer.core.layers import CELL_PITCH, Cells, Heat, Image, Mask, Panel
from explainer.render import colours
from explainer.render.look import CLASS_COLOURS
from explainer.render.view_state import ViewState

RGB = NDArray[np.uint8]
Array = NDArray[Any]
Colour = tuple[int, int, int]
Box = tuple[int, int, int, int]
cv2.setNumThreads(1)  # a second thread would wait for a core that torch holds, and the window with it
DIM = 0.42  # brightness of what the net does not see
MASK_OPACITY = 0.55
WHITE = 210  # of 255: opacity of the line around what the net sees


def raster(panel: Panel, whole: tuple[int, int], view: ViewState, ground: Colour, part: Box | None = None) -> RGB:
    """Compose the raster layers of `panel` into ``(h, w, 3) uint8 RGB``.

    Parameters
    ----------
    whole
        Width and height in device pixels that the whole panel has.
    ground
        Colour where no layer lies.
    part
        Only these of its pixels, x0, y0, x1, y1, are composed.
    """
    x0, y0, x1, y1 = part or (0, 0, *whole)
    size = x1 - x0, y1 - y0
    to_buffer = scale_shift(whole[0] / panel.size[0], whole[1] / panel.size[1], -x0, -y0)
    canvas: RGB | None = None
    for layer in panel.layers:
        if layer.name in view.hidden:
            continue
        if isinstance(layer, Image):
            first = None if canvas is not None else _first(layer, to_buffer, whole, (x0, y0, x1, y1))
            canvas = _image(layer, to_buffer, size, canvas, ground) if first is None else first
            if layer.focus is not None:
                _dim_outside(canvas, layer.focus, to_buffer)
        elif isinstance(layer, Heat | Mask | Cells):
            canvas = _ground(size, ground) if canvas is None else canvas
            _OVER[type(layer)](canvas, layer, to_buffer, view, ground)
    if canvas is None:
        return _ground(size, ground)
    for layer in panel.layers:
        if isinstance(layer, Image) and layer.focus is not None and layer.name not in view.hidden:
            _outline(canvas, layer.focus, to_buffer)
    return canvas


MOST_OF = 0.75  # a part that is more of a picture than this is cut out after resizing
EDGE = 0.06  # pixels by which a cut may miss an edge: nobody sees it
BUSY_SIZE, LOOKED_AT = (24, 16), (192, 128)


def busy(rgb: RGB) -> NDArray[np.float64]:
    """How much there is to be seen in each of `BUSY_SIZE` parts of a picture, 0…1: the spread of its lightness."""
    if rgb.shape[0] > LOOKED_AT[1] and rgb.shape[1] > LOOKED_AT[0]:
        rgb = cast("RGB", cv2.resize(rgb, LOOKED_AT, interpolation=cv2.INTER_NEAREST))
    fine = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
    mean, square = (cv2.resize(one, BUSY_SIZE, interpolation=cv2.INTER_AREA) for one in (fine, fine * fine))
    spread = np.sqrt(np.maximum(square - mean * mean, 0.0)).astype(np.float64)
    return np.asarray(spread / max(1.0, float(spread.max())))


def warm(panel: Panel, part: tuple[float, float, float, float]) -> NDArray[np.float64]:
    """How strong the maps over the picture are in each of `BUSY_SIZE` parts of `part` in panel pixels, 0…1."""
    x0, y0, x1, y1 = part
    width, height = BUSY_SIZE
    to_parts = scale_shift(width / (x1 - x0), height / (y1 - y0), -x0 * width / (x1 - x0), -y0 * height / (y1 - y0))
    found = np.zeros((height, width))
    for layer in panel.layers:
        if isinstance(layer, Heat) and layer.over:
            placed = compose(to_parts, layer.to_panel)
            box = _footprint(placed, layer.values.shape, BUSY_SIZE)
            if box[2] > box[0] and box[3] > box[1]:
                share = colours.to_index(np.nan_to_num(layer.values, nan=layer.lo), layer.lo, layer.hi)
                strength = colours.opacities(layer.colours)[share].astype(np.float32)
                here = found[box[1] : box[3], box[0] : box[2]]
                np.maximum(here, _warp(strength, placed, box, smooth=True), out=here)
    return found


def _ground(size: tuple[int, int], ground: Colour) -> RGB:
    return np.full((size[1], size[0], 3), ground, np.uint8)


def _first(layer: Image, to_buffer: Affine, whole: tuple[int, int], part: Box) -> RGB | None:
    """A picture that lies at the bottom and fills the panel, as most do: resized once for all who show it."""
    x0, y0 = part[:2]
    placed = compose(scale_shift(1, 1, x0, y0), compose(to_buffer, layer.to_panel))
    if not _fills(placed, layer.pixels.shape, whole):
        return None
    return _RECENT.resized(layer.pixels, whole, part, smooth=layer.smooth).copy()


def _image(layer: Image, to_buffer: Affine, size: tuple[int, int], canvas: RGB | None, ground: Colour) -> RGB:
    placed = compose(to_buffer, layer.to_panel)
    canvas = _ground(size, ground) if canvas is None else canvas
    x0, y0, x1, y1 = _footprint(placed, layer.pixels.shape, size)
    if x1 > x0 and y1 > y0:
        canvas[y0:y1, x0:x1] = _warp(layer.pixels, placed, (x0, y0, x1, y1), smooth=layer.smooth)
    return canvas


def _fills(placed: Affine, shape: tuple[int, ...], size: tuple[int, int]) -> bool:
    ends = placed[:, :2] @ np.array([shape[1], shape[0]])
    straight = placed[0, 1] == placed[1, 0] == 0.0
    return bool(straight and np.allclose(placed[:, 2], 0, atol=1e-6) and np.allclose(ends, size, atol=0.51))


def _resize(pixels: Array, size: tuple[int, int], *, smooth: bool) -> Array:
    h, w = pixels.shape[:2]
    if (w, h) == size:
        return pixels.copy()
    if not smooth and size[0] >= w:
        return cast("Array", cv2.resize(pixels, size, interpolation=cv2.INTER_NEAREST))
    if size[0] > w or size[1] > h:
        return cast("Array", cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR))
    most = min(w // size[0], h // size[1])
    factor = next((f for f in range(most, 1, -1) if w % f == h % f == 0), 1)
    if factor > 1:  # whole factors average several times faster than broken ones
        pixels = cv2.resize(pixels, (w // factor, h // factor), interpolation=cv2.INTER_AREA)
    near = pixels.shape[1] < 2 * size[0] and pixels.shape[0] < 2 * size[1]
    # Linear leaves nothing out where each pixel lies within two of its neighbours, and takes a third of the time.
    return cast("Array", cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR if near else cv2.INTER_AREA))


def _part(pixels: RGB, whole: tuple[int, int], part: Box, *, smooth: bool) -> RGB:
    """Return the part of a resized picture, without resizing what lies far outside it.

    Only where one linear step resizes: each pixel then depends on its neighbours alone.
    """
    x0, y0, x1, y1 = part
    h, w = pixels.shape[:2]
    if (x1 - x0) * (y1 - y0) > MOST_OF * whole[0] * whole[1] or 2 * whole[0] <= w or 2 * whole[1] <= h:
        return _resize(pixels, whole, smooth=smooth)[y0:y1, x0:x1]
    (left, right, from_x, to_x), (top, bottom, from_y, to_y) = _span(x0, x1, w, whole[0]), _span(y0, y1, h, whole[1])
    cut = np.ascontiguousarray(pixels[top:bottom, left:right])
    return _resize(cut, (to_x - from_x, to_y - from_y), smooth=smooth)[
        y0 - from_y : y1 - from_y, x0 - from_x : x1 - from_x
    ]


def _span(lo: int, hi: int, length: int, wanted: int) -> tuple[int, int, int, int]:
    """Pixels of a row that hold `lo`…`hi` of it at another length, cut where both lengths have a pixel's edge.

    Returns
    -------
    first, end, first_wanted, end_wanted
        In pixels of the row and of the resized one. Their edges agree to `EDGE` pixels, or it is the whole row.
    """
    scale = wanted / length
    edges = np.arange(length + 1) * scale
    agree = np.abs(edges - np.rint(edges)) < EDGE
    agree[[0, length]] = True
    cuts = np.flatnonzero(agree)
    first = int(cuts[edges[cuts] <= max(0, lo - scale - 1)][-1:].max(initial=0))
    end = int(cuts[edges[cuts] >= min(wanted, hi + scale + 1)][:1].min(initial=length))
    return first, end, round(first * scale), round(end * scale)


class _Recent:
    """The last few pictures at the size they were shown: most panels of a result show the same frame."""

    MOST = 3

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[int, tuple[int, int], Box, bool], tuple[RGB, RGB]] = OrderedDict()

    def resized(self, pixels: RGB, size: tuple[int, int], part: Box, *, smooth: bool) -> RGB:
        """Return part of a picture that several may show: whoever draws into it takes a copy."""
        key = (id(pixels), size, part, smooth)
        if key not in self._kept:
            # The original is held as well, so that its id cannot pass to another picture meanwhile.
            self._kept[key] = (pixels, _part(pixels, size, part, smooth=smooth))
        while len(self._kept) > self.MOST:
            self._kept.popitem(last=False)
        return self._kept[key][1]


_RECENT = _Recent()


def _dim_outside(canvas: RGB, focus: tuple[float, float, float, float], to_buffer: Affine) -> None:
    x0, y0, x1, y1 = _seen(canvas, focus, to_buffer)
    for part in (canvas[:y0], canvas[y1:], canvas[y0:y1, :x0], canvas[y0:y1, x1:]):
        if part.size:
            cv2.convertScaleAbs(part, dst=part, alpha=DIM) if part.flags.c_contiguous else _scale(part)


def _seen(canvas: RGB, focus: tuple[float, float, float, float], to_buffer: Affine) -> Box:
    """Buffer pixels of what the network sees."""
    x0, y0, x1, y1 = np.clip(_edges(focus, to_buffer), 0, (*canvas.shape[1::-1], *canvas.shape[1::-1])).tolist()
    return x0, y0, x1, y1


def _edges(focus: tuple[float, float, float, float], to_buffer: Affine) -> list[int]:
    corners = np.array(focus).reshape(2, 2) @ to_buffer[:, :2].T + to_buffer[:, 2]
    return [int(edge) for edge in np.floor(corners + 0.5).ravel()]


def _outline(canvas: RGB, focus: tuple[float, float, float, float], to_buffer: Affine) -> None:
    """Draw a white hairline around what the network sees, on the dimmed side."""
    x0, y0, x1, y1 = _edges(focus, to_buffer)
    height, width = canvas.shape[:2]
    left, right = max(0, x0 - 1), max(0, min(width, x1 + 1))
    for row in (y for y in (y0 - 1, y1) if 0 <= y < height):
        _whiten(canvas[row, left:right])
    for column in (x for x in (x0 - 1, x1) if 0 <= x < width):
        _whiten(canvas[max(0, y0) : max(0, y1), column])


def _whiten(line: RGB) -> None:
    line[...] = (line.astype(np.uint16) * (255 - WHITE) + 255 * WHITE + 127) // 255


def _scale(part: RGB) -> None:
    part[...] = cv2.convertScaleAbs(np.ascontiguousarray(part), alpha=DIM).reshape(part.shape)


def _footprint(placed: Affine, shape: tuple[int, ...], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Buffer pixels whose centres a layer of ``shape`` covers, clipped to the buffer."""
    h, w = shape[:2]
    corners = np.array([[0, 0], [w, 0], [0, h], [w, h]], float) @ placed[:, :2].T + placed[:, 2]
    lo, hi = np.floor(corners.min(0) + 0.5), np.floor(corners.max(0) + 0.5)
    (x0, y0), (x1, y1) = np.clip(lo, 0, size).astype(int), np.clip(hi, 0, size).astype(int)
    return int(x0), int(y0), int(x1), int(y1)


def _warp(values: Array, placed: Affine, box: Box, *, smooth: bool) -> Array:
    """Resample an array onto the buffer pixels of `box`. Edge values are continued, never faded."""
    x0, y0, x1, y1 = box
    # From continuous coordinates (corner origin) to OpenCV's (centre origin).
    shift = scale_shift(1, 1, 0.5, 0.5)
    back = scale_shift(1, 1, -0.5 - x0, -0.5 - y0)
    matrix = compose(back, compose(placed, shift))
    whole = _whole(values, placed, box, smooth=smooth)
    if whole is not None:
        return whole
    how = cv2.INTER_LINEAR if smooth else cv2.INTER_NEAREST
    out = cv2.warpAffine(values, matrix, (x1 - x0, y1 - y0), flags=how, borderMode=cv2.BORDER_REPLICATE)
    return cast("Array", out)


def _whole(values: Array, placed: Affine, box: Box, *, smooth: bool) -> Array | None:
    """Resize where the whole upright array lies inside the buffer (an eighth of a warp's time), else ``None``."""
    h, w = values.shape[:2]
    ends = placed[:, :2] @ np.array([w, h]) + placed[:, 2]
    upright = placed[0, 1] == placed[1, 0] == 0.0 and placed[0, 0] > 0 and placed[1, 1] > 0
    if not upright or np.abs(ends - box[2:]).max() > 0.51 or np.abs(placed[:, 2] - box[:2]).max() > 0.51:
        return None
    return _resize(values, (box[2] - box[0], box[3] - box[1]), smooth=smooth)


def _heat(canvas: RGB, layer: Heat, to_buffer: Affine, view: ViewState, _ground: Colour) -> None:
    placed = compose(to_buffer, layer.to_panel)
    box = _footprint(placed, layer.values.shape, (canvas.shape[1], canvas.shape[0]))
    x0, y0, x1, y1 = box
    if x1 <= x0 or y1 <= y0:
        return
    finite = np.nan_to_num(layer.values.astype(np.float32, copy=False), nan=layer.lo)
    values = _warp(finite, placed, box, smooth=layer.smooth)
    warped, target = cast("NDArray[np.float32]", values), canvas[y0:y1, x0:x1]
    if layer.over:
        below = np.ascontiguousarray(target)
        target[...] = colours.lay(warped, layer.lo, layer.hi, layer.colours, view.colours, view.opacity, below)
    else:
        lut = colours.table(layer.colours, view.colours)
        target[...] = colours.paint(warped, layer.lo, layer.hi, lut)


def _mask(canvas: RGB, layer: Mask, to_buffer: Affine, _view: ViewState, _ground: Colour) -> None:
    placed = compose(to_buffer, layer.to_panel)
    box = _footprint(placed, layer.values.shape, (canvas.shape[1], canvas.shape[0]))
    x0, y0, x1, y1 = box
    if x1 <= x0 or y1 <= y0:
        return
    soft = cast("NDArray[np.float32]", _warp(layer.values.astype(np.float32), placed, box, smooth=True))
    colour = CLASS_COLOURS[layer.colour % len(CLASS_COLOURS)]
    rgb = np.empty((*soft.shape, 3), np.uint8)
    rgb[:] = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    alpha = cast("NDArray[np.float32]", np.clip(soft, 0, 1) * np.float32(MASK_OPACITY))
    target = canvas[y0:y1, x0:x1]
    target[...] = cv2.blendLinear(rgb, np.ascontiguousarray(target), alpha, 1 - alpha)


def _cells(canvas: RGB, layer: Cells, to_buffer: Affine, view: ViewState, _ground: Colour) -> None:
    for index in range(len(layer.values)):
        x0, y0, x1, y1 = cell_box(layer, index)
        left, top = np.rint(to_buffer @ np.array([x0, y0, 1.0])).astype(int)
        right, bottom = np.rint(to_buffer @ np.array([x1, y1, 1.0])).astype(int)
        if right > left and bottom > top:
            fitted = _tile(layer, index, (int(right - left), int(bottom - top)), view)
            canvas[top:bottom, left:right] = fitted[: canvas.shape[0] - top, : canvas.shape[1] - left]


def _tile(layer: Cells, index: int, size: tuple[int, int], view: ViewState) -> RGB:
    values = np.ascontiguousarray(layer.values[index])
    if layer.under is None:
        tile = colours.paint(values, layer.lo, layer.hi, colours.table(layer.colours, view.colours))
        return cast("RGB", _resize(tile, size, smooth=False))
    below, large = _RECENT.resized(layer.under, size, (0, 0, *size), smooth=True), _resize(values, size, smooth=True)
    return colours.lay(large, layer.lo, layer.hi, layer.colours, view.colours, view.opacity, below)


def cell_box(layer: Cells, index: int) -> tuple[float, float, float, float]:
    """Box of one tile in panel pixels."""
    _, h, w = layer.values.shape
    row, column = divmod(index, layer.columns)
    x, y = column * w * CELL_PITCH, row * h * CELL_PITCH
    return x, y, x + w, y + h


_OVER: dict[type, Any] = {Heat: _heat, Mask: _mask, Cells: _cells}
