"""RoIPool and RoIAlign written out equal torchvision's operators; one jumps, the other glides."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explainer.vision.detection import roi

MAP = np.random.default_rng(5).standard_normal((13, 17)).astype(np.float32)
STRIDE = 8.0
corner, side = st.floats(-20, 130, width=32), st.floats(0.5, 120, width=32)


@settings(max_examples=60, deadline=None)
@given(corner, corner, side, side, st.integers(1, 7), st.integers(1, 4), st.booleans())
def test_both_equal_torchvision(x, y, w, h, cells, samples, aligned):
    box = np.array([x, y, x + w, y + h], np.float32).astype(np.float64)
    hard, soft = roi.pooled(MAP, box[None], 1 / STRIDE, cells, samples, aligned=aligned)
    np.testing.assert_array_equal(roi.roi_pool(MAP, box, 1 / STRIDE, cells).values.astype(np.float32), hard[0])
    mine = roi.roi_align(MAP, box, 1 / STRIDE, cells, samples, aligned=aligned).values
    inside = (box[:2] > -8).all() and (box[2:] < [17 * 8, 13 * 8]).all()
    if inside:  # one cell beyond the rim the operator falls to zero at once; rounding decides there
        np.testing.assert_allclose(mine, soft[0], rtol=1e-4, atol=2e-4)


def test_align_reads_a_ramp_exactly():
    """On a plane the mean of bilinear readings is the plane's value in the middle of each part."""
    y, x = np.mgrid[0:20, 0:20].astype(np.float32)
    plane = 3 * (x + 0.5) - 2 * (y + 0.5)
    box = np.array([21.0, 34.6, 100.2, 120.9])
    found = roi.roi_align(plane, box, 1 / STRIDE, 3, 2)
    middle = (found.parts[:, :2] + found.parts[:, 2:]) / 2
    np.testing.assert_allclose(found.values.ravel(), 3 * middle[:, 0] - 2 * middle[:, 1], rtol=1e-5)
    np.testing.assert_allclose([found.parts[:, :2].min(0), found.parts[:, 2:].max(0)], box.reshape(2, 2) / STRIDE)


def test_one_jumps_and_one_glides():
    shifts = np.linspace(-8, 8, 321)
    boxes = np.array([30.0, 25.0, 80.0, 70.0]) + shifts[:, None] * [1, 0, 1, 0]
    hard, soft = roi.pooled(MAP, boxes, 1 / STRIDE, 3, 2)
    distinct = len(np.unique(hard.reshape(len(hard), -1), axis=0))
    assert distinct <= 6
    assert len(np.unique(soft.reshape(len(soft), -1), axis=0)) == len(soft)
    assert np.abs(np.diff(hard, axis=0)).max() > 20 * np.abs(np.diff(soft, axis=0)).max() / 2


def test_without_alignment_all_is_read_half_a_cell_off():
    box = np.array([24.0, 24.0, 72.0, 72.0])
    moved = roi.roi_align(MAP, box + STRIDE / 2, 1 / STRIDE, 3, 2).values
    np.testing.assert_allclose(roi.roi_align(MAP, box, 1 / STRIDE, 3, 2, aligned=False).values, moved, atol=1e-6)


def test_by_hand():
    small = np.array([[1, 2], [3, 4]], np.float32)
    whole = np.array([0.0, 0.0, 2.0, 2.0])
    assert roi.roi_align(small, whole, 1.0, 1, 1).values[0, 0] == pytest.approx(2.5)
    assert roi.roi_pool(small, np.array([0.0, 0.0, 0.49, 0.49]), 1.0, 1).values[0, 0] == 1
    assert roi.roi_pool(small, np.array([0.0, 0.0, 0.5, 0.49]), 1.0, 1).values[0, 0] == 2


def test_curves_of_roi_align_count_jumps():
    hard = np.array([[[0.0]], [[0.0]], [[1.0]], [[1.0]], [[3.0]]], np.float32)
    count, largest = roi.steps(hard)
    assert (count, largest) == (3, 2.0)
    np.testing.assert_allclose(roi.change(hard), [1, 1, 0, 0, 2])


def test_the_strongest_map_is_that_inside_the_box():
    maps = np.zeros((3, 4, 4), np.float32)
    maps[1, 0, 0], maps[2, 3, 3] = 9.0, 5.0
    assert roi.strongest(maps, np.array([2.2, 2.2, 3.5, 3.5])) == 2
    assert roi.strongest(maps, np.array([0.1, 0.1, 0.1, 0.1])) == 1  # without area: the cell that it lies in
    assert roi.strongest(maps, np.array([4.0, 4.0, 4.0, 4.0])) == 1  # at the far edge: the whole map


def test_the_most_varied_map_is_that_with_the_largest_deviation_inside_the_box():
    maps = np.zeros((3, 4, 4), np.float32)
    maps[0, :2, :2], maps[1, 1, 1], maps[2, 3, 3] = 6.0, 3.0, 9.0  # strong and even; weak and uneven; elsewhere
    box = np.array([0.2, 0.2, 1.8, 1.8])
    assert (roi.strongest(maps, box), roi.most_varied(maps, box)) == (0, 1)
    assert roi.most_varied(maps, np.array([3.1, 3.1, 3.2, 3.2])) == 2  # one cell: the strongest


def test_the_farthest_side_across_and_down_is_told() -> None:
    start, end = roi.missed(np.array([1.0, 2.0, 5.0, 8.0]), np.array([0.5, 2.0, 6.0, 6.5]))
    np.testing.assert_array_equal(start, [[5.0, 5.0], [3.0, 8.0]])
    np.testing.assert_array_equal(end, [[6.0, 5.0], [3.0, 6.5]])


@pytest.mark.parametrize(
    ("end", "off", "why"), [(3.5, 1.5, "last cell"), (3.4, 0.6, "last cell"), (3.0, 1.0, "last cell")]
)
def test_more_than_half_a_cell_comes_from_the_last_cell_that_counts_whole(end: float, off: float, why: str) -> None:
    box = np.array([1.0, 1.0, end, 3.0])
    region = roi.roi_pool(MAP, box, 1.0, 1).region
    assert region[2] - end == pytest.approx(off)
    assert "last cell" in roi.missing(off)
    assert "last cell" in roi.rounding(off)


def test_half_a_cell_is_what_rounding_does() -> None:
    region = roi.roi_pool(MAP, np.array([1.5, 1.0, 3.0, 3.0]), 1.0, 1).region
    assert abs(region[0] - 1.5) == 0.5
    assert "whole cells miss" in roi.missing(0.5)
    assert roi.rounding(0.5).startswith("Rounding")
