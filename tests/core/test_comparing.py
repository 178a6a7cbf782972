"""Two results side by side: settings, numbers, maps."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import pytest

from explainer.core import comparing
from explainer.core.controls import Doc, Range, controls
from explainer.core.geometry import scale_shift
from explainer.core.layers import Heat, Image, Panel


@dataclass(frozen=True)
class Params:
    size: Annotated[int, Doc("Size"), Range(1, 9)] = 3
    shown: Annotated[bool, Doc("Shown")] = True


def panel(values, *, side=96, smooth=True):
    values = np.asarray(values, np.float32)
    grown = scale_shift(side / values.shape[1], side / values.shape[0])
    photo = Image("photo", np.zeros((side, side, 3), np.uint8))
    heat = Heat("map", values, 0.0, 1.0, to_panel=grown, smooth=smooth)
    return Panel("Map", (float(side), float(side)), (photo, heat))


def spot(row, column, height=1.0):
    values = np.zeros((96, 96))
    values[row, column] = height
    return panel(values)


def test_settings_that_differ_are_named_and_the_rest_counted():
    found, same = comparing.differing(controls(Params), {"size": 3, "shown": True}, {"size": 5, "shown": True})
    assert found == (comparing.Differing("Size", 3, 5),)
    assert same == 1


def test_numbers_are_of_both_and_change_is_b_less_a():
    (one,) = comparing.shared_numbers({"score": 0.25, "only_a": 1.0}, {"only_b": 2.0, "score": 1.0})
    assert (one.name, one.change) == ("score", 0.75)


def test_a_map_differs_from_itself_nowhere():
    rng = np.random.default_rng(0)
    one = panel(rng.random((7, 7)))
    found = comparing.map_difference(one, one, "one scale")
    assert np.abs(found.values).max() == 0
    assert found.likeness == pytest.approx(1)
    assert comparing.in_words(found) == "Both peak in the same place; the maps correlate 1.00."


def test_over_its_own_peak_a_weaker_copy_is_the_same():
    a, b = spot(10, 20), spot(10, 20, 0.25)
    assert np.abs(comparing.map_difference(a, b, "own peaks").values).max() == 0
    assert comparing.map_difference(a, b, "one scale").values.min() == pytest.approx(-0.75)


@pytest.mark.parametrize(
    ("to", "words"),
    [
        ((44, 20), "34 px lower"),
        ((4, 20), "6 px higher"),
        ((10, 50), "30 px further right"),
        ((10, 2), "18 px further left"),
    ],
)
def test_words_say_where_the_peak_went(to, words):
    found = comparing.map_difference(spot(10, 20), spot(*to), "own peaks")
    assert comparing.in_words(found).startswith(f"B peaks {words}; the maps correlate")


def test_maps_are_read_where_they_are_drawn_whatever_their_resolution():
    rng = np.random.default_rng(1)
    coarse = rng.random((6, 6))
    fine = np.kron(coarse, np.ones((16, 16)))
    found = comparing.map_difference(panel(coarse, smooth=False), panel(fine, smooth=False), "one scale")
    assert np.abs(found.values).max() < 1e-6


def test_likeness_is_pearsons():
    rng = np.random.default_rng(2)
    a, b = rng.random((96, 96)), rng.random((96, 96))
    found = comparing.map_difference(panel(a), panel(a + b), "one scale")
    first, second = np.float32(a).ravel(), np.float32(a + b).ravel()
    assert found.likeness == pytest.approx(np.corrcoef(first, second)[0, 1], abs=1e-6)


def test_a_map_that_is_the_same_everywhere_correlates_with_nothing():
    found = comparing.map_difference(panel(np.full((7, 7), 0.3)), spot(10, 20), "own peaks")
    assert found.likeness is None
    assert comparing.in_words(found).endswith("one of the maps is the same everywhere.")


def test_what_has_no_map_or_lies_elsewhere_is_not_compared():
    bare = Panel("Bare", (96.0, 96.0), (Image("photo", np.zeros((96, 96, 3), np.uint8)),))
    assert comparing.map_difference(bare, spot(1, 1), "own peaks") is None
    assert comparing.map_difference(panel(np.eye(7), side=48), spot(1, 1), "own peaks") is None


def photo(pixels):
    tall, wide = pixels.shape[:2]
    return Panel("Photo", (float(wide), float(tall)), (Image("photo", pixels),))


def test_pictures_differ_by_as_many_levels_as_were_added_and_where_they_were():
    rng = np.random.default_rng(0)
    before = rng.integers(0, 200, (256, 256, 3), np.uint8)
    after = before.copy()
    after[:64] += 12
    found = comparing.picture_difference(photo(before), photo(after))
    assert found.changed == pytest.approx(0.25)
    assert found.mean == pytest.approx(3.0)
    assert np.allclose(found.values[:64], 12.0)
    assert not found.values[64:].any()
    assert comparing.picture_in_words(found) == "25\u00a0% of the pixels differ, on average by 12.0 levels of 255."
    back = comparing.picture_difference(photo(after), photo(before))
    assert np.allclose(back.values, -found.values)


def test_the_same_picture_differs_nowhere_and_another_size_is_not_compared():
    grey = np.full((30, 40, 3), 128, np.uint8)
    same = comparing.picture_difference(photo(grey), photo(grey))
    assert comparing.picture_in_words(same) == "The two pictures are the same, pixel by pixel."
    assert comparing.picture_difference(photo(grey), photo(grey[:20])) is None


def test_a_peak_lies_in_the_middle_of_its_cell():
    a, b = np.zeros((3, 3)), np.zeros((6, 6))
    a[1, 2], b[1, 1] = 1.0, 1.0
    found = comparing.map_difference(panel(a), panel(b), "own peaks")
    assert found.peak_a == (80.0, 48.0)
    assert found.peak_b == (24.0, 24.0)
    assert found.unit == "of their own peak"
    assert found.mean == pytest.approx(np.abs(found.values).mean())
