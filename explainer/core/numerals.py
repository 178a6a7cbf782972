"""Numbers as people type them: with a point or a comma, whatever the language of their desktop."""

import re
import unicodedata
from typing import Final

MOST_FIGURES: Final = 18

_PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?")
_SPACES = re.compile(r"(?<=\d)[\s'’](?=\d)")  # 12 500 and 12’500


def read_number(text: str, *, whole: bool = False) -> float:
    """Read one number.

    Parameters
    ----------
    text
        ``0.2``, ``0,2``, ``1,280.5``, ``1.280,5``, ``12 500``, ``−3``, ``1e-3``; digits of any script.
    whole
        Whether a whole number is expected: then ``1,280`` is one thousand and not 1.28.

    Returns
    -------
    float
        Finite.

    Raises
    ------
    ValueError
        For what is no number.
    """
    folded = unicodedata.normalize("NFKC", text).strip().lower().replace("−", "-")
    joined = _SPACES.sub("", "".join(_western(letter) for letter in folded))
    plain = _with_point(joined, whole=whole)
    if not _PLAIN.fullmatch(plain):
        raise ValueError(f"“{text[:40]}” is not a number.")
    value = float(plain)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"“{text[:40]}” is too large.")
    return value


def _western(letter: str) -> str:
    digit = unicodedata.digit(letter, None)
    return letter if digit is None else str(digit)


def _with_point(text: str, *, whole: bool) -> str:
    """Drop the signs that group digits, and make the one that is left a point."""
    signs = [letter for letter in text if letter in ".,"]
    if len(set(signs)) == 2:  # the last one stands before the decimals
        group = "," if signs[-1] == "." else "."
        head, decimals = text.rsplit(signs[-1], 1)
        return f"{_ungrouped(head, group) if group in head else head}.{decimals}"
    if len(signs) > 1 or (signs and whole):
        return _ungrouped(text, signs[0])
    return text.replace(",", ".")


def _ungrouped(text: str, sign: str) -> str:
    """Digits without `sign` where it parts groups of three; anything else stays and is refused."""
    grouped = re.fullmatch(rf"[+-]?\d{{1,3}}({re.escape(sign)}\d{{3}})+", text)
    return text.replace(sign, "") if grouped else text.replace(",", ".")


def is_whole(text: str) -> bool:
    """Whether `text` is a whole number in figures 0 to 9, and small enough for 64 bits.

    ``str.isdigit`` says so of ``"²"`` too, which a French keyboard has a key for and `int` cannot read.
    """
    return text.isascii() and text.isdigit() and len(text) <= MOST_FIGURES
