"""Read the symbols of a lesson's formula from its front matter."""

import json
import re
from collections.abc import Mapping
from typing import Any

from explainer.lessons.filling import DEFAULT_SPEC, PLACEHOLDER
from explainer.lessons.lesson import ROLES, Placeholder, Symbol

PLACES = ("panel", "chart", "control", "play")
KEYS = {"tex", "is", "role", "value", "to"}
LONGEST_TEX = 40
_VALUE = re.compile(r"([a-z][a-z0-9_]*)(?::(.+))?")


def placeholders_of(symbol: Symbol) -> tuple[Placeholder, ...]:
    """Every number that a symbol asks for."""
    inside = (Placeholder(m[1], m[2] or DEFAULT_SPEC) for m in PLACEHOLDER.finditer(symbol.what))
    return (*inside, *((symbol.value,) if symbol.value else ()))


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
