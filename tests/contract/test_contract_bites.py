"""Each clause of the contract is seen to fail on a demo that breaks it, and to pass on one that does not."""

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count
from time import process_time
from typing import Annotated, Any

import numpy as np
import pytest

from explainer.commands import bootstrap
from explainer.contract import clauses, processor
from explainer.contract.cases import cases, differing, parts, sight
from explainer.contract.plays import plays_through
from explainer.contract.processor import asks_often, ends_in_time, within_budget
from explainer.contract.runs import Bench, Outcome, contract_frames
from explainer.contract.sound import sound
from explainer.core.charts import Bars, Curve, Equation, Graph, Grid, Histogram, Matrix, Node, Scatter, Series, Table
from explainer.core.context import Settings
from explainer.core.controls import (
    AUTO,
    LAST,
    TOP_1,
    Auto,
    ClassIndex,
    LayerName,
    OnPicture,
    Plays,
    Range,
    When,
    control,
)
from explainer.core.demo import Demo, DemoInfo
from explainer.core.geometry import BoxXYXY, PointXY, identity, scale_shift
from explainer.core.layers import Arrows, Boxes, Cells, Heat, Image, Label, Lines, Mask, Panel, Points
from explainer.core.plays import Play
from explainer.core.problem import Cancelled
from explainer.core.result import Result
from explainer.core.unsuitable import Offer, Unsuitable
from explainer.runtime.summary import summary
from explainer.vision.zoo.zoo import Zoo

INFO = DemoInfo(id="fake", title="Fake", topics=(1,), uses_model=False)
FRAMES = contract_frames()
CARD = bootstrap.zoo().card(Settings().model)


@dataclass(frozen=True, slots=True)
class Params:
    gain: Annotated[float, Range(0.5, 2.0)] = 1.0
    loud: bool = False
    tone: Annotated[int, Range(1, 9), When("loud", (True,))] = 1


MIDDLE, INSIDE_OUT = PointXY(0.5, 0.5), BoxXYXY(0.6, 0.1, 0.4, 0.9)
Run = Callable[[Any, Any, Any], Result]


def honest(frame: Any, params: Any, ctx: Any) -> Result:
    """Brightness, made stronger by `gain` and, when loud, by `tone`."""
    ctx.checkpoint()
    factor = params.gain * (params.tone + 1 if params.loud else 1)
    return seen(frame, factor * frame.pixels.mean(axis=2, dtype=np.float32))


def seen(frame: Any, heat: Any, **more: Any) -> Result:
    shown = Heat("map", heat, 0.0, float(heat.max()) + 1.0)
    panel = Panel("Input", (frame.width, frame.height), (Image("picture", frame.pixels), shown))
    mean = float(heat.mean(dtype=np.float64))
    return Result(f"The mean is {mean:.1f}.", {"mean": mean}, (panel,), **more)


def demo_of(run: Run, info: DemoInfo = INFO, params: type = Params) -> Demo[Any]:
    class Fake(Demo[params]):  # type: ignore[valid-type]
        def run(self, frame: Any, params: Any, ctx: Any) -> Result:
            return run(frame, params, ctx)

    Fake.info = info
    return Fake()


def bench_of(run: Run, info: DemoInfo = INFO, params: type = Params) -> Bench:
    return Bench(demo_of(run, info, params), bootstrap.engine, CARD, FRAMES, Settings(threads=1))


@pytest.fixture
def zoo() -> Zoo:
    """A zoo of one's own, since it is going to be soiled."""
    return Zoo()


# A demo that keeps every promise ------------------------------------------------------------------------


def test_an_honest_demo_keeps_every_clause(zoo: Zoo) -> None:
    bench = bench_of(honest)
    every = (
        clauses.defaults_end, clauses.every_case_shows, clauses.params_come_back,
        clauses.every_parameter_matters, clauses.every_frame_matters,
    )  # fmt: skip
    assert [text for clause in every for text in clause(bench)] == []
    assert clauses.twice_the_same(bench, zoo) == []
    assert asks_often(bench, zoo) == []
    assert clauses.nothing_left(bench, zoo) == []
    assert clauses.demo_problems(bench, zoo) == []


def test_what_is_measured_is_checked_and_never_compared(zoo: Zoo) -> None:
    clock = count(1)

    def run(frame: Any, params: Any, ctx: Any) -> Result:
        ms = float(next(clock))
        stages = Graph("Stages", (Node("a", "A", ms=ms),), ())
        return replace(honest(frame, params, ctx), measured={"forward_ms": ms}, charts=(stages,))

    bench = bench_of(run)
    assert clauses.demo_problems(bench, zoo) == []
    assert next(clock) > 3  # every run had a time of its own
    assert set(clauses.golden_values(bench)["cat"]) == {"mean"}
    one = bench.fresh(bench.everyday).finished
    assert one is not None
    assert summary("x", bench.everyday, one)["measured"] == dict(one.result.measured)


