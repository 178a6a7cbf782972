"""The fused passes: the same numbers as the folded network's, and never for what others hooked."""

import pytest
import torch
from torch import nn
from zoo_photos import photo

from explainer.core.context import Settings
from explainer.vision.zoo import fused as fusing
from explainer.vision.zoo.fold import folded
from explainer.vision.zoo.fused import FusedLite, fused
from explainer.vision.zoo.lite0 import lite0, lite1
from explainer.vision.zoo.zoo import Zoo

ONE = Settings(threads=1)
NAME = "efficientnet-lite0"


@pytest.fixture(scope="module")
def pair():
    """A folded network whose every channel does something, and the fused one of it."""
    torch.manual_seed(4)
    net = lite0(10)
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.3, 0.3)
            nn.init.uniform_(module.running_var, 0.3, 0.8)
            nn.init.uniform_(module.bias, -0.5, 1.0)
    slow = folded(net.eval().requires_grad_(False))
    return slow, FusedLite(slow, 224)


@pytest.mark.parametrize("shape", [(1, 3, 224, 224), (3, 3, 224, 224), (1, 3, 97, 131)])
def test_every_layer_puts_out_the_same(pair, shape):
    slow, quick = pair
    x = torch.randn(shape).contiguous(memory_format=torch.channels_last)
    want = {}
    handles = [m.register_forward_hook(lambda m, i, o, n=n: want.__setitem__(n, o)) for n, m in slow.steps()]
    with torch.no_grad():
        logits = slow(x)
        for handle in handles:
            handle.remove()
        for name in quick.names:
            scale = want[name].abs().max()
            assert float((quick.until(x, name) - want[name]).abs().max()) <= 1e-5 * float(scale)
        torch.testing.assert_close(quick(x), logits, atol=1e-5, rtol=1e-4)
    assert max(float(a.max()) for a in want.values()) > 1.0  # not a comparison of zeros


def test_the_zoo_computes_with_it_and_agrees_with_the_stock_network():
    zoo = Zoo()
    for name in ("chelsea", "coffee"):
        with zoo.lease(NAME, ONE) as net:
            x = net.prepare(photo(name)).tensor
            runs = []
            quick = net._nets.fused(224)
            assert quick is not None
            quick.parts[5].register_forward_hook(lambda *_, runs=runs: runs.append(1))
            got = net.logits(x)
            assert runs
        with zoo.lease(NAME, ONE) as net:
            torch.testing.assert_close(got, net.logits(x, stock=True), atol=1e-4, rtol=1e-4)


def test_a_hook_on_the_borrowed_network_is_not_passed_by():
    with Zoo().lease(NAME, ONE) as net:
        x = net.prepare(photo("coffee")).tensor
        before = net.logits(x)
        net.network().blocks[3].register_forward_hook(lambda m, i, o: o * 0)
        assert not torch.allclose(net.logits(x), before, atol=0.1)
        assert float(net.split(x, "blocks.3").activation.abs().max()) == 0.0


def test_a_network_that_does_not_agree_is_not_used(pair, monkeypatch):
    slow, _ = pair
    assert isinstance(fused(slow, 224), FusedLite)
    monkeypatch.setattr(fusing, "LIMIT", 5.0)
    assert fused(slow, 224) is None


def test_where_the_calls_are_missing_there_is_none(pair, monkeypatch):
    slow, _ = pair
    monkeypatch.delattr(torch._C._nn, "mkldnn_reorder_conv2d_weight")
    assert fused(slow, 224) is None
    assert fused(nn.Sequential(nn.Conv2d(3, 4, 3)), 224) is None


def test_lite1_too():
    net = folded(lite1(5).eval().requires_grad_(False))
    assert isinstance(fused(net, 240), FusedLite)
