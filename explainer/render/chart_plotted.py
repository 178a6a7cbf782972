"""Charts with axes, on pyqtgraph."""

import html
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QPen, QResizeEvent

from explainer.core.charts import Curve, Histogram, Scatter, Series
from explainer.render.look import Look

BAND_OPACITY = 0.22
OFFSET = 5  # px from the axis to its numbers
PENS = {"solid": Qt.PenStyle.SolidLine, "dashed": Qt.PenStyle.DashLine, "dotted": Qt.PenStyle.DotLine}


class Plotted(pg.PlotWidget):
    """Base of the plots: quiet axes in the look's colours, no menu, no mouse zoom by accident."""

    picked = Signal(object)

    def __init__(self, look: Look) -> None:
        super().__init__(background=None, enableMenu=False)
        self.setFrameShape(pg.QtWidgets.QFrame.Shape.NoFrame)
        self.setMouseEnabled(False, False)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hideButtons()
        for side in ("left", "bottom"):
            self.getAxis(side).setStyle(autoExpandTextSpace=False, autoReduceTextSpace=False)
        self.look = look
        self.chart: Any = None
        self._dressed: tuple[Any, ...] = ()

    def show_chart(self, chart: Any, look: Look) -> None:
        """Show another chart of the same kind."""
        self.chart, self.look = chart, look
        self._dress(chart, look)
        self.draw(chart)
        self._settle()

    def place(self, chart: Any) -> None:
        """Place what depends on the size of the plot's room."""

    def draw(self, chart: Any) -> None:
        """Put the chart's items into the plot."""
        raise TypeError(f"{type(self).__name__} cannot draw {type(chart).__name__}")

    def _dress(self, chart: Any, look: Look) -> None:
        key = (look, getattr(chart, "x_label", ""), getattr(chart, "y_label", ""))
        if key == self._dressed:
            return
        self._dressed = key
        self.setBackground(look.theme.color("stage"))
        self.getPlotItem().setContentsMargins(0, look.px(6), look.px(6), 0)  # half of the outermost numbers
        for side, text in (("bottom", key[1]), ("left", key[2])):
            axis = self.getAxis(side)
            axis.setPen(pg.mkPen(look.theme.color("stage_line")))
            axis.setTextPen(pg.mkPen(look.theme.color("muted")))
            axis.setTickFont(look.font("small"))
            axis.setStyle(tickLength=-3, tickTextOffset=OFFSET, maxTickLevel=0)
            axis.enableAutoSIPrefix(False)
            axis.setLabel(
                html.escape(text), **{"color": look.theme.muted, "font-size": f"{look.font('small').pixelSize()}px"}
            )
            axis.label.setFont(look.font("small"))
            axis.showLabel(bool(text))

    def _settle(self) -> None:
        """Give the axes the room that their numbers need, then place what depends on it.

        pyqtgraph would do so while it paints, and by what it showed before; then the same chart would look
        one way in the window and another on the command line.
        """
        metrics = QFontMetricsF(self.look.font("small"))
        left, bottom = self.getAxis("left"), self.getAxis("bottom")
        under = metrics.height() + OFFSET + (metrics.height() if bottom.label.isVisible() else 0)
        bottom.setHeight(math.ceil(under))
        top = self.getPlotItem().layout.getContentsMargins()[1]
        levels = left.tickValues(*self.getViewBox().viewRange()[1], max(1.0, self.height() - under - top))
        texts = left.tickStrings(levels[0][1], left.scale, levels[0][0]) if levels else []
        beside = max(map(metrics.horizontalAdvance, texts), default=0.0) + OFFSET + 3
        left.setWidth(math.ceil(beside + (metrics.height() if left.label.isVisible() else 0)))
        self.getPlotItem().layout.activate()
        self.place(self.chart)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if getattr(self, "chart", None) is not None:
            self._settle()


