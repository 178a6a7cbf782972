"""What is shown and with which values, without a single widget."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtGui import QColor, QImage
from shell_fakes import FollowDemo, Held, LooksDemo, TrainDemo

from explainer.core.context import Settings
from explainer.core.frame import Frame
from explainer.core.problem import Problem
from explainer.runtime import events as ev
from explainer.runtime.session import Session
from explainer.shell import pasting
from explainer.shell.conductor import Conductor
from explainer.sources.image import open_image
from explainer.sources.opening import path_of


def idle(qtbot, conductor):
    """Wait until nothing runs and all that was said has been heard."""
    qtbot.waitUntil(lambda: conductor.scheduler.idle.is_set())
    qtbot.wait(5)


# Demos, lessons, params ---------------------------------------------------------------------------------


def test_it_starts_with_the_sessions_demo_source_and_lesson(conductor, house):
    assert conductor.demo.info.id == "looks"
    assert conductor.lesson.id == "looks"
    assert conductor.heard.last("radius_px") == 8
    assert conductor.opened.kind == "image"
    assert conductor.source_spec == house.pictures[0]


def test_another_demo_is_shown(conductor, qtbot):
    conductor.choose_demo("train")
    qtbot.waitUntil(lambda: conductor.heard.last("epoch") == 3)
    assert conductor.lesson.id == "train"


def test_an_unknown_demo_is_a_problem_and_the_old_one_stays(conductor):
    conductor.choose_demo("nonsense")
    assert conductor.heard.problems[-1].what == "There is no demo called nonsense."
    assert conductor.demo.info.id == "looks"
    conductor.choose_lesson("nonsense")
    assert "nonsense" in conductor.heard.problems[-1].what
    assert conductor.lesson.id == "looks"


def test_params_are_set_and_run(conductor, qtbot):
    conductor.set_params({"radius": "12"})
    assert conductor.params.radius == 12
    qtbot.waitUntil(lambda: conductor.heard.last("radius_px") == 12)


@pytest.mark.parametrize(
    "values", [{"radius": 999}, {"radius": "wide"}, {"mode": "odd"}, {"spot": (2.0, 0.5)}, {"nix": 1}]
)
def test_what_is_not_allowed_is_said_and_nothing_happens(conductor, qtbot, values):
    idle(qtbot, conductor)
    before, runs = conductor.params, LooksDemo.runs
    conductor.set_params(values)
    idle(qtbot, conductor)
    assert conductor.params == before
    assert LooksDemo.runs == runs
    (note,) = conductor.heard.notes
    assert note.endswith(".")
    assert not conductor.history.can_undo


def test_one_wrong_value_keeps_the_right_one_back_too(conductor):
    conductor.set_params({"radius": 20, "rate": -1})
    assert conductor.params.radius == 8


def test_undo_redo_and_reset(conductor, qtbot):
    for radius in (10, 11):
        conductor.set_params({"radius": radius})
    conductor.undo()
    assert conductor.params.radius == 10
    qtbot.waitUntil(lambda: conductor.heard.last("radius_px") == 10)
    conductor.undo()
    conductor.undo()
    assert conductor.params.radius == 8
    conductor.redo()
    conductor.redo()
    conductor.redo()
    assert conductor.params.radius == 11
    conductor.set_params({"mode": "hard", "spot": (0.1, 0.2), "kernel": ((1.0,),)})
    conductor.reset()
    assert conductor.params == conductor.demo.defaults()
    conductor.undo()
    assert conductor.params.mode == "hard"
    assert conductor.params.spot == (0.1, 0.2)


def test_a_drag_is_one_step_of_undo(conductor):
    gesture = conductor.new_gesture()
    for radius in range(9, 30):
        conductor.set_params({"radius": radius}, gesture)
    conductor.set_params({"radius": 40}, conductor.new_gesture())
    conductor.undo()
    assert conductor.params.radius == 29
    conductor.undo()
    assert conductor.params.radius == 8


def test_undo_goes_back_to_the_demo_it_belongs_to(conductor, qtbot):
    conductor.set_params({"radius": 10})
    conductor.choose_demo("train")
    conductor.undo()
    assert conductor.demo.info.id == "looks"
    assert conductor.params.radius == 8


def test_undo_after_another_model_does_not_bring_back_a_layer_it_lacks(conductor, qtbot):
    conductor.set_params({"layer": "mid"})
    conductor.set_params({"layer": "low"})
    conductor.choose_model("other")
    conductor.undo()
    assert conductor.params.layer == "last"
    assert conductor.heard.notes


def test_a_preset_is_laid_over_the_values(conductor, qtbot):
    conductor.set_params({"radius": 33})
    conductor.choose_lesson("hard-looks")
    assert (conductor.params.mode, conductor.params.layer, conductor.params.radius) == ("hard", "mid", 33)
    conductor.choose_lesson("looks")
    assert conductor.params.radius == 8


def test_a_preset_that_the_model_cannot_have_is_said(conductor):
    conductor.choose_model("other")
    conductor.heard.notes.clear()
    conductor.choose_lesson("hard-looks")
    assert (conductor.params.mode, conductor.params.layer) == ("hard", "last")
    assert conductor.heard.notes == ["Layer went back to its default."]


def test_lessons_are_stepped_through_and_end(conductor):
    order = [one.id for one in conductor.library.lessons]
    assert len(order) == 4
    conductor.choose_lesson(order[0])
    for name in order[1:]:
        conductor.step_lesson(1)
        assert conductor.lesson.id == name
        assert conductor.demo.info.id == conductor.lesson.demo
    conductor.step_lesson(1)
    assert conductor.lesson.id == order[-1]
    for name in order[-2::-1]:
        conductor.step_lesson(-1)
        assert conductor.lesson.id == name


def test_another_model_replaces_what_it_lacks_and_says_so(conductor, qtbot):
    conductor.set_params({"layer": "mid"})
    conductor.choose_model("other")
    assert conductor.params.layer == "last"
    assert conductor.heard.notes == ["Layer went back to its default."]
    assert conductor.settings.model == "other"


def test_a_layer_that_both_have_stays(conductor):
    conductor.set_params({"layer": "top"})
    conductor.choose_model("other")
    assert conductor.params.layer == "top"
    assert conductor.heard.notes == []


def test_a_model_that_is_not_there_is_a_problem(conductor):
    conductor.choose_model("nix")
    assert conductor.settings.model == "efficientnet-lite0"
    assert "nix" in conductor.heard.problems[-1].what


def test_settings_of_a_session_whose_model_is_gone(house):
    made = house.conductor(Session(settings=Settings(model="gone"), demo="gone"))
    assert made.settings.model == "efficientnet-lite0"
    assert made.demo.info.id == "looks"


def test_the_same_again_runs_nothing(conductor, qtbot):
    idle(qtbot, conductor)
    runs = LooksDemo.runs
    conductor.set_params({"radius": 8})
    conductor.choose_demo("looks")
    idle(qtbot, conductor)
    assert LooksDemo.runs == runs


# Stale results ------------------------------------------------------------------------------------------


def late_result(conductor, qtbot):
    """Change params while a demo that ignores its cancellation is inside ``run``; return the radii shown."""
    held = Held()
    LooksDemo.hook = held
    conductor.heard.results.clear()
    conductor.set_params({"radius": 20})
    assert held.inside.wait(5)
    conductor.set_params({"radius": 30})
    held.free.set()
    qtbot.waitUntil(lambda: conductor.heard.last("radius_px") == 30)
    idle(qtbot, conductor)
    return [event.result.values["radius_px"] for event in conductor.heard.results]


def post_stale(conductor):
    """A result of the generation before, as one that was on its way when the params changed."""
    event = conductor.heard.results[-1]
    assert isinstance(event, ev.Finished)
    stale = ev.Finished(conductor.scheduler.current - 1, event.result, event.frame, {}, "cpu")
    conductor.heard.results.clear()
    conductor.bridge.post(stale)
    return stale


def test_a_result_that_comes_late_is_not_shown(conductor, qtbot):
    assert late_result(conductor, qtbot) == [30]


def test_a_result_on_its_way_into_the_window_is_dropped_by_the_gate(conductor, qtbot):
    post_stale(conductor)
    qtbot.wait(20)
    assert conductor.heard.results == []


def test_without_the_gate_it_would_be_shown(conductor, qtbot, monkeypatch):
    """The two tests above can fail: with the gate open the late results arrive."""
    monkeypatch.setattr(type(conductor.scheduler), "is_current", lambda self, event: True)
    stale = post_stale(conductor)
    qtbot.waitUntil(lambda: conductor.heard.results == [stale])
    monkeypatch.setattr("explainer.runtime.token.JobToken.cancel", lambda self: None)
    assert late_result(conductor, qtbot) == [20, 30]


def test_the_picture_of_the_old_source_is_not_shown_after_the_new_one(conductor, house, qtbot):
    held = Held()
    LooksDemo.hook = held
    conductor.heard.results.clear()
    conductor.set_params({"radius": 20})
    assert held.inside.wait(5)
    conductor.open(house.pictures[2])
    qtbot.waitUntil(lambda: conductor.source_spec == house.pictures[2])
    held.free.set()
    qtbot.waitUntil(lambda: bool(conductor.heard.results))
    idle(qtbot, conductor)
    assert {event.frame.name for event in conductor.heard.results} == {"c.png"}


# Sources ------------------------------------------------------------------------------------------------


def test_another_picture_is_opened_and_remembered_as_recent(conductor, house, qtbot):
    conductor.open(house.pictures[1])
    qtbot.waitUntil(lambda: conductor.heard.results[-1].frame.name == "b.png")
    assert conductor.source_spec == house.pictures[1]
    assert conductor.remembered().source == house.pictures[1]
    assert conductor.remembered().recent[:2] == (house.pictures[1], house.pictures[0])


def test_a_file_that_is_not_there_is_a_problem_and_the_old_picture_stays(conductor, house, qtbot):
    conductor.open(str(house.folder / "gone.png"))
    qtbot.waitUntil(lambda: bool(conductor.heard.problems))
    assert "gone.png" in conductor.heard.problems[-1].what
    assert conductor.source_spec == house.pictures[0]
    assert conductor.remembered().source == house.pictures[0]
    assert str(house.folder / "gone.png") not in conductor.remembered().recent


def test_a_film_that_plays_on_does_not_wipe_the_problem_away(conductor, house, qtbot):
    conductor.open("synthetic:square")
    qtbot.waitUntil(lambda: conductor.playing and conductor.heard.results[-1].frame.index > 1)
    conductor.heard.problems.clear()
    conductor.open(str(house.folder / "gone.png"))
    qtbot.waitUntil(lambda: bool(conductor.heard.problems))
    seen = len(conductor.heard.results)
    qtbot.waitUntil(lambda: len(conductor.heard.results) > seen + 3)
    assert None not in conductor.heard.problems


def test_a_problem_of_the_demo_goes_when_it_runs_again(conductor, qtbot):
    def fail(frame, params, ctx):
        if params.radius == 13:
            raise ValueError("thirteen")

    LooksDemo.hook = fail
    conductor.set_params({"radius": 13})
    qtbot.waitUntil(lambda: bool(conductor.heard.problems))
    assert "thirteen" in conductor.heard.problems[-1].details
    assert "thirteen" not in conductor.heard.problems[-1].sentence
    conductor.set_params({"radius": 14})
    qtbot.waitUntil(lambda: conductor.heard.problems[-1] is None)


def test_a_still_becomes_a_pan_for_a_temporal_demo_and_a_still_again(conductor, qtbot):
    conductor.choose_demo("follow")
    qtbot.waitUntil(lambda: conductor.opened.kind == "synthetic")
    qtbot.waitUntil(lambda: (conductor.heard.last("count") or 0) >= 3)
    conductor.choose_demo("looks")
    qtbot.waitUntil(lambda: conductor.opened.kind == "image")
    qtbot.waitUntil(lambda: conductor.heard.results[-1].frame.name == "a.png")


def test_there_and_back_at_once_ends_with_the_still(conductor, qtbot):
    conductor.choose_demo("follow")
    conductor.choose_demo("looks")
    qtbot.waitUntil(lambda: conductor.heard.results[-1].frame.index == 0 and conductor.opened.kind == "image")
    idle(qtbot, conductor)
    assert conductor.opened.kind == "image"


def test_a_folder_is_not_panned_over(conductor, house, qtbot):
    conductor.choose_demo("follow")
    conductor.open(str(house.folder))
    qtbot.waitUntil(lambda: conductor.opened.kind == "folder")
    assert conductor.opened.count == 3


def pasted(value=200):
    image = QImage(32, 24, QImage.Format.Format_ARGB32)
    image.fill(QColor(value, 0, 0))
    data = QMimeData()
    data.setImageData(image)
    return pasting.from_clipboard(data)


def test_a_pasted_picture_is_shown_and_not_remembered(conductor, qtbot):
    conductor.open_with("Pasted picture", pasted())
    qtbot.waitUntil(lambda: conductor.heard.results[-1].frame.width == 32)
    frame = conductor.heard.results[-1].frame
    np.testing.assert_array_equal(frame.pixels[0, 0], [200, 0, 0])
    assert conductor.remembered().source == ""
    assert "Pasted picture" in conductor.heard.notes


def test_a_pasted_picture_is_panned_over_too(conductor, qtbot):
    conductor.open_with("Pasted picture", pasted())
    qtbot.waitUntil(lambda: conductor.source_spec == "")
    conductor.choose_demo("follow")
    qtbot.waitUntil(lambda: conductor.opened.kind == "synthetic")
    conductor.choose_demo("looks")
    qtbot.waitUntil(lambda: conductor.opened.kind == "image")
    assert conductor.opened.title == "Pasted picture"


def test_a_dropped_file_is_taken_by_its_path(house):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(house.pictures[1])])
    assert pasting.from_clipboard(data) == house.pictures[1]
    assert pasting.from_clipboard(QMimeData()) is None


@pytest.mark.parametrize("width", [1, 2, 3, 5, 33])
def test_rows_of_a_pasted_picture_are_unpadded(width):
    image = QImage(width, 3, QImage.Format.Format_RGB888)
    for x in range(width):
        for y in range(3):
            image.setPixelColor(x, y, QColor(x, y, 7))
    got, notes = pasting.to_array(image)
    assert notes == ()
    assert got.shape == (3, width, 3)
    assert [tuple(got[y, x]) for y in range(3) for x in range(width)] == [
        (x, y, 7) for y in range(3) for x in range(width)
    ]


def test_next_goes_past_what_is_broken_hidden_or_moves_and_round_the_end(conductor, house, qtbot):
    a, b, c = house.pictures
    (house.folder / "._a.png").write_bytes(b"\0\5\x16\7" + bytes(60))
    (house.folder / "aa.png").write_bytes(b"\x89PNG\r\n no picture")
    red, blue = (Image.new("RGB", (4, 4), colour) for colour in ("red", "blue"))
    red.save(house.folder / "ab.gif", save_all=True, append_images=[blue])
    said = []
    conductor.noted.connect(said.append)
    conductor.open(a)
    qtbot.waitUntil(lambda: conductor.source_spec == a)
    for by, wanted in ((1, b), (1, c), (1, a), (-1, c)):
        conductor.step(by)
        qtbot.waitUntil(lambda wanted=wanted: conductor.source_spec == wanted)
    qtbot.waitUntil(lambda: len(said) >= 3)
    assert "2 files that cannot be shown were passed over." in said
    assert "From the first picture of the folder again." in said
    assert "From the last picture of the folder again." in said


def test_where_everything_else_is_broken_it_stays_and_says_so(conductor, house, qtbot):
    a, b, c = house.pictures
    idle(qtbot, conductor)
    frames, said = conductor.feed.frames, []
    for path in (b, c):
        Path(path).write_bytes(b"\x89PNG\r\n no picture")
    conductor.noted.connect(said.append)
    conductor.step(1)
    qtbot.waitUntil(lambda: "2 files that cannot be shown were passed over." in said)
    assert conductor.source_spec == a
    assert conductor.feed.frames is frames


def test_a_moving_picture_is_played_and_not_panned_over(conductor, house, qtbot):
    red, blue = (Image.new("RGB", (8, 6), colour) for colour in ("red", "blue"))
    red.save(house.folder / "ab.gif", save_all=True, append_images=[blue])
    conductor.choose_demo("follow")
    conductor.open(str(house.folder / "ab.gif"))
    qtbot.waitUntil(lambda: conductor.opened is not None and conductor.opened.title == "ab.gif")
    assert conductor.opened.kind == "video"


def test_quick_steps_add_up(conductor, house, qtbot):
    a, _b, c = house.pictures
    conductor.open(a)
    qtbot.waitUntil(lambda: conductor.source_spec == a)
    conductor.step(1)
    conductor.step(1)
    qtbot.waitUntil(lambda: conductor.source_spec == c)


def test_samples_stay_samples_and_what_lies_in_no_folder_stays(conductor, qtbot):
    said = []
    conductor.noted.connect(said.append)
    conductor.open("sample:cat")
    qtbot.waitUntil(lambda: conductor.source_spec == "sample:cat")
    conductor.step(1)
    qtbot.waitUntil(lambda: conductor.source_spec not in ("", "sample:cat"))
    assert conductor.source_spec.startswith("sample:")
    conductor.open_with("Pasted picture", lambda: open_image(path_of("sample:cat")))
    qtbot.waitUntil(lambda: conductor.source_spec == "")
    conductor.step(1)
    qtbot.waitUntil(lambda: "What is shown lies in no folder." in said)


# Freezing -----------------------------------------------------------------------------------------------


def test_a_film_is_frozen_and_goes_on(conductor, qtbot):
    conductor.open("synthetic:square")
    qtbot.waitUntil(lambda: conductor.playing)
    conductor.freeze()
    qtbot.waitUntil(lambda: not conductor.playing)
    assert conductor.heard.playing[-1] is False
    conductor.freeze()
    qtbot.waitUntil(lambda: conductor.playing)


def test_a_training_run_is_paused_at_its_checkpoint_and_goes_on(conductor, qtbot):
    held = Held()
    TrainDemo.hook = held
    conductor.choose_demo("train")
    assert held.inside.wait(5)
    conductor.freeze()
    assert conductor.heard.playing[-1] is False
    conductor.heard.results.clear()
    held.free.set()
    qtbot.wait(40)
    assert conductor.heard.last("epoch") is None
    conductor.freeze()
    assert conductor.heard.playing[-1] is True
    qtbot.waitUntil(lambda: conductor.heard.last("epoch") == 3)


def test_a_new_run_of_a_paused_training_is_said_to_run(conductor, qtbot):
    conductor.choose_demo("train")
    qtbot.waitUntil(lambda: conductor.heard.last("epoch") == 3)
    conductor.freeze()
    conductor.set_params({"epochs": 5})
    qtbot.waitUntil(lambda: conductor.heard.last("epoch") == 5)
    assert conductor.heard.playing[-1] is True


def test_restart_begins_a_temporal_demo_anew(conductor, qtbot):
    conductor.choose_demo("follow")
    qtbot.waitUntil(lambda: (conductor.heard.last("count") or 0) >= 4)
    conductor.freeze()
    qtbot.waitUntil(lambda: not conductor.playing)
    idle(qtbot, conductor)
    conductor.restart()
    qtbot.waitUntil(lambda: conductor.heard.last("count") == 1)


# The end ------------------------------------------------------------------------------------------------


def test_after_closing_nothing_is_heard(house, qtbot):
    made = house.conductor()
    made.start()
    made.close()
    with qtbot.assertNotEmitted(made.delivered):
        qtbot.wait(20)
    assert isinstance(made, Conductor)
    assert FollowDemo.runs == 0


def test_params_of_all_demos_are_remembered(conductor, house, qtbot):
    conductor.set_params({"radius": 21})
    conductor.choose_demo("follow")
    conductor.set_params({"box": (0.1, 0.1, 0.4, 0.4)})
    saved = conductor.remembered()
    made = house.conductor(saved)
    assert made.demo.info.id == "follow"
    assert made.params.box == (0.1, 0.1, 0.4, 0.4)
    made.choose_demo("looks")
    assert made.params.radius == 21


class Lens:
    """A camera that counts how often it is opened."""

    opened = 0

    def __init__(self):
        type(self).opened += 1
        self.id, self.kind, self.title, self.count, self.fps = f"lens-{self.opened}", "camera", "Lens", None, 0.0

    def read(self):
        return Frame(np.zeros((8, 8, 3), np.uint8), self.id)

    def at(self, index):
        return Problem("A camera cannot be sought in.")

    def close(self):
        pass


def test_a_camera_is_opened_once_and_has_no_pictures_to_look_through(conductor, qtbot):
    conductor.open_with("Lens", Lens)
    qtbot.waitUntil(lambda: conductor.opened.kind == "camera")
    assert len(conductor.feed.frames) == 0
    assert Lens.opened == 1
