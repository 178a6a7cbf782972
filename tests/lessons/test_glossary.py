"""Words of the field: found where they first stand, never inside links, headings, code and formulas."""

import re
from html import unescape
from pathlib import Path

import pytest

from explainer.lessons.catalogue import read_library
from explainer.lessons.glossary import glossary, read_glossary
from explainer.lessons.lesson import Lesson
from explainer.lessons.markdown import parse

HEAD = "---\nid: a\ntopic: 1\nchapter: 1\ntitle: A\ndemo: d\n---\n"
MARK = re.compile(r'<a href="term:([^"]+)">([^<]*)</a>')


def page(text: str) -> Lesson:
    return parse(HEAD + text)


def marks(lesson: Lesson) -> list[tuple[str, str]]:
    return [found for section in lesson.page.sections for found in MARK.findall(section.html)]


def test_each_word_is_marked_once_in_the_form_in_which_it_first_stands() -> None:
    found = marks(page("## One\n\nLogits before a logit, a kernel.\n\n## Two\n\nKernels and strides.\n"))
    assert found == [("logit", "Logits"), ("kernel", "kernel"), ("stride", "strides")]


def test_the_longer_of_two_words_is_found() -> None:
    assert marks(page("## One\n\nA feature map and a feature.\n")) == [
        ("feature-map", "feature map"),
        ("feature", "feature"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "## The logit\n\nNothing.",
        "## One\n\n[a logit](lesson:b)",
        "## One\n\n`logit`",
        "## One\n\n$logit$",
        "## One\n\nlogits-like",
    ],
)
def test_headings_links_code_and_formulas_are_left_alone(text: str) -> None:
    assert marks(page(text)) == []


def test_cards_to_try_have_none_and_the_words_stay_as_they_are() -> None:
    text = "A lead with a softmax.\n\n## Try\n\n- [See a logit](try:a=1): the softmax changes.\n"
    lesson = page(text)
    assert MARK.findall(lesson.page.lead) == [("softmax", "softmax")]
    assert "term:" not in lesson.page.cards[0].html
    assert "term:" not in lesson.html
    assert lesson.links == ("try:a=1",)


def test_every_word_says_what_it_means_in_a_few_lines_and_has_its_own_forms() -> None:
    terms = list(glossary().terms.values())
    assert len(terms) > 60
    assert [term.name.casefold() for term in terms] == sorted(term.name.casefold() for term in terms)
    forms = [form.casefold() for term in terms for form in (term.name, *term.forms)]
    assert len(forms) == len(set(forms))
    for term in terms:
        assert len(term.said.split()) <= 32, term.name
        assert term.said.endswith("."), term.name


def test_every_line_of_the_list_is_read(tmp_path: Path) -> None:
    file = tmp_path / "g.md"
    file.write_text("# G\n\n- **b** (bs, b x) – A b.\n- **c** – A c.\n", encoding="utf-8")
    found = read_glossary(file).terms
    assert {key: (term.forms, term.said) for key, term in found.items()} == {
        "b": (("bs", "b x"), "A b."),
        "c": ((), "A c."),
    }


def test_most_lessons_have_words_that_are_explained_and_no_word_is_lost() -> None:
    lessons = read_library().lessons
    with_words = [one for one in lessons if "term:" in one.page.lead or marks(one)]
    assert len(with_words) > 0.9 * len(lessons)
    for one in lessons:
        for section in one.page.sections:
            bare = unescape(re.sub(r"</?a[^>]*>", "", MARK.sub(r"\2", section.html)))
            assert "term_" not in bare
