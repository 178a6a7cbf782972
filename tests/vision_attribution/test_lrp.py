"""Relevance by hand, against captum, and whether all of it arrives."""

import copy
from typing import Any

import numpy as np
import pytest
import torch
from captum.attr import LRP
from captum.attr._utils.lrp_rules import Alpha1_Beta0_Rule, EpsilonRule, GammaRule
from torch import Tensor, nn

from explainer.core.problem import ExplainerError
from explainer.testing.networks import TinyNet
from explainer.vision.attribution.gradients import batch_gradient
from explainer.vision.attribution.lrp import relevance
from explainer.vision.attribution.methods import Question, answer, limits
from explainer.vision.attribution.oracle import deviation
from explainer.vision.zoo.fold import folded
from explainer.vision.zoo.lite0 import lite0

RULES: tuple[Any, ...] = ("epsilon", "gamma", "alpha-beta")


class Chain(nn.Module):
    """Two convolutions, rectified, and a linear layer; captum has no rule for a flattening module."""

    def __init__(self, bias: bool = True) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(3, 6, 3, padding=1, bias=bias), nn.Conv2d(6, 8, 3, stride=2, bias=bias)
        self.act_one, self.act_two, self.pool = nn.ReLU(), nn.ReLU(), nn.AvgPool2d(2)
        self.out = nn.Linear(8 * 9, 5, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.out(torch.flatten(self.pool(self.act_two(self.two(self.act_one(self.one(x))))), 1))
        return found


def chain(bias: bool = True) -> Chain:
    torch.manual_seed(2)
    return Chain(bias).eval().requires_grad_(False)


@pytest.fixture
def x() -> Tensor:
    """Pixels of at least 0, for which captum's rules were made."""
    return torch.rand(1, 3, 14, 14, generator=torch.Generator().manual_seed(5))


def captums(net: nn.Module, x: Tensor, make: Any) -> Tensor:
    twin = copy.deepcopy(net)
    for one in twin.modules():
        if isinstance(one, nn.Conv2d | nn.Linear):
            one.rule = make()
    found: Tensor = LRP(twin).attribute(x.clone().requires_grad_(), 3)
    return found.detach()


@pytest.mark.parametrize(
    ("rule", "make", "bias"),
    [
        ("epsilon", lambda: EpsilonRule(1e-9), True),
        ("gamma", lambda: GammaRule(0.25), False),
        ("alpha-beta", lambda: Alpha1_Beta0_Rule(set_bias_to_zero=True), True),
    ],
)
def test_it_is_captums_where_all_layers_answer_positively(rule: Any, make: Any, bias: bool, x: Tensor) -> None:
    """Captum's γ counts positive *weights*: where a unit answers negatively the two differ. Here none does."""
    net = chain(bias)
    net.out.weight.data.abs_()
    found = relevance(net, x, 3, rule, epsilon=0.0)
    want = captums(net, x, make)
    assert want.abs().max() > 0
    torch.testing.assert_close(found.pixels, want, rtol=1e-3, atol=1e-5 * float(want.abs().max()))


def test_without_epsilon_it_is_gradient_times_input_on_a_relu_net(x: Tensor) -> None:
    net = chain()
    want = x * batch_gradient(net, x, 1)
    found = relevance(net, x, 1, "epsilon", epsilon=0.0).pixels
    torch.testing.assert_close(found, want, rtol=1e-3, atol=1e-5 * float(want.abs().max()))


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        # z = 2·1 − 1·3 + 4·0.5 = 1: all shares are the contributions.
        ("epsilon", [2.0, -3.0, 2.0]),
        # Positive ones count 1.25 times: (2.5, −3, 2.5) of 2.
        ("gamma", [1.25, -1.5, 1.25]),
        ("alpha-beta", [0.5, 0.0, 0.5]),
    ],
)
def test_one_unit_by_hand(rule: Any, wanted: list[float]) -> None:
    net = nn.Sequential(nn.Flatten(), nn.Linear(3, 1, bias=False)).requires_grad_(False)
    net[1].weight.data = torch.tensor([[2.0, -1.0, 4.0]])
    x = torch.tensor([1.0, 3.0, 0.5]).view(1, 3, 1, 1)
    found = relevance(net, x, 0, rule, epsilon=0.0)
    np.testing.assert_allclose(found.pixels.flatten(), wanted, rtol=1e-6)
    assert found.logit == pytest.approx(1.0)


def test_a_negative_input_times_a_negative_weight_helps() -> None:
    net = nn.Sequential(nn.Flatten(), nn.Linear(3, 1, bias=False)).requires_grad_(False)
    net[1].weight.data = torch.tensor([[-2.0, 1.0, 1.0]])
    x = torch.tensor([-3.0, -1.0, 2.0]).view(1, 3, 1, 1)  # contributions 6, −1 and 2; z = 7
    found = relevance(net, x, 0, "alpha-beta").pixels.flatten()
    np.testing.assert_allclose(found, [7 * 6 / 8, 0, 7 * 2 / 8], rtol=1e-6)


