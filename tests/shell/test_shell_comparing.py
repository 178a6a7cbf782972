"""A comparison, walked through by keys."""

from types import SimpleNamespace

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from explainer.shell.comparing import sides
from explainer.shell.comparing.places import BESIDE, BLINK, DIFFERENCE, WIPE, Measures, places

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
    assert "All settings are the same yet" in window.comparing.sheet.words
    press(Key.Key_Escape)
    assert not window.comparing.on
    assert not board.isVisible()
    assert window.lesson.isVisible()
    assert window.stage.hasFocus()


@pytest.mark.parametrize(("name", "left"), [("keep-a", 8), ("keep-b", 20), ("swap", 8)])
def test_what_differs_is_named_and_a_side_is_kept(window, qtbot, name, left):
    begin(window, qtbot)
    change(window, qtbot, 20)
    text = window.comparing.sheet.words
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


# What is written and where it stands --------------------------------------------------------------------


def shown(result, **params):
    return SimpleNamespace(result=result, **params)


def test_the_sign_of_a_change_agrees_with_the_numbers_beside_it():
    a = SimpleNamespace(values={"peak_x_px": 320.0, "score": 0.5, "gone": 1.0, "class_index": 3.0, "bias": 0.0031})
    b = SimpleNamespace(values={"peak_x_px": 80.0, "score": 0.5, "class_index": 9.0, "bias": -5.2e-4})
    rows, left = sides.numbers(shown(a), shown(b))
    told = {row.name: (row.a, row.b, row.change, row.unit) for row in rows}
    assert told == {
        "Peak x": ("320", "80", "−240", "px"),
        "Class index": ("3", "9", "another", ""),
        "Bias": ("0.0031", "−5.2·10⁻⁴", "−0.0036", ""),
        "Score": ("0.5", "0.5", "0", ""),
    }
    assert left == ""
    assert {row.name: row.way for row in rows}["Peak x"] == -0.75


def test_each_picture_is_named_by_the_setting_of_its_own_side(window, qtbot):
    begin(window, qtbot)
    board = window.comparing.board
    assert [line.said for line in board.lines[:2]] == ["As it was kept", "As it is now"]
    change(window, qtbot, 20)
    assert [line.said for line in board.lines[:2]] == ["Radius “8\u00a0px”", "Radius “20\u00a0px”"]
    window.comparing.sheet.buttons["swap"].click()
    qtbot.waitUntil(lambda: [line.said for line in board.lines[:2]] == ["Radius “20\u00a0px”", "Radius “8\u00a0px”"])
    assert [mark.letter for mark in board.badges[:2]] == ["A", "B"]


@pytest.mark.parametrize("mode", [WIPE, BLINK, BESIDE, DIFFERENCE])
@pytest.mark.parametrize("room", [(700, 360), (740, 470), (1400, 800), (420, 700), (300, 200)])
@pytest.mark.parametrize("shape", [1.0, 1.5, 0.6])
def test_no_picture_leaves_the_room_or_lies_on_another(mode, room, shape):
    found = places(mode, *room, shape, Measures(20, 22, 12, 180, 72), subtracted=True)
    shown = [one for one in (found.a, found.b, found.difference, *(found.alone or ())) if one is not None]
    assert all(QRect(0, 0, *room).contains(one) for one in shown)
    apart = shown[1:] if mode in (WIPE, BLINK) and found.b is not None else shown  # there B lies over A
    assert not any(one.intersects(other) for i, one in enumerate(apart) for other in apart[:i])
    if mode == DIFFERENCE:
        assert found.difference is not None
    if mode == BESIDE:
        assert found.a.size() == found.b.size()
