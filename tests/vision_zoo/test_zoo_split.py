"""Gradients towards a layer: the closed form, autograd, captum, and what is refused."""

import pytest
import torch
from captum.attr import LayerGradientXActivation
from torch import nn
from zoo_photos import photo

from explainer.core.context import Settings
from explainer.core.problem import ExplainerError
from explainer.vision.zoo.split import is_linear_head, split
from explainer.vision.zoo.zoo import Zoo

ONE = Settings(threads=1)


@pytest.fixture(scope="module")
def zoo():
    return Zoo()


@pytest.fixture
def cat(zoo):
    with zoo.lease("efficientnet-lite0", ONE) as net:
        yield net, net.prepare(photo("chelsea")).tensor


def by_autograd(net, x, layer, index):
    """The plain way: keep the activation, go backwards through the whole graph."""
    kept = []
    handle = net.get_submodule(layer).register_forward_hook(lambda m, i, o: kept.append(o))
    try:
        with torch.enable_grad():
            logits = net(x.clone().requires_grad_(True))
            return torch.autograd.grad(logits[0, index], kept[0])[0], kept[0].detach(), logits.detach()
    finally:
        handle.remove()


@pytest.mark.parametrize("stock", [True, False])
@pytest.mark.parametrize("layer", ["stem", "blocks.10", "head"])
def test_gradient_equals_autograd_through_everything(cat, layer, stock):
    net, x = cat
    got = net.split(x, layer, stock=stock)
    assert got.linear_head == (layer == "head")
    for index in (282, 999):
        gradient, activation, logits = by_autograd(net.network(stock=stock), x, layer, index)
        torch.testing.assert_close(got.activation, activation, atol=1e-4, rtol=1e-3)
        torch.testing.assert_close(got.logits, logits, atol=1e-4, rtol=1e-4)
        error = (got.gradient(index) - gradient).norm() / gradient.norm()
        assert error < 1e-3


def test_equals_captum_on_the_stock_net(cat):
    net, x = cat
    stock = net.network(stock=True)
    want = LayerGradientXActivation(stock, stock.blocks[12]).attribute(x.contiguous(), target=282)
    got = net.split(x, "blocks.12", stock=True)
    torch.testing.assert_close(got.gradient(282) * got.activation, want.detach(), atol=1e-6, rtol=1e-4)


def test_linear_head_asks_autograd_for_nothing(cat, monkeypatch):
    net, x = cat
    net.split(x, "last")  # the proof runs once
    monkeypatch.setattr(torch.autograd, "grad", lambda *a, **k: pytest.fail("a backward pass was run"))
    got = net.split(x, "last")
    weight = net.network().classifier.weight
    assert torch.equal(got.gradient(7)[0, :, 0, 0], weight[7] / 49)
    assert got.gradient(7).shape == got.activation.shape == (1, 1280, 7, 7)


@pytest.mark.parametrize("layer", ["head", "blocks.12"])
def test_another_class_runs_no_forward_pass(cat, layer):
    net, x = cat
    got, runs = net.split(x, layer), []
    first = got.gradient(282)
    handles = [m.register_forward_hook(lambda m, i, o: runs.append(m)) for m in net.network().modules()]
    second, again = got.gradient(283), got.gradient(282)
    for handle in handles:
        handle.remove()
    assert not runs
    assert torch.equal(first, again)
    assert not torch.allclose(first, second)


@pytest.mark.parametrize("layer", ["head", "blocks.12"])
def test_what_is_handed_out_carries_no_graph(cat, layer):
    net, x = cat
    got = net.split(x, layer)
    for tensor in (got.activation, got.logits, got.gradient(1)):
        assert not tensor.requires_grad
        assert tensor.grad_fn is None


def test_only_the_tail_builds_a_graph(cat):
    net, x = cat
    saw = []
    fast = net.network()
    handles = [m.register_forward_hook(lambda m, i, o: saw.append(o.requires_grad)) for m in fast.blocks]
    net.split(x, "blocks.12")
    for handle in handles:
        handle.remove()
    # Block 12's own output is not a leaf of anything yet when this hook (registered first) sees it.
    assert saw == [False] * 13 + [True] * 3


def test_operations_in_place_behind_the_layer_harm_nothing():
    net = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 5)
    ).eval()
    net.requires_grad_(False)
    x = torch.randn(1, 3, 8, 8)
    got = split(net, x, "0", "net")
    torch.testing.assert_close(got.activation, net[0](x))
    assert (got.activation < 0).any()
    want = net[4].weight[2].view(1, 4, 1, 1) / 36 * (got.activation > 0)
    torch.testing.assert_close(got.gradient(2), want)


class Tail(nn.Module):
    """Four maps, whatever `between` does, pooled, one linear map."""

    def __init__(self, between):
        super().__init__()
        self.maps, self.between, self.fc = nn.Conv2d(3, 4, 3), between, nn.Linear(4, 5)

    def forward(self, x):
        return self.fc(self.between(self.maps(x)).mean((2, 3)))


@pytest.mark.parametrize(
    ("between", "linear"),
    [
        (nn.Identity(), True),
        (nn.Dropout(0.5), True),
        (nn.ReLU(), False),
        (nn.Hardswish(), False),
        (nn.MaxPool2d(2), False),
        (nn.Conv2d(4, 4, 1), False),
    ],
)
def test_linear_heads_are_proved_and_not_believed(between, linear):
    torch.manual_seed(3)
    net = Tail(between).eval().requires_grad_(False)
    assert is_linear_head(net, torch.randn(1, 3, 9, 9), "maps", "net") is linear


def test_a_head_of_zeros_proves_nothing():
    net = Tail(nn.ReLU()).eval().requires_grad_(False)
    net.fc.weight.zero_()
    assert not is_linear_head(net, torch.randn(1, 3, 9, 9), "maps", "net")


def test_layer_that_folding_took_out_runs_in_the_stock_net(cat):
    net, x = cat
    want = net.split(x, "blocks.12.project.norm", stock=True)
    got = net.split(x, "blocks.12.project.norm")
    torch.testing.assert_close(got.activation, want.activation)


@pytest.mark.parametrize(
    ("layer", "sentence"),
    [
        ("pool", "Layer pool of EfficientNet-Lite0 has no height and width."),
        ("classifier", "Layer classifier of EfficientNet-Lite0 has no height and width."),
        ("blocks.99", "EfficientNet-Lite0 has no layer blocks.99."),
    ],
)
def test_layers_that_cannot_be_drawn_are_refused(cat, layer, sentence):
    net, x = cat
    with pytest.raises(ExplainerError) as raised:
        net.split(x, layer)
    assert raised.value.problem.what == sentence
    assert raised.value.problem.todo


def test_a_class_that_is_not_there_is_refused(cat):
    net, x = cat
    got = net.split(x, "last")
    for index in (-1, 1000):
        with pytest.raises(ExplainerError, match="no class"):
            got.gradient(index)
