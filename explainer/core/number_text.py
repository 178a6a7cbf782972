"""How numbers are written wherever one is read: beside bars, at axes, in cells, under the cursor, in sentences.

A real minus sign, commas between thousands, powers of ten as ``4·10⁻⁴``, a no-break space before a unit, and never
a zero for what is not zero.
"""

import math
from collections.abc import Sequence

GAP = "\u00a0"  # Inter has no thinner one that does not break
MINUS = "−"
NONE = "–"
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(value: float, spec: str = ".2f") -> str:
    """Write a number as a format of Python's asks for.

    Parameters
    ----------
    spec
        ``".2f"``, ``"+.1f"``, ``".3g"``, ``".1e"``, ``".0%"``, … ; ``""`` is the shortest that reads back the same.

    Returns
    -------
    str
        ``"1,280"``, ``"−0.50"``, ``"4·10⁻⁴"``, ``"61 %"``; ``"<0.01"`` where two decimals would show none of it;
        ``"–"`` for what is no number.
    """
    if math.isnan(value):
        return NONE
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    kind = spec[-1:]
    if kind not in ("f", "%"):
        return _raised(_grouped(format(float(value), spec)))
    scaled, digits = (100 * value, spec[:-1] + "f") if kind == "%" else (value, spec)
    text = _grouped(format(float(scaled), digits))
    if not any(sign in text for sign in "123456789"):
        text = _almost_none(scaled, text)
    return f"{text}{GAP}%" if kind == "%" else text


def _almost_none(value: float, text: str) -> str:
    zero = text.lstrip(f"+{MINUS}")
    if value == 0:
        return zero
    least = zero[:-1] + "1"
    return f"<{least}" if value > 0 else f">{MINUS}{least}"


def _grouped(text: str) -> str:
    """Put commas between the thousands of what `format` made, and a real minus."""
    head, power, exponent = text.partition("e")
    whole, point, decimals = head.partition(".")
    sign = whole[:1] if whole[:1] in "+-" else ""
    figures = whole[len(sign) :]
    if figures.isdigit() and len(figures) > 3:
        figures = f"{int(figures):,}"
    return f"{sign}{figures}{point}{decimals}".replace("-", MINUS) + power + exponent


def _raised(text: str) -> str:
    """``4e-04`` → ``4·10⁻⁴``."""
    head, power, exponent = text.partition("e")
    return f"{head}·10{str(int(exponent)).translate(_RAISED)}" if power else text


def compact(value: float, figures: int = 3) -> str:
    """Write a number with no more decimals than `figures` figures need: ``0.734``, ``1,280``, ``8.8·10⁸``."""
    if not math.isfinite(value) or value == 0:
        return number(value, ".0f")
    size = abs(value)
    if 0.001 <= size < 100_000:
        digits = max(0, min(4, figures - 1 - math.floor(math.log10(size))))
        text = number(value, f".{digits}f")
        return _without_zeros(text)
    return _raised(_grouped(f"{value:.1e}")).replace(".0·", "·")


def _without_zeros(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def alike(values: Sequence[float]) -> list[str]:
    """Write the numbers of one axis: as many decimals to each as the finest needs."""
    finite = [v for v in values if math.isfinite(v)]
    largest = max(map(abs, finite), default=0.0)
    if largest and not 0.001 <= largest < 1_000_000:
        return [number(v, ".3g") if v == 0 else compact(v) for v in values]
    spec = next((f".{d}f" for d in range(7) if all(abs(round(v, d) - v) <= 1e-6 * largest for v in finite)), ".6f")
    return [number(0.0 if abs(v) < 1e-9 * largest else v, spec) for v in values]


def with_unit(text: str, unit: str) -> str:
    """``"12"``, ``"px"`` → ``"12 px"``, which no line parts."""
    return f"{text}{GAP}{unit}" if unit else text
