"""How high a chart has to be, and how high it is best: what a layout asks before anything is drawn."""

from collections import Counter

from PySide6.QtGui import QFontMetricsF

from explainer.core.charts import Bars, Chart, Curve, Equation, Graph, Histogram, Matrix, Scatter, Table
from explainer.render.look import Look
from explainer.render.measures import HEADER

# px at type scale 1, without the title: a row of bars, of a table, of a matrix; a plot; a node of a graph;
# a node of a chain that stands, which is one line; a row of an equation.
LEAST = {"bar": 15, "row": 15, "cell": 15, "plot": 72, "points": 90, "node": 34, "line": 18, "grid": 26}
BEST = {"bar": 34, "row": 26, "cell": 44, "plot": 340, "points": 360, "node": 72, "line": 28, "grid": 80}
LINE = 14
NODE_MARGIN = 16  # px beside the words of a node, its gap included
MOST_NAME = 0.68  # of the width, for names of rows


def least_height(chart: Chart, look: Look, width: int) -> int:
    """Height in px below which something of a chart `width` px wide is left out or lies on something else."""
    return look.px(HEADER + _body(chart, look, width, LEAST))


def best_height(chart: Chart, look: Look, width: int) -> int:
    """Height in px above which a chart `width` px wide gains nothing."""
    return look.px(HEADER + _body(chart, look, width, BEST))


def _body(chart: Chart, look: Look, width: int, sizes: dict[str, int]) -> float:
    match chart:
        case Bars():
            return sizes["bar"] * max(1, len(chart.values))
        case Table():
            return sizes["row"] * (len(chart.rows) + any(chart.header))
        case Matrix():
            return _matrix(chart, look, width, sizes["cell"])
        case Equation():
            return LINE + sizes["grid"] * max((len(grid.values) for grid in chart.grids), default=1)
        case Graph():
            return (
                sizes["line"] * len(chart.nodes) if standing(chart, look, width) else sizes["node"] * most_beside(chart)
            )
        case Scatter():
            return _labels(chart.x_label) + min(sizes["points"], max(LEAST["points"], width / look.scale))
        case Histogram():
            return _labels(chart.x_label) + sizes["plot"]
        case Curve():
            names = sum(bool(series.name) for series in chart.series)
            return _labels(chart.x_label) + max(sizes["plot"], LINE * (names + 2))


def _labels(x_label: str) -> int:
    return LINE if x_label else 0


def _matrix(chart: Matrix, look: Look, width: int, cell: int) -> float:
    _, foot, _ = matrix_margins(chart, look, width)
    return int(chart.values.shape[0]) * cell + (foot + 1) / look.scale


def matrix_margins(chart: Matrix, look: Look, width: float) -> tuple[float, float, float]:
    """Px left of the cells and below them; and of the latter what upright names of columns take, 0 if they lie.

    Names stand upright where they are words that have no room side by side; numbers are left out instead.
    """
    metrics = QFontMetricsF(look.font("small"))
    line = float(metrics.height())
    left = max((metrics.horizontalAdvance(name) for name in chart.rows), default=0.0) + look.px(8)
    beside = line + look.px(2) if chart.y_label else 0.0
    cells = len(chart.columns) * line  # so that upright names do not touch
    left = min(left, max(0.3 * width, min(MOST_NAME * width, width - cells - beside))) + beside
    longest = max((metrics.horizontalAdvance(name) for name in chart.columns), default=0.0) + 4
    lying = longest <= (width - left) / max(1, len(chart.columns)) or all(map(numeric, chart.columns))
    upright = 0.0 if lying else longest
    return left, (upright or line) + 4 + (line if chart.x_label else 0), upright


def numeric(text: str) -> bool:
    """Whether a text is a number, or several."""
    return text.strip(" \u00a0%×−-+.,0123456789eE·⁻⁰¹²³⁴⁵⁶⁷⁸⁹<>") == "" and text != ""


def most_beside(chart: Graph) -> int:
    """Most nodes of a graph that stand above one another."""
    return max(Counter(depths(chart).values()).values(), default=1)


def standing(chart: Graph, look: Look, width: float) -> bool:
    """Whether a chain goes down and not across: side by side a word of its boxes would be cut."""
    if most_beside(chart) > 1 or len(chart.nodes) < 2:
        return False
    metrics, room = QFontMetricsF(look.font("small")), width / len(chart.nodes) - NODE_MARGIN
    return any(metrics.horizontalAdvance(word) > room for node in chart.nodes for word in node.label.split())


def depths(chart: Graph) -> dict[str, int]:
    """Longest path from a source to each node; edges that would close a cycle count once."""
    depth = {node.name: 0 for node in chart.nodes}
    for _ in chart.nodes:
        for a, b in chart.edges:
            depth[b] = min(len(depth) - 1, max(depth[b], depth[a] + 1))
    return depth
