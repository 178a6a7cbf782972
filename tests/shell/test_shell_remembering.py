"""The window's memory: saved after changes, offered after a crash, asked about when it cannot be written."""

import threading

import pytest
from PySide6.QtGui import QCloseEvent
from shell_fakes import Heard

from explainer.runtime import session as session_file
from explainer.runtime.keeping import take_place
from explainer.shell import autosave
from explainer.shell.question_bar import Answer, Question, QuestionBar


@pytest.fixture
def keeper(house):
    made = take_place(house.folder / "settings")
    yield made
    made.end()


def opened(house, qtbot, keeper, session=None):
    made = house.window(session, keeper=keeper)
    made.heard = Heard(made.conductor)
    qtbot.addWidget(made)
    made.show()
    made.start()
    qtbot.waitUntil(lambda: made.stage.result is not None and bool(made.heard.results))
    return made


@pytest.fixture
def kept(house, qtbot, keeper):
    return opened(house, qtbot, keeper)


def saved(keeper):
    return session_file.load(keeper.path)[0]


def press(window, label):
    (button,) = [one for one in window.panes.questions.buttons if one.text() == label]
    button.click()


# Saving -------------------------------------------------------------------------------------------------


def test_a_change_is_saved_a_moment_later_outside_the_windows_thread(kept, keeper, house, qtbot, monkeypatch):
    threads, real = [], session_file.save
    monkeypatch.setattr(
        session_file, "save", lambda *args: (threads.append(threading.current_thread().name), real(*args))[1]
    )
    for radius in (20, 21, 22):
        kept.conductor.set_params({"radius": radius})
    qtbot.waitUntil(lambda: keeper.path.exists(), timeout=5000)
    assert saved(keeper).params["looks"]["radius"] == 22
    assert threads == ["explainer-saving"]
    kept.conductor.open(house.pictures[1])
    qtbot.waitUntil(lambda: saved(keeper).source == house.pictures[1], timeout=5000)


def test_nothing_is_saved_as_long_as_nobody_changed_anything(kept, keeper):
    kept.memory.autosave._save()
    kept.memory.autosave._tasks.finish()
    assert not keeper.path.exists()


def test_many_changes_are_one_saving(kept, keeper, qtbot, monkeypatch):
    snapshots = []
    real = kept.memory.autosave._snapshot
    monkeypatch.setattr(kept.memory.autosave, "_snapshot", lambda: (snapshots.append(1), real())[1])
    for radius in range(10, 60):
        kept.conductor.set_params({"radius": radius})
    qtbot.waitUntil(lambda: keeper.path.exists(), timeout=5000)
    assert snapshots == [1]
    assert autosave.EVERY_MS == 1000


@pytest.mark.parametrize("change", ["theme", "larger", "next-demo"])
def test_every_kind_of_change_is_noticed(kept, change):
    kept.memory.autosave._timer.stop()
    kept.actions[change].trigger()
    assert kept.memory.autosave._timer.isActive()


def test_a_disk_that_is_full_is_said_once(kept, qtbot, monkeypatch):
    problem = session_file.Problem("The session could not be saved: the disk is full.", "Make room.")
    monkeypatch.setattr(session_file, "save", lambda *_: problem)
    told = []
    kept.memory.autosave.failed.connect(told.append)
    for radius in (20, 21):
        kept.conductor.set_params({"radius": radius})
        kept.memory.autosave._save()
        kept.memory.autosave._tasks.finish()
    qtbot.waitUntil(lambda: bool(told))
    assert told == [problem]
    assert "disk is full" in kept.strip.note.text()


def test_two_windows_keep_two_sessions(kept, keeper, house, qtbot):
    second_keeper = take_place(house.folder / "settings")
    second = opened(house, qtbot, second_keeper)
    kept.conductor.set_params({"radius": 20})
    second.conductor.set_params({"radius": 40})
    assert kept.remember_now() is None
    assert second.remember_now() is None
    second.close()
    kept.close()
    assert saved(keeper).params["looks"]["radius"] == 20
    assert saved(second_keeper).params["looks"]["radius"] == 40


# After a crash ------------------------------------------------------------------------------------------


@pytest.fixture
def after_crash(kept, keeper, house, qtbot):
    """A window that is opened after one on which radius 33 and the second picture were shown was killed."""
    kept.conductor.choose_demo("follow")
    kept.conductor.set_params({"box": (0.1, 0.1, 0.4, 0.4)})
    kept.conductor.open(house.pictures[1])
    qtbot.waitUntil(lambda: kept.conductor.source_spec == house.pictures[1])
    assert kept.remember_now() is None
    keeper._lock.release()
    again = take_place(house.folder / "settings")
    opening = again.opening()
    window = opened(house, qtbot, again, opening.session)
    window.memory.offer(opening.offered)
    yield window
    window.close()
    again.end()


def test_after_a_crash_it_asks_and_shows_the_defaults_meanwhile(after_crash):
    assert after_crash.panes.questions.isVisible()
    assert after_crash.panes.questions.text.text() == "The last session ended unexpectedly. Restore it?"
    assert after_crash.conductor.demo.info.id == "looks"


