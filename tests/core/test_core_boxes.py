"""Several boxes as one value: read from text, from JSON, and refused where they are none."""

import json
from dataclasses import dataclass
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explainer.core.controls import Doc, OnPicture, control
from explainer.core.geometry import BoxXYXY
from explainer.core.params import changed, checked, from_plain, to_plain


@dataclass(frozen=True, slots=True)
class Drawn:
    """A demo's params with boxes."""

    boxes: Annotated[tuple[BoxXYXY, ...], OnPicture("input"), Doc("Boxes")] = ()


def test_the_control_is_derived_from_the_type():
    one = control(Drawn, "boxes")
    assert (one.kind, one.panel, one.default) == ("boxes", "input", ())


def test_boxes_are_read_from_the_command_line():
    made = changed(Drawn(), None, boxes="0.1,0.2,0.4,0.5; 0.5,0.5,1,1")
    assert made.boxes == (BoxXYXY(0.1, 0.2, 0.4, 0.5), BoxXYXY(0.5, 0.5, 1.0, 1.0))
    assert changed(made, None, boxes="").boxes == ()


edge = st.floats(0, 1, allow_nan=False)


@given(st.lists(st.tuples(edge, edge, edge, edge).filter(lambda b: b[0] < b[2] and b[1] < b[3]), max_size=4))
def test_boxes_survive_a_session_file(boxes):
    params = Drawn(tuple(BoxXYXY(*box) for box in boxes))
    back, notes = from_plain(Drawn, json.loads(json.dumps(to_plain(params))))
    assert back == params
    assert notes == []


@pytest.mark.parametrize("text", ["0.1,0.2,0.4", "0.4,0.2,0.1,0.5", "0.1,0.2,0.4,1.5", "a,b,c,d", "0.1,0.2,nan,0.5"])
def test_what_is_no_box_is_refused_in_a_sentence(text):
    with pytest.raises(ValueError, match="boxes"):
        checked(control(Drawn, "boxes"), text)
