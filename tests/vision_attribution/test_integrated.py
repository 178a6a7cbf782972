"""Integrated Gradients: quadrature, completeness, captum, and the path that follows the score."""

from typing import Any

import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients
from torch import nn

from explainer.testing.networks import TinyNet
from explainer.vision.attribution.integrated import (
    PROBES,
    Points,
    baseline,
    following,
    integrate,
    points,
    scores_along,
)

RULES = ("right", "left", "trapezoid", "gauss")
CAPTUMS = {"right": "riemann_right", "left": "riemann_left", "trapezoid": "riemann_trapezoid", "gauss": "gausslegendre"}


@pytest.fixture
def net() -> nn.Module:
    return TinyNet()


@pytest.fixture
def x() -> torch.Tensor:
    return torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(1))


def last(steps: Any) -> Any:
    *_, end = steps
    return end


# Points -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("steps", [2, 7, 32])
def test_weights_add_up_to_the_whole_path(rule: Any, steps: int) -> None:
    found = points(rule, steps)
    assert found.weights.sum() == pytest.approx(1.0, abs=1e-12)
    assert len(found.alphas) == steps
    assert (np.diff(found.alphas) > 0).all()


def test_points_by_hand() -> None:
    np.testing.assert_allclose(points("right", 4).alphas, [0.25, 0.5, 0.75, 1.0])
    np.testing.assert_allclose(points("left", 4).alphas, [0.0, 0.25, 0.5, 0.75])
    np.testing.assert_allclose(points("trapezoid", 3).weights, [0.25, 0.5, 0.25])
    np.testing.assert_allclose(points("gauss", 2).alphas, 0.5 + np.array([-0.5, 0.5]) / 3**0.5)


@pytest.mark.parametrize(("rule", "degree"), [("right", 0), ("left", 0), ("trapezoid", 1), ("gauss", 9)])
def test_a_rule_is_exact_up_to_its_degree_and_not_beyond(rule: Any, degree: int) -> None:
    found = points(rule, 5)
    for power in range(degree + 1):
        assert found.weights @ found.alphas**power == pytest.approx(1.0 / (power + 1), abs=1e-12)
    assert found.weights @ found.alphas ** (degree + 1) != pytest.approx(1.0 / (degree + 2), abs=1e-9)


@pytest.mark.parametrize("rule", RULES)
def test_points_that_follow_a_rise_lie_in_it_and_still_add_up(rule: Any) -> None:
    rise = 1.0 / (1.0 + np.exp(-(PROBES - 0.04) * 200))
    along = following(PROBES, rise)
    found = points(rule, 20, along)
    assert found.weights.sum() == pytest.approx(1.0)
    assert (found.weights >= 0).all()
    assert np.mean(found.alphas < 0.1) > 0.6 > np.mean(points(rule, 20).alphas < 0.1)
    edges = np.concatenate([[0.0], np.cumsum(found.weights)])
    assert (edges[:-1] <= found.alphas + 1e-12).all()
    assert (found.alphas <= edges[1:] + 1e-12).all()


def test_a_flat_score_leaves_points_even() -> None:
    along = following(PROBES, np.zeros(len(PROBES)))
    np.testing.assert_allclose(points("right", 10, along).alphas, points("right", 10).alphas, atol=1e-12)


# The integral -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES)
def test_it_is_captums(net: nn.Module, x: torch.Tensor, rule: Any) -> None:
    start, steps = torch.zeros_like(x) - 0.5, 9
    theirs = IntegratedGradients(net).attribute(x, start, target=2, n_steps=steps, method=CAPTUMS[rule])
    ours = last(integrate(net, x, start, 2, points(rule, steps), batch=4)).attributions
    # captum's trapezoid gives its N points widths of 1/N, so its weights add up to (N − 1)/N.
    scale = (steps - 1) / steps if rule == "trapezoid" else 1.0
    np.testing.assert_allclose(scale * ours.numpy(), theirs.detach().numpy(), atol=1e-6)


@pytest.mark.parametrize("batch", [1, 4, 50])
def test_the_batch_changes_nothing(net: nn.Module, x: torch.Tensor, batch: int) -> None:
    start = torch.zeros_like(x)
    one, other = (last(integrate(net, x, start, 1, points("gauss", 10), batch=b)) for b in (3, batch))
    np.testing.assert_allclose(one.attributions.numpy(), other.attributions.numpy(), atol=1e-6)
    np.testing.assert_allclose(one.slopes, other.slopes, atol=1e-5)


