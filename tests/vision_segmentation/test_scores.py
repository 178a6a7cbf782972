"""Scores of masks by hand and by definition."""

import numpy as np
import pytest
from discs import discs
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage
from scipy.spatial.distance import directed_hausdorff

from explainer.vision.segmentation import scores
from explainer.vision.segmentation.painting import borders, contours, fitted, moved

MASKS = arrays(bool, (9, 11))


def square(x0: int, y0: int, side: int = 10, size: int = 40) -> np.ndarray:
    mask = np.zeros((size, size), bool)
    mask[y0 : y0 + side, x0 : x0 + side] = True
    return mask


def test_two_squares_by_hand() -> None:
    found = scores.area(square(5, 5), square(10, 5))  # half of each is shared
    assert (found.hits, found.false_alarms, found.misses, found.rest) == (50, 50, 50, 1450)
    assert found.iou == pytest.approx(1 / 3)
    assert (found.dice, found.precision, found.recall) == (0.5, 0.5, 0.5)
    assert found.accuracy == pytest.approx(1500 / 1600)


def test_nothing_in_nothing_is_undefined_and_nothing_in_something_zero() -> None:
    empty = np.zeros((5, 5), bool)
    neither = scores.area(empty, empty)
    assert (neither.iou, neither.dice, neither.precision, neither.recall, neither.accuracy) == (
        None,
        None,
        None,
        None,
        1,
    )
    assert scores.area(empty, square(1, 1, 2, 5)).iou == 0
    assert scores.boundary(empty, square(1, 1, 2, 5), 1).f is None


@settings(max_examples=60, deadline=None)
@given(MASKS, MASKS)
def test_dice_follows_from_iou_and_both_are_symmetric(one: np.ndarray, other: np.ndarray) -> None:
    found, back = scores.area(one, other), scores.area(other, one)
    assert (found.iou, found.dice) == (back.iou, back.dice)
    assert found.precision == back.recall
    if found.iou is not None and found.dice is not None:
        assert found.dice == pytest.approx(2 * found.iou / (1 + found.iou))
        assert 0 <= found.iou <= found.dice <= 1


@settings(max_examples=60, deadline=None)
@given(MASKS, MASKS, st.floats(0, 4))
def test_the_boundary_measure_is_that_of_its_papers(one: np.ndarray, other: np.ndarray, near: float) -> None:
    """Dilating an outline by a disc and counting, as the benchmark's code does, is the same as distances."""
    found = scores.boundary(one, other, near)
    edge, wanted = scores.outline(one), scores.outline(other)
    if not edge.any() or not wanted.any():
        assert found.f is None
        return
    places, targets = np.argwhere(edge), np.argwhere(wanted)
    apart = np.sqrt(((places[:, None] - targets[None]) ** 2).sum(2))
    if np.abs(apart - near).min() < 0.01:
        near = near + 0.02  # a distance of exactly the tolerance is a matter of rounding
        found = scores.boundary(one, other, near)
    assert found.precision == pytest.approx((apart.min(1) <= near + 1e-3).mean())
    assert found.recall == pytest.approx((apart.min(0) <= near + 1e-3).mean())


def test_a_square_moved_by_two_agrees_within_two_and_not_within_one() -> None:
    still, gone = square(10, 10), square(12, 10)
    assert scores.boundary(still, still, 0).f == 1.0
    assert scores.boundary(still, gone, 2).f == 1.0
    at_one = scores.boundary(still, gone, 1)
    assert at_one.precision == at_one.recall == pytest.approx(20 / 36, abs=0.06)


def test_hausdorff_is_near_scipys_and_below_it() -> None:
    one, other = discs((80, 80), ((40, 40, 20),)), discs((80, 80), ((46, 40, 22),))
    edge, wanted = (np.argwhere(scores.outline(m)) for m in (one, other))
    largest = max(directed_hausdorff(edge, wanted)[0], directed_hausdorff(wanted, edge)[0])
    found = scores.boundary(one, other, 1).hausdorff_95
    assert found is not None
    assert 0.9 * largest <= found <= largest


def test_outline_is_what_an_erosion_takes() -> None:
    mask = np.random.default_rng(0).random((30, 40)) > 0.4
    np.testing.assert_array_equal(scores.outline(mask), mask & ~ndimage.binary_erosion(mask, border_value=1))


def test_tolerance_of_davis_at_480p() -> None:
    assert scores.tolerance(480, 854) == 8.0  # 0.008 · √(480² + 854²) = 7.84


@settings(max_examples=40, deadline=None)
@given(MASKS, st.integers(-12, 12), st.integers(-10, 10))
def test_moving_is_a_shift_without_wrapping(mask: np.ndarray, right: int, down: int) -> None:
    wanted = ndimage.shift(mask.astype(float), (down, right), order=0, cval=0) > 0.5
    np.testing.assert_array_equal(moved(mask, right, down), wanted)


def test_outlines_and_borders() -> None:
    mask = square(5, 6, 8, 20)
    (path,) = contours(mask)
    assert path.min(0).tolist() == [5.5, 6.5]
    assert path.max(0).tolist() == [12.5, 13.5]
    assert contours(np.zeros((4, 4), bool)) == ()
    assert borders(mask.astype(int)).sum() == 4 * 8 - 1  # one line on each side; two share the lower right corner
    np.testing.assert_array_equal(fitted(mask, 40, 40), np.kron(mask, np.ones((2, 2), bool)))
