"""The stage: where panels go, handles, the cards, the line of progress."""

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QGraphicsView, QLabel, QToolButton, QWidget
from shell_fakes import BOX, Boxed, Looks, photo

from explainer.core.charts import Bars
from explainer.core.controls import AUTO, Auto, OnPicture, controls
from explainer.core.frame import Frame
from explainer.core.geometry import BoxXYXY, PointXY, Stroke, scale_shift
from explainer.core.layers import Cells, Heat, Image, Panel
from explainer.core.model_card import LayerCard
from explainer.core.problem import Problem
from explainer.core.result import Result
from explainer.core.unsuitable import Offer, Unsuitable
from explainer.render.look import look
from explainer.render.panel_view import PanelView
from explainer.shell import motion, saving
from explainer.shell.completing import completed, facts_of, maps_of
from explainer.shell.handle_boxes import HANDLES
from explainer.shell.network_strip import NetworkView
from explainer.shell.network_tiles import tiles
from explainer.shell.stage import Stage
from explainer.shell.stage.tabs import shorter

PHOTO = np.random.default_rng(1).integers(0, 256, (120, 160, 3), dtype=np.uint8)
LEFT = Qt.MouseButton.LeftButton


def panel(title="Input", size=(160.0, 120.0), frame=True, layers=()):
    return Panel(title, size, (Image("photo", PHOTO), *layers), frame=frame)


def heat_panel(title="Map"):
    heat = Heat("map", np.eye(4, dtype=np.float32), 0.0, 1.0, scale_shift(40, 30))
    return panel(title, layers=(heat,))


def result(*panels, charts=(), **more):
    return Result(more.pop("reading", "Here."), {"v": 1.0}, panels, charts, **more)


@pytest.fixture
def stage(qtbot):
    made = Stage(look("light"))
    qtbot.addWidget(made)
    made.resize(800, 700)
    made.show()
    return made


def views(stage):
    return [w for w in stage.findChildren(PanelView) if w.isVisible()]


# Where things stand -------------------------------------------------------------------------------------


def of(stage, *titles):
    """Panels on the stage by their titles."""
    found = {w.panel.title: w for w in views(stage)}
    return [found[title] for title in titles]


def places(stage):
    return {w.panel.title: w.geometry() for w in views(stage)}


def area(rect):
    return rect.width() * rect.height()


@pytest.mark.parametrize("size", [(800, 600), (1400, 500), (420, 900)])
def test_the_hero_stands_larger_than_the_film_and_nothing_overlaps(stage, size):
    stage.resize(*size)
    stage.show_result(result(panel(), heat_panel(), charts=(Bars("B", ("a",), (0.5,)),)))
    QTest.qWait(10)
    (hero,), pictures = stage.hero_rects(), stage.picture_rects()
    assert len(pictures) == 2
    assert all(area(hero) >= area(one) for one in pictures)
    measured = stage.measured()
    assert measured["overlapping"] == []
    assert measured["outside"] == []
    assert measured["heroes"] > 0.2


def test_the_result_names_its_heroes(stage):
    stage.show_result(result(panel(), heat_panel(), heroes=("input",)))
    one, other = of(stage, "Input", "Map")
    assert area(one.geometry()) > area(other.geometry())
    stage.show_result(result(panel(), heat_panel(), heroes=("input", "map")))
    one, other = of(stage, "Input", "Map")
    assert one.size() == other.size()


def test_a_chart_stands_large_where_there_is_no_panel(stage):
    bars = Bars("B", ("a", "b"), (0.5, 0.2))
    stage.show_result(result(charts=(bars, Bars("C", ("a",), (1.0,)))))
    large, small = stage.board.charts
    assert area(large.geometry()) > 2 * area(small.geometry())
    assert stage.hero_rects() == [large.geometry()]


def test_panels_do_not_jump_when_the_next_result_comes(stage):
    stage.show_result(result(panel(), heat_panel()))
    before = places(stage)
    stage.show_result(result(panel(), heat_panel(), reading="Two more words."))
    assert places(stage) == before


def test_frames_of_a_film_are_laid_out_once(stage, monkeypatch):
    stage.show_result(result(panel(), heat_panel()))
    placed = []
    monkeypatch.setattr(stage.board, "place", lambda *a: placed.append(a))
    for _ in range(3):
        stage.show_result(result(panel(), heat_panel()), charts=False)
    assert placed == []


