"""Numbers of the current result in prose and formulas."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explainer.lessons.filling import as_latex, as_prose, fill, formula_key
from explainer.lessons.lesson import Formula
from explainer.lessons.markdown import parse

HEAD = "---\nid: one\ntopic: 1\nchapter: 1\ntitle: T\ndemo: d\n---\n"


def _page(body, **values):
    return fill(parse(HEAD + body), values)


@pytest.mark.parametrize(
    ("value", "spec", "prose", "latex"),
    [
        (0.387, ".2f", "0.39", "{0.39}"),
        (-3.2, ".1f", "−3.2", "{-3.2}"),
        (-0.001, ".2f", "0.00", "{0.00}"),
        (1280.0, ",.0f", "1,280", "{1{,}280}"),
        (1280.0, "d", "1280", "{1280}"),
        (0.613, ".0%", "61 %", r"{61\,\%}"),
        (0.0000312, ".2e", "3.12·10⁻⁵", r"{3.12\times 10^{-5}}"),
        (-4.0e12, ".1e", "−4.0·10¹²", r"{-4.0\times 10^{12}}"),
        (0.00312, ".3g", "0.00312", "{0.00312}"),
    ],
)
def test_numbers_look_right(value, spec, prose, latex):
    assert as_prose(value, spec) == prose
    assert as_latex(value, spec) == latex


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_prose_reads_back(value):
    text = as_prose(value, ".6e").replace("−", "-")
    mantissa, _, power = text.partition("·10")
    digits = power.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    assert float(f"{mantissa}e{digits}") == pytest.approx(value, rel=1e-6, abs=0)


def test_prose_is_filled():
    html, _ = _page("Peak at {value:x_px:.0f} px of {value:count:,.0f}.", x_px=12.4, count=1280.0)
    assert ">12</span> px of <span" in html
    assert ">1,280</span>" in html


@pytest.mark.parametrize("values", [{}, {"x_px": math.nan}, {"x_px": math.inf}])
def test_undefined_is_a_quiet_dash(values):
    html, formulas = _page("At {value:x_px:.0f}, $x = {value:x_px:.1f}$.", **values)
    assert ">–</span>" in html
    (formula,) = formulas.values()
    assert formula.latex == r"x = \text{–}"


def test_formulas_are_filled_under_a_new_key():
    lesson = parse(HEAD + "$a = {value:a:.2f}$ and $b$")
    one, two = fill(lesson, {"a": 1.0}), fill(lesson, {"a": -2.0})
    assert {f.latex for f in one[1].values()} == {"a = {1.00}", "b"}
    assert {f.latex for f in two[1].values()} == {"a = {-2.00}", "b"}
    assert set(one[1]) & set(two[1]) == {formula_key(Formula("b", display=False))}
    for html, formulas in (one, two):
        assert all(f'src="formula:{key}"' in html for key in formulas)
        assert html.count("formula:") == 2


def test_two_formulas_that_become_equal_share_a_picture():
    html, formulas = _page("$a = {value:a:.0f}$ $a = {value:b:.0f}$", a=1.0, b=1.0)
    assert len(formulas) == 1
    assert html.count(f"formula:{next(iter(formulas))}") == 2


def test_filling_does_not_change_the_lesson():
    lesson = parse(HEAD + "{value:a:.1f} $x={value:a:.1f}$")
    before = (lesson.html, dict(lesson.formulas))
    first = fill(lesson, {"a": 1.0})
    assert (lesson.html, dict(lesson.formulas)) == before
    assert fill(lesson, {"a": 1.0}) == first
