"""A person teaches the camera: buttons held with the mouse and the space bar in the real window, until it answers."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from explainer.runtime.session import Session
from explainer.shell import style
from explainer.sources.synthetic import _Synthetic, textured_ground

LONG_MS = 60_000
THINGS = {"ball": (230, 40, 40), "box": (30, 60, 220)}


class Booth(_Synthetic):
    """A camera without end before which one of two things is held."""

    def __init__(self):
        super().__init__("Booth", None)
        self.showing = "ball"

    def _draw(self, index):
        pixels = textured_ground(240, 320).copy()
        x, y = np.meshgrid(np.arange(320) - 160 - index % 5, np.arange(240) - 120)
        inside = np.hypot(x, y) < 80 if self.showing == "ball" else np.maximum(abs(x), abs(y)) < 70
        pixels[inside] = THINGS[self.showing]
        return pixels


@pytest.fixture
def window(qapp, qtbot, tmp_path, monkeypatch):
    from explainer.commands.window import make_window

    monkeypatch.setenv("EXPLAINER_HOME", str(tmp_path))
    style.dress(qapp, style.resolved("light", 1.0))
    made = make_window(Session(demo="teachable-camera", source="sample:cat"), "light", remember=False)
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    made.start()
    made.conductor.set_params({"source": "own"})
    qtbot.waitUntil(lambda: values_of(made).get("shots_count") == 0, timeout=LONG_MS)
    return made


def values_of(window):
    return window.stage.result.values if window.stage.result is not None else {}


def button(window, text):
    (found,) = [one for one in window.findChildren(QPushButton) if one.text() == text and one.isVisible()]
    return found


def test_from_the_first_shot_to_the_answer(window, qtbot):
    booth = Booth()
    window.conductor.open_with("Booth", lambda: booth)
    qtbot.waitUntil(
        lambda: window.conductor.frame is not None and window.conductor.frame.name == "Booth", timeout=LONG_MS
    )

    held = button(window, "Shot of class A")
    qtbot.mousePress(held, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: values_of(window).get("shots_count", 0) >= 2, timeout=LONG_MS)
    qtbot.mouseRelease(held, Qt.MouseButton.LeftButton)

    booth.showing = "box"
    first = window.conductor.frame.index
    qtbot.waitUntil(lambda: window.conductor.frame.index > first + 4, timeout=LONG_MS)
    held = button(window, "Shot of class B")
    held.setFocus()
    before = values_of(window)["shots_count"]
    qtbot.keyPress(held, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: values_of(window).get("shots_count", 0) >= before + 2, timeout=LONG_MS)
    qtbot.keyRelease(held, Qt.Key.Key_Space)

    qtbot.waitUntil(lambda: values_of(window).get("answer") == 1, timeout=LONG_MS)
    assert "it takes this for “B”" in window.stage.result.headline
    booth.showing = "ball"
    qtbot.waitUntil(lambda: values_of(window).get("answer") == 0, timeout=LONG_MS)
    assert values_of(window)["classes_count"] == 2