def test_what_was_expected_stands_where_the_result_will(stage):
    stage.expect("one", Frame(PHOTO))
    stage.show_result(result(panel(), heat_panel(), heroes=("map",)))
    before = places(stage)
    stage.expect("other", Frame(PHOTO))
    assert views(stage) == []
    stage.expect("one", Frame(PHOTO))
    box = stage._layout.of("hero")[0]
    assert (box.x, box.y, box.w, box.h) == before["Map"].getRect()
    stage.show_result(result(panel(), heat_panel(), heroes=("map",)))
    assert places(stage) == before


def test_another_demo_shows_the_photo_at_once_and_nothing_of_the_old_one(stage):
    stage.show_result(result(panel(), heat_panel(), reading="Old words."))
    green = np.zeros((120, 160, 3), np.uint8)
    green[..., 1] = 200
    stage.expect("other", Frame(green))
    assert stage.result is None
    assert "Old" not in stage.head.said
    box = stage._layout.of("hero")[0]
    at = stage.grab().toImage().pixelColor(box.x + box.w // 2, box.y + box.h // 2)
    assert (at.red(), at.green(), at.blue()) == (0, 200, 0)


def test_a_picture_of_the_film_changes_places_with_the_hero_and_stays_there(stage):
    stage.expect("one", None)
    stage.show_result(result(panel(), heat_panel(), heroes=("map",)))
    before = places(stage)
    (thumb,) = of(stage, "Input")
    QTest.mouseClick(thumb._graphics.viewport(), LEFT, pos=thumb._graphics.viewport().rect().center())
    after = places(stage)
    assert area(after["Input"]) > area(after["Map"])
    assert after["Input"] == before["Map"]
    stage.expect("other", None)
    stage.show_result(result(panel(), heat_panel(), heroes=("map",)))
    assert places(stage) == before
    stage.expect("one", None)
    stage.show_result(result(panel(), heat_panel(), heroes=("map",)))
    assert places(stage) == after
    assert stage.chosen == {"one": (0,)}


def test_a_swap_glides_until_the_next_result_comes_and_not_at_all_with_less_motion(stage, monkeypatch):
    monkeypatch.setattr(motion, "reduced", lambda: False)
    stage.show_result(result(panel(), heat_panel(), heroes=("map",)))
    stage.choose(0)
    assert stage.glide.isVisible()
    stage.show_result(result(panel(), heat_panel(), heroes=("map",)), charts=False)
    assert not stage.glide.isVisible()
    monkeypatch.setattr(motion, "reduced", lambda: True)
    stage.choose(1)
    assert not stage.glide.isVisible()


@pytest.mark.parametrize("odd", [None, 3, {"a": "b"}, {"a": [1, 2, 3]}, {"a": [-1]}, {"a": ["x"]}, {"a": []}])
def test_what_is_no_choice_of_heroes_is_passed_over(stage, odd):
    stage.choose_heroes(odd)
    assert stage.chosen == {}


def test_a_number_key_makes_a_hero_then_gives_it_the_whole_stage(stage):
    stage.show_result(result(panel(), heat_panel(), heroes=("map",)))
    stage.choose(0)
    assert area(places(stage)["Input"]) > area(places(stage)["Map"])
    small = of(stage, "Input")[0].picture_rect().width()
    stage.choose(0)
    (alone,) = views(stage)
    assert alone.panel.title == "Input"
    assert alone.picture_rect().width() >= small
    stage.choose(7)
    assert len(views(stage)) == 1
    stage.choose(0)
    assert len(views(stage)) == 2


def test_heroes_share_zoom_and_all_pictures_of_the_frame_the_cursor(stage):
    titles = "Input", "Map", "Small", "Odd"
    panels = panel(), heat_panel(), panel("Small"), panel("Odd", frame=False)
    stage.show_result(result(*panels, heroes=("input", "map")))
    first, second, small, odd = of(stage, *titles)
    first.set_range(((40, 80), (30, 60)))
    first.ranged.emit(first.visible_range)
    assert second.visible_range == first.visible_range
    assert small.visible_range[0] == pytest.approx((0, 160), abs=2)
    first.hovered.emit((50.0, 40.0))
    assert second._cursor.isVisible()
    assert small._cursor.isVisible()
    assert not odd._cursor.isVisible()
    assert second._cursor.text == "1"
    first.hovered.emit(None)
    assert not second._cursor.isVisible()


def test_fit_makes_no_new_widgets(stage):
    stage.show_result(result(panel(), heat_panel()))
    first = views(stage)[0]
    first.set_range(((40, 80), (30, 60)))
    before = len(stage.findChildren(PanelView))
    stage.fit()
    assert first.visible_range[0] == pytest.approx((0, 160), abs=2)
    assert len(stage.findChildren(PanelView)) == before


def test_player_and_strip_have_bands_of_their_own(stage):
    stage.show_result(result(panel(), heat_panel()))
    player, strip = QLabel("player"), NetworkView(stage.look)
    stage.set_player(player)
    stage.set_strip(strip)
    assert player.isVisible()
    assert strip.isVisible()
    assert stage.measured()["overlapping"] == []
    assert player.geometry().top() > stage.hero_rects()[0].bottom()
    assert strip.geometry().bottom() > player.geometry().bottom()
    stage.set_strip(None)
    assert strip.parent() is None
    assert not strip.isVisible()


# Words --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [200, 267, 400, 900])
def test_tiles_of_the_network_do_not_leave_its_strip(width):
    layers = tuple(LayerCard(f"block{n}", f"block {n} · 24 maps", (24, 14, 14)) for n in range(9))
    at = tiles(layers, 224, [2, 7], (width, 150), look("light", 1.8))
    assert [one.role for one in at][0 :: len(at) - 1] == ["input", "score"]
    assert at[0].box.left() >= 0
    assert at[-1].box.right() < width
    assert all(one.box.right() < after.box.left() for one, after in pairwise(at))


def test_the_headline_is_the_results_own_or_the_first_sentence_of_the_reading(stage):
    stage.show_result(result(panel(), reading="One **bold** thing. And more of it."))
    assert stage.head.said == "One bold thing."
    assert stage.head.fold.text() == "And more of it"
    stage.show_result(result(panel(), headline="Look here.", reading="One **bold** thing."))
    assert stage.head.said == "Look here."
    stage.show_result(result(panel(), headline="R&D <b>here</b>.", reading="R&D."))
    assert stage.head._headline.textFormat() == Qt.TextFormat.PlainText
    assert stage.head.fold.text() == "R&&D"
    stage.show_result(result(panel(), headline="Look here.", reading="One **bold** thing."))
    assert stage.head.fold.text() == "One bold thing"


def test_what_comes_before_the_end_has_no_headline_of_its_own_making(stage):
    stage.show_result(result(panel(), reading="Half of it.", partial=True))
    assert stage.head.said == ""
    stage.show_result(result(panel(), headline="So far so good.", partial=True))
    assert stage.head.said == "So far so good."
    stage.show_result(result(panel(), reading="All of it."))
    assert stage.head.said == "All of it."


def test_details_unfold_over_the_stage_and_move_nothing(stage):
    stage.show_result(result(panel(), headline="Look here.", reading="Long. " * 60, badges=("checked",)))
    before = places(stage)
    assert stage.head.fold.text().startswith("Long  ·  Long")
    assert "…" not in stage.head.fold.text()
    QTest.mouseClick(stage.head.fold, LEFT)
    sheet = stage.head.sheet
    assert sheet.isVisible()
    assert sheet.badges.text() == "checked"
    assert places(stage) == before
    QTest.keyClick(sheet, Qt.Key.Key_Escape)
    assert not sheet.isVisible()


@pytest.mark.parametrize("width", [420, 800, 1400])
def test_a_headline_of_twenty_words_is_not_cut(stage, width):
    stage.resize(width, 700)
    stage.show_result(result(panel(), headline=" ".join(["headline"] * 20)))
    label = stage.head._headline
    assert label.heightForWidth(label.width()) <= label.height() + 2


def test_escape_takes_away_what_lies_over_the_stage_one_by_one(stage):
    stage.show_result(result(panel(), headline="Look here.", reading="Long. " * 60))
    assert not stage.let_go()
    stage.show_problem(Problem("Broken."))
    stage.head.toggle()
    assert stage.let_go()
    assert not stage.head.sheet.isVisible()
    assert stage.problem.isVisible()
    assert stage.let_go()
    assert not stage.problem.isVisible()


def test_charts_without_room_stand_behind_tabs(stage):
    bars = tuple(Bars(title, tuple("abcdefgh"), (0.1,) * 8) for title in ("First", "Second", "Third", "Fourth"))
    stage.resize(520, 620)
    stage.show_result(result(panel(), heat_panel(), charts=bars))
    shown = [chart.chart.title for chart in stage.board.charts if chart.isVisible()]
    assert stage.tabs.isVisible()
    assert shown == ["First"]
    buttons = [button for button in stage.tabs.findChildren(QToolButton) if button.isVisible()]
    assert [button.accessibleName() for button in buttons] == ["First", "Second", "Third", "Fourth"]
    QTest.mouseClick(buttons[2], LEFT)
    assert [chart.chart.title for chart in stage.board.charts if chart.isVisible()] == ["Third"]


def test_what_has_no_room_is_counted_and_offered_below_the_reading(stage):
    stage.resize(330, 190)
    charts = tuple(Bars(f"Chart {i}", (f"name {i}",), (0.5,)) for i in range(2))
    one = result(panel("Input"), panel("Map"), charts=charts)
    stage.show_result(one)
    shown = stage.board.film_rects() + [chart for chart in stage.board.charts if chart.isVisible()]
    ways = {button.text() for button in stage.head.sheet._ways}
    assert len(shown) + len(ways) == 3 and stage.head.fold.text() == f"+{len(ways)}"

    stage.head.toggle()
    next(button for button in stage.head.sheet._ways if "Chart 1" in button.text()).click()
    assert not stage.head.sheet.isVisible()
    assert [chart.isVisible() for chart in stage.board.charts] == [False, True]
    assert [button.text() for button in stage.head.sheet._ways] == ["Show everything again"]
    stage.show_result(one)
    assert stage.board.charts[1].isVisible(), "the next result keeps it"

    assert stage.let_go()
    assert {button.text() for button in stage.head.sheet._ways} == ways
    stage.resize(1200, 800)
    assert stage.head.sheet._ways == []


def test_titles_of_tabs_lose_their_last_words_as_long_as_they_can_be_told_apart():
    ways = list(shorter(["Score of the class", "Score by deletion", "Loss"]))
    assert ways[0] == ["Score of the class", "Score by deletion", "Loss"]
    assert all(len({*way}) == 3 for way in ways)
    assert not any(name.split()[-1] in ("of", "the", "by") for way in ways for name in way)
    assert list(shorter(["One thing", "One thing"])) == [["One thing", "One thing"]]


def test_the_picture_that_a_click_enlarges_is_framed(stage):
    stage.show_result(result(panel(), heat_panel(), heroes=("map",)))
    thumb, hero = of(stage, "Input", "Map")
    hero.hovered.emit((5.0, 5.0))
    assert not stage.frame.isVisible()
    thumb.hovered.emit((5.0, 5.0))
    assert stage.frame.isVisible()
    assert stage.frame.geometry().contains(thumb.picture_rect().translated(thumb.pos()))
    thumb.hovered.emit(None)
    assert not stage.frame.isVisible()


class Dressed(QWidget):
    def set_look(self, look):
        self.look = look


def test_a_wide_window_makes_the_stage_larger(stage):
    player = Dressed()
    stage.set_player(player)
    stage.show_result(result(panel(), heat_panel()))
    assert player.look.scale == 1.0
    stage.resize(1700, 1000)
    assert stage.look.scale == 1.25
    assert player.look.scale == 1.25
    assert all(widget.look.scale == 1.25 for widget in views(stage))
    stage.resize(900, 700)
    assert stage.look.scale == 1.0
    stage.set_look(look("light", 1.8))
    stage.resize(1700, 1000)
    assert stage.look.scale == 1.8, "who has chosen large type has it already"


# Unsuitable ---------------------------------------------------------------------------------------------


def test_what_does_not_suit_is_said_and_ways_on_are_offered(stage):
    offers = Offer("sample", "astronaut"), Offer("camera"), Offer("demo", "grad-cam", "Grad-CAM")
    no_person = Unsuitable("There is no person here.", offers)
    stage.show_result(result(panel(), heat_panel(), unsuitable=no_person))
    assert stage.head.said == "There is no person here."
    card = stage.unsuitable
    assert card.isVisible()
    assert stage.veil.isVisible()
    assert stage.rect().contains(card.geometry())
    assert [button.text().strip() for button in card.buttons] == ["astronaut", "Camera", "Grad-CAM"]
    taken = []
    stage.offered.connect(taken.append)
    for button in card.buttons:
        QTest.mouseClick(button, LEFT)
    assert taken == list(offers)
    QTest.mouseClick(card.show_anyway, LEFT)
    assert not card.isVisible()
    assert not stage.veil.isVisible()
    stage.show_result(result(panel(), heat_panel(), unsuitable=no_person))
    assert not card.isVisible()  # somebody wants to see it
    stage.show_result(result(panel(), heat_panel()))
    stage.show_result(result(panel(), unsuitable=no_person))
    assert card.isVisible()
    assert not card.show_anyway.isVisible()  # there is nothing more than the photo


# What results say ---------------------------------------------------------------------------------------


def test_top_1_is_read_off_the_bars():
    bars = Bars("S", ("dog", "cat", "cow"), (0.2, 0.7, 0.1), sets=({"target": "1"}, {"target": "0"}, None))
    assert facts_of(result(charts=(bars,))) == {"top-1": "cat", "top-2": "dog"}
    assert facts_of(result(charts=(Bars("S", ("a",), (1.0,)),))) == {}


def test_what_the_views_controls_change():
    grey = Cells("c", np.zeros((1, 2, 2), np.float32), 1, 0, 1, colours="grey")
    assert maps_of(result(panel())) == (False, False)
    assert maps_of(result(heat_panel())) == (True, True)
    assert maps_of(result(Panel("C", grey.size, (grey,)))) == (False, False)


def test_a_first_picture_is_filled_up_with_what_was_there():
    before = result(panel("A"), panel("B"), charts=(Bars("X", (), ()), Bars("Y", (), ())))
    new = panel("A")
    filled = completed(result(new, charts=(Bars("Y", ("new",), (1.0,)),)), before)
    assert filled.panels == (new, before.panels[1])
    assert [c.title for c in filled.charts] == ["X", "Y"]
    assert filled.charts[1].labels == ("new",)
    assert completed(before, None) is before
    assert [p.title for p in completed(result(panel("C")), before).panels] == ["A", "B", "C"]


# Handles ------------------------------------------------------------------------------------------------


def on_screen(widget, x, y):
    return widget._box.mapViewToScene(QPointF(x, y)).toPoint()


def drag(widget, start, end, steps=4):
    port = widget._graphics.viewport()
    start, end = on_screen(widget, *start), on_screen(widget, *end)
    QTest.mousePress(port, LEFT, pos=start)
    for step in range(1, steps + 1):
        QTest.mouseMove(port, start + (end - start) * step / steps)
    QTest.mouseRelease(port, LEFT, pos=end)


@pytest.fixture
def boxed(stage):
    stage.show_result(result(panel("Other", size=(50.0, 50.0), frame=False), panel()))
    stage.set_handles(controls(Boxed), Boxed())
    stage.moves = []
    stage.handled.connect(lambda *a: stage.moves.append(a))
    return stage


def test_a_box_is_dragged_by_its_middle(boxed):
    widget = views(boxed)[1]
    drag(widget, (60, 60), (76, 48))  # +0.1 of the width, −0.1 of the height
    name, value, dragging = boxed.moves[-1]
    assert (name, dragging) == ("box", False)
    assert value == pytest.approx((0.35, 0.15, 0.6, 0.65), abs=0.02)
    assert any(move[2] for move in boxed.moves[:-1])


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ((40, 30), (24, 18), (0.15, 0.15, 0.5, 0.75)),
        ((80, 60), (112, 60), (0.25, 0.25, 0.7, 0.75)),
        ((60, 90), (60, 108), (0.25, 0.25, 0.5, 0.9)),
        ((80, 90), (500, 500), (0.25, 0.25, 1.0, 1.0)),
        ((80, 60), (0, 60), (0.25, 0.25, 0.25 + 2 / 160, 0.75)),
    ],
)
def test_edges_and_corners_are_pulled_and_stay_inside(boxed, start, end, expected):
    drag(views(boxed)[1], start, end)
    assert boxed.moves[-1][1] == pytest.approx(expected, abs=0.02)


