"""A drawn digit becomes what the bundled digits are."""

import numpy as np
import pytest

from explainer.core.geometry import PointXY, Stroke
from explainer.vision.training.drawn import CANVAS, as_digit, ink_of, read_as


def stroke(*points, radius=0.05):
    return Stroke(tuple(PointXY(x, y) for x, y in points), radius)


def test_counts_are_those_of_blocks_of_four():
    """A picture of 32 × 32 that fills its box is only counted."""
    ink = np.random.default_rng(0).random((32, 32)) < 0.4
    ink[0, :], ink[:, 0], ink[-1, :], ink[:, -1] = True, True, True, True
    expected = [[ink[4 * r : 4 * r + 4, 4 * c : 4 * c + 4].sum() / 16 for c in range(8)] for r in range(8)]
    np.testing.assert_allclose(as_digit(ink), expected)


@pytest.mark.parametrize("scale", [0.4, 1.0])
@pytest.mark.parametrize("aside", [(0.0, 0.0), (0.15, -0.1)])
def test_place_and_size_do_not_matter(scale, aside):
    def bent(radius):
        corners = ((-0.2, -0.3), (0.2, 0.0), (0.0, 0.3))
        points = ((0.5 + scale * x + aside[0], 0.5 + scale * y + aside[1]) for x, y in corners)
        return stroke(*points, radius=radius * scale)

    plain = as_digit(ink_of([stroke((0.3, 0.2), (0.7, 0.5), (0.5, 0.8))]))
    assert np.abs(as_digit(ink_of([bent(0.05)])) - plain).mean() < 0.04


def test_an_upright_line_is_not_stretched_and_stands_in_the_middle():
    digit = as_digit(ink_of([stroke((0.2, 0.2), (0.2, 0.8), radius=0.04)]))
    assert digit[:, 3:5].min() > 0
    assert digit[:, [0, 1, 6, 7]].max() == 0


def test_nothing_drawn_is_an_empty_digit():
    assert as_digit(np.zeros((CANVAS, CANVAS), bool)).max() == 0
    assert read_as(as_digit(ink_of(()))).images.shape == (1, 8, 8)
