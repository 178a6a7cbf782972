"""What lies beyond the edge, and batch norms that look at the picture."""

import copy

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.testing import assert_close

from explainer.vision.stress.borders import (
    activations,
    constant_picture,
    deviation,
    difference,
    padded_with,
    touched_share,
)
from explainer.vision.stress.renorm import Renormed
from explainer.vision.zoo.lite0 import SameConv2d

LAYERS = ("0", "3", "6")


def net(padding_mode: str = "zeros") -> nn.Sequential:
    """Three padded convolutions with batch norms, seeded."""
    torch.manual_seed(0)
    parts: list[nn.Module] = []
    for cin, cout, stride in ((3, 6, 2), (6, 6, 1), (6, 5, 1)):
        norm = nn.BatchNorm2d(cout)
        norm.running_mean.uniform_(-0.5, 0.5)  # type: ignore[union-attr]
        norm.running_var.uniform_(0.5, 2.0)  # type: ignore[union-attr]
        parts += [nn.Conv2d(cin, cout, 3, stride, 1, padding_mode=padding_mode), norm, nn.ReLU()]
    return nn.Sequential(*parts, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(5, 4)).eval()


def photo() -> Tensor:
    return torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("padding", ["zeros", "reflect", "replicate", "circular"])
def test_padding_is_torch_s_own(padding: str) -> None:
    ours, theirs = net(), net(padding)
    x = photo()
    before = ours(x)
    with padded_with(ours, padding):  # type: ignore[arg-type]
        assert_close(ours(x), theirs(x), rtol=0, atol=1e-6)
    assert torch.equal(ours(x), before)  # nothing is left behind


def test_lopsided_padding_is_replaced_too() -> None:
    torch.manual_seed(2)
    conv = SameConv2d(3, 4, 3, stride=2)
    x = photo()
    with padded_with(conv, "replicate"):
        found = conv(x)
    theirs = F.conv2d(F.pad(x, (0, 1, 0, 1), mode="replicate"), conv.weight, stride=2)
    assert_close(found, theirs, rtol=0, atol=1e-6)


def test_zeros_draw_a_frame_and_repeated_cells_do_not() -> None:
    flat = constant_picture((0.9, 0.2, 0.4), photo(), (0.5,) * 3, (0.25,) * 3)
    assert flat[0, :, 5, 7].tolist() == pytest.approx([1.6, -1.2, -0.4])
    maps, answers = activations(net(), flat, LAYERS)
    assert answers.sum() == pytest.approx(1.0)
    reach = [deviation(maps[name]) for name in LAYERS]
    for depth, found in enumerate(reach, 1):
        inner = found[depth:-depth, depth:-depth]
        assert inner.max() < 1e-5  # the border reaches one cell further with each 3 × 3 convolution
        assert found[0].max() > 0.01
    shares = [touched_share(one) for one in reach]
    assert shares[0] < shares[1] < shares[2]
    for padding in ("reflect", "replicate", "circular"):
        same, _ = activations(net(), flat, LAYERS, padding)  # type: ignore[arg-type]
        assert max(deviation(m).max() for m in same.values()) < 1e-5


def test_a_small_map_is_repeated_where_it_cannot_be_mirrored() -> None:
    conv = nn.Conv2d(1, 1, 5, padding=2)
    with padded_with(conv, "reflect"):
        assert conv(torch.ones(1, 1, 2, 2)).shape == (1, 1, 2, 2)


def test_difference_is_a_length_over_the_mean_length() -> None:
    one, other = np.full((4, 2, 2), 3.0, np.float32), np.full((4, 2, 2), 3.0, np.float32)
    other[:, 0, 0] += 1.0
    assert difference(one, other).tolist() == [[pytest.approx(2.0 / 6.0), 0.0], [0.0, 0.0]]
    assert deviation(np.zeros((3, 4, 4), np.float32)).max() == 0.0


def test_a_sobel_response_does_not_notice_brightness_but_at_zero_padded_borders() -> None:
    grey = np.random.default_rng(0).random((64, 64)).astype(np.float32)
    kernel = torch.from_numpy(cv2.getDerivKernels(1, 0, 3)[1] @ cv2.getDerivKernels(1, 0, 3)[0].T)[None, None]
    plain, bright = (F.conv2d(torch.from_numpy(g)[None, None], kernel, padding=1)[0, 0] for g in (grey, grey + 0.2))
    change = (bright - plain).abs()
    assert float(change[1:-1, 1:-1].max()) < 2e-6
    assert float(change[1:-1, 0].min()) == pytest.approx(0.8, abs=1e-5)  # 0.2 · (1 + 2 + 1): a whole column is missing


# Batch norms --------------------------------------------------------------------------------------------


def test_an_endless_prior_changes_nothing() -> None:
    one = net()
    assert_close(Renormed(one, float("inf"))(photo()), one(photo()), rtol=0, atol=1e-5)


def test_no_prior_is_training_mode_on_one_picture() -> None:
    one = net()
    training = copy.deepcopy(one).train()
    assert_close(Renormed(one, 0.0)(photo()), training(photo()), rtol=0, atol=1e-4)


def test_pictures_of_a_batch_do_not_see_each_other() -> None:
    one = Renormed(net(), 2.0)
    both = torch.cat([photo(), 3 * photo() + 1])
    assert_close(one(both)[:1], one(photo()), rtol=0, atol=1e-5)


def test_the_network_is_left_as_it_was() -> None:
    one = net()
    before = one(photo())
    wrapped = Renormed(one, 4.0)
    assert not torch.allclose(wrapped(photo()), before)
    assert torch.equal(one(photo()), before)
    assert not list(wrapped.parameters())
    with pytest.raises(RuntimeError):
        wrapped(torch.zeros(1, 2, 8, 8))
    assert torch.equal(one(photo()), before)
