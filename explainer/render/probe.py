"""What lies under the cursor, and what a click there would set."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainer.core.geometry import Affine, apply, invert
from explainer.core.layers import Boxes, Cells, Heat, Image, Panel, Points, Sets
from explainer.core.number_text import compact, with_unit
from explainer.render.compose import cell_box


def value_at(panel: Panel, x: float, y: float) -> str:
    """Value of the topmost map under panel point (x, y), else the picture's colour; "" outside."""
    for layer in reversed(panel.layers):
        if isinstance(layer, Heat):
            found = _sample(layer.values, layer.to_panel, x, y)
            if found is not None:
                return with_unit(compact(float(found)), layer.unit)
        elif isinstance(layer, Cells):
            index = cell_at(layer, x, y)
            if index >= 0:
                x0, y0, _, _ = cell_box(layer, index)
                inside = layer.values[index][int(y - y0), int(x - x0)]
                return compact(float(inside))
        elif isinstance(layer, Image):
            found = _sample(layer.pixels, layer.to_panel, x, y)
            if found is not None:
                return "{} {} {}".format(*found)
    return ""


def sets_at(panel: Panel, x: float, y: float, reach: float) -> Sets | None:
    """Change of params that a click at (x, y) makes; `reach` is the tolerance in panel pixels."""
    for layer in reversed(panel.layers):
        found = -1
        if isinstance(layer, Cells):
            found = cell_at(layer, x, y)
        elif isinstance(layer, Points) and len(layer.xy):
            away = np.hypot(layer.xy[:, 0] - x, layer.xy[:, 1] - y)
            found = int(away.argmin()) if away.min() <= reach else -1
        elif isinstance(layer, Boxes):
            found = _smallest_box(layer, x, y)
        else:
            continue
        if 0 <= found < len(layer.sets) and layer.sets[found] is not None:
            return layer.sets[found]
    return None


def cell_at(layer: Cells, x: float, y: float) -> int:
    """Index of the tile at panel point (x, y), −1 in a gap."""
    for index in range(len(layer.values)):
        x0, y0, x1, y1 = cell_box(layer, index)
        if x0 <= x < x1 and y0 <= y < y1:
            return index
    return -1


def _smallest_box(layer: Boxes, x: float, y: float) -> int:
    areas = [
        (float((x1 - x0) * (y1 - y0)), i)
        for i, (x0, y0, x1, y1) in enumerate(layer.xyxy)
        if x0 <= x <= x1 and y0 <= y <= y1
    ]
    return min(areas)[1] if areas else -1


def _sample(values: NDArray[Any], to_panel: Affine, x: float, y: float) -> NDArray[Any] | None:
    column, row = np.floor(apply(invert(to_panel), np.array([[x, y]]))[0]).astype(int)
    if 0 <= row < values.shape[0] and 0 <= column < values.shape[1]:
        return np.asarray(values[row, column])
    return None
