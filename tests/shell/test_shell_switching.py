"""Another demo: its picture at once, then controls and lesson, a turn each, and nothing of the old one meanwhile."""

from PySide6.QtCore import QObject

from explainer.shell.turns import Turns

PIECES = 2  # controls, lesson


def words_shown(window):
    return [pane.isVisible() and pane.widget().isVisible() for pane in (window.controls, window.lesson)]


def test_the_picture_comes_first_then_controls_then_the_lesson(window, qtbot):
    window.conductor.choose_demo("follow")
    assert window.stage.result is None  # what is expected stands there
    assert words_shown(window) == [False, False]
    seen = []
    turns = window.showing._turns
    while turns._timer.isActive():
        turns._go_on()
        seen.append(words_shown(window))
    assert seen[:PIECES] == [[True, False], [True, True]]
    assert list(window.controls._editors) == ["box"]
    assert "Follow" in window.lesson.text()


def test_a_result_that_is_quick_is_shown_after_them(window, qtbot):
    window.conductor.choose_demo("follow")
    window.conductor.scheduler.wait_idle(10)
    shown = []
    window.showing.shown.connect(lambda: shown.append(words_shown(window)))
    qtbot.waitUntil(lambda: bool(shown))
    assert shown[0] == [True, True]
    assert window.stage.result is not None
    assert window.controls.editor("box")


def test_what_the_last_demo_still_waited_for_is_dropped(window, qtbot):
    for demo in ("follow", "train", "looks", "train"):
        window.conductor.choose_demo(demo)
    window.showing.finish()
    assert list(window.controls._editors) == ["epochs"]
    assert "Train" in window.lesson.text()
    qtbot.waitUntil(lambda: window.heard.last("epoch") is not None)


def test_the_same_lesson_is_there_again(window, qtbot):
    window.showing.show_demo()
    assert words_shown(window) == [False, False]
    window.showing.finish()
    assert words_shown(window) == [True, True]


def test_steps_are_taken_one_a_turn_in_the_order_they_were_asked_for(qtbot):
    done = []
    owner = QObject()
    turns = Turns(owner)
    turns.take(lambda: done.append("at once"))
    turns.begin(lambda: done.append(1), lambda: done.append(2))
    turns.take(lambda: done.append(3))
    assert done == ["at once"]
    qtbot.waitUntil(lambda: done == ["at once", 1, 2, 3])
    turns.begin(lambda: done.append("never"))
    turns.begin(lambda: done.append(4))
    turns.finish()
    assert done == ["at once", 1, 2, 3, 4]
    turns.take(lambda: done.append(5))
    assert done[-1] == 5
