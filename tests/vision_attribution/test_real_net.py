"""The shipped network: stock module against captum, and the fast one against the stock one."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from captum.attr import LayerGradCam
from captum.attr import Saliency as CaptumSaliency
from skimage.data import chelsea

from explainer.core.context import Settings
from explainer.core.frame import Frame
from explainer.vision.attribution.cam import WEIGHTS, class_map
from explainer.vision.attribution.gradients import batch_gradient, to_map
from explainer.vision.attribution.randomise import randomised, units
from explainer.vision.metrics.similarity import pearson
from explainer.vision.zoo.zoo import Zoo

CAT = 282


@pytest.fixture(scope="module")
def net() -> Iterator[Any]:
    with Zoo().lease("efficientnet-lite0", Settings(device="cpu", threads=1)) as leased:
        yield leased


@pytest.fixture(scope="module")
def x(net: Any) -> torch.Tensor:
    return net.prepare(Frame(chelsea().copy(), "chelsea")).tensor


def cam(net: Any, x: torch.Tensor, layer: str, method: str = "grad-cam", *, stock: bool) -> Any:
    cut = net.split(x, layer, stock=stock)
    return class_map(cut.activation, cut.gradient(CAT), method).values


@pytest.mark.parametrize("layer", ["blocks.4", "blocks.10", "head"])
def test_stock_grad_cam_is_captums(net: Any, x: torch.Tensor, layer: str) -> None:
    stock = net.network(stock=True)
    theirs = LayerGradCam(stock, stock.get_submodule(layer)).attribute(
        x.contiguous().clone().requires_grad_(), CAT, relu_attributions=True
    )
    theirs = theirs[0, 0].detach().numpy()
    ours = cam(net, x, layer, stock=True)
    assert theirs.max() > 0
    np.testing.assert_allclose(ours / theirs.max(), theirs / theirs.max(), atol=1e-5)


def test_stock_saliency_is_captums(net: Any, x: torch.Tensor) -> None:
    stock = net.network(stock=True)
    plain = x.contiguous()
    theirs = CaptumSaliency(stock).attribute(plain.clone().requires_grad_(), CAT)
    ours = to_map(batch_gradient(stock, plain, CAT), "max")
    np.testing.assert_allclose(ours, theirs[0].amax(dim=0).detach().numpy(), atol=1e-6)


@pytest.mark.parametrize("method", tuple(WEIGHTS))
@pytest.mark.parametrize("layer", ["blocks.10", "head"])
def test_fast_maps_are_the_stock_ones(net: Any, x: torch.Tensor, layer: str, method: Any) -> None:
    fast, stock = (cam(net, x, layer, method, stock=s) for s in (False, True))
    likeness = pearson(fast, stock)
    assert likeness is not None
    assert likeness >= 0.9999


def test_fast_saliency_is_the_stock_one(net: Any, x: torch.Tensor) -> None:
    fast, stock = (to_map(batch_gradient(net.network(stock=s), x, CAT), "sum") for s in (False, True))
    likeness = pearson(fast, stock)
    assert likeness is not None
    assert likeness >= 0.9999


def test_at_the_last_layer_no_backward_pass_is_needed(net: Any, x: torch.Tensor) -> None:
    cut = net.split(x, "head")
    assert cut.linear_head
    maps = [class_map(cut.activation, cut.gradient(CAT), m).values for m in ("grad-cam", "hirescam", "xgrad-cam")]
    for other in maps[1:]:
        np.testing.assert_allclose(other, maps[0], atol=1e-5 * maps[0].max())


def test_its_layers_as_randomisation_counts_them(net: Any) -> None:
    names = [name for name, _ in units(net.network(stock=True))]
    assert names == ["stem", *(f"blocks.{n}" for n in range(16)), "head", "classifier"]


@pytest.mark.parametrize("count", [1, 6, 19])
def test_randomised_copies_still_answer(net: Any, x: torch.Tensor, count: int) -> None:
    with torch.no_grad():
        logits = randomised(net.network(stock=True), count, seed=0)(x)
    assert torch.isfinite(logits).all()
    assert 1e-3 < float(logits.std()) < 1e3
