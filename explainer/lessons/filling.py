"""Put the numbers of the current result into a lesson's prose and formulas."""

import hashlib
import math
import re
from collections.abc import Mapping

from explainer.core.layers import slug
from explainer.lessons.lesson import Formula, Lesson, Placeholder

MOST_FIGURES = 99
_LONG_NUMBER = re.compile(r"\d{3}")
UNDEFINED = "–"
DEFAULT_SPEC = ".3g"
PLACEHOLDER = re.compile(r"\{value:([a-z][a-z0-9_]*)(?::([-+ #0-9,.a-zA-Z%]*))?\}")
_IN_HTML = re.compile(r'<span class="value" data-value="([a-z0-9_]+):([^"]*)">[^<]*</span>')
_EXPONENT = re.compile(r"e([+-]?)0*(\d+)$")
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def fill(lesson: Lesson, values: Mapping[str, float]) -> tuple[str, dict[str, Formula]]:
    """Return the page with the numbers of one result.

    Parameters
    ----------
    values
        ``Result.all_numbers``; a name that is missing or not finite shows as a quiet dash.

    Returns
    -------
    html, formulas
        Formulas that hold numbers get a new key, so that a view that keeps pictures by key never shows
        an old number; all others keep theirs.
    """
    return fill_part(lesson.html, lesson.formulas, values)


def fill_part(
    html: str, open_formulas: Mapping[str, Formula], values: Mapping[str, float]
) -> tuple[str, dict[str, Formula]]:
    """`fill` for a part of a page and the formulas that stand in it."""
    html = _IN_HTML.sub(lambda m: value_span(Placeholder(m[1], m[2]), values), html)
    formulas: dict[str, Formula] = {}
    for key, formula in open_formulas.items():
        filled = fill_formula(formula, values)
        formulas[formula_key(filled)] = filled
        if filled != formula:
            html = html.replace(f'"formula:{key}"', f'"formula:{formula_key(filled)}"')
    return html, formulas


def fill_formula(formula: Formula, values: Mapping[str, float]) -> Formula:
    """Replace the placeholders of one formula."""

    def put(match: re.Match[str]) -> str:
        value = values.get(match[1])
        if value is None or not math.isfinite(value):
            return rf"\text{{{UNDEFINED}}}"
        return as_latex(value, match[2] or DEFAULT_SPEC)

    return Formula(PLACEHOLDER.sub(put, formula.latex), formula.display)


def fill_words(text: str, values: Mapping[str, float]) -> str:
    """Replace the placeholders of plain words."""
    return PLACEHOLDER.sub(lambda m: number(Placeholder(m[1], m[2] or DEFAULT_SPEC), values), text)


def formula_key(formula: Formula) -> str:
    """Name a formula by its content: equal formulas share one picture."""
    mark = f"{formula.display}\n{formula.latex}".encode()
    return hashlib.blake2s(mark, digest_size=8).hexdigest()


def value_span(placeholder: Placeholder, values: Mapping[str, float]) -> str:
    """HTML of one number; `fill` finds it again."""
    shown = number(placeholder, values)
    return f'<span class="value" data-value="{placeholder.name}:{placeholder.spec}">{shown}</span>'


def number(placeholder: Placeholder, values: Mapping[str, float]) -> str:
    """Print the number that a placeholder stands for, a quiet dash where there is none."""
    value = values.get(placeholder.name)
    return as_prose(value, placeholder.spec) if value is not None and math.isfinite(value) else UNDEFINED


def as_prose(value: float, spec: str) -> str:
    """Print a number for a sentence: true minus sign, ``61 %`` with its space, ``3·10⁻⁵``.

    Raises
    ------
    ValueError
        If `spec` is no format of a number.
    """
    text = _formatted(value, spec)
    exponent = _EXPONENT.search(text)
    if exponent:
        power = (exponent[1].strip("+") + exponent[2]).translate(_SUPERSCRIPTS)
        text = f"{text[: exponent.start()]}·10{power}"
    return text.replace("-", "−").replace("%", " %")


def as_latex(value: float, spec: str) -> str:
    r"""Print a number for a formula, in braces so that its sign binds to it: ``{-3.2}``.

    Raises
    ------
    ValueError
        If `spec` is no format of a number.
    """
    text = _formatted(value, spec)
    exponent = _EXPONENT.search(text)
    if exponent:
        power = exponent[1].strip("+") + exponent[2]
        text = rf"{text[: exponent.start()]}\times 10^{{{power}}}"
    return "{" + text.replace(",", "{,}").replace("%", r"\,\%") + "}"


def _formatted(value: float, spec: str) -> str:
    if _LONG_NUMBER.search(spec):
        raise ValueError(f"{spec} asks for more than {MOST_FIGURES} figures")
    number: float | int = round(value) if spec.endswith("d") else value
    text = format(number, spec or DEFAULT_SPEC).strip()
    rounded_to_zero = not any(c in "123456789" for c in text)
    return text.lstrip("-") if rounded_to_zero else text


def anchor(heading: str) -> str:
    """Name of the anchor in front of a heading: ``"When it misleads"`` → ``"when-it-misleads"``."""
    return slug(heading)
