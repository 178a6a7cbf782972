"""Distance, hills, floods and thresholds against SciPy, scikit-image, OpenCV and what they are by definition."""

import cv2
import numpy as np
import pytest
import skimage.filters
import skimage.measure
import skimage.morphology
import skimage.segmentation
from discs import discs
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from explainer.core.frame import Frame
from explainer.core.geometry import PointXY, Stroke
from explainer.vision.segmentation import flood, instances, painting, thresholds


@pytest.fixture(scope="module")
def coins() -> np.ndarray:
    from explainer.contract.runs import photo

    frame = photo("coins")
    assert isinstance(frame, Frame)
    return painting.small(frame.pixels, 384)


@pytest.fixture(scope="module")
def blobs() -> np.ndarray:
    rng = np.random.default_rng(4)
    smooth = ndimage.gaussian_filter(rng.random((120, 160)), 4)
    return smooth > np.median(smooth)


# Thresholds ---------------------------------------------------------------------------------------------


def test_otsu_is_that_of_opencv_and_scikit_image(coins: np.ndarray) -> None:
    grey = thresholds.grey(coins)
    wanted, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_OTSU)
    assert thresholds.otsu(grey).threshold == wanted == skimage.filters.threshold_otsu(grey)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 255), min_size=2, max_size=60))
def test_no_other_threshold_separates_better(levels: list[int]) -> None:
    values = np.array(levels, np.uint8)[None]
    found = thresholds.otsu(values)
    for t in range(256):
        low, high = values[values <= t].astype(float), values[values > t].astype(float)
        if len(low) and len(high):
            by_hand = len(low) * len(high) / values.size**2 * (low.mean() - high.mean()) ** 2
            assert by_hand == pytest.approx(found.between[t], abs=1e-6)
            assert by_hand <= found.between[found.threshold] + 1e-6
    assert 0 <= found.separability <= 1 + 1e-9


def test_one_tone_has_nothing_to_separate() -> None:
    assert thresholds.otsu(np.full((4, 5), 77, np.uint8)).separability == 0.0


def test_adaptive_is_a_comparison_with_the_mean_nearby(coins: np.ndarray) -> None:
    grey = thresholds.grey(coins)
    mean = ndimage.uniform_filter(grey.astype(float), 31, mode="nearest")
    difference = thresholds.adaptive(grey, 31, 4.0) != (grey > mean + 4.0)
    assert np.abs(grey - mean - 4.0)[difference].max(initial=0) < 1e-3


# Distance and hills -------------------------------------------------------------------------------------


def test_distance_is_scipys(blobs: np.ndarray) -> None:
    np.testing.assert_allclose(instances.distance_inside(blobs), ndimage.distance_transform_edt(blobs), atol=1e-3)
    assert not instances.distance_inside(np.ones((3, 4), bool)).any()


@pytest.mark.parametrize("h", [0.3, 0.77, 1.6, 3.1])
def test_hills_are_the_regional_maxima_of_the_reconstruction(blobs: np.ndarray, h: float) -> None:
    distance = instances.distance_inside(blobs).astype(float)
    square = np.ones((3, 3))
    rebuilt = skimage.morphology.reconstruction(np.maximum(distance - h, 0), distance, footprint=square)
    tops = skimage.morphology.local_maxima(rebuilt, connectivity=2) & (distance > 0)
    labels, wanted = ndimage.label(tops, square)
    hills = instances.hills(distance.astype(np.float32))
    assert hills.count(h) == wanted
    markers = hills.markers(blobs.shape, h)
    assert sorted(labels[markers > 0]) == list(range(1, wanted + 1))  # one marker on each


def test_dynamics_by_hand() -> None:
    ridge = np.array([[0, 5, 2, 4, 3, 3.5, 0]], np.float32)
    hills = instances.hills(ridge)
    assert sorted(hills.dynamics.tolist()) == [0.5, 2.0, 5.0]
    assert [hills.count(h) for h in (0.1, 0.6, 2.0, 2.1, 5.1)] == [3, 2, 2, 1, 0]


# Floods -------------------------------------------------------------------------------------------------


