"""Likeness of maps against SciPy and scikit-image."""

import numpy as np
import pytest
from scipy import stats
from skimage.metrics import structural_similarity

from explainer.vision.metrics.similarity import pearson, similarity, spearman, ssim


def pair(shape: tuple[int, int], seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    a = rng.random(shape).astype(np.float32)
    return a, (0.5 * a + 0.5 * rng.random(shape)).astype(np.float32)


@pytest.mark.parametrize("shape", [(7, 7), (14, 9), (64, 64)])
def test_correlations_are_scipys(shape: tuple[int, int]) -> None:
    a, b = pair(shape)
    b[b < 0.4] = 0  # ties
    assert pearson(a, b) == pytest.approx(stats.pearsonr(a.ravel(), b.ravel()).statistic, abs=1e-6)
    assert spearman(a, b) == pytest.approx(stats.spearmanr(a.ravel(), b.ravel()).statistic, abs=1e-9)


@pytest.mark.parametrize(("shape", "window"), [((7, 7), 7), ((14, 9), 7), ((64, 48), 7), ((5, 6), 5), ((3, 4), 3)])
def test_ssim_is_scikit_images(shape: tuple[int, int], window: int) -> None:
    a, b = (m.astype(np.float64) for m in pair(shape, 1))
    theirs = structural_similarity(a, b, win_size=window, data_range=1.0)
    assert ssim(a, b) == pytest.approx(theirs, abs=1e-9)


def test_a_map_is_most_like_itself() -> None:
    a, _ = pair((14, 14), 2)
    found = similarity(a, a)
    assert found.pearson == pytest.approx(1)
    assert found.spearman == pytest.approx(1)
    assert found.ssim == pytest.approx(1)


def test_scale_carries_no_meaning_and_order_is_all_that_ranks_see() -> None:
    a, b = pair((9, 9), 3)
    plain, scaled = similarity(a, b), similarity(a * 1e-9, b * 1e6)
    assert scaled.pearson == pytest.approx(plain.pearson, abs=1e-6)
    assert scaled.spearman == pytest.approx(plain.spearman)
    assert scaled.ssim == pytest.approx(plain.ssim, abs=1e-6)
    assert spearman(a, b**3) == pytest.approx(plain.spearman)
    assert pearson(a, -a) == pytest.approx(-1)


@pytest.mark.parametrize("b", [np.zeros((5, 5)), np.full((5, 5), 3.3), np.full((5, 5), np.nan)])
def test_constant_and_infinite_maps_have_no_likeness(b: np.ndarray) -> None:
    a, _ = pair((5, 5))
    for found in (similarity(a, b), similarity(b, a)):
        assert (found.pearson, found.spearman, found.ssim) == (None, None, None)
    assert pearson(a, b) is None
    assert spearman(b, a) is None


def test_ssim_needs_room() -> None:
    assert ssim(np.eye(2), np.eye(2)) is None
    assert ssim(np.full((5, 5), np.nan), np.eye(5)) is None


def test_tiny_values_are_not_constant() -> None:
    a, b = pair((5, 5))
    assert pearson(a * 1e-30, b) == pytest.approx(pearson(a, b), abs=1e-5)


def test_shapes_must_agree() -> None:
    with pytest.raises(ValueError, match="different shapes"):
        similarity(np.zeros((3, 3)), np.zeros((3, 4)))
