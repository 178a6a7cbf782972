"""Mean and spread over seeds."""

import numpy as np
import pytest

from explainer.core.spread import spread, spread_bars, spread_curve, spread_line, spread_table


def test_the_deviation_is_that_of_a_sample():
    found = spread([1.0, 2.0, 4.0])
    assert found.mean == pytest.approx(7 / 3)
    assert found.deviation == pytest.approx(np.sqrt(((1 - 7 / 3) ** 2 + (2 - 7 / 3) ** 2 + (4 - 7 / 3) ** 2) / 2))
    assert found.words() == "2.3 ± 1.5"
    assert spread([-98.06]).words(2, "%") == "−98.06 %"
    with pytest.raises(ValueError, match="no mean"):
        spread([])


def test_a_line_has_a_band_and_a_bar_a_whisker_where_there_are_several_runs():
    x = np.arange(3.0)
    several, one = (spread_line("a", x, runs) for runs in ([[1, 2, 3], [3, 2, 1]], [[1, 2, 3]]))
    np.testing.assert_allclose(several.y, [2, 2, 2])
    np.testing.assert_allclose(several.spread, [np.sqrt(2), 0, np.sqrt(2)])
    assert one.spread is None
    bars = spread_bars("Accuracy", [("none", [90, 92]), ("shift", [95])])
    assert bars.values == (91.0, 95.0)
    assert bars.spread == pytest.approx((np.sqrt(2), 0.0))
    assert spread_bars("One", [("none", [90.0])]).spread == ()


def test_several_ways_are_compared_in_a_curve_and_in_words():
    ways = {"pixels": [[1.0, 2.0], [3.0, 4.0]], "learnt": [[5.0, 6.0], [5.0, 8.0]]}
    curve = spread_curve("Right", ways, np.array([0.0, 1.0]), "labels", "% right", (0.0, 10.0), chosen=1)
    assert [(line.name, line.style) for line in curve.series] == [("pixels", "dashed"), ("learnt", "solid")]
    np.testing.assert_allclose(curve.series[1].y, [5, 7])
    assert spread_table("Both", ways, "% right", ["1", "2"]).rows[1] == ("learnt", "5.0 ± 0.0", "7.0 ± 1.4")
