"""Headline, heroes, what is auto, what plays and what does not suit, as plain values."""

import json
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import pytest

from explainer.core.charts import Bars
from explainer.core.controls import (
    AUTO,
    LAST,
    TOP_1,
    Auto,
    ClassIndex,
    Doc,
    LayerName,
    OnPicture,
    Plays,
    Range,
    controls,
)
from explainer.core.geometry import CENTRE, BoxXYXY, PointXY
from explainer.core.heroes import aspect, main_views, shown_part
from explainer.core.layers import Heat, Image, Panel
from explainer.core.params import changed, checked, from_plain, to_plain
from explainer.core.parts import Part
from explainer.core.plays import Play
from explainer.core.result import Result
from explainer.core.unsuitable import Offer, Unsuitable

PIXELS = np.zeros((6, 8, 3), np.uint8)
BARE = Panel("Input", (8, 6), (Image("picture", PIXELS, focus=(1.0, 0.0, 7.0, 6.0)),))
MAP = Panel("Grad-CAM", (8, 6), (Image("picture", PIXELS), Heat("map", np.ones((2, 2), np.float32), 0, 1)))
SCORES = Bars("Scores", ("a",), (0.5,))


@dataclass(frozen=True, slots=True)
class Params:
    spot: Annotated[PointXY | Auto, OnPicture("input"), Doc("Spot")] = AUTO
    box: Annotated[BoxXYXY | Auto, OnPicture("input")] = AUTO
    layer: Annotated[LayerName | Auto, Doc("Layer")] = AUTO
    target: Annotated[ClassIndex | Auto, Doc("Class")] = TOP_1
    fixed: Annotated[LayerName, Doc("Layer below")] = LAST
    added: Annotated[int, Range(1, 9), Plays(4.0, "Add")] = 9


def result(**more: object) -> Result:
    return Result("One of 1.", {"n": 1.0}, (BARE, MAP), (SCORES,), **more)  # type: ignore[arg-type]


def test_auto_stands_beside_points_boxes_layers_and_classes() -> None:
    found = {one.name: one for one in controls(Params)}
    assert [name for name, one in found.items() if one.auto] == ["spot", "box", "layer", "target"]
    assert [found[name].kind for name in ("spot", "box", "layer", "target")] == ["point", "box", "layer", "class"]
    assert found["spot"].panel == "input"
    assert found["spot"].label == "Spot"


def test_auto_and_a_value_both_come_back() -> None:
    for params in (Params(), changed(Params(), spot="0.25,0.5", layer="features.3")):
        again, notes = from_plain(Params, json.loads(json.dumps(to_plain(params))))
        assert (again, notes) == (params, [])
    assert changed(changed(Params(), spot="0.25,0.5"), spot="auto").spot == AUTO


def test_what_is_not_auto_refuses_it() -> None:
    @dataclass(frozen=True, slots=True)
    class Plain:
        spot: Annotated[PointXY, OnPicture("input")] = CENTRE

    with pytest.raises(ValueError, match="spot"):
        checked(controls(Plain)[0], "auto")


def test_a_toggle_can_be_neither_auto_nor_played() -> None:
    @dataclass(frozen=True, slots=True)
    class OnOff:
        on: Annotated[bool | Auto, Doc("On")] = AUTO

    @dataclass(frozen=True, slots=True)
    class Played:
        on: Annotated[bool, Plays()] = True

    for kind in (OnOff, Played):
        with pytest.raises(TypeError, match="on"):
            controls(kind)


def test_heroes_are_named_or_guessed() -> None:
    assert main_views(result()).panels == (1,)  # the first with something over the picture
    assert main_views(result()).film == (0,)
    named = main_views(result(heroes=("input", "grad-cam")))
    assert (named.panels, named.film, named.chart, named.charts) == ((0, 1), (), None, (0,))
    chart = main_views(result(heroes=("scores",)))
    assert (chart.panels, chart.chart, chart.film, chart.charts) == ((), 0, (0, 1), ())


def test_a_result_without_panels_has_its_first_chart_as_hero() -> None:
    seen = main_views(Result("One of 1.", {"n": 1.0}, (), (SCORES, Bars("More", ("a",), (0.5,)))))
    assert (seen.panels, seen.chart, seen.charts) == ((), 0, (1,))


@pytest.mark.parametrize("heroes", [("nobody",), ("input", "scores"), ("input", "grad-cam", "scores")])
def test_heroes_that_cannot_be_are_refused(heroes: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"called|heroes"):
        result(heroes=heroes)


def test_what_the_network_sees_is_looked_at_first() -> None:
    assert shown_part(BARE) == (1.0, 0.0, 7.0, 6.0)
    assert shown_part(MAP) == (0.0, 0.0, 8.0, 6.0)
    assert aspect(BARE) == 1.0


def test_only_what_does_not_suit_may_have_no_values() -> None:
    answer = Unsuitable("No person here.", (Offer("sample", "astronaut"), Offer("camera")))
    assert Result("", {}, (BARE,), unsuitable=answer).unsuitable is answer
    with pytest.raises(ValueError, match="value"):
        Result("", {}, (BARE,))
    with pytest.raises(ValueError, match="way on"):
        Unsuitable("No person here.", ())


@pytest.mark.parametrize("log", [False, True])
def test_a_place_on_the_scrubber_and_its_value_belong_together(log: bool) -> None:
    play = Play("added", 1, 1000, 10, log=log)
    for place in (0.0, 0.2, 0.5, 1.0):
        assert play.place(play.value(place)) == pytest.approx(place)
    assert play.place(10) == pytest.approx(1 / 3 if log else 9 / 999)


def test_a_play_by_ratio_begins_above_zero() -> None:
    with pytest.raises(ValueError, match="above zero"):
        Play("added", 0, 9, 1, log=True)


def test_parts_hand_on_what_they_say() -> None:
    one = Part((BARE,), headline="First.", heroes=("input",), resolved={"layer": "a"})
    other = Part((MAP,), (), ("Seen 1.",), {"n": 1.0}, headline="Second.", heroes=("grad-cam",), resolved={"spot": 1})
    found = (one + other).result()
    assert (found.headline, found.heroes) == ("Second.", ("input", "grad-cam"))
    assert found.resolved == {"layer": "a", "spot": 1}
    assert (other + Part()).headline == "Second."
