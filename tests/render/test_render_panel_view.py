"""The panel widget: zoom, mirror, bar, clicks, and the same pixels in the window and on the command line."""

import sys
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QFontMetricsF, QImage, QPainter
from PySide6.QtTest import QTest

from explainer.core.charts import Bars, Curve, Series
from explainer.core.geometry import scale_shift
from explainer.core.layers import Boxes, Cells, Heat, Image, Label, Panel, Points
from explainer.core.result import Result
from explainer.render import caption, colours, headless, panel_view
from explainer.render.look import look
from explainer.render.measures import FILM_HEADER, HEADER, bar_of
from explainer.render.panel_view import PanelView
from explainer.render.view_state import ViewState
from explainer.shell.stage import Stage

rng = np.random.default_rng(0)
PHOTO = rng.integers(0, 256, (120, 160, 3), dtype=np.uint8)


def rich_panel():
    heat = Heat("map", rng.random((7, 7), np.float32), 0.0, 1.0, scale_shift(100 / 7, 100 / 7, 30, 10))
    return Panel(
        "Grad-CAM", (160.0, 120.0),
        (Image("photo", PHOTO, focus=(30, 10, 130, 110)), heat, Boxes("b", np.array([[20.0, 20, 60, 50]]), ("box",)),
         Points("p", np.array([[80.0, 60.0]]), ("peak",)), Label("l", "word", (100.0, 90.0))),
        note="“tiger cat”, 7 × 7",
    )  # fmt: skip


def plain_panel(title="Input", size=(160.0, 120.0), pixels=PHOTO, **more):
    return Panel(title, size, (Image("photo", pixels),), **more)


@pytest.fixture
def view(qtbot):
    made = PanelView(look("light"))
    qtbot.addWidget(made)
    made.resize(320, 240 + HEADER)
    made.show_panel(plain_panel())
    made.show()
    return made


def same(one, other):
    return one.size() == other.size() and one == other


# The same pixels in the window and on the command line --------------------------------------------------


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_panel_of_the_window_and_of_the_command_line_are_equal(qtbot, theme):
    lk = look(theme)
    stage = Stage(lk)
    qtbot.addWidget(stage)
    stage.resize(900, 640)
    stage.show()
    curve = Curve("Loss", (Series("train", np.arange(5.0), np.arange(5.0) ** 2),), "epoch", "nats")
    charts = (Bars("Scores", ("cat", "dog"), (0.7, 0.2)), curve)
    stage.set_view(ViewState(0.45, "viridis"))
    panels = plain_panel(), rich_panel()
    heroes = tuple(panel.slug for panel in panels)
    stage.show_result(Result("**Here** it is.", {"v": 1.0}, panels, charts, heroes=heroes))
    QTest.qWait(20)
    shown = [w for w in stage.findChildren(PanelView) if w.isVisible()]
    assert len(shown) == 2
    for widget in shown:
        size = (widget.width(), widget.height())
        alone = headless.panel_image(widget.panel, lk, size, stage.view)
        assert same(headless.grabbed(widget), alone), widget.panel.title
    for widget in stage.board.charts:
        alone = headless.chart_image(widget.chart, lk, (widget.width(), widget.height()))
        assert same(headless.grabbed(widget), alone), widget.chart.title


def test_equality_of_pictures_notices_a_difference(qapp):
    """Guards the test above."""
    lk, size = look("light"), (300, 240)
    one = headless.panel_image(rich_panel(), lk, size)
    assert not same(one, headless.panel_image(rich_panel(), lk, size, ViewState(0.5)))
    assert not same(one, headless.panel_image(rich_panel(), lk, (301, 240)))


def test_the_cursor_is_no_part_of_the_picture_of_another_widget(view):
    before = headless.grabbed(view)
    view.set_cursor((80.0, 60.0))
    assert not same(before, headless.grabbed(view))
    view.set_cursor(None)
    assert same(before, headless.grabbed(view))


