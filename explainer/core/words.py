"""Small helpers for sentences with numbers and names in them."""

import re
from collections.abc import Sequence

_NO_CHARACTER = re.compile("[\ud800-\udfff]")
_STEERING = re.compile("[\0-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_BREAKS = re.compile("[\t\n\v\f\r\x85\u2028\u2029]+")
_LONGEST = 1000
NEAR = 0.08  # share of the sides: farther off, a place is no longer called the middle


def printable(text: str) -> str:
    """`text` as any file and terminal can hold it: a byte of a file's name that is not UTF-8 becomes U+FFFD.

    Where the locale is not UTF-8, Python keeps names as such bytes too; those are read as the UTF-8 that they are.
    """
    if not _NO_CHARACTER.search(text):
        return text
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    except UnicodeEncodeError:  # half a UTF-16 pair, as Windows allows in names
        return _NO_CHARACTER.sub("\ufffd", text)


def one_line(text: str) -> str:
    """A sentence or a name in which foreign words may stand: `printable`, on one line, no longer than can be read.

    What would steer a terminal or turn the direction of reading becomes U+FFFD.
    """
    plain = _STEERING.sub("\ufffd", printable(_BREAKS.sub(" ", text)))
    return plain if len(plain) <= _LONGEST else f"{plain[:_LONGEST]}…"


def percent(fraction: float) -> str:
    """``0.613`` → ``"61 %"``."""
    return f"{100 * fraction:.0f} %"


def score(value: float) -> str:
    """A probability as the window prints it: ``0.387`` → ``"0.39"``, never "0.00" for what is not zero."""
    if 0 < value < 0.005:
        return "under 0.01"
    return f"{value:.2f}"


def thousands(count: int) -> str:
    """``1280`` → ``"1,280"``."""
    return f"{count:,}"


def place(x: float, y: float) -> str:
    """Where a point lies in the picture, in words. `x`, `y` are fractions."""
    across = "left" if x < 1 / 3 else "right" if x > 2 / 3 else "centre"
    down = "top" if y < 1 / 3 else "bottom" if y > 2 / 3 else "middle"
    if (across, down) == ("centre", "middle"):
        beside = "left" if x < 0.5 - NEAR else "right" if x > 0.5 + NEAR else ""
        level = "above" if y < 0.5 - NEAR else "below" if y > 0.5 + NEAR else ""
        if beside:
            return f"{level and level + ' and'} {beside} of the middle".strip()
        return f"just {level} the middle" if level else "in the middle"
    if across == "centre":
        return f"at the {down}"
    if down == "middle":
        return f"on the {across}"
    return f"at the {down} {across}"


def count(n: int, one: str, many: str = "") -> str:
    """``1, "part"`` → ``"1 part"``; ``3`` → ``"3 parts"``; ``1280`` → ``"1,280 parts"``."""
    return f"{thousands(n)} {one if n == 1 else many or one + 's'}"


def listed(items: Sequence[str], last: str = "and") -> str:
    """``["a", "b", "c"]`` → ``"a, b and c"``."""
    return f" {last} ".join(filter(None, (", ".join(items[:-1]), *items[-1:])))


def cells(shape: Sequence[int]) -> str:
    """Resolution of a map ``(h, w)`` in words: ``7 × 7``, width first."""
    return f"{shape[1]} × {shape[0]}"


def time_left(seconds: float) -> str:
    """In words, rounded the more the longer it is."""
    if seconds < 90:
        rounded = max(1, round(seconds)) if seconds < 10 else 5 * round(seconds / 5)
        return f"{rounded} s left"
    return f"{round(seconds / 60)} min left"
