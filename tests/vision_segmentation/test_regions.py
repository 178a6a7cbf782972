"""Superpixels, graph-based regions and GrabCut against scikit-image and by what they promise."""

import itertools

import numpy as np
import pytest
import skimage.metrics
import skimage.segmentation
from discs import discs
from scipy import ndimage

from explainer.core.frame import Frame
from explainer.vision.segmentation import flood, grab, painting, regions, scores


@pytest.fixture(scope="module")
def coffee() -> np.ndarray:
    from explainer.contract.runs import photo

    frame = photo("coffee")
    assert isinstance(frame, Frame)
    return painting.small(frame.pixels, 240)


def _boundary_recall(found: np.ndarray, wanted: np.ndarray) -> float:
    reach = ndimage.binary_dilation(painting.borders(found), np.ones((3, 3)), iterations=2)
    return float(reach[painting.borders(wanted)].mean())


def test_slic_finds_the_borders_that_scikit_image_finds(coffee: np.ndarray) -> None:
    *_, ours = regions.slic(coffee, 150, 20.0)
    theirs = skimage.segmentation.slic(coffee, 150, compactness=20, start_label=0)
    assert 0.6 * theirs.max() < ours.max() < 1.5 * theirs.max()
    by_chance = _boundary_recall(np.roll(ours, (9, 11), (0, 1)), theirs)
    assert _boundary_recall(ours, theirs) > by_chance + 0.08
    spread = [np.var(coffee - regions.mean_colours(coffee, labels)) for labels in (ours, theirs)]
    assert spread[0] < 1.25 * spread[1]  # explains the colours about as well


def test_superpixels_are_connected_and_compact_ones_are_squarer(coffee: np.ndarray) -> None:
    lengths = []
    for compactness in (2.0, 80.0):
        *_, labels = regions.slic(coffee, 100, compactness)
        assert all(ndimage.label(labels == k)[1] == 1 for k in range(0, labels.max() + 1, 7))
        lengths.append(painting.borders(labels).sum())
    assert lengths[1] < lengths[0]


def test_rounds_settle(coffee: np.ndarray) -> None:
    *rounds, _ = regions.slic(coffee, 100, 20.0)
    changed = [float((a != b).mean()) for a, b in itertools.pairwise(rounds)]
    assert len(rounds) == regions.ROUNDS
    assert changed[-1] < changed[0]


@pytest.mark.parametrize("shape", [(1, 1), (3, 300), (5, 5), (2, 2)])
def test_pictures_too_small_to_divide_are_one_region(shape: tuple[int, int]) -> None:
    *_, labels = regions.slic(np.zeros((*shape, 3), np.uint8), 4, 20.0)
    assert labels.shape == shape


def test_graph_regions_are_much_like_scikit_images(coffee: np.ndarray) -> None:
    """Both follow the paper; they differ in how neighbours of equal difference are ordered."""
    ours = regions.graph_regions(coffee, 300, 0.8, 50)
    theirs = skimage.segmentation.felzenszwalb(coffee, scale=300, sigma=0.8, min_size=50)
    assert np.bincount(ours.ravel()).min() >= 50
    assert 0.4 * theirs.max() < ours.max() < 2.5 * theirs.max()
    split, merge = skimage.metrics.variation_of_information(theirs, ours)
    shuffled = np.roll(ours, (40, 60), (0, 1))
    assert split + merge < 0.75 * sum(skimage.metrics.variation_of_information(theirs, shuffled))


def test_a_larger_scale_joins_more_and_flat_parts_are_one(coffee: np.ndarray) -> None:
    counts = [int(regions.graph_regions(coffee, k, 0.8, 20).max()) for k in (50, 300, 2000)]
    assert counts == sorted(counts, reverse=True)
    halves = np.zeros((20, 30, 3), np.uint8)
    halves[:, 15:] = 200
    assert regions.graph_regions(halves, 100, 0.0, 5).max() == 1