def test_a_handle_lies_on_the_panel_it_names_wherever_that_stands(boxed):
    handle = boxed.handles.handles["box"]
    assert handle.getViewBox() is views(boxed)[1]._box
    boxed.show_result(result(panel(), panel("Other", size=(50.0, 50.0), frame=False)))
    assert handle.getViewBox() is views(boxed)[0]._box
    assert handle.scene() is views(boxed)[0]._graphics.scene()
    assert handle.size == (160.0, 120.0)


@dataclass(frozen=True, slots=True)
class Seated:
    spot: Annotated[PointXY | Auto, OnPicture("input")] = AUTO
    box: Annotated[BoxXYXY | Auto, OnPicture("input")] = AUTO


def test_what_the_frame_has_not_seated_yet_is_nowhere_to_be_seen_and_has_bounds(stage):
    stage.set_handles(controls(Seated), Seated())
    stage.show_result(result(panel()))
    stage.grab()
    handles = stage.handles.handles
    assert [handle.isVisible() for handle in handles.values()] == [False, False]
    assert all(handle.boundingRect().isValid() for handle in handles.values()), "Qt asks for them all the same"
    where = {"spot": PointXY(0.2, 0.3), "box": BOX}
    stage.show_result(result(panel(), resolved=where))
    assert {name: handle.value for name, handle in handles.items()} == where
    assert all(handle.isVisible() for handle in handles.values())


