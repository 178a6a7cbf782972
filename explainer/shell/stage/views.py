"""Which pictures and charts stand where, and the shapes by which they are placed."""

from collections.abc import Sequence
from dataclasses import dataclass

from explainer.core.charts import Chart, Curve, Equation, Graph, Histogram, Matrix, Scatter, Table
from explainer.core.heroes import aspect, main_views, shown_part
from explainer.core.layers import Image, Panel
from explainer.core.result import Result
from explainer.render.chart_equation import shape as equation_shape
from explainer.render.chart_heights import best_height, least_height
from explainer.render.look import look
from explainer.shell.allotment.shapes import FREE, ChartShape

NARROW, WIDE = 0.4, 2.6
"""Shapes beyond these are placed as if they had them: a line of pixels is no picture."""
NARROWEST = {Table: 200, Matrix: 180, Graph: 320, Curve: 170, Histogram: 170, Scatter: 170, Equation: 400}
"""Width in px at type scale 1 below which a chart of a kind says little; 150 for the others."""

COLUMN = 52  # px at type scale 1 that a column of a table takes


@dataclass(frozen=True, slots=True)
class Standing:
    """Indices into panels and charts; `hero_chart` stands large where no panel does."""

    heroes: tuple[int, ...]
    film: tuple[int, ...]
    charts: tuple[int, ...]
    hero_chart: int | None = None


def standing(result: Result, chosen: Sequence[int] = ()) -> Standing:
    """What stands where.

    Parameters
    ----------
    chosen
        Heroes that somebody chose instead of those the result names.
    """
    views, count = main_views(result), len(result.panels)
    heroes = tuple(chosen) if chosen and max(chosen) < count else views.panels
    film = tuple(i for i in range(count) if i not in heroes)
    if not heroes and views.chart is None:
        return Standing(film[:1], film[1:], views.charts)
    hero_chart = None if heroes else views.chart
    charts = tuple(i for i in range(len(result.charts)) if i != hero_chart)
    return Standing(heroes, film, charts, hero_chart)


def shape_of(panel: Panel) -> float:
    """Width over height by which a panel is placed, in steps that a few pixels of a mosaic do not change."""
    return round(max(NARROW, min(WIDE, aspect(panel))), 2)


def hero_shapes(panels: Sequence[Panel], charts: Sequence[Chart], stands: Standing) -> tuple[float, ...]:
    """Shapes of the heroes; a chart takes all the room it gets, but cells of an equation are squares."""
    if stands.hero_chart is None:
        return tuple(shape_of(panels[i]) for i in stands.heroes)
    chart = charts[stands.hero_chart]
    return (round(max(NARROW, min(WIDE, equation_shape(chart))), 2),) if isinstance(chart, Equation) else (FREE,)


def chart_shape(chart: Chart) -> ChartShape:
    """How low, how high and how narrow a chart may be, in px at type scale 1."""
    columns = len(chart.header) if isinstance(chart, Table) else 0
    narrow = max(NARROWEST.get(type(chart), 150), COLUMN * columns)
    one = look()
    return ChartShape(least_height(chart, one, narrow), best_height(chart, one, narrow), narrow)


def is_bare(panel: Panel) -> bool:
    """Whether a panel is the photo and nothing over it."""
    return panel.frame and len(panel.layers) == 1 and isinstance(panel.layers[0], Image)


def is_cropped(panel: Panel) -> bool:
    """Whether a part of the panel is looked at first."""
    return shown_part(panel) != (0.0, 0.0, float(panel.size[0]), float(panel.size[1]))


def shows_more(result: Result) -> bool:
    """Whether there is more to see than the bare picture."""
    return bool(result.charts) or any(not is_bare(panel) for panel in result.panels)
