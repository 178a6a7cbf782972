"""Words of the field, and the first place in a lesson where each of them stands."""

import re
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markdown_it.token import Token

from explainer.core.layers import slug
from explainer.core.paths import resource

SCHEME = "term"
_LINE = re.compile(r"^- \*\*(?P<name>[^*]+)\*\*(?: \((?P<forms>[^)]*)\))? – (?P<said>.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the field, its other forms, and what it means in a sentence or two."""

    name: str
    forms: tuple[str, ...]
    said: str

    @property
    def key(self) -> str:
        """What a link to it says after ``term:``."""
        return slug(self.name)


class Glossary:
    """Terms by their keys; the longer of two that begin alike is found first."""

    def __init__(self, terms: Iterable[Term]) -> None:
        self.terms: Mapping[str, Term] = {term.key: term for term in terms}
        self._of_form = {form.casefold(): term for term in self.terms.values() for form in (term.name, *term.forms)}
        longest_first = sorted(self._of_form, key=len, reverse=True)
        words = "|".join(re.escape(form) for form in longest_first)
        self._pattern = re.compile(rf"(?<![\w-])(?:{words})(?![\w-])", re.IGNORECASE) if words else None

    def marked(self, tokens: Sequence[Token], titles: Iterable[str] = ()) -> list[Token]:
        """Return blocks of Markdown in which the first of each term stands between ``term_open`` and ``term_close``.

        Headings, links, code and formulas are left alone.

        Parameters
        ----------
        titles
            Sections that have none.
        """
        left = dict(self.terms)
        skipped, title, made = frozenset(titles), "", []
        for at, token in enumerate(tokens):
            is_heading = at > 0 and tokens[at - 1].type == "heading_open"
            if is_heading:
                title = token.content.strip()
            if token.type == "inline" and not is_heading and title not in skipped:
                token = copy(token)
                token.children = self._inline(token.children or [], left)
            made.append(token)
        return made

    def _inline(self, children: Sequence[Token], left: dict[str, Term]) -> list[Token]:
        made: list[Token] = []
        links = 0
        for token in children:
            links += (token.type == "link_open") - (token.type == "link_close")
            made += self._cut(token, left) if token.type == "text" and not links else [token]
        return made

    def _cut(self, token: Token, left: dict[str, Term]) -> list[Token]:
        made: list[Token] = []
        done = 0
        for match in self._pattern.finditer(token.content) if self._pattern else ():
            term = self._of_form[match[0].casefold()]
            if left.pop(term.key, None) is not None:
                opened = Token("term_open", "a", 1, attrs={"href": f"{SCHEME}:{term.key}"})
                before, word = _text(token, done, match.start()), _text(token, *match.span())
                made += [*before, opened, *word, Token("term_close", "a", -1)]
                done = match.end()
        return [*made, *_text(token, done, len(token.content))]


def _text(token: Token, start: int, end: int) -> list[Token]:
    piece = copy(token)
    piece.content = token.content[start:end]
    return [piece] if piece.content else []


def read_glossary(path: Path) -> Glossary:
    """Read a list whose lines are ``- **word** (form, form) – meaning``.

    Raises
    ------
    OSError, UnicodeDecodeError
        If the file cannot be read.
    """
    found = _LINE.finditer(path.read_text(encoding="utf-8"))
    return Glossary(Term(m["name"], _forms(m["forms"]), m["said"]) for m in found)


def _forms(text: str | None) -> tuple[str, ...]:
    return tuple(form.strip() for form in text.split(",")) if text else ()


@cache
def glossary() -> Glossary:
    """Words of the program's own glossary; none where its file cannot be read, as lessons do without."""
    try:
        return read_glossary(resource("glossary.md"))
    except (OSError, UnicodeDecodeError):
        return Glossary(())
