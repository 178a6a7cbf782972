"""Class activation maps against captum, against formulas written a second time, and against their axioms."""

import numpy as np
import pytest
import torch
from captum.attr import LayerGradCam
from hypothesis import given, settings
from hypothesis import strategies as st

from explainer.testing.networks import TinyNet
from explainer.vision.attribution.cam import WEIGHTS, added_up, class_map
from explainer.vision.zoo.split import split

METHODS = tuple(WEIGHTS)


def picture(seed: int = 0, side: int = 32) -> torch.Tensor:
    return torch.rand((1, 3, side, side), generator=torch.Generator().manual_seed(seed)) * 2 - 1


def by_hand(method: str, activation: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    """The formulas once more, in float64, with loops over maps and cells and nothing shared with the code."""
    channels, height, width = activation.shape
    raw = np.zeros((height, width))
    for k in range(channels):
        a, g = activation[k].astype(float), gradient[k].astype(float)
        if method == "grad-cam":
            raw += g.mean() * a
        elif method == "hirescam":
            raw += g * a
        elif method == "layercam":
            raw += np.where(g > 0, g, 0) * a
        elif method == "xgrad-cam":
            raw += (g * a).sum() / (a.sum() + 1e-7) * a
        else:
            weight = 0.0
            for i in range(height):
                for j in range(width):
                    if g[i, j] > 0:
                        below = 2 * g[i, j] ** 2 + a.sum() * g[i, j] ** 3 + 1e-6
                        weight += g[i, j] ** 2 / below * g[i, j]
            raw += weight * a
    return np.maximum(raw, 0)


@pytest.mark.parametrize("layer", ["stem", "body", "head"])
@pytest.mark.parametrize("target", [0, 6])
def test_grad_cam_is_captums(layer: str, target: int) -> None:
    net, x = TinyNet(), picture().requires_grad_()
    theirs = LayerGradCam(net, net.get_submodule(layer)).attribute(x, target, relu_attributions=True)
    cut = split(net, x.detach(), layer, "tiny")
    ours = class_map(cut.activation, cut.gradient(target)).values
    theirs = theirs[0, 0].detach().numpy()
    assert theirs.max() > 0
    np.testing.assert_allclose(ours / theirs.max(), theirs / theirs.max(), atol=1e-5)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("layer", ["stem", "head"])
def test_each_method_is_its_formula(method: str, layer: str) -> None:
    cut = split(TinyNet(), picture(1), layer, "tiny")
    gradient = cut.gradient(2)
    ours = class_map(cut.activation, gradient, method).values
    expected = by_hand(method, cut.activation[0].numpy(), gradient[0].numpy())
    assert expected.max() > 0
    np.testing.assert_allclose(ours, expected, atol=1e-5 * expected.max())


@pytest.mark.parametrize("method", METHODS)
def test_methods_differ_where_gradients_differ_from_cell_to_cell(method: str) -> None:
    cut = split(TinyNet(), picture(1), "stem", "tiny")
    maps = {m: class_map(cut.activation, cut.gradient(2), m).values for m in METHODS}
    others = [m for m in METHODS if m != method]
    assert all(np.abs(maps[method] - maps[m]).max() > 1e-3 * maps[method].max() for m in others)


@pytest.mark.parametrize("method", ["hirescam", "xgrad-cam"])
def test_they_coincide_with_grad_cam_before_a_linear_head(method: str) -> None:
    cut = split(TinyNet(), picture(2), "head", "tiny")
    plain = class_map(cut.activation, cut.gradient(3)).values
    assert plain.max() > 0
    np.testing.assert_allclose(
        class_map(cut.activation, cut.gradient(3), method).values, plain, atol=1e-5 * plain.max()
    )


def test_layercam_is_hirescam_where_no_gradient_is_negative() -> None:
    cut = split(TinyNet(), picture(2), "body", "tiny")
    gradient = cut.gradient(3).abs()
    a, b = (class_map(cut.activation, gradient, m).values for m in ("layercam", "hirescam"))
    np.testing.assert_array_equal(a, b)


def test_before_a_linear_head_contributions_add_up_to_the_logit() -> None:
    net = TinyNet()
    cut = split(net, picture(3), "head", "tiny")
    found = class_map(cut.activation, cut.gradient(5), "hirescam")
    total = found.contributions.sum(dtype=float) * 8 * 8 + float(net.classifier.bias[5])
    assert total == pytest.approx(float(cut.logits[0, 5]), abs=1e-5)


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), shift=st.integers(1, 4))
def test_moved_and_mirrored_maps_move_and_mirror(method: str, seed: int, shift: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    a = torch.rand((1, 6, 5, 7), generator=generator)
    g = torch.randn((1, 6, 5, 7), generator=generator)
    plain = class_map(a, g, method).values
    moved = class_map(a.roll(shift, 3).flip(2), g.roll(shift, 3).flip(2), method).values
    np.testing.assert_allclose(moved, np.flip(np.roll(plain, shift, 1), 0), atol=1e-4 * (plain.max() + 1))


def test_weights_contributions_and_strongest() -> None:
    a = torch.tensor([[[[1.0, 3.0]], [[10.0, 0.0]]]])
    g = torch.tensor([[[[2.0, 4.0]], [[-1.0, -1.0]]]])
    found = class_map(a, g)
    np.testing.assert_allclose(found.weights, [3.0, -1.0])
    np.testing.assert_allclose(found.contributions, [6.0, -5.0])
    np.testing.assert_allclose(found.values, [[0.0, 9.0]])
    assert (found.strongest, found.raw_max) == (0, 9.0)


def test_nothing_speaks_for_the_class() -> None:
    found = class_map(torch.ones(1, 2, 3, 3), -torch.ones(1, 2, 3, 3))
    assert not found.values.any()
    assert found.raw_max == -2.0


def test_grad_cam_pp_survives_the_pole_of_its_fraction() -> None:
    # 2 G² + (Σ A) G³ = 0 for G = 1 and Σ A = −2: without the guard of negative cells this would be 1/0.
    a = torch.full((1, 1, 1, 2), -1.0)
    found = class_map(a, torch.tensor([[[[1.0, -1.0]]]]), "grad-cam-pp")
    assert found.is_finite


def test_infinite_gradients_are_told_and_drawable() -> None:
    found = class_map(torch.ones(1, 1, 2, 2), torch.full((1, 1, 2, 2), float("nan")))
    assert not found.is_finite
    assert not found.finite.any()


@pytest.mark.parametrize("shapes", [((1, 4), (1, 4)), ((1, 4, 2, 2), (1, 4, 2, 3)), ((2, 4, 2, 2),) * 2])
def test_wrong_shapes_are_refused(shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    with pytest.raises(ValueError, match="a map needs"):
        class_map(torch.ones(shapes[0]), torch.ones(shapes[1]))


@pytest.mark.parametrize("method", METHODS)
def test_maps_added_one_by_one_come_to_the_whole_and_begin_with_the_one_that_adds_most(method: str) -> None:
    net, x = TinyNet(), picture()
    cut = split(net, x, "body", "tiny")
    gradient = cut.gradient(2)
    whole, way = class_map(cut.activation, gradient, method), added_up(cut.activation, gradient, method)
    weighted = (WEIGHTS[method](cut.activation[0], gradient[0]) * cut.activation[0]).double().numpy()
    order = sorted(range(len(weighted)), key=lambda k: -weighted[k].mean())
    assert order[0] == whole.strongest
    for k in (0, len(order) // 2, len(order) - 1):
        by_hand_too = np.maximum(sum(weighted[i] for i in order[: k + 1]), 0)
        np.testing.assert_allclose(way.sums[k], by_hand_too, atol=1e-6)
    np.testing.assert_allclose(way.sums[-1], whole.values, atol=1e-6)
    np.testing.assert_array_equal(way.peaks, way.sums.reshape(len(order), -1).max(axis=1))
