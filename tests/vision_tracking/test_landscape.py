"""A map drawn as a landscape: the mountain stands where the map has its peak, as high as it is."""

import numpy as np

from explainer.vision.tracking.landscape import NIGHT, SIZE, landscape, peak_place


def _highest(picture: np.ndarray, columns: slice) -> int:
    drawn = (np.abs(picture[:, columns].astype(int) - NIGHT).sum(axis=2) > 60).any(axis=1)
    return int(np.flatnonzero(drawn)[0])


def test_the_mountain_stands_at_the_peak_and_is_as_high_as_it() -> None:
    values = np.zeros((60, 80), np.float32)
    values[45, 20] = 1.0
    picture = landscape(values, 1.0)
    x, y = peak_place(values.shape, 45, 20, 1.0)
    assert abs(_highest(picture, slice(round(x) - 3, round(x) + 4)) - y) <= 8  # a thin top is drawn a little short
    assert _highest(picture, slice(SIZE[1] // 2, None)) > y + 80  # elsewhere it is flat


def test_half_a_peak_rises_half_as_far() -> None:
    shape = (60, 80)
    ground, half, whole = (peak_place(shape, 30, 40, share)[1] for share in (0.0, 0.5, 1.0))
    assert ground - half == half - whole > 0
    assert landscape(np.zeros(shape, np.float32), 1.0).shape == (*SIZE, 3)