def test_restoring_shows_it_as_it_was_and_asks_no_more(after_crash, house, qtbot):
    press(after_crash, "Restore")
    conductor = after_crash.conductor
    assert conductor.demo.info.id == "follow"
    assert conductor.params.box == (0.1, 0.1, 0.4, 0.4)
    assert conductor.lesson.id == "follow"
    qtbot.waitUntil(lambda: conductor.source_spec == house.pictures[1])
    assert not after_crash.panes.questions.isVisible()
    after_crash.close()
    opening = take_place(house.folder / "settings").opening()
    assert opening.offered is None
    assert opening.session.demo == "follow"


def test_starting_fresh_gives_it_up(after_crash, house):
    press(after_crash, "Start fresh")
    after_crash.close()
    opening = take_place(house.folder / "settings").opening()
    assert (opening.offered, opening.session.demo) == (None, "looks")


def test_who_does_not_answer_is_asked_again_next_time(after_crash, house):
    after_crash.conductor.set_params({"radius": 50})
    after_crash.close()
    opening = take_place(house.folder / "settings").opening()
    assert opening.offered.demo == "follow"
    assert opening.session.params["looks"]["radius"] == 50


# Closing ------------------------------------------------------------------------------------------------


@pytest.fixture
def full(kept, monkeypatch):
    """A disk without room, until `full.clear()`."""
    problem = session_file.Problem("The session could not be saved: the disk is full.", "Make room.")
    state, real = [problem], session_file.save
    monkeypatch.setattr(session_file, "save", lambda *args: state[0] if state else real(*args))
    return state


def closed(window):
    event = QCloseEvent()
    window.closeEvent(event)
    return event.isAccepted()


def test_closing_on_a_full_disk_asks_first(kept, full):
    assert not closed(kept)
    assert "disk is full" in kept.panes.questions.text.text()
    assert kept.conductor.scheduler._worker.is_alive()
    press(kept, "Close without saving")
    assert not kept.isVisible()


def test_it_can_be_tried_again_when_there_is_room(kept, full, keeper):
    assert not closed(kept)
    full.clear()
    press(kept, "Try again")
    assert not kept.isVisible()
    assert saved(keeper).demo == "looks"


def test_who_stays_is_asked_again_next_time(kept, full):
    assert not closed(kept)
    press(kept, "Stay open")
    assert not closed(kept)
    assert closed(kept)  # a signal, or somebody who insists


def test_the_end_is_one_in_order_before_the_workers_are_waited_for(kept, keeper, monkeypatch):
    """A signal gives the program a moment only, and a worker may still be loading torch."""
    marks, real = [], kept.conductor.close
    monkeypatch.setattr(kept.conductor, "close", lambda: (marks.append(keeper._mark.exists()), real()))
    kept.close()
    assert marks == [False]


# The bar of questions -----------------------------------------------------------------------------------


def test_an_answered_question_brings_the_one_before_it_back(qtbot):
    from explainer.render.look import look

    bar, said = QuestionBar(look("light")), []
    qtbot.addWidget(bar)
    bar.ask("a", Question("First?", [Answer("Yes", lambda: said.append("a"))]))
    bar.ask("b", Question("<b>Second</b>?", [Answer("Yes", lambda: said.append("b"))], 0.5))
    assert bar.text.text() == "<b>Second</b>?"
    assert bar.progress.value() == 500
    bar.buttons[0].click()
    assert (bar.text.text(), said) == ("First?", ["b"])
    bar.buttons[0].click()
    assert (bar.isVisible(), said) == (False, ["b", "a"])


def test_a_question_that_moves_on_keeps_its_button(qtbot):
    from explainer.render.look import look

    bar = QuestionBar(look("light"))
    qtbot.addWidget(bar)
    bar.ask("a", Question("0 of 2", [Answer("Cancel", print)], 0.0))
    button = bar.buttons[0]
    bar.ask("a", Question("1 of 2", [Answer("Cancel", print)], 0.5))
    assert bar.buttons == [button]
    assert bar.text.text() == "1 of 2"


@pytest.mark.parametrize("scale", [1.0, 1.8])
def test_words_have_room_in_a_narrow_window(qtbot, qapp, scale):
    from explainer.render.look import look
    from explainer.shell import style

    style.dress(qapp, look("light", scale))
    bar = QuestionBar(look("light", scale))
    qtbot.addWidget(bar)
    answers = [Answer(label, print) for label in ("Try again", "Close without saving", "Stay open")]
    bar.ask("a", Question("The session could not be saved: the disk is full. Close all the same?", answers))
    assert bar.minimumSizeHint().width() <= 640
    for width in (640, 1280):
        bar.resize(width, bar.heightForWidth(width))
        qtbot.wait(5)
        bar.resize(width, bar.heightForWidth(width))
        assert bar.text.width() >= look("light", scale).px(300)
        assert all(bar.rect().contains(button.geometry()) for button in bar.buttons)
        assert bar.height() <= 200
