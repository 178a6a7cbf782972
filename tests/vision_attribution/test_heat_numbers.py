"""Numbers that describe a map."""

import numpy as np
import pytest

from explainer.core.geometry import scale_shift
from explainer.vision.metrics.heat import densest, hottest_share, is_blank, peak, upper_limit


def test_peak_is_the_centre_of_its_cell_in_frame_pixels() -> None:
    values = np.zeros((4, 6), np.float32)
    values[1, 5] = 2
    found = peak(values, scale_shift(10, 20, 100, 7))
    assert found is not None
    assert (found.row, found.column, found.value) == (1, 5, 2.0)
    assert (found.x_px, found.y_px) == (155.0, 37.0)


def test_peak_of_a_signed_map_is_its_strongest_cell() -> None:
    found = peak(np.array([[1.0, -3.0]], np.float32), scale_shift(1, 1))
    assert found is not None
    assert found.value == -3.0


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf])
def test_blank_maps_have_neither_peak_nor_share(value: float) -> None:
    values = np.full((3, 3), value, np.float32)
    assert is_blank(values)
    assert peak(values, scale_shift(1, 1)) is None
    assert hottest_share(values) is None
    assert upper_limit(values) == 1.0


def test_share_of_the_hottest_tenth() -> None:
    assert hottest_share(np.ones((10, 10), np.float32)) == pytest.approx(0.1)
    single = np.zeros((10, 10), np.float32)
    single[4, 4] = -2
    assert hottest_share(single) == pytest.approx(1.0)
    ramp = np.arange(1, 21, dtype=np.float32).reshape(4, 5)
    assert hottest_share(ramp) == pytest.approx((20 + 19) / 210)
    assert hottest_share(ramp, 0.5) == pytest.approx(sum(range(11, 21)) / 210)


def test_upper_limit() -> None:
    values = np.arange(-100, 1, dtype=np.float32).reshape(1, -1)
    assert upper_limit(values) == 100
    assert upper_limit(values, 0.99) == pytest.approx(99)
    spike = np.zeros((1, 1000), np.float32)
    spike[0, 0] = 5
    assert upper_limit(spike, 0.99) == 5


def test_the_densest_point_of_a_mask_is_where_most_of_it_lies() -> None:
    mask = np.zeros((60, 90), bool)
    mask[::7, ::7] = True  # thin everywhere
    mask[40:44, 70:74] = True
    x, y = densest(mask)
    assert abs(x - 72) <= 4
    assert abs(y - 42) <= 4
    assert densest(np.ones((1, 1), bool)) == (0.5, 0.5)
