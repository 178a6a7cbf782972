"""Cascading weight randomisation: what it draws anew, what it leaves alone."""

import copy

import torch
from torch import nn

from explainer.testing.networks import TinyNet
from explainer.vision.attribution.randomise import OneRandomised, randomised, units


def changed(before: nn.Module, after: nn.Module) -> set[str]:
    """Names of the top modules whose values differ."""
    pairs = zip(before.state_dict().items(), after.state_dict().values(), strict=True)
    return {name.split(".")[0] for (name, old), new in pairs if not torch.equal(old, new)}


def test_blocks_count_once_and_a_norm_belongs_to_its_convolution() -> None:
    net = TinyNet()
    found = units(net)
    names = [name for name, _ in found]
    assert names == ["stem.0", "body.0", "head.0", "classifier"]  # plain containers are opened
    assert [type(m) for m in found[0][1]] == [nn.Conv2d, nn.BatchNorm2d]


def test_the_leased_network_is_untouched() -> None:
    net = TinyNet()
    before = copy.deepcopy(net.state_dict())
    twin = randomised(net, 99, seed=1)
    assert all(torch.equal(before[name], value) for name, value in net.state_dict().items())
    shared = {p.data_ptr() for p in net.parameters()} & {p.data_ptr() for p in twin.parameters()}
    assert not shared
    assert not twin.training
    assert not any(p.requires_grad for p in twin.parameters())


def test_layers_are_forgotten_from_the_top() -> None:
    net = TinyNet()
    expected = [set(), {"classifier"}, {"classifier", "head"}, {"classifier", "head", "body"}]
    assert [changed(net, randomised(net, n, 0)) for n in range(4)] == expected
    assert changed(net, randomised(net, 4, 0)) == {"classifier", "head", "body", "stem"}
    assert changed(randomised(net, 4, 0), randomised(net, 50, 0)) == set()


def test_one_layer_more_leaves_those_before_it_as_they_were() -> None:
    net = TinyNet()
    assert changed(randomised(net, 2, 0), randomised(net, 3, 0)) == {"body"}


def test_the_seed_decides() -> None:
    net = TinyNet()
    assert changed(randomised(net, 2, 5), randomised(net, 2, 5)) == set()
    assert changed(randomised(net, 2, 5), randomised(net, 2, 6)) == {"classifier", "head"}


def test_norms_forget_their_statistics() -> None:
    net = TinyNet()
    norm = net.stem[1]
    norm.running_mean.fill_(3.0)
    norm.weight.data.fill_(7.0)
    norm.bias.data.fill_(2.0)
    fresh = randomised(net, 4, 0).stem[1]
    assert (fresh.weight == 1).all()
    assert (fresh.bias == 0).all()
    assert (fresh.running_mean == 0).all()
    assert (fresh.running_var == 1).all()


def test_variance_follows_the_fan_in() -> None:
    class Wide(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(64, 128, 3)
            self.fc = nn.Linear(400, 300)

    twin = randomised(Wide(), 2, 0)
    assert torch.isclose(twin.conv.weight.var(), torch.tensor(2 / (64 * 9)), rtol=0.05)
    assert torch.isclose(twin.fc.weight.var(), torch.tensor(1 / 400), rtol=0.05)
    assert not twin.fc.bias.any()


def test_only_the_last_copy_is_kept() -> None:
    net, keeper = TinyNet(), OneRandomised()
    first = keeper.at("a", net, 1, 0)
    assert keeper.at("a", net, 1, 0) is first
    assert keeper.at("a", net, 2, 0) is not first
    assert keeper.at("a", net, 1, 0) is not first
    assert keeper.at("b", net, 1, 0) is not keeper.at("a", net, 1, 0)
