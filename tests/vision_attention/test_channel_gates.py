"""The gated net by hand, its gates, and the scenes that it reads."""

import hashlib
import json

import numpy as np
import pytest
import torch
from torch.nn import functional

from explainer.core.paths import resource
from explainer.core.problem import ExplainerError
from explainer.vision.attention import clutter, squeeze
from explainer.vision.training.digits import split


@pytest.fixture(scope="module")
def net() -> squeeze.GatedNet:
    return squeeze.load()


@pytest.fixture(scope="module")
def scenes() -> torch.Tensor:
    return torch.from_numpy(clutter.scenes(split()[1], 4, 1))


def test_gates_are_the_formula(net: squeeze.GatedNet, scenes: torch.Tensor) -> None:
    maps = net.maps(scenes[:3])
    assert net.gates is not None
    z = maps.numpy().mean((2, 3))
    down, up = ({k: v.numpy() for k, v in part.state_dict().items()} for part in (net.gates.down, net.gates.up))
    hidden = np.maximum(z @ down["weight"].T + down["bias"], 0)
    want = 1 / (1 + np.exp(-(hidden @ up["weight"].T + up["bias"])))
    assert net.gates(maps).numpy() == pytest.approx(want, abs=1e-5)


def test_forward_is_what_its_layers_say(net: squeeze.GatedNet, scenes: torch.Tensor) -> None:
    x = scenes[:5]
    for conv, norm in ((net.conv1, net.norm1), (net.conv2, net.norm2)):
        x = functional.relu(norm(conv(x)))
    assert net.gates is not None
    x = torch.einsum("bchw,bc->bchw", x, net.gates(x))
    x = functional.max_pool2d(x, 2)
    for conv, norm in ((net.conv3, net.norm3), (net.conv4, net.norm4)):
        x = functional.relu(norm(conv(x)))
    want = net.classifier(x.mean((2, 3)))
    assert torch.allclose(net(scenes[:5]), want, atol=1e-5)


def test_gates_of_one_leave_the_plain_net(net: squeeze.GatedNet, scenes: torch.Tensor) -> None:
    plain = squeeze.GatedNet(gated=False).eval()
    plain.load_state_dict({k: v for k, v in net.state_dict().items() if not k.startswith("gates.")})
    maps = net.maps(scenes[:9])
    with torch.no_grad():
        assert torch.equal(net.rest(squeeze.scaled(maps, torch.ones(9, 12))), plain(scenes[:9]))


def test_rules_for_gates() -> None:
    own, usual = torch.tensor([[0.2, 0.4, 0.9], [0.0, 0.3, 0.6]]), torch.tensor([0.1, 0.5, 0.7])
    assert torch.equal(squeeze.chosen_gates(own, usual, "own"), own)
    assert torch.allclose(squeeze.chosen_gates(own, usual, "uniform"), torch.tensor([[0.5] * 3, [0.3] * 3]))
    assert torch.equal(squeeze.chosen_gates(own, usual, "usual"), usual.repeat(2, 1))
    got = squeeze.chosen_gates(own, usual, "own", (1, 2.0))
    assert got.tolist() == [[pytest.approx(0.2), 2.0, pytest.approx(0.9)], [0.0, 2.0, pytest.approx(0.6)]]
    assert own[0, 1] == pytest.approx(0.4)  # what came in stays as it was


def test_a_shut_gate_makes_its_map_unseen(net: squeeze.GatedNet, scenes: torch.Tensor) -> None:
    maps = net.maps(scenes[:4])
    gates = squeeze.chosen_gates(net.gates(maps), net.usual, "own", (5, 0.0))
    other = maps.clone()
    other[:, 5] = torch.rand(4, 16, 16)
    assert torch.equal(net.rest(squeeze.scaled(maps, gates)), net.rest(squeeze.scaled(other, gates)))


def test_the_shipped_net_reads_as_its_manifest_says(net: squeeze.GatedNet, scenes: torch.Tensor) -> None:
    row = next(
        one
        for one in json.loads(resource("weights", "manifest.json").read_text(encoding="utf-8"))
        if one["file"] == squeeze.FILE
    )
    right = (net(scenes).argmax(1).numpy() == split()[1].labels).mean()
    assert f"reads {100 * right:.1f} %" in row["trained_on"]
    assert hashlib.sha256(resource("weights", squeeze.FILE).read_bytes()).hexdigest() == row["sha256"]
    assert right > 0.85


def test_usual_gates_are_gates(net: squeeze.GatedNet) -> None:
    assert net.usual.shape == (12,)
    assert ((net.usual > 0) & (net.usual < 1)).all()


def test_missing_weights_are_said_in_a_sentence(tmp_path) -> None:
    with pytest.raises(ExplainerError, match="cannot be read"):
        squeeze.load(tmp_path / "none.safetensors")


# Scenes -------------------------------------------------------------------------------------------------


def test_without_clutter_there_is_the_digit_and_nothing_else() -> None:
    test = split()[1]
    found = clutter.scene(test, 3, 0, np.random.default_rng(0))
    assert found.shape == (16, 16)
    assert found.sum() == pytest.approx(test.images[3].sum())


def test_clutter_only_adds_ink_and_is_the_same_twice() -> None:
    test = split()[1].first(20)
    clean, full = (
        clutter.scene(test, 0, 0, np.random.default_rng(5)),
        clutter.scene(test, 0, 8, np.random.default_rng(5)),
    )
    assert (full >= clean).all()
    assert full.sum() > clean.sum()
    assert np.array_equal(clutter.scenes(test, None, 2), clutter.scenes(test, None, 2))
    assert not np.array_equal(clutter.scenes(test, None, 2), clutter.scenes(test, None, 3))
