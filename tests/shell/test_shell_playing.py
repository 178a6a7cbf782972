"""Playing a param in the window: the bar, keys, the pace, and what stays out of the history."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from explainer.core.controls import Doc, Plays, Range
from explainer.core.demo import Demo, DemoInfo
from explainer.core.layers import Image, Panel
from explainer.core.plays import Play
from explainer.core.result import Result
from explainer.runtime.session import Session
from explainer.shell import motion


@dataclass(frozen=True, slots=True)
class Rows:
    rows: Annotated[int, Doc("Rows", "So many are shown."), Range(0, 40), Plays(4.0, "Show row after row")] = 40
    bright: Annotated[bool, Doc("Brighter")] = False


class RowsDemo(Demo[Rows]):
    info = DemoInfo(id="rows", title="Rows", topics=(1,), uses_model=False)
    ran: ClassVar[list[int]] = []

    def run(self, frame, params, ctx):
        self.ran.append(params.rows)
        shown = frame.pixels.copy()
        shown[params.rows :] = 0
        panel = Panel("Input", (float(frame.width), float(frame.height)), (Image("picture", shown),))
        play = Play("rows", 0, 40, params.rows, np.arange(41.0), f"{params.rows} of 40 rows", note="from the top")
        return Result("Rows.", {"rows": float(params.rows), "mean": float(shown.mean())}, (panel,), play=play)


class Clock:
    def __init__(self):
        self.time = 0.0

    def now(self):
        return self.time


@pytest.fixture
def played(house, qtbot):
    RowsDemo.ran.clear()
    house.demos.all = (*house.demos.all, RowsDemo())
    made = house.window(Session(source=house.pictures[0], demo="rows", theme="light"))
    qtbot.addWidget(made)
    clock = Clock()
    made.playing.playback._clock = clock
    made.clock = clock
    made.show()
    made.activateWindow()
    made.start()
    qtbot.waitUntil(lambda: made.panes.play_bar.counted.text() == "40 of 40 rows")
    return made


def settled(window, qtbot, text):
    qtbot.waitUntil(lambda: window.panes.play_bar.counted.text() == text)


def test_a_demo_that_plays_has_a_bar_and_another_has_none(played, qtbot):
    bar = played.panes.play_bar
    assert bar.isVisible()
    assert bar.button.isEnabled()
    assert bar.note.text() == "from the top"
    assert "Show row after row" in bar.button.toolTip()
    assert played.actions["play"].isEnabled()
    played.conductor.choose_demo("looks")
    qtbot.waitUntil(lambda: not bar.isVisible())
    assert not played.actions["play"].isEnabled()
    played.conductor.choose_demo("rows")
    qtbot.waitUntil(bar.isVisible)
    settled(played, qtbot, "40 of 40 rows")


def test_p_plays_from_the_beginning_at_its_pace_and_leaves_the_history_alone(played, qtbot):
    QTest.keyClick(played, Qt.Key.Key_P)
    settled(played, qtbot, "0 of 40 rows")
    played.clock.time += 1.0
    played.playing._go_on()
    settled(played, qtbot, "10 of 40 rows")
    played.clock.time += 2.0
    played.playing._go_on()
    settled(played, qtbot, "30 of 40 rows")
    assert played.panes.play_bar.button.accessibleName() == "Pause"
    QTest.keyClick(played, Qt.Key.Key_P)
    assert not played.playing.playback.playing
    assert not played.conductor.history.can_undo
    assert RowsDemo.ran == [40, 0, 10, 30]


@pytest.mark.parametrize("width", [600, 390, 200, 120, 90])
def test_a_count_is_whole_or_left_out(played, width):
    bar = played.panes.play_bar
    bar.resize(width, bar.height())
    text = bar.counted.text()
    assert text in ("40 of 40 rows", "40 of 40", "")
    assert bar.counted.sizeHint().width() <= bar.counted.width() or not text
    assert bar.rect().contains(bar.scrubber.geometry())
    assert text or width < 200


def test_it_stops_at_the_end(played, qtbot):
    QTest.keyClick(played, Qt.Key.Key_P)
    settled(played, qtbot, "0 of 40 rows")
    played.clock.time += 60.0
    played.playing._go_on()
    settled(played, qtbot, "40 of 40 rows")
    qtbot.waitUntil(lambda: not played.playing.playback.playing)
    assert "Show row after row" in played.panes.play_bar.button.accessibleName()


def test_full_stop_and_comma_step_and_each_can_be_taken_back(played, qtbot):
    QTest.keyClick(played, Qt.Key.Key_Comma)
    settled(played, qtbot, "39 of 40 rows")
    QTest.keyClick(played, Qt.Key.Key_Comma)
    settled(played, qtbot, "38 of 40 rows")
    QTest.keyClick(played, Qt.Key.Key_Period)
    settled(played, qtbot, "39 of 40 rows")
    played.conductor.undo()
    settled(played, qtbot, "38 of 40 rows")


def test_a_drag_on_the_scrubber_is_one_change(played, qtbot):
    scrubber = played.panes.play_bar.scrubber
    middle = QPoint(scrubber.width() // 2, scrubber.height() // 2)
    QTest.mousePress(scrubber, Qt.MouseButton.LeftButton, pos=QPoint(30, middle.y()))
    for x in range(40, middle.x() + 1, 10):
        QTest.mouseMove(scrubber, QPoint(x, middle.y()))
    QTest.mouseMove(scrubber, middle)
    QTest.mouseRelease(scrubber, Qt.MouseButton.LeftButton, pos=middle)
    settled(played, qtbot, "20 of 40 rows")
    assert len(played.conductor.history.done) == 1
    played.conductor.undo()
    settled(played, qtbot, "40 of 40 rows")


def test_home_end_and_arrows_on_the_scrubber(played, qtbot):
    scrubber = played.panes.play_bar.scrubber
    scrubber.setFocus(Qt.FocusReason.TabFocusReason)
    for key, text in ((Qt.Key.Key_Home, "0"), (Qt.Key.Key_Right, "1"), (Qt.Key.Key_PageDown, "5"),
                      (Qt.Key.Key_Left, "4"), (Qt.Key.Key_End, "40")):  # fmt: skip
        QTest.keyClick(scrubber, key)
        settled(played, qtbot, f"{text} of 40 rows")
    assert played.conductor.demo.info.id == "rows"


def test_a_slider_that_is_dragged_while_it_plays_is_one_change(played, qtbot):
    c = played.conductor
    gesture = c.new_gesture()
    QTest.keyClick(played, Qt.Key.Key_P)
    settled(played, qtbot, "0 of 40 rows")
    c.set_params({"bright": True}, gesture)
    c.play_to("rows", 7)
    c.set_params({"bright": False}, gesture)
    c.set_params({"bright": True}, gesture)
    c.play_to("rows", 8)
    assert len(c.history.done) == 1
    c.undo()
    assert (c.params.bright, c.params.rows) == (False, 8)


def test_small_buttons_come_with_the_focus(played, qtbot):
    bar = played.panes.play_bar
    assert not bar.repeat.awake
    assert bar.note.isVisible()
    bar.button.setFocus(Qt.FocusReason.TabFocusReason)
    assert bar.repeat.awake
    assert not bar.note.isVisible()
    QTest.keyClick(played, Qt.Key.Key_Greater)
    assert bar.speed.text() == "2×"
    bar.repeat.click()
    assert played.playing.playback.repeat == "loop"
    assert bar.repeat.accessibleName() == "Plays in a loop"


def test_with_reduced_motion_it_steps(played, qtbot, monkeypatch):
    monkeypatch.setattr(motion, "reduced", lambda: True)
    played.conductor.set_params({"rows": 0})
    settled(played, qtbot, "0 of 40 rows")
    steps = played.playing.playback._steps
    assert [step.value for step in steps] == [0, 6, 11, 17, 23, 29, 34, 40]
    assert played.playing.playback._seconds == 8.0


def test_a_failure_pauses(played, qtbot):
    QTest.keyClick(played, Qt.Key.Key_P)
    settled(played, qtbot, "0 of 40 rows")
    played.conductor.open("nothing-of-that-name.png")
    qtbot.waitUntil(lambda: not played.playing.playback.playing)
