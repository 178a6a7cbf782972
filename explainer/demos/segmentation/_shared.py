"""What the demos of this chapter share: panels of masks, painted marks, and the scores of a mask."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from explainer.core.frame import Frame
from explainer.core.geometry import BoxXYXY, PointXY, Stroke, apply
from explainer.core.layers import Label, Layer
from explainer.core.picture import Copy

OBJECT, BACKGROUND, REFERENCE, HIT, FALSE_ALARM, MISS = 1, 0, 2, 2, 5, 0  # colours of the class palette
AWAY = 0.02  # share of the picture's sides by which background keeps away from a box
LITTLE, CORNER = 0.1, 1.15  # share of the picture that is no background yet; radii from the middle where corners begin
Bools = NDArray[np.bool_]


def line(points: Sequence[tuple[float, float]], radius: float) -> Stroke:
    """Stroke through points given as fractions."""
    return Stroke(tuple(PointXY(x, y) for x, y in points), radius)


def upright(box: BoxXYXY, frame: Frame, high: float, wide: float) -> tuple[Stroke, ...]:
    """One stroke in the middle of a box, over these shares of its height and of its shorter side."""
    x, (width, height) = (box.x0 + box.x1) / 2, (box.x1 - box.x0, box.y1 - box.y0)
    radius = wide / 2 * min(width, height * frame.height / frame.width)
    way = max(0.0, high * height / 2 - radius * frame.width / frame.height)
    middle = (box.y0 + box.y1) / 2
    return (line(((x, middle - way), (x, middle + way)), radius),)


def outside_of(box: BoxXYXY, height: int, width: int) -> Bools:
    """All that lies outside a box and not near it, ``(height, width)``; of a box that is all, its upper corners."""
    y, x = (np.mgrid[:height, :width] + 0.5) / np.reshape([height, width], (2, 1, 1))
    away = np.maximum(np.maximum(box.x0 - x, x - box.x1), np.maximum(box.y0 - y, y - box.y1)) > AWAY
    if away.mean() >= LITTLE:
        return np.asarray(away)
    across, down = (2 * x - box.x0 - box.x1) / (box.x1 - box.x0), (2 * y - box.y0 - box.y1) / (box.y1 - box.y0)
    return np.asarray(away | ((down < 0) & (np.hypot(across, down) > CORNER)))


def region(copy: Copy, name: str, mask: Bools, colour: int, *, outlined: bool = True) -> tuple[Layer, ...]:
    """Mask, filled and outlined."""
    from explainer.vision.segmentation.painting import contours

    over = Copy(copy.frame, mask.shape)
    edge = over.outline(f"{name} outline", contours(mask), colour) if outlined else ()
    return (over.mask(name, mask, colour), *edge)


def named(copy: Copy, region: Bools, text: str, colour: int) -> tuple[Label, ...]:
    """A word where a region is widest; nothing where there is no region."""
    from explainer.vision.segmentation.instances import distance_inside

    if not region.any():
        return ()
    deep = distance_inside(np.pad(region, 1))[1:-1, 1:-1]
    row, column = np.unravel_index(int(deep.argmax()), deep.shape)
    over = Copy(copy.frame, region.shape)
    (x, y), *_ = apply(over.to_frame, np.array([[column + 0.5, row + 0.5]]))
    return (Label(f"name of {text}", text, (float(x), float(y)), colour),)


def compared(copy: Copy, found: Bools, wanted: Bools) -> tuple[Layer, ...]:
    """True positives, false positives and false negatives in three colours, each with its name."""
    parts = (
        ("right", found & wanted, HIT), ("extra", found & ~wanted, FALSE_ALARM), ("missed", wanted & ~found, MISS)
    )  # fmt: skip
    regions = tuple(copy.mask(name, region, colour) for name, region, colour in parts)
    return (*regions, *(one for part in parts for one in named(copy, part[1], part[0], part[2])))


def number(value: float | None, form: str = ".2f") -> str:
    """A number for a table; a dash where it is undefined."""
    return "–" if value is None else f"{value:{form}}".replace("-", "−")