class CurveBody(Plotted):
    """Lines, each labelled at its end in its own colour."""

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self._lines: list[pg.PlotDataItem] = []
        self._names: list[pg.TextItem] = []
        self._bands: dict[int, pg.FillBetweenItem] = {}

    def draw(self, chart: Curve) -> None:
        """Update lines in place; a live curve must not rebuild its items at each frame."""
        self._match_count(len(chart.series))
        for series, line, name in zip(chart.series, self._lines, self._names, strict=True):
            line.setData(series.x, series.y)
            line.setPen(self._pen(series))
            name.setText(series.name, color=self.look.series_color(series.colour))
            name.textItem.setFont(self.look.font("small"))
        self._show_bands(chart)
        self._x = chart.x_range or _span([s.x for s in chart.series])
        self._y = chart.y_range or _span([s.y for s in chart.series], pad=0.06)
        self.setYRange(*self._y, padding=0.02)

    def place(self, chart: Curve) -> None:
        """Leave room for the names on the right, and put them there."""
        share = self._name_share(chart)
        room = (self._x[1] - self._x[0]) * share / (1 - share)
        self.setXRange(self._x[0], self._x[1] + room, padding=0)
        self._place_names(chart)

    def _match_count(self, wanted: int) -> None:
        while len(self._lines) > wanted:
            self.removeItem(self._lines.pop())
            self.removeItem(self._names.pop())
        while len(self._lines) < wanted:
            self._lines.append(self.plot([], [], antialias=True))
            self._names.append(pg.TextItem(anchor=(0, 0.5)))
            self.addItem(self._names[-1], ignoreBounds=True)

    def _show_bands(self, chart: Curve) -> None:
        """Lay a band behind each line that has one."""
        wide = {number: (one, one.spread) for number, one in enumerate(chart.series) if one.spread is not None}
        for number in self._bands.keys() - wide.keys():
            self.removeItem(self._bands.pop(number))
        for number, (one, reach) in wide.items():
            if number not in self._bands:
                edges = pg.PlotCurveItem(), pg.PlotCurveItem()
                self._bands[number] = pg.FillBetweenItem(*edges)
                self._bands[number].setZValue(-1)
                self.addItem(self._bands[number], ignoreBounds=True)
            band = self._bands[number]
            for edge, sign in zip(band.curves, (-1, 1), strict=True):
                edge.setData(one.x, one.y + sign * reach)
            colour = QColor(self.look.series_color(one.colour))
            colour.setAlphaF(BAND_OPACITY)
            band.setBrush(colour)

    def _pen(self, series: Series) -> QPen:
        colour = self.look.series_color(series.colour)
        return pg.mkPen(colour, width=2 * self.look.scale, style=PENS[series.style])  # type: ignore[no-any-return]

    def _name_share(self, chart: Curve) -> float:
        """Share of the plot's width that the longest name needs, at most half."""
        metrics = QFontMetricsF(self.look.font("small"))
        longest = max((metrics.horizontalAdvance(s.name) for s in chart.series), default=0.0)
        plot = max(60.0, self.getViewBox().width())
        return min(0.5, (longest + self.look.px(14)) / plot) if longest else 0.0

    def _place_names(self, chart: Curve) -> None:
        """Put names at the line ends, moved apart where they would lie on one another."""
        height = max(1.0, self.getViewBox().height())
        gap = (self._y[1] - self._y[0]) * self.look.px(15) / height
        low, high = self._y[0] + gap / 2, self._y[1] - gap / 2
        last = [_last(s) for s in chart.series]
        ends = [i for i, s in enumerate(chart.series) if not _upright(s)]
        placed = dict(zip(ends, spread([(last[i] or (0.0, low))[1] for i in ends], gap, low, high), strict=True))
        for index, (name, at) in enumerate(zip(self._names, last, strict=True)):
            name.setVisible(at is not None)
            level = placed[index] if index in placed else _free_level(chart.series, index, low, high)
            name.setPos(at[0] if at else self._x[0], level)


def _upright(series: Series) -> bool:
    """Whether the line marks one place, from the bottom up."""
    x, y = np.asarray(series.x), np.asarray(series.y)
    return len(x) > 1 and bool(np.ptp(x) == 0 and np.ptp(y) > 0)


