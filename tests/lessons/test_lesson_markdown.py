"""Markdown to HTML."""

import re

import pytest

from explainer.core.problem import ExplainerError
from explainer.lessons.lesson import Formula, Placeholder
from explainer.lessons.markdown import parse
from explainer.lessons.papers import Paper

HEAD = "---\nid: one\ntopic: 1\nchapter: 1\ntitle: A < B\ndemo: some-demo\npapers: {}\n---\n"
TAN = Paper("tan2019", ("Tan, Mingxing", "Le, Quoc V."), "Efficient & small", 2019, "ICML", url="https://a.org/x")


def _lesson(body, papers=(), keys=""):
    return parse(HEAD.format(keys) + body, {p.key: p for p in papers}, "one.md")


def test_title_is_escaped_and_headings_get_anchors():
    lesson = _lesson("## When it *misleads*\n\n# Top\n\ntext")
    assert lesson.html.startswith("<h1>A &lt; B</h1>")
    assert '<h2><a name="when-it-misleads"></a>When it <em>misleads</em></h2>' in lesson.html
    assert [(h.level, h.text) for h in lesson.headings] == [(2, "When it misleads"), (2, "Top")]


def test_raw_html_is_shown_and_not_obeyed():
    lesson = _lesson("a <script>alert(1)</script> <b>c</b>\n\n<img src='x'>\n")
    assert "<script" not in lesson.html
    assert "<b>" not in lesson.html
    assert "<img" not in lesson.html
    assert "&lt;script&gt;" in lesson.html


def test_pictures_are_not_read():
    assert "<img" not in _lesson("![alt](https://a.org/b.png)").html


def test_formulas_become_pictures_with_a_table():
    lesson = _lesson("An $x_i^2$ and *y* here, $x_i^2$ again.\n\n$$\ny = \\frac{1}{2}\n$$\n")
    keys = re.findall(r'<img src="formula:([0-9a-f]+)">', lesson.html)
    assert len(keys) == 3
    assert keys[0] == keys[1]
    assert lesson.formulas == {
        keys[0]: Formula("x_i^2", display=False),
        keys[2]: Formula(r"y = \frac{1}{2}", display=True),
    }
    assert '<p align="center"><img' in lesson.html
    assert "$" not in lesson.html


def test_underscores_and_stars_in_formulas_are_no_emphasis():
    lesson = _lesson("$a_1 * b_2$ and $a_3 * b_4$")
    assert {f.latex for f in lesson.formulas.values()} == {"a_1 * b_2", "a_3 * b_4"}
    assert "<em>" not in lesson.html


def test_numbers_in_prose_and_formulas_are_found():
    lesson = _lesson("At {value:peak_x_px:.0f} px, {value:score}: $L = {value:map_max:.2e}$.")
    assert lesson.placeholders == (
        Placeholder("peak_x_px", ".0f"),
        Placeholder("score", ".3g"),
        Placeholder("map_max", ".2e"),
    )
    assert '<span class="value" data-value="peak_x_px:.0f">–</span>' in lesson.html


def test_code_keeps_our_syntax_as_it_is():
    lesson = _lesson("Write `{value:x:.2f}` and `[@key]` and `$y$`.")
    assert not lesson.placeholders
    assert not lesson.cites
    assert not lesson.formulas
    assert "<code>{value:x:.2f}</code>" in lesson.html


def test_a_format_that_is_none_is_refused():
    with pytest.raises(ExplainerError, match=r"prints score in the format \.2q"):
        _lesson("{value:score:.2q}")
    with pytest.raises(ExplainerError, match="prints score"):
        _lesson("$x = {value:score:.2q}$")


def test_links_keep_their_targets():
    lesson = _lesson(
        "[a](try:layer=blocks.10&method=grad-cam-pp) [b](lesson:two) [c](demo:three) [d](https://a.org/?x=1&y=2)"
    )
    assert lesson.links == (
        "try:layer=blocks.10&method=grad-cam-pp", "lesson:two", "demo:three", "https://a.org/?x=1&y=2",
    )  # fmt: skip
    assert '<a href="try:layer=blocks.10&amp;method=grad-cam-pp">a</a>' in lesson.html


@pytest.mark.parametrize("href", ["javascript:alert(1)", "file:///etc/passwd", "http://a.org", "plain", "data:x"])
def test_other_links_lead_nowhere_but_are_reported(href):
    lesson = _lesson(f"[a]({href})")
    assert "href" not in lesson.html
    assert lesson.links == (href,)


def test_citations_name_the_paper_and_link_to_it():
    lesson = _lesson("As in [@tan2019] and [@nobody2000].", [TAN])
    assert '<a href="https://a.org/x">Tan and Le 2019</a>' in lesson.html
    assert "nobody2000" in lesson.html
    assert lesson.cites == ("tan2019", "nobody2000")


def test_papers_of_the_head_are_listed_at_the_end():
    lesson = _lesson("text", [TAN], "tan2019")
    assert lesson.html.count("Sources</h2>") == 1
    assert (
        'Tan, Mingxing; Le, Quoc V. (2019). <a href="https://a.org/x">Efficient &amp; small</a>. ICML.' in lesson.html
    )


def test_a_section_of_ones_own_replaces_the_list():
    lesson = _lesson("## Sources\n\nmine", [TAN], "tan2019")
    assert lesson.html.count("Sources</h2>") == 1
    assert "Efficient" not in lesson.html


def test_tables_and_words_for_the_search():
    lesson = _lesson("| a | b |\n|---|---|\n| one | {value:x:.1f} |\n\nSome *soft\nwords* with $x$.")
    assert "<table" in lesson.html
    assert "one" in lesson.text
    assert "Some soft words with ." in lesson.text
    assert "value" not in lesson.text


def test_more_formulas_than_a_page_holds_are_one_sentence():
    with pytest.raises(ExplainerError, match="more than 100 formulas"):
        _lesson("$x$ " * 101)
    with pytest.raises(ExplainerError, match="more than 100 formulas"):
        _lesson("".join(f"$$x_{{{i}}}$$\n\n" for i in range(101)))
    assert len(_lesson("".join(f"$x_{{{i}}}$ " for i in range(100))).formulas) == 100


def test_a_file_of_a_book_s_length_is_one_sentence():
    with pytest.raises(ExplainerError, match="longer than 64,000 characters"):
        _lesson("word " * 20_000)


@pytest.mark.parametrize("spec", [".999999999f", "1000000000d", ".100f"])
def test_a_number_of_a_billion_figures_is_one_sentence(spec):
    with pytest.raises(ExplainerError, match="which is none"):
        _lesson(f"{{value:x:{spec}}}")
    with pytest.raises(ExplainerError, match="which is none"):
        _lesson(f"$a = {{value:x:{spec}}}$")
