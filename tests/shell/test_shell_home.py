"""Home: what is shown first, the way for newcomers, keys, and the way back."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QRect, Qt
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent
from PySide6.QtTest import QTest
from shell_fakes import Heard, ModelManager

from explainer.core.charts import Bars
from explainer.core.result import Result
from explainer.lessons.chapters import Step
from explainer.lessons.walk import Mark, Walk
from explainer.runtime.session import load, save
from explainer.shell.home_layout import FLATTEST, Measures, picture_width, planned
from explainer.shell.main_window import MainWindow
from explainer.shell.palette_dialog import entries, ranked

STEPS = tuple(Step(name, name.title()) for name in ("looks", "follow", "train"))


@pytest.fixture
def at_home(house, qtbot):
    house.library.outline = replace(house.library.outline, start=STEPS)
    conductor = house.conductor(replace(house.session, places=(("follow", house.pictures[1]),)))
    conductor.at_home = True

    made = MainWindow(conductor, ModelManager())
    made.heard = Heard(conductor)
    qtbot.addWidget(made)
    made.resize(1280, 800)
    made.show()
    made.activateWindow()
    made.start()
    qtbot.waitUntil(lambda: conductor.frame is not None)
    return made


def test_home_is_shown_in_place_of_the_panes_and_runs_no_demo(at_home):
    page = at_home.homing.page
    assert page.isVisible()
    assert not (at_home.bar.isVisible() or at_home.split.isVisible() or at_home.strip.isVisible())
    assert (page.y(), page.height()) == (0, at_home.panes.height())  # all of the window is its own
    assert not at_home.heard.results
    assert not at_home.actions["compare"].isEnabled()
    assert page.picture.name.text() == "a.png"


def test_a_step_opens_its_lesson_and_is_where_one_stands(at_home, qtbot):
    page = at_home.homing.page
    assert page.go_on.text().strip() == "Start"
    page.steps[1].click()
    qtbot.waitUntil(lambda: bool(at_home.heard.results))
    assert at_home.conductor.demo.info.id == "follow"
    assert at_home.split.isVisible()
    assert not page.isVisible()
    assert at_home.actions["compare"].isEnabled()
    assert not at_home.actions["undo"].isEnabled()
    assert at_home.homing.walk.marks == (Mark.AHEAD, Mark.HERE, Mark.AHEAD)
    assert at_home.remembered().walked == ("follow",)
    at_home.actions["home"].trigger()
    assert page.isVisible()
    assert page.go_on.text().strip() == "Continue at 2"


def test_home_and_back_is_the_same_demo(at_home, qtbot):
    at_home.actions["home"].trigger()
    qtbot.waitUntil(lambda: bool(at_home.heard.results))
    assert at_home.conductor.demo.info.id == "looks"
    at_home.actions["home"].trigger()
    QTest.keyClick(at_home.homing.page.go_on, Qt.Key.Key_Escape)
    assert at_home.split.isVisible()


def test_enter_goes_on_where_one_was(at_home, house, qtbot):
    place = at_home.homing.page._places[0]
    assert place.accessibleName() == "Go on with Follow on b.png"
    QTest.keyClick(place, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: at_home.conductor.source_spec == house.pictures[1])
    assert at_home.conductor.lesson.id == "follow"


def test_arrows_lead_from_tile_to_tile(at_home, qtbot):
    page = at_home.homing.page
    page.steps[0].setFocus()
    qtbot.waitUntil(page.steps[0].hasFocus)
    QTest.keyClick(page.steps[0], Qt.Key.Key_Right)
    assert page.steps[1].hasFocus()
    QTest.keyClick(page.steps[1], Qt.Key.Key_Down)
    assert page.chapters[0].hasFocus() or page.chapters[1].hasFocus()
    assert at_home.conductor.at_home


def test_letters_ask_for_the_search(at_home, qtbot):
    asked = []
    page = at_home.homing.page
    page.search_asked.disconnect()
    page.search_asked.connect(asked.append)
    QTest.keyClick(page.go_on, Qt.Key.Key_G)
    assert asked == ["g"]


def test_another_picture_is_shown_at_home(at_home, house, qtbot):
    at_home.conductor.open(house.pictures[2])
    qtbot.waitUntil(lambda: at_home.homing.page.picture.name.text() == "c.png")
    assert at_home.conductor.at_home


def test_what_cannot_be_opened_is_said_at_home(at_home, qtbot):
    at_home.conductor.open("no-such-file.png")
    qtbot.waitUntil(lambda: "no-such-file" in at_home.homing.page.picture.remark.text())


def test_the_answer_is_that_of_the_classifier(at_home):
    bars = Bars("Scores", ("cat", "dog"), (0.7, 0.2), chosen=1)
    at_home.homing.page.picture.show_result(Result("x", {"a": 1.0}, (), (bars,)))
    assert at_home.homing.page.picture.picture.accessibleDescription() == "dog 0.20"


def test_no_part_leaves_the_page_or_covers_another(at_home, qtbot):
    page = at_home.homing.page
    for size in ((640, 480), (1024, 700), (1280, 800), (1920, 1080)):
        at_home.resize(*size)
        boxes = [part.geometry() for part in (page.picture, *page.steps, *page.chapters)]
        inside = QRect(0, 0, page.page.width(), page.page.height())
        assert all(inside.contains(box.adjusted(3, 3, -3, -3)) for box in boxes), size
        for at, one in enumerate(boxes):
            assert not any(one.adjusted(3, 3, -3, -3).intersects(other) for other in boxes[at + 1 :]), size


# Values -------------------------------------------------------------------------------------------------


def test_a_step_is_done_once_one_has_gone_on():
    walk = Walk.of(STEPS, ("gone", "looks"))
    assert walk.marks == (Mark.HERE, Mark.AHEAD, Mark.AHEAD)
    walk = walk.after("train").after("elsewhere")
    assert walk.marks == (Mark.DONE, Mark.AHEAD, Mark.HERE)
    assert walk.here == 2
    assert walk.following("looks") == 1
    assert walk.following("train") == 1
    assert walk.following("elsewhere") == 2
    assert Walk(STEPS).following("elsewhere") == 0


@pytest.mark.parametrize("size", [(616, 420), (1000, 650), (1256, 750), (1900, 1030)])
@pytest.mark.parametrize("scale", [1.0, 1.8])
def test_chapters_fill_the_room_and_stay_pictures(size, scale):
    m = Measures(scale, 20, 36, 160)
    plan = planned(size, round(1.9 * picture_width(size[0], scale)), 6, 6, m)
    widths = {box.width() for box in plan.chapters}
    assert len(widths) == 1
    assert np.ptp([box.height() for box in plan.chapters]) == 0
    assert plan.chapters[0].height() >= FLATTEST * plan.chapters[0].width() - 1
    assert max(box.right() for box in plan.chapters) < size[0]
    assert plan.height >= plan.coming.bottom()


def test_places_and_steps_are_kept(tmp_path, house):
    session = replace(house.session, walked=("looks",), places=(("looks", "sample:cat"), ("train", "camera:0")))
    assert save(session, tmp_path / "s.json") is None
    assert load(tmp_path / "s.json")[0] == session


def test_the_drop_area_lights_up_while_something_is_held_over_it(at_home):
    data = QMimeData()
    data.setText("/somewhere/a.png")
    here, keys = QPoint(50, 50), Qt.KeyboardModifier.NoModifier
    at_home.dragEnterEvent(QDragEnterEvent(here, Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, keys))
    assert at_home.homing.page.picture.drop.lit
    at_home.dragLeaveEvent(QDragLeaveEvent())
    assert not at_home.homing.page.picture.drop.lit


def test_the_palette_shows_a_lesson_once_and_finds_it_by_its_demo(at_home):
    offered = entries(at_home.conductor, at_home.actions)
    titles = [entry.title for entry in offered]
    assert len(titles) == len(set(titles))
    assert "Hard looks" in [entry.title for entry in ranked(offered, "looks lesson")]
    assert not any(entry.title.startswith("Keep this picture") for entry in offered), "not to be had at home"