def test_a_control_that_moves_only_what_is_measured_does_not_matter() -> None:
    def run(frame: Any, params: Any, ctx: Any) -> Result:
        return replace(honest(frame, Params(), ctx), measured={"forward_ms": params.gain})

    assert any("moving gain" in text for text in clauses.every_parameter_matters(bench_of(run), ["gain"]))


# Ends and choices ---------------------------------------------------------------------------------------


def test_a_demo_that_fails_is_found_and_its_cause_is_told() -> None:
    def run(frame: Any, params: Any, ctx: Any) -> Result:
        raise ZeroDivisionError("no such luck")

    (problem,) = clauses.defaults_end(bench_of(run))[:1]
    assert "at its defaults" in problem
    assert "no such luck" in problem


def test_a_demo_that_fails_on_another_frame_alone_is_found() -> None:
    def run(frame: Any, params: Any, ctx: Any) -> Result:
        if frame.width < 100:
            raise ValueError("too small")
        return honest(frame, params, ctx)

    (problem,) = clauses.defaults_end(bench_of(run))
    assert problem.startswith("on small: ")


@pytest.mark.parametrize("name", ["gain", "loud", "tone"])
def test_a_demo_that_fails_at_the_end_of_a_control_is_found(name: str) -> None:
    ends = {"gain": 2.0, "loud": True, "tone": 9}

    def run(frame: Any, params: Any, ctx: Any) -> Result:
        if getattr(params, name) == ends[name]:
            raise ValueError("too much")
        return honest(frame, params, ctx)

    found = clauses.every_case_shows(bench_of(run), [name])
    assert any(f"{name}={ends[name]} on cat" in text for text in found)


@dataclass(frozen=True, slots=True)
class OfModel:
    layer: LayerName = LAST
    target: ClassIndex = TOP_1


