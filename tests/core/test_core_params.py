"""Values of controls: derived, read from text, refused in a sentence, and kept in a session file."""

import json
from dataclasses import dataclass
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explainer.core.controls import (
    LAST,
    TOP_1,
    ClassIndex,
    Doc,
    LayerName,
    OnPicture,
    Options,
    Presses,
    Range,
    Resets,
    When,
    control,
    controls,
    visible,
)
from explainer.core.geometry import CENTRE, BoxXYXY, PointXY, Stroke
from explainer.core.params import changed, checked, from_plain, to_plain

MIDDLE = BoxXYXY(0.2, 0.2, 0.8, 0.8)


@dataclass(frozen=True, slots=True)
class Step:
    """A card."""

    kind: Literal["blur", "noise"] = "blur"
    strength: Annotated[float, Range(0, 1)] = 0.5


@dataclass(frozen=True, slots=True)
class Every:
    """One field of every kind."""

    size: Annotated[float, Range(0.1, 0.9, 0.1, "px"), Doc("Size", "Why.")] = 0.5
    count: Annotated[int, Range(1, 64, log=True), Resets()] = 8
    method: Annotated[Literal["a", "b"], Options({"a": "The first", "b": "The second"})] = "a"
    shown: tuple[Literal["x", "y", "z"], ...] = ("x",)
    on: Annotated[bool, When("method", ("b",))] = False
    text: str = "cat"
    again: Presses = 0
    kernel: Annotated[tuple[tuple[float, ...], ...], Range(-9, 9)] = ((0.0, 1.0), (1.0, 0.0))
    steps: tuple[Step, ...] = (Step(),)
    layer: LayerName = LAST
    target: ClassIndex = TOP_1
    spot: Annotated[PointXY, OnPicture("input")] = CENTRE
    box: Annotated[BoxXYXY, OnPicture("input")] = MIDDLE
    paint: Annotated[tuple[Stroke, ...], OnPicture("input")] = ()


TEXTS = {
    "size": ("0.7", 0.7),
    "count": ("3", 3),
    "method": ("b", "b"),
    "shown": ("x,z", ("x", "z")),
    "on": ("yes", True),
    "text": ("a dog", "a dog"),
    "again": ("4", 4),
    "kernel": ("1,2,3;4,5,6", ((1.0, 2.0, 3.0), (4.0, 5.0, 6.0))),
    "steps": ('[{"kind": "noise", "strength": 0.25}, {}]', (Step("noise", 0.25), Step())),
    "layer": ("blocks.3", "blocks.3"),
    "target": ("282", "282"),
    "spot": ("0.25,0.75", PointXY(0.25, 0.75)),
    "box": ("0.1,0.2,0.4,0.5", BoxXYXY(0.1, 0.2, 0.4, 0.5)),
    "paint": ("[[[[0.1, 0.2], [0.3, 0.4]], 0.05]]", (Stroke((PointXY(0.1, 0.2), PointXY(0.3, 0.4)), 0.05),)),
}
REFUSED = {
    "size": ("0.05", "nan", "inf", "large"),
    "count": ("2.5", "0", "65"),
    "method": ("c", ""),
    "shown": ("x,w",),
    "on": ("perhaps",),
    "again": ("-1",),
    "kernel": ("1,2;3", "10,0;0,0", ""),
    "steps": ("{", "[3]"),
    "target": ("top-3", "-2"),
    "spot": ("0.5", "0.5,1.5", "a,b"),
    "box": ("0.4,0.2,0.1,0.5", "0,0,1"),
    "paint": ("[[[[2, 0]], 0.1]]", "nothing"),
}


def test_every_field_is_tried():
    names = [one.name for one in controls(Every)]
    assert names == list(TEXTS)


@pytest.mark.parametrize("name", TEXTS)
def test_text_becomes_the_value(name):
    text, value = TEXTS[name]
    made = changed(Every(), None, **{name: text})
    assert getattr(made, name) == value
    assert type(getattr(made, name)) is type(value)


@pytest.mark.parametrize(("name", "text"), [(n, t) for n, texts in REFUSED.items() for t in texts])
def test_what_is_not_allowed_is_refused_in_a_sentence(name, text):
    with pytest.raises(ValueError, match=name) as raised:
        checked(control(Every, name), text)
    sentence = str(raised.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_all_of_it_survives_a_session_file():
    params = changed(Every(), None, **{name: text for name, (text, _) in TEXTS.items()})
    back, notes = from_plain(Every, json.loads(json.dumps(to_plain(params))))
    assert back == params
    assert notes == []


def test_what_a_file_has_wrong_goes_back_to_its_default_and_is_said():
    back, notes = from_plain(Every, {"size": 7, "method": "b", "unknown": 1})
    assert back == Every(method="b")
    assert notes == ["Size went back to its default."]


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_a_number_is_inside_or_refused(number):
    one = control(Every, "size")
    try:
        assert one.lo <= checked(one, number) <= one.hi
    except ValueError:
        assert not one.lo <= number <= one.hi


def test_notes_of_a_field_reach_its_control():
    size, count, method = (control(Every, name) for name in ("size", "count", "method"))
    assert (size.label, size.why, size.unit, size.step) == ("Size", "Why.", "px", 0.1)
    assert count.integer
    assert count.log
    assert count.resets
    assert method.choices == (("a", "The first"), ("b", "The second"))


def test_a_control_is_shown_only_where_it_matters():
    shown = {one.name for one in visible(controls(Every), Every())}
    assert "on" not in shown
    assert "on" in {one.name for one in visible(controls(Every), Every(method="b"))}


def test_a_name_that_is_none_is_a_key_error():
    with pytest.raises(KeyError):
        changed(Every(), None, nothing=1)


def test_a_number_without_a_range_and_a_field_without_a_default_do_not_load():
    @dataclass(frozen=True, slots=True)
    class Bare:
        size: float = 0.5

    @dataclass(frozen=True, slots=True)
    class Missing:
        text: str

    @dataclass(frozen=True, slots=True)
    class Strange:
        when: bytes = b""

    for kind, words in ((Bare, "range"), (Missing, "default"), (Strange, "no control")):
        with pytest.raises(TypeError, match=words):
            controls(kind)


def test_plain_strings_become_choices() -> None:
    from explainer.core.params import typed
    from explainer.demos.explained.grad_cam import Method, Params

    given = Params(method="layercam")  # type: ignore[arg-type]
    assert typed(given).method is Method.LAYERCAM
    usual = Params()
    assert typed(usual) is usual