def test_handles_of_another_demo_replace_the_old_ones(boxed):
    old = boxed.handles.handles["box"]
    boxed.set_handles(controls(Looks), Looks())
    assert old.scene() is None
    assert list(boxed.handles.handles) == ["spot"]


@pytest.mark.parametrize(
    ("key", "dx", "dy"),
    [(Qt.Key.Key_Left, -1, 0), (Qt.Key.Key_Right, 1, 0), (Qt.Key.Key_Up, 0, -1), (Qt.Key.Key_Down, 0, 1)],
)
def test_arrow_keys_nudge_by_one_pixel_and_escape_lets_go(boxed, key, dx, dy):
    widget = views(boxed)[1]
    drag(widget, (60, 60), (60, 60), steps=1)
    handle = boxed.handles.handles["box"]
    assert handle.hasFocus()
    before = handle.value
    QTest.keyClick(widget._graphics, key)
    x0, y0, x1, y1 = before
    assert boxed.moves[-1][1] == pytest.approx((x0 + dx / 160, y0 + dy / 120, x1 + dx / 160, y1 + dy / 120))
    assert boxed.moves[-1][2] is False
    QTest.keyClick(widget._graphics, Qt.Key.Key_Escape)
    assert not handle.hasFocus()


def test_a_handle_is_reached_by_tab(boxed, qtbot):
    widget = views(boxed)[1]
    boxed.activateWindow()
    qtbot.waitUntil(boxed.isActiveWindow)
    boxed.setFocus()
    widget._graphics.setFocus(Qt.FocusReason.TabFocusReason)
    assert boxed.handles.handles["box"].hasFocus()
    assert views(boxed)[0]._graphics.focusPolicy() == Qt.FocusPolicy.ClickFocus
    assert widget._graphics.focusPolicy() == Qt.FocusPolicy.StrongFocus


