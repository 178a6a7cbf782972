"""Robust regression: losses against torch and by hand, their influence, turned digits, and what is counted."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from sklearn.metrics import mean_absolute_error, mean_pinball_loss
from torch import nn
from torch.nn import functional as F

from explainer.vision.training import digits, fit
from explainer.vision.training import robust_regression as robust

ERRORS = torch.tensor([-200.0, -60.0, -5.0, -1.0, 0.0, 0.5, 5.0, 30.0, 59.0, 61.0, 1000.0], dtype=torch.float64)
ZERO = torch.zeros_like(ERRORS)


def rho(name, scale=5.0, tau=0.4):
    return robust.rho(name, ERRORS, scale, tau)


def test_losses_of_torch():
    torch.testing.assert_close(rho("mse"), F.mse_loss(ERRORS, ZERO, reduction="none"))
    torch.testing.assert_close(rho("l1"), F.l1_loss(ERRORS, ZERO, reduction="none"))
    for delta in (0.7, 5.0, 70.0):
        torch.testing.assert_close(rho("huber", delta), F.huber_loss(ERRORS, ZERO, reduction="none", delta=delta))


def test_the_quantile_loss_is_scikit_learns():
    for tau in (0.1, 0.4, 0.9):
        given, said = np.zeros(len(ERRORS)), ERRORS.numpy()
        assert float(rho("quantile", tau=tau).mean()) == pytest.approx(mean_pinball_loss(given, said, alpha=tau))
    torch.testing.assert_close(2 * rho("quantile", tau=0.5), rho("l1"))


def test_log_cosh_by_hand_and_where_cosh_would_overflow():
    scaled = ERRORS / 5
    small = scaled.abs() < 100
    torch.testing.assert_close(rho("logcosh")[small], (25 * torch.log(torch.cosh(scaled)))[small])
    far = torch.tensor([1e6], dtype=torch.float64)
    assert float(robust.rho("logcosh", far, 5.0, 0.5)) == pytest.approx(5 * 1e6 - 25 * np.log(2))


def test_tukey_by_hand():
    """Its influence is r (1 − (r/c)²)², and beyond c the loss is c²/6, whatever the error."""
    assert rho("tukey", 60.0)[[0, 9, 10]].tolist() == [600.0] * 3
    inside = ERRORS.abs() <= 60
    by_hand = torch.where(inside, ERRORS * (1 - (ERRORS / 60) ** 2) ** 2, ZERO)
    torch.testing.assert_close(robust.influence("tukey", ERRORS, 60.0, 0.5), by_hand)


def test_influences_by_hand():
    """Without end, of one size, up to δ, and no further than s: only Tukey's comes back to nothing."""

    def psi(name):
        return robust.influence(name, ERRORS, 5.0, 0.4)

    torch.testing.assert_close(psi("mse"), 2 * ERRORS)
    torch.testing.assert_close(psi("l1"), ERRORS.sign())
    torch.testing.assert_close(psi("huber"), ERRORS.clamp(-5, 5))
    torch.testing.assert_close(psi("logcosh"), 5 * torch.tanh(ERRORS / 5))
    some = ERRORS != 0
    torch.testing.assert_close(psi("quantile")[some], torch.where(ERRORS > 0, 0.6, -0.4).double()[some])


def test_curves_are_shares_of_their_largest():
    loss, psi = robust.curves(robust.OfErrors("huber", 10.0), np.array([-20.0, 5.0, 10.0]))
    np.testing.assert_allclose(loss, np.array([150.0, 12.5, 50.0]) / 150)
    np.testing.assert_allclose(psi, [-1.0, 0.5, 1.0])


@pytest.mark.parametrize("name", robust.LOSSES)
def test_no_loss_is_negative_and_none_falls_with_the_size_of_the_error(name):
    grid = torch.linspace(0, 300, 601, dtype=torch.float64)
    for way in (1, -1):
        found = robust.rho(name, way * grid, 30.0, 0.4)
        assert float(found[0]) == pytest.approx(0.0, abs=1e-9)
        assert bool((found.diff() >= -1e-9).all())


def test_what_a_constant_learns_is_the_mean_the_median_or_a_quantile():
    """One number that is fitted to 80 right and 20 wild targets, on a fine grid."""
    given = torch.cat([torch.linspace(-10, 10, 80), torch.full((20,), 120.0)]).double()
    grid = torch.linspace(-20, 130, 15001, dtype=torch.float64)

    def best(name, scale=5.0, tau=0.4):
        total = robust.rho(name, grid[:, None] - given, scale, tau).sum(1)
        return float(grid[total.argmin()])

    assert best("mse") == pytest.approx(float(given.mean()), abs=0.01)
    assert best("l1") == pytest.approx(float(given.quantile(0.5)), abs=0.3)
    assert best("quantile") == pytest.approx(float(given.quantile(0.4)), abs=0.3)
    assert abs(best("tukey", 60.0)) < 0.02
    assert abs(best("tukey", 60.0)) < best("huber") < best("mse")


