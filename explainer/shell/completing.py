"""What the window reads off a result: what fills a first picture up, and what words and maps there are."""

from collections.abc import Mapping
from dataclasses import replace

from explainer.core.charts import Bars
from explainer.core.layers import Cells, Heat
from explainer.core.result import Result


def completed(partial: Result, before: Result | None) -> Result:
    """Fill a first picture up with what the result before it had more, so that nothing jumps meanwhile.

    Panels and charts are matched by title. A demo that grows its panels has none more before.
    """
    if before is None:
        return partial
    panels = {panel.title: panel for panel in partial.panels}
    charts = {chart.title: chart for chart in partial.charts}
    more_panels = [panel for panel in before.panels if panel.title not in panels]
    more_charts = [chart for chart in before.charts if chart.title not in charts]
    if not more_panels and not more_charts:
        return partial
    kept_panels = [panels.get(panel.title, panel) for panel in before.panels]
    kept_charts = [charts.get(chart.title, chart) for chart in before.charts]
    new_panels = [p for p in partial.panels if p.title not in {k.title for k in kept_panels}]
    new_charts = [c for c in partial.charts if c.title not in {k.title for k in kept_charts}]
    filled = (*kept_panels, *new_panels), (*kept_charts, *new_charts)
    return replace(partial, panels=filled[0], charts=filled[1], heroes=partial.heroes or before.heroes)


def maps_of(result: Result) -> tuple[bool, bool]:
    """Whether a map is blended over a picture, and whether one takes the view's choice of colours."""
    layers = [layer for panel in result.panels for layer in panel.layers if isinstance(layer, Heat | Cells)]
    blended = any(isinstance(layer, Heat) and layer.over for layer in layers)
    return blended, any(layer.colours == "sequential" for layer in layers)


def facts_of(result: Result) -> Mapping[str, str]:
    """What "top-1" and "top-2" stand for, read off the class bars."""
    for chart in result.charts:
        if isinstance(chart, Bars) and any(sets and "target" in sets for sets in chart.sets):
            best = sorted(range(len(chart.values)), key=lambda i: -chart.values[i])
            return {f"top-{rank + 1}": chart.labels[i] for rank, i in enumerate(best[:2])}
    return {}
