"""A lesson as a plain value: its front matter, and its text ready for a rich-text view."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

Role = Literal["result", "weight", "input", "score"]
ROLES: tuple[Role, ...] = get_args(Role)
"""In the order of the theme's colours for symbols."""
HERO = "hero"
"""Where a symbol names a panel: the first that stands large, whatever its title is."""


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula in LaTeX; `display` ones stand on a line of their own."""

    latex: str
    display: bool


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of the text: `level` 2 or deeper, and the name of the anchor in front of it."""

    level: int
    text: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A number of the current result that the text asks for, and how it is printed."""

    name: str
    spec: str


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


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page that opens and folds: its heading, the heading's anchor, and the HTML below it."""

    title: str
    anchor: str
    html: str


@dataclass(frozen=True, slots=True)
class TryCard:
    """Something to try: what to do, HTML that says what will be seen, and the ``try:`` link that does it."""

    title: str
    html: str
    href: str


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """The same text, cut into the parts of a page.

    Parameters
    ----------
    lead
        What stands open at the top.
    formula
        Key of the formula below it, "" where there is none.
    cards
        What can be tried; `asides` is what else stands under *Try*.
    sections
        All others, in the order of the text.
    """

    lead: str = ""
    formula: str = ""
    cards: tuple[TryCard, ...] = ()
    asides: str = ""
    sections: tuple[Section, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """One page of text that belongs to a demo.

    Parameters
    ----------
    topics
        Numbers of the topics it teaches, the main one first.
    demo, preset
        The demo that the page opens, and the parameters it sets there.
    papers
        Keys in ``papers.bib``.
    html
        The text in the subset of HTML that a rich-text view understands. Each formula is an
        ``<img src="formula:KEY">``; each number of the current result is a quiet dash until `fill` puts
        it in. Links: ``try:name=value&name2=value2``, ``lesson:ID``, ``demo:ID`` and ``https:``.
    formulas
        KEY → formula. LaTeX may hold placeholders that `fill` replaces.
    links
        Every target of a link, in the order of the text.
    cites
        Every key that the text cites as ``[@key]``.
    placeholders
        Every number that prose and formulas ask for.
    text
        The words alone, for the search.
    symbols
        Of its formulas: what they stand for, and what they are tied to.
    page
        The text as the window shows it.
    """

    id: str
    topics: tuple[int, ...]
    chapter: int
    title: str
    demo: str
    preset: Mapping[str, Any]
    papers: tuple[str, ...]
    html: str
    formulas: Mapping[str, Formula]
    headings: tuple[Heading, ...] = ()
    links: tuple[str, ...] = ()
    cites: tuple[str, ...] = ()
    placeholders: tuple[Placeholder, ...] = ()
    text: str = ""
    symbols: tuple[Symbol, ...] = ()
    page: Page = Page()

    @property
    def topic(self) -> int:
        """The main topic."""
        return self.topics[0]