def test_touched_regions_are_a_vote() -> None:
    labels = np.repeat(np.arange(3), 4)[None].repeat(2, 0)
    inside, outside = np.zeros_like(labels, bool), np.zeros_like(labels, bool)
    inside[0, 0:3] = outside[1, 0:2] = outside[0, 5:7] = True  # 3 against 2; 0 against 2; none
    np.testing.assert_array_equal(regions.touched(labels, inside, outside), labels == 0)


def test_mean_colours_by_hand() -> None:
    picture = np.array([[[10, 0, 0], [20, 0, 0], [0, 90, 3]]], np.uint8)
    np.testing.assert_array_equal(
        regions.mean_colours(picture, np.array([[0, 0, 1]])), [[[15, 0, 0], [15, 0, 0], [0, 90, 3]]]
    )


# GrabCut ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def scene() -> tuple[np.ndarray, np.ndarray]:
    wanted = discs((90, 120), ((60, 45, 28),))
    rng = np.random.default_rng(0)
    picture = np.where(wanted[..., None], (200, 80, 60), (70, 110, 160)) + rng.normal(0, 18, (90, 120, 3))
    return np.clip(picture, 0, 255).astype(np.uint8), wanted


def _marks(shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    inside, outside = np.zeros(shape, bool), np.zeros(shape, bool)
    inside[40:50, 55:65] = True
    outside[:4] = outside[-4:] = True
    return inside, outside


def test_grabcut_finds_a_disc_of_another_colour(scene: tuple[np.ndarray, np.ndarray]) -> None:
    picture, wanted = scene
    inside, outside = _marks(wanted.shape)
    *_, found = grab.grabcut(picture, inside, outside, 4)
    assert (scores.area(found, wanted).iou or 0) > 0.97
    assert found[inside].all()
    assert not found[outside].any()
    *_, again = grab.grabcut(picture, inside, outside, 4)
    assert np.array_equal(found, again)


def test_rounds_of_grabcut_are_kept_and_stay_at_the_last(scene: tuple[np.ndarray, np.ndarray]) -> None:
    picture, disc = scene
    inside, outside = ndimage.binary_erosion(disc, iterations=12), ~ndimage.binary_dilation(disc, iterations=12)
    wanted = list(grab.grabcut(picture, inside, outside, 3))
    rounds = grab.Rounds(picture, inside, outside, 3)
    for done in (2, 1, 3):
        assert np.array_equal(rounds.after(done), wanted[done - 1])
    assert rounds.after(9) is rounds.after(3)


def test_grabcut_without_marks_of_both_kinds_finds_nothing(scene: tuple[np.ndarray, np.ndarray]) -> None:
    picture, wanted = scene
    inside, outside = _marks(wanted.shape)
    none = np.zeros_like(inside)
    for marks in ((none, outside), (inside, none), (none, none)):
        (found,) = grab.grabcut(picture, *marks, 3)
        assert not found.any()


# Relief -------------------------------------------------------------------------------------------------


def test_relief_is_high_where_colour_changes(scene: tuple[np.ndarray, np.ndarray]) -> None:
    picture, wanted = scene
    heights = flood.relief(picture, 1.5)
    assert heights.max() == 255
    edge = scores.outline(wanted)
    assert heights[edge].mean() > 3 * np.median(heights)
    assert not flood.relief(np.full((5, 6, 3), 9, np.uint8), 1.0).any()
    assert (scores.on_edges(wanted, heights) or 0) > 0.95
    assert scores.on_edges(wanted, np.zeros_like(heights)) is None


def test_watershed_from_marks_finds_the_disc(scene: tuple[np.ndarray, np.ndarray]) -> None:
    picture, wanted = scene
    inside, outside = _marks(wanted.shape)
    lakes = flood.flooded(flood.relief(picture, 1.5), np.where(inside, 1, np.where(outside, 2, 0)).astype(np.int32))
    assert (scores.area(lakes == 1, wanted).iou or 0) > 0.9