def test_a_box_at_the_edge_is_not_squeezed_by_nudging(boxed):
    handle = boxed.handles.handles["box"]
    handle.show_value(BoxXYXY(0.0, 0.0, 0.2, 0.2), (160.0, 120.0))
    assert handle.nudged(-0.5, -0.5) == (0.0, 0.0, 0.2, 0.2)
    assert handle.nudged(5, 5) == pytest.approx((0.8, 0.8, 1.0, 1.0))


def test_a_point_is_dragged_and_comes_where_one_clicks(stage):
    stage.show_result(result(panel()))
    stage.set_handles(controls(Looks), Looks())
    moves = []
    stage.handled.connect(lambda *a: moves.append(a))
    (widget,) = views(stage)
    drag(widget, (80, 60), (120, 30))
    assert moves[-1][1] == pytest.approx((0.75, 0.25), abs=0.02)
    moves.clear()
    QTest.mouseClick(widget._graphics.viewport(), LEFT, pos=on_screen(widget, 16, 108))
    assert len(moves) == 1
    assert moves[0][1] == pytest.approx((0.1, 0.9), abs=0.02)


def test_strokes_are_painted_and_taken_back(stage, qtbot):
    control = next(c for c in controls(Boxed))
    handle = HANDLES["strokes"](control, look("light"))
    handle.value, handle.size = (), (160.0, 120.0)
    stage.show_result(result(panel()))
    (widget,) = views(stage)
    widget.add_handle(handle)
    values = []
    handle.moved.connect(lambda value, _: values.append(value))
    drag(widget, (20, 20), (100, 80))
    (stroke,) = values[-1]
    assert isinstance(stroke, Stroke)
    assert stroke.points[0] == pytest.approx((20 / 160, 20 / 120), abs=0.02)
    assert stroke.points[-1] == pytest.approx((100 / 160, 80 / 120), abs=0.02)
    widget.grab()
    QTest.keyClick(widget._graphics, Qt.Key.Key_Delete)
    assert values[-1] == ()
    assert handle.nudged(0.1, 0.1) == ()


