"""Surveys of whole networks against published counts, and single convolutions against the network itself."""

import numpy as np
import pytest
import torch
import torchvision
from torch import nn

from explainer.core.problem import ExplainerError
from explainer.vision.convolution.arithmetic import tap_of
from explainer.vision.convolution.inside import survey, watch, window_of
from explainer.vision.zoo.lite0 import lite0

SIZE = 64


@pytest.fixture(scope="module")
def net() -> nn.Module:
    torch.manual_seed(0)
    return lite0(10).eval().requires_grad_(False)


@pytest.fixture(scope="module")
def x() -> torch.Tensor:
    return torch.randn(1, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v2", "vgg16"])
def test_counts_are_torchvisions(name: str) -> None:
    weights = torchvision.models.get_model_weights(name).DEFAULT
    with torch.device("meta"):
        model = torchvision.models.get_model(name, weights=None).eval()
        found = survey(model, torch.zeros(1, 3, 224, 224), [])
    assert found.macs / 1e9 == pytest.approx(weights.meta["_ops"], abs=2e-3)
    assert found.parameters == weights.meta["num_params"]


def test_parts_add_up(net: nn.Module, x: torch.Tensor) -> None:
    layers = ["stem", *(f"blocks.{i}" for i in range(16)), "head"]
    found = survey(net, x, layers)
    assert [part.name for part in found.parts] == [*layers, ""]
    assert sum(part.macs for part in found.parts) == found.macs
    assert found.parameters == sum(p.numel() for p in net.parameters())
    assert len(found.convolutions) == sum(isinstance(m, nn.Conv2d) for m in net.modules())
    assert not any(module._forward_hooks for module in net.modules())


def test_steps_back_go_through_the_network(net: nn.Module, x: torch.Tensor) -> None:
    found = survey(net, x, ["stem", "blocks.0", "blocks.1"])
    names = [found.conv_before("blocks.1", back).name for back in range(7)]
    assert names[:4] == [
        "blocks.1.project.conv",
        "blocks.1.depthwise.conv",
        "blocks.1.expand.conv",
        "blocks.0.project.conv",
    ]
    assert names[-1] == names[-2] == "stem.conv"
    assert found.conv_before("blocks.0", -1).name == "blocks.1.expand.conv"
    assert found.conv_before("stem", -999) == found.convolutions[-1]
    assert found.conv_before("blocks.1", 1).about == "3 × 3, stride 2, each map by itself"


@pytest.mark.parametrize(
    "name", ["stem.conv", "blocks.0.depthwise.conv", "blocks.3.depthwise.conv", "blocks.3.expand.conv", "head.conv"]
)
def test_every_cell_is_the_sum_of_its_products(net: nn.Module, x: torch.Tensor, name: str) -> None:
    seen = watch(net, x, name)
    channels, rows, columns = seen.output.shape
    assert seen.window.output(seen.x.shape[1:]) == (rows, columns)
    for channel, row, column in ((0, 0, 0), (channels - 1, rows - 1, columns - 1), (channels // 2, rows // 2, 0)):
        maps = seen.x[seen.seen_by(channel)]
        tap = tap_of(maps, seen.weight[channel], seen.window, (row, column), seen.output[channel])
        assert tap.value == pytest.approx(tap.library, abs=1e-4)
    assert not any(module._forward_hooks for module in net.modules())


@pytest.mark.parametrize(
    "conv",
    [
        nn.Conv2d(4, 6, 3, padding="same", dilation=2),
        nn.Conv2d(4, 6, (2, 4), padding="same"),
        nn.Conv2d(4, 6, 3, padding="valid"),
        nn.Conv2d(4, 6, 3, stride=2, padding=1, groups=2, padding_mode="reflect"),
        nn.Conv2d(4, 8, 3, padding=1, groups=4, padding_mode="circular"),
    ],
)
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
def test_any_convolution(conv: nn.Conv2d) -> None:
    x = torch.randn(1, 4, 11, 9)
    seen = watch(nn.Sequential(nn.ReLU(), conv, nn.Flatten()), x, "1")
    assert window_of(conv, (11, 9)) == seen.window
    for channel in range(conv.out_channels):
        at = (seen.output.shape[1] - 1, seen.output.shape[2] - 1)
        tap = tap_of(
            seen.x[seen.seen_by(channel)], seen.weight[channel], seen.window, at, seen.output[channel],
            float(seen.bias[channel]),
        )  # fmt: skip
        assert tap.value == pytest.approx(tap.library, abs=1e-5)


def test_what_is_no_convolution_is_refused(net: nn.Module, x: torch.Tensor) -> None:
    with pytest.raises(ExplainerError, match="no convolution"):
        watch(net, x, "classifier")


def test_what_follows_in_place_does_not_spoil_what_was_seen() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(1, 1, 3), nn.ReLU(inplace=True))
    x = torch.randn(1, 1, 8, 8)
    with torch.no_grad():
        np.testing.assert_array_equal(watch(net, x, "0").output, net[0](x)[0].numpy())
