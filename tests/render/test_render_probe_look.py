"""What lies under the cursor; fonts, themes, icons, formulas; a painter and a body for every type."""

import typing

import numpy as np
import pytest
from PySide6.QtGui import QFontInfo, QFontMetricsF, QImage, QPainter

from explainer.core import charts, layers, paths
from explainer.core.geometry import scale_shift
from explainer.core.layers import Arrows, Boxes, Cells, Heat, Image, Label, Lines, Mask, Panel, Points
from explainer.render import chips, formula, icons, painters, probe
from explainer.render.chart_view import BODIES
from explainer.render.look import CLASS_COLOURS, READ, SEEN, Look, contrast, family, look, readable, theme
from explainer.render.measures import unbroken

EMPTY = np.zeros((0, 2))


@pytest.fixture
def lk(qapp):
    return look("light")


# Under the cursor ---------------------------------------------------------------------------------------


def picture():
    pixels = np.zeros((48, 64, 3), np.uint8)
    pixels[10, 20] = (1, 2, 3)
    return Image("i", pixels)


def test_the_topmost_map_is_read_before_the_picture():
    values = np.arange(4, dtype=np.float32).reshape(2, 2) / 8
    panel = Panel("P", (64, 48), (picture(), Heat("h", values, 0, 1, scale_shift(16, 12, 16, 12))))
    assert probe.value_at(panel, 33, 25) == "0.375"  # lower right cell
    assert probe.value_at(panel, 17, 13) == "0"
    assert probe.value_at(panel, 20.5, 10.5) == "1 2 3"  # above the map, on the picture
    assert probe.value_at(panel, 64.1, 5) == ""
    assert probe.value_at(panel, -0.1, 5) == ""


def test_pixels_belong_to_half_open_squares():
    panel = Panel("P", (64, 48), (picture(),))
    assert probe.value_at(panel, 20.0, 10.999) == "1 2 3"
    assert probe.value_at(panel, 19.999, 10.5) == "0 0 0"
    assert probe.value_at(panel, 21.0, 10.5) == "0 0 0"


def mosaic(**more):
    values = np.arange(2 * 9, dtype=np.float32).reshape(2, 3, 3)
    return Cells("c", values, columns=2, lo=0, hi=17, **more)


def test_a_mosaic_is_read_by_tile_and_not_in_its_gaps():
    cells = mosaic()
    panel = Panel("P", cells.size, (cells,), frame=False)
    assert probe.value_at(panel, 2.5, 1.5) == "5"
    second = 3 * layers.CELL_PITCH
    assert probe.value_at(panel, second + 0.5, 0.5) == "9"
    assert probe.value_at(panel, 3.1, 1.0) == ""
    assert probe.cell_at(cells, 3.1, 1.0) == -1


def test_a_click_on_a_tile_sets_its_param():
    cells = mosaic(sets=({"channel": 7}, None))
    panel = Panel("P", cells.size, (cells,), frame=False)
    assert probe.sets_at(panel, 1, 1, reach=1) == {"channel": 7}
    assert probe.sets_at(panel, 3 * layers.CELL_PITCH + 1, 1, reach=1) is None


def test_the_nearest_point_within_reach_is_meant():
    points = Points("p", np.array([[10.0, 10.0], [20.0, 10.0]]), sets=({"n": 0}, {"n": 1}))
    panel = Panel("P", (64, 48), (points,))
    assert probe.sets_at(panel, 16, 10, reach=5) == {"n": 1}
    assert probe.sets_at(panel, 15.9, 14, reach=3) is None


def test_of_boxes_within_one_another_the_smallest_is_meant():
    boxes = Boxes("b", np.array([[0.0, 0, 60, 40], [5, 5, 15, 15]]), sets=({"n": "big"}, {"n": "small"}))
    panel = Panel("P", (64, 48), (boxes,))
    assert probe.sets_at(panel, 10, 10, reach=1) == {"n": "small"}
    assert probe.sets_at(panel, 30, 30, reach=1) == {"n": "big"}
    assert probe.sets_at(panel, 62, 45, reach=1) is None


def test_empty_layers_are_not_clicked():
    panel = Panel("P", (64, 48), (Points("p", EMPTY), Boxes("b", np.zeros((0, 4)))))
    assert probe.sets_at(panel, 10, 10, reach=5) is None


# Complete tables ----------------------------------------------------------------------------------------


def test_every_layer_has_a_painter():
    assert set(painters.PAINTERS) == set(typing.get_args(layers.Layer))


