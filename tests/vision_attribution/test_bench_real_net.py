"""The shipped network: what the lessons of the bench, of Integrated Gradients and of occlusion claim."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients, Occlusion
from skimage.data import chelsea

from explainer.core.context import Settings
from explainer.core.frame import Frame
from explainer.vision.attribution.deeplift import deep_lift
from explainer.vision.attribution.gradients import batch_gradient, to_map
from explainer.vision.attribution.integrated import PROBES, baseline, following, integrate, points, scores_along
from explainer.vision.attribution.local_change import local_change
from explainer.vision.attribution.occlusion import Windows, cover, occlusion
from explainer.vision.attribution.randomise import randomised
from explainer.vision.attribution.rectified import rectified
from explainer.vision.metrics.similarity import pearson, spearman
from explainer.vision.zoo.zoo import Zoo

CAT = 282


@pytest.fixture(scope="module")
def net() -> Iterator[Any]:
    with Zoo().lease("efficientnet-lite0", Settings(device="cpu", threads=1)) as leased:
        yield leased


@pytest.fixture(scope="module")
def x(net: Any) -> torch.Tensor:
    return net.prepare(Frame(chelsea().copy(), "chelsea")).tensor


@pytest.fixture(scope="module")
def black(net: Any, x: torch.Tensor) -> torch.Tensor:
    return baseline(x, "black", net.card.mean, net.card.std)


def last(steps: Any) -> Any:
    *_, end = steps
    return end


def test_occlusion_on_the_fast_net_is_captums_on_the_stock_one(net: Any, x: torch.Tensor) -> None:
    grey, places = cover(x, "grey", net.card.mean, net.card.std), Windows(224, 48, 48)
    assert local_change(net.network(), x, 48) is not None
    whole = float(net.logits(x)[0, CAT])
    ours = last(occlusion(net.network(), x, grey, CAT, places, whole=whole)).values
    plain = x.contiguous()
    with torch.no_grad():
        theirs = Occlusion(net.network(stock=True)).attribute(
            plain, (3, 48, 48), strides=(3, 48, 48), baselines=grey.contiguous(), target=CAT
        )
    np.testing.assert_allclose(ours, theirs[0, 0], atol=1e-4)


def test_integrated_gradients_are_captums(net: Any, x: torch.Tensor, black: torch.Tensor) -> None:
    """Up to ReLU6 units that rounding puts on the other side of a kink: another batch is another rounding."""
    network = net.network()
    ours = last(integrate(network, x, black, CAT, points("gauss", 4))).attributions
    theirs = IntegratedGradients(network).attribute(x, black, target=CAT, n_steps=4, method="gausslegendre")
    likeness = pearson(ours.numpy().ravel(), theirs.detach().numpy().ravel())
    assert likeness is not None
    assert likeness > 0.9999
    assert float(ours.sum()) == pytest.approx(float(theirs.sum()), rel=1e-3)


def test_deep_lift_adds_up_where_even_points_do_not(net: Any, x: torch.Tensor, black: torch.Tensor) -> None:
    network = net.network()
    due = float(net.logits(x)[0, CAT] - net.logits(black)[0, CAT])
    assert float(deep_lift(network, x, black, CAT).double().sum()) == pytest.approx(due, rel=1e-4)
    scores = scores_along(network, x, black, CAT, PROBES)
    even, placed = (
        abs(float(last(integrate(network, x, black, CAT, p)).attributions.double().sum()) - due)
        for p in (points("trapezoid", 32), points("trapezoid", 32, following(PROBES, scores)))
    )
    assert even > 0.25 * due
    assert placed < 0.5 * even


def test_most_of_the_score_is_made_in_the_dark_with_relu6_and_with_relu(
    net: Any, x: torch.Tensor, black: torch.Tensor
) -> None:
    from explainer.vision.attribution.rectified import with_activations

    plain = with_activations(net.network(), (torch.nn.ReLU6,), lambda _m: torch.nn.ReLU())
    for network in (net.network(), plain):
        start, early, end = scores_along(network, x, black, CAT, np.array([0.0, 0.125, 1.0]))
        assert early - start > 0.6 * (end - start)


def test_guided_backpropagation_does_not_notice_that_the_last_layer_forgot(net: Any, x: torch.Tensor) -> None:
    stock = net.network(stock=True)
    twin = randomised(stock, 1, 0)
    kept = {}
    for name, change in (("guided", lambda n: rectified(n, "guided")), ("gradient", lambda n: n)):
        one, other = (to_map(batch_gradient(change(n), x, CAT), "max") for n in (stock, twin))
        kept[name] = spearman(one, other)
    assert kept["guided"] > 0.95 > 0.6 > kept["gradient"]
