"""Imbalance while it trains: what is shown is what the run noted, and the words follow it."""

import numpy as np
import pytest

from explainer.demos.data import imbalance_training as demo
from explainer.demos.data._imbalance_view import Rare, Remedy, recipe_of
from explainer.vision.training import imbalance
from explainer.vision.training.fit import trained
from explainer.vision.training.parts import scores_of

HIGH = (5, 6, 7, 8, 9)


@pytest.fixture(scope="module")
def run():
    return trained(recipe_of(Remedy.NONE, Rare.HIGH, 30, 0))


def at(run, step):
    return imbalance.learnt(run, HIGH, step)


def test_the_shares_are_those_of_the_gradient_and_add_up(run):
    shares = run.history["pull"]
    np.testing.assert_allclose(shares.sum(1), 1.0)
    found = demo.values(at(run, 40))
    assert found["rare_pull_percent"] == pytest.approx(100 * shares[2, 5:].sum())


def test_at_first_no_rare_digit_is_named_and_its_loss_is_worse_than_guessing(run):
    net = at(run, 20)
    found = demo.values(net)
    assert not np.isin(net.said, HIGH).any()
    assert found["rare_loss"] > np.log(10)
    assert "never names a rare digit" in demo.headline(net)
    assert "worse than guessing" in demo.reading(net)[1]


def test_at_the_end_the_few_are_known_by_heart_and_new_ones_are_not(run):
    net = at(run, 300)
    found = demo.values(net)
    assert found["rare_loss"] < demo.LEARNT
    assert found["rare_percent"] < 100 * demo.READ
    assert "by heart" in demo.headline(net)


def test_the_errors_are_counted_as_false_negatives_of_the_rare(run):
    net = at(run, 100)
    found = demo.values(net)
    said = scores_of(run.module(), run.recipe.data.test).argmax(1).numpy()
    np.testing.assert_array_equal(at(run, 300).said, said)
    rare = np.isin(net.test.labels, HIGH)
    wrong = net.said[rare] != net.test.labels[rare]
    assert found["false_negative_count"] == wrong.sum()
    assert found["taken_for_frequent_count"] == (wrong & ~np.isin(net.said[rare], HIGH)).sum()
    assert found["rare_test_count"] == rare.sum()


def test_the_remedy_changes_whose_errors_count_from_the_beginning():
    weighted = imbalance.learnt(trained(recipe_of(Remedy.WEIGHTS, Rare.HIGH, 30, 0)), HIGH, 0)
    assert demo.values(weighted)["rare_pull_percent"] == pytest.approx(50, abs=5)
