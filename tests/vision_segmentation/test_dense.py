"""The classifier made dense: its mean is the classifier, its finer maps hold the coarser; upsampling by identities."""

import numpy as np
import pytest
import torch
import torchvision
from safetensors.torch import load_file
from torch import nn

from explainer.commands import bootstrap
from explainer.core.frame import Frame
from explainer.core.paths import resource
from explainer.core.problem import ExplainerError
from explainer.vision.segmentation import dense, upsample
from explainer.vision.zoo.lite0 import lite0

Twins = dict[int, dense.Dense]


@pytest.fixture(scope="module")
def lite() -> tuple[nn.Module, Twins]:
    stock = lite0().eval().requires_grad_(False)
    stock.load_state_dict(load_file(resource("weights", "efficientnet-lite0.safetensors")))
    return stock, {s: dense.dense(stock, "head", s, "Lite0") for s in (32, 16, 8)}


@pytest.fixture(scope="module")
def noise() -> torch.Tensor:
    return torch.randn(1, 3, 256, 320, generator=torch.Generator().manual_seed(3))


def test_the_mean_of_all_positions_is_the_classifier(lite: tuple[nn.Module, Twins], noise: torch.Tensor) -> None:
    stock, twins = lite
    with torch.no_grad():
        for x in (noise, noise[..., :224, :224]):
            torch.testing.assert_close(twins[32].logits(x).mean((2, 3)), stock(x), atol=1e-4, rtol=1e-4)


def test_every_second_value_of_the_finer_map_is_one_of_the_coarser(
    lite: tuple[nn.Module, Twins], noise: torch.Tensor
) -> None:
    maps = {stride: twin.logits(noise) for stride, twin in lite[1].items()}
    assert [tuple(maps[s].shape[2:]) for s in (32, 16, 8)] == [(8, 10), (16, 20), (32, 40)]
    for coarse, fine in ((32, 16), (16, 8)):
        torch.testing.assert_close(maps[fine][..., 1::2, 1::2], maps[coarse], atol=2e-4, rtol=1e-4)


def test_a_resnet_strides_on_the_other_side() -> None:
    torch.manual_seed(0)
    net = torchvision.models.resnet18().eval()
    x = torch.randn(1, 3, 128, 160)
    coarse, fine = (dense.dense(net, "layer4", s, "ResNet") for s in (32, 16))
    torch.testing.assert_close(fine.logits(x)[..., ::2, ::2], coarse.logits(x), atol=1e-4, rtol=1e-4)
    assert (coarse.offset, fine.offset) == (-15.5, -7.5)


def test_cells_look_where_the_offset_says(lite: tuple[nn.Module, Twins]) -> None:
    """The gradient of one answer, weighed by place, is centred on its cell plus the offset."""
    twin, x = lite[1][32], torch.zeros(1, 3, 448, 448, requires_grad=True)
    features: list[torch.Tensor] = []
    stop = twin.body.blocks[1].register_forward_hook(lambda _m, _i, out: features.append(out))  # type: ignore[index,operator]
    generator = torch.Generator().manual_seed(0)
    twin.body(x + torch.randn(x.shape, generator=generator))
    stop.remove()
    row = column = features[0].shape[2] // 2
    (gradient,) = torch.autograd.grad(features[0][0, :, row, column].abs().sum(), x)
    seen = gradient.abs().sum((0, 1))
    rows = torch.nonzero(seen.sum(1))[:, 0]
    middle = float(rows.min() + rows.max() + 1) / 2
    assert middle == (row + 0.5) * 4 + 0.5 * (1 + 2)  # stride 4: two strided layers lie before


def test_what_cannot_be_made_dense_is_refused() -> None:
    vgg, densenet = torchvision.models.vgg11().eval(), torchvision.models.densenet121().eval()
    with pytest.raises(ExplainerError, match="mean and one matrix"):
        dense.dense(vgg, "features", 32, "VGG")
    with pytest.raises(ExplainerError, match="cannot be spread"):
        dense.dense(densenet, "features", 16, "DenseNet")


def test_the_network_is_left_as_it_was(lite: tuple[nn.Module, Twins]) -> None:
    strides = [m.stride for m in lite[0].modules() if isinstance(m, nn.Conv2d)]
    assert strides.count((2, 2)) == 5
    assert not any(m._forward_hooks for m in lite[0].modules())


