"""Geometry, results and layers: plain values that keep their promises."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explainer.core.geometry import apply, compose, identity, invert, resized, scale_shift
from explainer.core.layers import CELL_PITCH, Cells, slug
from explainer.core.result import Result

number = st.floats(-50, 50, allow_nan=False)
scale = st.floats(0.1, 20)
points = np.array([[0.0, 0.0], [3.0, 1.0], [-2.0, 7.5]])


@given(scale, scale, number, number)
def test_an_inverse_undoes(sx, sy, tx, ty):
    there = scale_shift(sx, sy, tx, ty)
    np.testing.assert_allclose(apply(invert(there), apply(there, points)), points, atol=1e-8)
    np.testing.assert_allclose(compose(invert(there), there), identity(), atol=1e-9)


@given(scale, number, scale, number)
def test_the_inner_map_is_applied_first(a, b, c, d):
    inner, outer = scale_shift(a, a, b, 0), scale_shift(c, c, d, 1)
    want = apply(outer, apply(inner, points))
    np.testing.assert_allclose(apply(compose(outer, inner), points), want, rtol=1e-9, atol=1e-7)


def test_a_turn_is_composed_too():
    quarter = np.array([[0.0, -1.0, 5.0], [1.0, 0.0, 0.0]])
    np.testing.assert_allclose(apply(compose(quarter, quarter), points), np.array([5, 5]) - points)


def test_an_array_of_another_size_covers_the_same_ground():
    whole = scale_shift(2.0, 3.0, 10.0, 20.0)  # of a 224 × 224 input
    small = resized(whole, (224, 224), (7, 14))
    corners = np.array([[0.0, 0.0], [14.0, 7.0]])
    np.testing.assert_allclose(apply(small, corners), apply(whole, np.array([[0.0, 0.0], [224.0, 224.0]])))


def test_no_map_no_inverse():
    with pytest.raises(np.linalg.LinAlgError):
        invert(scale_shift(0.0, 1.0))


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_result_is_finite(value):
    with pytest.raises(ValueError, match="gap"):
        Result("…", {"gap": value, "fine": 1.0})


@pytest.mark.parametrize(
    ("measured", "says"), [({"took_ms": math.nan}, "took_ms"), ({"fine": 2.0}, "measured as well")]
)
def test_what_is_measured_is_finite_and_no_value(measured, says):
    with pytest.raises(ValueError, match=says):
        Result("…", {"fine": 1.0}, measured=measured)


def test_what_is_measured_comes_after_the_values():
    assert Result("…", {"gap": 1.0}, measured={"took_ms": 2.0}).all_numbers == {"gap": 1.0, "took_ms": 2.0}


def test_a_result_has_a_value():
    with pytest.raises(ValueError, match="at least one"):
        Result("…", {})


@pytest.mark.parametrize(
    ("title", "name"), [("Grad-CAM, “tiger cat”", "grad-cam-tiger-cat"), ("  Δ 7 × 7 ", "7-7"), ("Input", "input")]
)
def test_slugs(title, name):
    assert slug(title) == name


def test_a_mosaic_is_as_large_as_its_rows():
    cells = Cells("maps", np.zeros((7, 4, 6), np.float32), 3, 0.0, 1.0)
    assert cells.size == pytest.approx((3 * 6 * CELL_PITCH, 3 * 4 * CELL_PITCH))
