"""Anchors of six detectors, as torchvision lays them out: a few boxes round every cell of every feature map.

`Setting` says what is laid out; `layout` does it for one picture size. Two recipes:

* Faster R-CNN, RetinaNet, FCOS (`AnchorGenerator`): side ``s``, ratio ``r = h / w``, so ``w = s / √r``,
  ``h = s · √r``, rounded, round the top left corner of each cell; the stride is the input's side over the map's,
  rounded down.
* SSD (`DefaultBoxGenerator`): round each cell's centre, shares of the input: two squares ``s`` and ``√(s · s')`` with
  the next level's ``s'``, and for every ratio ``a`` a wide and a high box ``s · √a`` by ``s / √a``.

Sources: torchvision 0.29 ``anchor_utils.py``; Ren et al. 2015; Liu et al. 2016; Lin et al. 2017; Tian et al. 2019.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Rule = Literal["best-ties", "best-one", "none", "centre"]
THREE = (0.5, 1.0, 2.0)


@dataclass(frozen=True, slots=True)
class Setting:
    """How one detector lays out and matches its anchors.

    Parameters
    ----------
    strides
        Of the levels, as designed; the layout's own follow from the picture's size.
    sizes
        Sides in input pixels for each level; for SSD the scale of each level as a share of the input, and one more.
    ratios
        Height over width for each level; for SSD the ratios beside 1.
    short_px, long_px
        The shorter side becomes the first unless the longer one would exceed the second. For SSD the side of the
        square that the input is squeezed into.
    high, low
        From `high` on an anchor is positive, below `low` it is negative, between it is ignored.
    rule
        Which anchors every true box keeps whatever its overlap: ``"best-ties"`` its best and all that equal it,
        ``"best-one"`` its best. ``"centre"``: no overlap counts, but the place (FCOS).
    """

    title: str
    strides: tuple[int, ...]
    sizes: tuple[tuple[float, ...], ...]
    ratios: tuple[tuple[float, ...], ...]
    short_px: int
    long_px: int
    high: float
    low: float
    rule: Rule
    square: bool = False
    multiple: int = 32
    grids: tuple[int, ...] = ()

    @property
    def is_ssd(self) -> bool:
        """Whether it lays out default boxes."""
        return self.square


def _ssd(title: str, side: int, grids: tuple[int, ...], scales: tuple[float, ...], wide: tuple[tuple[float, ...], ...],
         strides: tuple[int, ...]) -> Setting:  # fmt: skip
    sizes = tuple((one,) for one in scales)
    return Setting(title, strides, sizes, wide, side, side, 0.5, 0.5, "best-one", square=True, grids=grids)


def _evenly(lo: float, hi: float, count: int) -> tuple[float, ...]:
    return (*(lo + (hi - lo) * k / (count - 1.0) for k in range(count)), 1.0)


SETTINGS: Mapping[str, Setting] = {
    "faster-rcnn": Setting(
        "Faster R-CNN with pyramid", (4, 8, 16, 32, 64), ((32,), (64,), (128,), (256,), (512,)), (THREE,) * 5,
        800, 1333, 0.7, 0.3, "best-ties"),
    "faster-rcnn-2015": Setting(
        "Faster R-CNN of 2015", (16,), ((128, 256, 512),), (THREE,), 600, 1000, 0.7, 0.3, "best-ties"),
    "retinanet": Setting(
        "RetinaNet", (8, 16, 32, 64, 128),
        tuple((x, int(x * 2 ** (1 / 3)), int(x * 2 ** (2 / 3))) for x in (32, 64, 128, 256, 512)), (THREE,) * 5,
        800, 1333, 0.5, 0.4, "best-ties"),
    "ssd300": _ssd(
        "SSD300", 300, (38, 19, 10, 5, 3, 1), (0.07, 0.15, 0.33, 0.51, 0.69, 0.87, 1.05),
        ((2,), (2, 3), (2, 3), (2, 3), (2,), (2,)), (8, 16, 32, 64, 100, 300)),
    "ssdlite320": _ssd(
        "SSDLite320", 320, (20, 10, 5, 3, 2, 1), _evenly(0.2, 0.95, 6), ((2, 3),) * 6, ()),
    "fcos": Setting(
        "FCOS, no anchors", (8, 16, 32, 64, 128), ((8,), (16,), (32,), (64,), (128,)), ((1.0,),) * 5,
        800, 1333, 0.5, 0.5, "centre"),
    "scenes": Setting(
        "The net that came with the program", (4, 8, 16, 32, 64), ((12,), (24,), (48,), (96,), (192,)), (THREE,) * 5,
        192, 320, 0.7, 0.3, "best-ties"),
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """Anchors of one feature map.

    Parameters
    ----------
    grid
        Rows and columns of the map.
    stride
        Input pixels from cell to cell, down and across.
    boxes
        ``(rows · columns · A, 4) float32`` x0 y0 x1 y1 in input pixels; all of a cell stand together.
    per_cell
        A.
    """

    grid: tuple[int, int]
    stride: tuple[float, float]
    boxes: Array
    per_cell: int

    def at(self, row: int, column: int) -> slice:
        """Return the rows of `boxes` that belong to a cell."""
        start = (row * self.grid[1] + column) * self.per_cell
        return slice(start, start + self.per_cell)


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """All anchors for pictures of one size.

    Parameters
    ----------
    resized, padded
        Width and height of the picture inside the input, and of the whole input.
    """

    resized: tuple[int, int]
    padded: tuple[int, int]
    levels: tuple[Level, ...]

    @property
    def boxes(self) -> Array:
        """All anchors, ``(N, 4)``, level after level."""
        return np.concatenate([level.boxes for level in self.levels])

    @property
    def starts(self) -> tuple[int, ...]:
        """Where each level begins in `boxes`, and where the last one ends."""
        return (0, *np.cumsum([len(level.boxes) for level in self.levels]).tolist())


def input_size(setting: Setting, width: int, height: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Width and height to which a picture is resized, and to which the input is then padded."""
    if setting.square:
        side = (setting.short_px, setting.short_px)
        return side, side
    scale = min(setting.short_px / min(width, height), setting.long_px / max(width, height))
    resized = max(1, math.floor(width * scale)), max(1, math.floor(height * scale))
    m = setting.multiple
    return resized, (-(-resized[0] // m) * m, -(-resized[1] // m) * m)


def layout(setting: Setting, width: int, height: int) -> Layout:
    """Lay out all anchors for a picture of this size."""
    resized, padded = input_size(setting, width, height)
    make = _default_level if setting.is_ssd else _grid_level
    levels = tuple(make(setting, k, padded) for k in range(len(setting.ratios)))
    return Layout(resized, padded, levels)


def base_anchors(sizes: tuple[float, ...], ratios: tuple[float, ...]) -> Array:
    """Anchors of one cell round (0, 0), ``(ratios · sizes, 4)``, rounded to whole pixels."""
    side, ratio = np.asarray(sizes, np.float32), np.asarray(ratios, np.float32)
    high = np.sqrt(ratio)
    wide = np.float32(1) / high
    w, h = (wide[:, None] * side).ravel(), (high[:, None] * side).ravel()
    return np.asarray(np.rint(np.stack([-w, -h, w, h], 1) / np.float32(2)))


def _grid_level(setting: Setting, k: int, padded: tuple[int, int]) -> Level:
    base = base_anchors(setting.sizes[k], setting.ratios[k])
    columns, rows = (-(-side // setting.strides[k]) for side in padded)
    stride = padded[1] // rows, padded[0] // columns
    x, y = np.arange(columns, dtype=np.float32) * stride[1], np.arange(rows, dtype=np.float32) * stride[0]
    boxes = np.empty((rows, columns, len(base), 4), np.float32)
    boxes[..., 0::2] = x[None, :, None, None] + base[:, 0::2]
    boxes[..., 1::2] = y[:, None, None, None] + base[:, 1::2]
    return Level((rows, columns), stride, boxes.reshape(-1, 4), len(base))


def _default_level(setting: Setting, k: int, padded: tuple[int, int]) -> Level:
    scale, beyond = setting.sizes[k][0], setting.sizes[k + 1][0]
    between = math.sqrt(scale * beyond)
    pairs = [(scale, scale), (between, between)]
    for ratio in setting.ratios[k]:
        w, h = scale * math.sqrt(ratio), scale / math.sqrt(ratio)
        pairs += [(w, h), (h, w)]
    sides = np.clip(np.array(pairs, np.float32), 0, 1)
    grid, width = setting.grids[k], padded[0]
    cells = width / setting.strides[k] if setting.strides else float(grid)
    middle = ((np.arange(grid, dtype=np.float32) + np.float32(0.5)) / np.float32(cells)).astype(np.float32)
    half = np.float32(0.5) * sides
    boxes = np.empty((grid, grid, len(sides), 4), np.float32)
    boxes[..., 0], boxes[..., 2] = middle[None, :, None] - half[:, 0], middle[None, :, None] + half[:, 0]
    boxes[..., 1], boxes[..., 3] = middle[:, None, None] - half[:, 1], middle[:, None, None] + half[:, 1]
    step = width / cells
    return Level((grid, grid), (step, step), (boxes * np.float32(width)).reshape(-1, 4), len(sides))
