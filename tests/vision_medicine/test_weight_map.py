"""The border weights against the formula, written out pixel by pixel."""

import math

import numpy as np
from numpy.typing import NDArray

from explainer.vision.medicine.weight_map import parted, weight_map


def scene() -> NDArray[np.int64]:
    things = np.zeros((9, 12), np.int64)
    things[1:7, 1:5], things[2:8, 6:10], things[8, 0:2] = 1, 2, 3
    return things


def test_weights_are_the_formula_s() -> None:
    things, found = scene(), weight_map(scene(), 7.0, 2.0)
    for row, column in np.ndindex(things.shape):
        if things[row, column]:
            assert found[row, column] == 1.0
            continue
        near = sorted(min(math.hypot(row - r, column - c) for r, c in np.argwhere(things == one)) for one in (1, 2, 3))
        wanted = 1 + 7.0 * math.exp(-((near[0] + near[1]) ** 2) / (2 * 2.0**2))
        assert math.isclose(found[row, column], wanted, rel_tol=1e-12)


def test_it_is_heaviest_in_the_gap() -> None:
    row, column = np.unravel_index(int(weight_map(scene(), 7.0, 2.0).argmax()), (9, 12))
    assert column == 5 or row == 7  # between the large two, or between the lower two


def test_one_thing_needs_no_weights() -> None:
    assert (weight_map((scene() == 1).astype(int)) == 1).all()


def test_things_that_touch_are_parted() -> None:
    from skimage.measure import label

    things = np.zeros((6, 9), int)
    things[1:5, 1:4], things[1:5, 4:8] = 1, 2
    assert label(things > 0).max() == 1
    assert label(parted(things)).max() == 2
    assert (parted(things) <= (things > 0)).all()
