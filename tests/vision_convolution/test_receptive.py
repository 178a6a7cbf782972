"""Receptive fields against published tables and against the support of gradients."""

import numpy as np
import pytest
import torch
import torchvision
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from explainer.core.problem import ExplainerError
from explainer.vision.convolution.effective import (
    Effective,
    LastFrames,
    calibrated,
    centre_of_mass,
    effective_field,
    mass_in_squares,
    side_by_area,
    side_holding,
)
from explainer.vision.convolution.receptive import Field, Reach, receptive_fields
from explainer.vision.zoo.lite0 import SameConv2d, lite0


def _positive(net: nn.Module) -> nn.Module:
    """All paths add up: then the gradient is nonzero wherever a unit can see."""
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            module.weight.data.uniform_(0.5, 1.0)
            if module.bias is not None:
                module.bias.data.zero_()
    return net.eval()


def _support(net: nn.Module, layer: str, side: int, cell: tuple[int, int]) -> tuple[int, int, int, int]:
    x = torch.rand(1, 3, side, side, dtype=torch.float64, requires_grad=True)
    kept: list[Tensor] = []
    handle = net.get_submodule(layer).register_forward_hook(lambda _m, _i, out: kept.append(out))
    net.double()(x)
    handle.remove()
    (gradient,) = torch.autograd.grad(kept[0][0, :, cell[0], cell[1]].sum(), x)
    rows, columns = (np.flatnonzero(gradient[0].abs().sum(0).numpy().any(axis=axis)) for axis in (1, 0))
    return int(columns[0]), int(rows[0]), int(columns[-1] + 1), int(rows[-1] + 1)


def _cut(field: Field, side: int, cell: tuple[int, int]) -> tuple[int, ...]:
    return tuple(int(min(max(edge, 0), side)) for edge in field.box(*cell))


# Araujo, Norris and Sim 2019 print 212 for the last pooling of VGG-16, 195 for AlexNet and 1311 for Inception v3;
# 435 for ResNet-18 follows from their formula by hand.
@pytest.mark.parametrize(
    ("name", "layer", "size", "jump"),
    [
        ("vgg16", "features.30", 212, 32),
        ("alexnet", "features.12", 195, 32),
        ("resnet18", "layer4", 435, 32),
        ("inception_v3", "Mixed_7c", 1311, 32),
    ],
)
def test_published_sizes(name: str, layer: str, size: int, jump: int) -> None:
    kwargs = {"init_weights": False, "aux_logits": False} if name == "inception_v3" else {}
    with torch.device("meta"):
        net = torchvision.models.get_model(name, weights=None, **kwargs).eval()
        found = receptive_fields(net, torch.zeros(1, 3, 299, 299), [layer])[layer]
    assert (found.columns.size, found.rows.size, found.columns.jump) == (size, size, jump)


@pytest.mark.parametrize(
    ("layer", "cell"), [("stem", (7, 3)), ("blocks.1", (9, 8)), ("blocks.3", (5, 6)), ("blocks.4", (0, 7))]
)
def test_lopsided_padding_by_gradient_support(layer: str, cell: tuple[int, int]) -> None:
    side = 128
    net = nn.Sequential(lite0(10))[0]
    for module in net.modules():
        for name, child in module.named_children():
            if isinstance(child, nn.ReLU6 | nn.BatchNorm2d):
                setattr(module, name, nn.Identity())
    found = receptive_fields(net.eval(), torch.zeros(1, 3, side, side), [layer])[layer]
    assert _support(_positive(net), layer, side, cell) == _cut(found, side, cell)


