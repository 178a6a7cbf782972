"""Every chart draws something, survives having nothing to draw, and keeps its words inside."""

from itertools import combinations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QImage, QPainter
from PySide6.QtTest import QTest

from explainer.core.charts import Bars, Curve, Equation, Graph, Grid, Histogram, Matrix, Node, Scatter, Series, Table
from explainer.render import headless
from explainer.render.chart_axes import bounds, span
from explainer.render.chart_equation import shape
from explainer.render.chart_heights import best_height, depths, least_height
from explainer.render.chart_painted import ROW
from explainer.render.chart_view import ChartView
from explainer.render.look import look
from explainer.render.measures import HEADER

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
    Equation("Equation", (Grid("x", np.eye(3), 0, 1, "grey"), Grid("y", np.array([[3.0]]), -3, 3)), ("Σ",)),
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
    Equation("None", (), ()),
    Equation("Empty", (Grid("x", np.zeros((0, 0)), 0, 1),), ()),
    Equation("NaN", (Grid("x", np.array([[NAN, 1.0]]), 0, 1),), ()),
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


EYE = Grid("x", np.eye(3), 0, 1)
FOUR = Equation("Four", (EYE, EYE, EYE, Grid("y", np.array([[3.0]]), -3, 3)), ("×", "=", "Σ"))


@pytest.mark.parametrize(("size", "side"), [((900, 240), 66), ((520, 560), 80)])
def test_an_equation_breaks_into_two_lines_where_its_cells_are_larger_so(size, side, qapp):
    image = headless.chart_image(FOUR, look("light"), size)
    row = [image.pixel(x, 30) for x in range(image.width())]  # above the figures
    first = 2 + next(x for x, colour in enumerate(row) if colour != row[0])  # within its soft edge
    assert all(colour == row[first] for colour in row[first : first + side - 20])
    wide = next(x for x in range(first, image.width()) if row[x] != row[first]) - first
    assert side - 8 < wide < side


def test_an_equation_asks_for_the_shape_in_which_its_cells_are_largest():
    assert 0.8 < shape(FOUR) < 1.0
    assert shape(Equation("Two", FOUR.grids[2:], ("Σ",))) > 1.2
    assert shape(Equation("None", (), ())) >= 0


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


class Spy(QPainter):
    """Remembers every word that is drawn, and where on the widget it lies."""

    def __init__(self, device):
        super().__init__(device)
        self.words = []

    def drawText(self, box, flags, text):
        if text:
            metrics = QFontMetricsF(self.font())
            wide, high = metrics.horizontalAdvance(text.split("\n")[0]), metrics.height() * 0.7
            left = box.left()
            if flags & Qt.AlignmentFlag.AlignRight:
                left = box.right() - wide
            elif flags & Qt.AlignmentFlag.AlignHCenter:
                left = box.center().x() - wide / 2
            ink = QRectF(left, box.center().y() - high / 2, wide, high)
            self.words.append((text, self.transform().mapRect(ink)))
        super().drawText(box, flags, text)


def words_of(chart, size, scale=1.0):
    """All words in the body of a chart."""
    view = ChartView(look("light", scale))
    view.resize(*size)
    view.show_chart(chart)
    body = view._body
    image = QImage(body.size(), QImage.Format.Format_RGB32)
    painter = Spy(image)
    try:
        body.draw(painter)
    finally:
        painter.end()
    return painter.words, QRectF(body.rect())


LONG = "Integrated Gradients, 40 letters at most"
WORDY = [
    *FULL,
    Bars("Long", (LONG, "b", "c"), (0.9, 0.004, 0.0), spread=(0.1,)),
    Bars("Many", tuple(f"class {n}" for n in range(30)), tuple(n / 30 for n in range(30))),
    Curve("Names", tuple(line(f"name {n}", (0.5, 0.4, 0.3), colour=n) for n in range(12)), "% covered", "score"),
    Curve("Large", (line("name", (1e6, 2.5e6, 12345.0)),), "a rather long label of an axis", "a rather long label"),
    Curve("Tiny", (line("edges only", (1e-7, -2.5e-7)),), "epoch", "log₁₀ of its RMS"),
    Matrix("Long", np.eye(5), (LONG,) * 5, ("saliency", "Grad-CAM", "random map", "x", "y"), "to", "from", ".2f"),
]


@pytest.mark.parametrize("chart", WORDY, ids=title)
@pytest.mark.parametrize("scale", [1.0, 1.8])
@pytest.mark.parametrize("width", [180, 320, 800])
@pytest.mark.parametrize("height", [least_height, best_height])
def test_words_of_a_chart_are_whole_inside_and_apart(chart, scale, width, height, qapp):
    wide = round(width * scale)
    words, room = words_of(chart, (wide, height(chart, look("light", scale), wide)), scale)
    assert words
    for text, ink in words:
        assert room.adjusted(-1, -1, 1.5, 1).contains(ink), text
        assert width < 320 or "…" not in text, text
    for (one, ink), (other, ink2) in combinations(words, 2):
        assert not ink.adjusted(0.5, 0.5, -0.5, -0.5).intersects(ink2), (one, other)