def _pass_heights(heights: np.ndarray, markers: np.ndarray, label: int) -> np.ndarray:
    """Height of the lowest pass on any way from a marker: an erosion by reconstruction."""
    start = np.where(markers == label, heights, 255)
    cross = ndimage.generate_binary_structure(2, 1)
    return skimage.morphology.reconstruction(start, heights, method="erosion", footprint=cross)


def test_every_pixel_belongs_to_a_marker_with_the_lowest_pass(coins: np.ndarray) -> None:
    heights = flood.relief(coins, 1.0)
    markers = np.zeros(heights.shape, np.int32)
    for label, (row, column) in enumerate(((40, 45), (60, 340), (150, 190), (270, 60), (200, 300)), 1):
        markers[row - 3 : row + 3, column - 3 : column + 3] = label
    found = flood.flooded(heights, markers)
    passes = np.stack([_pass_heights(heights, markers, label) for label in range(1, 6)])
    assert (found > 0).all()
    own = np.take_along_axis(passes, found[None].astype(int) - 1, 0)[0]
    assert np.array_equal(own, passes.min(0))
    theirs = skimage.segmentation.watershed(heights, markers)
    unsure = (passes == passes.min(0)).sum(0) > 1
    assert np.array_equal(found[~unsure], theirs[~unsure])


def test_without_ties_the_flood_is_scikit_images() -> None:
    rng = np.random.default_rng(1)
    heights = rng.permutation(240).astype(np.uint8).reshape(12, 20)
    markers = np.zeros((12, 20), np.int32)
    markers[2, 3], markers[9, 15], markers[3, 16] = 1, 2, 3
    for corners in (False, True):
        theirs = skimage.segmentation.watershed(heights, markers, connectivity=1 + corners)
        assert np.array_equal(flood.flooded(heights, markers, corners=corners), theirs)


def test_on_flat_ground_lakes_meet_half_way() -> None:
    markers = np.zeros((11, 21), np.int32)
    markers[5, 3], markers[5, 17] = 1, 2
    found = flood.flooded(np.zeros((11, 21), np.uint8), markers)
    assert (found[:, :10] == 1).all()
    assert (found[:, 11:] == 2).all()


def test_a_lake_stays_below_its_level_and_inside(blobs: np.ndarray) -> None:
    heights = (ndimage.gaussian_filter(np.random.default_rng(2).random(blobs.shape), 3) * 255).astype(np.uint8)
    markers = np.zeros(blobs.shape, np.int32)
    markers[60, 80], markers[20, 30] = 1, 2
    markers[~blobs] = 0
    low, high = (flood.flooded(heights, markers, blobs, up_to=level) for level in (120, 130))
    assert not high[~blobs].any()
    assert ((high > 0) | (low == 0)).all()
    assert (high[low > 0] == low[low > 0]).all()


# Objects ------------------------------------------------------------------------------------------------


def test_coins_that_were_made_to_touch_are_told_apart_again(coins: np.ndarray) -> None:
    levels = thresholds.evened(thresholds.grey(coins), 46)
    mask = instances.cleaned(levels > thresholds.otsu(levels).threshold, 40, True)
    assert instances.divided(instances.landscape(mask, 1.0), 1.0).count == 24
    together = instances.grown(mask, 8)
    found = instances.divided(instances.landscape(together, 1.0), 1.0)
    assert found.parts < 10
    assert found.count == 24


def test_two_discs_are_one_part_and_two_objects() -> None:
    mask = discs((60, 100), ((38, 30, 20), (66, 30, 18)))
    found = instances.divided(instances.landscape(mask), 1.0)
    assert (found.parts, found.count) == (1, 2)
    assert (found.labels[~mask] == 0).all()
    assert (found.labels[mask] > 0).all()
    assert found.labels[30, 25] != found.labels[30, 80]
    assert instances.divided(instances.landscape(mask), 15.0).count == 1
    theirs = skimage.segmentation.watershed(instances.depth(found.distance), found.markers, mask=mask, connectivity=2)
    assert (theirs == found.labels).mean() > 0.995


