"""The way through the window with keys alone: home, a demo, playing, comparing, presenting, and home again."""

from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from shell_fakes import Heard, LooksDemo, ModelManager, TrainDemo

from explainer.core.controls import Doc, Plays, Range
from explainer.core.demo import Demo, DemoInfo
from explainer.core.layers import Image, Panel
from explainer.core.plays import Play
from explainer.core.result import Result
from explainer.lessons.chapters import Step
from explainer.shell.comparing.places import DIFFERENCE, WIPE
from explainer.shell.main_window import MainWindow

Key = Qt.Key
FAR = 60  # presses of Tab that lead once around any window


@dataclass(frozen=True, slots=True)
class Rows:
    rows: Annotated[int, Doc("Rows", "So many are shown."), Range(0, 40), Plays(4.0, "Show row after row")] = 40
    bright: Annotated[int, Doc("Brightness", "Added to each pixel."), Range(0, 90)] = 0


class FollowRows(Demo[Rows]):
    """Stands where the second lesson looks for its demo, and can be played."""

    info = DemoInfo(id="follow", title="Rows", topics=(2,), uses_model=False)

    def run(self, frame, params, ctx):
        shown = np.minimum(frame.pixels.astype(np.uint16) + params.bright, 255).astype(np.uint8)
        shown[params.rows :] = 0
        panel = Panel("Input", (float(frame.width), float(frame.height)), (Image("picture", shown),))
        play = Play("rows", 0, 40, params.rows, np.arange(41.0), f"{params.rows} of 40 rows")
        return Result("Rows.", {"mean": float(shown.mean())}, (panel,), play=play)


@pytest.fixture
def walked(house, qtbot):
    house.demos.all = (LooksDemo(), FollowRows(), TrainDemo())
    house.library.outline = replace(house.library.outline, start=(Step("looks", "Looks"), Step("follow", "Follow")))
    conductor = house.conductor()
    conductor.at_home = True
    made = MainWindow(conductor, ModelManager())
    made.heard = Heard(conductor)
    qtbot.addWidget(made)
    made.resize(1280, 800)
    made.show()
    made.activateWindow()
    made.start()
    qtbot.waitUntil(lambda: conductor.frame is not None and QApplication.focusWidget() is not None, timeout=20000)
    return made


class Hands:
    """Presses keys where the focus is, as a person does, and nowhere else."""

    def __init__(self, window, qtbot):
        self.window, self.qtbot = window, qtbot

    def press(self, *keys):
        for key in keys:
            focused = QApplication.focusWidget()
            assert focused is not None
            assert focused.isVisible(), focused
            QTest.keyClick(focused, key)

    def until(self, what):
        self.qtbot.waitUntil(what)

    def tab_to(self, widget):
        """Press Tab until the focus is there."""
        for _ in range(FAR):
            if QApplication.focusWidget() in (widget, widget.focusProxy()):
                assert self.window.rect().contains(widget.mapTo(self.window, QPoint(0, 0)))
                return
            self.press(Key.Key_Tab)
        raise AssertionError(f"Tab does not lead to {widget}")

    def settle(self):
        """Until the present result is shown."""
        c = self.window.conductor
        self.until(lambda: c.scheduler.idle.is_set() and self.window.stage.result is not None)
        self.qtbot.wait(5)


@pytest.fixture
def hands(walked, qtbot):
    return Hands(walked, qtbot)


def to_the_rows(window, hands):
    hands.press(Key.Key_Return)  # what one would press first has the focus
    hands.until(lambda: window.conductor.demo.info.id == "looks" and not window.conductor.at_home)
    hands.settle()
    hands.press(Key.Key_Right)
    hands.until(lambda: window.conductor.demo.info.id == "follow")
    hands.settle()


def test_from_home_to_a_demo_that_plays(walked, hands):
    assert walked.homing.page.isVisible()
    to_the_rows(walked, hands)
    assert not walked.homing.page.isVisible()
    bar = walked.panes.play_bar
    assert bar.isVisible()
    hands.press(Key.Key_P)
    hands.until(lambda: walked.playing.playback.playing)
    hands.press(Key.Key_P)
    assert not walked.playing.playback.playing
    hands.press(Key.Key_Comma)
    hands.settle()
    hands.tab_to(bar.button)
    hands.tab_to(bar.scrubber)
    hands.press(Key.Key_End)
    hands.until(lambda: walked.conductor.params.rows == 40)
    hands.press(Key.Key_Home)
    hands.until(lambda: walked.conductor.params.rows == 0)


def test_controls_and_lesson(walked, hands):
    to_the_rows(walked, hands)
    hands.press(Key.Key_F7)
    slider = walked.controls.editor("rows").slider
    assert slider.hasFocus()
    hands.press(Key.Key_Left)
    hands.until(lambda: walked.conductor.params.rows == 39)
    hands.press(Key.Key_F6)
    assert walked.lesson.hasFocus()
    hands.tab_to(walked.lesson.parts.every[0].buttons[0])
    hands.press(Key.Key_Space)
    hands.until(lambda: walked.conductor.lesson.id != "follow")
    hands.settle()
    assert walked.lesson.parts.every[0].buttons[0].hasFocus()  # so that Space goes on to the one before
    walked.controls.editor("radius").slider.setFocus()
    walked.conductor.choose_demo("train")  # as the palette does
    hands.settle()
    hands.press(Key.Key_Tab)
    assert QApplication.focusWidget().isVisible()


def test_comparing(walked, hands):
    to_the_rows(walked, hands)
    hands.press(Key.Key_C)
    assert walked.comparing.on
    board, sheet = walked.comparing.board, walked.comparing.sheet
    hands.press(Key.Key_F7)
    hands.tab_to(walked.controls.editor("bright").slider)
    hands.press(*[Key.Key_Right] * 9)
    hands.until(lambda: walked.conductor.params.bright == 9)
    hands.settle()
    assert "Brightness" in sheet.words
    hands.tab_to(board.buttons.button(WIPE))
    hands.press(Key.Key_Right, Key.Key_Right, Key.Key_Right)
    assert board.mode == DIFFERENCE
    hands.tab_to(sheet.buttons["keep-a"])
    hands.press(Key.Key_Space)
    hands.until(lambda: walked.conductor.params.bright == 0)
    assert not walked.comparing.on
    hands.press(Key.Key_C)
    hands.until(lambda: walked.comparing.on)
    hands.press(Key.Key_Escape)
    assert not walked.comparing.on
    assert walked.stage.hasFocus()


def test_presenting_and_home_again(walked, hands):
    to_the_rows(walked, hands)
    hands.press(Key.Key_F5)
    walked.dressing.finish()
    assert walked.appearance.presenting
    dock = walked.presenter.dock
    assert dock.isVisible()
    hands.tab_to(dock.buttons[0])
    hands.tab_to(walked.stage)
    hands.press(Key.Key_L)
    assert walked.presenter._laser is not None
    hands.press(Key.Key_L)
    assert walked.presenter._laser is None
    hands.press(Key.Key_Escape)
    walked.dressing.finish()
    assert not walked.appearance.presenting
    assert walked.right.isVisible()
    hands.press(Key.Key_Home)
    hands.until(walked.homing.page.isVisible)
    hands.press(Key.Key_Escape)
    hands.until(lambda: not walked.homing.page.isVisible())
    assert walked.conductor.demo.info.id == "follow"
    assert walked.stage.hasFocus()
