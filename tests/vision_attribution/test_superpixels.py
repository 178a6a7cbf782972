"""KernelSHAP against exact Shapley values, LIME against its normal equations, superpixels as a partition."""

from itertools import permutations
from typing import Any

import numpy as np
import pytest
import torch

from explainer.testing.networks import TinyNet
from explainer.vision.attribution.superpixels import coalition_score, kernel_shap, lime, superpixels


def last(steps: Any) -> Any:
    *_, end = steps
    return end


def game(z: Any) -> Any:
    """Four players, with a pair that only counts together, and a dummy."""
    a, b, c, _ = np.asarray(z, float).T
    return 1.0 + 2.0 * a + 3.0 * b * c - a * c


def shapley(score: Any, count: int) -> Any:
    """Mean over all orders of what each adds when it comes."""
    phi = np.zeros(count)
    orders = list(permutations(range(count)))
    for order in orders:
        seen = np.zeros((count + 1, count), bool)
        for n, player in enumerate(order):
            seen[n + 1] = seen[n]
            seen[n + 1, player] = True
        values = score(seen)
        phi[list(order)] += np.diff(values)
    return phi / len(orders)


def test_many_samples_are_the_exact_shapley_values() -> None:
    found = last(kernel_shap(game, 4, samples=6000, seed=0))
    np.testing.assert_allclose(found.phi, shapley(game, 4), atol=0.06)
    assert found.phi[3] == pytest.approx(0.0, abs=0.03)


def test_an_additive_game_is_solved_by_few_samples() -> None:
    weights = np.array([1.0, -2.0, 0.5, 3.0, 0.0])
    found = last(kernel_shap(lambda z: 7.0 + z @ weights, 5, samples=16, seed=1))
    np.testing.assert_allclose(found.phi, weights, atol=1e-9)
    assert found.none == 7.0


@pytest.mark.parametrize("samples", [2, 8, 64])
def test_efficiency_holds_however_few_samples_there_are(samples: int) -> None:
    for fit in kernel_shap(game, 4, samples=samples, seed=2):
        assert fit.phi.sum() == pytest.approx(fit.whole - fit.none, abs=1e-9)


def test_equal_players_come_out_equal() -> None:
    found = last(kernel_shap(lambda z: z[:, 0] * z[:, 1] * 4.0 + z[:, 2], 3, samples=3000, seed=0))
    assert found.phi[0] == pytest.approx(found.phi[1], abs=0.1)


def test_efficiency_on_a_network() -> None:
    net, x = TinyNet(), torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    segments = superpixels(x, 16)
    score = coalition_score(net, x, torch.zeros_like(x), 1, segments)
    found = last(kernel_shap(score, int(segments.max()) + 1, samples=40, seed=0))
    difference = float(net(x)[0, 1] - net(torch.zeros_like(x))[0, 1])
    assert found.phi.sum() == pytest.approx(difference, abs=1e-4)


def test_coalitions_show_the_picture_where_they_say() -> None:
    seen: list[torch.Tensor] = []

    class Spy(torch.nn.Module):
        def forward(self, v: torch.Tensor) -> torch.Tensor:
            seen.append(v)
            return v.mean(dim=(2, 3))

    x, instead = torch.ones(1, 3, 4, 4), torch.zeros(1, 3, 4, 4)
    segments = np.repeat([[0, 0, 1, 1]], 4, axis=0)
    values = coalition_score(Spy(), x, instead, 0, segments)(np.array([[True, False], [True, True]]))
    np.testing.assert_allclose(values, [0.5, 1.0])
    np.testing.assert_array_equal(seen[0][0, 0], [[1, 1, 0, 0]] * 4)


def test_lime_solves_its_weighted_ridge_regression() -> None:
    found = last(lime(game, 4, samples=300, seed=5))
    rng = np.random.default_rng(5)
    groups = [rng.random((n, 4)) < 0.5 for n in [8] * 37 + [3]]
    z = np.concatenate([np.ones((1, 4), bool), *groups]).astype(float)
    y = game(z)
    weight = np.exp(-(((1 - np.sqrt(z.sum(1) / 4)) / 0.25) ** 2))

    def loss(beta: Any) -> float:
        return float((weight * (y - beta[0] - z @ beta[1:]) ** 2).sum() + (beta[1:] ** 2).sum())

    intercept = np.average(y - z @ found.phi, weights=weight)
    best = np.concatenate([[intercept], found.phi])
    for step in np.concatenate([np.eye(5), -np.eye(5)]) * 1e-3:
        assert loss(best) < loss(best + step)


@pytest.mark.parametrize("wanted", [9, 36])
def test_superpixels_are_a_partition_of_about_so_many(wanted: int) -> None:
    x = torch.rand(1, 3, 96, 96, generator=torch.Generator().manual_seed(0))
    x = torch.nn.functional.interpolate(x[:, :, ::12, ::12], 96, mode="bilinear")
    found = superpixels(x, wanted)
    assert found.shape == (96, 96)
    assert sorted(np.unique(found)) == list(range(found.max() + 1))
    assert wanted / 2 <= found.max() + 1 <= 2 * wanted


def test_without_slic_a_grid_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    import cv2

    monkeypatch.delattr(cv2, "ximgproc")
    found = superpixels(torch.rand(1, 3, 32, 32), 16)
    assert found.max() + 1 == 16
    assert (found[:8, :8] == found[0, 0]).all()


def test_an_even_picture_has_superpixels_too() -> None:
    assert superpixels(torch.zeros(1, 3, 32, 32), 4).max() >= 1
