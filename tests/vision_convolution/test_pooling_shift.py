"""Poolings against torch, shifts against their axioms, gradient routes against autograd."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from explainer.core.layers import Boxes, Heat, Image
from explainer.demos.learning.pooling_and_shift import PoolingAndShift
from explainer.testing import photo, run_demo, tiny
from explainer.vision.convolution.moving import with_margin
from explainer.vision.convolution.pooling import Pooling, blur_pool, by_kind, by_shift, change, counted, route
from explainer.vision.convolution.shift import Movable, middle, rms, shifted

KINDS = ("max", "average", "stride", "blur-3", "blur-5", "max-blur", "adaptive", "global")
STRIDED = KINDS[:6]


def _noise(side: int = 48, seed: int = 0) -> torch.Tensor:
    return torch.rand(1, 1, side, side, generator=torch.Generator().manual_seed(seed))


# Shifts -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", [20, 21])
def test_a_shift_by_whole_pixels_only_moves_numbers(side: int) -> None:
    x = _noise(side)
    moved = shifted(x, 3.0, -2.0)
    torch.testing.assert_close(moved[..., :-2, 3:], x[..., 2:, :-3], atol=2e-6, rtol=0)


def test_a_shift_brings_a_wave_where_it_belongs() -> None:
    t = torch.arange(64) + 0.5
    # Even about both edges, so the mirrored picture is the same wave.
    wave = torch.cos(torch.pi * 6 * t / 64).expand(1, 1, 64, 64)
    wanted = torch.cos(torch.pi * 6 * (t - 0.37) / 64)
    found = shifted(wave, 0.37, 0.0)[0, 0, 10, 8:56]
    even = wanted[8:56]
    # The mirror turns back what leaves at the edge; of a cosine alone the middle value is the mean of both.
    assert float((found - even).abs().max()) < 0.4
    band = torch.exp(-((t - 32) ** 2) / 40).expand(1, 1, 64, 64)
    exact = torch.exp(-((t - 0.37 - 32) ** 2) / 40)
    torch.testing.assert_close(shifted(band, 0.37, 0.0)[0, 0, 5], exact, atol=1e-5, rtol=0)


@settings(max_examples=20, deadline=None)
@given(dx=st.floats(-3, 3), dy=st.floats(-3, 3))
def test_there_and_back_is_nothing(dx: float, dy: float) -> None:
    y, x = torch.meshgrid(torch.arange(48.0), torch.arange(48.0), indexing="ij")
    blob = torch.exp(-((x - 23) ** 2 + (y - 25) ** 2) / 30)[None, None]
    back = shifted(shifted(blob, dx, dy), -dx, -dy)
    torch.testing.assert_close(back, blob, atol=1e-4, rtol=0)


def test_movable_keeps_shape_and_type() -> None:
    x = torch.rand(2, 3, 10, 14)
    assert Movable(x).moved(0.5, 0.5).shape == x.shape
    torch.testing.assert_close(Movable(x).moved(0.0, 0.0), x, atol=1e-6, rtol=0)
    assert middle(x, 6).shape == (2, 3, 6, 6)
    assert rms(np.array([3.0, -4.0], np.float32)) == pytest.approx(12.5**0.5)


# Poolings -----------------------------------------------------------------------------------------------


def test_poolings_equal_torchs() -> None:
    x = _noise()
    torch.testing.assert_close(Pooling("max", 3, 2)(x), torch.nn.MaxPool2d(3, 2)(x))
    torch.testing.assert_close(Pooling("average", 4, 3)(x), torch.nn.AvgPool2d(4, 3)(x))
    torch.testing.assert_close(Pooling("adaptive", cells=5)(x), torch.nn.AdaptiveAvgPool2d(5)(x))
    torch.testing.assert_close(Pooling("global")(x), F.adaptive_avg_pool2d(x, 1))
    torch.testing.assert_close(Pooling("stride", stride=3)(x), x[..., ::3, ::3])


def test_blur_pool_equals_zhangs_by_hand() -> None:
    x = _noise(8).expand(1, 2, 8, 8)
    row = np.array([1, 2, 1]) / 4
    padded = np.pad(x[0, 1].numpy(), 1, mode="reflect")
    wanted = sum(row[a] * row[b] * padded[a : a + 8, b : b + 8] for a in range(3) for b in range(3))[::2, ::2]
    np.testing.assert_allclose(blur_pool(x, 3, 2)[0, 1].numpy(), wanted, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_a_plain_picture_stays_plain(kind: str) -> None:
    out = Pooling(kind)(torch.full((1, 1, 28, 28), 0.3))
    torch.testing.assert_close(out, torch.full_like(out, 0.3))


# Moving and pooling ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", STRIDED)
@pytest.mark.parametrize("stride", [2, 3])
def test_a_move_by_whole_strides_moves_the_map(kind: str, stride: int) -> None:
    found = change(Pooling(kind, 2, stride), Movable(_noise(66)), 48, 2.0 * stride, 0.0)
    assert found.relative == pytest.approx(0.0, abs=1e-4)
    assert found.raw is not None
    assert found.raw > 0.5  # of noise nearly all has changed


@pytest.mark.parametrize("kind", STRIDED)
def test_a_move_by_half_a_stride_does_not(kind: str) -> None:
    found = change(Pooling(kind, 2, 2), Movable(_noise(66)), 48, 1.0, 0.0)
    assert found.relative is not None
    assert found.relative > 0.02


def test_curves_and_bars_are_changes_one_by_one() -> None:
    wide, pooling, asked = Movable(_noise(66)), Pooling("max", 2, 2), []
    shifts = np.array([0.0, 0.5, 2.0])
    curve = by_shift(pooling, wide, 48, shifts, lambda: asked.append(1))
    wanted = [change(pooling, wide, 48, shift, 0.0).relative for shift in shifts.tolist()]
    np.testing.assert_allclose(curve, np.stack([shifts, np.array(wanted)], 1))
    assert curve[1, 1] > 100 * max(curve[0, 1], curve[2, 1])
    bars = dict(by_kind(STRIDED, pooling, wide, 48, (1.0, 0.5), lambda: asked.append(1)))
    assert bars == {kind: change(Pooling(kind, 2, 2), wide, 48, 1.0, 0.5).relative for kind in STRIDED}
    assert len(asked) == len(shifts) + len(STRIDED)


def test_blurring_first_loses_least() -> None:
    wide = Movable(_noise(146))
    lost = {kind: change(Pooling(kind), wide, 128, 1.0, 0.0).relative or 0.0 for kind in STRIDED}
    assert lost["blur-5"] < lost["blur-3"] < lost["average"] < lost["stride"]
    assert lost["max-blur"] < lost["max"]


def test_what_cannot_be_compared_is_left_out() -> None:
    flat = change(Pooling("max"), Movable(torch.full((1, 1, 40, 40), 0.5)), 24, 1.0, 0.0)
    assert flat.relative is None
    single = change(Pooling("global"), Movable(_noise(40)), 24, 1.0, 0.0)
    assert single.raw is None
    assert single.difference.shape == (1, 1)


# Routes -------------------------------------------------------------------------------------------------


@settings(max_examples=80, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    window=st.integers(2, 5),
    stride=st.integers(2, 4),
    cells=st.integers(2, 9),
    place=st.tuples(st.floats(0, 0.999), st.floats(0, 0.999)),
    seed=st.integers(0, 5),
)
def test_gradients_by_hand_equal_autograds(kind, window, stride, cells, place, seed) -> None:
    pooling, x = Pooling(kind, window, stride, cells), _noise(24, seed)
    side = pooling(x).shape[-1]
    cell = (int(place[0] * side), int(place[1] * side))
    found = route(pooling, x, cell)
    assert found.error < 1e-6
    assert float(found.rule.sum()) == pytest.approx(1.0, abs=1e-5)
    x0, y0, x1, y1 = found.box
    outside = found.rule.copy()
    outside[y0:y1, x0:x1] = 0
    assert not outside.any()


def test_the_maximum_sends_all_to_the_first_of_equals() -> None:
    found = route(Pooling("max", 2, 2), torch.ones(1, 1, 4, 4), (1, 0))
    assert found.source == (2, 0)
    assert found.receivers == 1
    assert found.error == 0.0


def test_the_average_shares_evenly() -> None:
    found = route(Pooling("average", 3, 3), _noise(9), (2, 1))
    assert found.box == (3, 6, 6, 9)
    assert found.receivers == 9
    assert float(found.rule.max()) == pytest.approx(1 / 9)


@pytest.mark.parametrize("kind", KINDS)
def test_what_counts_is_the_sum_of_all_routes(kind: str) -> None:
    pooling, x = Pooling(kind, 3, 2, 4), _noise(12)
    rows, columns = pooling(x).shape[-2:]
    every = sum(route(pooling, x, (row, column)).rule for row in range(rows) for column in range(columns))
    np.testing.assert_allclose(counted(pooling, x), every, atol=1e-5)


# The demo ---------------------------------------------------------------------------------------------------


def _shown(**params):
    result = run_demo(PoolingAndShift(), photo(64, 64), tiny(), **params)
    assert result.heroes == ("pooled-before-the-move", "pooled-after-the-move")
    return result, {panel.slug: {layer.name: layer for layer in panel.layers} for panel in result.panels}


@pytest.mark.parametrize("shift", [0.0, 0.75])
def test_the_framed_pixel_is_the_brightest_of_its_window(shift: float) -> None:
    windows = _shown(shift_x=shift)[1]["windows"]
    pixels, won = windows["pixels"].pixels[..., 0], windows["winners"]
    assert isinstance(won, Boxes)
    rows, columns = np.floor(won.xyxy[:, [1, 0]]).astype(int).T
    blocks = pixels.reshape(len(pixels) // 2, 2, -1, 2).max((1, 3))
    assert len(won.xyxy) == blocks.size
    assert (np.diff(np.sort(rows // 2 * 100 + columns // 2)) > 0).all()
    np.testing.assert_array_equal(pixels[rows, columns], blocks[rows // 2, columns // 2])


def test_where_many_share_what_counts_is_a_map_and_where_all_do_nothing_is_drawn_over_them() -> None:
    windows = _shown(pooling="max-blur")[1]["windows"]
    assert isinstance(windows["counts"], Heat)
    assert windows["counts"].values.max() > windows["counts"].values.mean() > 0
    for kind in ("average", "global"):
        panels = _shown(pooling=kind)[1]
        assert set(panels["windows"]) == {"pixels", "windows", "window"}
        assert isinstance(panels["windows"]["pixels"], Image)
    assert panels["pooled-after-the-move"]["pooled"].pixels.shape[:2] == (1, 1)


def test_what_glows_is_what_did_not_move_along_and_a_whole_stride_lights_nothing() -> None:
    panels = _shown(shift_x=1.0)[1]
    glow = panels["pooled-after-the-move"]["new"].values
    before, after = (panels[f"pooled-{when}-the-move"]["pooled"].pixels[..., 0] / 255.0 for when in ("before", "after"))
    aligned = shifted(torch.from_numpy(before)[None, None].float(), 0.5, 0.0)[0, 0].numpy()
    np.testing.assert_allclose(
        glow, np.abs(after - aligned), atol=0.02
    )  # pictures have 256 levels, which ring a little
    assert "new" not in _shown(shift_x=2.0)[1]["pooled-after-the-move"]


@pytest.mark.parametrize(("right", "down"), [(3.0, 0.0), (0.5, 2.25)])
def test_the_score_after_the_move_is_the_networks_for_the_moved_picture(right: float, down: float) -> None:
    ctx, frame = tiny(), photo(64, 64)
    result = run_demo(PoolingAndShift(), frame, ctx, shift_x=right, shift_y=down)
    wide, _ = with_margin(frame, ctx.card, ctx.settings.fit, 9)
    scores = ctx.net.net(middle(wide.moved(right, down), ctx.card.input_px)).softmax(1)[0]
    still = ctx.net.net(middle(wide.moved(0.0, 0.0), ctx.card.input_px)).softmax(1)[0]
    assert result.values["score_moved"] == pytest.approx(float(scores[still.argmax()]), abs=1e-5)
