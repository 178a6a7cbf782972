"""Charts for the report's page, as SVG that takes its colours from the page's style."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

import numpy as np

WIDTH, HEIGHT = 460, 250
LEFT, RIGHT, TOP, BOTTOM = 42, 118, 12, 40
LINE = 13  # px between two labels


@dataclass(frozen=True, slots=True)
class Line:
    """One line: `y` over `x`; `colour` counts from 0, `dashed` for the second network."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    colour: int = 0
    dashed: bool = False


def curves(lines: Sequence[Line], x_label: str, ticks: Sequence[tuple[float, str]], label: str) -> str:
    """Draw shares, 0 to 100 %, over a common axis, each line named at its end.

    Parameters
    ----------
    ticks
        Places and names along the axis.
    label
        What a reader who does not see the picture is told.
    """
    lo, hi = min(t for t, _ in ticks), max(t for t, _ in ticks)
    span = (hi - lo) or 1.0

    def at(x: float, y: float) -> tuple[float, float]:
        return LEFT + (x - lo) / span * (WIDTH - LEFT - RIGHT), TOP + (1 - y) * (HEIGHT - TOP - BOTTOM)

    parts = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label, quote=True)}">']
    for share in (0, 0.25, 0.5, 0.75, 1):
        _, y = at(lo, share)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="tick" x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{share:.0%}</text>')
    for place, name in ticks:
        x, _ = at(place, 0)
        parts.append(
            f'<text class="tick" x="{x:.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{escape(name)}</text>'
        )
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text class="axis" x="{middle:.0f}" y="{HEIGHT - 5}" text-anchor="middle">{escape(x_label)}</text>')
    for line in lines:
        points = " ".join("{:.1f},{:.1f}".format(*at(x, y)) for x, y in zip(line.x, line.y, strict=True))
        dash = ' stroke-dasharray="5 4"' if line.dashed else ""
        parts.append(f'<polyline class="line s{line.colour}"{dash} points="{points}"/>')
    ends = [at(line.x[-1], line.y[-1])[1] for line in lines]
    for line, y in zip(lines, _apart(ends), strict=True):
        parts.append(
            f'<text class="name s{line.colour}" x="{WIDTH - RIGHT + 8}" y="{y + 4:.1f}">{escape(line.name)}</text>'
        )
    return "".join([*parts, "</svg>"])


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
