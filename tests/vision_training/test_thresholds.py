"""A digit reader that is asked for one digit: who is on the wall, in which order, and what the demo says of it."""

import numpy as np
import pytest
import torch

from explainer.demos.data.thresholds_and_curves import ThresholdsAndCurves
from explainer.testing import photo, run_demo
from explainer.vision.training import digits, fit, thresholds


@pytest.fixture(scope="module")
def run():
    return fit.trained(thresholds.recipe(0))


def test_the_wall_is_sorted_and_holds_test_digits_that_are_what_they_are_counted_as(run):
    asked = thresholds.asked(run, 3)
    assert asked.seen.positive.sum() == thresholds.ASKED
    assert len(asked.images) == thresholds.ASKED + thresholds.OTHERS
    assert (np.diff(asked.seen.scores) <= 0).all()
    test = digits.split().test
    known = {one.tobytes(): label for one, label in zip(test.images, test.labels, strict=True)}
    assert [known[one.tobytes()] == 3 for one in asked.images] == asked.seen.positive.tolist()
    with torch.no_grad():
        scores = run.module()(torch.from_numpy(asked.images)[:, None]).double().softmax(1)[:, 3].numpy()
    np.testing.assert_allclose(asked.seen.scores, scores, atol=1e-6)


def test_thresholds_are_chosen_on_digits_that_were_neither_learnt_nor_shown(run):
    learnt = {one.tobytes() for one in run.recipe.data.train.images}
    assert len(learnt) == thresholds.TAUGHT
    asked = thresholds.asked(run, 8)
    assert len(asked.held.scores) == digits.TRAIN - thresholds.TAUGHT
    train = digits.split().train
    assert asked.held.positive.tolist() == (train.labels[thresholds.TAUGHT :] == 8).tolist()


@pytest.fixture(scope="module")
def results():
    asks = {
        "default": {}, "low": {"threshold": 0.1}, "high": {"threshold": 0.9}, "rare": {"prevalence": 1},
        "cheap": {"rule": "cost", "miss": 5}, "dear": {"rule": "cost", "miss": 50},
    }  # fmt: skip
    demo = ThresholdsAndCurves()
    return {name: run_demo(demo, photo(), **params) for name, params in asks.items()}


def test_a_lower_threshold_trades_misses_for_false_alarms(results):
    high, middle, low = (results[name].values for name in ("high", "default", "low"))
    assert high["missed_count"] > middle["missed_count"] > low["missed_count"]
    assert high["false_count"] < middle["false_count"] < low["false_count"]
    assert middle["found_count"] + middle["missed_count"] == thresholds.ASKED
    said = f"misses {middle['missed_count']:.0f} of the eights and raises {middle['false_count']:.0f} false alarms"
    assert said in results["default"].headline


def test_prevalence_moves_precision_and_recall_and_leaves_roc(results):
    often, rare = results["default"], results["rare"]
    for axis in ("x", "y"):
        one, other = (np.asarray(getattr(result.charts[0].series[0], axis)) for result in (often, rare))
        np.testing.assert_array_equal(one, other)
        assert often.charts[0].note == rare.charts[0].note
    assert rare.values["precision_percent"] < 0.3 * often.values["precision_percent"]
    assert rare.values["average_precision"] < often.values["average_precision"]
    assert rare.values["accuracy_percent"] < rare.values["never_percent"] == 99.0
    np.testing.assert_array_equal(often.panels[0].layers[0].values, rare.panels[0].layers[0].values)


def test_dear_misses_lower_the_threshold(results):
    assert results["dear"].values["threshold"] < results["cheap"].values["threshold"] < 0.5
    assert results["cheap"].play is None
    assert results["cheap"].values["threshold"] == results["default"].values["cheapest_threshold"]


def test_frames_mark_the_errors(results, run):
    panel = results["default"].panels[0]
    cells, _, false, missed, *names = panel.layers
    assert [name.text for name in names] == ["false alarm", "missed 8"]
    assert all(0 <= name.xy[0] <= panel.size[0] and 0 <= name.xy[1] <= panel.size[1] for name in names)
    assert len(false.xyxy) == results["default"].values["false_count"]
    assert len(missed.xyxy) == results["default"].values["missed_count"]
    pitch = cells.size[0] / 20
    first = false.xyxy[0] / pitch
    number = int(first[1]) * 20 + int(first[0])
    asked = thresholds.asked(run, 8)
    assert number == np.flatnonzero(~asked.seen.positive)[0]
    assert first[2] - first[0] < 1
