"""A comparison, walked through by keys."""

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from explainer.shell.comparing.board import BESIDE, BLINK, WIPE

Key = Qt.Key


def press(key):
    QTest.keyClick(QApplication.focusWidget(), key)


def change(window, qtbot, value):
    seen = len(window.heard.results)
    window.conductor.set_params({"radius": value})
    qtbot.waitUntil(lambda: len(window.heard.results) > seen)


def begin(window, qtbot):
    window.stage.setFocus()
    qtbot.waitUntil(window.stage.hasFocus)
    press(Key.Key_C)
    assert window.comparing.on


def test_c_keeps_a_and_escape_ends(window, qtbot):
    begin(window, qtbot)
    board = window.comparing.board
    assert board.isVisible()
    assert not window.lesson.isVisible()
    assert window.comparing.sheet.isVisible()
    assert "All settings are the same yet" in window.comparing.sheet.text.text()
    press(Key.Key_Escape)
    assert not window.comparing.on
    assert not board.isVisible()
    assert window.lesson.isVisible()
    assert window.stage.hasFocus()


@pytest.mark.parametrize(("name", "left"), [("keep-a", 8), ("keep-b", 20), ("swap", 8)])
def test_what_differs_is_named_and_a_side_is_kept(window, qtbot, name, left):
    begin(window, qtbot)
    change(window, qtbot, 20)
    text = window.comparing.sheet.text.text()
    assert "Radius" in text
    assert "more are the same" in text
    window.comparing.sheet.buttons[name].setFocus()
    press(Key.Key_Space)
    qtbot.waitUntil(lambda: window.conductor.params.radius == left)
    assert window.comparing.on == (name == "swap")
    if name == "swap":
        assert window.comparing.a.params.radius == 20


def test_modes_by_key_and_the_edge_by_arrows(window, qtbot):
    begin(window, qtbot)
    board = window.comparing.board
    for mode in (BLINK, BESIDE, WIPE):
        board.buttons.button(mode).setFocus()
        press(Key.Key_Space)
        assert board.mode == mode
    board.slider.setFocus()
    demo, before = window.conductor.demo, board.slider.value()
    press(Key.Key_Right)
    assert board.slider.value() == before + 1
    assert window.conductor.demo is demo
    assert board.views[1].mask().boundingRect().right() <= board.views[0].picture_rect().right() + 1


def test_presenting_ends_it(window, qtbot):
    begin(window, qtbot)
    window.set_presenting(True)
    assert not window.comparing.on
    assert not window.comparing.board.isVisible()


@pytest.mark.parametrize(("width", "height"), [(1024, 700), (1920, 1080)])
def test_nothing_lies_outside_of_the_window(window, qtbot, width, height):
    window.resize(width, height)
    begin(window, qtbot)
    qtbot.wait(20)
    room = QRect(0, 0, window.width(), window.height())
    for area in (window.comparing.board, window.comparing.sheet):
        for part in area.findChildren(QWidget):
            if part.isVisible() and isinstance(part, QAbstractButton):
                assert room.contains(QRect(part.mapTo(window, part.rect().topLeft()), part.size())), part.text()
                assert part.width() >= part.sizeHint().width(), part.text()
