"""The head of a lesson's file: ``key: value`` lines between two lines of three dashes.

An indented line goes on with the value above it.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from explainer.core.problem import ExplainerError
from explainer.lessons.lesson import Symbol
from explainer.lessons.symbols import read_symbols

REQUIRED = ("id", "topic", "chapter", "title", "demo")
OPTIONAL = ("preset", "papers", "symbols")
MOST_FIGURES = 6
LONGEST = 64_000
"""Characters of a file; the longest of our lessons has 5,000. Markdown of twice the length may take four times as
long to read."""
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What the head of a file says. See `Lesson` for the meaning of each."""

    id: str
    topics: tuple[int, ...]
    chapter: int
    title: str
    demo: str
    preset: Mapping[str, Any]
    papers: tuple[str, ...]
    symbols: tuple[Symbol, ...] = ()


def split(source: str, where: str) -> tuple[FrontMatter, str]:
    """Split a file into its front matter and its Markdown.

    Parameters
    ----------
    source
        The whole file.
    where
        The file's name, for messages.

    Raises
    ------
    ExplainerError
        If the file is too long, the head is missing, or a key is missing, unknown, given twice or not readable.
    """
    if len(source) > LONGEST:
        raise _wrong(where, f"is longer than {LONGEST:,} characters", "Make several lessons of it.")
    lines = source.lstrip("\ufeff").splitlines()
    if not lines or lines[0].strip() != "---" or "---" not in (line.strip() for line in lines[1:]):
        raise _wrong(where, "has no front matter", "Start the file with the keys between two lines of ---.")
    end = next(i for i, line in enumerate(lines[1:], 1) if line.strip() == "---")
    return _typed(_pairs(lines[1:end], where), where), "\n".join(lines[end + 1 :])


def _pairs(lines: list[str], where: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for line in _joined(lines):
        key, colon, value = line.partition(":")
        key = key.strip()
        if not colon or key not in REQUIRED + OPTIONAL:
            allowed = ", ".join(REQUIRED + OPTIONAL)
            raise _wrong(where, f"has an unknown line in its front matter: {line.strip()}", f"Use {allowed}.")
        if key in pairs:
            raise _wrong(where, f"gives {key} twice", "Keep one of the two.")
        pairs[key] = value.strip()
    missing = [key for key in REQUIRED if not pairs.get(key)]
    if missing:
        raise _wrong(where, f"lacks {', '.join(missing)} in its front matter", "Add what is missing.")
    return pairs


def _joined(lines: list[str]) -> list[str]:
    """Put indented lines behind the one above them."""
    joined: list[str] = []
    for line in lines:
        if line[:1].isspace() and line.strip() and joined:
            joined[-1] += " " + line.strip()
        elif line.strip():
            joined.append(line)
    return joined


def _typed(pairs: Mapping[str, str], where: str) -> FrontMatter:
    for key in ("id", "demo"):
        if not _ID.fullmatch(pairs[key]):
            raise _wrong(where, f"has an odd {key}: {pairs[key]}", "Use lower case, figures and hyphens.")
    topics = tuple(_number(item, "topic", where) for item in _items(pairs["topic"]))
    return FrontMatter(
        id=pairs["id"], topics=topics, chapter=_number(pairs["chapter"], "chapter", where),
        title=pairs["title"], demo=pairs["demo"], preset=_preset(pairs.get("preset", ""), where),
        papers=_items(pairs.get("papers", "")), symbols=_symbols(pairs.get("symbols", ""), where),
    )  # fmt: skip


def _items(text: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in text.strip("[]").split(",") if item.strip())


def _number(text: str, key: str, where: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_FIGURES):
        raise _wrong(where, f"has {text!r} as {key}", "Give a whole number.")
    return int(text)


def _preset(text: str, where: str) -> dict[str, Any]:
    if not text:
        return {}
    try:
        preset = json.loads(text)
    except (ValueError, RecursionError) as error:
        why = error.msg if isinstance(error, json.JSONDecodeError) else "it is nested too deeply or too long"
        raise _wrong(where, f"has a preset that is not JSON ({why})", 'Write {"name": value}.') from error
    if not isinstance(preset, dict):
        raise _wrong(where, "has a preset that is not an object", 'Write {"name": value}.')
    return preset


def _symbols(text: str, where: str) -> tuple[Symbol, ...]:
    try:
        return read_symbols(text)
    except ValueError as error:
        what = f"has symbols that {error}"
        raise _wrong(where, what, 'Write [{"tex": …, "is": …, "role": …, "value": …, "to": …}].') from error


def _wrong(where: str, what: str, todo: str) -> ExplainerError:
    return ExplainerError(f"Lesson {where} {what}.", todo)
