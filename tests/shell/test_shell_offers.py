"""Where a picture or network does not suit a demo, each way on that is offered leads where it says."""

import pytest

from explainer.core.unsuitable import Offer
from explainer.shell.doors import CAMERA


def test_a_sample_is_opened_and_counts_as_chosen(window, qtbot):
    window.stage.offered.emit(Offer("sample", "coins"))
    qtbot.waitUntil(lambda: window.conductor.source_spec == "sample:coins")
    assert window.conductor.remembered().source == "sample:coins"


def test_another_demo_params_and_a_network_that_is_here(window, qtbot):
    window.stage.offered.emit(Offer("set", {"radius": 11}))
    assert window.conductor.params.radius == 11
    window.stage.offered.emit(Offer("model", "other"))
    assert window.conductor.settings.model == "other"
    window.stage.offered.emit(Offer("demo", "follow"))
    qtbot.waitUntil(lambda: window.conductor.demo.info.id == "follow")


@pytest.mark.parametrize(("kind", "spec"), [("camera", CAMERA), ("open", "a.png")])
def test_camera_and_file_are_opened(window, monkeypatch, kind, spec):
    asked = []
    monkeypatch.setattr(window.conductor, "open", asked.append)
    monkeypatch.setattr("explainer.shell.doors.QFileDialog.getOpenFileName", lambda *_a: ("a.png", ""))
    window.stage.offered.emit(Offer(kind))
    assert asked == [spec]


def test_a_network_that_is_not_here_is_asked_for_and_not_fetched(window, qtbot):
    before = window.conductor.settings.model
    window.doors.model_wanted.disconnect()
    with qtbot.waitSignal(window.doors.model_wanted) as wanted:
        window.stage.offered.emit(Offer("model", "resnet18"))
    assert wanted.args == ["resnet18"]
    assert window.conductor.settings.model == before