def test_the_rule_for_pixels_by_hand() -> None:
    """Between black −1 and white 1: (x − l) w⁺ + (x − h) w⁻ is 2·1.5 for the first, −1·−1 for the second."""
    net = nn.Sequential(nn.Conv2d(3, 1, 1, bias=False), nn.Flatten()).requires_grad_(False)
    net[0].weight.data = torch.tensor([2.0, -1.0, 0.0]).view(1, 3, 1, 1)
    x = torch.tensor([0.5, 0.0, 0.3]).view(1, 3, 1, 1)
    found = relevance(net, x, 0, "alpha-beta", (-torch.ones_like(x), torch.ones_like(x))).pixels.flatten()
    np.testing.assert_allclose(found, [3 / 4, 1 / 4, 0], rtol=1e-6)


def test_softening_takes_its_share() -> None:
    net = nn.Sequential(nn.Flatten(), nn.Linear(3, 1, bias=False)).requires_grad_(False)
    net[1].weight.data.fill_(1.0)
    x = torch.tensor([1.0, 2.0, 3.0]).view(1, 3, 1, 1)
    found = relevance(net, x, 0, "epsilon", epsilon=0.25)  # rms of the only answer is itself
    np.testing.assert_allclose(found.pixels.flatten(), np.array([1, 2, 3]) / 1.25, rtol=1e-6)


class _Residual(nn.Module):
    """Branches with ReLU6, answers of both signs, and a gate."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.act = nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.ReLU6()
        self.branch = nn.Conv2d(8, 8, 3, padding=1, bias=False)
        self.gate = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(8, 8, 1), nn.Sigmoid())
        self.out = nn.Linear(8, 4, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        a = self.act(self.first(x))
        y = self.branch(a) + a
        y = y * self.gate(y)
        found: Tensor = self.out(y.mean((2, 3)))
        return found


@pytest.mark.parametrize("rule", RULES)
def test_without_biases_all_of_it_arrives(rule: Any) -> None:
    torch.manual_seed(0)
    net = _Residual().eval().requires_grad_(False)
    net.branch.weight.data += 0.02
    x = 3 * torch.randn(1, 3, 12, 12)
    for index in range(4):
        found = relevance(net, x, index, rule, epsilon=0.0)
        assert found.arrived == pytest.approx(found.logit, rel=1e-3)


def test_a_unit_that_only_its_bias_turned_on_keeps_what_it_was_given() -> None:
    net = nn.Sequential(nn.Conv2d(3, 1, 1), nn.ReLU(), nn.Flatten()).requires_grad_(False)
    net[0].weight.data.fill_(-1.0)
    net[0].bias.data.fill_(5.0)
    x = torch.ones(1, 3, 1, 1)
    found = relevance(net, x, 0, "alpha-beta")
    assert found.logit == pytest.approx(2.0)
    assert found.arrived == 0.0


@pytest.mark.parametrize("rule", RULES)
def test_the_network_answers_as_before_and_is_left_alone(rule: Any) -> None:
    torch.manual_seed(1)
    net = folded(lite0(10).eval())
    before = {name: value.clone() for name, value in net.state_dict().items()}
    kinds = [type(one) for one in net.modules()]
    x = torch.randn(1, 3, 64, 64)
    found = relevance(net, x, 3, rule, limits(x, (0.5,) * 3, (0.5,) * 3))
    assert found.logit == pytest.approx(float(net(x)[0, 3]), rel=1e-4, abs=1e-6)
    assert torch.isfinite(found.pixels).all()
    assert found.pixels.any()
    assert [type(one) for one in net.modules()] == kinds
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())


def test_captum_agrees_on_our_network_and_would_notice() -> None:
    torch.manual_seed(1)
    net = lite0(10).eval().requires_grad_(False)
    for one in net.modules():
        if isinstance(one, nn.Conv2d):
            nn.init.kaiming_normal_(one.weight)
        if isinstance(one, nn.BatchNorm2d):
            one.bias.data.normal_(0.2, 0.3)
    x = torch.randn(1, 3, 64, 64)
    asked = Question(folded(net), x, 2, "head", "Lite", (0.5,) * 3, (0.5,) * 3)
    found = answer("lrp-epsilon", asked)
    gap = deviation("lrp-epsilon", asked, found)
    assert gap is not None
    assert gap < 2e-3
    assert (deviation("lrp-epsilon", asked, answer("lrp-gamma", asked)) or 0) > 0.1
    assert deviation("lrp-epsilon", Question(TinyNet(), x, 2, "head", "T", (0.5,) * 3, (0.5,) * 3), found) is None


def test_stock_and_folded_network_give_the_same_map() -> None:
    torch.manual_seed(3)
    net = lite0(10).eval().requires_grad_(False)
    x = torch.randn(1, 3, 64, 64)
    one, other = (relevance(n, x, 3, "alpha-beta").pixels for n in (net, folded(net)))
    torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-4 * float(other.abs().max()))


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v3_small", "densenet121"])
def test_other_convolutional_networks_take_it(name: str) -> None:
    import torchvision

    torch.manual_seed(0)
    net = folded(torchvision.models.get_model(name, weights=None).eval())
    x = torch.rand(1, 3, 32, 32)
    for rule in RULES:
        found = relevance(net, x, 7, rule)
        assert torch.isfinite(found.pixels).all()
        assert found.logit == pytest.approx(float(net(x)[0, 7]), rel=1e-3, abs=1e-5)


def test_a_transformer_is_refused() -> None:
    import torchvision

    net = torchvision.models.vit_b_16(weights=None, image_size=32, num_classes=4).eval().requires_grad_(False)
    with pytest.raises(ExplainerError, match="cannot be handed through"):
        relevance(net, torch.rand(1, 3, 32, 32), 1, "epsilon")
