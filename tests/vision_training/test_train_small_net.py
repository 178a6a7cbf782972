"""The training run as a demo: published on the way, stopped, carried on."""

from functools import cache

import numpy as np
import pytest

from explainer.core.context import Settings
from explainer.core.frame import Frame
from explainer.core.problem import Cancelled
from explainer.demos.learning.train_small_net import HARDEST, Params, TrainSmallNet
from explainer.demos.learning.train_small_net import recipe as demo_recipe
from explainer.runtime.context import JobContext
from explainer.runtime.engine import Engine, Job
from explainer.runtime.events import Partial
from explainer.runtime.memo import Memo
from explainer.runtime.runs import DiskRuns
from explainer.runtime.token import JobToken

DEMO = TrainSmallNet()
FRAME = Frame(np.zeros((4, 4, 3), np.uint8))
SHORT = {"train_size": 160, "epochs": 4}


class Watched:
    """Runs the demo and keeps what it published; cancels at the wanted progress."""

    def __init__(self, state=None, cancel_at=2.0, seed=0):
        self.partials, self.fractions = [], []
        self.token = JobToken()
        self.cancel_at = cancel_at
        self.ctx = JobContext(
            DEMO, Settings(seed=seed), None, Memo(), self.token, state=state,
            on_progress=self._progress, on_partial=self.partials.append,
        )  # fmt: skip

    def _progress(self, done, _text):
        self.fractions.append(done)
        if done >= self.cancel_at:
            self.token.cancel()

    def run(self, **params):
        return DEMO.run(FRAME, Params(**{**SHORT, **params}), self.ctx)


@pytest.fixture
def often(monkeypatch):
    """Publish after each epoch."""
    monkeypatch.setattr("explainer.vision.training.watched.PUBLISH_S", 0.0)


def recipe(epochs):
    return demo_recipe(Params(**{**SHORT, "epochs": epochs}), 0)


@cache
def plain():
    """The short run, done once."""
    return Watched().run()


def test_the_defaults_learn_and_say_so():
    watched = Watched()
    result = DEMO.run(FRAME, Params(), watched.ctx)
    assert result.values["epoch"] == 15
    assert result.values["accuracy_test_percent"] > 95
    assert result.values["parameters_count"] == 9802
    assert result.values["loss_at_first"] == pytest.approx(np.log(10), abs=0.05)
    assert f"**{result.values['accuracy_test_percent']:.1f} %** of 500 test digits" in result.reading
    assert watched.fractions == sorted(watched.fractions)
    assert result.values["accuracy_at_first_percent"] < 20
    assert "98.4 %" in result.headline and "10.2 %" in result.headline
    assert not result.partial


def test_the_same_digits_are_shown_before_training_and_now():
    begun, now = (panel.layers[0] for panel in plain().panels[:2])
    assert plain().heroes == ("before-training", "now")
    true = [label.split("→")[0] for label in begun.labels]
    assert true == [label.split("→")[0] for label in now.labels]
    right = [sum("→" not in label for label in cells.labels) for cells in (begun, now)]
    assert right[0] < len(true) / 4 < right[1]
    assert f"{right[1]} of {len(true)} read right" in plain().panels[1].note
    ink = [cells.values.sum((1, 2)) for cells in (begun, now)]
    learnt = ["→" in first and "→" not in last for first, last in zip(begun.labels, now.labels, strict=True)]
    assert (ink[0][learnt] < 0.5 * ink[1][learnt]).all()


def test_the_untrained_net_is_shown_at_once(often):
    watched = Watched()
    last = watched.run()
    first = watched.partials[0]
    assert [p.values["epoch"] for p in watched.partials] == [0, 1, 2, 3]
    assert first.partial
    assert first.reading.startswith("Before training")
    filters = {p.title: p for p in first.panels}["Filters"].layers[0].values
    np.testing.assert_array_equal(filters[:8], filters[8:])
    filters = {p.title: p for p in last.panels}["Filters"].layers[0].values
    assert not np.array_equal(filters[:8], filters[8:])


