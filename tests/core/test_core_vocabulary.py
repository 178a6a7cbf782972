"""The words that demos share: parts, working copies, numbers, choices, sentences."""

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from torchvision.ops import box_iou

from explainer.core import words
from explainer.core.controls import Choice, Doc, Options, Range, When, controls
from explainer.core.frame import Frame
from explainer.core.numbers import iou, numbers, softmax
from explainer.core.params import changed, from_plain, to_plain
from explainer.core.parts import Part
from explainer.core.picture import Copy, heat, spotlit
from explainer.core.subject import resolve_class

FRAME = Frame(np.zeros((60, 80, 3), np.uint8))


class Edge(Choice):
    SOFT = "soft", "As the network says"
    HARD = "hard", "Cut at one half"


@dataclass(frozen=True, slots=True)
class Params:
    edge: Annotated[Edge, Doc("Edge")] = Edge.SOFT
    several: tuple[Edge, ...] = (Edge.HARD,)
    share: Annotated[float, Range(0, 1), When("edge", (Edge.HARD,))] = 0.5


# Choices ------------------------------------------------------------------------------------------------


def test_a_choice_carries_value_and_label() -> None:
    edge, several, _ = controls(Params)
    assert edge.choices == several.choices == (("soft", "As the network says"), ("hard", "Cut at one half"))
    assert [type(value) for value, _ in edge.choices] == [str, str]  # Qt and JSON take them as they are
    assert (edge.kind, several.kind) == ("choice", "multichoice")


@pytest.mark.parametrize("written", ["hard", Edge.HARD])
def test_what_is_written_becomes_a_member(written: str) -> None:
    found = changed(Params(), edge=written, several="soft,hard")
    assert found.edge is Edge.HARD
    assert found.several == (Edge.SOFT, Edge.HARD)
    assert from_plain(Params, to_plain(found)) == (found, [])
    assert f"{found.edge}" == "hard" and found.edge.label == "Cut at one half"


def test_what_is_no_choice_is_refused() -> None:
    with pytest.raises(ValueError, match="edge must be one of soft, hard, not round"):
        changed(Params(), edge="round")


@pytest.mark.parametrize(
    ("kind", "default"),
    [
        (Literal["a", "b"], "c"),
        (Edge, "hrad"),
        (tuple[Edge, ...], ("soft", "hrad")),
        (Annotated[Literal["a", "b"], Options({"a": "A", "bb": "B"})], "a"),
        (Annotated[float, Range(0, 1)], 2.0),
        (Annotated[bool, When("nothing", (True,))], True),
        (Annotated[bool, When("edge", ("hrad",))], True),
    ],
)
def test_a_slip_of_the_pen_fails_when_the_module_loads(kind: object, default: object) -> None:
    made = type("Params", (), {"__annotations__": {"edge": Edge, "x": kind}, "edge": Edge.SOFT, "x": default})
    with pytest.raises(TypeError, match=r"Params\.x"):
        controls(dataclass(frozen=True)(made))


# Numbers ------------------------------------------------------------------------------------------------

BOXES = hnp.arrays(np.float32, st.tuples(st.integers(0, 6), st.just(2)), elements=st.floats(0, 50, width=32))


@given(BOXES, BOXES, st.integers(0, 9))
def test_overlap_is_that_of_torchvision_to_the_bit(one: np.ndarray, other: np.ndarray, side: int) -> None:
    a, b = (np.concatenate([corner, corner + np.float32(side + 1)], 1) for corner in (one, other))
    assert np.array_equal(iou(a, b, np.float32), box_iou(torch.from_numpy(a), torch.from_numpy(b)).numpy())
    assert iou(a, b).dtype == np.float64


def test_boxes_without_area_overlap_by_nothing() -> None:
    flat = np.array([[1.0, 1.0, 1.0, 5.0]])
    assert iou(flat, flat).tolist() == [[0.0]]