def test_every_chart_has_a_body():
    assert set(BODIES) == set(typing.get_args(charts.Chart))


VECTORS = [
    Boxes("b", np.array([[10.0, 10, 40, 30]]), ("box",)),
    Points("p", np.array([[30.0, 20.0]]), ("point",)),
    Lines("l", (np.array([[5.0, 5], [50, 40]]),)),
    Arrows("a", np.array([[5.0, 5]]), np.array([[50.0, 40]])),
]


@pytest.mark.parametrize("layer", VECTORS, ids=lambda layer: type(layer).__name__)
def test_vector_layers_draw_something_and_inside(layer, lk):
    image = QImage(64, 48, QImage.Format.Format_RGB32)
    image.fill(0xFF808080)
    painter = QPainter(image)
    painters.paint(painters.Canvas(painter, lk, 1.0), layer)
    painter.end()
    grey = {image.pixel(x, y) for x in range(64) for y in range(48)}
    assert len(grey) > 1


def test_lines_with_very_many_corners_are_drawn_thinner_and_where_they_are(lk):
    turns = np.stack([np.linspace(4, 60, 500), 24 + 8 * np.sin(np.linspace(0, 6, 500))], 1)
    drawn = {}
    for name, path in (("few", turns[::10]), ("many", turns)):
        image = QImage(64, 48, QImage.Format.Format_RGB32)
        image.fill(0xFF808080)
        painter = QPainter(image)
        painters.paint(painters.Canvas(painter, lk, 1.0), Lines("l", (path,), width_px=3.0))
        painter.end()
        drawn[name] = {(x, y) for x in range(64) for y in range(48) if image.pixel(x, y) != 0xFF808080}
    assert 50 < len(drawn["many"]) < len(drawn["few"])
    near = range(-1, 3)  # px: the shadow of thin lines lies one px lower and to the right
    assert drawn["many"] <= {(x + i, y + j) for x, y in drawn["few"] for i in near for j in near}


def test_of_thick_lines_that_meet_each_is_as_long_as_it_says(lk):
    image = QImage(64, 48, QImage.Format.Format_RGB32)
    image.fill(0xFF808080)
    painter = QPainter(image)
    parts = tuple(np.array([[x0, 24.0], [x1, 24.0]]) for x0, x1 in ((4, 30), (30, 40), (40, 60)))
    painters.paint(painters.Canvas(painter, lk, 1.0), Lines("l", parts, (0, 1, 2), width_px=12.0))
    painter.end()
    row = [image.pixel(x, 24) for x in range(64)]
    lengths = [row.count(row[x]) for x in (15, 35, 50)]
    assert lengths == pytest.approx([26, 10, 20], abs=1)


@pytest.mark.parametrize("dashed", [False, True])
def test_the_outline_of_a_box_is_where_the_box_is(lk, dashed):
    image = QImage(64, 48, QImage.Format.Format_RGB32)
    image.fill(0xFF808080)
    painter = QPainter(image)
    painters.paint(painters.Canvas(painter, lk, 1.0), Boxes("b", np.array([[10.0, 10, 40, 30]]), dashed=dashed))
    painter.end()
    changed = {(x, y) for x in range(64) for y in range(48) if image.pixel(x, y) != 0xFF808080}
    assert changed
    for x, y in changed:
        across, down = min(abs(x + 0.5 - 10), abs(x + 0.5 - 40)), min(abs(y + 0.5 - 10), abs(y + 0.5 - 30))
        assert min(across, down) <= 3.0
    sides = ({(10, 20), (9, 20)}, {(40, 20), (39, 20)}, {(25, 10), (25, 9)}, {(25, 30), (25, 29)})
    assert all(side & changed for side in sides)


EMPTIES = [
    Boxes("b", np.zeros((0, 4))), Points("p", EMPTY), Lines("l", ()), Lines("l", (EMPTY,)), Arrows("a", EMPTY, EMPTY),
    Arrows("a", np.array([[5.0, 5]]), np.array([[5.0, 5]])), Label("t", "", (0.0, 0.0)),
    Mask("m", np.zeros((2, 2), bool)),
]  # fmt: skip