def test_cancelled_and_carried_on_is_the_same_run(often):
    through = plain()
    watched = Watched(cancel_at=0.6)
    with pytest.raises(Cancelled):
        watched.run()
    left = watched.partials[-1].state
    reached = left.find(recipe(4)).epoch
    assert 2 <= reached < 4
    resumed = Watched(state=left)
    again = resumed.run()
    assert resumed.partials[0].values["epoch"] == reached
    assert again.values == through.values
    assert again.state.find(recipe(4)).same_bits(through.state.find(recipe(4)))


def test_more_epochs_go_on_and_fewer_start_anew(often):
    state = plain().state
    longer = Watched(state=state)
    result = longer.run(epochs=6)
    assert [p.values["epoch"] for p in longer.partials] == [4, 5]
    assert result.values == Watched().run(epochs=6).values
    shorter = Watched(state=state)
    assert shorter.run(epochs=2).values["epoch"] == 2
    assert shorter.partials[0].values["epoch"] == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("learning_rate", 0.01),
        ("optimiser", "adam"),
        ("momentum", 0.5),
        ("batch_size", 64),
        ("activation", "tanh"),
        ("init_scale", 0.5),
        ("train_size", 100),
    ],
)
def test_another_recipe_is_another_run(name, value, often):
    state = plain().state
    other = Watched(state=state)
    result = other.run(**{name: value})
    assert other.partials[0].values["epoch"] == 0
    assert result.values != plain().values


def test_another_seed_is_another_run(often):
    state = plain().state
    assert Watched(state=state, seed=1).run().values != plain().values


@pytest.mark.parametrize(
    "params",
    [
        {"learning_rate": 3.0, "init_scale": 10.0},
        {"init_scale": 0.03},
        {"batch_size": 256},
        {"train_size": 20, "batch_size": 4},
        {"learning_rate": 3.0, "momentum": 0.99, "batch_size": 4, "init_scale": 10.0},
    ],
)
def test_the_ends_of_the_ranges_stay_finite(params):
    result = Watched().run(**params)
    for panel in result.panels:
        for layer in panel.layers:
            assert np.isfinite(layer.values).all()
            assert layer.lo <= layer.values.min()
            assert layer.values.max() <= layer.hi
    for chart in result.charts:
        for series in getattr(chart, "series", ()):
            assert np.isfinite(series.y).all()
            assert len(series.x) == len(series.y)


def test_charts_hold_the_numbers_of_the_run():
    result = plain()
    charts = {c.title: c for c in result.charts}
    batch, train, test = charts["Loss"].series
    assert len(batch.y) == result.values["steps_count"] == 4 * 5
    assert batch.x[-1] < 4
    assert train.y[-1] == result.values["loss_train"]
    assert test.y[-1] == result.values["loss_test"]
    assert charts["Accuracy"].series[1].y[-1] == result.values["accuracy_test_percent"]
    matrix = charts["Confusion"].values
    assert matrix.sum() == 500
    assert matrix.sum() - np.trace(matrix) == result.values["wrong_count"]
    gradients = charts["Gradient in each layer"].series
    assert 10 ** gradients[0].y[-1] == pytest.approx(result.values["gradient_first_layer"])


def test_hard_digits_are_labelled_with_both_digits():
    result = plain()
    panel = {p.title: p for p in result.panels}["Hardest digits"]
    labels = panel.layers[0].labels
    assert len(labels) == HARDEST
    assert all("→" in label for label in labels[: min(HARDEST, int(result.values["wrong_count"]) // 3)])


def test_a_guessing_net_is_called_one():
    reading = Watched().run(init_scale=0.03).reading
    assert "guessing" in reading


def test_the_next_start_shows_the_finished_run_at_once(tmp_path):
    """What a window does: an engine of its own each time, over the same folder."""

    def opened():
        seen = []
        engine = Engine(None, runs=DiskRuns(tmp_path))
        finished = engine.run(Job(0, DEMO, Params(**SHORT), FRAME, Settings()), JobToken(), seen.append)
        return finished.result, [event for event in seen if isinstance(event, Partial)]

    first, partials = opened()
    again, none = opened()
    assert partials
    assert not none
    assert again.values == first.values
    assert again.reading == first.reading
    assert next(text for text in again.badges if text not in first.badges).startswith("trained on ")
