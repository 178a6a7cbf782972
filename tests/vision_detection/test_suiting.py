"""A picture of nobody is said to be one; a person is not."""

from pathlib import Path

import cv2
import pytest

from explainer.core.frame import Frame
from explainer.testing import fake_context
from explainer.vision import suiting

SAMPLES = Path(__file__).parents[2] / "sample_images"


def said(name: str, marked: float = 0.2) -> str:
    pixels = cv2.cvtColor(cv2.imread(str(SAMPLES / f"{name}.jpg")), cv2.COLOR_BGR2RGB)
    found = suiting.without_person(Frame(pixels), fake_context(), marked=marked)
    return found.sentence if found else ""


@pytest.mark.parametrize("name", ["astronaut", "cameraman"])
def test_people_suit(name: str) -> None:
    assert said(name) == ""


def test_a_cat_does_not_and_is_named() -> None:
    assert "This is a cat" in said("cat")


def test_where_nothing_was_marked_nobody_is_there() -> None:
    assert "no person" in said("rocket", 0.0)


def test_a_little_counts_only_where_somebody_is_surely_there() -> None:
    assert "no person" in said("coffee", 0.02)
    assert said("cameraman", 0.02) == ""


def test_a_picture_without_things_is_said_to_have_none() -> None:
    assert suiting.without_things(0.36) is None
    nothing = suiting.without_things(0.2)
    assert nothing is not None
    assert nothing.offers[-1].value == {"score": 0.1}


def test_an_object_that_fills_the_picture_leaves_nothing_to_learn_from() -> None:
    assert suiting.without_background(0.5, 0.1) is None
    assert suiting.without_background(0.05, 0.95) is None  # they agree for all that
    assert suiting.without_background(0.05, 0.4) is not None
