"""From a lesson's Markdown to the HTML of a rich-text view, with formulas and numbers still open.

Beside CommonMark and tables a lesson may hold ``$…$`` and ``$$…$$`` (LaTeX), ``{value:name:.2f}`` (a number
of the current result, also inside a formula), ``[@key]`` (a paper) and ``[words](try:name=value)`` (a link
that moves controls). Raw HTML and pictures are not read.
"""

import re
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from html import escape
from itertools import pairwise
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from mdit_py_plugins.dollarmath import dollarmath_plugin

from explainer.core.problem import ExplainerError
from explainer.lessons.filling import (
    DEFAULT_SPEC,
    PLACEHOLDER,
    anchor,
    as_prose,
    formula_key,
    value_span,
)
from explainer.lessons.front_matter import FrontMatter, split
from explainer.lessons.glossary import glossary
from explainer.lessons.lesson import Formula, Heading, Lesson, Page, Placeholder, Section
from explainer.lessons.links import SCHEMES, scheme
from explainer.lessons.page import TRY, page_of, plain
from explainer.lessons.papers import Paper
from explainer.lessons.symbols import placeholders_of

MOST_FORMULAS = 100
"""Formulas of one lesson; ours have up to 12. Each takes some hundredths of a second to set."""
SOURCES = "Sources"
_CITE = re.compile(r"\[@([A-Za-z][A-Za-z0-9_-]*)\]")
_Env = MutableMapping[str, Any]


@dataclass(slots=True)
class _Found:
    """What the renderer meets on its way through one text."""

    papers: Mapping[str, Paper]
    formulas: dict[str, Formula] = field(default_factory=dict)
    links: list[str] = field(default_factory=list)
    cites: list[str] = field(default_factory=list)
    placeholders: list[Placeholder] = field(default_factory=list)


def parse(source: str, papers: Mapping[str, Paper] | None = None, where: str = "") -> Lesson:
    """Read one lesson.

    Parameters
    ----------
    source
        The file: front matter and Markdown.
    papers
        Key → paper, for citations and the list at the end; an unknown key is printed as it stands.
    where
        The file's name, for messages.

    Raises
    ------
    ExplainerError
        If the front matter or the format of a number is not readable, or the file is too long.
    """
    return read(*split(source, where), where, papers or {})


def read(head: FrontMatter, body: str, where: str, papers: Mapping[str, Paper]) -> Lesson:
    """Read the Markdown that follows a head which was read before; see `parse`."""
    found = _Found(papers)
    tokens = _parsed(body, where)
    html = _reader().renderer.render(tokens, _reader().options, {"found": found})
    headings = _headings(tokens)
    references = "" if any(one.text == SOURCES for one in headings) else _references(head.papers, papers)
    found.placeholders += [one for symbol in head.symbols for one in placeholders_of(symbol)]
    _require_formats(found.placeholders, where)
    return Lesson(
        id=head.id, topics=head.topics, chapter=head.chapter, title=head.title, demo=head.demo,
        preset=head.preset, papers=head.papers, html=f"<h1>{escape(head.title)}</h1>\n{html}{_listed(references)}",
        formulas=found.formulas, headings=headings, links=tuple(found.links), cites=tuple(found.cites),
        placeholders=tuple(dict.fromkeys(found.placeholders)), text=_words(tokens), symbols=head.symbols,
        page=_page(tokens, head, papers, references),
    )  # fmt: skip


def _parsed(body: str, where: str) -> list[Token]:
    """Parse within bounds: a file from somebody else must not stop the program."""
    tokens = _reader().parse(body)
    inside = (token for block in tokens for token in (block, *(block.children or ())))
    if sum(token.type.startswith("math") for token in inside) > MOST_FORMULAS:
        what = f"Lesson {where} has more than {MOST_FORMULAS} formulas."
        raise ExplainerError(what, "Make several lessons of it.")
    return tokens


@cache
def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    reader.use(dollarmath_plugin, allow_labels=False, allow_space=True, allow_digits=False)
    reader.inline.ruler.before("link", "cite", _cite_rule)
    reader.inline.ruler.after("escape", "value", _value_rule)
    # What a link may point at is decided by `problems` and `_link`; the address is kept as written.
    reader.validateLink = lambda url: True  # type: ignore[method-assign]  # noqa: ARG005
    reader.normalizeLink = lambda url: url  # type: ignore[method-assign]
    for name, rule in _RULES.items():
        reader.add_render_rule(name, rule)
    return reader


# Syntax of our own --------------------------------------------------------------------------------------


def _value_rule(state: StateInline, silent: bool) -> bool:
    match = PLACEHOLDER.match(state.src, state.pos)
    if match is None:
        return False
    if not silent:
        state.push("value", "", 0).meta = {"name": match[1], "spec": match[2] or DEFAULT_SPEC}
    state.pos = match.end()
    return True


def _cite_rule(state: StateInline, silent: bool) -> bool:
    match = _CITE.match(state.src, state.pos)
    if match is None:
        return False
    if not silent:
        state.push("cite", "", 0).meta = {"key": match[1]}
    state.pos = match.end()
    return True


# Rendering ----------------------------------------------------------------------------------------------


