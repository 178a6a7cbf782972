"""Approximate search: with all effort it is exact, and its measured recall is that of real searches."""

import numpy as np
import pytest
from numpy.typing import NDArray

from explainer.vision.retrieval import inverted_file, product_codes
from explainer.vision.retrieval.clusters import assigned, centroids_of
from explainer.vision.retrieval.ranking import closeness, nearest, ordered

Floats = NDArray[np.float64]
K = 10


@pytest.fixture(scope="module")
def gallery() -> Floats:
    """300 vectors round 12 centres, two of them twice."""
    rng = np.random.default_rng(0)
    found = rng.normal(size=(12, 20))[np.arange(300) % 12] + 0.5 * rng.normal(size=(300, 20))
    found[[200, 299]] = found[[10, 20]]
    return found


def true(gallery: Floats, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """The exact neighbours of rows."""
    return np.stack([nearest(gallery[row], gallery, "euclid", K, row)[0] for row in rows.tolist()])


def test_with_all_cells_an_inverted_file_is_exact(gallery: Floats) -> None:
    index = inverted_file.build(gallery, seed=0)
    for row in range(0, 300, 11):
        found, compared = index.search(gallery[row], 300, len(index.centroids), row)
        np.testing.assert_array_equal(found, nearest(gallery[row], gallery, "euclid", 300, row)[0])
        assert compared == 300 + len(index.centroids)


def test_with_a_whole_shortlist_product_codes_are_exact(gallery: Floats) -> None:
    index = product_codes.build(gallery, seed=0)
    for row in range(0, 300, 11):
        found, compared = index.search(gallery[row], 300, 299, row)
        np.testing.assert_array_equal(found, nearest(gallery[row], gallery, "euclid", 300, row)[0])
        assert compared == 299 + product_codes.PROTOTYPES


def test_each_vector_lies_in_the_cell_of_its_nearest_centroid(gallery: Floats) -> None:
    index = inverted_file.build(gallery, seed=0)
    assert len(index.centroids) == 17
    wanted = [int(ordered(closeness(one, index.centroids, "euclid"))[0]) for one in gallery]
    assert index.cell.tolist() == wanted


def test_distances_of_codes_are_those_to_what_they_stand_for(gallery: Floats) -> None:
    index = product_codes.build(gallery, seed=0, parts=6)  # 20 numbers in parts of 4 and 3
    assert index.code_bytes == 3
    query = gallery[5] + 0.1
    np.testing.assert_allclose(index.distances(query), ((index.decoded() - query) ** 2).sum(1))
    spread = ((gallery - gallery.mean(0)) ** 2).sum()
    assert ((index.decoded() - gallery) ** 2).sum() < 0.5 * spread


@pytest.mark.parametrize("kind", [inverted_file, product_codes])
def test_measured_recall_is_that_of_real_searches(gallery: Floats, kind: object) -> None:
    rows = np.arange(0, 300, 13)
    wanted = true(gallery, rows)
    index = kind.build(gallery, seed=0)  # type: ignore[attr-defined]
    recall, compared = kind.effort(index, rows, wanted)  # type: ignore[attr-defined]
    assert (np.diff(recall) >= 0).all()
    assert recall[-1] == 1.0
    first = 1 if kind is inverted_file else K
    for effort in (first, first + 2, first + 9):
        searches = [index.search(gallery[row], K, effort, row) for row in rows.tolist()]
        hits = [len(set(found.tolist()) & set(one.tolist())) for (found, _), one in zip(searches, wanted, strict=True)]
        assert recall[effort - first] == pytest.approx(np.mean(hits) / K)
        assert compared[effort - first] == pytest.approx(np.mean([read for _, read in searches]) / 300)


def test_few_comparisons_find_most(gallery: Floats) -> None:
    rows = np.arange(0, 300, 7)
    recall, compared = product_codes.effort(product_codes.build(gallery, 0), rows, true(gallery, rows))
    assert recall[compared < 0.25].max() > 0.8


def test_a_gallery_of_equals_has_one_cell() -> None:
    same = np.ones((9, 4))
    assert len(centroids_of(same, 5, 0)) == 1
    assert assigned(same, centroids_of(same, 5, 0)).tolist() == [0] * 9
    index = product_codes.build(same, 0)
    assert index.search(same[0], 3, 8, 0)[0].tolist() == [1, 2, 3]


def test_the_same_seed_gives_the_same_index(gallery: Floats) -> None:
    one, two = (inverted_file.build(gallery, seed=3) for _ in range(2))
    np.testing.assert_array_equal(one.centroids, two.centroids)