def test_a_saved_picture_is_read_back_as_it_was(qapp, tmp_path):
    image = headless.panel_image(rich_panel(), look("light"), (300, 240))
    headless.save(image, tmp_path / "p.png")
    from PIL import Image as Pil

    got = np.asarray(Pil.open(tmp_path / "p.png").convert("RGB"))
    raw = np.frombuffer(image.constBits(), np.uint8).reshape(240, image.bytesPerLine())[:, :900].reshape(240, 300, 3)
    np.testing.assert_array_equal(got, raw)


def test_a_picture_that_cannot_be_written_is_said(qapp, tmp_path):
    from explainer.core.problem import ExplainerError

    with pytest.raises(ExplainerError, match="could not be written"):
        headless.save(headless.panel_image(plain_panel(), look("light"), (50, 50)), tmp_path / "none" / "p.png")


def test_a_file_that_may_not_grow_is_one_error_and_no_words_of_a_library(qapp, tmp_path, capfd, monkeypatch):
    from explainer.core.problem import ExplainerError

    resource = pytest.importorskip("resource")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # it would be cut short too, and fail whoever imports it next
    noise = np.random.default_rng(0).integers(0, 256, (400, 400, 3), np.uint8)
    image = QImage(noise.data, 400, 400, 1200, QImage.Format.Format_RGB888)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, before[1]))
    try:
        with pytest.raises(ExplainerError, match="could not be written"):
            headless.save(image, tmp_path / "p.png")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert capfd.readouterr().err == ""
    assert not list(tmp_path.iterdir())


