"""Every chart draws something, survives having nothing to draw, and keeps its words inside."""

from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFontMetricsF
from PySide6.QtTest import QTest

from explainer.core.charts import Bars, Curve, Graph, Histogram, Matrix, Node, Scatter, Series, Table
from explainer.render import headless
from explainer.render.chart_painted import depths
from explainer.render.chart_plotted import spread
from explainer.render.chart_view import ChartView
from explainer.render.look import look

NAN = float("nan")
SIZE = (420, 260)


def line(name="name", y=(0.1, 0.5, 0.9), **more):
    y = np.asarray(y, float)
    return Series(name, np.arange(len(y), dtype=float), y, **more)


FULL = [
    Bars("Bars", ("cat", "dog"), (0.7, 0.2)),
    Bars("Signed", ("up", "down"), (0.7, -0.6), lo=-1.0),
    Curve("Curve", (line(), line("other", (0.9, 0.2, 0.4), style="dashed", colour=1)), "x", "y"),
    Bars("Whiskers", ("cat", "dog"), (0.7, 0.2), spread=(0.1, 0.0)),
    Curve("Band", (line(spread=np.array([0.1, 0.2, 0.0])), line("other", (0.9, 0.2, 0.4)))),
    Histogram("Histogram", np.linspace(0, 1, 6), np.array([1.0, 4, 2, 0, 3]), "value"),
    Matrix("Matrix", np.arange(6.0).reshape(2, 3), ("a", "b"), ("x", "y", "z"), "columns", "rows"),
    Matrix("Signed matrix", np.arange(4.0).reshape(2, 2) - 1.5, ("a", "b"), ("x", "y"), colours="diverging"),
    Scatter("Scatter", np.array([[0.0, 0], [1, 2], [3, 1]]), (0, 1, 2)),
    Table("Table", ("name", "value"), (("a", "1.25"), ("b", "30.5"))),
    Graph("Graph", (Node("a", "first"), Node("b", "second")), (("a", "b"),), "b"),
]
POOR = [
    Bars("None", (), ()),
    Bars("One", ("a",), (0.0,), hi=0.0),
    Bars("NaN", ("a", "b"), (NAN, float("inf"))),
    Bars("Beyond", ("a",), (9.0,)),
    Bars("Whiskers", ("a", "b"), (NAN, 9.0), spread=(1.0, float("inf"))),
    Curve("Band of nothing", (line(y=(), spread=np.zeros(0)),)),
    Curve("Band of NaN", (line(y=(1.0, NAN), spread=np.array([NAN, 0.1])),)),
    Curve("None", ()),
    Curve("Empty", (line(y=()),)),
    Curve("One", (line(y=(1.0,)),)),
    Curve("NaN", (line(y=(NAN, NAN)), line("b", y=(1.0, NAN)))),
    Curve("Flat", (line(y=(2.0, 2.0)),)),
    Histogram("None", np.array([0.0]), np.array([])),
    Histogram("Empty", np.array([]), np.array([])),
    Histogram("One", np.array([0.0, 1.0]), np.array([3.0])),
    Histogram("NaN", np.array([0.0, 1.0, 2.0]), np.array([NAN, 1.0])),
    Histogram("Zero", np.array([0.0, 0.0]), np.array([0.0])),
    Matrix("None", np.zeros((0, 0)), (), ()),
    Matrix("Rows only", np.zeros((2, 0)), ("a", "b"), ()),
    Matrix("One", np.zeros((1, 1)), ("a",), ("b",)),
    Matrix("NaN", np.array([[NAN, 1.0]]), ("a",), ("b", "c")),
    Scatter("None", np.zeros((0, 2))),
    Scatter("One", np.zeros((1, 2))),
    Scatter("NaN", np.array([[NAN, 1.0], [2.0, 3.0]]), (0, 1)),
    Table("None", (), ()),
    Table("Head", ("a", "b"), ()),
    Graph("None", (), ()),
    Graph("Ring", (Node("a", "a"), Node("b", "b")), (("a", "b"), ("b", "a"))),
]


def title(chart):
    return f"{type(chart).__name__}-{chart.title}"


def colours_of(image, top=30):
    """Colours below the title."""
    return {image.pixel(x, y) for x in range(0, image.width(), 2) for y in range(top, image.height(), 2)}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("chart", FULL, ids=title)
def test_a_chart_draws_something(chart, theme, qapp):
    image = headless.chart_image(chart, look(theme), SIZE)
    assert (image.width(), image.height()) == SIZE
    assert len(colours_of(image)) > 3


@pytest.mark.parametrize("chart", POOR, ids=title)
@pytest.mark.parametrize("size", [SIZE, (40, 40)])
def test_a_chart_with_little_to_show_is_still_a_picture(chart, size, qapp):
    image = headless.chart_image(chart, look("light"), size)
    assert (image.width(), image.height()) == size
    assert look("light").theme.color("stage").rgb() in colours_of(image, top=0)


