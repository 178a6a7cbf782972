"""Gates of torchvision's networks against their own modules, and the demo on networks with and without them."""

from typing import Any

import numpy as np
import pytest
import torch
import torchvision
from torch import Tensor, nn

from explainer.core.layers import Boxes, Heat
from explainer.core.model_card import ModelCard
from explainer.demos.explained.picture_gates import Params, PictureGates
from explainer.testing import FakeContext, photo, sample, tiny
from explainer.testing.networks import FakeClassifier
from explainer.vision.attention.gates import chosen, passed, site_at, sites
from explainer.vision.convolution.effective import calibrated
from explainer.vision.segmentation import matte
from explainer.vision.zoo import cards
from explainer.vision.zoo.fold import folded
from explainer.vision.zoo.torchvision_models import on_meta

DEMO = PictureGates()


def card(name: str) -> ModelCard:
    return cards.catalogue()[name].card


def network(name: str) -> nn.Module:
    """Random weights, folded as a lease hands it out; biases that set the gates apart."""
    torch.manual_seed(0)
    net: Any = torchvision.models.get_model(name, weights=None).eval()
    for one in net.modules():
        if isinstance(one, torchvision.ops.misc.SqueezeExcitation):
            nn.init.normal_(one.fc2.bias, 0.0, 1.5)
    return folded(calibrated(net, 64, 0))  # else signals die out on the way


@pytest.fixture(scope="module")
def mobile() -> nn.Module:
    return network("mobilenet_v3_small")


@pytest.fixture(scope="module")
def x() -> Tensor:
    return torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(1)).contiguous(
        memory_format=torch.channels_last
    )


def layers(name: str) -> list[str]:
    return [layer.name for layer in card(name).layers if len(layer.shape) == 3]


@pytest.mark.parametrize(
    ("name", "count"),
    [("mobilenet_v3_small", 9), ("efficientnet_b0", 16), ("regnet_y_400mf", 16), ("efficientnet_v2_s", 30)],
)
def test_all_gates_are_found_in_the_layers_of_the_card(name: str, count: int) -> None:
    found = sites(on_meta(name, card(name).input_px), layers(name))
    assert len(found) == count
    assert all(one.layer in layers(name) for one in found)
    assert [layers(name).index(one.layer) for one in found] == sorted(layers(name).index(one.layer) for one in found)


def test_the_last_gates_before_a_layer_are_taken(mobile: nn.Module) -> None:
    names = layers("mobilenet_v3_small")
    found = sites(mobile, names)
    assert site_at(found, names, "features.12").layer == "features.11"
    assert site_at(found, names, "features.5").layer == "features.5"
    assert site_at(found, names, "features.2").layer == "features.1"
    assert site_at(found, names, "features.0") is found[0]


def test_gates_and_maps_are_what_the_module_has(mobile: nn.Module, x: Tensor) -> None:
    found = sites(mobile, layers("mobilenet_v3_small"))
    site = found[3]
    block: Any = mobile.get_submodule(site.module)
    seen: dict[str, Tensor] = {}
    handle = block.register_forward_hook(lambda _m, i, o: seen.update(x=i[0], y=o))
    with torch.no_grad():
        logits = mobile(x)[0]
    handle.remove()
    got = passed(mobile, x, found, site)
    torch.testing.assert_close(got.logits, logits)
    torch.testing.assert_close(got.maps, seen["x"][0])
    torch.testing.assert_close(got.maps * got.used[:, None, None], seen["y"][0])
    assert got.used.min() >= 0
    assert got.used.max() <= 1
    assert float(got.used.std()) > 0.05
    assert len(got.gates) == len(found)
    torch.testing.assert_close(got.gates[site.module], got.used)
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in mobile.modules())


def test_other_gates_are_applied_there_and_nowhere_else(mobile: nn.Module, x: Tensor) -> None:
    found = sites(mobile, layers("mobilenet_v3_small"))
    site = found[4]
    block: Any = mobile.get_submodule(site.module)
    hand = torch.linspace(0, 2, block.fc2.out_channels)
    handle = block.register_forward_hook(lambda _m, i, _o: i[0] * hand.view(1, -1, 1, 1))
    with torch.no_grad():
        want = mobile(x)[0]
    handle.remove()
    got = passed(mobile, x, found, site, lambda one, own: hand if one is site else own)
    torch.testing.assert_close(got.logits, want)
    assert torch.equal(got.used, hand)
    plain = passed(mobile, x, found, site)
    assert not torch.allclose(plain.logits, want)
    for earlier in found[:5]:
        torch.testing.assert_close(got.gates[earlier.module], plain.gates[earlier.module])