def pixels_of(image):
    raw = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return raw[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def test_at_its_own_scale_a_photo_is_shown_pixel_for_pixel(qapp):
    image = headless.panel_image(plain_panel(), look("light"), (160, 120 + HEADER))
    np.testing.assert_array_equal(pixels_of(image)[HEADER:], PHOTO)


def test_doubled_each_photo_pixel_is_where_it_belongs(qapp):
    dots = np.zeros((120, 160, 3), np.uint8)
    dots[30, 100] = 255
    panel = Panel("P", (160.0, 120.0), (Image("photo", dots, smooth=False),))
    image = headless.panel_image(panel, look("light"), (320, 240 + HEADER))
    lit = np.argwhere(pixels_of(image)[HEADER:, :, 0] == 255)
    assert {tuple(at) for at in lit.tolist()} == {(60, 200), (60, 201), (61, 200), (61, 201)}


# Odd sizes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(1, 1), (10, 20000), (20000, 10), (12, 6000)])
@pytest.mark.parametrize("size", [(320, 240), (40, 30)])
def test_odd_panels_are_shown(shape, size, qapp):
    pixels = np.full((*shape, 3), 200, np.uint8)
    panel = plain_panel(size=(float(shape[1]), float(shape[0])), pixels=pixels)
    image = headless.panel_image(panel, look("dark"), size)
    assert (pixels_of(image)[HEADER:] == 200).all(axis=2).any()


def test_a_panel_without_layers_shows_its_ground(qapp):
    image = headless.panel_image(Panel("Nothing", (10.0, 10.0), ()), look("light"), (100, 100))
    below = {image.pixelColor(x, y).name() for x in range(100) for y in range(30, 100)}  # below the title
    assert below == {look("light").theme.stage}


# Opacity, zoom, mirror ----------------------------------------------------------------------------------


def test_opacity_composes_anew_and_the_same_again_does_not(view, monkeypatch):
    view.show_panel(rich_panel())
    calls = []
    real = panel_view.raster
    monkeypatch.setattr(panel_view, "raster", lambda *a: calls.append(1) or real(*a))
    view.set_view(ViewState(0.1))
    first = headless.grabbed(view)
    assert len(calls) == 1
    view.grab()
    assert len(calls) == 1
    view.set_view(ViewState(0.9))
    assert len(calls) == 2
    assert not same(first, headless.grabbed(view))


def test_a_new_panel_of_the_same_size_keeps_the_zoom(view):
    view.set_range(((40, 80), (30, 60)))
    before = view.visible_range
    view.show_panel(plain_panel("Other"))
    assert view.visible_range == before
    view.show_panel(plain_panel("Wider", size=(320.0, 120.0), pixels=PHOTO.repeat(2, 1)))
    assert view.visible_range[0] == pytest.approx((0, 320))


def test_a_double_click_fits(view, qtbot):
    view.set_range(((40, 80), (30, 60)))
    with qtbot.waitSignal(view.ranged):
        QTest.mouseDClick(view._graphics.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(50, 50))
    assert view.visible_range[0] == pytest.approx((0, 160))


def test_zoomed_in_the_right_part_is_shown(view):
    view.set_range(((40, 80), (30, 60)))
    shown = pixels_of(headless.grabbed(view))[HEADER:]
    centre = shown[120 - 3 : 120 + 4, 160 - 3 : 160 + 4].reshape(-1, 3).astype(int)
    expected = PHOTO[44:47, 59:62].reshape(-1, 3).astype(int)
    assert (centre >= expected.min(0) - 1).all()
    assert (centre <= expected.max(0) + 1).all()


def test_a_mirrored_panel_is_flipped_and_keeps_its_coordinates(view):
    straight = pixels_of(headless.grabbed(view))[HEADER:].copy()
    view.set_mirrored(True)
    flipped = pixels_of(headless.grabbed(view))[HEADER:]
    assert np.abs(flipped[:, ::-1].astype(int) - straight).mean() < 12  # off by half a screen pixel at most
    assert np.abs(flipped.astype(int) - straight).mean() > 30
    assert view.to_panel(QPointF(0, 0))[0] == pytest.approx(160, abs=1)


@pytest.mark.parametrize("point", [(0.5, 0.5), (80, 60), (159.5, 119.5)])
def test_screen_and_panel_coordinates_are_inverse(view, point):
    on_screen = view._box.mapViewToScene(QPointF(*point))
    assert view.to_panel(on_screen) == pytest.approx(point, abs=1e-6)
    assert on_screen.x() == pytest.approx(2 * point[0], abs=0.01)


# Clicks -------------------------------------------------------------------------------------------------


def click(view, x, y):
    at = view._box.mapViewToScene(QPointF(x, y)).toPoint()
    QTest.mouseClick(view._graphics.viewport(), Qt.MouseButton.LeftButton, pos=at)


def test_a_click_on_a_tile_is_picked_and_elsewhere_it_is_a_click(view, qtbot):
    cells = Cells("c", np.zeros((4, 10, 10), np.float32), 2, 0, 1, sets=tuple({"channel": i} for i in range(4)))
    view.show_panel(Panel("Maps", cells.size, (cells,), frame=False))
    with qtbot.waitSignal(view.picked) as caught:
        click(view, 15, 15)
    assert caught.args == [{"channel": 3}]
    view.show_panel(plain_panel())
    with qtbot.waitSignal(view.clicked) as clicked, qtbot.assertNotEmitted(view.picked):
        click(view, 80, 60)
    assert clicked.args[0] == pytest.approx((80, 60), abs=1)


def test_a_drag_pans_and_picks_nothing(view, qtbot):
    port = view._graphics.viewport()
    before = view.visible_range
    with qtbot.assertNotEmitted(view.picked), qtbot.assertNotEmitted(view.clicked):
        QTest.mousePress(port, Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
        for x in range(110, 170, 10):
            QTest.mouseMove(port, QPoint(x, 100))
        QTest.mouseRelease(port, Qt.MouseButton.LeftButton, pos=QPoint(160, 100))
    assert view.visible_range[0][0] - before[0][0] == pytest.approx(-30, abs=6)  # 60 px on screen, to the right


def test_the_value_under_the_cursor_is_told(view, qtbot):
    with qtbot.waitSignal(view.hovered) as caught:
        QTest.mouseMove(view._graphics.viewport(), QPoint(200, 100))
    assert caught.args[0] == pytest.approx((100, 50), abs=1)
    view.set_cursor(caught.args[0])
    x, y = (int(v) for v in caught.args[0])
    assert view._cursor.text == "{} {} {}".format(*PHOTO[y, x])


# The caption and the colour bar -------------------------------------------------------------------------


def heat_panel(lo=0.0, hi=0.73, colours="sequential", title="What speaks for “Pekinese”", unit=""):
    heat = Heat("map", hi * rng.random((7, 7), np.float32), lo, hi, scale_shift(160 / 7, 120 / 7), colours, unit)
    return Panel(title, (160.0, 120.0), (Image("photo", PHOTO), heat), note="7 × 7")


def test_a_bar_says_where_values_go_on_beyond_its_ends():
    def ends(values, lo, hi, map_colours="sequential"):
        return caption._ends(Heat("map", np.array([values], np.float32), lo, hi, colours=map_colours))

    assert ends([0.0, 0.032], 0.0, 0.032) == ("0", "0.032")
    assert ends([0.0, 0.047], 0.0, 0.032) == ("0", "≥ 0.032")
    assert ends([0.0, 0.0322], 0.0, 0.032) == ("0", "0.032")
    assert ends([-1.2, 0.5], -0.9, 0.9, "diverging") == ("≤ −0.9", "+0.9")
    assert ends([-0.5, 1.2], -0.9, 0.9, "diverging") == ("−0.9", "≥ +0.9")


@pytest.mark.parametrize("sequential", ["inferno", "viridis"])
def test_the_bar_runs_from_lo_to_hi_in_the_line_of_the_caption(qapp, sequential):
    lk = look("light")
    image = headless.panel_image(heat_panel(), lk, (400, 300 + HEADER), ViewState(colours=sequential))
    line = pixels_of(image)[HEADER // 2].astype(int)
    right = 400 - QFontMetricsF(lk.font("small", figures=True)).horizontalAdvance("0.73") - caption.BESIDE
    table = colours.table("sequential", sequential).astype(int)
    assert np.abs(line[round(right) - 3] - table[-4]).max() < 25
    assert np.abs(line[round(right) - caption.BAR_LONG + 3] - table[4]).max() < 25


@pytest.mark.parametrize("scale", [0.85, 1.0, 1.3, 1.8])
@pytest.mark.parametrize("hi", [0.73, 8.8e-8, 8.8e8, 88888.0, 3.14e-4])
@pytest.mark.parametrize("width", [140, 220, 320, 500, 900])
def test_words_numbers_and_bar_of_a_caption_do_not_meet(qapp, monkeypatch, scale, hi, width):
    drawn = []
    lk = look("light", scale)

    class Spy(QPainter):
        def drawText(self, box, flags, text):
            if text:
                wide = QFontMetricsF(self.font()).horizontalAdvance(text)
                drawn.append((box.left(), box.left() + wide))
            super().drawText(box, flags, text)

        def drawImage(self, box, image):
            drawn.append((box.left(), box.right()))
            super().drawImage(box, image)

    image = QImage(width, 60, QImage.Format.Format_RGB888)
    painter = Spy(image)
    caption.paint(painter, lk, heat_panel(-hi, hi, "diverging", unit="px"), (width, width), "inferno", bare=False)
    painter.end()
    spans = sorted(drawn)
    assert spans[0][0] >= 0
    assert spans[-1][1] <= width + 1
    assert all(b[0] >= a[1] - 0.5 for a, b in pairwise(spans)), spans


def test_the_class_of_a_title_is_bold_and_without_its_quotes():
    assert caption.pieces("What speaks for “Pekinese”, now") == [
        ("What speaks for ", False), ("Pekinese", True), (", now", False),
    ]  # fmt: skip
    assert caption.pieces("Photo") == [("Photo", False)]


def test_a_thumb_has_a_small_caption_and_neither_bar_nor_words(view):
    view.resize(160, 120 + FILM_HEADER)
    view.set_bare(True)
    panel = rich_panel()
    view.show_panel(panel)
    assert view.picture_rect().top() == FILM_HEADER
    thumb = pixels_of(headless.grabbed(view)).copy()
    wordless = tuple(replace(one, labels=()) for one in panel.layers[2:4])
    view.show_panel(replace(panel, layers=(*panel.layers[:2], *wordless)))
    np.testing.assert_array_equal(pixels_of(headless.grabbed(view)), thumb)
    view.set_bare(False)
    assert view.picture_rect().top() == HEADER


def test_a_title_without_room_is_told_by_a_tool_tip(view):
    view.show_panel(plain_panel("A title that is much too long for a thumb of the film"))
    assert not view.toolTip()
    view.resize(100, 90)
    assert view.toolTip() == "A title that is much too long for a thumb of the film"
    view.show_panel(plain_panel("Short"))
    assert not view.toolTip()


# The part that is looked at first -----------------------------------------------------------------------


def test_a_panel_shows_what_the_network_sees_and_all_of_it_on_a_second_double_click(view, qtbot):
    view.show_panel(rich_panel())
    for seen, expected in zip(view.visible_range, ((30, 130), (10, 110)), strict=True):
        assert seen == pytest.approx(expected, abs=0.6)
    assert view.picture_rect().width() == view.picture_rect().height() == 240
    port = view._graphics.viewport()
    for expected in ((0, 160), (30, 130)):
        QTest.mouseDClick(port, Qt.MouseButton.LeftButton, pos=QPoint(50, 50))
        assert view.visible_range[0] == pytest.approx(expected, abs=0.6)


def test_cropped_a_photo_is_shown_pixel_for_pixel(qapp):
    panel = Panel("P", (160.0, 120.0), (Image("photo", PHOTO, focus=(30, 10, 130, 110)),))
    image = headless.panel_image(panel, look("light"), (100, 100 + HEADER))
    np.testing.assert_array_equal(pixels_of(image)[HEADER:], PHOTO[10:110, 30:130])


def test_uncovered_the_photo_alone_is_seen(view):
    covered, bare = rich_panel(), plain_panel()
    bare = replace(bare, layers=(replace(bare.layers[0], focus=(30, 10, 130, 110)),))
    view.show_panel(bare)
    photo = pixels_of(headless.grabbed(view))[HEADER:].copy()
    view.show_panel(covered)
    before = pixels_of(headless.grabbed(view))[HEADER:].copy()
    view.set_uncovered(True)
    np.testing.assert_array_equal(pixels_of(headless.grabbed(view))[HEADER:], photo)
    view.set_uncovered(False)
    np.testing.assert_array_equal(pixels_of(headless.grabbed(view))[HEADER:], before)


def test_a_map_without_a_photo_is_not_uncovered(view):
    heat = Heat("map", rng.random((7, 7), np.float32), 0.0, 1.0, over=False)
    view.show_panel(Panel("Map", (7.0, 7.0), (heat,), frame=False))
    before = headless.grabbed(view)
    view.set_uncovered(True)
    assert same(headless.grabbed(view), before)


def test_only_maps_have_a_bar_and_colours_of_classes_have_none():
    assert bar_of(heat_panel()).name == "map"
    assert bar_of(plain_panel()) is None
    assert bar_of(heat_panel(colours="categorical")) is None


def test_a_panel_tells_its_title_to_a_screen_reader(view):
    view.show_panel(rich_panel())
    assert view.accessibleName() == "Grad-CAM. “tiger cat”, 7 × 7"
