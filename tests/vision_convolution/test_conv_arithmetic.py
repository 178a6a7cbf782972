"""The microscope's arithmetic against torch's own layers, OpenCV's kernels and sums done by hand."""

import math

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from explainer.vision.convolution.arithmetic import (
    Window,
    convolve,
    index_in,
    macs,
    patch_at,
    same_padding,
    tap_of,
)
from explainer.vision.convolution.kernels import CLASSICS, gabor, in_layers
from explainer.vision.convolution.planes import LONGEST, planes, surroundings

MODES = ("zeros", "reflect", "replicate", "circular")


def _picture(channels: int, height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(channels, height, width)).astype(np.float32)


def _layer(kernel: np.ndarray, window: Window, bias: float) -> nn.Conv2d:
    layer = nn.Conv2d(
        len(kernel), 1, window.kernel, window.stride, window.before, window.dilation, padding_mode=window.mode
    )
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(kernel)[None])
        layer.bias.fill_(bias)
    return layer


@settings(max_examples=80, deadline=None)
@given(
    channels=st.integers(1, 4),
    size=st.tuples(st.integers(9, 17), st.integers(9, 17)),
    kernel=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    stride=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    padding=st.tuples(st.integers(0, 4), st.integers(0, 4)),
    dilation=st.tuples(st.integers(1, 2), st.integers(1, 2)),
    mode=st.sampled_from(MODES),
    place=st.tuples(st.floats(0, 0.999), st.floats(0, 0.999)),
)
def test_map_and_every_cell_by_hand_equal_torchs_layer(
    channels, size, kernel, stride, padding, dilation, mode, place
) -> None:
    x, weights = _picture(channels, *size), _picture(channels, *kernel, seed=1)
    window = Window(kernel, stride, padding, padding, dilation, mode)
    with torch.no_grad():
        wanted = _layer(weights, window, 0.7)(torch.from_numpy(x)[None])[0, 0].numpy()
    found = convolve(x, weights, window, 0.7)
    assert found.shape == window.output(size) == wanted.shape
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    at = (int(place[0] * wanted.shape[0]), int(place[1] * wanted.shape[1]))
    tap = tap_of(x, weights, window, at, found, 0.7)
    assert tap.value == pytest.approx(float(wanted[at]), abs=1e-5)
    assert tap.by_channel.sum() == pytest.approx(tap.total)
    assert tap.library == float(found[at])


def test_a_sum_done_on_paper() -> None:
    x = np.arange(25, dtype=np.float32).reshape(1, 5, 5)
    sobel = CLASSICS["sobel-x"][None]
    output = convolve(x, sobel, Window((3, 3)))
    # Each row rises by 1 a pixel: 2 px apart, weights 1 + 2 + 1.
    np.testing.assert_array_equal(output, np.full((3, 3), 8.0))
    tap = tap_of(x, sobel, Window((3, 3)), (1, 1), output)
    np.testing.assert_array_equal(tap.patch[0], [[6, 7, 8], [11, 12, 13], [16, 17, 18]])
    np.testing.assert_array_equal(tap.products[0], [[-6, 0, 8], [-22, 0, 26], [-16, 0, 18]])
    assert tap.total == 8.0


def test_the_kernel_is_not_flipped() -> None:
    x = np.zeros((1, 5, 5), np.float32)
    x[0, 2, 2] = 1.0
    kernel = np.arange(9, dtype=np.float32).reshape(1, 3, 3)
    answer = convolve(x, kernel, Window((3, 3), before=(1, 1), after=(1, 1)))
    np.testing.assert_array_equal(answer[1:4, 1:4], kernel[0, ::-1, ::-1])  # an impulse answers with it mirrored


@pytest.mark.parametrize(
    ("n", "k", "s", "p", "d", "wanted"),
    [(224, 3, 2, 1, 1, 112), (224, 7, 2, 3, 1, 112), (5, 3, 1, 0, 1, 3), (7, 3, 1, 2, 2, 7), (2, 3, 1, 0, 1, 0)],
)
def test_sizes_known_from_papers(n: int, k: int, s: int, p: int, d: int, wanted: int) -> None:
    window = Window((k, k), (s, s), (p, p), (p, p), (d, d))
    assert window.output((n, n)) == (wanted, wanted)


def test_a_kernel_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        convolve(_picture(1, 4, 4), _picture(1, 5, 5), Window((5, 5)))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("count", [1, 2, 5])
def test_padding_by_index_equals_numpys(mode: str, count: int) -> None:
    row = np.arange(1.0, count + 1)
    names = {"zeros": "constant", "replicate": "edge", "circular": "wrap", "reflect": "reflect"}
    where, real = index_in(np.arange(-7, count + 7), count, mode)
    np.testing.assert_array_equal(row[where] * real, np.pad(row, 7, mode=names[mode]))


@pytest.mark.parametrize("dilation", [1, 3])
@pytest.mark.parametrize("side", [2, 3, 7])
def test_same_padding_keeps_the_size(side: int, dilation: int) -> None:
    before, after = same_padding((side, side), (dilation, dilation))
    window = Window((side, side), before=before, after=after, dilation=(dilation, dilation))
    assert window.output((31, 40)) == (31, 40)


def test_the_cell_over_a_pixel_reads_round_it() -> None:
    before, after = same_padding((3, 3), (2, 2))
    window = Window((3, 3), (2, 2), before, after, (2, 2))
    for place in (0.0, 8.5, 16.2, 30.9):
        at = window.cell_over(place, place, (31, 31))
        rows, _ = window.taps(at)
        assert abs(rows.mean() + 0.5 - place) <= 1.0


