"""How numbers are written."""

import math

import numpy as np
import pytest

from explainer.core.number_text import alike, compact, number, with_unit

NBSP = "\u00a0"


@pytest.mark.parametrize(
    ("value", "spec", "text"),
    [
        (0.9, ".2f", "0.90"),
        (-0.5, ".2f", "−0.50"),
        (0.0, ".2f", "0.00"),
        (-0.0, ".2f", "0.00"),
        (0.0004, ".2f", "<0.01"),
        (-0.0004, ".2f", ">−0.01"),
        (0.3, ".0f", "<1"),
        (1280, ".0f", "1,280"),
        (-12345.67, ".1f", "−12,345.7"),
        (4e-4, ".1e", "4.0·10⁻⁴"),
        (4e-4, ".0e", "4·10⁻⁴"),
        (1.2e7, ".3g", "1.2·10⁷"),
        (0.613, ".0%", f"61{NBSP}%"),
        (0.0, ".0%", f"0{NBSP}%"),
        (0.001, ".0%", f"<1{NBSP}%"),
        (5.0, "+.1f", "+5.0"),
        (-5.0, "+.1f", "−5.0"),
        (math.nan, ".2f", "–"),
        (math.inf, ".2f", "∞"),
        (-math.inf, ".2f", "−∞"),
    ],
)
def test_a_number_is_written_as_people_do(value, spec, text):
    assert number(value, spec) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.386, "0.386"), (0.0, "0"), (1.0, "1"), (-0.517, "−0.517"), (1280, "1,280"), (123456.0, "1.2·10⁵"),
        (2e-7, "2·10⁻⁷"), (-3.14e-4, "−3.1·10⁻⁴"), (99.95, "100"),
    ],
)  # fmt: skip
def test_compact_numbers(value, text):
    assert compact(value) == text


def read(text):
    raised = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    head, _, power = text.replace("−", "-").replace(",", "").partition("·10")
    return float(head) * 10.0 ** int(power.translate(raised) or 0)


def test_compact_numbers_are_short_and_right():
    powers = 10.0 ** np.arange(-9, 10)
    for value in np.concatenate([powers, -math.pi * powers, [math.pi, -0.001234]]):
        text = compact(float(value))
        assert len(text) <= 9
        assert read(text) == pytest.approx(value, rel=0.05), text


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([0, 0.2, 0.4], ["0.0", "0.2", "0.4"]),
        ([0, 500, 1000], ["0", "500", "1,000"]),
        ([-0.5, 0, 0.5], ["−0.5", "0.0", "0.5"]),
        ([0, 1e-5, 2e-5], ["0", "1·10⁻⁵", "2·10⁻⁵"]),
        ([0, 2e6], ["0", "2·10⁶"]),
        ([0.1 * 3, 0.6, 0.1 + 0.2 - 0.3], ["0.3", "0.6", "0.0"]),
    ],
)
def test_numbers_of_one_axis_have_equally_many_decimals(values, texts):
    assert alike(values) == texts


def test_a_unit_stays_with_its_number():
    assert with_unit("12", "px") == f"12{NBSP}px"
    assert with_unit("12", "") == "12"