@pytest.mark.parametrize("bad", [CARD.layers[0].name, CARD.layers[-1].name, "middle"])
def test_first_middle_and_last_layer_of_the_model_are_tried(bad: str) -> None:
    spatial = [layer.name for layer in CARD.layers if len(layer.shape) == 3]
    wanted = spatial[len(spatial) // 2] if bad == "middle" else bad

    def run(frame: Any, params: Any, ctx: Any) -> Result:
        if params.layer == wanted:
            raise ValueError("not this one")
        return seen(frame, frame.pixels[..., 0].astype(np.float32))

    found = clauses.every_case_shows(bench_of(run, params=OfModel), ["layer"])
    assert any(f"layer={wanted}" in text for text in found)


def test_top_2_and_three_classes_are_tried() -> None:
    tried = cases(control(OfModel, "target"), CARD, TOP_1)
    assert tried == ("top-2", "0", "500", "999")


# The same and not the same ------------------------------------------------------------------------------


def test_a_demo_that_draws_its_own_random_numbers_is_found(zoo: Zoo) -> None:
    luck = np.random.default_rng()

    def run(frame: Any, params: Any, ctx: Any) -> Result:
        return seen(frame, luck.random((8, 8), np.float32))

    assert any("value mean" in text for text in clauses.twice_the_same(bench_of(run), zoo))


def test_a_memo_whose_key_lacks_a_parameter_is_found(zoo: Zoo) -> None:
    def run(frame: Any, params: Any, ctx: Any) -> Result:
        return ctx.memo("all", lambda: honest(frame, params, ctx))

    (problem,) = clauses.twice_the_same(bench_of(run), zoo)
    assert problem.startswith("a run on a used engine differs")


def test_runs_that_other_clauses_share_hide_no_luck(zoo: Zoo) -> None:
    luck = np.random.default_rng()

    def run(frame: Any, params: Any, ctx: Any) -> Result:
        return seen(frame, luck.random((8, 8), np.float32))

    bench = bench_of(run)
    assert clauses.golden_values(bench) and clauses.defaults_end(bench) == [] == clauses.params_come_back(bench)
    assert clauses.every_frame_matters(bench) == [] == clauses.every_case_shows(bench)
    assert any(text.startswith("a second run differs") for text in clauses.twice_the_same(bench, zoo))


def test_the_same_twice_is_computed_twice_from_nothing_and_once_more(zoo: Zoo) -> None:
    made: list[tuple[Any, str]] = []

    def run(frame: Any, params: Any, ctx: Any) -> Result:
        def make() -> Result:
            made.append((params, frame.name))
            return honest(frame, params, ctx)

        return ctx.memo(("all", params), make)

    bench = bench_of(run)
    assert clauses.golden_values(bench) and clauses.every_case_shows(bench) == []
    assert clauses.twice_the_same(bench, zoo) == [] == clauses.nothing_left(bench, zoo) == asks_often(bench, zoo)
    assert made.count((Params(), "cat.jpg")) == 3


def test_a_scene_finds_in_the_memo_what_its_last_run_put_there() -> None:
    made: list[str] = []

    def run(frame: Any, params: Any, ctx: Any) -> Result:
        grey = ctx.memo("grey", lambda: made.append(frame.name) or frame.pixels.mean(axis=2, dtype=np.float32))
        return seen(frame, grey * params.gain * (params.tone + 1 if params.loud else 1))

    assert clauses.every_case_shows(bench_of(run)) == []
    assert made == ["cat.jpg", "small"]


def test_a_demo_that_is_shown_no_frame_has_one_scene() -> None:
    assert [scene.name for scene in bench_of(honest, replace(INFO, uses_frame=False)).scenes] == ["cat"]


def test_one_bit_of_one_pixel_is_a_difference() -> None:
    heat = np.full((4, 4), 0.5, np.float32)
    other = heat.copy()
    other[2, 3] = np.nextafter(np.float32(0.5), np.float32(1))
    frame = FRAMES["small"]
    one, two = (Panel("Input", (4, 4), (Heat("map", h, 0.0, 1.0),)) for h in (heat, other))
    assert differing(parts(Result("1", {"a": 1.0}, (one,))), parts(Result("1", {"a": 1.0}, (two,)))) == ["panel input"]
    assert differing(parts(seen(frame, heat)), parts(seen(frame, heat.copy()))) == []


def dead(frame: Any, params: Any, ctx: Any) -> Result:
    return seen(frame, frame.pixels[..., 0].astype(np.float32))


def echoing(frame: Any, params: Any, ctx: Any) -> Result:
    plain = dead(frame, params, ctx)
    return replace(plain, values={**plain.values, "gain_times": params.gain}, reading=f"Gain {params.gain}.")


def retitled(frame: Any, params: Any, ctx: Any) -> Result:
    plain = dead(frame, params, ctx)
    (panel,) = plain.panels
    return replace(plain, panels=(replace(panel, note=f"gain {params.gain}"),))


@pytest.mark.parametrize("run", [dead, echoing, retitled])
def test_a_parameter_that_changes_nothing_but_words_is_found(run: Run) -> None:
    (problem,) = clauses.every_parameter_matters(bench_of(run), ["gain"])
    assert problem.startswith("moving gain changes nothing on cat, rocket, coffee, small")


def test_a_control_that_hangs_on_another_is_judged_while_it_is_shown() -> None:
    def never(frame: Any, params: Any, ctx: Any) -> Result:
        return honest(frame, replace(params, tone=1), ctx)

    assert clauses.every_parameter_matters(bench_of(honest), ["tone"]) == []
    assert len(clauses.every_parameter_matters(bench_of(never), ["tone"])) == 1


def test_a_first_picture_against_a_whole_result_is_no_difference() -> None:
    def run(frame: Any, params: Any, ctx: Any) -> Result:
        if params.loud:
            ctx.publish(seen(frame, np.zeros((4, 4), np.float32)))
        return dead(frame, params, ctx)

    assert len(clauses.every_parameter_matters(bench_of(run), ["loud"])) == 1


def test_a_parameter_that_acts_only_after_the_first_picture_is_not_blamed() -> None:
    def run(frame: Any, params: Any, ctx: Any) -> Result:
        ctx.publish(seen(frame, np.zeros((4, 4), np.float32)))
        return honest(frame, params, ctx)

    assert clauses.every_parameter_matters(bench_of(run), ["gain"]) == []


def test_a_demo_that_sees_only_the_size_of_the_frame_is_found() -> None:
    def run(frame: Any, params: Any, ctx: Any) -> Result:
        return seen(frame, np.full((frame.height, frame.width), 3.0, np.float32))

    assert clauses.every_frame_matters(bench_of(run)) == ["a cat and a cup of coffee give the same values"]
    assert clauses.every_frame_matters(bench_of(run, replace(INFO, uses_frame=False))) == []


@pytest.mark.parametrize("temporal", [True, False])
def test_the_two_photos_are_of_one_size_and_are_not_taken_for_other_scenes(temporal: bool) -> None:
    bench = bench_of(honest, replace(INFO, temporal=temporal))
    one, two = bench.twins()
    assert (one.frames[0].width, one.frames[0].height) == (two.frames[0].width, two.frames[0].height)
    named = {scene.name: scene for scene in bench.scenes}
    assert all(named.get(twin.name, twin) is twin for twin in (one, two))
    before = clauses.golden_values(bench_of(honest, replace(INFO, temporal=temporal)))
    clauses.every_frame_matters(bench)
    assert clauses.golden_values(bench) == before


# Finite and in bounds -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Handled:
    spot: Annotated[PointXY, OnPicture("input")] = MIDDLE


GREY = np.full((30, 40, 3), 128, np.uint8)
FLAT = np.ones((3, 4), np.float32)
BROKEN = np.array([[1.0, np.nan]], np.float32)
FAR = scale_shift(1, 1, 100, 0)
XY = np.array([[1.0, 2.0], [3.0, 4.0]])


def heat(**given: Any) -> Heat:
    return Heat(**({"name": "map", "values": FLAT, "lo": 0.0, "hi": 1.0} | given))


LAYERS = {
    "a map is not finite": (heat(values=BROKEN), "is not finite"),
    "limits are equal": (heat(lo=1.0), "colours run from 1.0 to 1.0"),
    "limits are not finite": (heat(hi=np.inf), "colours run from"),
    "diverging off centre": (heat(lo=-2.0, colours="diverging"), "is diverging but runs from -2.0 to 1.0"),
    "a map in three dimensions": (heat(values=np.ones((3, 3, 3), np.float32)), "array is (3, 3, 3)"),
    "a map without inverse": (heat(to_panel=np.zeros((2, 3))), "has no inverse"),
    "beside the panel": (heat(to_panel=FAR), "lies beside its panel"),
    "larger than the panel": (heat(to_panel=scale_shift(20, 1)), "it reaches from"),
    "a soft mask above 1": (Mask("mask", 2 * FLAT), "neither bool nor within 0…1"),
    "a picture of floats": (Image("picture", GREY.astype(np.float32)), "a picture is (H, W, 3) uint8"),
    "focus upside down": (Image("picture", GREY, focus=(5, 9, 20, 3)), "its focus is"),
    "focus beside the panel": (Image("picture", GREY, focus=(50, 0, 60, 9)), "lies beside its panel"),
    "a box inside out": (Boxes("box", np.array([[9.0, 1, 2, 8]])), "a box runs from (9, 1)"),
    "a box elsewhere": (Boxes("box", np.array([[90.0, 1, 99, 8]])), "lies beside its panel"),
    "boxes of three": (Boxes("box", np.zeros((2, 3))), "boxes are (2, 3)"),
    "too few labels": (Boxes("box", np.array([[1.0, 1, 2, 8], [1, 1, 2, 8]]), ("one",)), "1 labels for 2 items"),
    "points not finite": (Points("spot", np.array([[np.nan, 1.0]])), "points are not finite"),
    "a point elsewhere": (Points("spot", np.array([[41.5, 1.0]])), "a point lies beyond the panel"),
    "too many colours": (Points("spot", XY, colours=(1, 2, 3)), "3 colours for 2 items"),
    "a path of three": (Lines("way", (np.zeros((4, 3)),)), "points of a path are (4, 3)"),
    "a path elsewhere": (Lines("way", (XY + 100,)), "lies beside its panel"),
    "arrows without ends": (Arrows("flow", XY, XY[:1]), "(2, 2) starts and (1, 2) ends"),
    "arrows not finite": (Arrows("flow", XY, XY * np.inf), "ends are not finite"),
    "a word elsewhere": (Label("word", "here", (99.0, 1.0)), "a point lies beyond the panel"),
    "a tile that is not there": (Cells("maps", np.ones((2, 3, 3), np.float32), 2, 0, 1, chosen=2), "no tile 2"),
    "tiles not finite": (Cells("maps", np.full((2, 3, 3), np.nan, np.float32), 2, 0, 1), "is not finite"),
    "a mosaic too large": (Cells("maps", np.ones((9, 30, 30), np.float32), 3, 0, 1), "the mosaic takes"),
    "flat tiles": (Cells("maps", np.ones((3, 3), np.float32), 2, 0, 1), "tiles are (3, 3)"),
    "a click on nothing": (Points("spot", XY, sets=({"volume": 1}, None)), "sets volume, which is no parameter"),
    "a click out of range": (Points("spot", XY, sets=({"gain": 9.0}, None)), "a click sets gain to 9.0"),
}


@pytest.mark.parametrize(("layer", "text"), LAYERS.values(), ids=LAYERS.keys())
def test_a_layer_out_of_bounds_is_found(layer: Any, text: str) -> None:
    panel = Panel("Input", (40, 30), (layer,))
    (problem,) = sound(Result("1", {"a": 1.0}, (panel,)), demo_of(honest), CARD)
    assert text in problem


def test_what_reaches_outside_may_say_so() -> None:
    large = Panel("Input", (40, 30), (heat(to_panel=scale_shift(20, 20)),), note="reaches outside the picture")
    assert sound(Result("1", {"a": 1.0}, (large,)), demo_of(honest), CARD) == []


LINE = Series("line", np.array([0.0, 1.0]), np.array([0.0, 1.0]))
CHARTS = {
    "bars not finite": (Bars("C", ("a",), (float("nan"),)), "values are not finite"),
    "bars over the scale": (Bars("C", ("a",), (2.0,)), "bars from 2 to 2 on a scale 0 to 1"),
    "bars without labels": (Bars("C", (), (0.5,)), "0 labels for 1 bars"),
    "a bar that is not there": (Bars("C", ("a",), (0.5,), chosen=1), "there is no bar 1"),
    "a click of a bar": (Bars("C", ("a",), (0.5,), sets=({"volume": 1},)), "sets volume"),
    "a curve without lines": (Curve("C", ()), "it has no line"),
    "a line not finite": (Curve("C", (replace(LINE, y=np.array([0.0, np.inf])),)), "y of line are not finite"),
    "a line of two lengths": (Curve("C", (replace(LINE, x=np.array([0.0])),)), "has (1,) x and (2,) y"),
    "an axis upside down": (Curve("C", (LINE,), y_range=(1.0, 0.0)), "an axis runs from 1.0 to 0.0"),
    "as many edges as counts": (Histogram("C", np.arange(3.0), np.arange(3.0)), "3 counts stand between 3 edges"),
    "edges that fall": (Histogram("C", np.array([1.0, 0.0]), np.array([1.0])), "do not rise"),
    "a matrix without names": (Matrix("C", np.ones((2, 2)), ("a",), ("b", "c")), "under 1 × 2 names"),
    "classes of other points": (Scatter("C", XY, (1,)), "1 classes for 2 items"),
    "a short row": (Table("C", ("a", "b"), (("1",),)), "not as long as the header"),
    "a sign too few": (Equation("C", (Grid("a", np.ones((1, 1)), 0, 1),) * 3, ("×",)), "1 signs stand between 3 grids"),
    "an arrow to nowhere": (Graph("C", (Node("a", "A"),), (("a", "b"),)), "leads to none"),
    "a click of a node": (Graph("C", (Node("a", "A", sets={"gain": 9.0}),), ()), "a click sets gain to 9.0"),
}


@pytest.mark.parametrize(("chart", "text"), CHARTS.values(), ids=CHARTS.keys())
def test_a_chart_out_of_bounds_is_found(chart: Any, text: str) -> None:
    (problem,) = sound(Result("1", {"a": 1.0}, (), (chart,)), demo_of(honest), CARD)
    assert text in problem


GOOD = Panel("Input", (40, 30), (heat(),))


def said(headline: str, **more: Any) -> Result:
    return Result("1", {"a": 1.0}, (GOOD,), headline=headline, **more)


def unsuited(*offers: Offer) -> Result:
    return Result("", {}, (GOOD,), unsuitable=Unsuitable("Nobody is here.", offers))


RESULTS = {
    "no reading": (Result(" ", {"a": 1.0}, (GOOD,)), "there is no reading"),
    "no number": (Result("All is well.", {"a": 1.0}, (GOOD,)), "the reading has no number"),
    "a long headline": (said(" ".join(["word"] * 21) + "."), "the headline has 21 words"),
    "a headline of numbers": (said("From 1.5 to 2,000 of −3."), "the headline has more than two numbers"),
    "a headline in Markdown": (said("It is **bold**."), "the headline is no plain sentence"),
    "a headline without an end": (said("It is"), "the headline is no plain sentence"),
    "a play of nothing": (said("", play=Play("volume", 0, 1, 0)), "volume is played and is no param that plays"),
    "camel case": (Result("1", {"peakX": 1.0}, (GOOD,)), "the value peakX is not in snake_case"),
    "a number of numpy": (Result("1", {"a": np.float32(1)}, (GOOD,)), "the value a is float32, not float"),
    "a whole number": (Result("1", {"a": 1}, (GOOD,)), "the value a is int, not float"),
    "measured without a unit": (
        Result("1", {"a": 1.0}, (GOOD,), measured={"forward": 1.0}),
        "the measured forward does not end with its unit",
    ),
    "measured as a number of numpy": (
        Result("1", {"a": 1.0}, (GOOD,), measured={"read_gb_s": np.float32(1)}),
        "the measured read_gb_s is float32, not float",
    ),
    "two panels of a name": (Result("1", {"a": 1.0}, (GOOD, GOOD)), "more than one panel or chart is called input"),
    "a chart of a panel's name": (
        Result("1", {"a": 1.0}, (GOOD,), (Curve("Input!", (LINE,)),)),
        "more than one panel or chart is called input",
    ),
    "two layers of a name": (
        Result("1", {"a": 1.0}, (replace(GOOD, layers=(heat(), heat(name="Map"))),)),
        "more than one layer is called map",
    ),
    "a panel without size": (Result("1", {"a": 1.0}, (replace(GOOD, size=(0.0, 3.0)),)), "its size is"),
    "an empty panel": (Result("1", {"a": 1.0}, (replace(GOOD, layers=()),)), "it has no layers"),
    "a panel without a name": (Result("1", {"a": 1.0}, (GOOD, replace(GOOD, title="→"))), "gives no file name"),
    "no panel for the handle": (
        Result("1", {"a": 1.0}, (replace(GOOD, title="Picture"),)),
        "the handle spot has no panel input",
    ),
    "an input of one channel": (
        Result("1", {"a": 1.0}, (GOOD,), input=np.zeros((1, 1, 8, 8), np.float32)),
        "the input is (1, 1, 8, 8) float32",
    ),
    "an input not finite": (
        Result("1", {"a": 1.0}, (GOOD,), input=np.full((1, 3, 8, 8), np.nan, np.float32)),
        "the input is not finite",
    ),
    "a document elsewhere": (Result("1", {"a": 1.0}, (GOOD,), documents={"../x": ""}), "is no file name"),
    "an offer of no sample": (unsuited(Offer("sample", "unicorn")), "it offers the sample unicorn, which is not there"),
    "an offer without a name": (unsuited(Offer("demo")), "it offers a demo without a name"),
    "an offer of no param": (unsuited(Offer("set", {"volume": 1})), "sets volume, which is no parameter"),
    "an offer out of range": (
        unsuited(Offer("sample", "cat"), Offer("set", {"spot": (3.0, 0.5)})),
        "a click sets spot to (3.0, 0.5)",
    ),
}


@pytest.mark.parametrize(("result", "text"), RESULTS.values(), ids=RESULTS.keys())
def test_a_result_out_of_bounds_is_found(result: Result, text: str) -> None:
    found = sound(result, demo_of(honest, params=Handled), CARD)
    assert [problem for problem in dict.fromkeys(found) if text in problem]
    assert len(set(found)) == 1


# Seats --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Seated:
    spot: Annotated[PointXY | Auto, OnPicture("input")] = AUTO
    gain: Annotated[float, Range(0.5, 2.0)] = 1.0


SEATS = {
    "nothing said": ({}, "auto: spot; what it became is told of: nothing"),
    "another param": ({"spot": MIDDLE, "gain": 1.0}, "is told of: spot, gain"),
    "still auto": ({"spot": AUTO}, "spot became auto"),
    "off the picture": ({"spot": PointXY(3.0, 0.5)}, "spot became PointXY(x=3.0, y=0.5): "),
    "no param": ({"spot": MIDDLE, "volume": 1}, "volume became 1"),
}


def seating(resolved: dict[str, Any]) -> Bench:
    def run(frame: Any, params: Any, ctx: Any) -> Result:
        return replace(dead(frame, params, ctx), resolved=resolved)

    return bench_of(run, params=Seated)


def test_a_seat_that_is_told_keeps_the_clause() -> None:
    assert clauses.defaults_end(seating({"spot": MIDDLE})) == []


@pytest.mark.parametrize(("resolved", "text"), SEATS.values(), ids=SEATS.keys())
def test_a_seat_that_is_not_told_as_it_is_is_found(resolved: dict[str, Any], text: str) -> None:
    assert any(text in problem for problem in clauses.defaults_end(seating(resolved)))


# JSON ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Boxed:
    box: BoxXYXY = INSIDE_OUT


def test_params_that_do_not_come_back_are_found() -> None:
    found = clauses.params_come_back(bench_of(dead, params=Boxed))
    assert any("come back from JSON" in text for text in found)


def test_a_result_that_json_cannot_hold_is_found() -> None:
    def run(frame: Any, params: Any, ctx: Any) -> Result:
        return replace(honest(frame, params, ctx), values={"mean": np.float32(1.5)})  # type: ignore[dict-item]

    (problem,) = clauses.params_come_back(bench_of(run))
    assert problem.startswith("result.json cannot be written")


# Golden values ------------------------------------------------------------------------------------------

KEPT = {"cat": {"score": 0.5, "peak_x_px": 100.0}, "small": {"score": 0.25}}


def test_values_within_one_percent_are_the_golden_ones() -> None:
    near = {"cat": {"score": 0.5049, "peak_x_px": 99.01}, "small": {"score": 0.25}}
    assert clauses.against_golden(near, KEPT) == []


def test_a_loose_golden_value_has_only_to_be_there() -> None:
    loose = {"cat": {"score": None, "peak_x_px": 100.0}, "small": {"score": 0.25}}
    assert clauses.against_golden({**KEPT, "cat": {"score": 0.9, "peak_x_px": 100.0}}, loose) == []
    (gone,) = clauses.against_golden({**KEPT, "cat": {"peak_x_px": 100.0}}, loose)
    assert "gone" in gone


@pytest.mark.parametrize(
    ("found", "text"),
    [
        ({**KEPT, "cat": {"score": 0.5, "peak_x_px": 98.9}}, "on cat peak_x_px is 98.9 and was 100"),
        ({**KEPT, "small": {"score": -0.25}}, "on small score is -0.25 and was 0.25"),
        ({**KEPT, "small": {"score": 0.25, "extra": 1.0}}, "on small the value extra is new"),
        ({**KEPT, "cat": {"score": 0.5}}, "on cat the value peak_x_px is gone"),
        ({"cat": KEPT["cat"]}, "the golden values have other frames: cat, small"),
    ],
)
def test_values_that_moved_came_or_went_are_found(found: dict, text: str) -> None:
    assert clauses.against_golden(found, KEPT) == [text]


def test_golden_values_are_taken_on_every_scene() -> None:
    assert list(clauses.golden_values(bench_of(honest))) == ["cat", "rocket", "coffee", "small"]
    assert list(clauses.golden_values(bench_of(honest, replace(INFO, temporal=True))))[-1] == "square"
    assert list(clauses.golden_values(bench_of(honest, replace(INFO, uses_frame=False)))) == ["cat"]


# Time ---------------------------------------------------------------------------------------------------


def test_a_run_over_its_budget_is_found() -> None:
    bench = bench_of(honest)
    quick = Outcome((), None, "", 0.1, 9.9)
    assert within_budget(bench, quick, 0.0) == []
    (late,) = within_budget(bench, replace(quick, cpu_s=10.1), 0.0)
    assert late == "it took 10.1 s of processor time; its budget is 10 s"
    assert within_budget(bench, replace(quick, cpu_s=10.1), 0.03) == []  # a machine on which everything is slow


def test_a_demo_that_takes_too_long_is_found(zoo: Zoo) -> None:
    def slow(frame: Any, params: Any, ctx: Any) -> Result:
        ctx.publish(honest(frame, params, ctx))
        _busy(0.3)
        return honest(frame, params, ctx)

    assert ends_in_time(bench_of(slow), zoo, 2.0) == []
    (late,) = ends_in_time(bench_of(slow, replace(INFO, budget_s=0.001)), zoo, 2.0)
    assert "its budget is 0.001 s" in late


def test_a_stage_that_stays_empty_is_found() -> None:
    bench = bench_of(honest)
    slow = Outcome((), None, "", 0.6, 0.6)
    (empty,) = within_budget(bench, slow, 0.01)
    assert empty.startswith("nothing was shown for 0.60 s")
    assert within_budget(bench, slow, 0.05) == []


def test_time_of_other_processes_does_not_count(zoo: Zoo) -> None:
    """A run that waits, as it does for a processor that others hold, has taken no time."""
    gone_by = threading.Event()

    def waiting(frame: Any, params: Any, ctx: Any) -> Result:
        gone_by.wait(0.5)
        return honest(frame, params, ctx)

    outcome = bench_of(waiting).fresh(Params())
    assert outcome.cpu_s < 0.25


def _busy(seconds: float = 1.0) -> None:
    """Compute; by default for more than a run may without asking."""
    until = process_time() + seconds
    while process_time() < until:
        pass


def test_a_demo_that_does_not_listen_is_found(zoo: Zoo) -> None:
    def deaf(frame: Any, params: Any, ctx: Any) -> Result:
        if params.loud:
            _busy()  # stands for one opaque call
        return honest(frame, params, ctx)

    (problem,) = asks_often(bench_of(deaf), zoo)
    assert problem.startswith("at the most that can be asked: for ")


def test_a_demo_that_is_silent_at_its_end_is_found(zoo: Zoo) -> None:
    def deaf(frame: Any, params: Any, ctx: Any) -> Result:
        result = honest(frame, params, ctx)
        _busy()
        return result

    assert [text.partition(":")[0] for text in asks_often(bench_of(deaf), zoo)] == [
        "at its defaults",
        "at the most that can be asked",
    ]


def test_a_demo_that_swallows_the_answer_is_found(zoo: Zoo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processor, "WATCHED_S", 0.02)

    def stubborn(frame: Any, params: Any, ctx: Any) -> Result:
        for _ in range(20):
            with suppress(Cancelled):
                ctx.checkpoint()
            _busy(0.05)  # asks often enough, and does not listen
        return seen(frame, frame.pixels.mean(axis=2, dtype=np.float32))

    assert len(asks_often(bench_of(stubborn), zoo)) == 2


# What is left behind ------------------------------------------------------------------------------------

Soil = Callable[[Any], object]


def _hook(net: Any) -> None:
    net.register_forward_hook(lambda *_: None)


def _gradients(net: Any) -> None:
    next(net.parameters()).requires_grad_(True)


def _train_mode(net: Any) -> None:
    net.train()


def _attribute(net: Any) -> None:
    net.seen_by = "me"


def _numbers(net: Any) -> None:
    next(net.parameters()).mul_(1.5)


@pytest.mark.parametrize("soil", [_hook, _gradients, _train_mode, _attribute, _numbers])
@pytest.mark.parametrize("stock", [True, False])
def test_a_demo_that_soils_the_network_after_its_lease_is_found(zoo: Zoo, soil: Soil, stock: bool) -> None:
    def run(frame: Any, params: Any, ctx: Any) -> Result:
        with zoo.lease(CARD.name, ctx.settings) as net:
            network = net.network(stock=stock)
        if params.loud:  # at the most that can be asked
            soil(network)
        return honest(frame, params, ctx)

    kind = "stock" if stock else "folded"
    found = clauses.nothing_left(bench_of(run), zoo)
    assert found
    assert all(problem.startswith(kind) for problem in found)


@pytest.fixture
def grad_mode() -> Iterator[None]:
    import torch

    yield
    torch.set_grad_enabled(True)


@pytest.mark.usefixtures("grad_mode")
def test_a_demo_that_leaves_grad_mode_off_is_found(zoo: Zoo) -> None:
    import torch

    def run(frame: Any, params: Any, ctx: Any) -> Result:
        if params.loud:
            torch.set_grad_enabled(False)
        return honest(frame, params, ctx)

    (problem,) = clauses.nothing_left(bench_of(run), zoo)
    assert problem == "grad mode was True and is False after a run"


def test_a_demo_that_leaves_a_thread_running_is_found(zoo: Zoo) -> None:
    enough = threading.Event()

    def run(frame: Any, params: Any, ctx: Any) -> Result:
        if params.loud:
            threading.Thread(target=enough.wait, name="left over", daemon=True).start()
        return honest(frame, params, ctx)

    try:
        (problem,) = clauses.nothing_left(bench_of(run), zoo)
    finally:
        enough.set()
    assert problem.startswith("threads was")
    assert "left over" in problem


# What the clauses rest on -------------------------------------------------------------------------------


def test_sight_leaves_words_out_and_keeps_pictures() -> None:
    panel = Panel("Input", (4, 3), (heat(),), note="first")
    one = Result("1", {"gain": 1.0, "mean": 2.0}, (panel,))
    renamed = replace(one, panels=(replace(panel, title="Other", note="second"),), values={"gain": 3.0, "mean": 2.0})
    assert differing(sight(one, "gain"), sight(renamed, "gain")) == []
    moved = replace(panel, layers=(heat(to_panel=identity() * 2),))
    assert differing(sight(one), sight(replace(one, panels=(moved,)))) == ["panel 0"]


def test_a_nodes_milliseconds_are_no_part_of_what_is_compared() -> None:
    from explainer.contract.cases import digest
    from explainer.core.charts import Graph, Node

    one, other, third = (
        Graph("Stages", (Node("a", name, ms=ms),), ()) for name, ms in (("A", 1.0), ("A", 2.0), ("B", 1.0))
    )
    assert digest(one) == digest(other)
    assert digest(one) != digest(third)


# Plays --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Played:
    rows: Annotated[int, Range(1, 100), Plays()] = 100


def played(frame: Any, params: Any, _ctx: Any, at: Callable[[int], int] = lambda rows: rows) -> Result:
    """Rows of the picture, so many of ten."""
    count = min(params.rows, 10)
    heat = frame.pixels.mean(axis=2, dtype=np.float32)
    heat[heat.shape[0] * count // 10 :] = 0
    return seen(frame, heat, play=Play("rows", 1, 10, at(count), counted=f"{count} of 10"))


def plays_of(run: Run, about: DemoInfo = INFO) -> list[str]:
    class PlayedDemo(Demo[Played]):
        info = about

        def run(self, frame, params, ctx):
            return run(frame, params, ctx)

    return plays_through(Bench(PlayedDemo(), bootstrap.engine, CARD, FRAMES))


def test_a_play_says_where_it_stands_from_first_to_last() -> None:
    assert plays_of(played) == []
    assert plays_of(lambda f, p, c: played(f, p, c, lambda rows: 11 - rows))
    assert plays_of(lambda f, p, c: replace(played(f, p, c), play=None))
    assert plays_of(lambda f, p, c: played(f, p, c, lambda _rows: 10))


def test_a_play_goes_on_from_the_run_that_was_not_played_and_must_come_to_the_same() -> None:
    trained: list[int] = []

    def trains(frame: Any, params: Any, ctx: Any, worn: float = 0.0) -> Result:
        if ctx.state is None:
            trained.append(params.rows)
        plain = played(FRAMES["cat"], params, ctx)
        state = 0.0 if ctx.state is None else ctx.state + worn
        return replace(plain, values={"mean": plain.values["mean"] + state}, state=state)

    info = replace(INFO, uses_frame=False)
    assert plays_of(trains, info) == []
    assert trained == [100]
    (said,) = plays_of(lambda f, p, c: trains(f, p, c, worn=0.5), info)
    assert "the end of playing rows differs" in said


def test_the_end_of_a_play_is_the_result_that_was_not_played() -> None:
    def stops_short(frame: Any, params: Any, ctx: Any) -> Result:
        rows = params.rows if params.rows != 10 else 9
        return replace(played(frame, replace(params, rows=rows), ctx), play=Play("rows", 1, 10, min(params.rows, 10)))

    (said,) = plays_of(stops_short)
    assert "differs" in said
