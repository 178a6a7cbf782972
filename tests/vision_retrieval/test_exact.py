"""Search that sifts in single precision, against the ranking of all vectors in double precision."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from explainer.vision.metrics.neighbours import Metric
from explainer.vision.retrieval.exact import Exact
from explainer.vision.retrieval.ranking import BLOCK, METRICS, nearest

Singles = NDArray[np.float32]


def crowded(count: int, dims: int, seed: int = 0) -> Singles:
    """Vectors of which many are equal and many more differ by less than single-precision products can tell."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(max(2, count // 50), dims)) * rng.uniform(0.5, 2, (max(2, count // 50), 1))
    made = centres[rng.integers(0, len(centres), count)].astype(np.float32)
    nudged = rng.random(count) < 0.5
    made[nudged, 0] = np.nextafter(made[nudged, 0], np.float32(9))
    return made


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("dims", [3, 64, 131])
def test_it_is_brute_force_to_the_last_index_with_ties_in_order(metric: Metric, dims: int) -> None:
    gallery = crowded(2 * BLOCK + 77, dims)
    found = Exact.of(gallery)
    for row in (0, 5, BLOCK, len(gallery) - 1):
        rows, near = found.nearest(gallery[row], metric, 25, row)
        wanted, how_near = nearest(gallery[row], gallery, metric, 25, row)
        np.testing.assert_array_equal(rows, wanted)
        np.testing.assert_array_equal(near, how_near)


def test_products_alone_would_have_ranked_otherwise() -> None:
    """Or the test above would hold for any ranking."""
    gallery = crowded(2 * BLOCK + 77, 131)
    careless = np.argsort(-(gallery @ gallery[5]), kind="stable")[:25]
    assert careless.tolist() != nearest(gallery[5], gallery, "dot", 25)[0].tolist()


@given(st.integers(1, 40), st.integers(1, 6), st.integers(0, 45), st.integers(-1, 39), st.sampled_from(METRICS))
def test_of_any_number_in_any_gallery(count: int, dims: int, wanted: int, leave_out: int, metric: Metric) -> None:
    gallery = np.random.default_rng(count).integers(-1, 2, (count, dims)).astype(np.float32)  # zeros and many ties
    rows, near = Exact.of(gallery).nearest(gallery[-1], metric, wanted, leave_out)
    theirs = nearest(gallery[-1], gallery, metric, wanted, leave_out)
    np.testing.assert_array_equal(rows, theirs[0])
    np.testing.assert_array_equal(near, theirs[1])


@pytest.mark.parametrize("metric", METRICS)
def test_a_gallery_mapped_from_a_file_is_searched_as_one_in_memory(metric: Metric, tmp_path: Path) -> None:
    gallery = crowded(BLOCK + 9, 17)
    np.save(tmp_path / "gallery.npy", gallery)
    mapped = np.load(tmp_path / "gallery.npy", mmap_mode="r")
    rows = Exact.of(mapped).nearest(gallery[3], metric, 10, 3)[0]
    np.testing.assert_array_equal(rows, Exact.of(gallery).nearest(gallery[3], metric, 10, 3)[0])
