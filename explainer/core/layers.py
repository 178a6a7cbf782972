"""What a panel is made of. Every layer keeps its array at its own resolution.

``to_panel`` is the affine map from the layer's own pixels to the panel's (for a picture: the frame's
pixels); only ``render`` resamples. ``sets`` on a drawn item is the change of params that a click on it makes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from explainer.core.geometry import Affine, identity

Sets = Mapping[str, Any]
ColourMap = Literal["sequential", "diverging", "grey", "categorical"]


@dataclass(frozen=True, slots=True, eq=False)
class Image:
    """A picture ``(H, W, 3) uint8 RGB``. With `focus` (x0, y0, x1, y1 in panel pixels) the rest is dimmed."""

    name: str
    pixels: NDArray[np.uint8]
    to_panel: Affine = field(default_factory=identity)
    focus: tuple[float, float, float, float] | None = None
    smooth: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Heat:
    """A map ``(h, w) float32`` drawn in colour over what lies below it.

    Parameters
    ----------
    lo, hi
        Values at the ends of the colour bar; ``diverging`` maps have ``lo = -hi``.
    unit
        Printed at the colour bar.
    over
        Whether it is blended over the picture (the view's opacity) or stands alone.
    """

    name: str
    values: NDArray[np.float32]
    lo: float
    hi: float
    to_panel: Affine = field(default_factory=identity)
    colours: ColourMap = "sequential"
    unit: str = ""
    over: bool = True
    smooth: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Mask:
    """A region ``(h, w)`` bool, or soft in 0…1 float32, filled in the colour of class `colour`."""

    name: str
    values: NDArray[Any]
    to_panel: Affine = field(default_factory=identity)
    colour: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Boxes:
    """Boxes ``(N, 4) float`` x0, y0, x1, y1 in panel pixels. `colours` index the class palette."""

    name: str
    xyxy: NDArray[np.float64]
    labels: tuple[str, ...] = ()
    colours: tuple[int, ...] = ()
    dashed: bool = False
    sets: tuple[Sets | None, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Points ``(N, 2) float`` in panel pixels."""

    name: str
    xy: NDArray[np.float64]
    labels: tuple[str, ...] = ()
    colours: tuple[int, ...] = ()
    size_px: float = 9.0
    sets: tuple[Sets | None, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Polylines, each ``(N, 2) float`` in panel pixels."""

    name: str
    paths: tuple[NDArray[np.float64], ...]
    colours: tuple[int, ...] = ()
    closed: bool = False
    width_px: float = 1.5


@dataclass(frozen=True, slots=True, eq=False)
class Arrows:
    """Arrows from ``start`` to ``end``, each ``(N, 2) float`` in panel pixels."""

    name: str
    start: NDArray[np.float64]
    end: NDArray[np.float64]
    colours: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """A mosaic of small maps ``(N, h, w) float32``, `columns` to a row; a click on one applies its `sets`.

    `labels` stand in the upper left corner of each, `below` in the lower left one. The panel is as large as the
    mosaic: ``columns · (w + gap)`` by ``rows · (h + gap)`` in map pixels. `under` is a picture ``(H, W, 3) uint8 RGB``
    that lies below every tile, so that one sees where each is warm. With `marks`, one for each tile, tiles are pictures
    and no measurements: `labels` and `below` are strips across the head and the foot of each, and where a mark is not
    −1 the upper strip and a frame round the tile have its colour of the class palette.
    """

    name: str
    values: NDArray[np.float32]
    columns: int
    lo: float
    hi: float
    colours: ColourMap = "sequential"
    labels: tuple[str, ...] = ()
    sets: tuple[Sets | None, ...] = ()
    chosen: int = -1
    under: NDArray[np.uint8] | None = None
    below: tuple[str, ...] = ()
    marks: tuple[int, ...] = ()

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the mosaic in panel pixels."""
        n, h, w = self.values.shape
        rows = -(-n // self.columns)
        return self.columns * w * CELL_PITCH, rows * h * CELL_PITCH


CELL_PITCH = 1.08  # each tile's share of the mosaic, gap included, over its own size


@dataclass(frozen=True, slots=True, eq=False)
class Label:
    """A word on the picture, anchored at ``(x, y)`` in panel pixels; of what it names, `clear` px around stay free."""

    name: str
    text: str
    xy: tuple[float, float]
    colour: int = -1
    clear: float = 0.0


Layer = Image | Heat | Mask | Boxes | Points | Lines | Arrows | Cells | Label


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """One picture of the stage.

    Parameters
    ----------
    title, note
        Small type above the panel: what it is, and a quiet remark ("features, 7 × 7").
    size
        Width and height of the panel's own pixels; for a picture the frame's.
    layers
        Drawn in order, the first at the bottom.
    frame
        Whether panel pixels are frame pixels, so that zoom and cursor are linked with the other such panels.
    """

    title: str
    size: tuple[float, float]
    layers: tuple[Layer, ...]
    note: str = ""
    frame: bool = True

    @property
    def slug(self) -> str:
        """The title as a file name and as the name that ``OnPicture`` uses."""
        return slug(self.title)


def slug(text: str) -> str:
    """Lower case, words joined by hyphens: ``"Grad-CAM, “tiger cat”"`` → ``"grad-cam-tiger-cat"``."""
    kept = "".join(c if c.isascii() and c.isalnum() else "-" for c in text.lower())
    return "-".join(part for part in kept.split("-") if part)