def test_an_empty_chart_shows_its_ground_only(qapp):
    image = headless.chart_image(Bars("None", (), ()), look("light"), SIZE)
    assert len(colours_of(image)) == 1


def plotted(qtbot, chart, size=SIZE, scale=1.0):
    view = ChartView(look("light", scale))
    qtbot.addWidget(view)
    view.resize(*size)
    view.show_chart(chart)
    view.show()
    view.grab()
    return view


@pytest.mark.parametrize("size", [(240, 160), (420, 260), (900, 300)])
@pytest.mark.parametrize("scale", [1.0, 1.8])
@pytest.mark.parametrize("top", [1.0, 12345.0])
def test_names_of_curves_are_not_cut(qtbot, size, scale, top):
    names = ("edges only", "random map", "Grad-CAM")
    series = tuple(line(name, np.linspace(top, top / (k + 2), 5), colour=k) for k, name in enumerate(names))
    view = plotted(
        qtbot,
        Curve("Curve", series, "pixels removed", "score"),
        (round(size[0] * scale), round(size[1] * scale)),
        scale,
    )
    body = view._body
    edge = body.viewport().rect()
    boxes = [item.mapRectToScene(item.boundingRect()) for item in body._names]
    for box, name in zip(boxes, names, strict=True):
        assert box.right() <= edge.right() + 1, name
        assert box.top() >= edge.top() - 1, name
        assert box.bottom() <= edge.bottom() + 1, name
    for one, other in zip(sorted(boxes, key=lambda b: b.top()), sorted(boxes, key=lambda b: b.top())[1:], strict=False):
        assert other.center().y() - one.center().y() >= 0.6 * one.height()


def test_a_curve_that_grows_keeps_its_items(qtbot):
    view = plotted(qtbot, Curve("Loss", (line(y=(1.0,)),)))
    body, items = view._body, list(view._body._lines)
    for count in range(2, 30):
        view.show_chart(Curve("Loss", (line(y=np.linspace(1, 0, count)),)))
    assert view._body is body
    assert body._lines == items
    assert len(body.getPlotItem().listDataItems()) == 1
    assert len(items[0].getData()[0]) == 29
    view.show_chart(Curve("Loss", ()))
    assert body.getPlotItem().listDataItems() == []


def test_another_kind_of_chart_replaces_the_body(qtbot):
    view = plotted(qtbot, FULL[0])
    first = view._body
    view.show_chart(FULL[2])
    assert view._body is not first
    assert type(view._body).__name__ == "CurveBody"


def test_a_bar_is_as_long_as_its_value(qapp):
    lk = look("light")
    image = headless.chart_image(Bars("B", ("a", "b"), (1.0, 0.25), chosen=0), lk, (600, 124))
    accent, bar = lk.theme.color("accent").rgb(), lk.theme.color("bar").rgb()
    lengths = [max(sum(image.pixel(x, y) == c for x in range(600)) for y in range(124)) for c in (accent, bar)]
    assert lengths[0] > 300
    assert lengths[1] == pytest.approx(lengths[0] / 4, abs=3)


def test_a_click_on_a_bar_sets_its_param(qtbot):
    chart = Bars("B", ("a", "b"), (0.7, 0.2), sets=(None, {"target": "7"}))
    view = plotted(qtbot, chart, (400, 100))
    row = min(view.look.px(36), view._body.height() / 2)
    with qtbot.waitSignal(view.picked) as caught:
        QTest.mouseClick(view._body, Qt.MouseButton.LeftButton, pos=QPoint(200, round(1.5 * row)))
    assert caught.args == [{"target": "7"}]
    with qtbot.assertNotEmitted(view.picked):
        QTest.mouseClick(view._body, Qt.MouseButton.LeftButton, pos=QPoint(200, round(0.5 * row)))


def test_a_click_on_a_cell_of_a_matrix_sets_its_param(qtbot):
    chart = Matrix("M", np.eye(2), ("a", "b"), ("x", "y"), sets=(None, None, {"pair": "b-x"}, None))
    view = plotted(qtbot, chart, (300, 300))
    spot = next(box for box, _ in view._body._spots)
    with qtbot.waitSignal(view.picked) as caught:
        QTest.mouseClick(view._body, Qt.MouseButton.LeftButton, pos=spot.center().toPoint())
    assert caught.args == [{"pair": "b-x"}]


def test_a_click_on_a_point_of_a_scatter_sets_its_param(qtbot):
    chart = Scatter("S", np.array([[NAN, 0], [0.0, 0], [1, 1]]), (0, 1, 2), sets=(None, {"n": 1}, {"n": 2}))
    view = plotted(qtbot, chart)
    dots = view._body._dots
    with qtbot.waitSignal(view.picked) as caught:
        dots.sigClicked.emit(dots, dots.points()[1:2], None)
    assert caught.args == [{"n": 2}]