@pytest.mark.parametrize("layer", EMPTIES, ids=lambda layer: type(layer).__name__)
def test_empty_layers_are_drawn_without_a_word(layer, lk):
    image = QImage(64, 48, QImage.Format.Format_RGB32)
    image.fill(0xFF808080)
    painter = QPainter(image)
    painters.paint(painters.Canvas(painter, lk, 1.0), layer)
    painter.end()
    drawn = [(x, y) for x in range(64) for y in range(48) if image.pixel(x, y) != 0xFF808080]
    if isinstance(layer, Arrows) and len(layer.start):  # one that leads nowhere is a dot where it stands
        assert drawn
        assert all(abs(x - 5) <= 4 and abs(y - 5) <= 4 for x, y in drawn)
    else:
        assert not drawn


# Type and colour ----------------------------------------------------------------------------------------


def test_inter_is_really_loaded(lk):
    assert family() == "Inter"
    for bold in (False, True):
        assert QFontInfo(lk.font(bold=bold)).family() == "Inter"


@pytest.mark.parametrize("size", ["small", "caption", "base", "title"])
@pytest.mark.parametrize("scale", [0.85, 1.0, 1.8])
def test_tabular_figures_are_equally_wide(qapp, size, scale):
    metrics = QFontMetricsF(look("light", scale).font(size, figures=True))
    widths = {round(metrics.horizontalAdvance(4 * figure), 3) for figure in "0123456789"}
    assert len(widths) == 1


def test_figures_in_words_are_not_tabular(qapp):
    """Guards the test above: without the feature a 1 is narrower than an 8."""
    metrics = QFontMetricsF(look("light").font())
    assert metrics.horizontalAdvance("1111") < metrics.horizontalAdvance("8888")


def test_fonts_follow_the_scale(qapp):
    sizes = [Look(theme("light"), scale).font().pixelSize() for scale in (0.85, 1.0, 1.3, 1.8)]
    assert sizes == [11, 13, 17, 23]


GROUNDS = ("stage", "chrome", "field")
PAIRS = [
    *[(role, ground) for role in ("text", "muted", "accent", "warning") for ground in GROUNDS],
    ("text", "accent_soft"), ("accent", "accent_soft"), ("muted", "accent_soft"),
    ("text", "warning_soft"), ("warning", "warning_soft"), ("muted", "warning_soft"), ("accent_text", "accent"),
]  # fmt: skip


@pytest.mark.parametrize("name", ["light", "dark"])
@pytest.mark.parametrize(("role", "ground"), PAIRS)
def test_small_text_can_be_read_on_its_ground(name, role, ground):
    t = theme(name)
    assert contrast(getattr(t, role), getattr(t, ground)) >= READ


@pytest.mark.parametrize("name", ["light", "dark"])
@pytest.mark.parametrize(
    ("role", "ground"), [("bar", "stage"), ("faint", "chrome"), ("faint", "field"), ("focus", "stage")]
)
def test_what_only_has_to_be_seen_is_seen(name, role, ground):
    t = theme(name)
    assert contrast(getattr(t, role), getattr(t, ground)) >= SEEN


@pytest.mark.parametrize("name", ["light", "dark"])
def test_colours_of_lines_are_seen_and_their_names_are_read(name, qapp):
    lk = look(name)
    for index in range(-2, len(CLASS_COLOURS)):
        assert contrast(lk.line_color(index).name(), lk.theme.stage) >= SEEN, index
        assert contrast(lk.text_color(index).name(), lk.theme.stage) >= READ, index


@pytest.mark.parametrize("name", ["light", "dark"])
def test_symbols_of_formulas_are_read_wherever_they_stand_and_told_apart(name, qapp):
    lk = look(name)
    colours = [lk.symbol_color(index).name() for index in range(len(lk.theme.symbols))]
    assert len(set(colours)) == len(colours) >= 6
    assert lk.symbol_color(len(colours)).name() == colours[0]
    for colour in colours:
        assert all(contrast(colour, getattr(lk.theme, ground)) >= 5.0 for ground in GROUNDS), colour
        assert contrast(colour, lk.theme.accent_text) >= READ, colour  # as the ground of a chip


@pytest.mark.parametrize("below", ["#ffffff", "#808080", "#000000"])
def test_words_on_chips_are_read_on_any_picture(below, qapp):
    share = chips.GROUND.alphaF()
    mixed = [
        round(share * over + (1 - share) * int(below[i : i + 2], 16))
        for over, i in zip(chips.GROUND.getRgb(), (1, 3, 5), strict=False)
    ]
    ground = "#" + "".join(f"{channel:02x}" for channel in mixed)
    assert contrast(chips.INK.name(), ground) >= READ
    if below == "#000000":
        dots = [chips.chips_of(Label("l", "w", (0.0, 0.0), n), look("light")) for n in range(len(CLASS_COLOURS))]
        assert all(contrast(next(dot).colour.name(), ground) >= SEEN for dot in dots)


