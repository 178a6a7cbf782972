"""t-SNE: its entropies and gradient by other means, and how low it gets, against scikit-learn."""

import numpy as np
import pytest
import torch
from scipy.optimize import brentq
from sklearn.datasets import load_digits
from sklearn.manifold import TSNE, trustworthiness

from explainer.vision.retrieval import neighbour_map as tsne


def cloud(count: int = 40, dims: int = 6) -> np.ndarray:
    return np.random.default_rng(3).normal(size=(count, dims))


@pytest.mark.parametrize("perplexity", [2.0, 10.0, 35.0])
def test_each_row_has_the_perplexity_that_was_asked_for(perplexity: float) -> None:
    rows: list[np.ndarray] = []
    d = tsne.squared(cloud())
    p = tsne.affinities(cloud(), perplexity)
    assert p.sum() == pytest.approx(1)
    np.testing.assert_allclose(p, p.T)
    for i in range(len(d)):  # one row at a time, σ by scipy's own search
        others = np.delete(d[i], i)

        def row(beta: float, others: np.ndarray = others) -> np.ndarray:
            w = np.exp(-beta * (others - others.min()))
            return w / w.sum()

        def short(beta: float, row=row) -> float:
            q = row(beta)
            return float(-(q * np.log(np.maximum(q, 1e-300))).sum() - np.log(perplexity))

        rows.append(np.insert(row(brentq(short, 1e-9, 1e4, xtol=1e-13)), i, 0))
    wanted = (np.stack(rows) + np.stack(rows).T) / (2 * len(d))
    np.testing.assert_allclose(p, wanted, atol=1e-7)


def test_the_gradient_is_autograds() -> None:
    p = tsne.affinities(cloud(), 8.0)
    y = torch.tensor(np.random.default_rng(4).normal(size=(40, 2)), requires_grad=True)
    away = (y[:, None] - y[None]).square().sum(2)
    tails = (1 / (1 + away)) * (1 - torch.eye(40, dtype=torch.float64))
    other = ~torch.eye(40, dtype=torch.bool)
    known = torch.tensor(p)[other]
    loss = (known * (known.clamp(min=1e-300).log() - (tails / tails.sum())[other].log())).sum()
    loss.backward()
    assert tsne.divergence(p, y.detach().numpy()) == pytest.approx(float(loss.detach()))
    assert y.grad is not None
    np.testing.assert_allclose(tsne.gradient(p, y.detach().numpy()), y.grad.numpy(), atol=1e-12)


def test_the_map_of_digits_is_as_good_as_scikit_learns() -> None:
    x = load_digits().data[:300] / 16
    p = tsne.affinities(x, 20.0)
    *_, y = tsne.steps(p, tsne.begun(x))
    other = TSNE(2, perplexity=20, init="pca", random_state=0, method="exact").fit(x)
    assert tsne.divergence(p, y) < 1.05 * other.kl_divergence_
    assert tsne.divergence(p, other.embedding_) == pytest.approx(other.kl_divergence_, rel=1e-3)
    assert trustworthiness(x, y, n_neighbors=10) > trustworthiness(x, other.embedding_, n_neighbors=10) - 0.01


@pytest.mark.parametrize("vectors", [np.ones((6, 3)), np.repeat(np.eye(3), 2, 0), cloud(3)])
def test_equal_points_and_very_few_end_in_finite_places(vectors: np.ndarray) -> None:
    p = tsne.affinities(vectors, tsne.possible(30.0, len(vectors)))
    *_, y = tsne.steps(p, tsne.begun(vectors))
    assert np.isfinite(p).all()
    assert np.isfinite(y).all()
    assert np.isfinite(tsne.divergence(p, y))


def test_perplexity_is_capped_by_how_many_there_are() -> None:
    assert tsne.possible(30.0, 500) == 30
    assert tsne.possible(30.0, 31) == 10
    assert tsne.possible(2.0, 3) == 1
