"""A small reader of BibTeX, and the papers as text."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from explainer.core.problem import ExplainerError

_ENTRY = re.compile(r"@(\w+)\s*\{\s*([^\s,{}]+)\s*,")
_FIELD = re.compile(r"\s*,?\s*(\w+)\s*=\s*")
_SHOWN_AUTHORS = 6
_VENUES = ("journal", "booktitle", "publisher", "howpublished")


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper or book that a lesson or a demo names by its key.

    Parameters
    ----------
    authors
        Family name, then given names: ``("Bolme, David S.", …)``.
    year
        Year of publication.
    doi, url
        Empty where unknown; `doi` without the resolver's address.
    """

    key: str
    authors: tuple[str, ...]
    title: str
    year: int
    venue: str
    doi: str = ""
    url: str = ""

    @property
    def families(self) -> tuple[str, ...]:
        """Family names alone."""
        return tuple(author.partition(",")[0] for author in self.authors)

    @property
    def cite(self) -> str:
        """Short form for a sentence: ``"Selvaraju et al. 2017"``, ``"Tan and Le 2019"``."""
        names = self.families
        if len(names) <= 2:
            return f"{' and '.join(names)} {self.year}"
        return f"{names[0]} et al. {self.year}"

    @property
    def link(self) -> str:
        """Address to open: the DOI's, else the one given, else ``""``."""
        return f"https://doi.org/{self.doi}" if self.doi else self.url

    @property
    def reference(self) -> str:
        """The full line: authors, year, title, venue and DOI."""
        shown = "; ".join(self.authors[:_SHOWN_AUTHORS])
        more = " et al." if len(self.authors) > _SHOWN_AUTHORS else ""
        doi = f" doi:{self.doi}" if self.doi else ""
        return f"{shown}{more} ({self.year}). {self.title}. {self.venue}.{doi}"


def read_papers(path: Path) -> dict[str, Paper]:
    """Read a BibTeX file: key → paper, in the order of the file.

    Raises
    ------
    ExplainerError
        If an entry is not closed, lacks author, title, year or venue, or a key comes twice.
    """
    return parse_papers(path.read_text(encoding="utf-8"))


def parse_papers(text: str) -> dict[str, Paper]:
    """Read BibTeX from a string; see `read_papers`."""
    papers: dict[str, Paper] = {}
    for key, fields in _entries(text):
        if key in papers:
            raise _wrong(key, "comes twice", "Keep one entry.")
        papers[key] = _paper(key, fields)
    return papers


def _entries(text: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    at = 0
    while match := _ENTRY.search(text, at):
        fields, at = _fields(text, match.end(), match[2])
        if match[1].lower() != "comment":
            yield match[2], fields


def _fields(text: str, at: int, key: str) -> tuple[dict[str, str], int]:
    fields: dict[str, str] = {}
    while match := _FIELD.match(text, at):
        value, at = _value(text, match.end(), key)
        fields[match[1].lower()] = " ".join(value.split())
    end = re.compile(r"\s*,?\s*\}").match(text, at)
    if end is None:
        raise _wrong(key, "is not closed or has a line that cannot be read", "Check its braces and commas.")
    return fields, end.end()


def _value(text: str, at: int, key: str) -> tuple[str, int]:
    """Read ``{…}`` with braces inside, ``"…"`` or a bare number, and return it with the place after it."""
    if text[at : at + 1] == "{":
        end = _closing(text, at, key)
        return text[at + 1 : end].replace("{", "").replace("}", ""), end + 1
    if text[at : at + 1] == '"':
        end = text.find('"', at + 1)
        if end < 0:
            raise _wrong(key, "has an open quote", "Close it.")
        return text[at + 1 : end].replace("{", "").replace("}", ""), end + 1
    bare = re.compile(r"\w+").match(text, at)
    if bare is None:
        raise _wrong(key, "has a field without a value", "Give it one in braces.")
    return bare[0], bare.end()


def _closing(text: str, at: int, key: str) -> int:
    depth = 0
    for i in range(at, len(text)):
        depth += {"{": 1, "}": -1}.get(text[i], 0)
        if depth == 0:
            return i
    raise _wrong(key, "is not closed", "Check its braces.")


def _paper(key: str, fields: Mapping[str, str]) -> Paper:
    venue = next((fields[name] for name in _VENUES if fields.get(name)), "")
    needed = {"author": fields.get("author"), "title": fields.get("title"), "venue": venue}
    missing = [name for name, value in needed.items() if not value]
    if missing or not fields.get("year", "").isdigit():
        raise _wrong(key, f"lacks {', '.join(missing) or 'a year'}", "Add it.")
    authors = tuple(_author(name) for name in re.split(r"\s+and\s+", fields["author"]))
    return Paper(
        key, authors, fields["title"], int(fields["year"]), venue, fields.get("doi", ""), fields.get("url", "")
    )


def _author(name: str) -> str:
    if "," in name:
        return name.strip()
    given, _, family = name.strip().rpartition(" ")
    return f"{family}, {given}" if given else family


def _wrong(key: str, what: str, todo: str) -> ExplainerError:
    return ExplainerError(f"The paper {key} {what}.", todo)