def test_water_comes_to_a_pixel_at_the_lowest_pass_on_its_way_from_a_hilltop(coins: np.ndarray) -> None:
    """At each level, what is wet is what the hilltops reach over ground that is no higher."""
    land = instances.landscape(thresholds.grey(coins) > 110, 1.0)
    found, ground = instances.divided(land, 1.0), instances.depth(land.smoothed)
    for level in (120, 180, 230):
        below, _ = ndimage.label(land.mask & (ground <= level), np.ones((3, 3)))
        reached = np.isin(below, np.unique(below[(found.markers > 0) & (ground <= level)])) & (below > 0)
        assert np.array_equal((found.labels > 0) & (found.wet <= level), reached)


def test_solidity_is_one_of_a_square_and_less_of_a_corner() -> None:
    labels = np.zeros((40, 40), np.int32)
    labels[5:15, 5:15] = 1
    assert instances.solidity(labels) == pytest.approx(1.0)
    labels[20:40, 20:25] = labels[35:40, 20:40] = 2
    ell = 20 * 5 + 15 * 5
    assert instances.solidity(labels) == pytest.approx((100 + ell) / (100 + ell + 15 * 15 / 2))
    assert instances.solidity(np.zeros((4, 4), np.int32)) is None


def test_holes_and_specks_go_as_in_scikit_image(blobs: np.ndarray) -> None:
    speckled = blobs ^ (np.random.default_rng(3).random(blobs.shape) > 0.98)
    kept = instances.cleaned(speckled, 12, fill=False)
    areas = [one.area for one in skimage.measure.regionprops(skimage.measure.label(speckled, connectivity=2))]
    assert kept.sum() == sum(a for a in areas if a >= 12)
    np.testing.assert_array_equal(instances.cleaned(speckled, 12, fill=True), ndimage.binary_fill_holes(kept))


def test_growing_and_shrinking_are_distances(blobs: np.ndarray) -> None:
    away, inside = ndimage.distance_transform_edt(~blobs), ndimage.distance_transform_edt(blobs)
    np.testing.assert_array_equal(instances.grown(blobs, 3), away <= 3)
    np.testing.assert_array_equal(instances.grown(blobs, -3), inside > 3)


@pytest.mark.parametrize("mask", [np.zeros((5, 7), bool), np.ones((5, 7), bool), np.ones((1, 1), bool)])
def test_nothing_and_everything_have_no_objects(mask: np.ndarray) -> None:
    found = instances.divided(instances.landscape(mask, 1.0), 1.0)
    assert found.count == 0
    assert found.labels.shape == mask.shape
    assert np.array_equal(instances.cleaned(mask, 0, True), mask)


# Painting -----------------------------------------------------------------------------------------------


def test_a_dot_is_a_disc_and_a_line_a_stadium() -> None:
    dot = painting.painted((Stroke((PointXY(0.5, 0.5),), 0.1),), 200, 200)
    assert dot.sum() == pytest.approx(np.pi * 20**2, rel=0.05)
    rows, columns = np.nonzero(dot)
    assert (rows.mean(), columns.mean()) == pytest.approx((99.5, 99.5), abs=0.6)
    line = painting.painted((Stroke((PointXY(0.2, 0.5), PointXY(0.8, 0.5)), 0.05),), 200, 200)
    assert line.sum() == pytest.approx(120 * 20 + np.pi * 10**2, rel=0.06)
    assert not painting.painted((), 4, 4).any()


def test_copies_keep_their_shape() -> None:
    assert painting.small(np.zeros((6000, 12, 3), np.uint8), 384).shape == (384, 1, 3)
    assert painting.small(np.zeros((1, 1, 3), np.uint8), 384).shape == (1, 1, 3)


def test_distances_do_not_depend_on_how_many_threads_measure_them():
    """OpenCV's own differ in the last bit, with threads and with where in memory they work."""
    mask = np.random.default_rng(0).random((301, 457)) > 0.02
    found = []
    for threads in (1, 2, 3):
        cv2.setNumThreads(threads)
        land = instances.landscape(mask, 1.5)
        found.append((land.distance, land.smoothed))
    cv2.setNumThreads(-1)
    for distance, smoothed in found[1:]:
        np.testing.assert_array_equal(distance, found[0][0])
        np.testing.assert_array_equal(smoothed, found[0][1])
    exact = np.square(ndimage.distance_transform_edt(mask)).round()
    np.testing.assert_array_equal(np.square(found[0][0].astype(np.float64)).round(), exact)