def test_scores_are_those_of_torch_and_do_not_overflow() -> None:
    logits = np.array([[1000.0, 999.0, -1000.0], [0.0, 0.1, 0.2]])
    np.testing.assert_allclose(softmax(logits), torch.softmax(torch.from_numpy(logits), -1).numpy(), rtol=1e-12)


def test_what_is_undefined_is_left_out_and_zero_is_not() -> None:
    found = numbers(a=np.float32(0.5), b=None, c=0, d=True)
    assert found == {"a": 0.5, "c": 0.0, "d": 1.0}
    assert {type(value) for value in found.values()} == {float}


@pytest.mark.parametrize(("target", "index"), [("top-1", 1), ("top-2", 0), ("2", 2), ("99", 2)])
def test_the_class_in_question(target: str, index: int) -> None:
    assert resolve_class(target, np.array([5.0, 7.0, 5.0])) == index


# Parts and pictures -------------------------------------------------------------------------------------


def test_parts_add_up_in_order() -> None:
    one = Part(sentences=("First.",), values={"a": 1.0, "b": 1.0}, badges=("x",), measured={"a_ms": 1.0, "b_ms": 1.0})
    other = Part(sentences=("", "Then."), values={"b": 2.0}, measured={"b_ms": 2.0})
    result = (one + other).result(partial=True, state=3)
    assert (result.reading, dict(result.values)) == ("First. Then.", {"a": 1.0, "b": 2.0})
    assert result.measured == {"a_ms": 1.0, "b_ms": 2.0}
    assert (result.badges, result.partial, result.state) == (("x",), True, 3)


def test_arrays_of_a_copy_lie_over_the_frame() -> None:
    copy = Copy(FRAME, (30, 40, 3))
    assert copy.scale == 2.0
    (points,) = copy.points("peaks", np.array([[0, 1]]), 3)
    assert points.xy.tolist() == [[3.0, 1.0]]  # the centre of row 0, column 1
    assert copy.points("none", np.empty((0, 2), np.int64), 3) == ()
    assert copy.mask("m", np.ones((6, 8), bool), 1).to_panel[0, 0] == 10.0  # a map keeps its own resolution
    (line,) = copy.outline("o", [np.array([[0.0, 0.0], [40.0, 30.0]])], 1)
    assert line.paths[0].tolist() == [[0.0, 0.0], [80.0, 60.0]]
    assert copy.outline("o", [], 1) == ()


def test_a_map_is_drawn_from_zero_or_evenly_about_it() -> None:
    values = np.array([[-2.0, 1.0]], np.float32)
    place = Copy(FRAME, values.shape).to_frame
    plain, signed = heat(values, place), heat(values, place, signed=True, limit=4.0)
    assert (plain.lo, plain.hi, plain.colours) == (0.0, 2.0, "sequential")
    assert (signed.lo, signed.hi, signed.colours) == (-4.0, 4.0, "diverging")
    assert heat(np.zeros((1, 1), np.float32), place).hi == 1.0


# Sentences ----------------------------------------------------------------------------------------------


def test_how_many_of_what() -> None:
    assert [words.count(n, "part") for n in (0, 1, 1280)] == ["0 parts", "1 part", "1,280 parts"]
    assert words.count(2, "class", "classes") == "2 classes"


@pytest.mark.parametrize(
    ("items", "text"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_a_list_reads_as_one_would_say_it(items: list[str], text: str) -> None:
    assert words.listed(items) == text


def test_what_is_lit_keeps_its_pixels_and_the_web_lies_around_it() -> None:
    pixels = np.full((40, 60, 3), 200, np.uint8)
    shown = spotlit(pixels, np.array([[20.0, 10, 40, 30]]), np.array([[10.0, 5, 50, 20]] * 9))
    assert (shown[10:30, 20:40] == 200).all()
    assert (shown[:4] == 60).all()
    assert shown[5, 30].tolist() == [86, 180, 233]  # nine outlines agree
    assert (spotlit(pixels, np.zeros((0, 4)), np.array([[-9.0, -9, 99, 99]]))[20, 30] == 60).all()
