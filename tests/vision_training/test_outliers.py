"""Outliers: the local outlier factor by its definition, planted ones, and those that keep together."""

import numpy as np
import pytest

from explainer.vision.training import outliers


def factors(points, k):
    """LOF by the definitions of Breunig 2000, with plain loops."""
    n = len(points)
    far = np.linalg.norm(points[:, None] - points[None], axis=2)
    near = [[j for j in np.argsort(far[i], kind="stable") if j != i][:k] for i in range(n)]
    reach = [far[i, near[i][-1]] for i in range(n)]
    density = [1 / np.mean([max(reach[j], far[i, j]) for j in near[i]]) for i in range(n)]
    return np.array([np.mean([density[j] for j in near[i]]) / density[i] for i in range(n)])


def cloud(count=60, seed=0):
    return np.random.default_rng(seed).normal(size=(count, 2))


def test_the_local_outlier_factor_by_its_definition():
    points = cloud()
    np.testing.assert_allclose(outliers.unusual(points, "lof", 0), factors(points, outliers.NEIGHBOURS), rtol=1e-6)


def test_the_error_by_hand():
    points = np.array([[1.0, 4.0], [0.0, 0.0], [5.0, -5.0]])
    assert outliers.unusual(points, "error", 0).tolist() == [3.0, 0.0, 10.0]


@pytest.mark.parametrize("method", ["forest", "lof"])
def test_a_point_alone_is_the_most_unusual(method):
    points = np.concatenate([cloud(200), [[9.0, -9.0]]])
    scores = outliers.unusual(points, method, 0)
    assert scores.argmax() == 200
    assert np.array_equal(scores, outliers.unusual(points, method, 0))


def test_outliers_that_keep_together_are_normal_to_the_local_factor():
    points = np.concatenate([cloud(160), cloud(40, 1) + 12])
    far = np.arange(200) >= 160
    found = far[outliers.most(outliers.unusual(points, "lof", 0), 40)].mean()
    assert found < 0.4
    assert far[outliers.most(np.abs(points).sum(1), 40)].all()


def test_the_highest_scores_are_flagged_and_no_more():
    scores = np.array([0.1, 3.0, 3.0, 2.0, 3.0])
    assert outliers.most(scores, 2).tolist() == [False, True, True, False, False]
    assert outliers.most(scores, 0).sum() == 0
    assert outliers.most(scores, 5).all()


def test_as_many_are_flagged_by_each_method_and_wrong_ones_counted():
    points = np.concatenate([cloud(60), [[0.0, 40.0]]])
    flags = outliers.flags(points, 1, 0)
    assert set(flags) == set(outliers.METHODS)
    assert [np.flatnonzero(marks).tolist() for marks in flags.values()] == [[60]] * 3
    wrong = np.array([True, True, False, False])
    assert outliers.share(wrong, np.array([True, False, True, True])) == pytest.approx(100 / 3)
    assert outliers.share(wrong, np.zeros(4, bool)) is None
