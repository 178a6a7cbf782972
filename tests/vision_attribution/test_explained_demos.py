"""The three demos of the chapter on tiny networks whose answers are known."""

import subprocess
import sys
from dataclasses import fields

import numpy as np
import pytest
import torch

from explainer.core.charts import Bars, Curve
from explainer.core.frame import Frame
from explainer.core.layers import Cells, Heat, Image
from explainer.core.params import changed
from explainer.core.result import Result
from explainer.demos.explained import activations, grad_cam, saliency
from explainer.testing import FakeContext, bright, photo, planted, tiny
from explainer.testing.networks import TINY_LAYERS, FakeClassifier, TinyNet, tiny_card
from explainer.vision.zoo.split import Split

DEMOS = {
    "grad-cam": (grad_cam.GradCam(), grad_cam.Params),
    "saliency": (saliency.Saliency(), saliency.Params),
    "activations": (activations.Activations(), activations.Params),
}


def heat(result: Result, panel: str) -> Heat:
    (found,) = [p for p in result.panels if p.title == panel]
    (layer,) = [la for la in found.layers if isinstance(la, Heat)]
    return layer


def titles(result: Result) -> list[str]:
    return [p.title for p in result.panels]


def test_importing_them_loads_no_torch() -> None:
    code = (
        "import sys, explainer.demos.explained.grad_cam as a, explainer.demos.explained.saliency as b, "
        "explainer.demos.explained.activations as c; [m.Params() for m in (a, b, c)]; "
        "bad = {'torch', 'torchvision', 'captum', 'cv2', 'scipy'} & set(sys.modules); assert not bad, bad"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# A bright square in a picture that is not square --------------------------------------------------------


@pytest.mark.parametrize("method", ["grad-cam", "grad-cam-pp", "hirescam", "layercam", "xgrad-cam"])
@pytest.mark.parametrize("x", [100, 172])
def test_the_peak_lies_in_the_planted_square_and_its_mirror_image(method: str, x: int) -> None:
    frame = planted(160, 320, x, 24, 36)
    mirrored = Frame(np.ascontiguousarray(frame.pixels[:, ::-1]), "mirror")
    params = grad_cam.Params(method=grad_cam.Method(method), target="1")
    here = grad_cam.GradCam().run(frame, params, bright()).values
    there = grad_cam.GradCam().run(mirrored, params, bright()).values
    assert x <= here["peak_x_px"] <= x + 36
    assert 24 <= here["peak_y_px"] <= 60
    assert 320 - x - 36 <= there["peak_x_px"] <= 320 - x
    assert there["peak_y_px"] == here["peak_y_px"]


def test_the_gradient_peaks_in_the_planted_square_of_an_upright_picture() -> None:
    frame = planted(300, 160, 40, 130, 40)
    values = saliency.Saliency().run(frame, saliency.Params(target="1"), bright()).values
    assert 40 <= values["peak_x_px"] <= 80
    assert 130 <= values["peak_y_px"] <= 170


def test_the_strongest_tenth_is_marked_and_said_to_lie_outside_where_grad_cam_finds_the_class() -> None:
    result = saliency.Saliency().run(photo(), saliency.Params(), tiny())
    (panel,) = [one for one in result.panels if one.title == "Strongest tenth"]
    pixels = panel.layers[1].pixels
    inside, outside = ((pixels == ink).all(axis=2).mean() for _, ink in (saliency.INSIDE, saliency.OUTSIDE))
    assert inside + outside == pytest.approx(0.1, abs=0.02)
    share = result.values.get("share_outside")
    assert outside / (inside + outside) == pytest.approx(share or 0.0, abs=1e-6)
    told = "third" if share is None else f"{100 * share:.0f} % of the pixels"
    assert told in result.headline


def test_the_runner_up_of_grad_cam_is_named_with_how_far_its_map_is_the_same() -> None:
    result = grad_cam.GradCam().run(photo(), grad_cam.Params(), tiny())
    order = np.argsort(-tiny_logits().numpy().ravel(), kind="stable")
    if "rival_index" in result.values:
        assert result.values["rival_index"] == order[1]
        assert 0 <= result.values["rival_overlap"] <= 1
    assert f"“thing {order[1]}”" in result.headline or result.headline.startswith("Nothing")
    for points in (one for panel in result.panels for one in panel.layers if one.name == "peaks"):
        assert [label.startswith("peak: thing ") for label in points.labels] == [
            True,
            True,
        ]  # and no number like a score


def test_the_feature_map_peaks_in_the_planted_square() -> None:
    frame = planted(160, 320, 172, 24, 36)
    values = activations.Activations().run(frame, activations.Params(channel=0), bright()).values
    assert 172 <= values["peak_x_px"] <= 208
    assert 24 <= values["peak_y_px"] <= 60


def test_a_class_that_nothing_speaks_for_has_a_blank_map_and_the_reading_says_why() -> None:
    frame = planted(160, 320, 100, 24, 36)
    result = grad_cam.GradCam().run(frame, grad_cam.Params(target="0", controls=True), bright())
    assert not heat(result, "Grad-CAM").values.any()
    assert "peak_x_px" not in result.values
    assert "deletion_auc" not in result.values
    assert "nothing at this layer speaks for “thing 0”" in result.reading
    assert "cannot be tested" in result.reading


def test_a_score_that_no_pixel_moves_is_told() -> None:
    dark = Frame(np.full((64, 64, 3), 20, np.uint8))
    net = bright()
    net.net.net.features[0].bias.data[1] = -9.0  # the second map is silent as well
    result = saliency.Saliency().run(dark, saliency.Params(controls=True), net)
    assert "does not react to any pixel" in result.reading
    assert "peak_x_px" not in result.values


def test_a_gradient_that_is_not_finite_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    ctx = tiny()
    cut = ctx.net.split(torch.rand(1, 3, 32, 32), "head")
    broken = Split(cut.activation, cut.logits, False, lambda _c: torch.full_like(cut.activation, float("nan")))
    monkeypatch.setattr(ctx.net, "split", lambda _x, _layer: broken)
    result = grad_cam.GradCam().run(photo(), grad_cam.Params(), ctx)
    assert "not a finite number" in result.reading
    assert np.isfinite(heat(result, "Grad-CAM").values).all()


# What did not change is not computed again --------------------------------------------------------------


def test_another_class_or_method_runs_no_forward_pass() -> None:
    ctx, demo = tiny(), grad_cam.GradCam()
    seen = [
        demo.run(photo(), params, ctx).values
        for params in (
            grad_cam.Params(),
            grad_cam.Params(target="top-2"),
            grad_cam.Params(target="3", method=grad_cam.Method.LAYERCAM),
        )
    ]
    assert (ctx.net.splits, ctx.net.prepares) == (1, 1)
    assert len({v["class_index"] for v in seen}) >= 2
    demo.run(photo(), grad_cam.Params(layer="stem"), ctx)
    assert (ctx.net.splits, ctx.net.prepares) == (2, 1)


def test_another_class_or_reduction_of_saliency_runs_no_forward_pass() -> None:
    ctx, demo, calls = tiny(), saliency.Saliency(), []
    ctx.net.net.register_forward_hook(lambda *_: calls.append(1))
    for params in (
        saliency.Params(),
        saliency.Params(target="2"),
        saliency.Params(channels="l2"),
        saliency.Params(method=saliency.Method.GRADIENT_X_INPUT),
    ):
        demo.run(photo(), params, ctx)
    assert len(calls) == 2  # the map's own, and one cut at the last layer for the outline


def test_curves_are_not_run_again_for_another_slider() -> None:
    ctx, demo, calls = tiny(), grad_cam.GradCam(), []
    demo.run(photo(), grad_cam.Params(controls=True), ctx)
    ctx.net.net.register_forward_hook(lambda *_: calls.append(1))
    demo.run(photo(), grad_cam.Params(controls=True), ctx)
    assert not calls
    assert len(ctx.published) == 1


def test_of_the_passes_that_keep_a_graph_only_the_last_is_held() -> None:
    ctx, demo = tiny(), grad_cam.GradCam()
    for layer in ("stem", "body", "head", "head"):
        for randomise in (0, 1, 2):
            demo.run(photo(), grad_cam.Params(layer=layer, randomise=randomise), ctx)
    held = [v for v in ctx.kept.values() if isinstance(v, dict)]
    assert [len(h) for h in held] == [1, 1, 1]  # two passes, and how the map adds up
    assert ctx.net.splits == 3


def test_another_seed_is_another_random_map_and_another_forgetting() -> None:
    ctx, demo = tiny(), grad_cam.GradCam()
    params = grad_cam.Params(controls=True, randomise=2)
    first = demo.run(photo(), params, ctx).values
    ctx.seed = 1
    second = demo.run(photo(), params, ctx).values
    assert first["deletion_auc_random"] != second["deletion_auc_random"]
    assert first["similarity_spearman"] != second["similarity_spearman"]
    assert first["deletion_auc"] == second["deletion_auc"]


def test_stages_are_timed_in_order() -> None:
    ctx = tiny()
    grad_cam.GradCam().run(photo(), grad_cam.Params(), ctx)
    assert ctx.stages == ["prepare", "model", "explain"]


# Controls and randomisation ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DEMOS)
def test_controls_show_three_maps_of_one_resolution_and_two_charts_of_three_lines(name: str) -> None:
    demo, kind = DEMOS[name]
    ctx = tiny()
    result = demo.run(photo(), kind(controls=True), ctx)
    main = {"grad-cam": "Grad-CAM", "saliency": "Gradient", "activations": "Feature map"}[name]
    shapes = {heat(result, t).values.shape for t in (main, "Random map", "Edge map")}
    assert len(shapes) == 1
    curves = [c for c in result.charts if isinstance(c, Curve)]
    assert [c.title for c in curves] == ["Deletion", "Insertion"]
    assert [s.style for s in curves[0].series] == ["solid", "dashed", "dotted"]
    starts = [float(s.y[0]) for s in curves[0].series]
    assert starts == pytest.approx([result.values["class_score"]] * 3, abs=1e-5)
    assert "random map" in result.reading
    (first,) = ctx.published
    assert first.partial
    assert main in titles(first)
    assert "deletion_auc" not in first.values
    assert ctx.checkpoints >= 3


def test_the_reading_owns_up_when_random_wins() -> None:
    # The network looks at brightness, the map under test at darkness: any random map does better.
    ctx = bright()
    frame = planted(160, 160, 40, 40, 60)
    result = activations.Activations().run(frame, activations.Params(channel=1, controls=True, target="1"), ctx)
    assert result.values["faithfulness_gap_random"] > result.values["faithfulness_gap"]
    assert "did at least as well here" in result.reading
    right = activations.Activations().run(frame, activations.Params(channel=0, controls=True, target="1"), ctx)
    assert right.values["faithfulness_gap"] > right.values["faithfulness_gap_random"]
    assert "a random map did at least" not in right.reading


@pytest.mark.parametrize("name", ["grad-cam", "saliency"])
def test_randomising_draws_a_second_map_and_leaves_the_leased_network_alone(name: str) -> None:
    demo, kind = DEMOS[name]
    ctx = tiny()
    before = {k: v.clone() for k, v in ctx.net.net.state_dict().items()}
    result = demo.run(photo(), kind(randomise=2), ctx)
    assert "Randomised" in titles(result)
    assert result.values["layers_randomised"] == 2
    assert -1 <= result.values["similarity_spearman"] < 0.999
    assert {"similarity_pearson", "similarity_ssim"} <= set(result.values)
    assert "drawn anew" in result.reading
    assert all(torch.equal(before[k], v) for k, v in ctx.net.net.state_dict().items())
    everything = demo.run(photo(), kind(randomise=20), ctx)
    assert everything.values["layers_randomised"] == 4


def test_the_likeness_of_a_blank_map_is_undefined_and_told() -> None:
    params = grad_cam.Params(target="0", randomise=1)
    result = grad_cam.GradCam().run(planted(160, 320, 100, 24, 36), params, bright())
    assert "similarity_pearson" not in result.values
    assert "likeness is undefined" in result.reading


def test_smoothgrad_shows_its_mean_as_it_grows() -> None:
    ctx = tiny()
    result = saliency.Saliency().run(photo(), saliency.Params(method=saliency.Method.SMOOTHGRAD, samples=10), ctx)
    assert len(ctx.published) == 2  # of three batches of four, four and two the last is the result
    assert not np.array_equal(heat(ctx.published[0], "SmoothGrad").values, heat(result, "SmoothGrad").values)


def test_signed_reductions_get_a_diverging_scale() -> None:
    layer = heat(saliency.Saliency().run(photo(), saliency.Params(channels="sum"), tiny()), "Gradient")
    assert layer.colours == "diverging"
    assert layer.lo == -layer.hi
    assert layer.values.min() < 0


# The class in question, the mosaic, the contract ---------------------------------------------------------


def test_bars_show_the_best_five_and_the_chosen_class() -> None:
    result = grad_cam.GradCam().run(photo(), grad_cam.Params(target="top-2"), tiny())
    (bars,) = [c for c in result.charts if isinstance(c, Bars)]
    assert len(bars.labels) == 5
    assert bars.chosen == 1
    assert list(bars.values) == sorted(bars.values, reverse=True)
    assert bars.sets[1] == {"target": str(int(result.values["class_index"]))}
    worst = max(range(7), key=lambda k: -float(tiny_logits()[k]))
    last = grad_cam.GradCam().run(photo(), grad_cam.Params(target=str(worst)), tiny())
    (bars,) = [c for c in last.charts if isinstance(c, Bars)]
    assert (len(bars.labels), bars.chosen) == (6, 5)
    assert bars.labels[5] == f"thing {worst}"


def tiny_logits() -> torch.Tensor:
    ctx = tiny()
    return ctx.net.net(ctx.net.prepare(photo()).tensor)[0]


def test_input_is_the_exact_tensor_and_the_focus_is_drawn() -> None:
    ctx = tiny()
    result = grad_cam.GradCam().run(photo(48, 64), grad_cam.Params(), ctx)
    assert result.input is not None
    assert result.input.dtype == np.float32
    np.testing.assert_array_equal(result.input, ctx.net.prepare(photo(48, 64)).tensor)
    picture = result.panels[0].layers[0]
    assert isinstance(picture, Image)
    assert picture.focus == (8.0, 0.0, 56.0, 48.0)


def test_tiles_lead_to_their_map() -> None:
    result = activations.Activations().run(photo(), activations.Params(layer="body", tiles=9), tiny())
    (mosaic,) = [la for p in result.panels for la in p.layers if isinstance(la, Cells)]
    assert mosaic.values.shape == (9, 8, 8)
    assert mosaic.columns == 3
    activity = mosaic.values.mean(axis=(1, 2))
    assert (np.diff(activity) <= 1e-6).all()
    assert mosaic.chosen == 0
    assert mosaic.sets[0] == {"channel": int(result.values["channel"])}
    by_number = activations.Params(layer="body", tiles=9, order="index", channel=4)
    (mosaic,) = [
        la
        for p in activations.Activations().run(photo(), by_number, tiny()).panels
        for la in p.layers
        if isinstance(la, Cells)
    ]
    assert mosaic.labels == tuple("4" if k == 4 else "" for k in range(9))
    assert mosaic.chosen == 4


def test_a_map_beyond_the_last_is_the_last_and_told() -> None:
    result = activations.Activations().run(photo(), activations.Params(layer="last", channel=4095), tiny())
    assert result.values["channel"] == 15
    assert "so the last one is shown" in result.reading


VARIATIONS = {
    "grad-cam": [
        {"layer": "stem"}, {"target": "5"}, {"method": "layercam", "layer": "stem"}, {"controls": True},
        {"controls": True, "removal": "mean"}, {"controls": True, "draws": 4}, {"randomise": 1},
        {"added": 1},
    ],
    "saliency": [
        {"target": "5"}, {"method": "gradient-x-input"}, {"channels": "l2"}, {"method": "smoothgrad"},
        {"method": "smoothgrad", "samples": 5}, {"method": "smoothgrad", "noise": 0.4}, {"controls": True},
        {"controls": True, "removal": "mean"}, {"controls": True, "draws": 4}, {"randomise": 1},
    ],
    "activations": [
        {"layer": "stem"}, {"channel": 3}, {"order": "index", "channel": 3}, {"tiles": 4}, {"controls": True},
        {"controls": True, "target": "5"},
    ],
}  # fmt: skip


def print_of(result: Result) -> tuple:
    """Everything that could differ, comparable."""
    arrays = [la.values.tobytes() for p in result.panels for la in p.layers if isinstance(la, Heat | Cells)]
    return (result.reading, tuple(sorted(result.values.items())), tuple(arrays))


@pytest.mark.parametrize("name", DEMOS)
def test_every_parameter_matters_and_the_same_run_is_the_same(name: str) -> None:
    demo, kind = DEMOS[name]
    assert {f.name for f in fields(kind)} == {k for v in VARIATIONS[name] for k in v}
    prints = [print_of(demo.run(photo(), changed(kind(), None, **v), tiny())) for v in [{}, *VARIATIONS[name]]]
    assert len(set(prints)) == len(prints)
    assert print_of(demo.run(photo(), kind(), tiny())) == prints[0]


@pytest.mark.parametrize("name", DEMOS)
def test_every_frame_matters(name: str) -> None:
    demo, kind = DEMOS[name]
    a, b = (demo.run(photo(seed=s), kind(), tiny()) for s in (1, 2))
    assert a.values != b.values
    assert all(np.isfinite(v) for v in a.values.values())


@pytest.mark.parametrize("name", DEMOS)
def test_a_lease_ends_as_it_began(name: str) -> None:
    net = TinyNet()
    ctx = FakeContext(FakeClassifier(net, tiny_card(TINY_LAYERS, 7)))
    demo, kind = DEMOS[name]
    demo.run(photo(), kind(controls=True), ctx)
    hooks = [h for m in net.modules() for h in (m._forward_hooks, m._forward_pre_hooks, m._backward_hooks)]
    assert not any(hooks)
    assert not any(m.training for m in net.modules())
    assert all(p.grad is None and not p.requires_grad for p in net.parameters())