def test_cell_over_stays_inside() -> None:
    assert Window((5, 5)).cell_over(-3.0, 99.0, (9, 9)) == (0, 4)


def test_the_patch_holds_padding() -> None:
    x = np.ones((2, 4, 4), np.float32)
    patch = patch_at(x, Window((3, 3), before=(1, 1), after=(1, 1)), (0, 0))
    assert patch.shape == (2, 3, 3)
    assert patch[0].sum() == 4.0


def test_multiply_adds() -> None:
    assert macs(Window((3, 3), before=(1, 1), after=(1, 1)), (224, 224), 3, 64) == 224 * 224 * 64 * 27


# Kernels ------------------------------------------------------------------------------------------------


def test_classics_equal_opencvs() -> None:
    for name, (dx, dy) in {"sobel-x": (1, 0), "sobel-y": (0, 1)}.items():
        down, across = cv2.getDerivKernels(dx, dy, 3)[::-1]
        np.testing.assert_allclose(CLASSICS[name], down @ across.T)
    binomial = cv2.getGaussianKernel(5, 0)
    np.testing.assert_allclose(CLASSICS["gaussian"], binomial @ binomial.T, atol=1e-6)
    grey = _picture(1, 20, 20)
    inner = convolve(grey, CLASSICS["laplacian"][None], Window((3, 3)))
    np.testing.assert_allclose(inner, cv2.Laplacian(grey[0], cv2.CV_32F, ksize=1)[1:-1, 1:-1], atol=1e-5)


@pytest.mark.parametrize("name", CLASSICS)
def test_kernels_add_up_to_zero_or_one(name: str) -> None:
    total = 0.0 if name in ("sobel-x", "sobel-y", "laplacian", "gabor") else 1.0
    assert float(CLASSICS[name].sum()) == pytest.approx(total, abs=1e-6)


def test_gabor_equals_opencvs_without_its_mean() -> None:
    raw = cv2.getGaborKernel((7, 7), sigma=2.0, theta=0.3, lambd=4.0, gamma=1.0, psi=0.0)
    raw = raw - raw.mean()
    # OpenCV counts from the last tap to the first; the kernel is even, so nothing is to be turned.
    np.testing.assert_allclose(gabor(angle=0.3), 2 * raw / np.abs(raw).sum(), atol=1e-6)


def test_gabor_prefers_its_own_direction() -> None:
    y, x = np.mgrid[0:40, 0:40]
    answers = {}
    for angle in (0.0, math.pi / 2):
        wave = np.cos(2 * np.pi * (x * math.cos(angle) + y * math.sin(angle)) / 4).astype(np.float32)[None]
        answers[angle] = np.abs(convolve(wave, gabor(angle=0.0)[None], Window((7, 7)))).max()
    assert answers[0.0] > 5 * answers[math.pi / 2]


# Planes -------------------------------------------------------------------------------------------------


def test_planes_of_a_picture() -> None:
    pixels = np.zeros((4, 6, 3), np.uint8)
    pixels[..., 0] = 255
    red, factor = planes(pixels, "red")
    assert factor == 1
    assert red.shape == (1, 4, 6)
    assert red.min() == 1.0
    assert planes(pixels, "blue")[0].max() == 0.0
    assert planes(pixels, "grey")[0].max() == pytest.approx(0.299)
    assert planes(pixels, "rgb")[0].shape == (3, 4, 6)


def test_a_huge_picture_is_averaged_in_blocks() -> None:
    pixels = np.zeros((10, 2 * LONGEST, 3), np.uint8)
    pixels[:, ::2] = 200
    maps, factor = planes(pixels, "grey")
    assert factor == 2
    assert maps.shape == (1, 5, LONGEST)
    np.testing.assert_allclose(maps, 100 / 255, atol=1e-3)


def test_surroundings_show_the_padding() -> None:
    maps = np.full((1, 3, 3), 0.5, np.float32)
    cut = surroundings(maps, np.arange(-1, 2), np.arange(-1, 2), "zeros")
    assert cut[0].max() == 0
    assert cut[1, 1, 0] == 128
    assert surroundings(maps, np.arange(-1, 2), np.arange(-1, 2), "replicate").min() == 128


def test_a_one_by_one_kernel_mixes_three_maps_to_grey() -> None:
    maps = np.random.default_rng(0).random((3, 6, 5)).astype(np.float32)
    layers = in_layers(CLASSICS["one-by-one"], 3)
    assert layers.shape == (3, 1, 1)
    want = 0.299 * maps[0] + 0.587 * maps[1] + 0.114 * maps[2]
    np.testing.assert_allclose(convolve(maps, layers, Window((1, 1))), want, rtol=1e-5)
    np.testing.assert_array_equal(in_layers(CLASSICS["blur"], 2), np.stack([CLASSICS["blur"]] * 2))


def test_groups_are_torchs_grouped_convolution() -> None:
    """Three convolutions of one map each, as the microscope does them, are conv2d with groups=3."""
    maps = np.random.default_rng(1).random((3, 9, 8)).astype(np.float32)
    kernel, window = CLASSICS["sobel-x"], Window((3, 3), (2, 2), (1, 1), (1, 1), (1, 1), "zeros")
    want = torch.nn.functional.conv2d(
        torch.from_numpy(maps)[None], torch.from_numpy(kernel)[None, None].repeat(3, 1, 1, 1), stride=2, padding=1,
        groups=3,
    )[0]  # fmt: skip
    for k in range(3):
        np.testing.assert_allclose(convolve(maps[k : k + 1], in_layers(kernel, 1), window), want[k], atol=1e-6)
