"""The pass that is written out against torch's autograd, against differences, and against what theory promises."""

from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from explainer.vision.training import backprop as bp
from explainer.vision.training.digits import split

ACTS, STARTS = ("relu", "tanh", "sigmoid"), ("he", "glorot", "small", "large")
DIGITS = split()[1]
RECIPES = [bp.Recipe(*one) for one in product((2, 3, 6, 12), ACTS, STARTS, (False, True))]


def digit(number=3):
    return DIGITS.images[number].astype(np.float64), int(DIGITS.labels[number])


def passes(recipe, number=3, weights=None):
    image, label = digit(number)
    weights = weights or bp.starting_weights(recipe)
    run = bp.forward(recipe, weights, image, label)
    return weights, run, bp.backward(recipe, weights, run, label)


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda r: f"{r.depth}-{r.activation}-{r.start}-{r.residual}")
def test_gradients_are_those_of_autograd(recipe):
    image, label = digit()
    weights, _, back = passes(recipe)
    for ours, torchs in zip(back.weights, bp.autograd(recipe, weights, image, label), strict=True):
        np.testing.assert_allclose(ours, torchs, rtol=1e-9, atol=1e-12 * np.abs(torchs).max())


def test_every_gradient_on_the_way_is_that_of_autograd():
    """Not only those of the weights: what arrives, what passes and what is handed on in each layer."""
    recipe = bp.Recipe(5, "tanh", residual=True, seed=2)
    weights, _, back = passes(recipe)
    image, label = digit()
    x = torch.from_numpy(image)[None, None].requires_grad_()
    at, kept = x, [x]
    for layer, w in enumerate(weights[:-1]):
        z = F.conv2d(at, torch.from_numpy(w), padding=1)
        at = at + recipe.branch_share * torch.tanh(z) if recipe.skips(layer) else torch.tanh(z)
        kept += [z, at]
    pooled = F.max_pool2d(at, 2)
    scores = torch.einsum("kcij,bcij->bk", torch.from_numpy(weights[-1]), pooled)
    kept += [pooled, scores]
    found = [g[0].numpy() for g in torch.autograd.grad(F.cross_entropy(scores, torch.tensor([label])), kept)]
    np.testing.assert_allclose(back.convs[0].handed_on, found[0], atol=1e-14)
    for layer, conv in enumerate(back.convs):
        np.testing.assert_allclose(conv.passed, found[1 + 2 * layer], atol=1e-14)
        np.testing.assert_allclose(conv.arrived, found[2 + 2 * layer], atol=1e-14)
    np.testing.assert_allclose(back.pooled, found[-2], atol=1e-14)
    np.testing.assert_allclose(back.scores, found[-1], atol=1e-14)


@given(st.integers(0, 499), st.integers(0, 10**6), st.sampled_from(ACTS), st.booleans(), st.integers(2, 7))
@settings(max_examples=30, deadline=None)
def test_a_weight_moved_both_ways_agrees(number, pick, act, residual, depth):
    recipe = bp.Recipe(depth, act, residual=residual, seed=pick)
    image, label = digit(number)
    weights, _, back = passes(recipe, number)
    layer = pick % depth
    index = pick % weights[layer].size
    slope, rounding = bp.difference(recipe, weights, image, label, layer, index)
    assert back.weights[layer].flat[index] == pytest.approx(slope, rel=1e-3, abs=rounding + 1e-7)


def test_forward_is_torchs():
    recipe = bp.Recipe(4, "relu", "glorot", seed=1)
    image, label = digit(8)
    weights, run, _ = passes(recipe, 8)
    x = torch.from_numpy(image)[None, None]
    for w in weights[:-1]:
        x = torch.relu(F.conv2d(x, torch.from_numpy(w), padding=1))
    scores = F.max_pool2d(x, 2).flatten(1) @ torch.from_numpy(weights[-1]).flatten(1).T
    np.testing.assert_allclose(run.scores, scores[0].numpy(), atol=1e-12)
    assert run.loss == pytest.approx(float(F.cross_entropy(scores, torch.tensor([label]))))
    assert run.probabilities.sum() == pytest.approx(1.0)


def test_a_convolution_by_hand():
    x = np.zeros((1, 8, 8))
    x[0, 2, 3] = 5.0
    kernel = np.arange(9.0).reshape(1, 1, 3, 3)
    z = bp.convolved(x, kernel)[0]
    np.testing.assert_array_equal(z[1:4, 2:5], 5.0 * kernel[0, 0, ::-1, ::-1])  # a spot prints the kernel upside down
    assert z.sum() == 5 * 36


# Gates and routes ---------------------------------------------------------------------------------------


def test_the_pool_sends_each_window_to_one_cell():
    _, run, back = passes(bp.Recipe())
    last = run.convs[-1].y
    windows = run.routes.reshape(8, 4, 2, 4, 2).sum(axis=(2, 4))
    assert (windows == 1).all()
    np.testing.assert_array_equal(np.where(run.routes, last, 0).reshape(8, 4, 2, 4, 2).sum(axis=(2, 4)), run.pooled)
    arrived = back.convs[-1].arrived
    assert (arrived[~run.routes] == 0).all()
    np.testing.assert_array_equal(arrived.reshape(8, 4, 2, 4, 2).sum(axis=(2, 4)), back.pooled)


