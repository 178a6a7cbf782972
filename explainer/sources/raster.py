"""Samples as a file holds them, with what is needed to show them rightly."""

from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from explainer.sources.colour import Space

Model = Literal["grey", "rgb", "cmyk", "lab"]
COLOURS: dict[Model, int] = {"grey": 1, "rgb": 3, "cmyk": 4, "lab": 3}


@dataclass(frozen=True, slots=True, eq=False)
class Raster:
    """A picture before it is brought to 8-bit sRGB.

    Parameters
    ----------
    values
        ``(H, W, C)``, any type of number: the channels of `model`, then opacity where `alpha` is not "".
    model
        What the channels mean. Lab has L in 0…100, as floats.
    alpha
        Whether the last channel is opacity, and whether the colours were multiplied by it.
    bits
        Significant bits of unsigned integers; 0: as many as the type has.
    inverted
        Whether the lowest value is white.
    profile, space
        ICC profile, or colour space by numbers.
    aspect
        Width of a pixel over its height.
    orientation
        EXIF's number, 1 to 8.
    notes
        What is to be said of the file.
    """

    values: NDArray[np.generic]
    model: Model
    alpha: Literal["", "straight", "multiplied"] = ""
    bits: int = 0
    inverted: bool = False
    profile: bytes = b""
    space: Space | None = None
    aspect: float = 1.0
    orientation: int = 1
    notes: tuple[str, ...] = field(default=())

    def noted(self, *notes: str, **changes: Any) -> "Raster":
        """Return the same with `changes`, and more to say."""
        return replace(self, notes=(*self.notes, *(note for note in notes if note)), **changes)
