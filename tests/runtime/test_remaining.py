"""How long a job will still take, told with made times."""

import pytest

from explainer.runtime.remaining import SAY_AFTER_S, Remaining


def test_the_pace_so_far_goes_on():
    remaining = Remaining()
    assert remaining.left_s(0.0, 100.0) is None
    assert remaining.left_s(0.25, 110.0) == pytest.approx(30.0)
    assert remaining.left_s(0.5, 120.0) == pytest.approx(20.0)
    assert remaining.left_s(1.0, 140.0) is None


def test_what_was_remembered_from_before_counts_as_no_pace():
    remaining = Remaining()
    remaining.left_s(0.5, 0.0)
    assert remaining.left_s(0.75, 10.0) == pytest.approx(10.0)


@pytest.mark.parametrize(("fraction", "after_s"), [(0.5, 0.9 * SAY_AFTER_S), (0.04, 20.0), (0.995, 20.0)])
def test_a_guess_is_not_told(fraction, after_s):
    remaining = Remaining()
    remaining.left_s(0.0, 0.0)
    assert remaining.left_s(fraction, after_s) is None


def test_where_the_fraction_falls_something_new_has_begun():
    remaining = Remaining()
    remaining.left_s(0.0, 0.0)
    assert remaining.left_s(0.9, 90.0) == pytest.approx(10.0)
    assert remaining.left_s(0.0, 91.0) is None
    assert remaining.left_s(0.5, 101.0) == pytest.approx(10.0)
