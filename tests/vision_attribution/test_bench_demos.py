"""Attribution bench, Integrated Gradients, occlusion and RISE as demos, on tiny networks whose answers are known."""

import re
import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from explainer.core.charts import Bars, Curve, Histogram, Table
from explainer.core.frame import Frame
from explainer.core.layers import Heat
from explainer.core.result import Result
from explainer.demos.explained import attribution_bench, integrated_gradients, occlusion_and_rise
from explainer.demos.explained._bench_tests import Board, agreement
from explainer.testing import FakeContext, bright, photo, planted, tiny
from explainer.testing.networks import TinyNet
from explainer.vision.attribution.methods import METHODS, SIGNED, Question, answer
from explainer.vision.attribution.oracle import ORACLES, deviation

BENCH, PATH, HIDE = (
    attribution_bench.AttributionBench(),
    integrated_gradients.IntegratedGradientsDemo(),
    occlusion_and_rise.OcclusionAndRise(),
)


def chart(result: Result, kind: type, title: str) -> Any:
    (found,) = [c for c in result.charts if isinstance(c, kind) and c.title == title]
    return found


def titles(result: Result) -> list[str]:
    return [panel.title for panel in result.panels]


def heat(result: Result, panel: str) -> Heat:
    (found,) = [p for p in result.panels if p.title == panel]
    (layer,) = [la for la in found.layers if isinstance(la, Heat)]
    return layer


def question(net: torch.nn.Module | None = None) -> Question:
    x = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(4))
    return Question(net or TinyNet(), x, 2, "head", "Tiny", (0.5,) * 3, (0.25,) * 3, effort="quick")


