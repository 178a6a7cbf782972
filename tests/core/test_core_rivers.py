"""Bands whose widths are shares."""

import numpy as np
import pytest

from explainer.core.layers import Image, Label, Lines
from explainer.core.rivers import HIGH, WIDE, bands_of, river

COLOURS = np.array([[200, 0, 0], [0, 200, 0], [0, 0, 200]], np.uint8)
SHARES = np.array([[0.5, 0.25, 0.25], [0.1, 0.1, 0.8], [0.0, 1.0, 0.0]])


@pytest.mark.parametrize("moment", [0, 1, 2])
def test_each_band_is_as_high_as_its_share(moment):
    column = bands_of(SHARES)[:, round(moment / 2 * (WIDE - 1))]
    shares = np.bincount(column, minlength=3) / HIGH
    np.testing.assert_allclose(shares, SHARES[moment], atol=1.5 / HIGH + 0.003)  # a pixel, and half a column


def test_the_first_band_is_at_the_foot_and_shares_run_straight_between_moments():
    bands = bands_of(SHARES)
    assert (bands[-1, 0], bands[0, 0]) == (0, 2)
    middle = np.bincount(bands[:, round((WIDE - 1) / 4)], minlength=3) / HIGH
    np.testing.assert_allclose(middle, (SHARES[0] + SHARES[1]) / 2, atol=0.006)


def test_a_line_stands_at_the_moment_and_what_comes_later_is_dim():
    panel = river("Shares", SHARES, COLOURS, 1, labels=(("low", 0, 2), ("high", 2, 3)))
    image, line, low, high = panel.layers
    assert isinstance(image, Image)
    assert isinstance(line, Lines)
    assert line.paths[0][0, 0] == pytest.approx((WIDE - 1) / 2)
    assert image.pixels[:, 10].max() == 200
    assert image.pixels[:, -10].max() < 160
    assert isinstance(low, Label)
    assert isinstance(high, Label)
    assert low.xy[1] == pytest.approx(0.9 * HIGH), "between foot and 0.2"
    assert high.xy[1] == pytest.approx(0.4 * HIGH), "between 0.2 and the head"


def test_one_moment_fills_the_whole_width():
    bands = bands_of(SHARES[:1])
    assert (bands == bands[:, :1]).all()
