"""The stress demos through the real engine: what is said agrees with what is shown, on any photo."""

from functools import cache
from typing import Any

import numpy as np
import pytest

from explainer.commands import bootstrap
from explainer.contract.runs import Bench, contract_frames
from explainer.contract.sound import sound
from explainer.core.charts import Bars, Curve, Matrix
from explainer.core.context import Settings
from explainer.core.frame import Frame
from explainer.core.geometry import BoxXYXY, PointXY, Stroke
from explainer.core.params import changed
from explainer.core.result import Result

OCCLUSION, LIGHT, MISSING, BORDER = "occlusion-stress", "illumination-stress", "missing-pixels", "border-probe"
# What makes each demo cheap: no curves, no maps.
QUICK: dict[str, dict[str, Any]] = {
    OCCLUSION: {"measure": ()},
    LIGHT: {"tone_map": False},
    MISSING: {"curve": False},
    BORDER: {},
}
EVERYWHERE = (BoxXYXY(0.0, 0.0, 1.0, 1.0),)


@cache
def bench(demo_id: str) -> Bench:
    settings, demo = Settings(device="cpu", threads=1), bootstrap.demos().demo(demo_id)
    frames = {"cat": contract_frames()["cat"]}
    return Bench(demo, bootstrap.engine, bootstrap.zoo().card(settings.model), frames, settings)


def shot(demo_id: str, frame: Frame | None = None, **params: Any) -> Result:
    one = bench(demo_id)
    if frame is not None:
        one = Bench(one.demo, bootstrap.engine, one.card, {frame.name: frame}, one.settings)
    outcome = one.run(changed(one.demo.defaults(), one.card, **(QUICK[demo_id] | params)))
    assert outcome.result is not None, outcome.problem
    for result in outcome.results:
        assert sound(result, one.demo, one.card) == []
    return outcome.result


@pytest.mark.parametrize("demo_id", QUICK)
@pytest.mark.parametrize("size", [(1, 1), (12, 6000)])
def test_any_picture_will_do(demo_id: str, size: tuple[int, int]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (*size, 1), dtype=np.uint8).repeat(3, axis=2)
    assert shot(demo_id, Frame(pixels, "odd", name="odd")).reading


# Occlusion ----------------------------------------------------------------------------------------------


def test_no_occluder_no_change() -> None:
    result = shot(OCCLUSION, shape="boxes", boxes=())
    assert result.values["covered_share"] == 0.0
    assert result.values["score_after"] == pytest.approx(result.values["score_before"], abs=1e-6)
    assert result.reading.startswith("Nothing that the network sees is covered")


def test_the_whole_covered_is_the_end_of_every_curve() -> None:
    result = shot(OCCLUSION, shape="boxes", boxes=EVERYWHERE, fill="mean", measure=("curves",))
    assert result.values["covered_share"] == 1.0
    (curve,) = (chart for chart in result.charts if isinstance(chart, Curve))
    assert len(curve.series) == 4
    for line in curve.series:
        assert line.y[0] == pytest.approx(result.values["score_before"], abs=1e-4)
        assert line.y[-1] == pytest.approx(result.values["score_after"], abs=1e-4)


def test_the_cup_is_seen_in_place_of_the_cat() -> None:
    result = shot(OCCLUSION, shape="boxes", boxes=EVERYWHERE, fill="object")
    bars = result.charts[0]
    assert isinstance(bars, Bars)
    assert "espresso" in bars.labels[:3]
    assert result.values["answer_changed"] == 1.0


def test_the_headline_names_both_the_share_of_the_box_and_that_of_the_picture() -> None:
    result = shot(OCCLUSION, shape="object", object_box=EVERYWHERE[0], covered=100, fill="object")
    assert result.values["answer_changed"] == 1.0
    share = f"{100 * result.values['covered_share']:.0f} % of the picture"
    assert result.headline.startswith(f"With 100 % of the box ({share}) covered, ")
    drawn = shot(OCCLUSION, shape="boxes", boxes=EVERYWHERE, fill="object")  # as much of it, and no box to be a part of
    assert drawn.headline.startswith(f"With {share} covered, ")


def test_the_brush_hides_what_it_paints() -> None:
    painted = shot(OCCLUSION, shape="brush", strokes=(Stroke((PointXY(0.3, 0.5), PointXY(0.7, 0.5)), 0.1),))
    assert 0.1 < painted.values["covered_share"] < 0.6
    assert shot(OCCLUSION, shape="brush").values["covered_share"] == 0.0


def test_two_networks_stand_side_by_side() -> None:
    result = shot(OCCLUSION, second=True)
    assert "EfficientNet-Lite1" in result.reading
    assert result.values["second_class_index"] == result.values["class_index"]
    assert result.values["second_score_before"] != result.values["score_before"]
    assert len([chart for chart in result.charts if isinstance(chart, Bars)]) == 2


# Light --------------------------------------------------------------------------------------------------


