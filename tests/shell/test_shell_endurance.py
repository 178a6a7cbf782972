"""Hundreds of frames, demos and sources leave nothing behind; and a quit in the middle of a gradient is clean."""

import gc
import os
import subprocess
import sys
import threading
from collections import Counter

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer
from shell_fakes import LooksDemo

from explainer.core.frame import Frame
from explainer.core.problem import Problem
from explainer.runtime import events as ev
from explainer.shell.bridge import Bridge

FRAMES = 300


class Endless:
    """A film without an end, as fast as it is read: the source that the bench has, made smaller."""

    kind, title, count, fps = "synthetic", "Endless", None, 0.0

    def __init__(self, name):
        self.id, self.index = name, 0

    def read(self):
        made = Frame(np.full((24, 32, 3), self.index % 256, np.uint8), self.id, self.index, name=self.id)
        self.index += 1
        return made

    def at(self, index):
        return Problem("It cannot be sought in.")

    def close(self):
        pass


def settle(qtbot, window):
    qtbot.waitUntil(lambda: window.conductor.scheduler.idle.is_set())
    qtbot.wait(20)
    for kind in (QEvent.Type.LayoutRequest, QEvent.Type.DeferredDelete):  # a layout leaves an animation of no length
        QCoreApplication.sendPostedEvents(None, kind)
    gc.collect()


def inventory(window):
    """Objects of the window by kind, its active timers, and the program's threads."""
    objects = Counter(type(child).__name__ for child in window.findChildren(QObject))
    timers = sum(timer.isActive() and not timer.isSingleShot() for timer in window.findChildren(QTimer))
    scenes = sum(len(view._graphics.scene().items()) for view in window.stage.board.panels)
    threads = sorted(t.name for t in threading.enumerate() if t.name.startswith("explainer"))
    return objects, timers, scenes, threads


def feed(window, qtbot, count, source):
    """Hand frames to the scheduler as the player's thread would, and wait until each was shown."""
    conductor = window.conductor
    for index in range(count):
        frame = Frame(np.full((24, 32, 3), index % 256, np.uint8), source, index)
        seen = len(window.heard.results)
        conductor.scheduler.feed(frame)
        conductor.bridge.post(ev.FrameArrived(frame, 1.0))
        qtbot.waitUntil(lambda seen=seen: len(window.heard.results) > seen)


def round_trip(window, qtbot, house, frames):
    """Live frames, then every demo, then every source, and back to where it began."""
    feed(window, qtbot, frames, "live")
    for demo in ("follow", "train", "looks"):
        window.conductor.choose_demo(demo)
        settle_demo(window, qtbot, demo)
    for spec in (house.pictures[1], "synthetic:square", str(house.folder), house.pictures[0]):
        window.conductor.open(spec)
        qtbot.waitUntil(lambda spec=spec: window.conductor.source_spec == spec)
    window.comparing.toggle()
    window.comparing.toggle()
    window.stage.fit()
    settle(qtbot, window)


def settle_demo(window, qtbot, demo):
    marks = {"follow": "count", "train": "epoch", "looks": "radius_px"}
    qtbot.waitUntil(lambda: window.heard.last(marks[demo]) is not None)


def test_hundreds_of_frames_leave_nothing_behind(window, house, qtbot):
    round_trip(window, qtbot, house, 5)  # everything has been made once
    qtbot.waitUntil(lambda: not window.catalogue._tasks.busy)  # the search has read all lessons
    before = inventory(window)
    per_round = FRAMES // 3
    for _ in range(3):
        round_trip(window, qtbot, house, per_round)
    after = inventory(window)
    for kind in sorted(set(before[0]) | set(after[0])):
        assert after[0][kind] <= before[0][kind], kind
    assert after[1:] == before[1:]
    assert LooksDemo.runs > FRAMES
    assert after[3] == ["explainer-compute", "explainer-player"]


def test_the_inventory_notices_what_is_left(window):
    """Guards the test above."""
    before = inventory(window)
    window.stage.board._new_panel(0)
    assert inventory(window)[0]["PanelView"] == before[0]["PanelView"] + 1


def test_closing_ends_the_threads(house, qtbot):
    window = house.window()
    window.show()
    window.start()
    qtbot.waitUntil(lambda: window.stage.result is not None)
    window.close()
    assert [t.name for t in threading.enumerate() if t.name.startswith("explainer")] == []
    window.deleteLater()


def test_events_after_the_end_are_dropped(qtbot):
    bridge = Bridge()
    heard = []
    bridge.arrived.connect(heard.append)
    bridge.post("on its way")
    bridge.close()
    bridge.post("too late")
    qtbot.wait(10)
    assert heard == []


def test_the_bridge_delivers_in_order_and_in_the_windows_thread(qtbot):
    bridge = Bridge()
    heard, where = [], set()
    bridge.arrived.connect(lambda event: (heard.append(event), where.add(threading.current_thread())))
    worker = threading.Thread(target=lambda: [bridge.post(i) for i in range(500)])
    worker.start()
    worker.join()
    assert heard == []  # nothing before the event loop turns
    qtbot.waitUntil(lambda: len(heard) == 500)
    assert heard == list(range(500))
    assert where == {threading.main_thread()}


QUIT = """
import sys, threading
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from explainer.commands import offscreen, window
from explainer.runtime import events as ev
from explainer.runtime.session import Session

offscreen.without_screen()
app = QApplication(sys.argv[:1])
params = {"saliency": {"method": "smoothgrad", "samples": 64}}
shown = window.make_window(Session(demo="saliency", source="sample:cat", params=params), "light", remember=False)
shown.show()
copies = []

def progressed(event):
    copies.append(event.fraction)
    if len(copies) == 3:  # well inside: the next copy's backward pass has begun or is about to
        QTimer.singleShot(15, leave)

def leave():
    assert not shown.conductor.scheduler.idle.is_set()
    shown.close()
    left = [t.name for t in threading.enumerate() if t.name.startswith("explainer")]
    print("copies", len(copies), "left", left)
    app.quit()

shown.conductor.progressed.connect(progressed)
QTimer.singleShot(0, shown.start)
QTimer.singleShot(60000, lambda: (print("too slow"), app.exit(3)))
sys.exit(app.exec())
"""


@pytest.mark.timeout(120)
def test_a_quit_inside_a_backward_pass_is_clean(tmp_path):
    """A thread inside autograd aborts a process that exits; so the worker is cancelled and joined first."""
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "EXPLAINER_HOME": str(tmp_path),
        "OMP_NUM_THREADS": "1",
    }
    ran = subprocess.run(
        [sys.executable, "-c", QUIT], env=environment, capture_output=True, text=True, timeout=100, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "left []" in ran.stdout
    assert "Traceback" not in ran.stderr
    assert "terminate" not in ran.stderr
