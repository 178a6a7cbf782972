"""Where everything lies in the charts of the report's page, in px of its SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

WIDTH, HEIGHT = 460, 250
LEFT, RIGHT, TOP, BOTTOM = 42, 118, 12, 40
ENDS = WIDTH - RIGHT
MIDDLE = (LEFT + ENDS) // 2
LINE = 13  # px between two labels
Named = tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One line: `y` over `x`; `colour` counts from 0, `dashed` for the second network."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    colour: int = 0
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart to be drawn.

    Parameters
    ----------
    label
        What a reader who does not see the picture is told.
    shares, ticks
        Heights of the grid's lines and places along the axis, with what is written there.
    lines
        Each with its points.
    names_y
        Height of each line's name, none over another.
    """

    label: str
    x_label: str
    shares: Named
    ticks: Named
    lines: tuple[tuple[Line, tuple[tuple[float, float], ...]], ...]
    names_y: tuple[float, ...]


def curves(lines: Sequence[Line], x_label: str, ticks: Sequence[tuple[float, str]], label: str) -> Chart:
    """Lay out shares, 0 to 100 %, over a common axis that runs from the first to the last tick."""
    lo, hi = min(t for t, _ in ticks), max(t for t, _ in ticks)
    span = (hi - lo) or 1.0

    def at(x: float, y: float) -> tuple[float, float]:
        return LEFT + (x - lo) / span * (ENDS - LEFT), TOP + (1 - y) * (HEIGHT - TOP - BOTTOM)

    return Chart(
        label,
        x_label,
        tuple((at(lo, share)[1], f"{share:.0%}") for share in (0, 0.25, 0.5, 0.75, 1)),
        tuple((at(place, 0)[0], name) for place, name in ticks),
        tuple((line, tuple(at(x, y) for x, y in zip(line.x, line.y, strict=True))) for line in lines),
        tuple(_apart([at(line.x[-1], line.y[-1])[1] for line in lines])),
    )


def _apart(heights: Sequence[float]) -> list[float]:
    """Move labels so that no two overlap, in the order of their lines, and all stay on the chart."""
    order = np.argsort(heights, kind="stable")
    placed = np.asarray(heights, float).copy()
    for above, below in pairwise(order):
        placed[below] = max(placed[below], placed[above] + LINE)
    over = placed.max(initial=0.0) - (HEIGHT - BOTTOM)
    if over > 0:
        for index in order[::-1]:
            placed[index] = min(placed[index], HEIGHT - BOTTOM - LINE * (len(order) - 1 - list(order).index(index)))
    return [float(y) for y in placed]
