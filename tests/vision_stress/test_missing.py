"""Filling in what is missing: against brute force and OpenCV, and blind to what lies below a hole."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explainer.vision.stress.missing import IMPUTATIONS, imputed, missing_at_random


def picture(height: int = 24, width: int = 31, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 256, (max(1, height // 6), max(1, width // 6), 3), dtype=np.uint8)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(IMPUTATIONS), st.floats(0.0, 1.0), st.integers(0, 50))
def test_what_is_there_stays_and_what_is_not_is_not_read(how: str, share: float, seed: int) -> None:
    one, other = picture(seed=seed), picture(seed=seed)
    hole = missing_at_random(one.shape[:2], share, seed, 3)  # type: ignore[arg-type]
    other[hole] = 255 - other[hole]
    found = imputed(one, hole, how)  # type: ignore[arg-type]
    assert (found[~hole] == one[~hole]).all()
    assert (found == imputed(other, hole, how)).all()  # type: ignore[arg-type]


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 90), st.integers(1, 90), st.floats(0.0, 1.0), st.integers(0, 9))
def test_the_share_is_kept_to_whole_blocks(height: int, width: int, share: float, seed: int) -> None:
    hole = missing_at_random((height, width), share, seed, 1)
    assert hole.sum() == round(share * height * width)


def test_more_is_lost_of_the_same() -> None:
    few, many = (missing_at_random((40, 40), share, 5, 2) for share in (0.2, 0.6))
    assert (many | few == many).all()


def test_blocks_are_lost_as_a_whole() -> None:
    hole = missing_at_random((40, 60), 0.3, 0, 10)
    assert set(hole.reshape(4, 10, 6, 10).sum(axis=(1, 3)).ravel().tolist()) == {0, 100}


def test_nearest_is_the_nearest() -> None:
    one = picture(12, 15)
    hole = missing_at_random((12, 15), 0.7, 1, 2)
    found, seen = imputed(one, hole, "nearest"), np.argwhere(~hole)
    for y, x in np.argwhere(hole):
        away = np.hypot(*(seen - (y, x)).T)
        candidates = one[tuple(seen[away <= away.min() + 1e-9].T)]
        assert (candidates == found[y, x]).all(axis=1).any()


def test_constants_are_what_they_say() -> None:
    one = picture()
    hole = missing_at_random(one.shape[:2], 0.4, 2, 2)  # type: ignore[arg-type]
    assert (imputed(one, hole, "black")[hole] == 0).all()
    assert imputed(one, hole, "zero", (0.2, 0.4, 0.6))[hole][0].tolist() == [51, 102, 153]
    assert imputed(one, hole, "mean")[hole][0] == pytest.approx(one[~hole].mean(axis=0), abs=0.51)


@pytest.mark.parametrize(("how", "flag"), [("telea", cv2.INPAINT_TELEA), ("navier-stokes", cv2.INPAINT_NS)])
def test_inpainting_is_opencv_s(how: str, flag: int) -> None:
    one = picture(60, 80)
    hole = missing_at_random((60, 80), 0.3, 3, 4)
    theirs = cv2.inpaint(np.where(hole[..., None], np.uint8(0), one), hole.astype(np.uint8), 3.0, flag)
    assert (imputed(one, hole, how) == theirs).all()  # type: ignore[arg-type]


@pytest.mark.parametrize("how", ["telea", "navier-stokes"])
def test_a_large_picture_is_inpainted_on_a_small_copy(how: str) -> None:
    one = np.asarray(cv2.resize(picture(), (700, 600), interpolation=cv2.INTER_CUBIC), np.uint8)
    hole = missing_at_random((600, 700), 0.3, 3, 24)
    found = imputed(one, hole, how)  # type: ignore[arg-type]
    error = np.sqrt(np.mean((found[hole].astype(float) - one[hole]) ** 2))
    flat = np.sqrt(np.mean((imputed(one, hole, "mean")[hole].astype(float) - one[hole]) ** 2))
    assert (found[~hole] == one[~hole]).all()
    assert error < 0.3 * flat


@pytest.mark.parametrize("how", IMPUTATIONS)
@pytest.mark.parametrize("size", [(1, 1), (12, 3000), (40, 40)])
def test_nothing_and_everything_missing(how: str, size: tuple[int, int]) -> None:
    one = picture(*size)
    assert (imputed(one, np.zeros(size, bool), how) == one).all()  # type: ignore[arg-type]
    bare = imputed(one, np.ones(size, bool), how, (0.5, 0.5, 0.5))  # type: ignore[arg-type]
    assert (bare == (0 if how == "black" else 128)).all()
