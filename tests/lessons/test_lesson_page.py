"""How a lesson's text becomes the parts of a page."""

import re

from explainer.commands import bootstrap
from explainer.lessons.markdown import parse

HEAD = "---\nid: one\ntopic: 1\nchapter: 1\ntitle: One\ndemo: some-demo\n---\n"


def page(body):
    return parse(HEAD + body).page


def words(html):
    return " ".join(re.sub("<[^>]+>", "", html).split())


def test_what_stands_before_the_first_heading_is_the_lead():
    made = page("Say it.\n\n$$a = b$$\n\n## What you see\n\nMore. $$c$$\n")
    assert words(made.lead) == "Say it."
    assert [one.title for one in made.sections] == ["What you see"]
    assert "<img" not in made.lead


def test_without_one_the_first_sentences_stand_open_and_the_section_keeps_all():
    long = " ".join(f"Sentence number {n} has seven words here." for n in range(9))
    made = page(f"## What you see\n\n{long}\n\nSecond paragraph.\n")
    assert words(made.lead) == " ".join(long.split()[:28])
    assert "Second paragraph" in made.sections[0].html
    assert long in made.sections[0].html


def test_a_sentence_does_not_end_inside_a_link():
    inside = " ".join(["word"] * 30)
    made = page(f"## See\n\nOne [{inside}. More](lesson:x) two. Three.\n")
    assert words(made.lead) == f"One {inside}. More two."


def test_items_with_a_try_link_are_cards_and_the_others_stay():
    made = page(
        "## Try\n\n- [go down](try:layer=b), and see *more* cells.\n- Wait, then [look](try:a=1): now.\n"
        "- [other](try:b=1), then [third](try:c=1).\n- Just drag.\n\nRead on.\n"
    )
    titles = [(card.title, words(card.html), card.href) for card in made.cards]
    assert titles == [
        ("Go down", "See more cells.", "try:layer=b"),
        ("Look", "Wait, then look: now.", "try:a=1"),
        ("Other", "Then third.", "try:b=1"),
    ]
    assert 'href="try:c=1"' in made.cards[2].html
    assert words(made.asides) == "Just drag. Read on."
    assert made.sections == ()


def test_the_formula_at_the_top_has_most_of_the_symbols():
    symbols = 'symbols: [{"tex": "L", "is": "x", "role": "result"}, {"tex": "A", "is": "x", "role": "input"}]\n---\n'
    lesson = parse(HEAD.removesuffix("---\n") + symbols + "## See\n\nText.\n\n$$b$$\n\n$$L = A$$\n")
    assert lesson.formulas[lesson.page.formula].latex == "L = A"


def test_every_lesson_of_ours_has_a_lead_a_card_and_sections():
    for lesson in bootstrap.library().lessons:
        made = lesson.page
        assert 12 <= len(words(made.lead).split()) <= 70, lesson.id
        assert made.cards, lesson.id
        assert [one.title for one in made.sections][-1] == "Sources", lesson.id
