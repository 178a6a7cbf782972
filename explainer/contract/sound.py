"""The clause "finite and in bounds": a result that any renderer can draw and any script can read."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any

import numpy as np

from explainer.core import paths
from explainer.core.charts import Bars, Chart, Curve, Equation, Graph, Histogram, Matrix, Scatter, Table, chart_slug
from explainer.core.controls import AUTO, control, visible
from explainer.core.demo import Demo
from explainer.core.geometry import apply
from explainer.core.layers import Arrows, Boxes, Cells, Heat, Image, Label, Layer, Lines, Mask, Panel, Points, slug
from explainer.core.measured import UNITS
from explainer.core.model_card import ModelCard
from explainer.core.params import checked
from explainer.core.result import Result

SLACK_PX = 1.0  # by so much a map may stick out of its panel: rounding to whole input pixels
SAYS_SO = "outside"  # a panel whose note has this word may hold what lies beyond its edges
MOST_WORDS, MOST_NUMBERS = 20, 2  # of a headline
_QUOTED = re.compile("“[^”]*”")
_NUMBER = re.compile(r"[0-9][0-9.,·−⁰-⁹\u202f\u2009]*")
_VALUE_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def sound(result: Result, demo: Demo[Any], card: ModelCard | None = None) -> list[str]:
    """Return one sentence for each thing that is not finite, out of bounds, or leads nowhere."""
    found = [*_words(result), *_headline(result.headline), *_numbers(result), *_slugs(result), *_play(result, demo)]
    for panel in result.panels:
        found += [f"panel {panel.title}: {text}" for text in _panel(panel)]
    for chart in result.charts:
        found += [f"chart {chart.title}: {text}" for text in _chart(chart)]
    found += _clicks(result, demo, card)
    found += _offers(result, demo, card)
    slugs = {panel.slug for panel in result.panels}
    for one in visible(demo.controls(), demo.defaults()):  # others may stand on what is not shown by default
        if one.panel and one.panel not in slugs:
            found.append(f"the handle {one.name} has no panel {one.panel} to stand on")
    return found


# Words and numbers --------------------------------------------------------------------------------------


def _words(result: Result) -> Iterator[str]:
    if result.unsuitable is not None:
        return
    if not result.reading.strip():
        yield "there is no reading"
    elif not any(c.isdigit() for c in result.reading):
        yield f"the reading has no number: {result.reading}"
    for name in result.documents:
        if not name or PurePath(name).name != name:
            yield f"the document {name!r} is no file name"


def _headline(text: str) -> Iterator[str]:
    """A sentence of plain words; what stands in quotation marks counts as one, whatever is in it."""
    if not text:
        return
    words = _QUOTED.sub("name", text).split()
    if len(words) > MOST_WORDS:
        yield f"the headline has {len(words)} words: {text}"
    if len(_NUMBER.findall(_QUOTED.sub("name", text))) > MOST_NUMBERS:
        yield f"the headline has more than two numbers: {text}"
    if text != text.strip() or text[-1] not in ".!?" or "\n" in text or "**" in text or "`" in text:
        yield f"the headline is no plain sentence: {text}"


def seats(result: Result, demo: Demo[Any], params: Any) -> Iterator[str]:
    """A whole result says of exactly the params that are ``auto`` what they became."""
    asked = {one.name for one in demo.controls() if one.auto and getattr(params, one.name) == AUTO}
    if not result.partial and set(result.resolved) != asked:
        told = ", ".join(result.resolved) or "nothing"
        yield f"auto: {', '.join(sorted(asked)) or 'nothing'}; what it became is told of: {told}"
    for name, value in result.resolved.items():
        try:
            if checked(control(demo.params_type, name), value) == AUTO:
                yield f"{name} became auto"
        except (KeyError, ValueError) as error:
            yield f"{name} became {value}: {error}"


def _offers(result: Result, demo: Demo[Any], card: ModelCard | None) -> Iterator[str]:
    """What is offered where a picture does not suit: samples that ship, params that the demo has, and names."""
    for offer in result.unsuitable.offers if result.unsuitable else ():
        if offer.kind in ("sample", "model", "demo") and not offer.value:
            yield f"it offers a {offer.kind} without a name"
        elif offer.kind == "sample" and not any(paths.samples().glob(f"{offer.value}.*")):
            yield f"it offers the sample {offer.value}, which is not there"
        elif offer.kind == "set":
            yield from _click(offer.value, demo, card)


def _play(result: Result, demo: Demo[Any]) -> Iterator[str]:
    play = result.play
    if play is None:
        return
    found = next((one for one in demo.controls() if one.name == play.name), None)
    if found is None or found.plays is None:
        yield f"{play.name} is played and is no param that plays"
        return
    lo, hi = (found.lo, found.hi) if found.kind == "number" else (0.0, len(found.choices) - 1.0)
    if not all(lo <= end <= hi for end in (play.first, play.last)):
        yield f"{play.name} is played from {play.first:g} to {play.last:g}, beyond {lo:g} and {hi:g}"
    if play.curve is not None and not (play.curve.ndim == 1 and play.curve.size and np.isfinite(play.curve).all()):
        yield f"the curve of {play.name} is no row of finite numbers"


def _numbers(result: Result) -> Iterator[str]:
    yield from _named("the value", result.values)
    yield from _named("the measured", result.measured)
    for name in result.measured:
        if name.rpartition("_")[2] not in UNITS:
            yield f"the measured {name} does not end with its unit, such as _ms, _gb_s or _w"
    if result.input is not None:
        yield from _tensor(result.input)


def _named(what: str, numbers: Mapping[str, Any]) -> Iterator[str]:
    for name, value in numbers.items():
        if not _VALUE_NAME.fullmatch(name):
            yield f"{what} {name} is not in snake_case"
        if not isinstance(value, float):
            yield f"{what} {name} is {type(value).__name__}, not float"
        elif not np.isfinite(value):
            yield f"{what} {name} is not finite"


def _tensor(x: Any) -> Iterator[str]:
    if x.ndim != 4 or x.shape[:2] != (1, 3) or x.dtype != np.float32:
        yield f"the input is {x.shape} {x.dtype}, not (1, 3, H, W) float32"
    elif not np.isfinite(x).all():
        yield "the input is not finite"


def _slugs(result: Result) -> Iterator[str]:
    """Panels and charts share one space of names in ``arrays.npz``."""
    named = [(p.title, p.slug) for p in result.panels] + [(c.title, chart_slug(c)) for c in result.charts]
    for title, name in named:
        if not name:
            yield f"the title “{title}” gives no file name"
        elif [other for _, other in named].count(name) > 1:
            yield f"more than one panel or chart is called {name}"


# Panels -------------------------------------------------------------------------------------------------


def _panel(panel: Panel) -> Iterator[str]:
    width, height = panel.size
    if not (np.isfinite([width, height]).all() and width > 0 and height > 0):
        yield f"its size is {panel.size}"
        return
    if not panel.layers:
        yield "it has no layers"
    names = [slug(layer.name) for layer in panel.layers]
    for name in dict.fromkeys(names):
        if not name or names.count(name) > 1:
            yield f"more than one layer is called {name}" if name else "a layer has no name"
    for layer in panel.layers:
        yield from (f"layer {layer.name}: {text}" for text in _layer(layer, panel))


def _layer(layer: Layer, panel: Panel) -> Iterator[str]:
    match layer:
        case Image() | Heat() | Mask():
            yield from _raster(layer, panel)
        case Cells():
            yield from _cells(layer, panel)
        case Boxes():
            yield from _boxes(layer, panel)
        case Points():
            yield from _beside(len(layer.xy), layer)
            yield from _rows(layer.xy, 2, "points") or _places(layer.xy, panel)
        case Lines():
            for path in layer.paths:
                yield from _rows(path, 2, "points of a path") or _touches(path, panel)
            yield from _beside(len(layer.paths), layer)
        case Arrows():
            yield from _arrows(layer, panel)
        case Label():
            yield from _places(np.array([layer.xy]), panel)


def _raster(layer: Image | Heat | Mask, panel: Panel) -> Iterator[str]:
    array = layer.pixels if isinstance(layer, Image) else layer.values
    wanted = 3 if isinstance(layer, Image) else 2
    if array.ndim != wanted or 0 in array.shape:
        yield f"its array is {array.shape}"
        return
    if not np.isfinite(array).all():
        yield "it is not finite"
    match layer:
        case Image():
            yield from _picture(layer, panel)
        case Heat():
            yield from _limits(layer.lo, layer.hi, layer.colours)
        case Mask() if array.dtype != bool and (array.min() < 0 or array.max() > 1):
            yield "it is neither bool nor within 0…1"
    yield from _covers(layer.to_panel, array.shape[1], array.shape[0], panel)


def _picture(layer: Image, panel: Panel) -> Iterator[str]:
    if layer.pixels.dtype != np.uint8 or layer.pixels.shape[2] != 3:
        yield f"a picture is (H, W, 3) uint8, not {layer.pixels.shape} {layer.pixels.dtype}"
    if layer.focus is not None:
        x0, y0, x1, y1 = layer.focus
        if not (x0 < x1 and y0 < y1):
            yield f"its focus is {layer.focus}"
        yield from _touches(np.array([[x0, y0], [x1, y1]]), panel)


def _limits(lo: float, hi: float, colours: str) -> Iterator[str]:
    if not (np.isfinite([lo, hi]).all() and lo < hi):
        yield f"its colours run from {lo} to {hi}"
    elif colours == "diverging" and lo != -hi:
        yield f"it is diverging but runs from {lo} to {hi}"


def _covers(to_panel: Any, width: int, height: int, panel: Panel) -> Iterator[str]:
    if to_panel.shape != (2, 3) or not np.isfinite(to_panel).all() or not np.linalg.det(to_panel[:, :2]):
        yield "its map to the panel has no inverse"
        return
    corners = apply(to_panel, np.array([[0.0, 0.0], [width, 0.0], [width, height], [0.0, height]]))
    low, high = corners.min(0), corners.max(0)
    if (high <= 0).any() or (low >= panel.size).any():
        yield "it lies beside its panel"
    elif SAYS_SO not in panel.note and ((low < -SLACK_PX).any() or (high > np.add(panel.size, SLACK_PX)).any()):
        yield f"it reaches from {np.round(low, 1)} to {np.round(high, 1)} on a panel of {panel.size}"


def _cells(layer: Cells, panel: Panel) -> Iterator[str]:
    if layer.values.ndim != 3 or 0 in layer.values.shape or layer.columns < 1:
        yield f"its tiles are {layer.values.shape} in {layer.columns} columns"
        return
    if not np.isfinite(layer.values).all():
        yield "it is not finite"
    yield from _limits(layer.lo, layer.hi, layer.colours)
    yield from _beside(len(layer.values), layer)
    if not -1 <= layer.chosen < len(layer.values):
        yield f"it has no tile {layer.chosen}"
    if layer.marks and not len(layer.marks) == len(layer.below) == len(layer.values):
        yield f"it has {len(layer.marks)} marks and {len(layer.below)} words for {len(layer.values)} tiles"
    if layer.under is not None and (layer.under.ndim != 3 or layer.under.dtype != np.uint8 or not layer.under.size):
        yield f"the picture below its tiles is {layer.under.dtype} {layer.under.shape}"
    if any(have + SLACK_PX < need for have, need in zip(panel.size, layer.size, strict=True)):
        yield f"the mosaic takes {layer.size} on a panel of {panel.size}"


def _boxes(layer: Boxes, panel: Panel) -> Iterator[str]:
    yield from _beside(len(layer.xyxy), layer)
    wrong = _rows(layer.xyxy, 4, "boxes")
    yield from wrong
    for x0, y0, x1, y1 in () if wrong else layer.xyxy:
        if not (x0 <= x1 and y0 <= y1):
            yield f"a box runs from ({x0:g}, {y0:g}) to ({x1:g}, {y1:g})"
        yield from _touches(np.array([[x0, y0], [x1, y1]]), panel)


def _arrows(layer: Arrows, panel: Panel) -> Iterator[str]:
    if layer.start.shape != layer.end.shape:
        yield f"{layer.start.shape} starts and {layer.end.shape} ends"
        return
    yield from _beside(len(layer.start), layer)
    yield from _rows(layer.start, 2, "starts") or _places(layer.start, panel)
    yield from _rows(layer.end, 2, "ends")


def _rows(array: Any, columns: int, what: str) -> list[str]:
    if array.ndim != 2 or array.shape[1] != columns:
        return [f"{what} are {array.shape}, not (N, {columns})"]
    return [] if np.isfinite(array).all() else [f"{what} are not finite"]


def _beside(count: int, layer: Any) -> Iterator[str]:
    """Check that labels, colours and clicks are given for all items or for none."""
    for name in ("labels", "below", "colours", "sets"):
        given = getattr(layer, name, ())
        if isinstance(given, tuple) and len(given) not in (0, count):
            yield f"{len(given)} {name} for {count} items"


def _places(xy: Any, panel: Panel) -> Iterator[str]:
    inside = ((xy >= -SLACK_PX) & (xy <= np.add(panel.size, SLACK_PX))).all()
    if xy.size and not inside and SAYS_SO not in panel.note:
        yield f"a point lies beyond the panel of {panel.size}"


def _touches(xy: Any, panel: Panel) -> Iterator[str]:
    """An outline may be cut by the edge, but some of it has to be seen."""
    if xy.size and SAYS_SO not in panel.note and ((xy.max(0) < 0).any() or (xy.min(0) > panel.size).any()):
        yield f"it lies beside its panel of {panel.size}"


# Charts -------------------------------------------------------------------------------------------------


def _chart(chart: Chart) -> Iterator[str]:
    match chart:
        case Bars():
            yield from _bars(chart)
        case Curve():
            yield from _curve(chart)
        case Histogram():
            yield from _all_finite(edges=chart.edges, counts=chart.counts)
            if len(chart.edges) != len(chart.counts) + 1 or (np.diff(chart.edges) <= 0).any():
                yield f"{len(chart.counts)} counts stand between {len(chart.edges)} edges, or these do not rise"
        case Matrix():
            yield from _all_finite(values=chart.values)
            if chart.values.shape != (len(chart.rows), len(chart.columns)):
                yield f"{chart.values.shape} numbers under {len(chart.rows)} × {len(chart.columns)} names"
            yield from _counted("sets", chart.sets, chart.values.size)
        case Scatter():
            yield from _rows(chart.xy, 2, "points")
            yield from _counted("classes", chart.classes, len(chart.xy))
            yield from _counted("sets", chart.sets, len(chart.xy))
        case Table():
            if any(len(row) != len(chart.header) for row in chart.rows):
                yield "a row is not as long as the header"
        case Equation():
            yield from _equation(chart)
        case Graph():
            yield from _graph(chart)


def _equation(chart: Equation) -> Iterator[str]:
    yield from _all_finite(**{grid.name: grid.values for grid in chart.grids})
    if len(chart.signs) != len(chart.grids) - 1:
        yield f"{len(chart.signs)} signs stand between {len(chart.grids)} grids"


def _graph(chart: Graph) -> Iterator[str]:
    names = {node.name for node in chart.nodes}
    if len(names) < len(chart.nodes) or not {n for edge in chart.edges for n in edge} <= names:
        yield "a box is there twice, or an arrow leads to none"


def _bars(chart: Bars) -> Iterator[str]:
    yield from _all_finite(values=np.array(chart.values), limits=np.array([chart.lo, chart.hi]))
    if len(chart.labels) != len(chart.values) or not chart.values:
        yield f"{len(chart.labels)} labels for {len(chart.values)} bars"
        return
    slack = 1e-6 * (chart.hi - chart.lo)
    if chart.lo >= chart.hi or min(chart.values) < chart.lo - slack or max(chart.values) > chart.hi + slack:
        yield f"bars from {min(chart.values):g} to {max(chart.values):g} on a scale {chart.lo:g} to {chart.hi:g}"
    if not -1 <= chart.chosen < len(chart.values):
        yield f"there is no bar {chart.chosen}"
    yield from _counted("sets", chart.sets, len(chart.values))


def _curve(chart: Curve) -> Iterator[str]:
    if not chart.series:
        yield "it has no line"
    for series in chart.series:
        yield from _all_finite(**{f"x of {series.name}": series.x, f"y of {series.name}": series.y})
        if series.x.shape != series.y.shape or series.x.ndim != 1 or not series.x.size:
            yield f"the line {series.name} has {series.x.shape} x and {series.y.shape} y"
    for limits in (chart.x_range, chart.y_range):
        if limits is not None and not (np.isfinite(limits).all() and limits[0] < limits[1]):
            yield f"an axis runs from {limits[0]} to {limits[1]}"


def _all_finite(**arrays: Any) -> Iterator[str]:
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            yield f"{name} are not finite"


def _counted(name: str, given: Sequence[Any], count: int) -> Iterator[str]:
    if len(given) not in (0, count):
        yield f"{len(given)} {name} for {count} items"


# Clicks -------------------------------------------------------------------------------------------------


def _clicks(result: Result, demo: Demo[Any], card: ModelCard | None) -> Iterator[str]:
    drawn: list[Any] = [layer for panel in result.panels for layer in panel.layers]
    nodes = [node for chart in result.charts if isinstance(chart, Graph) for node in chart.nodes]
    for item in (*drawn, *result.charts):
        for change in getattr(item, "sets", ()):
            yield from _click(change, demo, card)
    for node in nodes:
        yield from _click(node.sets, demo, card)


def _click(change: Mapping[str, Any] | None, demo: Demo[Any], card: ModelCard | None) -> Iterator[str]:
    for name, value in (change or {}).items():
        try:
            checked(control(demo.params_type, name), value, card)
        except KeyError:
            yield f"a click sets {name}, which is no parameter"
        except ValueError as error:
            yield f"a click sets {name} to {value}: {error}"
