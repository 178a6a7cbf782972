"""What lessons point at exists: each fault is found, and a sound lesson has none."""

from dataclasses import dataclass
from typing import Annotated, Literal

import pytest

from explainer.core.controls import Range, When
from explainer.core.demo import Demo, DemoInfo
from explainer.lessons.chapters import Chapter, Outline, Topic
from explainer.lessons.checks import name_problems, problems
from explainer.lessons.markdown import parse
from explainer.lessons.papers import Paper

TOPICS = (Topic(1, "One", 1), Topic(2, "Two", 2))
PLAN = Outline((Chapter(1, "A", TOPICS[:1]), Chapter(2, "B", TOPICS[1:])), {topic.number: topic for topic in TOPICS})
PAPERS = {"tan2019": Paper("tan2019", ("Tan, M.",), "T", 2019, "V")}


@dataclass(frozen=True, slots=True)
class _Params:
    radius: Annotated[int, Range(1, 9)] = 3
    shape: Literal["disc", "box"] = "disc"
    corner: Annotated[float, Range(0, 1), When("shape", ("box",))] = 0.0


class _Demo(Demo[_Params]):
    info = DemoInfo("blur", "Blur", (1,), papers=("tan2019",))

    def run(self, frame, params, ctx):
        raise NotImplementedError


LETTER = '[{"tex": "L", "is": "heat", "role": "result", "to": "%s"}]'


def _found(body="text", *, demos=None, values=None, draw=None, **head):
    keys = {"id": "blur", "topic": "1", "chapter": "1", "title": "T", "demo": "blur"} | head
    source = "---\n" + "".join(f"{k}: {v}\n" for k, v in keys.items()) + "---\n" + body
    lesson = parse(source, PAPERS, "blur.md")
    return problems([lesson], list(demos or [_Demo()]), PAPERS, outline=PLAN, value_names=values, draw=draw)


def test_a_sound_lesson():
    body = (
        "See [@tan2019], [more](try:radius=9), [both](try:shape=box&corner=0.5), [this](lesson:blur), "
        "[demo](demo:blur), [web](https://a.org) and {value:peak:.1f} or $x = {value:peak:.1f}$."
    )
    drawn = []
    found = _found(body, papers="tan2019", preset='{"radius": 4}', values={"blur": {"peak"}}, draw=drawn.append)
    assert found == []
    assert {f.latex for f in drawn} == {r"x = \text{–}", "x = {-1234.5}"}


def test_names_of_one_demo_are_checked_by_themselves():
    body = "---\nid: blur\ntopic: 1\nchapter: 1\ntitle: T\ndemo: blur\n---\n{value:peak:.1f} [x](lesson:nowhere)"
    lesson = parse(body, PAPERS, "blur.md")
    assert name_problems([lesson], [_Demo()], {"blur": {"peak"}}) == []
    assert name_problems([lesson], [_Demo()], {"blur": {"top"}}) == [
        "Lesson blur: the demo blur has no value called peak."
    ]
    assert name_problems([lesson], [_Demo()], {}) == []


@pytest.mark.parametrize(
    ("kwargs", "says"),
    [
        ({"topic": "9"}, "there is no topic 9"),
        ({"topic": "2"}, "stands in chapter 2, not 1"),
        ({"topic": "1, 2"}, "does not belong to topic 2"),
        ({"demo": "nothing"}, "no demo called nothing"),
        ({"papers": "who2000"}, "paper who2000 is not in"),
        ({"preset": '{"radius": 99}'}, "the preset: radius must lie between 1 and 9"),
        ({"preset": '{"size": 1}'}, "the preset sets size, which blur does not have"),
        ({"body": "[x](try:radius=99)"}, "try:radius=99: radius must lie between"),
        ({"body": "[x](try:radius=2.5)"}, "whole number"),
        ({"body": "[x](try:shape=ring)"}, "shape must be one of disc, box"),
        ({"body": "[x](try:size=1)"}, "sets size, which blur does not have"),
        ({"body": "[x](try:radius)"}, "write try:name=value"),
        ({"body": "[x](try:corner=0.5)"}, "sets corner, which is hidden then"),
        ({"body": "[x](lesson:nowhere)"}, "no lesson called nowhere"),
        ({"body": "[x](demo:nowhere)"}, "no demo called nowhere"),
        ({"body": "[x](http://a.org)"}, "the link http://a.org is none of"),
        ({"body": "[@who2000]"}, "paper who2000 is not in"),
        ({"body": "[@tan2019]"}, "cited but not listed"),
        ({"body": "{value:peak:.1f}", "values": {"blur": {"top"}}}, "no value called peak"),
        ({"body": "$x={value:peak:.1f}$", "values": {}}, "no value called peak"),
        ({"body": "{value:Peak:.1f}"}, "a number is not written as"),
        ({"body": r"$x={value:Peak}$"}, "a number is not written as"),
        ({"body": "[@ tan2019]"}, "a citation is not written as"),
        ({"body": "$M$", "symbols": LETTER % ""}, "the symbol L is in none of its formulas"),
        ({"body": "$L$", "symbols": LETTER % "control:size"}, "names the control size, which blur does not have"),
        ({"body": "$L$", "symbols": LETTER % "play"}, "names the play, and nothing plays in blur"),
        ({"body": "$L$", "symbols": LETTER % "panel:x", "values": {"blur": {"panel:y"}}}, "names the panel x, which"),
        ({"symbols": '[{"tex": "L", "is": "{value:peak}", "role": "input"}]', "values": {}}, "no value called peak"),
    ],
)
def test_each_fault_is_named(kwargs, says):
    found = _found(**kwargs)
    assert any(says in text for text in found), found
    assert all(text.startswith("Lesson blur: ") for text in found)


def test_a_preset_may_open_what_a_link_moves():
    assert _found("[x](try:corner=0.5)", preset='{"shape": "box"}') == []


def test_formulas_that_cannot_be_drawn_are_named():
    def draw(formula):
        if "frac" in formula.latex:
            raise RuntimeError("no fractions today")

    assert _found("$a$ $\\frac12$", draw=draw) == [
        r"Lesson blur: the formula \frac12 cannot be drawn: no fractions today."
    ]


def test_papers_of_demos_count_too():
    class _Other(_Demo):
        info = DemoInfo("other", "Other", (1,), papers=("who2000",))

    assert _found(demos=(_Demo(), _Other())) == ["Demo other: the paper who2000 is not in papers.bib."]
