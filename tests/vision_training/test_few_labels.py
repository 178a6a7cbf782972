"""Few labels: the probe against scikit-learn, draws, alignment and uniformity by hand, words of the demo."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from explainer.demos.reuse import learning_without_labels as demo
from explainer.vision.training import contrastive, few_labels
from explainer.vision.training import contrastive_looks as looks
from explainer.vision.training.examples import Split
from explainer.vision.training.fit import start, trained
from explainer.vision.training.metric import flat

DIGITS = contrastive.split_of("digits")
SOME = Split(DIGITS.train, DIGITS.test.first(200))


def nothing():
    """Ask nobody."""


def test_the_probe_is_scikit_learns_logistic_regression():
    known, new = few_labels.scaled(flat(SOME.train), flat(SOME.test))
    found = few_labels.probed(flat(SOME.train), flat(SOME.test), SOME, nothing, draws=1)[0]
    for count, right in zip(few_labels.COUNTS, found, strict=True):
        rows = few_labels.drawn(SOME.train.labels, count, 0)
        theirs = LogisticRegression(C=1.0, tol=1e-8, max_iter=5000).fit(known[rows], SOME.train.labels[rows])
        assert right == pytest.approx(theirs.score(new, SOME.test.labels), abs=0.0051)


def test_a_draw_has_as_many_of_each_class_and_another_draw_has_others():
    labels = DIGITS.train.labels
    one, two = (few_labels.drawn(labels, 10, draw) for draw in (0, 1))
    assert np.bincount(labels[one]).tolist() == [10] * 10
    assert len(set(one.tolist()) & set(two.tolist())) < 50
    assert np.array_equal(one, few_labels.drawn(labels, 10, 0))


def test_scaling_keeps_angles_and_has_one_deviation_for_all_columns():
    train = np.random.default_rng(0).normal(size=(50, 3)) * [1, 5, 0.1] + 7
    scaled, other = few_labels.scaled(train, train[:5])
    assert np.allclose(scaled.mean(0), 0)
    assert math.sqrt(scaled.var(0).mean()) == pytest.approx(1)
    assert np.allclose(np.ptp(scaled, 0) / np.ptp(train, 0), (np.ptp(scaled, 0) / np.ptp(train, 0))[0])
    assert np.array_equal(other, scaled[:5])


def test_being_asked_stops_a_probe_and_a_net_that_is_taught():
    def stop():
        raise InterruptedError

    with pytest.raises(InterruptedError):
        few_labels.of_pixels(SOME, stop)
    with pytest.raises(InterruptedError):
        few_labels.taught(SOME, stop, 0)


def test_a_net_that_is_taught_sees_the_labelled_pictures_only():
    rows = few_labels.drawn(DIGITS.train.labels, 1, 0)
    recipe = few_labels.taught_by(DIGITS, rows, 0)
    assert np.array_equal(recipe.data.train.images, DIGITS.train.images[rows])
    assert trained(replace(recipe, steps=3, every=3)).step == 3


# What an embedding looks like -------------------------------------------------------------------------------


def test_alignment_and_uniformity_by_hand():
    one = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]], dtype=torch.float64)
    other = torch.tensor([[1.0, 0.0], [0.0, -1.0], [0.0, 1.0]], dtype=torch.float64)
    assert looks.alignment(one, other) == pytest.approx((0 + 4 + 2) / 3)
    assert looks.uniformity(one) == pytest.approx(math.log((math.exp(-4) + math.exp(-8) + math.exp(-4)) / 3))
    assert looks.uniformity(one[:1].repeat(4, 1)) == pytest.approx(0)


def test_spread_and_dimensions_of_one_point_and_of_a_sphere():
    rng = np.random.default_rng(0)
    sphere = looks.unit(torch.from_numpy(rng.normal(size=(20000, 8))))
    assert looks.spread_of(sphere) == pytest.approx(1, abs=0.01)
    assert looks.dimensions(looks.sizes(sphere)) == pytest.approx(8, abs=0.02)
    assert looks.spread_of(sphere[:1].repeat(9, 1)) == 0
    line = looks.unit(sphere[:, :1] * torch.tensor([[1.0, 2.0, 0.0]]))
    assert looks.dimensions(looks.sizes(line)) == pytest.approx(1, abs=1e-6)


def test_sizes_are_numpys_eigenvalues_of_the_covariance():
    u = looks.unit(torch.from_numpy(np.random.default_rng(1).normal(size=(40, 5))))
    expected = np.linalg.svd(u.numpy() - u.numpy().mean(0), compute_uv=False) ** 2 / 40
    assert np.allclose(looks.sizes(u), expected)


def test_closeness_is_the_mean_over_the_blocks_without_the_diagonal():
    similar = np.full((8, 8), 0.1)
    similar[:4, :4] = similar[4:, 4:] = 0.7
    np.fill_diagonal(similar, 1.0)
    assert looks.closeness(similar) == pytest.approx((0.7, 0.1))


def test_the_batch_that_is_shown_has_two_of_each_class_and_four_views_of_each():
    shown = looks.shown_views(DIGITS.test, 0.0)
    rows = looks.shown_rows(DIGITS.test.labels)
    assert DIGITS.test.labels[rows].tolist() == [k for k in range(10) for _ in range(2)]
    assert np.array_equal(shown, DIGITS.test.images[rows].repeat(4, 0))


# The demo ---------------------------------------------------------------------------------------------------


def told(**more):
    found = {"step": 400, "own_cosine": 0.9, "other_cosine": 0.0, "spread": 0.9, "dimensions": 9.0}
    return found | {"learnt_percent": 80.0, "pixels_percent": 60.0} | more


def said(params, **more):
    run = start(replace(contrastive.recipe("digits", "attract", 1.0, 0.5, 0), steps=0))
    return demo.headline(told(**more), run, params)


def test_the_headline_says_what_happened():
    views, few = demo.Params(), demo.Params(look=demo.Look.LABELS)
    assert said(views, step=0).startswith("Untrained")
    assert said(views, spread=0.02).startswith("Collapse")
    assert "0.90" in said(views)
    assert "80 % right, pixels 60 %" in said(few)
    assert "gain little" in said(few, learnt_percent=61)
    assert "hurt" in said(few, learnt_percent=40)


def test_steps_and_counts_of_the_demo_are_those_of_the_recipe():
    assert (demo.STEPS, demo.EVERY) == (contrastive.STEPS, contrastive.EVERY)
    assert demo.COUNTS == few_labels.COUNTS
    assert (demo.view.VIEWS, demo.view.EACH) == (looks.VIEWS, looks.EACH)
    assert {str(one) for one in demo.Method} == {*contrastive.PAIRED, "rotation", "masked"}
