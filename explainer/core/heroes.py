"""Which pictures of a result stand large, which stand in the film, and what part of each is looked at."""

from dataclasses import dataclass

from explainer.core.charts import chart_slug
from explainer.core.layers import Image, Panel
from explainer.core.picture import Focus
from explainer.core.result import Result


@dataclass(frozen=True, slots=True)
class MainViews:
    """Indices into a result's panels and charts.

    Parameters
    ----------
    panels
        Heroes: one or two panels; empty where a chart is the hero, or there is nothing.
    chart
        The chart that stands large where no panel does.
    film
        The other panels.
    charts
        The other charts.
    """

    panels: tuple[int, ...]
    chart: int | None
    film: tuple[int, ...]
    charts: tuple[int, ...]


def main_views(result: Result) -> MainViews:
    """Heroes as the result names them; where it names none, what its panels suggest."""
    slugs = [panel.slug for panel in result.panels]
    named = tuple(slugs.index(name) for name in result.heroes if name in slugs)
    chart = next((i for i, one in enumerate(result.charts) if chart_slug(one) in result.heroes), None)
    if not result.heroes:
        named = _likely(result)
        chart = 0 if not named and result.charts else None
    film = tuple(i for i in range(len(slugs)) if i not in named)
    return MainViews(named, chart, film, tuple(i for i in range(len(result.charts)) if i != chart))


def _likely(result: Result) -> tuple[int, ...]:
    """The first picture with something drawn over it, else the last one."""
    drawn = (i for i, panel in enumerate(result.panels) if panel.frame and len(panel.layers) > 1)
    found = next(drawn, len(result.panels) - 1)
    return (found,) if found >= 0 else ()


def shown_part(panel: Panel) -> Focus:
    """Part of a panel that is looked at first, x0, y0, x1, y1: what the network sees where a layer says so."""
    focus = next((layer.focus for layer in panel.layers if isinstance(layer, Image) and layer.focus), None)
    return _inside(panel, focus) if focus else (0.0, 0.0, float(panel.size[0]), float(panel.size[1]))


def _inside(panel: Panel, part: Focus) -> Focus:
    x0, y0, x1, y1 = part
    width, height = panel.size
    inside = max(0.0, x0), max(0.0, y0), min(float(width), x1), min(float(height), y1)
    whole = 0.0, 0.0, float(width), float(height)
    return inside if inside[2] - inside[0] > 1 and inside[3] - inside[1] > 1 else whole


def aspect(panel: Panel) -> float:
    """Width over height of the part that is looked at first."""
    x0, y0, x1, y1 = shown_part(panel)
    return (x1 - x0) / (y1 - y0)