def test_importing_them_loads_no_torch() -> None:
    code = (
        "import sys, explainer.demos.explained.attribution_bench as a, explainer.demos.explained.integrated_gradients "
        "as b, explainer.demos.explained.occlusion_and_rise as c; [m.Params() for m in (a, b, c)]; "
        "bad = {'torch', 'torchvision', 'captum', 'cv2', 'scipy'} & set(sys.modules); assert not bad, bad"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# Methods ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", tuple(METHODS))
def test_every_method_gives_a_finite_map_twice_and_leaves_the_network_alone(method: str) -> None:
    net = TinyNet()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    one, two = (answer(method, question(net)) for _ in range(2))
    assert one.dtype == np.float32
    assert one.ndim == 2
    assert np.isfinite(one).all()
    assert one.any()
    np.testing.assert_array_equal(one, two)
    assert (one.min() < 0) <= (method in SIGNED)
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert not any(m._forward_hooks or m._backward_hooks for m in net.modules())
    assert not any(p.requires_grad for p in net.parameters())


@pytest.mark.parametrize("method", sorted(set(ORACLES) - {"lrp-epsilon"}))  # that one knows our network only
def test_the_oracle_agrees_and_would_notice(method: str) -> None:
    asked = question()
    found = answer(method, asked)
    assert deviation(method, asked, found) == pytest.approx(0.0, abs=1e-5)
    assert deviation(method, asked, 1.1 * found) == pytest.approx(0.1, abs=1e-3)


def test_where_captum_has_no_answer_none_is_given() -> None:
    assert deviation("rise", question(), np.ones((2, 2), np.float32)) is None


@pytest.mark.parametrize("method", ["occlusion", "rise", "kernel-shap", "grad-cam", "integrated-gradients"])
def test_maps_find_the_planted_square_and_its_mirror_image(method: str) -> None:
    x0, side = 100, 40
    frame = planted(160, 320, x0, 24, side)
    mirrored = Frame(np.ascontiguousarray(frame.pixels[:, ::-1]), "mirror")
    params = attribution_bench.Params(methods=(method,), target="1", randomise=0)
    for one, left in ((frame, x0), (mirrored, 320 - x0 - side)):
        layer = heat(BENCH.run(one, params, bright()), attribution_bench.NAMES[method])
        hot = layer.values > 0.5 * layer.values.max()
        ys, xs = np.nonzero(hot)
        x, y = layer.to_panel @ np.array([xs.mean() + 0.5, ys.mean() + 0.5, 1.0])
        assert left - 8 <= x <= left + side + 8
        assert 16 <= y <= 72


# The bench ----------------------------------------------------------------------------------------------


def test_maps_come_one_after_the_other() -> None:
    ctx = tiny()
    params = attribution_bench.Params(methods=("gradient", "grad-cam", "layercam"), randomise=0)
    result = BENCH.run(photo(), params, ctx)
    assert titles(result) == ["Gradient", "Grad-CAM", "LayerCAM"]
    assert [len(p.panels) for p in ctx.published] == [1, 2]
    assert not any(isinstance(c, Table) for c in result.charts)


def test_nobody_is_told_and_more_than_eight_are_cut() -> None:
    nobody = BENCH.run(photo(), attribution_bench.Params(methods=()), tiny())
    assert titles(nobody) == ["Input"]
    assert "0 methods are chosen" in nobody.reading
    everybody = attribution_bench.Params(methods=tuple(METHODS), effort="quick")
    assert len(titles(BENCH.run(photo(), everybody, tiny()))) == 1 + attribution_bench.MOST


def test_agreement_is_symmetric_with_ones_and_matches_scipy() -> None:
    from scipy.stats import spearmanr

    rng = np.random.default_rng(0)
    maps = {"gradient": rng.normal(size=(14, 14)).astype(np.float32)}
    maps |= {
        "rise": -maps["gradient"],
        "lime": rng.random((14, 14), np.float32),
        "grad-cam": np.ones((7, 7), np.float32),
    }
    table = agreement(maps)
    np.testing.assert_allclose(np.diag(table), 1.0)
    np.testing.assert_allclose(table, table.T, atol=1e-12)
    assert table[0, 1] == pytest.approx(1.0)  # magnitudes are compared
    expected = spearmanr(np.abs(maps["gradient"]).ravel(), maps["lime"].ravel()).statistic
    assert table[0, 2] == pytest.approx(expected, abs=1e-6)
    assert table[0, 3] == 0.0  # constant: undefined


def test_the_table_holds_rivals_of_each_resolution() -> None:
    params = attribution_bench.Params(methods=("gradient", "grad-cam"), controls=True, randomise=1, check=True)
    ctx = tiny()
    result = BENCH.run(photo(), params, ctx)
    table = chart(result, Table, "Tests")
    assert table.header == ("map", "ins − del", "ROAD", "after forgetting", "captum")
    assert [row[0] for row in table.rows] == [
        "Gradient", "Grad-CAM", "random 8 × 8", "edges 8 × 8", "random 32 × 32", "edges 32 × 32",
    ]  # fmt: skip
    assert {"gap_gradient", "road_grad_cam", "gap_random_8", "road_edges_32", "forgotten_gradient"} <= set(
        result.values
    )
    assert len(result.badges) == 2
    assert result.values["captum_gradient"] < 1e-5
    assert len(ctx.published) >= 6


def test_the_gap_is_that_of_the_shared_test() -> None:
    from explainer.vision.attribution.controls import compare_with_controls

    params = attribution_bench.Params(methods=("grad-cam",), controls=True, randomise=0)
    ctx = tiny()
    result = BENCH.run(photo(), params, ctx)
    values = heat(result, "Grad-CAM").values
    x = torch.from_numpy(result.input)
    found = compare_with_controls(ctx.net.net, x, int(result.values["class_index"]), values, seed=0)
    assert result.values["gap_grad_cam"] == pytest.approx(found.method.gap, abs=1e-5)
    assert result.values["gap_random_8"] == pytest.approx(found.random.gap, abs=1e-5)
    assert result.values["gap_edges_8"] == pytest.approx(found.edges.gap, abs=1e-5)


def test_a_method_more_computes_only_that_one(monkeypatch: pytest.MonkeyPatch) -> None:
    from explainer.vision.attribution import methods

    asked: list[str] = []
    real = methods.answer
    monkeypatch.setattr(methods, "answer", lambda m, q: asked.append(m) or real(m, q))
    ctx = tiny()
    params = attribution_bench.Params(methods=("gradient", "grad-cam"), randomise=0)
    BENCH.run(photo(), params, ctx)
    BENCH.run(photo(), replace(params, methods=("gradient", "grad-cam", "deconvnet")), ctx)
    assert asked == ["gradient", "grad-cam", "deconvnet"]


def test_a_method_that_the_network_does_not_allow_is_told() -> None:
    ctx = bright()
    ctx.net.net.features[1] = torch.nn.Softsign()
    result = BENCH.run(photo(), attribution_bench.Params(methods=("gradient", "guided-backprop"), randomise=0), ctx)
    assert titles(result) == ["Gradient"]
    assert "Guided backprop: This network has no rectifiers" in result.reading


def test_a_map_is_tested_at_the_resolution_that_it_really_has() -> None:
    params = attribution_bench.Params(methods=("rise", "occlusion"), controls=True, randomise=0, effort="quick")
    table = chart(BENCH.run(photo(), params, tiny()), Table, "Tests")
    sides = {row[0] for row in table.rows if row[0].startswith("random")}
    assert sides == {"random 7 × 7"}  # six windows along a side are seven cells


def test_an_empty_board_has_no_table() -> None:
    board = Board()
    board.note("gradient")
    assert board.charts() == ()
    board.note("gradient", forgotten=-0.001)
    (bars,) = board.charts()
    assert (bars.labels, bars.values, bars.lo) == (("Gradient",), (-0.001,), -0.001)
    board.note("gradient", gap=-0.001)
    (table,) = board.charts()
    assert table.rows == (("Gradient", "0.00", "0.00"),)


def test_quick_maps_come_first_and_stand_in_the_order_in_which_they_were_asked_for() -> None:
    ctx = tiny()
    params = attribution_bench.Params(methods=("smoothgrad", "gradient", "grad-cam"), effort="quick")
    result = BENCH.run(photo(), params, ctx)
    assert titles(ctx.published[0]) == ["Gradient"]
    assert titles(result)[:3] == ["SmoothGrad", "Gradient", "Grad-CAM"]
    (kept,) = [one for one in result.charts if one.title == "Still the same map"]
    assert kept.labels[:2] == ("SmoothGrad", "Gradient")  # a blank Grad-CAM has no rank correlation


# Integrated Gradients -----------------------------------------------------------------------------------


def test_sum_difference_and_gap_are_told_apart() -> None:
    result = PATH.run(photo(), integrated_gradients.Params(steps=128), tiny())
    values = result.values
    assert titles(result) == ["Input", "Shares of patches", "Integrated Gradients"]
    assert values["score_difference"] == pytest.approx(values["logit"] - values["baseline_logit"], abs=1e-5)
    assert values["gap_logits"] == pytest.approx(values["attribution_sum"] - values["score_difference"], abs=1e-6)
    assert abs(values["gap_percent"]) < 2.0
    assert heat(result, "Integrated Gradients").values.sum() == pytest.approx(values["attribution_sum"], abs=1e-3)
    assert "they add up" in result.reading
    shares = np.unique(heat(result, "Shares of patches").values)  # each patch is filled with its share
    assert shares.sum() == pytest.approx(values["attribution_sum"], abs=1e-3)
    assert shares.max() == pytest.approx(values["patch_most"])
    red, blue, together, rise = chart(result, Bars, "Do they add up?").values
    assert red + blue == pytest.approx(together)
    assert together == pytest.approx(values["attribution_sum"], abs=1e-3)
    assert rise == pytest.approx(values["score_difference"])
    assert blue <= 0 <= red
    most, reds = re.search(r"(\d+\.\d) of the (\d+\.\d) from red patches", result.headline).groups()
    assert (float(most), float(reds)) == pytest.approx((shares.max(), red), abs=0.051)


def test_the_shares_of_half_the_way_are_those_of_its_points() -> None:
    ctx = tiny()
    whole = PATH.run(photo(), integrated_gradients.Params(steps=16), ctx)
    half = PATH.run(photo(), integrated_gradients.Params(steps=16, way=50.0), ctx)
    assert half.values["summed_so_far"] == pytest.approx(chart(half, Bars, "Do they add up?").values[2], abs=1e-5)
    logit, summed = chart(half, Curve, "Score along the path").series
    assert summed.y[-1] - logit.y[0] == pytest.approx(half.values["summed_so_far"], abs=1e-4)
    for name in ("Shares of patches", "Integrated Gradients"):  # colours stay the same on the way
        assert heat(half, name).hi == heat(whole, name).hi
    fine = PATH.run(photo(), integrated_gradients.Params(steps=100, way=50.0), ctx)  # more points than stretches
    logit, summed = chart(fine, Curve, "Score along the path").series
    assert summed.y[-1] - logit.y[0] == pytest.approx(fine.values["summed_so_far"], abs=1e-4)
    assert len(summed.y) == fine.values["points_done"] + 1


def test_the_dashed_line_ends_at_the_sum_and_the_solid_one_at_the_logit() -> None:
    result = PATH.run(photo(), integrated_gradients.Params(rule="left", steps=8), tiny())
    logit, summed = chart(result, Curve, "Score along the path").series
    values = result.values
    assert logit.y[-1] == pytest.approx(values["logit"], abs=1e-5)
    assert summed.y[-1] - summed.y[0] == pytest.approx(values["attribution_sum"], abs=1e-4)


def test_a_path_that_leads_nowhere_is_told() -> None:
    """A mid-grey picture from a mid-grey baseline."""
    ctx = tiny()
    grey = Frame(np.full((48, 48, 3), 128, np.uint8))
    ctx.net.prepare = lambda frame: replace(  # type: ignore[method-assign]
        type(ctx.net).prepare(ctx.net, frame), tensor=torch.full((1, 3, 32, 32), 0.5)
    )
    result = PATH.run(grey, integrated_gradients.Params(baseline="grey"), ctx)
    assert "gap_percent" not in result.values
    assert "score the same" in result.reading


def test_it_is_shown_as_it_grows() -> None:
    ctx = tiny()
    PATH.run(photo(), integrated_gradients.Params(steps=16), ctx)
    assert len(ctx.published) == 3
    assert [p.values["steps_done"] for p in ctx.published] == [4.0, 8.0, 12.0]


# Occlusion and RISE -------------------------------------------------------------------------------------


def test_what_is_missed_most_is_the_planted_square() -> None:
    frame = planted(160, 160, 80, 40, 40)
    params = occlusion_and_rise.Params(target="1", window=16, stride=8)
    result = HIDE.run(frame, params, bright())
    assert titles(result) == ["Input", occlusion_and_rise.MEAN, "Missed most", "Missed least"]
    # 32 cells for 160 px, the square on rows 8 to 16, columns 16 to 24
    found = heat(result, occlusion_and_rise.MEAN).values
    assert found[8:16, 16:24].mean() > 0.9 * found.max() > 0
    assert found[24:, :8].max() == pytest.approx(0.0, abs=1e-5)
    assert result.values["score_covered"] < result.values["class_score"]
    (mean,) = [panel for panel in result.panels if panel.title == occlusion_and_rise.MEAN]
    assert f"this window: logit falls by {result.values['drop_max']:.2f}" in mean.layers[2].labels
    drops = chart(result, Histogram, "Drops")
    assert drops.counts.sum() == result.values["windows"]


def test_blue_is_explained_where_the_map_is_bluest_and_only_if_there_is_some() -> None:
    blue = []
    for target in ("1", "0"):  # brightness, which the square speaks for, and darkness, which it speaks against
        params = occlusion_and_rise.Params(target=target, window=16, stride=8)
        panels = HIDE.run(planted(160, 160, 80, 40, 40), params, bright()).panels
        (mean,) = [panel for panel in panels if panel.title == occlusion_and_rise.MEAN]
        blue.append([one.xy for one in mean.layers if one.name == "blue"])
    for_square, ((x, y),) = blue
    assert for_square == []
    assert 80 <= x <= 120
    assert 40 <= y <= 80


def test_rise_publishes_and_counts_its_masks() -> None:
    ctx = tiny()
    result = HIDE.run(photo(), occlusion_and_rise.Params(method=occlusion_and_rise.Method.RISE, masks=100), ctx)
    assert titles(result) == ["Input", "RISE", "Best mask", "Worst mask"]
    assert result.values["masks"] == 100
    assert result.values["score_worst"] <= result.values["score_mean"] <= result.values["score_best"]
    assert ctx.published
    assert chart(result, Histogram, "Scores behind the masks").counts.sum() == 100


def test_masks_that_are_drawn_again_give_the_map_of_so_many() -> None:
    rise_method = occlusion_and_rise.Method.RISE
    params = occlusion_and_rise.Params(method=rise_method, masks=100, share=48.0)
    part = HIDE.run(photo(), params, tiny())
    alone = HIDE.run(photo(), occlusion_and_rise.Params(method=rise_method, masks=48), tiny())
    np.testing.assert_allclose(heat(part, "RISE").values, heat(alone, "RISE").values, atol=1e-6)
    assert part.play.counted == "48 of 100 masks"


def test_the_window_on_its_way_stands_where_it_hides() -> None:
    ctx, calls = tiny(), []
    params = occlusion_and_rise.Params(window=16, stride=16)
    whole = HIDE.run(photo(), params, ctx)
    ctx.net.net.register_forward_hook(lambda *_: calls.append(1))
    first = HIDE.run(photo(), replace(params, share=0.0), ctx)
    assert not calls
    assert first.values["hidden_so_far"] == 1
    assert np.count_nonzero(heat(first, occlusion_and_rise.MEAN).values) <= 256
    assert heat(first, occlusion_and_rise.MEAN).hi == heat(whole, occlusion_and_rise.MEAN).hi
    assert titles(first) == ["Input", occlusion_and_rise.MEAN, "Hidden window", "Missed least"]


def test_another_control_does_not_hide_everything_again() -> None:
    ctx, calls = tiny(), []
    params = occlusion_and_rise.Params(window=16, stride=16)
    HIDE.run(photo(), params, ctx)
    ctx.net.net.register_forward_hook(lambda *_: calls.append(1))
    HIDE.run(photo(), replace(params, masks=99), ctx)
    assert not calls


def test_a_network_that_always_says_the_same_has_a_blank_map() -> None:
    ctx: FakeContext = tiny()
    ctx.net.net.classifier.weight.data.zero_()
    for method in ("occlusion", "rise"):
        result = HIDE.run(photo(), occlusion_and_rise.Params(method=occlusion_and_rise.Method(method), masks=32), ctx)
        assert np.isfinite(list(result.values.values())).all()
    result = PATH.run(photo(), integrated_gradients.Params(steps=8), ctx)
    assert "gap_percent" not in result.values
