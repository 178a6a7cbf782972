"""Neighbours, principal components, and what a map keeps of them: against scikit-learn, and by hand."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness as reference
from sklearn.model_selection import LeaveOneOut, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

from explainer.vision.metrics.components import axes, laid_flat
from explainer.vision.metrics.map_quality import kept_share, trustworthiness
from explainer.vision.metrics.neighbours import neighbours, own_share, voted


def cloud(count: int = 60, dims: int = 7) -> np.ndarray:
    return np.random.default_rng(1).normal(size=(count, dims)) * np.arange(1, dims + 1)


def test_neighbours_are_scikit_learns() -> None:
    vectors = cloud()
    found = NearestNeighbors(n_neighbors=11).fit(vectors).kneighbors(vectors, return_distance=False)
    np.testing.assert_array_equal(neighbours(vectors, 10), found[:, 1:])
    np.testing.assert_array_equal(np.sort(neighbours(vectors), 1)[5], np.delete(np.arange(60), 5))


@pytest.mark.parametrize("shape", [(60, 7), (9, 30)])
def test_directions_are_scikit_learns_but_for_their_sign(shape: tuple[int, int]) -> None:
    vectors = cloud(*shape)
    xy, variance = laid_flat(vectors, 3)
    pca = PCA(3).fit(vectors)
    np.testing.assert_allclose(np.abs(xy), np.abs(pca.transform(vectors)), atol=1e-9)
    assert variance == pytest.approx(pca.explained_variance_ratio_.sum())
    along = axes(vectors - vectors.mean(0), 3)
    assert (along[np.abs(along).argmax(0), np.arange(3)] > 0).all()


def test_equal_vectors_lie_in_one_point() -> None:
    xy, variance = laid_flat(np.ones((5, 4)))
    assert not xy.any()
    assert variance == 0


def test_votes_of_neighbours_are_scikit_learns_classifier() -> None:
    vectors, labels = cloud(), np.random.default_rng(2).integers(0, 3, 60)
    wanted = cross_val_predict(KNeighborsClassifier(5), vectors, labels, cv=LeaveOneOut())
    np.testing.assert_array_equal(voted(neighbours(vectors, 5), labels), wanted)


def test_own_share_by_hand() -> None:
    np.testing.assert_array_equal(own_share(np.array([[1, 2], [0, 2], [0, 1]]), np.array([4, 4, 9])), [0.5, 0.5, 0])


@pytest.mark.parametrize("k", [1, 5, 20])
def test_trust_is_scikit_learns_and_continuity_is_trust_the_other_way(k: int) -> None:
    vectors = cloud()
    flat = vectors[:, :2]
    true, shown = neighbours(vectors), neighbours(flat)
    assert trustworthiness(true, shown, k) == pytest.approx(reference(vectors, flat, n_neighbors=k), abs=1e-9)
    assert trustworthiness(shown, true, k) == pytest.approx(reference(flat, vectors, n_neighbors=k), abs=1e-9)


def test_a_map_that_is_the_space_keeps_all() -> None:
    true = neighbours(cloud())
    assert trustworthiness(true, true, 7) == 1
    assert (kept_share(true, true, 7) == 1).all()
    assert kept_share(np.array([[1, 2, 3]]), np.array([[3, 1, 2]]), 2).tolist() == [0.5]