@pytest.mark.parametrize("chart", FULL, ids=title)
def test_the_least_height_is_less_than_the_best(chart, qapp):
    lk = look("light")
    assert 0 < least_height(chart, lk, 240) <= best_height(chart, lk, 240) < 400
    assert best_height(chart, look("light", 1.8), 432) == pytest.approx(1.8 * best_height(chart, lk, 240), rel=0.06)


def numbers_at(words):
    return [float(text.replace("−", "-").replace(",", "")) for text, _ in words if text.strip("−.,0123456789") == ""]


@pytest.mark.parametrize("size", [(180, 120), (420, 260), (1200, 500)])
def test_axes_end_where_the_data_can_end(size, qapp):
    covered = line("score", (1.0, 0.5, 0.0))
    words, _ = words_of(Curve("C", (covered,), "% covered", "IoU", (0.0, 1.5), (0.0, 150.0)), size)
    assert max(numbers_at(words)) == 100.0
    beside = [(text, ink) for text, ink in words if ink.right() < 40]
    assert max(numbers_at(beside)) == 1.0
    words, _ = words_of(Curve("C", (line("s", (0.0, 0.9, 0.3)),), "step", "share"), size)
    assert min(numbers_at(words)) >= 0.0
    assert "−" not in "".join(text for text, _ in words)


def test_epochs_are_whole(qapp):
    words, _ = words_of(Curve("C", (line("", (5.5, 5.7)),), "epoch"), (900, 120))
    below = [text for text, ink in words if ink.top() > 70]
    assert below == ["0", "1", "epoch"]


@pytest.mark.parametrize(
    ("label", "ends"),
    [("score of cat", (0, 1)), ("% right", (0, 100)), ("IoU", (0, 1)), ("cosine", (-1, 1)), ("visible, %", (0, 100))],
)
def test_bounds_that_are_certain(label, ends):
    assert bounds(label) == ends


def test_other_numbers_have_no_bounds():
    assert bounds("nats") == bounds("log₁₀ of its RMS") == bounds("") == (-np.inf, np.inf)


def test_room_around_data_does_not_reach_below_zero():
    assert span([np.array([0.0, 1.0])], 0.1) == (0.0, 1.1)
    assert span([np.array([-1.0, 1.0])], 0.1) == (-1.2, 1.2)
    assert span([np.array([0.0])])[0] == 0.0


def test_more_bars_than_there_is_room_for_are_counted(qapp):
    chart = Bars("Many", tuple(f"class {n}" for n in range(30)), (0.5,) * 30)
    words, _ = words_of(chart, (240, 20 + 150))
    texts = [text for text, _ in words]
    shown = sum(text.startswith("class") for text in texts)
    assert f"+{30 - shown} more" in texts
    assert 5 <= shown < 30


def test_only_names_of_more_than_forty_letters_are_cut(qapp):
    words, _ = words_of(Bars("B", (LONG, LONG + " and more"), (0.5, 0.2)), (400, 80))
    texts = [text for text, _ in words]
    assert LONG in texts
    assert any(text.endswith("…") and len(text) == 40 for text in texts)


def test_another_kind_of_chart_replaces_the_body(qtbot):
    view = plotted(qtbot, FULL[0])
    first = view._body
    view.show_chart(FULL[2])
    assert view._body is not first
    assert type(view._body).__name__ == "CurveBody"


@pytest.mark.parametrize("height", [124, 54])
def test_a_bar_is_as_long_as_its_value(qapp, height):
    lk = look("light")
    image = headless.chart_image(Bars("B", ("a", "b"), (1.0, 0.25), chosen=0), lk, (600, height))
    accent, bar = lk.theme.color("accent").rgb(), lk.theme.color("bar").rgb()
    lengths = [max(sum(image.pixel(x, y) == c for x in range(600)) for y in range(height)) for c in (accent, bar)]
    assert lengths[0] > 300
    assert lengths[1] == pytest.approx(lengths[0] / 4, abs=6)