def _free_level(series: Sequence[Series], index: int, low: float, high: float) -> float:
    """Where beside an upright line its name is farthest from the other lines."""
    own = series[index]
    levels = np.linspace(max(low, float(np.min(own.y))), min(high, float(np.max(own.y))), 9)
    crossed = [_level_at(s, float(own.x[0])) for i, s in enumerate(series) if i != index and not _upright(s)]
    known = [level for level in crossed if level is not None]
    if not known:
        return float(levels[-1])
    return float(levels[int(np.argmax(np.abs(levels[:, None] - np.array(known)).min(axis=1)))])


def _level_at(series: Series, x: float) -> float | None:
    drawn = np.flatnonzero(np.isfinite(series.x) & np.isfinite(series.y))
    if not drawn.size or not series.x[drawn[0]] <= x <= series.x[drawn[-1]]:
        return None
    return float(np.interp(x, np.asarray(series.x)[drawn], np.asarray(series.y)[drawn]))


def spread(levels: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Levels at least `gap` apart, moved as little as needed, within `low` and `high` where they fit."""
    placed = list(levels)
    upwards = [int(i) for i in np.argsort(placed, kind="stable")]
    floor = low - gap
    for i in upwards:
        placed[i] = floor = max(placed[i], floor + gap)
    ceiling = high
    for i in reversed(upwards):
        placed[i] = min(placed[i], ceiling)
        ceiling = placed[i] - gap
    return placed


def _last(series: Series) -> tuple[float, float] | None:
    """Last point of a line that can be drawn."""
    drawn = np.flatnonzero(np.isfinite(series.x) & np.isfinite(series.y))
    return (float(series.x[drawn[-1]]), float(series.y[drawn[-1]])) if drawn.size else None


class HistogramBody(Plotted):
    """Counts as filled steps."""

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self._bars = pg.BarGraphItem(x0=[], x1=[], height=[])
        self.addItem(self._bars)

    def draw(self, chart: Histogram) -> None:
        """Update the bars in place."""
        colour = self.look.theme.color("bar")
        counts = np.nan_to_num(chart.counts, nan=0.0, posinf=0.0, neginf=0.0)
        self._bars.setOpts(x0=chart.edges[:-1], x1=chart.edges[1:], y0=0, height=counts, brush=colour, pen=None)
        self.setXRange(*_span([chart.edges]), padding=0.01)
        self.setYRange(0, max(float(counts.max(initial=0.0)), 1e-9), padding=0.04)


class ScatterBody(Plotted):
    """Points coloured by class."""

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self._dots = pg.ScatterPlotItem(pxMode=True)
        self._dots.sigClicked.connect(self._clicked)
        self.addItem(self._dots)

    def draw(self, chart: Scatter) -> None:
        """Update the points in place."""
        classes = chart.classes or (0,) * len(chart.xy)
        drawn = [int(i) for i in np.flatnonzero(np.isfinite(chart.xy).all(axis=1))]
        brushes = [pg.mkBrush(self.look.series_color(classes[i])) for i in drawn]
        self._dots.setData(pos=chart.xy[drawn], brush=brushes, pen=None, size=7 * self.look.scale, data=drawn)
        self.setXRange(*_span([chart.xy[drawn, 0]], pad=0.05), padding=0)
        self.setYRange(*_span([chart.xy[drawn, 1]], pad=0.05), padding=0)

    def _clicked(self, _item: object, points: Any, *_: object) -> None:
        sets = self.chart.sets
        index = int(points[0].data()) if len(points) else -1
        if 0 <= index < len(sets) and sets[index] is not None:
            self.picked.emit(dict(sets[index]))


def _span(arrays: list[Any], pad: float = 0.0) -> tuple[float, float]:
    """Range of several arrays together, never empty."""
    values = np.concatenate([np.asarray(a, float).ravel() for a in arrays]) if arrays else np.array([])
    values = values[np.isfinite(values)]
    if values.size == 0:
        return 0.0, 1.0
    lo, hi = float(values.min()), float(values.max())
    room = pad * (hi - lo)
    return (lo - room, hi + room) if hi > lo else (lo - 0.5, lo + 0.5)