def test_gates_of_the_person_net_are_its_own_and_a_hand_moves_them_there_alone() -> None:
    net, names = matte.load(), [f"blocks.{k}" for k in range(8)] + ["context"]
    x = torch.rand(1, 3, 256, 256, generator=torch.Generator().manual_seed(0))
    found = sites(net, names)
    assert [one.layer for one in found if one.layer != "context"] == [f"blocks.{k}" for k in (0, 3, 4, 5, 6, 7)]
    site = site_at(found, names, "blocks.7")
    block: Any = net.blocks[7]
    kept: dict[str, Tensor] = {}
    handle = block.narrow.register_forward_pre_hook(lambda _m, args: kept.update(gated=args[0]))
    with torch.no_grad():
        plain = net(x)[0]
    handle.remove()
    got = passed(net, x, found, site)
    torch.testing.assert_close(got.logits, plain)
    torch.testing.assert_close(got.maps * got.used[:, None, None], kept["gated"][0])
    torch.testing.assert_close(got.used, block.gate(got.maps[None])[0, :, 0, 0])
    shut = passed(net, x, found, site, lambda one, own: own * 0 if one is site else own)
    handle = block.gate.register_forward_hook(lambda _m, _i, out: out * 0)
    with torch.no_grad():
        torch.testing.assert_close(shut.logits, net(x)[0])
    handle.remove()


def test_rules() -> None:
    own = torch.tensor([0.2, 0.4, 0.9])
    assert torch.equal(chosen(own, "own", 0.7), own)
    assert chosen(own, "mean", 0.7).tolist() == pytest.approx([0.5] * 3)
    assert chosen(own, "level", 0.7, (1, 2.0)).tolist() == pytest.approx([0.7, 2.0, 0.7])
    assert own.tolist() == pytest.approx([0.2, 0.4, 0.9])


# The demo -----------------------------------------------------------------------------------------------


def context(name: str) -> FakeContext:
    return FakeContext(FakeClassifier(network(name), card(name)))


@pytest.mark.parametrize("name", ["mobilenet_v3_small", "efficientnet_b0"])
def test_a_network_with_gates_shows_them(name: str) -> None:
    ctx = context(name)
    result = DEMO.run(photo(), Params(), ctx)
    values = result.values
    assert values["blocks_with_gates"] in (9, 16)
    assert 0 <= values["gate_min"] < values["gate_max"] <= 1
    assert values["own_gate"] == values["gate"]
    assert "has no gates" not in result.reading
    assert values["class_score"] == pytest.approx(values["own_answer"]) == pytest.approx(values["answer"])
    shut = DEMO.run(photo(), Params(override=True, value=0.0), ctx)
    assert shut.values["gate"] == 0.0
    assert shut.values["own_gate"] == values["own_gate"]
    assert shut.values["answer"] != pytest.approx(values["answer"], abs=1e-12)
    alike = DEMO.run(photo(), Params(gates="mean"), ctx)
    assert alike.values["gate"] == pytest.approx(values["gate_mean"])
    everywhere = DEMO.run(photo(), Params(gates="mean", everywhere=True), ctx)
    assert everywhere.values["answer"] != pytest.approx(alike.values["answer"], abs=1e-12)


def tiles(result: Any) -> tuple[list[Heat], list[Heat]]:
    before, after = (
        [layer for layer in panel.layers if isinstance(layer, Heat)]
        for panel in result.panels
        if panel.title.endswith("the gates")
    )
    return before, after


def test_a_network_without_gates_gives_way_to_the_person_net_that_has_some() -> None:
    result = DEMO.run(photo(), Params(), tiny())
    assert "has no gates" in result.reading
    assert "explainer models fetch mobilenet_v3_small" in result.reading
    assert "no gates" not in result.headline
    assert (result.values["blocks_with_gates"], result.values["gates_here"]) == (0.0, 96.0)
    earlier = DEMO.run(photo(), Params(layer="stem"), tiny())
    assert earlier.values["gates_here"] == 16.0


def test_tiles_show_maps_before_and_after_their_gates() -> None:
    result = DEMO.run(photo(), Params(), tiny())
    before, after = tiles(result)
    strongest = max(float(one.values.max()) for one in before)
    assert strongest > 0
    assert len(before) == len(after) == 6
    kept = [float(a.values.sum() / b.values.sum()) for a, b in zip(after, before, strict=True)]
    passing, held = kept[:3], kept[3:]
    assert min(passing) > max(held)
    assert passing[0] == pytest.approx(result.values["gate"], abs=1e-5)
    np.testing.assert_allclose(before[0].values.mean(), result.values["map_mean"], rtol=1e-5)


def test_a_map_that_a_hand_shuts_goes_dark_and_the_answer_follows() -> None:
    result = DEMO.run(photo(), Params(override=True, value=0.0), tiny())
    assert not tiles(result)[1][0].values.any()
    assert result.headline.startswith("With one map shut")
    level = DEMO.run(sample("astronaut"), Params(gates="level", level=0.0, everywhere=True), tiny())
    assert level.values["answer"] != level.values["own_answer"] > 0.3


def test_a_map_that_is_not_there_is_said() -> None:
    result = DEMO.run(photo(), Params(channel=900, override=True), tiny())
    assert "the last one is shown" in result.reading
    assert result.values["channel"] == 95


def test_tiles_bars_and_points_choose_a_map() -> None:
    result = DEMO.run(photo(), Params(), context("mobilenet_v3_small"))
    boxes = next(layer for layer in result.panels[1].layers if isinstance(layer, Boxes))
    names = [layer.name for layer in result.panels[1].layers if isinstance(layer, Heat)]
    assert [f"map {one['channel']}" for one in boxes.sets] == names
    gates = next(chart for chart in result.charts if chart.title == "Gates")
    assert np.all(np.diff(gates.values) <= 1e-7)
    assert gates.sets[0] == {"channel": int(gates.labels[0].split()[1])}
