"""Lessons as nobody should write them: Markdown, heads, links and formulas."""

import html
import re

from fuzzing import limited
from judging import sentence
from mutations import ODD_TEXT, spoiled, text

from explainer.commands import bootstrap
from explainer.core.paths import resource
from explainer.core.problem import ExplainerError
from explainer.lessons.filling import fill
from explainer.lessons.links import parse_try
from explainer.lessons.markdown import parse
from explainer.render import formula

LIMITS = limited(cpu_s=10.0)
HEAD = "---\nid: one\ntopic: 1\nchapter: 1\ntitle: {}\ndemo: some-demo\npapers: {}\npreset: {}\n---\n"
PIECES = (
    "# ", "## ", "> ", "- ", "1. ", "* " * 50, "> " * 200, "`", "```\n", "~~~", "| a | b |\n|---|---|\n| c | d |\n",
    "[", "](",
    "](try:", "](try:a=1&a=2)", "](lesson:x)", "](javascript:alert(1))", "](file:///etc/passwd)", "![x](y.png)",
    "<script>",
    "<img src=x onerror=y>", "&lt;", "&#0;", "&#x110000;", "$", "$$\n", "\\(", "\\[", "{value:", "{value:score:.2f}",
    "{value:a:.999f}", "{value:a:>99999}", "{value:a:%s}", "[@", "[@key]", "[@" * 40, "**", "__", "*_*_" * 20,
    "\n\n", "\n",
    "    code\n", "---\n", "***\n", "[a]: b\n", "[^1]", "[^1]: note\n", "http://a.example", "\\", "\0", "(" * 60,
    "[" * 300,
)  # fmt: skip
LATEX = (
    "x", "^", "_", "{", "}", "\\frac", "\\frac{1}{2}", "\\sqrt", "\\left(", "\\right)", "\\sum_{i=1}^{n}",
    "\\begin{matrix}",
    "\\end{matrix}", "&", "\\\\", "\\text{", "\\mathbb{R}", "\\unknown", "\\def\\x{\\x\\x}\\x", "\\over", "'", "%",
    "#", "~", "<",
    ">", "\\color{red}", "\\input{/etc/passwd}", "\\href{javascript:x}{y}", "é", "一", "\\operatorname{", "{" * 40,
    "x_{" * 30, "\\sqrt{" * 30, "\\frac{" * 30, "\\underbrace{", "\\hspace{99999em}", "\\large", "\\\\" * 50,
)  # fmt: skip
_lessons = []


def prepare(_folder):
    """The lessons that are shipped, to be spoiled."""
    _lessons.extend(path.read_bytes() for path in sorted(resource("lessons").glob("*.md")))


def case(draw, _folder):
    """One page, read, filled with numbers, its formulas set."""
    try:
        lesson = parse(_page(draw), bootstrap.library().papers, "one.md")
    except ExplainerError as error:
        sentence(error.problem)
        return
    _harmless(lesson.html)
    values = {name: draw.choice((0.5, -1e300, 1e-320, 12345.678)) for name in ("score", "a", "peak_x_px")}
    filled, formulas = fill(lesson, values)
    _harmless(filled)
    for one in list(formulas.values())[:6]:
        _set(one.latex)
    for href in re.findall(r'href="([^"]*)"', filled):
        _link(html.unescape(href))


def _page(draw):
    way = draw.randrange(4)
    if way == 0:
        return spoiled(draw, draw.choice(_lessons), _lessons).decode("utf8", "replace")
    head = HEAD.format("One", "", "{}") if way > 1 else HEAD.format(text(draw), text(draw), text(draw))
    return head + "".join(_piece(draw) for _ in range(draw.choice((3, 20, 100))))


def _piece(draw):
    way = draw.randrange(6)
    if way == 0:
        return f"${''.join(draw.choice(LATEX) for _ in range(draw.randrange(1, 9)))}$"
    if way == 1:
        return f"\n\n$$\n{''.join(draw.choice(LATEX) for _ in range(draw.randrange(1, 9)))}\n$$\n"
    return draw.choice(ODD_TEXT) if way == 2 else draw.choice(PIECES)


def _harmless(page):
    """Nothing in a page obeys the file: no script, no picture but formulas, no address but known ones."""
    assert not re.search(r"<\s*(script|iframe|object|style|link|meta)\b", page, re.IGNORECASE), page[:500]
    for source in re.findall(r"<img[^>]*src=\"([^\"]*)\"", page):
        assert source.startswith("formula:"), source


def _link(href):
    if href.startswith("try:"):
        try:
            parse_try(href)
        except ValueError as error:
            assert str(error)


def _set(latex):
    try:
        made = formula.svg(latex, 16.0, "#000000")
    except ValueError:
        return
    assert made.startswith(b"<svg"), made[:80]
    assert len(made) < 20_000_000
