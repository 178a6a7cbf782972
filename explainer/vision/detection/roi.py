"""A box read out of a feature map: RoIPool rounds twice, RoIAlign never (Girshick 2015; He et al. 2017).

Boxes are x0, y0, x1, y1 in input pixels; ``scale`` is map cells for an input pixel.

* **RoIPool**: the corners are rounded to whole cells, both included; the ``P × P`` parts run from ``⌊p · s⌋`` to
  ``⌈(p + 1) · s⌉`` with ``s`` the rounded side over ``P``; each gives its largest value.
* **RoIAlign**: nothing is rounded; each part is read at ``n × n`` evenly spread points, bilinearly between the four
  nearest values, and gives their mean. ``aligned`` puts a cell's value at its middle; without it everything is read
  half a cell too far right and down, as the first programs did.

`roi_pool` and `roi_align` are written out in numpy; `pooled` is torchvision's for many boxes at once.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torchvision import ops

Array = NDArray[np.float64]
HALF = 0.5 + 1e-6  # of a cell
ROUNDED = "RoIPool's whole cells miss the box by"


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What was read for one box.

    Parameters
    ----------
    values
        ``(P, P)``.
    parts
        ``(P · P, 4)`` regions in cells of the map, x0 y0 x1 y1, row by row.
    points
        ``(K, 2)`` places x, y in cells of the map at which values were taken, a value's place being the middle of
        its cell.
    """

    values: Array
    parts: Array
    points: Array

    @property
    def region(self) -> Array:
        """All parts together ``(4,)``. RoIPool's is larger than the box, for both ends are included in rounding."""
        return np.array([*self.parts[:, :2].min(0), *self.parts[:, 2:].max(0)])


def _rounded(value: float) -> int:
    """Round half away from zero, as C does."""
    return int(math.floor(abs(value) + 0.5) * (1 if value >= 0 else -1))


def roi_pool(features: NDArray[np.float32], box: Array, scale: float, cells: int) -> Reading:
    """Read one map ``(h, w)`` by RoIPool."""
    rows, columns = features.shape
    x0, y0, x1, y1 = (_rounded(float(v) * scale) for v in box)
    wide, high = max(x1 - x0 + 1, 1), max(y1 - y0 + 1, 1)
    values, parts, points = np.zeros((cells, cells)), [], []
    for r in range(cells):
        top, bottom = (min(max(v + y0, 0), rows) for v in _span(r, high, cells))
        for c in range(cells):
            left, right = (min(max(v + x0, 0), columns) for v in _span(c, wide, cells))
            parts.append((left, top, right, bottom))
            if bottom > top and right > left:
                part = features[top:bottom, left:right]
                values[r, c] = part.max()
                at = np.unravel_index(int(part.argmax()), part.shape)
                points.append((left + at[1] + 0.5, top + at[0] + 0.5))
    return Reading(values, np.array(parts, np.float64), np.array(points, np.float64).reshape(-1, 2))


def _span(part: int, side: int, cells: int) -> tuple[int, int]:
    step = side / cells
    return math.floor(part * step), math.ceil((part + 1) * step)


def roi_align(
    features: NDArray[np.float32], box: Array, scale: float, cells: int, samples: int, *, aligned: bool = True
) -> Reading:
    """Read one map ``(h, w)`` by RoIAlign at ``samples × samples`` points for each part."""
    shift = 0.5 if aligned else 0.0
    x0, y0, x1, y1 = (float(v) * scale - shift for v in box)
    w, h = (x1 - x0, y1 - y0) if aligned else (max(x1 - x0, 1.0), max(y1 - y0, 1.0))
    steps = (np.arange(cells * samples) + 0.5) / (cells * samples)
    x, y = np.meshgrid(x0 + steps * w, y0 + steps * h)
    read = bilinear(features, x.ravel(), y.ravel()).reshape(cells, samples, cells, samples)
    edges = np.arange(cells) / cells
    left, top = (one.ravel() for one in np.meshgrid(x0 + edges * w, y0 + edges * h))
    parts = np.stack([left, top, left + w / cells, top + h / cells], 1) + 0.5
    points = np.stack([x, y], -1).reshape(-1, 2) + 0.5
    return Reading(read.mean((1, 3)), parts, points)


