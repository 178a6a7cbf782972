"""Which objects are touched from which thread: of Qt's, workers know the bridge alone."""

import threading

import pytest
from PySide6.QtCore import QObject
from shell_fakes import Heard

from explainer.shell.bridge import Bridge
from explainer.shell.conductor import Conductor
from explainer.shell.main_window import MainWindow

INNER = frozenset(("post", "_open", "_lock", "_waiting", "_awake", "_posted", "__class__"))
"""What `Bridge.post` itself uses, all of it under its lock."""


class Touched:
    """Every attribute of a QObject that was read or written outside the window's thread, by thread."""

    def __init__(self, monkeypatch, *kinds):
        self.seen = set()
        self.main = threading.main_thread()
        for kind in kinds:
            monkeypatch.setattr(kind, "__getattribute__", self._watched(kind.__getattribute__), raising=False)
            monkeypatch.setattr(kind, "__setattr__", self._watched(kind.__setattr__), raising=False)

    def _watched(self, real):
        def act(this, name, *value):
            thread = threading.current_thread()
            if thread is not self.main:
                self.seen.add((type(this).__name__, name, thread.name))
            return real(this, name, *value)

        return act

    def of_others(self):
        return {(kind, name) for kind, name, _ in self.seen if kind != "Bridge"}


@pytest.fixture
def touched(monkeypatch):
    return Touched(monkeypatch, Conductor, Bridge, MainWindow)


def session(house, qtbot):
    """Drive a window through everything in which workers have a part."""
    window = house.window()
    window.heard = Heard(window.conductor)
    qtbot.addWidget(window)
    window.show()
    window.start()
    conductor = window.conductor
    qtbot.waitUntil(lambda: bool(window.heard.results))
    conductor.open(house.pictures[1])
    qtbot.waitUntil(lambda: conductor.source_spec == house.pictures[1])
    conductor.choose_demo("follow")
    qtbot.waitUntil(lambda: (window.heard.last("count") or 0) >= 3)
    conductor.open(str(house.folder / "gone.png"))
    qtbot.waitUntil(lambda: any(window.heard.problems))
    conductor.open(str(house.folder))
    qtbot.waitUntil(lambda: conductor.opened.kind == "folder")
    conductor.choose_demo("train")
    qtbot.waitUntil(lambda: window.heard.last("epoch") == 3)
    window.find_cameras()
    window.close()
    return window


def test_workers_touch_the_bridge_and_nothing_else_of_qt(house, qtbot, touched, monkeypatch):
    monkeypatch.setattr("explainer.shell.cameras.list_cameras", lambda: ())
    session(house, qtbot)
    assert touched.of_others() == set()
    assert {name for kind, name, _ in touched.seen if kind == "Bridge"} <= INNER
    threads = {thread for _, _, thread in touched.seen}
    assert {"explainer-compute", "explainer-player"} <= threads, "the guard saw no worker at all"


def test_the_guard_sees_a_worker_at_the_conductor(house, qtbot, touched):
    conductor = house.conductor()
    thread = threading.Thread(target=lambda: conductor.opened)
    thread.start()
    thread.join()
    assert ("Conductor", "opened") in touched.of_others()


def test_the_feed_holds_no_object_of_qt(conductor):
    """Its methods run in the player's thread, so whatever it can reach there must be plain."""
    held = [getattr(conductor.feed, name) for name in vars(conductor.feed)]
    assert not [one for one in held if isinstance(one, QObject)]