def test_largest_cell_of_a_matrix_is_the_lightest(qapp):
    values = np.array([[0.0, 10.0], [5.0, 1.0]])
    view = ChartView(look("dark"))
    view.resize(300, 324)
    view.show_chart(Matrix("M", values, ("a", "b"), ("x", "y"), format=""))
    image = view.grab().toImage()
    body = view._body
    side = min((body.width() - 16) / 2, (body.height() - 20) / 2)
    lights = {}
    for row in range(2):
        for column in range(2):
            at = QPoint(round(20 + (column + 0.12) * side), round(24 + (row + 0.12) * side))
            lights[values[row, column]] = image.pixelColor(at).lightness()
    assert [lights[v] for v in sorted(lights)] == sorted(lights.values())


def test_columns_of_numbers_are_ranged_right(qapp):
    lk = look("light")
    chart = Table("T", ("name", "value"), (("a", "1.25"), ("bb", "30.5")))
    image = headless.chart_image(chart, lk, (300, 124))
    width = QFontMetricsF(lk.font("base")).horizontalAdvance
    right = sum(max(map(width, column)) + 20 for column in (("name", "a", "bb"), ("value", "1.25", "30.5"))) - 10
    for row in (1, 2):
        top = 24 + round(row * lk.px(26))
        inked = [x for x in range(300) for y in range(top + 4, top + 22) if image.pixelColor(x, y).lightness() < 120]
        assert max(inked) == pytest.approx(right, abs=3)


def test_depths_of_a_graph_are_longest_paths():
    nodes = tuple(Node(n, n) for n in "abcd")
    assert depths(Graph("G", nodes, (("a", "b"), ("b", "c"), ("a", "c"), ("c", "d")))) == {
        "a": 0,
        "b": 1,
        "c": 2,
        "d": 3,
    }
    assert depths(Graph("G", nodes[:2], ())) == {"a": 0, "b": 0}


def test_the_wheel_over_a_chart_scrolls_the_page(qtbot):
    view = plotted(qtbot, FULL[2])
    before = view._body.viewRange()
    from PySide6.QtCore import QPointF
    from PySide6.QtGui import QWheelEvent
    from PySide6.QtWidgets import QApplication

    at = QPointF(200, 120)
    none = Qt.KeyboardModifier.NoModifier
    event = QWheelEvent(
        at,
        view._body.mapToGlobal(at),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        none,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view._body.viewport(), event)
    assert view._body.viewRange() == before


@pytest.mark.parametrize(
    "levels", [[0.0, 0.0, 0.01], [1.0, 1.0, 0.99], [0.0, 0.5, 1.0], [0.5, 0.5, 0.5], [1.0, 0.0, 0.0]]
)
def test_names_stand_apart_and_stay_inside(levels):
    placed = spread(levels, 0.1, 0.05, 0.95)
    ordered = sorted(placed)
    assert all(b - a >= 0.1 - 1e-9 for a, b in pairwise(ordered))
    assert ordered[0] >= 0.05 - 1e-9
    assert ordered[-1] <= 0.95 + 1e-9
    assert np.argsort(placed, kind="stable").tolist() == np.argsort(levels, kind="stable").tolist()


def test_names_that_have_room_stay_where_their_lines_end():
    assert spread([0.7, 0.2], 0.1, 0.05, 0.95) == [0.7, 0.2]


def test_the_name_of_an_upright_line_keeps_away_from_the_lines_it_crosses(qtbot):
    flat = line("objects", (24.0, 24.0, 24.0))
    mark = Series("now", np.array([1.0, 1.0]), np.array([0.0, 24.0]), style="dashed")
    view = plotted(qtbot, Curve("Curve", (flat, mark), "depth", "count"))
    names = {item.toPlainText(): item.pos() for item in view._body._names}
    assert names["now"].x() == 1.0
    assert names["now"].y() < 6.0
    assert names["objects"].y() > 20.0


def test_a_whisker_reaches_one_deviation_each_way(qapp):
    lk, (width, height) = look("light"), (600, 62)

    def differing(one, two):
        return [x for x in range(width) if any(one.pixel(x, y) != two.pixel(x, y) for y in range(height))]

    def drawn(value, *spread_):
        return headless.chart_image(Bars("B", ("a",), (value,), spread=spread_), lk, (width, height))

    whole = differing(drawn(1.0), drawn(0.0))
    marked = differing(drawn(0.5, 0.25), drawn(0.5))
    track = [x for x in whole if x < 540]  # the number stands right of it
    span = track[-1] - track[0]
    assert (marked[-1] - marked[0]) / span == pytest.approx(0.5, abs=0.02)
    assert (marked[0] - track[0]) / span == pytest.approx(0.25, abs=0.02)


def test_a_band_comes_and_goes_with_the_spread(qtbot):
    view = ChartView(look("light"))
    qtbot.addWidget(view)
    view.resize(*SIZE)
    counts = []
    for spread_ in (None, np.full(3, 0.2), np.full(3, 0.1), None):
        view.show_chart(Curve("Band", (line(spread=spread_),)))
        counts.append(len(view._body._bands))
    assert counts == [0, 1, 1, 0]
