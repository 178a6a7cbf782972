"""One picture on its way through the program."""

from collections.abc import Hashable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A picture and where it came from.

    Parameters
    ----------
    pixels
        ``(H, W, 3) uint8 RGB``, read-only.
    source_id
        Changes whenever another source is opened; state of a temporal demo is dropped then.
    index
        Number of the picture within its source, from 0.
    time_s
        Seconds since the source's first picture.
    name
        What to call it: a file name, a camera's name.
    notes
        Quiet remarks about conversions ("16 bits were scaled to 8").
    stretchable
        The range in use ("64 to 3,104 of 65,535"), where a deep picture uses so little of its range that it
        is dark or flat, and its source can be opened stretched; "" otherwise.
    """

    pixels: NDArray[np.uint8]
    source_id: str = ""
    index: int = 0
    time_s: float = 0.0
    name: str = ""
    notes: tuple[str, ...] = field(default=())
    stretchable: str = ""

    def __post_init__(self) -> None:
        shape, kind = self.pixels.shape, self.pixels.dtype
        if len(shape) != 3 or shape[2] != 3 or kind != np.uint8 or 0 in shape:
            raise ValueError(f"a frame is (H, W, 3) uint8 with H, W ≥ 1, got {shape} {kind}")
        self.pixels.flags.writeable = False

    @property
    def height(self) -> int:
        """Height in pixels."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """Width in pixels."""
        return int(self.pixels.shape[1])

    @property
    def filmed(self) -> bool:
        """Whether it comes from a film or a camera, so that what moves in it moves by itself."""
        return self.source_id.partition("-")[0] in ("video", "camera")  # as the sources name themselves

    @property
    def key(self) -> Hashable:
        """Identity for the memo: the same key means the same pixels."""
        return (self.source_id, self.index, id(self.pixels))
