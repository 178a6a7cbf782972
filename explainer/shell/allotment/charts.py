"""Charts in one place: stacked, side by side, or one at a time behind tabs."""

from collections.abc import Sequence
from typing import Literal

from explainer.shell.allotment.measures import Measures
from explainer.shell.allotment.shapes import Allotment, ChartShape

Box = tuple[int, int, int, int]
TABS, BETWEEN = 28, 24  # px at type scale 1


def put_charts(one: Allotment, m: Measures, x: int, y: int, wide: int, high: int) -> None:
    """Place all charts in a room of `wide` × `high`; those it cannot take at all are hidden."""
    shapes = m.wanted.charts
    placed = _stacked(m, shapes, wide, high) or _beside(m, shapes, wide, high)
    if placed is not None:
        for index, (dx, dy, w, h) in enumerate(placed):
            one.put("chart", index, (x + dx, y + dy), (w, h))
    elif _tabs_fit(m, shapes, wide, high):
        tabs = m.q(TABS)
        one.put("tabs", 0, (x, y), (wide, tabs))
        for index, shape in enumerate(shapes):
            one.put("chart", index, (x, y + tabs), (wide, min(high - tabs, m.q(shape.most))))
        one.tabbed = len(shapes) - 1
    else:
        one.hidden += len(shapes)


def fit(m: Measures, wide: int, high: int) -> bool:
    """Whether all charts can be seen at once in such a room."""
    shapes = m.wanted.charts
    return bool(shapes) and (_stacked(m, shapes, wide, high) or _beside(m, shapes, wide, high)) is not None


def kept_for(m: Measures, keep: Literal["tabs", "least", "most", "under"]) -> int:
    """Height for one chart behind tabs, for what all charts need above one another, or for what they can use."""
    if keep == "tabs":
        return max(m.q(shape.least) for shape in m.wanted.charts) + m.q(TABS)
    return least_stacked(m) if keep == "least" else most_stacked(m)


def width_kept_for(m: Measures, keep: Literal["tabs", "least", "most", "under"]) -> int:
    """Width for one chart, or for all side by side."""
    narrow = [m.q(shape.narrow) for shape in m.wanted.charts]
    return sum(narrow) + (len(narrow) - 1) * m.q(BETWEEN) if keep == "most" else max(narrow)


def least_stacked(m: Measures) -> int:
    """Height below which the charts cannot stand above one another."""
    shapes = m.wanted.charts
    return sum(m.q(shape.least) for shape in shapes) + max(0, len(shapes) - 1) * m.gap


def most_stacked(m: Measures) -> int:
    """Height that charts above one another can make use of."""
    shapes = m.wanted.charts
    return sum(m.q(shape.most) for shape in shapes) + max(0, len(shapes) - 1) * m.gap


def _stacked(m: Measures, shapes: Sequence[ChartShape], wide: int, high: int) -> list[Box] | None:
    free = high - least_stacked(m)
    if free < 0 or wide < max(m.q(shape.narrow) for shape in shapes):
        return None
    heights = _dealt([m.q(shape.least) for shape in shapes], [m.q(shape.most) for shape in shapes], free)
    boxes, y = [], 0
    for tall in heights:
        boxes.append((0, y, wide, tall))
        y += tall + m.gap
    return boxes


def _beside(m: Measures, shapes: Sequence[ChartShape], wide: int, high: int) -> list[Box] | None:
    between = m.q(BETWEEN)
    free = wide - (len(shapes) - 1) * between - sum(m.q(shape.narrow) for shape in shapes)
    if free < 0 or high < max(m.q(shape.least) for shape in shapes):
        return None
    boxes, x = [], 0
    for shape in shapes:
        w = m.q(shape.narrow) + free // len(shapes)
        boxes.append((x, 0, w, min(high, m.q(shape.most))))
        x += w + between
    return boxes


def _tabs_fit(m: Measures, shapes: Sequence[ChartShape], wide: int, high: int) -> bool:
    low = max(m.q(shape.least) for shape in shapes)
    return len(shapes) > 1 and high >= low + m.q(TABS) and wide >= max(m.q(shape.narrow) for shape in shapes)


def _dealt(least: Sequence[int], most: Sequence[int], free: int) -> list[int]:
    """Heights from `least` on, with `free` px dealt out evenly to those that can use them."""
    heights = list(least)
    while free > 0:
        open_ones = [i for i, tall in enumerate(heights) if tall < most[i]]
        if not open_ones:
            break
        share = max(1, free // len(open_ones))
        for i in open_ones:
            more = min(share, most[i] - heights[i], free)
            heights[i] += more
            free -= more
    return heights