def test_a_relu_blocks_where_its_input_was_not_positive():
    _, run, back = passes(bp.Recipe())
    for at, conv in zip(run.convs, back.convs, strict=True):
        np.testing.assert_array_equal(conv.passed, np.where(at.z > 0, conv.arrived, 0))
        assert 0.1 < (conv.gate == 0).mean() < 0.95


@pytest.mark.parametrize("act", ACTS)
def test_slopes_of_the_activations(act):
    z = np.linspace(-5, 5, 101) + 0.013
    slope = (bp.ACTIVATIONS[act](z + 1e-6) - bp.ACTIVATIONS[act](z - 1e-6)) / 2e-6
    np.testing.assert_allclose(bp.SLOPES[act](z), slope, atol=1e-8)
    assert np.isfinite(bp.ACTIVATIONS[act](np.array([-1e6, 1e6]))).all()


def test_the_sigmoids_slope_is_a_quarter_at_most():
    assert bp.SLOPES["sigmoid"](np.linspace(-9, 9, 1001)).max() == pytest.approx(0.25)


# Vanishing, exploding, residual -------------------------------------------------------------------------


def ratio(recipe):
    """Gradient at the first convolution's output over that at the last one's; geometric mean over seeds."""
    logs = []
    for seed in range(8):
        norms = passes(bp.Recipe(recipe.depth, recipe.activation, recipe.start, recipe.residual, seed))[2].output_norms
        logs.append(np.log(norms[0] / norms[-2]))
    return float(np.exp(np.mean(logs)))


def test_sigmoids_make_a_deep_gradient_vanish_layer_by_layer():
    ratios = [ratio(bp.Recipe(depth, "sigmoid")) for depth in (4, 8, 12)]
    assert ratios[0] > 50 * ratios[1] > 2500 * ratios[2]
    assert ratios[2] < 1e-4


def test_he_keeps_the_size_through_relus_and_other_scales_do_not():
    assert 0.1 < ratio(bp.Recipe(12, "relu", "he")) < 10
    small, large = ratio(bp.Recipe(12, "relu", "small")), ratio(bp.Recipe(12, "relu", "large"))
    # 0.3 and 3 times the weights: as many powers as there are convolutions between, ten
    kept = ratio(bp.Recipe(12, "relu", "he"))
    assert small / kept == pytest.approx(0.3**10, rel=1.0)
    assert large / kept == pytest.approx(3.0**10, rel=1.0)


def test_glorot_suits_tanh_and_loses_half_a_layer_with_relu():
    assert 0.05 < ratio(bp.Recipe(12, "tanh", "glorot")) < 10
    lost = ratio(bp.Recipe(12, "relu", "glorot")) / ratio(bp.Recipe(12, "relu", "he"))
    assert lost == pytest.approx(2.0**-5, rel=1.0)  # variance 1/2 a layer, ten layers


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("start", ["he", "glorot", "small"])
def test_a_residual_net_keeps_the_size(act, start):
    assert 0.5 < ratio(bp.Recipe(12, act, start, residual=True)) < 3.0


def test_a_skip_hands_on_all_that_arrived_and_the_branch_on_top():
    recipe = bp.Recipe(5, "tanh", residual=True)
    weights, _, back = passes(recipe)
    for layer, conv in enumerate(back.convs):
        branch = bp.convolved(conv.passed, weights[layer][:, :, ::-1, ::-1].transpose(1, 0, 2, 3))
        expected = branch + conv.arrived if layer else branch
        np.testing.assert_allclose(conv.handed_on, expected)


# The optimiser ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("act", "residual"), list(product(ACTS, (False, True))))
def test_a_short_step_lowers_the_loss_by_rate_times_squared_gradient(act, residual):
    recipe = bp.Recipe(6, act, residual=residual)
    image, label = digit()
    weights, run, back = passes(recipe)
    for rate, tolerance in ((1e-4, 1e-2), (1e-6, 1e-4)):
        after = bp.descended(weights, back.weights, rate)
        fall = run.loss - bp.forward(recipe, after, image, label).loss
        assert fall == pytest.approx(rate * sum(float((g * g).sum()) for g in back.weights), rel=tolerance)


def test_the_way_back_changes_no_weight():
    recipe = bp.Recipe()
    weights = bp.starting_weights(recipe)
    before = [w.copy() for w in weights]
    _, _, back = passes(recipe, weights=weights)
    for w, old in zip(weights, before, strict=True):
        np.testing.assert_array_equal(w, old)
    after = bp.descended(weights, back.weights, 0.5)
    np.testing.assert_allclose(after[2], before[2] - 0.5 * back.weights[2])


def test_starting_weights_have_the_spread_they_should():
    for start, factor in bp.STARTS.items():
        drawn = np.concatenate([bp.starting_weights(bp.Recipe(12, start=start, seed=s))[5].ravel() for s in range(20)])
        variance = 2 / 144 if start == "glorot" else factor**2 * 2 / 72
        assert drawn.std() == pytest.approx(np.sqrt(variance), rel=0.05)