def test_the_brush_grows_and_shrinks_by_keys(stage):
    handle, values = brush(stage)
    (widget,) = views(stage)
    drag(widget, (20, 20), (40, 20))
    for _ in range(3):
        QTest.keyClick(widget._graphics, Qt.Key.Key_BracketRight)
    drag(widget, (20, 60), (40, 60))
    first, second = values[-1]
    assert second.radius == pytest.approx(first.radius * 1.25**3)
    for _ in range(99):
        QTest.keyClick(widget._graphics, Qt.Key.Key_BracketLeft)
    assert handle.radius == handle.SMALLEST


def brush(stage):
    return _made(stage, "strokes")


def many(stage):
    return _made(stage, "boxes")


def _made(stage, kind):
    handle = HANDLES[kind](next(iter(controls(Boxed))), look("light"))
    handle.value, handle.size = (), (160.0, 120.0)
    stage.show_result(result(panel()))
    (widget,) = views(stage)
    widget.add_handle(handle)
    values = []
    handle.moved.connect(lambda value, _: values.append(value))
    return handle, values


def test_boxes_are_drawn_moved_pulled_and_deleted(stage):
    _handle, values = many(stage)
    (widget,) = views(stage)
    drag(widget, (16, 12), (80, 60))
    drag(widget, (150, 110), (100, 70))  # from any corner
    first, second = values[-1]
    assert first == pytest.approx((0.1, 0.1, 0.5, 0.5), abs=0.02)
    assert second == pytest.approx((100 / 160, 70 / 120, 150 / 160, 110 / 120), abs=0.02)
    drag(widget, (48, 36), (64, 48))  # inside the first: it moves, the second stays
    assert values[-1][0] == pytest.approx((0.2, 0.2, 0.6, 0.6), abs=0.02)
    assert values[-1][1] == second
    drag(widget, (96, 72), (112, 84))  # its lower right corner is pulled
    assert values[-1][0] == pytest.approx((0.2, 0.2, 0.7, 0.7), abs=0.02)
    widget.grab()
    QTest.keyClick(widget._graphics, Qt.Key.Key_Right)
    assert values[-1][0].x0 == pytest.approx(0.2 + 1 / 160, abs=0.02)
    QTest.keyClick(widget._graphics, Qt.Key.Key_Delete)
    assert values[-1] == (second,)


