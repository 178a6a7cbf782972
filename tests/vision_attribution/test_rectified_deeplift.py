"""Guided backpropagation, the deconvnet and DeepLIFT, against captum on ReLU nets and by hand for ReLU6."""

import copy
from typing import Any

import numpy as np
import pytest
import torch
from captum.attr import Deconvolution, DeepLift, GuidedBackprop
from torch import nn

from explainer.core.problem import ExplainerError
from explainer.testing.networks import TinyNet
from explainer.vision.attribution.deeplift import deep_lift
from explainer.vision.attribution.gradients import batch_gradient
from explainer.vision.attribution.rectified import rectified

CAPTUMS = {"guided": GuidedBackprop, "deconvnet": Deconvolution}


@pytest.fixture
def x() -> torch.Tensor:
    return torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(5))


@pytest.mark.parametrize("rule", ["guided", "deconvnet"])
@pytest.mark.filterwarnings("ignore:Setting backward hooks on ReLU:UserWarning")
def test_it_is_captums_on_resnet18(rule: Any) -> None:
    from torchvision.models import resnet18

    torch.manual_seed(0)
    net = resnet18(weights=None).eval().requires_grad_(False)
    x = torch.randn(1, 3, 64, 64)
    ours = batch_gradient(rectified(net, rule), x, 7)
    plain = copy.deepcopy(net)
    for path, module in list(plain.named_modules()):
        if isinstance(module, nn.ReLU):
            plain.set_submodule(path, nn.ReLU())  # captum's hooks do not go with operations in place
    theirs = CAPTUMS[rule](plain).attribute(x.clone().requires_grad_(), target=7)
    assert ours.abs().max() > 0
    np.testing.assert_allclose(ours, theirs, atol=1e-6 * float(theirs.abs().max()))
    assert not torch.allclose(ours, batch_gradient(net, x, 7))


@pytest.mark.parametrize(("rule", "passed"), [("guided", [0, 0, 3, 0, 0]), ("deconvnet", [2, 0, 3, 0, 5])])
def test_what_passes_a_relu6_by_hand(rule: Any, passed: list[float]) -> None:
    """Units off, on with a negative signal, on, on, at the cap; the signals above are 2, −1, 3, −4, 5."""
    net = nn.Sequential(nn.Flatten(), nn.ReLU6(), nn.Linear(5, 1, bias=False)).requires_grad_(False)
    net[2].weight.data = torch.tensor([[2.0, -1.0, 3.0, -4.0, 5.0]])
    a = torch.tensor([[-1.0, 1.0, 2.0, 5.9, 7.0]])
    np.testing.assert_array_equal(batch_gradient(rectified(net, rule), a.view(1, 1, 1, 5), 0).flatten(), passed)


@pytest.mark.parametrize("rule", ["guided", "deconvnet"])
def test_the_forward_pass_and_the_network_stay_as_they_were(rule: Any, x: torch.Tensor) -> None:
    net = TinyNet()
    before = batch_gradient(net, x, 1)
    twin = rectified(net, rule)
    assert torch.equal(twin(x), net(x))
    batch_gradient(twin, x, 1)
    assert torch.equal(batch_gradient(net, x, 1), before)
    assert [type(m) for m in net.modules()] == [type(m) for m in TinyNet().modules()]
    assert next(twin.parameters()) is next(net.parameters())
    assert not twin.training


def test_one_activation_used_twice_is_changed_in_both_places() -> None:
    act = nn.ReLU()
    net = nn.Sequential(nn.Flatten(), act, nn.Linear(2, 2, bias=False), act, nn.Linear(2, 1, bias=False))
    net.requires_grad_(False)
    net[2].weight.data, net[4].weight.data = torch.tensor([[1.0, 0.0], [-1.0, 3.0]]), torch.tensor([[1.0, 1.0]])
    x = torch.tensor([1.0, 1.0]).view(1, 1, 1, 2)
    # Above the first rectifier the signal is (1 − 1, 0 + 3).
    np.testing.assert_array_equal(batch_gradient(rectified(net, "guided"), x, 0).flatten(), [0.0, 3.0])
    net[2].weight.data[1, 0] = -2.0
    np.testing.assert_array_equal(batch_gradient(net, x, 0).flatten(), [-1.0, 3.0])
    np.testing.assert_array_equal(batch_gradient(rectified(net, "guided"), x, 0).flatten(), [0.0, 3.0])


def test_a_net_without_rectifier_modules_is_refused() -> None:
    with pytest.raises(ExplainerError, match="no rectifiers"):
        rectified(nn.Sequential(nn.Conv2d(3, 3, 1), nn.Tanh()), "guided")


# DeepLIFT -----------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:Setting forward, backward hooks:UserWarning")
def test_deep_lift_is_captums(x: torch.Tensor) -> None:
    net, start = TinyNet(), torch.full((1, 3, 32, 32), -0.7)
    theirs = DeepLift(TinyNet()).attribute(x.clone().requires_grad_(), start, target=2)
    np.testing.assert_allclose(deep_lift(net, x, start, 2), theirs.detach(), atol=2e-6)


def relu6(net: nn.Module) -> nn.Module:
    for path, module in list(net.named_modules()):
        if isinstance(module, nn.ReLU):
            net.set_submodule(path, nn.ReLU6())
    return net


@pytest.mark.parametrize("seed", range(3))
def test_deep_lift_adds_up_after_one_pass_also_with_relu6(seed: int) -> None:
    net = relu6(TinyNet(seed=seed)).double()
    generator = torch.Generator().manual_seed(seed)
    x, start = (6 * torch.randn(1, 3, 32, 32, generator=generator, dtype=torch.double) for _ in range(2))
    difference = float(net(x)[0, 4] - net(start)[0, 4])
    assert float(deep_lift(net, x, start, 4).sum()) == pytest.approx(difference, rel=1e-9)


def test_deep_lift_by_hand_across_the_cap() -> None:
    net = nn.Sequential(nn.Flatten(), nn.ReLU6(), nn.Linear(2, 1, bias=False)).requires_grad_(False)
    net[2].weight.data = torch.tensor([[1.0, 2.0]])
    x, start = (torch.tensor(v).view(1, 1, 1, 2) for v in ([8.0, 1.0], [-2.0, 1.0]))
    # First unit: 6 − 0 over a difference of 10; second: no difference, so nothing.
    np.testing.assert_allclose(deep_lift(net, x, start, 0).flatten(), [6.0, 0.0])


def test_of_two_equal_pictures_nothing_is_left(x: torch.Tensor) -> None:
    assert not deep_lift(TinyNet(), x, x, 0).any()
