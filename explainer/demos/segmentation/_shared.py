"""What the demos of this chapter share: panels of masks, painted marks, and the scores of a mask."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainer.core.controls import Options
from explainer.core.frame import Frame
from explainer.core.geometry import Affine, PointXY, Stroke, apply, scale_shift
from explainer.core.layers import Image, Layer, Lines, Mask, Panel

OBJECT, BACKGROUND, REFERENCE, HIT, FALSE_ALARM, MISS = 1, 0, 2, 2, 5, 0  # colours of the class palette
BRUSHES = Options(
    {"object": "Object", "background": "Background", "reference": "Reference", "erase": "Erase reference"}
)
Bools = NDArray[np.bool_]


def line(points: Sequence[tuple[float, float]], radius: float) -> Stroke:
    """Stroke through points given as fractions."""
    return Stroke(tuple(PointXY(x, y) for x, y in points), radius)


RIM = (line(((0.01, 0.01), (0.99, 0.01), (0.99, 0.99), (0.01, 0.99), (0.01, 0.01)), 0.02),)
BODY = (line(((0.5, 0.35), (0.5, 0.65)), 0.15),)
HEART = (line(((0.5, 0.42), (0.5, 0.6)), 0.05),)


def to_frame(frame: Frame, shape: tuple[int, ...]) -> Affine:
    """Map from the pixels of a copy ``(h, w)`` of the whole frame to the frame's."""
    return scale_shift(frame.width / shape[1], frame.height / shape[0])


def panel(frame: Frame, title: str, layers: Sequence[Layer] = (), note: str = "", under: Any = None) -> Panel:
    """Panel with the frame, or another picture of it at its own resolution, and layers over it."""
    pixels = frame.pixels if under is None else under
    picture = Image("picture", pixels, to_frame(frame, pixels.shape), smooth=under is None)
    return Panel(title, (frame.width, frame.height), (picture, *layers), note)


def region(frame: Frame, name: str, mask: Bools, colour: int, *, outlined: bool = True) -> tuple[Layer, ...]:
    """Mask, filled and outlined."""
    from explainer.vision.segmentation.painting import contours

    place = to_frame(frame, mask.shape)
    filled = Mask(name, mask, place, colour)
    if not outlined:
        return (filled,)
    paths = tuple(apply(place, path) for path in contours(mask))
    return (filled, Lines(f"{name} outline", paths, (colour,) * len(paths), closed=True)) if paths else (filled,)


def compared(frame: Frame, found: Bools, wanted: Bools) -> tuple[Layer, ...]:
    """True positives, false positives and false negatives in three colours."""
    place = to_frame(frame, found.shape)
    return (
        Mask("found and wanted", found & wanted, place, HIT),
        Mask("found only", found & ~wanted, place, FALSE_ALARM),
        Mask("missed", wanted & ~found, place, MISS),
    )


def number(value: float | None, form: str = ".2f") -> str:
    """A number for a table; a dash where it is undefined."""
    return "–" if value is None else f"{value:{form}}".replace("-", "−")