def test_a_click_draws_no_box_and_moves_none(stage):
    _handle, values = many(stage)
    (widget,) = views(stage)
    QTest.mouseClick(widget._graphics.viewport(), LEFT, pos=on_screen(widget, 30, 30))
    assert values == []
    drag(widget, (16, 12), (80, 60))
    QTest.mouseClick(widget._graphics.viewport(), LEFT, pos=on_screen(widget, 40, 30))
    assert len(values) == 1


def test_the_right_button_takes_a_box_away(stage):
    _handle, values = many(stage)
    (widget,) = views(stage)
    drag(widget, (16, 12), (80, 60))
    QTest.mouseClick(widget._graphics.viewport(), Qt.MouseButton.RightButton, pos=on_screen(widget, 40, 30))
    assert values[-1] == ()


def test_handles_follow_the_params(boxed):
    boxed.show_params(Boxed(BoxXYXY(0.1, 0.1, 0.3, 0.3)))
    assert boxed.handles.handles["box"].value == (0.1, 0.1, 0.3, 0.3)
    assert boxed.moves == []
    assert Boxed().box == BOX
    assert PointXY(0.5, 0.5) == Looks().spot


# Cards, progress, saving --------------------------------------------------------------------------------


def test_a_problem_is_a_card_with_cause_and_next_step(stage):
    stage.show_result(result(panel()))
    stage.show_problem(Problem("The file is broken.", "Choose another.", "Traceback: zlib"))
    card = stage.problem
    assert card.isVisible()
    assert stage.rect().contains(card.geometry())
    assert (card._what.text(), card._todo.text()) == ("The file is broken.", "Choose another.")
    assert "zlib" not in card._what.text() + card._todo.text()
    assert views(stage)[0].panel is not None  # the last good picture stays
    QTest.mouseClick(card.copy, LEFT)
    assert QGuiApplication.clipboard().text() == "The file is broken. Choose another.\n\nTraceback: zlib"
    assert card.copy.text() == "Copied"
    stage.show_problem(Problem("Another."))
    assert card.copy.text() == "Copy details"
    assert not card._todo.isVisible()
    QTest.mouseClick(card.dismiss, LEFT)
    assert not card.isVisible()


def test_a_long_problem_is_wrapped_inside_the_stage(stage):
    stage.resize(420, 400)
    stage.show_problem(Problem("A very long sentence " * 12, "And what to do " * 8))
    assert stage.rect().contains(stage.problem.geometry())
    assert stage.problem._what.height() >= stage.problem._what.heightForWidth(stage.problem._what.width())


def test_an_empty_stage_offers_samples_and_the_camera(stage, qtbot):
    stage.show_empty()
    assert stage.empty.isVisible()
    buttons = stage.empty.findChildren(QToolButton)
    assert len(buttons) >= 4
    with qtbot.waitSignal(stage.empty.picked) as caught:
        QTest.mouseClick(buttons[0], LEFT)
    assert caught.args[0].startswith("sample:")
    for button, signal in ((stage.empty._open, stage.empty.browse), (stage.empty._camera, stage.empty.camera)):
        with qtbot.waitSignal(signal):
            QTest.mouseClick(button, LEFT)
    stage.show_result(result(panel()))
    assert not stage.empty.isVisible()
    stage.show_empty()
    assert not stage.empty.isVisible()