@pytest.mark.parametrize("rule", RULES)
def test_attributions_add_up_to_the_difference_of_scores(net: nn.Module, x: torch.Tensor, rule: Any) -> None:
    start = torch.full_like(x, -1.0)
    logit, bare = (float(net(v)[0, 3]) for v in (x, start))
    found = last(integrate(net, x, start, 3, points(rule, 400)))
    assert float(found.attributions.sum()) == pytest.approx(logit - bare, abs=0.02 * abs(logit - bare) + 0.01)


def test_a_linear_net_gets_its_weights_times_the_difference_at_once(x: torch.Tensor) -> None:
    net = nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 2)).requires_grad_(False)
    start = torch.ones_like(x)
    found = last(integrate(net, x, start, 1, points("right", 2))).attributions
    np.testing.assert_allclose(found, (net[1].weight[1].view_as(x) * (x - start)), atol=1e-6)


def test_slopes_are_the_derivative_of_the_score_along_the_path(net: nn.Module, x: torch.Tensor) -> None:
    net, x = net.double(), x.double()
    start, alphas, small = torch.zeros_like(x), np.array([0.21, 0.63]), 1e-6
    found = last(integrate(net, x, start, 0, Points(alphas, np.array([0.5, 0.5]))))
    above, below = (scores_along(net, x, start, 0, alphas + d) for d in (small, -small))
    np.testing.assert_allclose(found.slopes, (above - below) / (2 * small), rtol=1e-4)
    np.testing.assert_allclose(found.scores, scores_along(net, x, start, 0, alphas))


def test_the_first_sum_already_spans_the_path(net: nn.Module, x: torch.Tensor) -> None:
    first = next(iter(integrate(net, x, torch.zeros_like(x), 0, points("right", 32), batch=4)))
    places = np.flatnonzero(np.isfinite(first.scores))
    assert first.done == 4
    assert (places == [0, 8, 16, 24]).all()


def test_following_the_score_closes_the_gap_that_even_points_leave() -> None:
    """A score that is made in one hundredth of the path, as a step between two plateaus."""

    class Step(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            level = x.mean(dim=(1, 2, 3))
            return torch.sigmoid((level - 0.033) * 2000)[:, None]

    x, start = torch.ones(1, 3, 8, 8), torch.zeros(1, 3, 8, 8)
    along = following(PROBES, scores_along(Step(), x, start, 0, PROBES))
    even, placed = (float(last(integrate(Step(), x, start, 0, p)).attributions.sum())
                    for p in (points("trapezoid", 32), points("trapezoid", 32, along)))  # fmt: skip
    assert abs(placed - 1.0) < 0.1 < abs(even - 1.0)


# Baselines ----------------------------------------------------------------------------------------------


def test_baselines_are_what_they_say(x: torch.Tensor) -> None:
    mean, std = (0.4, 0.5, 0.6), (0.2, 0.25, 0.5)
    black = baseline(x, "black", mean, std)
    grey = baseline(x, "grey", mean, std)
    np.testing.assert_allclose(black[0, :, 0, 0], [-2.0, -2.0, -1.2], rtol=1e-6)
    np.testing.assert_allclose(grey[0, :, 5, 7], [0.5, 0.0, -0.2], atol=1e-6)
    one, same, other = (baseline(x, "noise", mean, std, seed) for seed in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert one[0, 0].min() >= -2.0
    assert one[0, 0].max() <= 3.0
    assert baseline(x, "blur", mean, std).std() < x.std()


@pytest.mark.parametrize("rule", ["trapezoid", "gauss"])
def test_stretches_of_the_path_are_sums_of_its_points_and_add_up_to_the_whole(rule: str) -> None:
    net, x = TinyNet(), torch.rand((1, 3, 24, 24), generator=torch.Generator().manual_seed(1))
    start, where = torch.zeros_like(x), points(rule, 12)
    stretches = torch.zeros((4, *x.shape[2:]))
    *_, found = integrate(net, x, start, 2, where, batch=5, stretches=stretches)
    torch.testing.assert_close(stretches.sum(dim=0), found.attributions[0].sum(dim=0), atol=1e-6, rtol=1e-5)
    alone = torch.zeros_like(stretches[0])
    for alpha, weight in zip(where.alphas[3:6], where.weights[3:6], strict=True):
        leaf = (alpha * x).float().requires_grad_()
        (slope,) = torch.autograd.grad(net(leaf)[0, 2], leaf)
        alone += weight * (slope * x)[0].sum(dim=0)
    torch.testing.assert_close(stretches[1], alone, atol=1e-6, rtol=1e-5)
