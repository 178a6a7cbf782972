"""Exact search and its measures against scikit-learn, against each other, and by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.metrics import average_precision_score
from sklearn.neighbors import NearestNeighbors

from explainer.vision.metrics.neighbours import Metric, all_orders, normalised
from explainer.vision.retrieval.duplicates import near_duplicates
from explainer.vision.retrieval.features import pixels_of, principal
from explainer.vision.retrieval.judging import average_precision, judged
from explainer.vision.retrieval.ranking import (  # fmt: skip
    BLOCK,
    METRICS,
    as_query,
    closeness,
    for_euclid,
    nearest,
    ordered,
)

Floats = NDArray[np.float64]


def vectors(count: int = 90, dims: int = 12, seed: int = 0) -> Floats:
    """Clusters of different lengths."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(6, dims))
    return (centres[np.arange(count) % 6] + 0.3 * rng.normal(size=(count, dims))) * rng.uniform(0.5, 2, (count, 1))


@pytest.mark.parametrize(("metric", "theirs"), [("euclid", "euclidean"), ("cosine", "cosine")])
def test_exact_search_is_scikit_learns_to_the_last_index(metric: Metric, theirs: str) -> None:
    gallery, queries = vectors(), vectors(20, seed=1)
    wanted = NearestNeighbors(n_neighbors=90, algorithm="brute", metric=theirs).fit(gallery).kneighbors(queries)
    for query, away, rows in zip(queries, *wanted, strict=True):
        found, near = nearest(query, gallery, metric, 90)
        np.testing.assert_array_equal(found, rows)
        np.testing.assert_allclose(-near if metric == "euclid" else 1 - near, away, atol=1e-12)


def test_the_dot_product_ranks_as_a_product_of_matrices() -> None:
    gallery, query = vectors(), vectors(1, seed=1)[0]
    np.testing.assert_array_equal(nearest(query, gallery, "dot", 90)[0], np.argsort(-(gallery @ query), kind="stable"))