@pytest.mark.parametrize("shape", [(1, 1), (6000, 12), (48, 64), (300, 451)])
def test_any_picture_becomes_whole_cells(shape: tuple[int, int]) -> None:
    card = bootstrap.zoo().card("efficientnet-lite0")
    frame = Frame(np.full((*shape, 3), 90, np.uint8))
    seen = dense.prepare(frame, card, 448, torch.device("cpu"))
    assert all(side % 32 == 0 and side for side in seen.tensor.shape[2:])
    assert seen.pixels.shape[:2] == tuple(seen.tensor.shape[2:])
    corner = seen.to_frame @ np.array([seen.pixels.shape[1], seen.pixels.shape[0], 1.0])
    np.testing.assert_allclose(corner, [shape[1], shape[0]])


def test_windows_average_what_lies_inside() -> None:
    maps = torch.arange(20.0).reshape(1, 1, 4, 5)
    assert torch.equal(dense.over_windows(maps, 1), maps)
    wanted = maps[0, 0, 0:2, 0:2].mean(), maps[0, 0, 1:4, 2:5].mean()
    found = dense.over_windows(maps, 3)[0, 0]
    torch.testing.assert_close(torch.stack([found[0, 0], found[2, 3]]), torch.stack(wanted))


# Upsampling ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("factor", [2, 8, 16])
def test_a_transposed_convolution_with_a_tent_is_bilinear_inside(factor: int) -> None:
    maps = np.random.default_rng(0).random((2, 5, 6), np.float32)
    stamped, line = (upsample.upsampled(maps, factor, how) for how in ("transposed", "bilinear"))
    inside = (slice(None), slice(factor, -factor), slice(factor, -factor))
    np.testing.assert_allclose(stamped[inside], line[inside], atol=1e-6)


def test_a_box_as_wide_as_the_stride_is_nearest() -> None:
    maps = torch.rand(1, 1, 3, 4)
    box = upsample.transposed(maps, torch.ones(1, 1, 8, 8), 8)
    np.testing.assert_array_equal(box[0, 0].numpy(), upsample.upsampled(maps[0].numpy(), 8, "nearest")[0])


def test_uneven_stamps_leave_a_checkerboard_on_a_flat_map() -> None:
    flat = np.ones((1, 6, 6), np.float32)
    even, uneven = (upsample.upsampled(flat, 8, how)[0, 16:32, 16:32] for how in ("transposed", "uneven"))
    assert np.ptp(even) < 1e-6
    assert sorted(set(np.round(uneven / uneven.min()).ravel())) == [1, 2, 4]
    assert uneven.mean() == pytest.approx(1.0, abs=1e-5)


def test_the_guided_filter_keeps_a_map_that_is_the_picture() -> None:
    picture = np.zeros((40, 40, 3), np.uint8)
    picture[:, 20:] = 255
    wanted = (picture[..., 0] / 255).astype(np.float32)
    blurred = np.repeat(np.linspace(0, 1, 40, dtype=np.float32)[None], 40, 0)
    found = upsample.guided(blurred, picture, 8)
    assert np.abs(np.diff(found, axis=1)[20]).argmax() == 19  # the ramp became a step at the picture's edge
    np.testing.assert_allclose(upsample.guided(wanted, picture, 8), wanted, atol=0.02)


def test_sampling_at_a_middle_gives_the_cell_and_between_two_their_mean() -> None:
    maps = torch.rand(1, 3, 4, 5)
    np.testing.assert_allclose(upsample.sampled(maps, 2.5, 1.5), maps[0, :, 1, 2].double().numpy(), atol=1e-6)
    between = (maps[0, :, 1, 2] + maps[0, :, 1, 3]).double().numpy() / 2
    np.testing.assert_allclose(upsample.sampled(maps, 3.0, 1.5), between, atol=1e-6)
    np.testing.assert_allclose(upsample.sampled(maps, -4.0, 0.5), maps[0, :, 0, 0].double().numpy(), atol=1e-6)


def test_maps_are_moved_by_the_offset(lite: tuple[nn.Module, Twins]) -> None:
    fine = np.arange(64 * 64, dtype=np.float32).reshape(1, 64, 64)
    moved = dense.aligned(fine, lite[1][32].offset)
    assert moved.shape == fine.shape
    np.testing.assert_array_equal(moved[0, 16:, 16:], fine[0, :-16, :-16])
    np.testing.assert_array_equal(moved[0, :16, :16], fine[0, 0, 0])