def test_the_curve_of_the_growing_box_passes_through_the_picture_that_is_shown() -> None:
    result = shot(OCCLUSION, shape="object", covered=40, measure=("map",))
    assert result.play is not None
    assert result.play.curve is not None
    assert result.play.curve[4] == pytest.approx(result.values["score_after"], abs=1e-5)
    assert result.play.curve[0] == pytest.approx(result.values["score_before"], abs=1e-5)
    assert shot(OCCLUSION, shape="object", covered=40).play.curve is None  # type: ignore[union-attr]


def test_no_light_changed_and_no_remedy_is_the_picture_itself() -> None:
    result = shot(LIGHT, shadow=(), exposure_ev=0.0, grain=False, remedies=())
    assert result.values["score_lit"] == result.values["score_as_it_is"]
    assert "score_remedy" not in result.values
    assert "After the remedy" not in {panel.title for panel in result.panels}


def test_the_fall_of_the_light_passes_through_the_picture_that_is_shown() -> None:
    result = shot(LIGHT, exposure_ev=-2.0)
    (curve,) = [one for one in result.charts if isinstance(one, Curve)]
    lit, cured = curve.series[:2]
    at = list(lit.x).index(2.0)
    assert lit.y[at] == pytest.approx(result.values["score_lit"], abs=1e-5)
    assert cured.y[at] == pytest.approx(result.values["score_remedy"], abs=1e-5)
    assert result.play is not None
    assert (result.play.first, result.play.last, result.play.at) == (0.0, -6.0, -2.0)
    assert (result.play.curve == lit.y).all()


def test_lost_for_good_is_after_the_last_right_answer() -> None:
    from explainer.demos.robustness._relighting import lost_for_good

    assert [lost_for_good(np.array(right)) for right in ([1, 0, 1, 0, 0], [0, 0, 0], [1, 0, 1])] == [3, 0, 3]


def test_where_the_answer_is_lost_it_is_another_and_half_a_stop_before_it_is_not() -> None:
    falls = {"grain": False, "remedies": (), "shadow": ()}
    lost = [panel for panel in shot(LIGHT, **falls).panels if panel.title.startswith("Lost at")]
    assert len(lost) == 1
    ev = float(-np.round(2 * np.log2(float(lost[0].title.split()[2].removeprefix("1/")))) / 2)
    changed_at = [shot(LIGHT, **falls, exposure_ev=one).values["answer_changed"] for one in (ev, ev + 0.5)]
    assert changed_at == [1.0, 0.0]


def test_overexposed_pixels_are_called_lost() -> None:
    result = shot(LIGHT, shadow=(), exposure_ev=3.0)
    assert result.values["white_share"] > 0.3
    assert "no remedy brings them back" in result.reading


def test_the_reading_says_whether_a_remedy_hurts() -> None:
    for remedy in ("equalise", "local-contrast"):
        result = shot(LIGHT, remedies=(remedy,))
        gain = result.values["score_remedy"] - result.values["score_lit"]
        word = "helps" if gain > 0.01 else "**hurts**" if gain < -0.01 else "changes little"
        assert word in result.reading


def test_refreshed_batch_norms_are_a_remedy_of_the_network() -> None:
    result = shot(LIGHT, remedies=(), renorm=True)
    assert result.values["score_remedy"] != pytest.approx(result.values["score_lit"], abs=1e-3)
    assert (result.panels[1].layers[0].pixels == result.panels[2].layers[0].pixels).all()  # type: ignore[union-attr]


def test_the_middle_cell_of_the_map_is_the_lit_picture() -> None:
    result = shot(LIGHT, remedies=(), tone_map=True)
    matrix = result.charts[-1]
    assert isinstance(matrix, Matrix)
    assert matrix.values[5, 5] == pytest.approx(result.values["score_lit"], abs=1e-4)
    assert matrix.sets[5 * 11 + 5] == {"gain": 1.0, "gamma": 1.0}
    assert result.values["map_cells"] == 121


# Missing ------------------------------------------------------------------------------------------------


def test_nothing_missing_is_the_same_for_all() -> None:
    result = shot(MISSING, erased=(), share=0)
    scores = [value for name, value in result.values.items() if name.startswith("score_")]
    assert np.ptp(scores) < 1e-4
    assert all(value == 0 for name, value in result.values.items() if name.startswith(("error_", "changed_")))


def test_a_click_on_a_bar_shows_that_fill() -> None:
    bars = shot(MISSING).charts[0]
    assert isinstance(bars, Bars)
    assert [click and click["fill"] for click in bars.sets] == [
        None, "black", "zero", "mean", "nearest", "telea", "navier-stokes",
    ]  # fmt: skip


# Borders ------------------------------------------------------------------------------------------------


def test_the_network_s_own_zero_hides_the_padding_from_the_first_layer_only() -> None:
    first = shot(BORDER, colour="zero", layer="stem").values
    later = shot(BORDER, colour="zero", layer="blocks.4").values
    assert first["touched_share"] == 0.0
    assert later["touched_share"] > 0.05
    assert max(first["deviation_other_max"], later["deviation_other_max"]) < 1e-4
