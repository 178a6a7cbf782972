"""Which maps are shown first: sharp before flat, the middle before the border, and no two of the same."""

import numpy as np

from explainer.vision.attribution.telling import telling


def spot(row: int, column: int, strength: float = 1.0) -> np.ndarray:
    values = np.zeros((8, 8), np.float32)
    values[row : row + 2, column : column + 2] = strength
    return values


def test_a_sharp_map_comes_before_a_flat_one_that_is_stronger_on_average() -> None:
    maps = np.stack([np.full((8, 8), 0.9, np.float32), spot(3, 3)])
    assert telling(maps, 2).tolist() == [1, 0]


def test_of_two_alike_the_weaker_waits_until_others_are_taken() -> None:
    maps = np.stack([spot(3, 3), spot(3, 3, 0.9), spot(5, 1, 0.5)])
    assert telling(maps, 3).tolist() == [0, 2, 1]
    assert telling(maps, 2).tolist() == [0, 2]


def test_the_middle_comes_before_the_corner() -> None:
    assert telling(np.stack([spot(0, 0), spot(3, 3)]), 1).tolist() == [1]


def test_what_is_below_zero_does_not_count_and_silent_maps_come_last() -> None:
    maps = np.stack([np.zeros((8, 8), np.float32), -spot(3, 3, 5.0), spot(2, 2, 0.1)])
    assert telling(maps, 9).tolist() == [2, 0, 1]