def test_the_loss_of_a_batch_is_in_units_of_45_degrees():
    images, labels = torch.tensor([[1.0], [2.0]]), torch.tensor([45.0, 0.0])
    found = robust.OfErrors("huber", 22.5)(nn.Identity(), images, labels, torch.Generator())
    assert float(found) == pytest.approx((0.0 + 0.5 * (2 - 0.25)) / 2)


def test_a_quarter_turn_is_numpys_and_turning_back_restores():
    images = digits.split().test.images[:5]
    np.testing.assert_allclose(robust.turned(images, np.full(5, 90.0)), np.rot90(images, 1, (1, 2)), atol=1e-5)
    np.testing.assert_allclose(robust.turned(images, np.zeros(5)), images, atol=1e-6)
    smooth = np.stack([cv2.GaussianBlur(np.pad(one, 8), (0, 0), 3) for one in images])
    back = robust.turned(robust.turned(smooth, np.full(5, 30.0), 24), np.full(5, -30.0), 24)
    np.testing.assert_allclose(back, smooth, atol=0.02)


def test_as_many_targets_are_wrong_as_asked_and_the_test_digits_are_right():
    angles, unseen = robust.true_angles(0)
    assert np.abs(angles).max() <= 45
    side = robust.split(0.2, "side", 0)
    away = side.train.labels - angles
    assert set(np.round(away).tolist()) == {0.0, 120.0}
    assert (away != 0).mean() == pytest.approx(0.2, abs=0.04)
    assert np.array_equal(side.test.labels, unseen)
    anywhere = robust.split(0.2, "any", 0)
    assert np.array_equal(anywhere.train.images, side.train.images)
    assert np.array_equal(anywhere.train.labels != angles, away != 0)
    wild = anywhere.train.labels[away != 0]
    assert wild.min() < -120
    assert wild.max() > 120
    assert (robust.split(0.0, "any", 0).train.labels == angles).all()
    assert robust.split(0.2, "side", 1).train != side.train


def run_of(name, kind="side", share=0.2):
    made = robust.recipe(name, share, kind, robust.width(name, 5.0, 60.0), 0.4, 0)
    return fit.trained(replace(made, steps=200))


@pytest.fixture(scope="module")
def runs():
    return {name: run_of(name) for name in ("mse", "tukey")}


def test_a_run_is_counted_as_its_net_says(runs):
    seen = robust.learnt(runs["tukey"], 9999)
    assert seen.steps.tolist() == [0, 40, 80, 120, 160, 200]
    assert robust.learnt(runs["tukey"], 100).at == 2
    train, test = seen.run.recipe.data
    with torch.no_grad():
        said = [45 * seen.run.module()(torch.from_numpy(part.images)[:, None])[:, 0].numpy() for part in (train, test)]
    np.testing.assert_allclose(seen.points, np.stack([said[0], train.labels], 1), atol=1e-4)
    assert seen.now == pytest.approx(mean_absolute_error(test.labels, said[1]), abs=1e-4)
    assert seen.lean == pytest.approx(float((said[1] - test.labels).mean()), abs=1e-4)
    assert np.array_equal(seen.wrong, train.labels != robust.true_angles(0)[0])


def test_digits_are_set_upright_by_what_is_said(runs):
    """Where the net is right the digit stands as it was written."""
    seen = robust.learnt(runs["tukey"], 9999)
    upright = robust.turned(robust.upright().test.images[:3], np.zeros(3), 24)
    perfect = replace(seen.run, history={**seen.run.history, "test": np.tile(seen.run.recipe.data.test.labels, (6, 1))})
    np.testing.assert_array_equal(robust.learnt(perfect, 9999).set_upright(3, 24), upright)
    off = robust.turned(robust.upright().test.images[:3], -seen.errors[:3], 24)
    np.testing.assert_array_equal(seen.set_upright(3, 24), off)


def test_taught_digits_are_those_that_the_net_sees(runs):
    seen = robust.learnt(runs["tukey"], 9999)
    np.testing.assert_array_equal(seen.taught(5, 8), seen.run.recipe.data.train.images[:5])


def test_the_square_is_led_away_and_tukey_is_not(runs):
    square, tukey = (robust.learnt(runs[name], 9999) for name in ("mse", "tukey"))
    assert square.now > 10
    assert square.lean > 8
    assert tukey.now < 5
    assert abs(tukey.lean) < 3