def test_a_click_on_a_bar_sets_its_param(qtbot):
    chart = Bars("B", ("a", "b"), (0.7, 0.2), sets=(None, {"target": "7"}))
    view = plotted(qtbot, chart, (400, 100))
    ((box, _),) = view._body._spots
    with qtbot.waitSignal(view.picked) as caught:
        QTest.mouseClick(view._body, Qt.MouseButton.LeftButton, pos=box.center().toPoint())
    assert caught.args == [{"target": "7"}]
    with qtbot.assertNotEmitted(view.picked):
        QTest.mouseClick(view._body, Qt.MouseButton.LeftButton, pos=QPoint(200, round(box.top() - 5)))


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
    boxes = {sets["n"]: box for box, sets in view._body._spots}
    with qtbot.waitSignal(view.picked) as caught:
        QTest.mouseClick(view._body, Qt.MouseButton.LeftButton, pos=boxes[2].center().toPoint())
    assert caught.args == [{"n": 2}]
    assert boxes[1].center().x() < boxes[2].center().x()
    assert boxes[1].center().y() > boxes[2].center().y()


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
    right = sum(max(map(width, column)) + 16 for column in (("name", "a", "bb"), ("value", "1.25", "30.5"))) - 8
    for row in (1, 2):
        top = HEADER + round(row * lk.px(ROW))
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


def test_the_name_of_an_upright_line_keeps_away_from_the_lines_it_crosses(qapp):
    flat = line("objects", (24.0, 24.0, 24.0))
    mark = Series("now", np.array([1.0, 1.0]), np.array([0.0, 24.0]), style="dashed")
    words, room = words_of(Curve("Curve", (flat, mark), "depth", "count"), SIZE)
    names = dict(words)
    assert names["now"].center().y() > 0.6 * room.height()
    assert names["objects"].center().y() < 0.2 * room.height()
    assert names["now"].left() < names["objects"].left()


@pytest.mark.parametrize("size", [(600, 62), (600, 36)])
def test_a_whisker_reaches_one_deviation_each_way(qapp, size):
    lk, (width, height) = look("light"), size

    def drawn(value, *spread_):
        return headless.chart_image(Bars("B", ("a",), (value,), spread=spread_), lk, (width, height))

    def differing(one, two, rows):
        return [x for x in range(width) if any(one.pixel(x, y) != two.pixel(x, y) for y in rows)]

    rows = [y for y in range(height) if drawn(1.0).pixel(300, y) == lk.theme.color("accent").rgb()]
    whole = differing(drawn(1.0), drawn(0.0), rows)
    marked = differing(drawn(0.5, 0.25), drawn(0.5), rows)
    span_ = whole[-1] - whole[0]
    assert (marked[-1] - marked[0]) / span_ == pytest.approx(0.5, abs=0.02)
    assert (marked[0] - whole[0]) / span_ == pytest.approx(0.25, abs=0.02)


def test_a_band_lies_as_far_around_its_line_as_its_spread(qapp):
    lk = look("light")

    def drawn(reach):
        band = None if reach is None else np.full(3, reach)
        chart = Curve("Band", (line("", (0.5, 0.5, 0.5), spread=band),), y_range=(0.0, 1.0))
        return headless.chart_image(chart, lk, SIZE)

    plain, x = drawn(None), 200

    def coloured(reach):
        image = drawn(reach)
        return sum(image.pixel(x, y) != plain.pixel(x, y) for y in range(SIZE[1]))

    assert coloured(0.2) == pytest.approx(2 * coloured(0.1), rel=0.1)
    assert coloured(0.1) > 20


def test_a_box_of_a_graph_holds_its_words(qapp):
    nodes = tuple(Node(str(n), "Backbone with a pyramid", f"{n} maps", ms=1.0) for n in range(6))
    view = ChartView(look("light"))
    view.resize(*SIZE)
    view.show_chart(Graph("Stages", nodes, tuple((str(n), str(n + 1)) for n in range(5))))
    metrics = QFontMetricsF(look("light").font("small"))
    for box in view._body._places().values():
        wanted = metrics.boundingRect(QRectF(0, 0, box.width(), 10_000), int(Qt.TextFlag.TextWordWrap.value),
                                      "Backbone with a pyramid\n5 maps\n1.0 ms")  # fmt: skip
        assert wanted.height() <= box.height()
        assert wanted.width() <= box.width()


def test_a_chain_that_would_cut_its_words_goes_down(qapp):
    nodes = tuple(Node(str(n), "Backbone", f"{n} maps", ms=1.0) for n in range(6))
    chain = Graph("Stages", nodes, tuple((str(n), str(n + 1)) for n in range(5)))
    narrow, wide = (best_height(chain, look("light"), width) for width in (240, 900))
    assert narrow > wide
    view = ChartView(look("light"))
    view.resize(240, narrow)
    view.show_chart(chain)
    boxes = list(view._body._below().values())
    assert [box.top() for box in boxes] == sorted(box.top() for box in boxes)
    assert not any(one.intersects(other) for one, other in combinations(boxes, 2))
    fork = Graph("Fork", nodes[:3], (("0", "1"), ("0", "2")))
    assert best_height(fork, look("light"), 60) == best_height(fork, look("light"), 900)
