"""Which objects are touched from which thread: of Qt's, workers know the bridge alone."""

import socket
import threading
from contextlib import contextmanager

import pytest
from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication, QImage
from shell_fakes import Heard

from explainer.runtime.keeping import take_place

INNER = frozenset(("post", "_open", "_lock", "_waiting", "_awake", "_posted", "__class__"))
"""What `Bridge.post` itself uses, all of it under its lock."""


class Touched:
    """Every attribute of a QObject that was read or written outside the window's thread, by thread."""

    def __init__(self, monkeypatch):
        self.seen = set()
        self.main = threading.main_thread()
        for kind in kinds_of(QObject):
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


def kinds_of(kind):
    """Every class of the program below `kind`."""
    for below in kind.__subclasses__():
        if below.__module__.startswith("explainer."):
            yield below
        yield from kinds_of(below)


@pytest.fixture
def touched(monkeypatch):
    return Touched(monkeypatch)


def session(house, qtbot, keeper):
    """Drive a window through everything in which workers have a part."""
    window = house.window(keeper=keeper)
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
    picture = QImage(32, 24, QImage.Format.Format_RGB32)
    picture.fill(7)
    QGuiApplication.clipboard().setImage(picture)
    window.actions["paste"].trigger()
    qtbot.waitUntil(lambda: "Pasted" in conductor.source_spec)
    QGuiApplication.clipboard().clear()
    window.memory.autosave._save()
    qtbot.waitUntil(lambda: keeper.path.exists())
    with free_address() as address:
        conductor.open(address)
        window.heard.problems.clear()
        window.panes.questions.buttons[0].click()
        qtbot.waitUntil(lambda: any(window.heard.problems))
    window.close()


@contextmanager
def free_address():
    """An address of this machine where nobody answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{free.getsockname()[1]}/a.png"


def test_workers_touch_the_bridge_and_nothing_else_of_qt(house, qtbot, touched, monkeypatch):
    monkeypatch.setattr("explainer.shell.cameras.list_cameras", lambda: ())
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    session(house, qtbot, take_place(house.folder / "settings"))
    assert touched.of_others() == set()
    assert {name for kind, name, _ in touched.seen if kind == "Bridge"} <= INNER
    threads = {thread for _, _, thread in touched.seen}
    named = {"explainer-compute", "explainer-player", "explainer-saving", "explainer-fetch", "explainer-cameras"}
    assert named <= threads, "the guard did not see every worker"


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
