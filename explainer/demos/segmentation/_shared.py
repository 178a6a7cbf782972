"""What the demos of this chapter share: panels of masks, painted marks, and the scores of a mask."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from explainer.core.geometry import PointXY, Stroke
from explainer.core.layers import Layer
from explainer.core.picture import Copy

OBJECT, BACKGROUND, REFERENCE, HIT, FALSE_ALARM, MISS = 1, 0, 2, 2, 5, 0  # colours of the class palette
Bools = NDArray[np.bool_]


def line(points: Sequence[tuple[float, float]], radius: float) -> Stroke:
    """Stroke through points given as fractions."""
    return Stroke(tuple(PointXY(x, y) for x, y in points), radius)


RIM = (line(((0.01, 0.01), (0.99, 0.01), (0.99, 0.99), (0.01, 0.99), (0.01, 0.01)), 0.02),)
BODY = (line(((0.5, 0.35), (0.5, 0.65)), 0.15),)
HEART = (line(((0.5, 0.42), (0.5, 0.6)), 0.05),)


def region(copy: Copy, name: str, mask: Bools, colour: int, *, outlined: bool = True) -> tuple[Layer, ...]:
    """Mask, filled and outlined."""
    from explainer.vision.segmentation.painting import contours

    over = Copy(copy.frame, mask.shape)
    edge = over.outline(f"{name} outline", contours(mask), colour) if outlined else ()
    return (over.mask(name, mask, colour), *edge)


def compared(copy: Copy, found: Bools, wanted: Bools) -> tuple[Layer, ...]:
    """True positives, false positives and false negatives in three colours."""
    return (
        copy.mask("found and wanted", found & wanted, HIT),
        copy.mask("found only", found & ~wanted, FALSE_ALARM),
        copy.mask("missed", wanted & ~found, MISS),
    )


def number(value: float | None, form: str = ".2f") -> str:
    """A number for a table; a dash where it is undefined."""
    return "–" if value is None else f"{value:{form}}".replace("-", "−")