def accent_run(stage):
    image, (hero,) = stage.grab().toImage(), stage.hero_rects()
    accent = stage.look.theme.color("accent").rgb()
    return sum(image.pixel(x, hero.top() + 1) == accent for x in range(hero.left(), hero.right() + 1)) / hero.width()


def test_progress_is_a_thin_line_and_words_on_the_hero(stage):
    stage.show_result(result(panel()))
    assert accent_run(stage) == 0
    stage.show_busy(0.5, "Block 10 of 17")
    assert stage.busy
    assert stage.chip.text == "Block 10 of 17"
    assert stage.hero_rects()[0].contains(stage.chip.geometry())
    assert accent_run(stage) == pytest.approx(0.5, abs=0.02)
    stage.show_busy(0.0)
    assert 0 < accent_run(stage) < 0.05
    stage.show_busy(None)
    assert accent_run(stage) == 0
    assert not stage.chip.isVisible()


def test_a_stop_before_the_first_result_says_how_to_go_on(stage):
    stage.expect("one", Frame(PHOTO))
    stage.show_busy(0.2, "Working")
    stage.show_stopped()
    assert not stage.busy
    assert "Shift+R" in stage.head.said


def test_the_stage_lights_up_under_what_is_dragged(stage):
    stage.set_dragged(True)
    assert stage.light.isVisible()
    assert stage.light.geometry() == stage.rect()
    stage.set_dragged(False)
    assert not stage.light.isVisible()


def test_picture_and_documents_are_saved(stage, tmp_path):
    stage.show_result(result(panel(), documents={"notes.txt": "words", "../out.html": "<b>"}))
    assert saving.save(stage, tmp_path / "shot.png") == "Saved shot.png and 2 documents."
    assert {p.name for p in tmp_path.iterdir()} == {"shot.png", "shot-notes.txt", "shot-out.html"}
    assert (tmp_path / "shot-notes.txt").read_text(encoding="utf8") == "words"
    assert "could not be written" in saving.save(stage, tmp_path / "none" / "shot.png")


def test_a_mirrored_stage_mirrors_panels_of_the_frame_only(stage):
    stage.mirrored = True
    stage.show_result(result(panel(), panel("Odd", frame=False)))
    one, odd = views(stage)
    assert one._box.xInverted()
    assert not odd._box.xInverted()


def test_the_fakes_make_real_pictures(tmp_path):
    """Guards the other files: a picture of the small house is a file that opens."""
    from explainer.sources.opening import open_source

    frame = open_source(photo(tmp_path / "p.png")).at(0)
    assert isinstance(frame, Frame)
    assert (frame.width, frame.height) == (64, 48)


NEAR, FAR = PointXY(0.1, 0.1), PointXY(0.9, 0.9)


@dataclass(frozen=True, slots=True)
class TwoPoints:
    one: Annotated[PointXY, OnPicture("input")] = NEAR
    two: Annotated[PointXY, OnPicture("input")] = FAR


def test_a_click_brings_the_nearest_of_several_points(stage):
    moved = []
    stage.handled.connect(lambda name, value, _drag: moved.append((name, value)))
    stage.set_handles(controls(TwoPoints), TwoPoints())
    stage.show_result(result(panel()))
    stage.handles.clicked(stage.board.panels[0], (112.0, 90.0))
    assert moved == [("two", PointXY(0.7, 0.75))]
    stage.handles.clicked(stage.board.panels[0], (48.0, 30.0))
    assert moved[-1] == ("one", PointXY(0.3, 0.25))


# Live -----------------------------------------------------------------------------------------------------


class Paints(QObject):
    """Counts how often the picture of each panel is painted."""

    def __init__(self, stage):
        super().__init__(stage)
        self.seen = Counter()
        for view in views(stage):
            view.findChild(QGraphicsView).viewport().installEventFilter(self)

    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint:
            self.seen[watched.parent().parent().panel.title] += 1
        return False


def test_a_live_frame_paints_its_heroes_once_and_the_film_when_charts_are_due(stage):
    def frame():
        return result(panel("Input"), heat_panel("Map"), heroes=("map",))

    for _ in range(3):  # the first ones lay out the stage
        stage.show_result(frame())
        QGuiApplication.processEvents()
    paints = Paints(stage)
    (film,) = of(stage, "Input")
    before, latest = film.panel, frame()
    stage.show_result(latest, charts=False)
    QGuiApplication.processEvents()
    assert paints.seen == {"Map": 1}
    assert film.panel is before
    stage.show_result(latest)
    QGuiApplication.processEvents()
    assert paints.seen == {"Map": 2, "Input": 1}
    assert film.panel is latest.panels[0]
