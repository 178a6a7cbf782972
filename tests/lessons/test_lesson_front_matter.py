"""The head of a lesson's file."""

import pytest

from explainer.core.problem import ExplainerError
from explainer.lessons.front_matter import split

HEAD = "---\nid: grad-cam\ntopic: 45\nchapter: 8\ntitle: Grad-CAM: a map\ndemo: grad-cam\n"


def test_reads_every_key_and_leaves_the_body():
    source = HEAD + 'preset: {"controls": true, "draws": 3}\npapers: a2017, b2018\n---\nBody\n\n---\nmore\n'
    head, body = split(source, "x.md")
    assert (head.id, head.topics, head.chapter, head.demo) == ("grad-cam", (45,), 8, "grad-cam")
    assert head.title == "Grad-CAM: a map"
    assert head.preset == {"controls": True, "draws": 3}
    assert head.papers == ("a2017", "b2018")
    assert body == "Body\n\n---\nmore"


def test_several_topics_and_empty_options():
    head, _ = split(HEAD.replace("45", "6, 22") + "preset:\n---\n", "x.md")
    assert head.topics == (6, 22)
    assert head.preset == {}
    assert head.papers == ()


def test_windows_line_ends_and_byte_order_mark():
    head, body = split("\ufeff" + (HEAD + "---\nBody").replace("\n", "\r\n"), "x.md")
    assert head.id == "grad-cam"
    assert body == "Body"


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("# no head", "has no front matter"),
        ("---\nid: x\n", "has no front matter"),
        (HEAD + "colour: red\n---\n", "unknown line"),
        (HEAD + "just words\n---\n", "unknown line"),
        (HEAD + "id: again\n---\n", "id twice"),
        (HEAD.replace("demo: grad-cam\n", "") + "---\n", "lacks demo"),
        (HEAD.replace("title: Grad-CAM: a map", "title:") + "---\n", "lacks title"),
        (HEAD.replace("45", "last") + "---\n", "'last' as topic"),
        (HEAD.replace("id: grad-cam", "id: Grad CAM") + "---\n", "odd id"),
        (HEAD + "preset: {controls: true}\n---\n", "not JSON"),
        (HEAD + "preset: [1]\n---\n", "not an object"),
        (HEAD + "preset: " + "[" * 30_000 + "]" * 30_000 + "\n---\n", "not JSON"),
        (HEAD + 'preset: {"a": ' + "9" * 5_000 + "}\n---\n", "not JSON"),
        (HEAD.replace("45", "²") + "---\n", "as topic"),
        (HEAD.replace("45", "9" * 5_000) + "---\n", "as topic"),
    ],
)
def test_says_what_is_wrong_and_where(source, says):
    with pytest.raises(ExplainerError, match=says) as caught:
        split(source, "x.md")
    assert "x.md" in caught.value.problem.what
    assert caught.value.problem.todo


ROW = '{"tex": "L", "is": "heat", "role": "result", "value": "map_max:.2f", "to": "panel:hero"}'


def test_symbols_go_over_several_lines():
    other = r'{"tex": "\\alpha", "is": "weight", "role": "weight", "to": "play"}'
    head, _ = split(HEAD + f"symbols: [\n  {ROW},\n  {other}\n  ]\n---\n", "x.md")
    one, two = head.symbols
    assert (one.tex, one.what, one.colour, one.place) == ("L", "heat", 0, ("panel", "hero"))
    assert (one.value.name, one.value.spec) == ("map_max", ".2f")
    assert (two.tex, two.value, two.colour, two.place) == (r"\alpha", None, 1, ("play", ""))


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("[", "not JSON"),
        ("{}", "not a list"),
        (f"[{ROW}, {ROW}]", "give L twice"),
        ("[" + ROW + ", " + ROW.replace('"L"', '"M"') + "]", "give result twice"),
        ("[" + ROW.replace("result", "answer") + "]", "role answer"),
        ("[" + ROW.replace("map_max:.2f", "Map Max") + "]", "value Map Max"),
        ("[" + ROW.replace("panel:hero", "stage:hero") + "]", "point to stage:hero"),
        ("[" + ROW.replace("panel:hero", "play:x") + "]", "point to play:x"),
        ("[" + ROW.replace('"is"', '"was"') + "]", "a row that is not made of"),
    ],
)
def test_symbols_that_are_none_are_named(rows, says):
    with pytest.raises(ExplainerError, match=says):
        split(HEAD + f"symbols: {rows}\n---\n", "x.md")
