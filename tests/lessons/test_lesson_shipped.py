"""The lessons that come with the program."""

import re
import unicodedata

import pytest

from explainer.core.model_card import card_from_json
from explainer.core.paths import resource
from explainer.demos.finding import Demos
from explainer.lessons.catalogue import read_library
from explainer.lessons.chapters import outline
from explainer.lessons.checks import problems
from explainer.lessons.filling import fill

# ziamath reads its font through a function that Python 3.11 calls deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:path is deprecated:DeprecationWarning")

MAX_FORMULA_PX = 120.0
LIBRARY = read_library()


def _card():
    import json

    path = resource("cards", "efficientnet-lite0.json")
    data = json.loads(path.read_text(encoding="utf-8"))
    labels = json.loads(resource("cards", f"{data['labels']}.json").read_text(encoding="utf-8"))
    return card_from_json(data | {"labels": labels})


def _draw(formula):
    import ziamath

    ziamath.config.svg2 = False
    svg = ziamath.Latex(formula.latex, inline=not formula.display).svg()
    height = float(re.search(r'height="([\d.]+)"', svg)[1])
    if not 0 < height < MAX_FORMULA_PX:
        raise ValueError(f"{height:.0f} px tall")


def test_every_file_is_read():
    assert LIBRARY.problems == ()
    assert {"grad-cam", "saliency", "activations", "reading-a-heat-map"} <= {one.id for one in LIBRARY.lessons}


def test_every_link_preset_paper_and_formula_holds():
    demos = Demos(outline().chapter_of)
    assert demos.problems == ()
    found = problems(LIBRARY.lessons, demos.demos(), LIBRARY.papers, outline=LIBRARY.outline, draw=_draw, card=_card())
    assert found == []


def test_a_tall_formula_would_be_seen():
    from explainer.lessons.lesson import Formula

    with pytest.raises(ValueError, match="px tall"):
        _draw(Formula(r"\left(\sum_k a_k A^k\right)", display=True))


@pytest.mark.parametrize("lesson", LIBRARY.lessons, ids=lambda one: one.id)
def test_shape_of_a_lesson(lesson):
    path = resource("lessons", f"{lesson.id}.md")
    assert path.is_file(), "a lesson's file bears its id"
    headings = [heading.text for heading in lesson.headings]
    assert lesson.text.startswith("Goal: ")
    assert headings[0] == "What you see"
    assert headings[1].startswith("With "), "an example in numbers comes before how it is made"
    closing = ["When it misleads", "Where it is used", "In one line", "Try"]
    assert [one for one in headings if one in closing] == closing
    assert headings[-2:] == closing[-2:]
    tries = [href for href in lesson.links if href.startswith("try:")]
    assert len(tries) >= 3
    assert lesson.papers
    assert lesson.placeholders, "a lesson speaks of the reader's own picture"
    assert 300 <= len(lesson.text.split()) <= 750


@pytest.mark.parametrize("lesson", LIBRARY.lessons, ids=lambda one: one.id)
def test_nothing_of_the_markup_is_left(lesson):
    html, formulas = fill(lesson, {})
    assert not re.search(r"\$|\*\*|\]\(|\{value|\[@", html)
    assert re.findall(r'formula:([0-9a-f]+)"', html)
    assert set(re.findall(r'formula:([0-9a-f]+)"', html)) == set(formulas)


def test_what_can_be_tried_is_told_in_words():
    """Before an audience a card is plain text, in which a formula would leave a gap."""
    assert [(one.id, card.title) for one in LIBRARY.lessons for card in one.page.cards if "formula:" in card.html] == []


def test_every_paper_has_a_place_and_a_way_to_it():
    assert len(LIBRARY.papers) >= 40
    for key, paper in LIBRARY.papers.items():
        assert key.endswith(str(paper.year))
        plain = unicodedata.normalize("NFKD", paper.families[0].lower()).encode("ascii", "ignore").decode()
        assert key.startswith(plain.replace(" ", ""))
        assert paper.link.startswith("https://"), key
        assert "{" not in paper.reference
