"""Which pictures and charts stand where, and the shapes by which they are placed."""

from collections.abc import Sequence
from dataclasses import dataclass

from explainer.core.charts import Bars, Chart, Graph, Matrix, Table
from explainer.core.heroes import aspect, main_views, shown_part
from explainer.core.layers import Image, Panel
from explainer.core.result import Result
from explainer.shell.allotment.shapes import FREE, ChartShape

NARROW, WIDE = 0.4, 2.6
"""Shapes beyond these are placed as if they had them: a line of pixels is no picture."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Indices into panels and charts; `hero_chart` stands large where no panel does."""

    heroes: tuple[int, ...]
    film: tuple[int, ...]
    charts: tuple[int, ...]
    hero_chart: int | None = None


def standing(result: Result, kept: int, chosen: Sequence[int] = ()) -> Standing:
    """What stands where.

    Parameters
    ----------
    kept
        How many panels kept for comparison follow those of the result; the first stands beside the hero.
    chosen
        Heroes that somebody chose instead of those the result names.
    """
    views, count = main_views(result), len(result.panels)
    heroes = tuple(chosen) if chosen and max(chosen) < count else views.panels
    if kept and heroes:
        heroes = (heroes[-1], count)
    film = tuple(i for i in range(count + kept) if i not in heroes)
    if not heroes and views.chart is None:
        return Standing(film[:1], film[1:], views.charts)
    hero_chart = None if heroes else views.chart
    charts = tuple(i for i in range(len(result.charts)) if i != hero_chart)
    return Standing(heroes, film, charts, hero_chart)


def shape_of(panel: Panel) -> float:
    """Width over height by which a panel is placed, in steps that a few pixels of a mosaic do not change."""
    return round(max(NARROW, min(WIDE, aspect(panel))), 2)


def hero_shapes(panels: Sequence[Panel], stands: Standing) -> tuple[float, ...]:
    """Shapes of the heroes; a chart takes all the room it gets."""
    return (FREE,) if stands.hero_chart is not None else tuple(shape_of(panels[i]) for i in stands.heroes)


def chart_shape(chart: Chart) -> ChartShape:
    """How low, how high and how narrow a chart may be, in px at type scale 1."""
    match chart:
        case Bars():
            rows = max(1, len(chart.values))
            return ChartShape(24 + 20 * rows, 24 + 34 * rows)
        case Table():
            rows = len(chart.rows) + any(chart.header)
            return ChartShape(24 + 20 * rows, 24 + 26 * rows, 200)
        case Matrix():
            return ChartShape(60 + 22 * max(1, len(chart.rows)), 420, 180)
        case Graph():
            return ChartShape(110, 240, 320)
    return ChartShape(128, 420, 170)


def is_bare(panel: Panel) -> bool:
    """Whether a panel is the photo and nothing over it."""
    return panel.frame and len(panel.layers) == 1 and isinstance(panel.layers[0], Image)


def is_cropped(panel: Panel) -> bool:
    """Whether a part of the panel is looked at first."""
    return shown_part(panel) != (0.0, 0.0, float(panel.size[0]), float(panel.size[1]))


def shows_more(result: Result) -> bool:
    """Whether there is more to see than the bare picture."""
    return bool(result.charts) or any(not is_bare(panel) for panel in result.panels)
