"""Charts as plain values. Numbers are drawn by ``render``; nothing here knows how."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from explainer.core.layers import ColourMap, Sets, slug
from explainer.core.measured import MEASURED

Style = Literal["solid", "dashed", "dotted"]


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """Horizontal bars with a label and a number each; `chosen` is drawn in the accent colour.

    `spread` is drawn as a whisker of that length each way, for as many bars as it has numbers.
    """

    title: str
    labels: tuple[str, ...]
    values: tuple[float, ...]
    hi: float = 1.0
    lo: float = 0.0
    format: str = ".2f"
    chosen: int = 0
    note: str = ""
    sets: tuple[Sets | None, ...] = ()
    spread: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One line of a `Curve`: ``x`` and ``y`` of equal length. `colour` −1 is the accent, −2 is muted.

    `spread`, of the same length, is drawn as a band of that width above and below the line.
    """

    name: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    style: Style = "solid"
    colour: int = -1
    spread: NDArray[np.float64] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Lines over a common axis, labelled directly. Limits of ``None`` follow the data."""

    title: str
    series: tuple[Series, ...]
    x_label: str = ""
    y_label: str = ""
    y_range: tuple[float, float] | None = None
    x_range: tuple[float, float] | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """Counts ``(N,)`` between edges ``(N + 1,)``."""

    title: str
    edges: NDArray[np.float64]
    counts: NDArray[np.float64]
    x_label: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Matrix:
    """A table of numbers drawn as coloured cells, `values` ``(R, C) float``."""

    title: str
    values: NDArray[np.float64]
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    x_label: str = ""
    y_label: str = ""
    format: str = ".0f"
    note: str = ""
    colours: Literal["sequential", "diverging"] = "sequential"
    sets: tuple[Sets | None, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Scatter:
    """Points ``(N, 2) float``, coloured by class."""

    title: str
    xy: NDArray[np.float64]
    classes: tuple[int, ...] = ()
    labels: tuple[str, ...] = ()
    x_label: str = ""
    y_label: str = ""
    note: str = ""
    sets: tuple[Sets | None, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Rows of text under a header; numbers are set in tabular figures and aligned right."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A box of a `Graph`. `ms` is how long it took, which is measured."""

    name: str
    label: str
    note: str = ""
    sets: Sets | None = None
    ms: float | None = field(default=None, metadata=MEASURED)


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """Boxes joined by arrows, laid out from left to right in the order of their depth."""

    title: str
    nodes: tuple[Node, ...]
    edges: tuple[tuple[str, str], ...]
    chosen: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """One term of an `Equation`: numbers ``(R, C) float`` in cells that are coloured from `lo` to `hi`."""

    name: str
    values: NDArray[np.float64]
    lo: float
    hi: float
    colours: ColourMap = "diverging"
    format: str = ".2f"


@dataclass(frozen=True, slots=True, eq=False)
class Equation:
    """Grids of numbers side by side with a sign after each but the last, which is what they come to."""

    title: str
    grids: tuple[Grid, ...]
    signs: tuple[str, ...]
    note: str = ""


Chart = Bars | Curve | Histogram | Matrix | Scatter | Table | Graph | Equation


def chart_slug(chart: Chart) -> str:
    """The chart's title as a file name."""
    return slug(chart.title)