def _value(_self: RendererHTML, tokens: Sequence[Token], at: int, _o: OptionsDict, env: _Env) -> str:
    placeholder = Placeholder(tokens[at].meta["name"], tokens[at].meta["spec"])
    env["found"].placeholders.append(placeholder)
    return value_span(placeholder, {})


def _cite(_self: RendererHTML, tokens: Sequence[Token], at: int, _o: OptionsDict, env: _Env) -> str:
    key = tokens[at].meta["key"]
    env["found"].cites.append(key)
    paper = env["found"].papers.get(key)
    return _linked(paper, escape(paper.cite)) if paper else escape(key)


def _inline_formula(_self: RendererHTML, tokens: Sequence[Token], at: int, _o: OptionsDict, env: _Env) -> str:
    return _formula(tokens[at].content, env["found"], display=False)


def _block_formula(_self: RendererHTML, tokens: Sequence[Token], at: int, _o: OptionsDict, env: _Env) -> str:
    return f'<p align="center">{_formula(tokens[at].content, env["found"], display=True)}</p>\n'


def _formula(latex: str, found: _Found, *, display: bool) -> str:
    formula = _as_formula(latex, display=display)
    key = formula_key(formula)
    found.formulas[key] = formula
    found.placeholders += [Placeholder(m[1], m[2] or DEFAULT_SPEC) for m in PLACEHOLDER.finditer(latex)]
    return f'<img src="formula:{key}">'


def _as_formula(latex: str, *, display: bool) -> Formula:
    return Formula(" ".join(latex.split()), display)


def _link(self: RendererHTML, tokens: Sequence[Token], at: int, options: OptionsDict, env: _Env) -> str:
    href = str(tokens[at].attrs.get("href", ""))
    env["found"].links.append(href)
    if scheme(href) not in SCHEMES:
        return "<a>"
    return self.renderToken(tokens, at, options, env)


def _table(_self: RendererHTML, _t: Sequence[Token], _at: int, _o: OptionsDict, _env: _Env) -> str:
    return '<table cellspacing="0" cellpadding="5">\n'  # a rich-text view knows no CSS padding of cells


def _heading(_self: RendererHTML, tokens: Sequence[Token], at: int, _o: OptionsDict, _env: _Env) -> str:
    level = _level(tokens[at])
    return f'<h{level}><a name="{anchor(plain(tokens[at + 1]))}"></a>'


def _heading_end(_self: RendererHTML, tokens: Sequence[Token], at: int, _o: OptionsDict, _env: _Env) -> str:
    return f"</h{_level(tokens[at])}>\n"


_RULES = {
    "value": _value, "cite": _cite, "math_inline": _inline_formula, "math_inline_double": _block_formula,
    "math_block": _block_formula, "link_open": _link, "table_open": _table, "heading_open": _heading,
    "heading_close": _heading_end,
}  # fmt: skip


def _linked(paper: Paper, html: str) -> str:
    return f'<a href="{escape(paper.link)}">{html}</a>' if paper.link else html


def _references(keys: Sequence[str], papers: Mapping[str, Paper]) -> str:
    lines = [f"<li>{_reference(key, papers.get(key))}</li>" for key in keys]
    return "<ul>\n" + "\n".join(lines) + "\n</ul>\n" if lines else ""


def _listed(references: str) -> str:
    return f'<h2><a name="{anchor(SOURCES)}"></a>{SOURCES}</h2>\n{references}' if references else ""


def _reference(key: str, paper: Paper | None) -> str:
    if paper is None:
        return escape(key)
    before, title, after = paper.reference.partition(paper.title)
    return escape(before) + _linked(paper, escape(title)) + escape(after)


def _page(tokens: list[Token], head: FrontMatter, papers: Mapping[str, Paper], references: str) -> Page:
    """Cut the text into the parts of a page. What they hold was counted before, so it is not again."""

    def render(some: Sequence[Token]) -> str:
        return str(_reader().renderer.render(some, _reader().options, {"found": _Found(papers)}))

    def key_of(latex: str) -> str:
        return formula_key(_as_formula(latex, display=True))

    page = page_of(glossary().marked(tokens, (TRY,)), render, key_of, head.symbols)
    if not references:
        return page
    return replace(page, sections=(*page.sections, Section(SOURCES, anchor(SOURCES), references)))


# What is kept beside the HTML ---------------------------------------------------------------------------


def _level(token: Token) -> int:
    return max(2, int(token.tag[1:]))  # h1 is the lesson's title


def _headings(tokens: Sequence[Token]) -> tuple[Heading, ...]:
    pairs = pairwise(tokens)
    found = [(_level(t), plain(inline)) for t, inline in pairs if t.type == "heading_open"]
    return tuple(Heading(level, text, anchor(text)) for level, text in found)


def _words(tokens: Sequence[Token]) -> str:
    return "\n".join(plain(token) for token in tokens if token.type == "inline")


def _require_formats(placeholders: Sequence[Placeholder], where: str) -> None:
    for one in placeholders:
        try:
            as_prose(0.5, one.spec)
        except ValueError as error:
            what = f"Lesson {where} prints {one.name} in the format {one.spec}, which is none."
            raise ExplainerError(what, "Use a format like .2f or .0%.") from error