class _Branches(nn.Module):
    """Two paths of unequal reach, a functional pad and a dilated one, concatenated and added."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Conv2d(3, 2, 3, 2, 1)
        self.b = nn.Conv2d(3, 2, (1, 7), 2, (0, 3))
        self.c = nn.Conv2d(4, 4, 3, padding=2, dilation=2)
        self.d = SameConv2d(4, 4, 5, 2)
        self.last = nn.AvgPool2d(3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.cat([self.a(x), self.b(x)], dim=1)
        x = nn.functional.relu(self.c(x)) + x
        return self.last(self.d(nn.functional.max_pool2d(x, 2)))


@pytest.mark.parametrize("cell", [(0, 0), (3, 4), (7, 7)])
def test_branches_by_gradient_support(cell: tuple[int, int]) -> None:
    net = _positive(_Branches())
    found = receptive_fields(net, torch.zeros(1, 3, 64, 64), ["c", "d", "last"])
    for layer in ("c", "d"):
        got = _support(net, layer, 64, cell)
        # A maximum passes one pixel of its window on, so that the support may only be smaller there.
        wanted = _cut(found[layer], 64, cell)
        if layer == "c":
            assert got == wanted
        else:
            assert wanted[0] <= got[0] <= wanted[0] + 2
            assert wanted[3] - 2 <= got[3] <= wanted[3]


@settings(max_examples=25, deadline=None)
@given(
    layers=st.lists(
        st.tuples(st.integers(1, 5), st.integers(1, 3), st.integers(0, 2), st.integers(1, 2)), min_size=1, max_size=4
    ),
    seed=st.integers(0, 3),
)
def test_chains_by_gradient_support(layers: list[tuple[int, int, int, int]], seed: int) -> None:
    torch.manual_seed(seed)
    convs = [nn.Conv2d(3, 3, k, s, min(p, k // 2), d) for k, s, p, d in layers]
    net, side = _positive(nn.Sequential(*convs)), 60
    last = str(len(convs) - 1)
    x = torch.zeros(1, 3, side, side)
    try:
        rows = net(x).shape[2]
    except RuntimeError:
        return  # nothing is left of the picture
    cell = (rows // 2, rows // 2 + seed % 2 * (rows - 1 - rows // 2))
    found = receptive_fields(net, x, [last])[last]
    got, wanted = _support(net, last, side, cell), _cut(found, side, cell)
    if found.box(*cell) == wanted:
        assert got == wanted
    else:  # cut at an edge, a dilated kernel may have a gap just there
        assert wanted[0] <= got[0] <= got[2] <= wanted[2]
        assert wanted[1] <= got[1] <= got[3] <= wanted[3]


def test_what_looks_at_everything_says_so() -> None:
    class Gate(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 3, 3, padding=1)
            self.out = nn.Identity()

        def forward(self, x: Tensor) -> Tensor:
            x = self.conv(x)
            return self.out(x * x.mean(dim=(2, 3), keepdim=True).sigmoid())

    found = receptive_fields(Gate(), torch.zeros(1, 3, 16, 16), ["conv", "out"])
    assert not found["conv"].whole
    assert found["out"].whole


def test_even_adaptive_pooling_is_a_pooling() -> None:
    net = nn.Sequential(nn.Conv2d(3, 1, 3, padding=1), nn.AdaptiveAvgPool2d(4), nn.AdaptiveAvgPool2d(3))
    found = receptive_fields(net, torch.zeros(1, 3, 16, 16), ["1", "2"])
    assert found["1"].rows == Reach(6.0, 4.0, -1.0)
    assert found["2"].whole


# Effective ----------------------------------------------------------------------------------------------


def _all(net: nn.Module, x: Tensor, layer: str, cell: tuple[int, int], **more: object):
    return [seen for _, seen in effective_field(net, x, layer, cell, **more)]


def test_a_linear_unit_listens_with_its_own_kernel() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(3, 2, 3, padding=1), nn.Flatten())
    (seen,) = _all(net, torch.randn(1, 3, 9, 9), "0", (4, 5))
    wanted = net[0].weight[seen.channel].abs().sum(0).detach().numpy()
    np.testing.assert_allclose(seen.values[3:6, 4:7], wanted, rtol=1e-5)
    assert np.count_nonzero(seen.values) == 9


def test_it_stays_inside_the_theoretical_field() -> None:
    torch.manual_seed(0)
    net = calibrated(lite0(10), 96, 0).requires_grad_(False)
    x = torch.randn(1, 3, 96, 96)
    box = receptive_fields(net, x, ["blocks.2"])["blocks.2"].box(10, 12)
    x0, y0, x1, y1 = (int(edge) for edge in box)
    (seen,) = _all(net, x, "blocks.2", (10, 12), unit="all")
    assert seen.values.any()
    outside = seen.values.copy()
    outside[y0:y1, x0:x1] = 0
    assert not outside.any()


def test_a_unit_without_a_gradient_gives_way_to_the_next() -> None:
    net = nn.Sequential(nn.Conv2d(3, 2, 1), nn.ReLU6())
    net[0].weight.data[:] = torch.tensor([[9.0] * 3, [1.0] * 3]).view(2, 3, 1, 1)  # map 0 is cut off at 6
    net[0].bias.data.zero_()
    (seen,) = _all(net, torch.ones(1, 3, 4, 4), "1", (0, 0))
    assert seen.channel == 1
    assert seen.answer == pytest.approx(3.0)
    assert seen.values[0, 0] == pytest.approx(3.0)


def test_a_silent_cell_gives_a_blank_map() -> None:
    net = nn.Sequential(nn.Conv2d(3, 2, 1), nn.ReLU())
    net[0].weight.data.fill_(-1.0)
    net[0].bias.data.zero_()
    (seen,) = _all(net, torch.ones(1, 3, 4, 4), "1", (0, 0))
    assert not seen.values.any()
    assert side_by_area(seen.values) == 0.0


def test_copies_are_averaged_and_the_same_again() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 4, 3, padding=1))
    x = torch.randn(1, 3, 12, 12)
    seen = _all(net, x, "2", (6, 6), copies=4, noise=0.3)
    assert len(seen) == 4
    again = _all(net, x, "2", (6, 6), copies=4, noise=0.3)
    np.testing.assert_array_equal(seen[-1].values, again[-1].values)
    np.testing.assert_array_equal(seen[0].values, _all(net, x, "2", (6, 6))[0].values)
    assert not np.array_equal(seen[0].values, seen[-1].values)


def test_a_layer_without_space_is_refused() -> None:
    with pytest.raises(ExplainerError, match="no height"):
        _all(nn.Sequential(nn.Flatten(), nn.Linear(12, 2)), torch.zeros(1, 3, 2, 2), "1", (0, 0))


# Sizes of a map -----------------------------------------------------------------------------------------


def test_mass_of_an_even_map_grows_with_the_area() -> None:
    shares = mass_in_squares(np.ones((8, 8), np.float32), (4.0, 4.0))
    np.testing.assert_allclose(shares[1::2], np.array([2, 4, 6, 8]) ** 2 / 64)
    assert side_holding(shares, 0.25) == 4.0
    assert shares[-1] == 1.0


def test_a_gaussian_has_the_size_that_is_known_for_it() -> None:
    sigma, (y, x) = 9.0, np.mgrid[0:121, 0:121] - 60.0
    blob = np.exp(-(x**2 + y**2) / (2 * sigma**2)).astype(np.float32)
    assert centre_of_mass(blob) == pytest.approx((60.5, 60.5))
    # Above 0.0455 of the top: a disc of radius σ √(−2 ln 0.0455).
    assert side_by_area(blob) == pytest.approx(np.sqrt(np.pi) * sigma * np.sqrt(-2 * np.log(0.0455)), rel=0.01)
    # 95 % of a round Gaussian lie in a square of ±2.2365 σ, as √0.95 of it does along each axis.
    assert side_holding(mass_in_squares(blob, (60.5, 60.5))) == pytest.approx(2 * 2.2365 * sigma, abs=1.5)


def test_a_blank_map_has_no_mass() -> None:
    blank = np.zeros((4, 6), np.float32)
    assert not mass_in_squares(blank, (3.0, 2.0)).any()
    assert centre_of_mass(blank) == (3.0, 2.0)


def test_calibrated_norms_pass_on_unit_variance() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8, momentum=0.3))
    calibrated(net, 32, 0)
    assert not net.training
    assert not net[1].training
    assert net[1].momentum == 0.3
    out = net(torch.randn(8, 3, 32, 32, generator=torch.Generator().manual_seed(5)))
    assert float(out.detach().std()) == pytest.approx(1.0, abs=0.05)


# Over frames --------------------------------------------------------------------------------------------


def _field(value: float, channel: int = 3) -> Effective:
    return Effective(np.full((2, 2), value, np.float32), channel, value)


def test_the_last_frames_are_averaged_each_once() -> None:
    last = LastFrames(most=3)
    assert last.channel("camera", 7) is None
    counts = [last.mean("camera", n, _field(v), 2)[0] for n, v in ((7, 1.0), (8, 3.0), (8, 5.0))]
    assert counts == [1, 2, 2]
    assert last.channel("camera", 9) == 3
    done, mean = last.mean("camera", 9, _field(9.0), 16)
    assert done == 3
    np.testing.assert_allclose(mean.values, 5.0)
    done, mean = last.mean("camera", 10, _field(10.0), 2)
    assert (done, float(mean.values[0, 0])) == (2, 9.5)
    assert last.mean("camera", 11, _field(0.0), 16)[0] == 3


@pytest.mark.parametrize(("source", "index"), [("other", 12), ("camera", 3)])
def test_another_source_or_a_step_back_begins_anew(source: str, index: int) -> None:
    last = LastFrames()
    for n in (4, 5, 6):
        last.mean("camera", n, _field(float(n)), 16)
    assert last.channel(source, index) is None
    assert last.mean(source, index, _field(2.0), 16)[0] == 1


def test_a_map_that_was_chosen_before_is_kept() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 4, 3, padding=1))
    x = torch.randn(1, 3, 12, 12)
    (strongest,) = _all(net, x, "2", (6, 6))
    other = (strongest.channel + 1) % 4
    (kept,) = _all(net, x, "2", (6, 6), channel=other)
    assert kept.channel == other
    assert not np.array_equal(kept.values, strongest.values)
