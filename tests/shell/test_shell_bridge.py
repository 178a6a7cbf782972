"""From the workers' threads into the window's: in order, the newest result only, and never without a breath."""

import threading

import numpy as np
import pytest
from PySide6.QtCore import QTimer

from explainer.core.frame import Frame
from explainer.core.result import Result
from explainer.runtime import events as ev
from explainer.shell import bridge as bridge_module
from explainer.shell.bridge import Bridge

FRAME = Frame(np.zeros((2, 2, 3), np.uint8), "f", 0)


def finished(generation):
    return ev.Finished(generation, Result("", {"n": 1.0}), FRAME, {}, "cpu")


@pytest.fixture
def heard(qtbot):
    bridge = Bridge()
    bridge.events = []
    bridge.arrived.connect(bridge.events.append)
    yield bridge
    bridge.close()


def test_events_come_in_their_order(heard, qtbot):
    posted = [ev.Progress(1, i / 50, "") for i in range(50)]
    threading.Thread(target=lambda: [heard.post(one) for one in posted]).start()
    qtbot.waitUntil(lambda: len(heard.events) == 50)
    assert heard.events == posted


def test_a_result_yields_to_a_newer_one_of_the_same_request_only(heard, qtbot):
    old, other, mark, new = finished(1), finished(2), ev.Progress(1, 0.5, ""), finished(1)
    for one in (old, other, mark, new):
        heard.post(one)
    qtbot.waitUntil(lambda: new in heard.events)
    assert heard.events == [other, mark, new]


def test_the_window_has_its_turn_between_many_results(heard, qtbot, monkeypatch):
    """Results that came while the window was busy must not keep keys and timers waiting until the last is shown."""
    clock, order = [0.0], []
    monkeypatch.setattr(bridge_module, "perf_counter", lambda: clock[0])
    timer = QTimer(interval=0)
    timer.timeout.connect(lambda: order.append("tick"))
    timer.start()

    def paint(_event):
        order.append("result")
        clock[0] += bridge_module.TURN_S / 2

    heard.arrived.connect(paint)
    for generation in range(60):
        heard.post(finished(generation))
    qtbot.waitUntil(lambda: len(heard.events) == 60)
    timer.stop()
    runs = [len(run.split()) for run in " ".join(order).split("tick")]
    assert max(runs) <= 4, "the timer was starved"  # two fit into a turn; two timers may be due in either order
    assert sum(runs) == 60


def test_after_the_end_nothing_comes(heard, qtbot):
    heard.post(finished(1))
    heard.close()
    heard.post(finished(2))
    qtbot.wait(20)
    assert heard.events == []
