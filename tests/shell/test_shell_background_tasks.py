"""What would stop the window goes on behind it: tasks, and formulas with new numbers."""

import threading
import time

import pytest

from explainer.commands import bootstrap
from explainer.render import formula
from explainer.render.look import look
from explainer.shell.background_tasks import BackgroundTasks
from explainer.shell.lesson_page import LessonPage


def test_they_run_in_order_in_a_thread_that_ends():
    tasks, seen = BackgroundTasks("test"), []
    tasks.ask(*(lambda i=i: seen.append((i, threading.current_thread())) for i in range(20)))
    tasks.finish()
    assert [i for i, _ in seen] == list(range(20))
    assert {t.name for _, t in seen} == {"explainer-test"}
    assert not tasks.busy
    tasks.ask(lambda: seen.append("again"))
    tasks.finish()
    assert seen[-1] == "again"


def test_a_failed_task_stops_no_other():
    tasks, seen = BackgroundTasks("test"), []
    tasks.ask(lambda: 1 / 0, lambda: seen.append(1))
    tasks.finish()
    assert seen == [1]


def test_closing_drops_what_waits_and_waits_for_what_runs():
    tasks, seen, begun = BackgroundTasks("test"), [], threading.Event()

    def slow():
        begun.set()
        time.sleep(0.05)
        seen.append("slow")

    tasks.ask(slow, lambda: seen.append("waits"))
    begun.wait(5)
    tasks.close()
    assert seen == ["slow"]
    tasks.ask(lambda: seen.append("late"))
    assert not tasks.busy
    assert seen == ["slow"]


@pytest.fixture
def page(qtbot, monkeypatch):
    """The Grad-CAM lesson, and in which threads its formulas were set."""
    monkeypatch.setattr(formula, "_set", type(formula._set)())
    formula.picture.cache_clear()
    where = []
    made = formula._made
    monkeypatch.setattr(formula, "_made", lambda *key: (where.append(threading.current_thread()), made(*key))[1])
    shown = LessonPage(look("light"))
    shown.where = where
    qtbot.addWidget(shown)
    shown.resize(320, 600)
    shown.show()
    yield shown
    shown.rest()


def settled(page):
    return not page._tasks.busy and not page._patience.isActive()


def all_set(page):
    return not any(part.fill(page._values) for part in page.parts.filled)


def open_page(page, lesson="grad-cam"):
    page.open_sections(("what-you-see", "with-this-picture-s-numbers", "how-it-is-made"))
    page.show_lesson(bootstrap.library().lesson(lesson), "Explained predictions")


def test_words_come_at_once_and_formulas_when_they_are_set(page, qtbot):
    open_page(page)
    assert "What you see" in page.text()
    assert "weighted maps" in page.text()
    qtbot.waitUntil(lambda: settled(page), timeout=20000)
    assert page.where
    assert threading.main_thread() not in page.where
    assert all_set(page)


def test_new_numbers_do_not_stop_the_window(page, qtbot):
    open_page(page)
    qtbot.waitUntil(lambda: settled(page), timeout=20000)
    made = next(fold for fold in page.parts.folds if fold.section.anchor == "with-this-picture-s-numbers").body
    before = made.toHtml()
    del page.where[:]
    values = {"strongest_weight": 0.1234, "strongest_contribution": 0.56, "class_score": 0.5, "map_max": 2.5}
    page._last = 0.0
    page.show_values(values)
    assert made.toHtml() == before  # the old words stay until all of the new formulas are there
    qtbot.waitUntil(lambda: settled(page), timeout=20000)
    assert made.toHtml() != before
    assert threading.main_thread() not in page.where


def test_a_shot_does_not_wait_for_the_event_loop(page):
    open_page(page)
    page.show_now()
    assert settled(page)
    assert all_set(page)


def test_a_lesson_that_is_shown_already_is_not_laid_out_again(page):
    open_page(page)
    parts = page.parts
    open_page(page)
    assert page.parts is parts
    open_page(page, "saliency")
    assert page.parts is not parts
