"""The U-Net and the calculator of its sizes, against each other and the paper."""

import pytest
import torch

from explainer.vision.medicine.sizes import fitting, sizes
from explainer.vision.medicine.unet import UNet, UNetModule


def test_the_paper_s_sizes() -> None:
    found = sizes(572)
    assert found is not None
    assert found.down == (568, 280, 136, 64, 28)
    assert found.up == (52, 100, 196, 388)
    assert found.cropped == (8, 32, 80, 176)  # 64 − 56, 136 − 104, 280 − 200, 568 − 392


@pytest.mark.parametrize("valid", [False, True])
@pytest.mark.parametrize("depth", [1, 2, 3])
def test_sizes_are_those_of_a_real_pass(depth: int, valid: bool) -> None:
    net = UNet(2, depth, valid=valid).begun(0)
    below, above = fitting(100, depth, valid=valid)
    for side in (below, above):
        assert side is not None
        found = sizes(side, depth, valid=valid)
        assert found is not None
        with torch.no_grad():
            assert net(torch.zeros(1, 1, side, side)).shape == (1, 1, found.answer, found.answer)


def test_what_does_not_fit() -> None:
    assert sizes(571) is None
    assert sizes(100, 4) is None
    assert fitting(572) == (572, 588)


def test_a_muted_skip_is_one_of_zeros_and_only_changes_what_it_reaches() -> None:
    net = UNet(4, 2).begun(0)
    assert isinstance(net, UNetModule)
    x = torch.rand(1, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        whole = net(x)
        net.muted = frozenset({0, 1})
        hollow = net(x)
        for block in net.up:  # by hand: weights of the skip's channels at zero
            first = block.get_submodule("0")
            assert isinstance(first, torch.nn.Conv2d)
            first.weight[:, : first.in_channels // 2] = 0
        net.muted = frozenset()
        assert torch.allclose(net(x), hollow, atol=1e-6)
    assert not torch.allclose(whole, hollow)


def test_without_skips_it_is_no_smaller() -> None:
    with_, without = (sum(p.numel() for p in UNet(8, 3, skips=on).module().parameters()) for on in (True, False))
    assert with_ <= without <= 1.3 * with_
