"""Symbols of a lesson's formula: what each stands for, its number, and the part of the window that it names."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from explainer.lessons.filling import DEFAULT_SPEC, PLACEHOLDER
from explainer.lessons.lesson import Placeholder

Role = Literal["result", "weight", "input", "score"]
ROLES: tuple[Role, ...] = get_args(Role)
"""In the order of the theme's colours for symbols."""
PLACES = ("panel", "chart", "control", "play")
KEYS = {"tex", "is", "role", "value", "to"}
LONGEST_TEX = 40
_VALUE = re.compile(r"([a-z][a-z0-9_]*)(?::(.+))?")


@dataclass(frozen=True, slots=True)
class Symbol:
    r"""One symbol of a formula, tied to what it is on the screen.

    Parameters
    ----------
    tex
        LaTeX as the formula has it, without its indices: ``\alpha``. It names the symbol too.
    what
        A few words that say what it is; may hold numbers of the result.
    role
        What it is to the formula, which decides its colour, so that a result looks the same in all lessons.
    value
        Its number at present.
    to
        ``panel:SLUG``, ``chart:SLUG``, ``control:NAME`` or ``play``; "" where it names nothing that is shown.
    """

    tex: str
    what: str
    role: Role
    value: Placeholder | None = None
    to: str = ""

    @property
    def colour(self) -> int:
        """Index of its colour among the theme's symbols."""
        return ROLES.index(self.role)

    @property
    def place(self) -> tuple[str, str]:
        """What kind of thing it names, and the thing's own name: ``("chart", "scores")``."""
        kind, _, name = self.to.partition(":")
        return kind, name

    @property
    def placeholders(self) -> tuple[Placeholder, ...]:
        """Every number that it asks for."""
        inside = (Placeholder(m[1], m[2] or DEFAULT_SPEC) for m in PLACEHOLDER.finditer(self.what))
        return (*inside, *((self.value,) if self.value else ()))


def read_symbols(text: str) -> tuple[Symbol, ...]:
    """Read the symbols of a front matter.

    Raises
    ------
    ValueError
        If it is no list of objects with the right keys, or two share a role or a symbol; the text says which.
    """
    try:
        rows = json.loads(text) if text else []
    except (ValueError, RecursionError) as error:
        raise ValueError("are not JSON") from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError("are not a list of objects")
    found = tuple(_symbol(row) for row in rows)
    for part in ("tex", "role"):
        given = [getattr(one, part) for one in found]
        if twice := next((one for one in given if given.count(one) > 1), None):
            raise ValueError(f"give {twice} twice")
    return found


def _symbol(row: Mapping[str, Any]) -> Symbol:
    if not {"tex", "is", "role"} <= row.keys() <= KEYS or not all(isinstance(one, str) for one in row.values()):
        raise ValueError(f"have a row that is not made of {', '.join(sorted(KEYS))}, each a text")
    if row["role"] not in ROLES:
        raise ValueError(f"have a role {row['role']}, which is none of {', '.join(ROLES)}")
    if not 0 < len(row["tex"]) <= LONGEST_TEX:
        raise ValueError(f"have a symbol that is empty or longer than {LONGEST_TEX} characters")
    return Symbol(row["tex"], row["is"], row["role"], _placeholder(row.get("value", "")), _place(row.get("to", "")))


def _placeholder(text: str) -> Placeholder | None:
    if not text:
        return None
    match = _VALUE.fullmatch(text)
    if match is None:
        raise ValueError(f"have a value {text}, which is not written as name:.2f")
    return Placeholder(match[1], match[2] or DEFAULT_SPEC)


def _place(text: str) -> str:
    kind, colon, name = text.partition(":")
    if text and (kind not in PLACES or bool(colon and name) == (kind == "play")):
        raise ValueError(f"point to {text}, which is not panel:…, chart:…, control:… or play")
    return text