def test_a_colour_that_can_be_read_stays_as_it_is():
    assert readable("#000000", "#ffffff", 4.5) == "#000000"
    assert contrast(readable("#ffff00", "#ffffff", 4.5), "#ffffff") == pytest.approx(4.5, abs=0.15)
    assert contrast(readable("#000080", "#101010", 4.5), "#101010") == pytest.approx(4.5, abs=0.15)


def test_contrast_of_black_and_white_is_twenty_one():
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#777777") == pytest.approx(1.0)


@pytest.mark.parametrize("file", sorted(paths.resource("icons").glob("*.svg")), ids=lambda f: f.stem)
def test_every_icon_draws_something_in_the_palettes_colour(file, qapp):
    image = icons.pixmap(file.stem, "#ff0000", 16).toImage()
    red = [image.pixelColor(x, y) for x in range(32) for y in range(32)]
    assert any(c.alpha() > 200 and c.red() > 200 and c.green() < 60 for c in red)


def test_an_icon_that_is_not_there_is_an_error(qapp):
    with pytest.raises(FileNotFoundError):
        icons.pixmap("no-such-icon", "#000000", 16)


# Formulas -----------------------------------------------------------------------------------------------


def test_formulas_have_the_height_of_what_they_hold():
    line, fraction, sums = (formula.height(tex) for tex in ("x", r"\frac{1}{x}", r"\sum_{i=1}^{n} \frac{a_i}{b_i}"))
    assert 4 < line < fraction < sums < 100
    assert 1.5 * formula.height("x", 16.0) < formula.height("x", 32.0) <= 2 * formula.height("x", 16.0)


def test_a_formula_is_drawn_in_its_colour(qapp):
    image = formula.picture(r"\alpha_k = \frac{1}{N}", 20.0, "#00ff00", 2.0)
    inked = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
    strong = [c for c in inked if c.alpha() > 200]
    assert strong
    assert all(c.green() > 200 and c.red() < 60 for c in strong)
    assert image.devicePixelRatio() == 2.0


def test_a_formula_that_cannot_be_set_is_a_value_error():
    with pytest.raises(ValueError, match="cannot be set"):
        formula.svg(r"\frac{1", 16.0, "#000000")


HOSTILE = {
    "long": "x+" * 400 + "x",
    "roots": r"\sqrt{" * 30 + "x" + "}" * 30,
    "powers": "x^{" * 20 + "x" + "}" * 20,
    "brackets": r"\left(" * 20 + "x" + r"\right)" * 20,
    "braces": "{" * 290 + "x" + "}" * 290,
    "tables": r"\begin{matrix}" * 8 + "x" + r"\end{matrix}" * 8,
}


@pytest.mark.parametrize("latex", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_formula_that_would_run_away_is_words_instead(qapp, monkeypatch, latex):
    def never(*_given, **_named):
        raise AssertionError("it is set all the same")

    monkeypatch.setattr(formula.library(), "Latex", never)
    with pytest.raises(ValueError, match=r"longer than 600|nested too deeply"):
        formula.svg(latex, 16.0, "#000000")
    assert formula.is_set(latex, 16.0, "#000000"), "it is weighed again each time"
    words = formula.picture(latex, 16.0, "#ff0000", 2.0)
    assert words.width() > 10 * words.height() > 0
    assert any(words.pixelColor(x, words.height() // 2).red() > 200 for x in range(words.width()))


def test_a_formula_wider_than_any_screen_is_words_instead(qapp):
    wide = formula.picture(r"\text{" + "w" * 500 + "}", 30.0, "#000000", 1.0)
    assert 0 < wide.width() <= formula.LARGEST_PX


def test_deep_formulas_of_a_lesson_are_still_set():
    assert formula.svg(r"\sqrt{1+\sqrt{1+\sqrt{1+\frac{1}{1+x}}}}", 16.0, "#000000")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("goes to 36 %.", "goes to 36\u00a0%."),
        ("covers **19** % of it", "covers **19**\u00a0% of it"),
        ('<span class="value">8</span> px apart', '<span class="value">8</span>\u00a0px apart'),
        ("12 pxels, 4 msec and 5 msx", "12 pxels, 4 msec and 5 msx"),
        ("word % word", "word % word"),
    ],
)
def test_a_number_and_its_unit_stay_on_one_line(text, kept):
    assert unbroken(text) == kept