@pytest.mark.parametrize("metric", METRICS)
def test_of_equals_the_earlier_comes_first_also_in_a_large_gallery(metric: Metric) -> None:
    gallery = np.tile(vectors(5, 7), (BLOCK // 2, 1))  # 2.5 blocks, each vector again and again
    rows, near = nearest(gallery[3], gallery, metric, len(gallery), leave_out=3)
    assert 3 not in rows
    assert all(a < b for a, b, x, y in zip(rows[:-1], rows[1:], near[:-1], near[1:], strict=True) if x == y)
    assert len(set(near.tolist())) == 5


@pytest.mark.parametrize("metric", METRICS)
def test_all_orders_are_those_of_single_queries(metric: Metric) -> None:
    gallery = vectors()
    for some, orders in all_orders(gallery, np.arange(0, 90, 7), metric):
        for row, order in zip(some.tolist(), orders, strict=True):
            np.testing.assert_array_equal(order, ordered(closeness(gallery[row], gallery, metric), row))


small = arrays(np.int64, st.tuples(st.integers(3, 12), st.integers(2, 5)), elements=st.integers(-9, 9))


@settings(max_examples=60, deadline=None)
@given(small)
def test_at_length_1_all_three_rank_alike(whole: NDArray[np.int64]) -> None:
    lengths = np.linalg.norm(whole, axis=1)
    gallery = normalised(whole[lengths > 0])
    if len(gallery) < 3:
        return
    euclid, cosine, dot = (closeness(gallery[0], gallery, metric) for metric in METRICS)
    np.testing.assert_allclose(euclid**2, 2 - 2 * cosine, atol=1e-12)
    for other in (cosine, dot):
        a, b = ordered(euclid), ordered(other)
        np.testing.assert_allclose(cosine[a], cosine[b], atol=1e-12)  # they differ in ties alone


def test_as_they_come_the_three_rank_differently() -> None:
    gallery = np.array([[1.0, 0.0], [3.0, 0.6], [9.0, 9.0]])
    query = np.array([1.2, 0.0])
    assert [nearest(query, gallery, metric, 1)[0][0] for metric in METRICS] == [0, 0, 2]
    query = np.array([3.0, 0.0])
    assert [nearest(query, gallery, metric, 1)[0][0] for metric in METRICS] == [1, 0, 2]


@pytest.mark.parametrize("metric", METRICS)
def test_each_metric_can_be_put_as_a_euclidean_one(metric: Metric) -> None:
    gallery, queries = vectors(), vectors(9, seed=2)
    for query in queries:
        found = nearest(as_query(query, metric), for_euclid(gallery, metric), "euclid", 90)[0]
        np.testing.assert_array_equal(found, nearest(query, gallery, metric, 90)[0])


def test_a_vector_of_length_0_stays_and_is_near_to_nothing() -> None:
    gallery = np.array([[0.0, 0.0], [1.0, 0.0]])
    np.testing.assert_array_equal(normalised(gallery), gallery)
    np.testing.assert_array_equal(closeness(gallery[1], gallery, "cosine"), [0.0, 1.0])


def test_measures_by_hand() -> None:
    gallery, labels = np.array([[0.0], [1.0], [2.1], [3.3]]), np.array([0, 1, 0, 1])
    # 0: 1̶, 2 hits, 3;  1: 0, 2, 3 hits;  2: 1 (1.1), 3 (1.2), 0 hits;  3: 2 (1.2), 1 hits (2.3), 0
    found = judged(gallery, labels, "euclid", np.arange(4), 2)
    np.testing.assert_allclose(found.precision, [1 / 2, 1 / 3, 1 / 3, 1 / 2])
    assert found.hits.tolist() == [1, 0, 0, 1]
    assert (found.recall_at_1, found.recall_at_k, found.precision_at_k) == (0.0, 0.5, 0.25)
    assert found.mean_ap == pytest.approx(5 / 12)


def test_average_precision_is_scikit_learns() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        relevant = rng.random(30) < 0.3
        relevant[rng.integers(30)] = True
        wanted = average_precision_score(relevant, -np.arange(30.0))
        assert average_precision(relevant[None])[0] == pytest.approx(wanted)


@pytest.mark.parametrize("metric", METRICS)
def test_measures_are_those_of_scikit_learns_neighbours(metric: Metric) -> None:
    gallery = normalised(vectors())
    labels = np.arange(90) % 6
    labels[-1] = 6  # alone: no query
    rows = NearestNeighbors(n_neighbors=90, algorithm="brute").fit(gallery).kneighbors(gallery)[1][:, 1:]
    right = (labels[rows] == labels[:, None])[:-1]
    found = judged(gallery, labels, metric, np.arange(90), 5)
    assert len(found.rows) == 89
    assert found.recall_at_1 == right[:, 0].mean()
    assert found.recall_at_k == right[:, :5].any(1).mean()
    assert found.precision_at_k == pytest.approx(right[:, :5].mean())
    each = [average_precision_score(one, -np.arange(89.0)) for one in right]
    assert found.mean_ap == pytest.approx(np.mean(each))


@pytest.mark.parametrize("shape", [(40, 9), (9, 40)])
def test_principal_components_are_scikit_learns_up_to_their_signs(shape: tuple[int, int]) -> None:
    some = vectors(*shape)
    project = principal(some, 4)
    assert project is not None
    wanted = PCA(4, svd_solver="full").fit(some).transform(some)
    np.testing.assert_allclose(np.abs(project(some)), np.abs(wanted), atol=1e-9)
    assert principal(some, 0) is None
    assert principal(some, 99) is None


def test_grey_pictures_count_one_channel_and_large_ones_are_shrunk() -> None:
    grey = np.random.default_rng(0).integers(0, 255, (3, 8, 8, 1), np.uint8).repeat(3, 3)
    assert pixels_of(grey).shape == (3, 64)
    coloured = np.random.default_rng(0).integers(0, 255, (3, 96, 96, 3), np.uint8)
    assert pixels_of(coloured).shape == (3, 768)
    np.testing.assert_allclose(pixels_of(coloured).mean(), coloured.mean() / 255, atol=1e-3)


def test_near_duplicates_are_all_pairs_across_blocks() -> None:
    gallery = np.random.default_rng(0).normal(size=(1100, 24))
    gallery[1090], gallery[7] = 2 * gallery[3], gallery[3] + 0.01
    found = near_duplicates(gallery, 0.99, 10)
    assert found.rows.tolist()[0] == [3, 1090]
    assert {tuple(pair) for pair in found.rows.tolist()} == {(3, 1090), (3, 7), (7, 1090)}
    assert found.total == 3
    cosines = normalised(gallery) @ normalised(gallery).T
    least = 0.7
    assert near_duplicates(gallery, least, 1).total == int((np.triu(cosines, 1) >= least).sum())
    assert len(near_duplicates(gallery, least, 1).rows) == 1
