"""Cut a lesson's Markdown into the parts of a page: what stands open, the formula, cards to try, folded sections.

A lesson says what stands open by text before its first heading. One that has none shows the first sentences of
its first section.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from copy import copy

from markdown_it.token import Token

from explainer.lessons.filling import anchor
from explainer.lessons.lesson import Page, Section, Symbol, TryCard
from explainer.lessons.links import scheme

TRY = "Try"
LEAD_WORDS = 28  # a lead goes on to the end of the sentence in which it has so many
Render = Callable[[Sequence[Token]], str]
_Part = tuple[str, list[Token]]
_JOINED = re.compile(r"^[ ,.:;]*(?:and\b *)?")
_WORDY = ("text", "code_inline", "softbreak", "hardbreak", "text_special")


def page_of(
    tokens: Sequence[Token], render: Render, key_of: Callable[[str], str], symbols: Sequence[Symbol] = ()
) -> Page:
    """Cut a text into the parts of a page.

    Parameters
    ----------
    render
        From blocks of Markdown to HTML.
    key_of
        From the LaTeX of a formula on its own line to its key.
    symbols
        The formula at the top is the one that has most of them, the first of equals.
    """
    first, *rest = _parts(tokens)
    tried = [part for title, part in rest if title == TRY]
    cards, asides = _cards([token for part in tried for token in part], render)
    sections = tuple(Section(title, anchor(title), render(part)) for title, part in rest if title != TRY)
    lead = first[1] or next((_opening(part) for title, part in rest if title != TRY), [])
    formulas = _formulas(first[1]) or _formulas(tokens)
    formula = max(formulas, key=lambda latex: sum(one.tex in latex for one in symbols), default="")
    words = [token for token in lead if token.type not in _DISPLAYED]
    return Page(render(words), key_of(formula) if formula else "", cards, render(asides), sections)


_DISPLAYED = ("math_block", "math_block_label")


def plain(inline: Token) -> str:
    """Return the words of a paragraph or a heading."""
    return _said(inline.children or [])


def _said(children: Sequence[Token]) -> str:
    return "".join(token.content or " " for token in children if token.type in _WORDY).strip()


def _parts(tokens: Sequence[Token]) -> list[_Part]:
    """What stands before the first heading, under no title, then each section."""
    parts: list[_Part] = [("", [])]
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if token.type == "heading_open" and token.tag in ("h1", "h2"):
            parts.append((plain(tokens[at + 1]), []))
            at += 3
        else:
            parts[-1][1].append(token)
            at += 1
    return parts


def _formulas(tokens: Sequence[Token]) -> list[str]:
    blocks = (token for block in tokens for token in (block, *(block.children or ())))
    return [token.content for token in blocks if token.type in (*_DISPLAYED, "math_inline_double")]


# What stands open ---------------------------------------------------------------------------------------


def _opening(tokens: Sequence[Token]) -> list[Token]:
    """First sentences of the first paragraph."""
    start = next((at for at, token in enumerate(tokens) if token.type == "paragraph_open"), None)
    if start is None:
        return []
    inline = copy(tokens[start + 1])
    inline.children = _sentences(inline.children or [])
    return [tokens[start], inline, tokens[start + 2]]


def _sentences(children: Sequence[Token]) -> list[Token]:
    kept: list[Token] = []
    words = depth = 0
    for token in children:
        depth += token.nesting
        end = -1
        if token.type == "text" and depth == 0:
            end = _end_of_sentence(token.content, LEAD_WORDS - words)
        words += len(token.content.split()) if token.type in _WORDY else 1
        if end >= 0:
            last = copy(token)
            last.content = token.content[:end]
            return [*kept, last]
        kept.append(token)
    return kept


def _end_of_sentence(text: str, words: int) -> int:
    """Where the first sentence ends that ends after so many words; −1 where none does."""
    at = text.find(". ")
    while at >= 0:
        if len(text[:at].split()) >= words:
            return at + 1
        at = text.find(". ", at + 1)
    return len(text) if text.endswith(".") and len(text.split()) >= words else -1


# What can be tried --------------------------------------------------------------------------------------


def _cards(tokens: Sequence[Token], render: Render) -> tuple[tuple[TryCard, ...], list[Token]]:
    """One card for each item of a list that has a ``try:`` link, and what is no such item."""
    cards: list[TryCard] = []
    others: list[Token] = []
    for item in _items(tokens):
        card = _card(item, render) if item[0].type == "list_item_open" else None
        if card is None:
            others += item
        else:
            cards.append(card)
    return tuple(cards), _without_empty_lists(others)


def _items(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """Each outermost item of a list as one piece, every other token as a piece of its own."""
    piece: list[Token] = []
    depth = 0
    for token in tokens:
        depth += (token.type == "list_item_open") - (token.type == "list_item_close")
        piece.append(token)
        if depth == 0:
            yield piece
            piece = []


def _card(item: Sequence[Token], render: Render) -> TryCard | None:
    inlines = [token for token in item if token.type == "inline"]
    if len(inlines) != 1:
        return None
    children = inlines[0].children or []
    start = next((at for at, token in enumerate(children) if _is_try(token)), None)
    if start is None:
        return None
    end = next(at for at in range(start, len(children)) if children[at].type == "link_close")
    before, words, after = children[:start], children[start + 1 : end], children[end + 1 :]
    line = [*before, *words, *after] if _said(before) else after
    inline = copy(inlines[0])
    inline.children = _as_sentence(line)
    return TryCard(_capital(_said(words)), render([inline]).strip(), str(children[start].attrs["href"]))


def _is_try(token: Token) -> bool:
    return token.type == "link_open" and scheme(str(token.attrs.get("href", ""))) == "try"


def _as_sentence(children: Sequence[Token]) -> list[Token]:
    """Begin with a capital, and not with what joined the words to the link before them."""
    made = [copy(token) for token in children]
    while made and made[0].type in ("text", "softbreak"):
        made[0].content = _JOINED.sub("", made[0].content)
        if made[0].content:
            break
        del made[0]
    first = next((token for token in made if token.type == "text"), None)
    if first is not None and made.index(first) <= 1:  # itself, or the first word of a link
        first.content = _capital(first.content)
    return made


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _without_empty_lists(tokens: Sequence[Token]) -> list[Token]:
    kept: list[Token] = []
    for token in tokens:
        if token.type.endswith("list_close") and kept and kept[-1].type.endswith("list_open"):
            kept.pop()
        else:
            kept.append(token)
    return kept