def bilinear(features: NDArray[np.float32], x: Array, y: Array) -> Array:
    """Values between the cells of a map ``(h, w)``; 0 more than one cell outside, the rim's value up to there."""
    rows, columns = features.shape
    outside = (x < -1) | (x > columns) | (y < -1) | (y > rows)
    x, y = np.clip(x, 0, columns - 1), np.clip(y, 0, rows - 1)
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    right, bottom = np.minimum(left + 1, columns - 1), np.minimum(top + 1, rows - 1)
    fx, fy = x - left, y - top
    above = features[top, left] * (1 - fx) + features[top, right] * fx
    below = features[bottom, left] * (1 - fx) + features[bottom, right] * fx
    return np.where(outside, 0.0, above * (1 - fy) + below * fy)


def missed(asked: Array, read: Array) -> tuple[Array, Array]:
    """From the middle of a side of the box `asked` to the same side of what is `read`: the farthest across and down.

    Returns
    -------
    start, end
        ``(2, 2)``, x and y, in whatever the boxes ``(4,)`` are given.
    """
    start = np.tile((asked[:2] + asked[2:]) / 2, (2, 1))
    end = start.copy()
    for axis in (0, 1):
        side = max(axis, axis + 2, key=lambda k: abs(read[k] - asked[k]))
        start[axis, axis], end[axis, axis] = asked[side], read[side]
    return start, end


def missing(off: float) -> str:
    """Why RoIPool misses a box by `off` cells, before the number of px.

    Rounding moves a side by half a cell at most; both ends are included, so the last cell comes on top as a whole.
    """
    return "RoIPool rounds, then reads the last cell whole: it misses the box by" if off > HALF else ROUNDED


def rounding(off: float) -> str:
    """Say the same in full, before the number of px."""
    if off > HALF:
        return "RoIPool rounds by half a cell at most, but then counts the last cell whole: it is off by up to"
    return "Rounding moves a side of the box by up to"


def pooled(
    features: NDArray[np.float32], boxes: Array, scale: float, cells: int, samples: int, *, aligned: bool = True
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """RoIPool and RoIAlign of torchvision for boxes ``(N, 4)`` on one map ``(h, w)``: both ``(N, P, P)``."""
    maps = torch.from_numpy(np.ascontiguousarray(features, np.float32))[None, None]
    rois = [torch.from_numpy(np.ascontiguousarray(boxes, np.float32))]
    hard = ops.roi_pool(maps, rois, cells, scale)
    soft = ops.roi_align(maps, rois, cells, scale, samples, aligned)
    return np.asarray(hard[:, 0].numpy()), np.asarray(soft[:, 0].numpy())


def change(values: NDArray[np.float32]) -> Array:
    """How far each output ``(N, P, P)`` lies from the middle one, as a share of its length; 0 if that has none."""
    flat = values.reshape(len(values), -1).astype(np.float64)
    middle = flat[len(flat) // 2]
    length = float(np.linalg.norm(middle))
    return np.linalg.norm(flat - middle, axis=1) / length if length else np.zeros(len(flat))


def steps(values: NDArray[np.float32]) -> tuple[int, float]:
    """How many different outputs there are, and the largest change from one to the next, a share of the middle one."""
    flat = values.reshape(len(values), -1).astype(np.float64)
    length = float(np.linalg.norm(flat[len(flat) // 2])) or 1.0
    jumps = np.linalg.norm(np.diff(flat, axis=0), axis=1)
    return int((jumps > 0).sum()) + 1, float(jumps.max()) / length


def strongest(maps: NDArray[np.float32], box: Array) -> int:
    """Number of the one of ``(C, h, w)`` that is largest, on average, in a box given in cells."""
    return int(_inside(maps, box).mean((1, 2)).argmax())


def most_varied(maps: NDArray[np.float32], box: Array) -> int:
    """Number of the one of ``(C, h, w)`` whose cells in a box, given in cells, have the largest standard deviation.

    What the strongest map holds there is often the same everywhere, for a ReLU6 ends at 6. A box in one cell has
    no deviation: there it is the strongest.
    """
    part = _inside(maps, box)
    return int(part.std((1, 2)).argmax()) if part[0].size > 1 else strongest(maps, box)


def _inside(maps: NDArray[np.float32], box: Array) -> NDArray[np.float32]:
    """All cells that a box touches, or the whole maps where it lies outside them."""
    x0, y0, x1, y1 = box
    rows, columns = (slice(int(a), max(int(np.ceil(b)), int(a) + 1)) for a, b in ((y0, y1), (x0, x1)))
    part = maps[:, rows, columns]
    return part if part.size else maps
