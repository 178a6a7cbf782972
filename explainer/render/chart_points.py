"""Counts as filled steps, and points by class."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from explainer.core.charts import Histogram, Scatter
from explainer.render.chart_axes import AxesBody, span

DOT = 7  # px at type scale 1


class HistogramBody(AxesBody):
    """Counts between edges."""

    chart: Histogram

    def draw(self, painter: QPainter) -> None:
        chart = self.chart
        counts = np.nan_to_num(chart.counts, nan=0.0, posinf=0.0, neginf=0.0)
        frame = self.frame(painter, span([chart.edges]), (0.0, max(float(counts.max(initial=0.0)), 1e-9) * 1.04))
        painter.setPen(Qt.PenStyle.NoPen)
        colour = self.look.theme.color("bar")
        for left, right, count in zip(chart.edges[:-1], chart.edges[1:], counts, strict=False):
            a, b, top = float(frame.across(left)), float(frame.across(right)), float(frame.down(count))
            if count > 0:
                gap = 1.0 if b - a > 4 else 0.0
                painter.fillRect(QRectF(a, top, max(0.5, b - a - gap), frame.box.bottom() - top), colour)


class ScatterBody(AxesBody):
    """Points in the colours of their classes; a click on one changes params."""

    chart: Scatter

    def draw(self, painter: QPainter) -> None:
        chart, size = self.chart, self.look.scale * DOT
        classes = chart.classes or (0,) * len(chart.xy)
        drawn = [int(i) for i in np.flatnonzero(np.isfinite(chart.xy).all(axis=1))]
        frame = self.frame(painter, span([chart.xy[drawn, 0]], 0.05), span([chart.xy[drawn, 1]], 0.05), size)
        painter.setPen(Qt.PenStyle.NoPen)
        for i in drawn:
            at = QPointF(float(frame.across(chart.xy[i, 0])), float(frame.down(chart.xy[i, 1])))
            painter.setBrush(self.look.line_color(classes[i]))
            painter.drawEllipse(at, size / 2, size / 2)
            around = QRectF(at.x() - size, at.y() - size, 2 * size, 2 * size)
            self.spot(around, chart.sets[i] if i < len(chart.sets) else None)
