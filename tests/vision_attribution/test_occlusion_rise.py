"""Occlusion against captum, RISE against its formula, and how both grow."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from captum.attr import Occlusion
from hypothesis import given, settings
from hypothesis import strategies as st

from explainer.testing.networks import BrightNet, TinyNet
from explainer.vision.attribution.occlusion import FIRST_WINDOWS, Windows, cover, occlusion, painted
from explainer.vision.attribution.rise import random_masks, rise


@pytest.fixture
def x() -> torch.Tensor:
    return torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(2))


def last(steps: Any) -> Any:
    *_, end = steps
    return end


def logit(net: Any, x: torch.Tensor, index: int) -> float:
    return float(net(x)[0, index])


# Windows ------------------------------------------------------------------------------------------------


@given(side=st.integers(8, 60), window=st.integers(1, 40), stride=st.integers(1, 20))
@settings(max_examples=80, deadline=None)
def test_levels_hold_each_place_once_and_windows_stay_inside(side: int, window: int, stride: int) -> None:
    places = Windows(side, min(window, side), min(stride, window, side))
    levels = places.levels()
    assert sorted(index for _, indices in levels for index in indices) == list(range(places.count))
    assert len(levels[0][1]) <= FIRST_WINDOWS
    assert levels[-1][0] == 1
    covered = np.zeros((side, side), bool)
    for index in range(places.count):
        x0, y0, x1, y1 = places.box(index)
        assert 0 <= x0 < x1 <= side
        assert 0 <= y0 < y1 <= side
        covered[y0:y1, x0:x1] = True
    assert covered.all()


@given(side=st.integers(8, 40), window=st.integers(2, 20), stride=st.integers(1, 12), step=st.sampled_from([1, 2, 4]))
@settings(max_examples=60, deadline=None)
def test_painting_is_the_mean_over_the_windows_that_cover_a_pixel(
    side: int, window: int, stride: int, step: int
) -> None:
    places = Windows(side, min(window, side), min(stride, window, side))
    drops = np.random.default_rng(side).normal(size=places.count)
    if step > 1:
        drops[dict(places.levels()[-1:])[1]] = np.nan
    margin = ((step - 1) * places.stride + 1) // 2
    total, count = np.zeros((side, side)), np.zeros((side, side))
    for index in np.flatnonzero(np.isfinite(drops)):
        x0, y0, x1, y1 = places.box(int(index), margin)
        total[y0:y1, x0:x1] += drops[index]
        count[y0:y1, x0:x1] += 1
    expected = total / np.maximum(count, 1)
    np.testing.assert_allclose(painted(drops, places, step), expected, atol=1e-6)


# Occlusion ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("window", "stride"), [(8, 4), (8, 8), (7, 5), (32, 32), (5, 2)])
def test_it_is_captums(x: torch.Tensor, window: int, stride: int) -> None:
    net, instead = TinyNet(), torch.full_like(x, 0.25)
    theirs = Occlusion(net).attribute(
        x, (3, window, window), strides=(3, stride, stride), baselines=instead, target=1, perturbations_per_eval=5
    )
    end = last(occlusion(net, x, instead, 1, Windows(32, window, stride), whole=logit(net, x, 1)))
    np.testing.assert_allclose(end.values, theirs[0, 0].detach(), atol=1e-5)
    assert end.done == Windows(32, window, stride).count


def test_a_window_over_all_of_it_measures_the_whole_difference(x: torch.Tensor) -> None:
    net, instead = TinyNet(), torch.zeros_like(x)
    end = last(occlusion(net, x, instead, 3, Windows(32, 32, 16), whole=logit(net, x, 3)))
    np.testing.assert_allclose(end.values, logit(net, x, 3) - logit(net, instead, 3), atol=1e-5)


def test_the_coarse_map_comes_first_and_already_finds_the_square() -> None:
    net, x = BrightNet(), torch.full((1, 3, 32, 32), 0.2)
    x[:, :, 4:12, 16:28] = 0.95
    stages = list(occlusion(net, x, torch.full_like(x, 0.2), 1, Windows(32, 4, 2), whole=logit(net, x, 1)))
    assert [s.done for s in stages] == sorted({s.done for s in stages})
    assert stages[0].done <= FIRST_WINDOWS
    for stage in (stages[0], stages[-1]):
        row, column = np.unravel_index(stage.values.argmax(), stage.values.shape)
        assert 4 <= row < 12
        assert 16 <= column < 28
    assert (stages[0].values != 0).any()
    assert stages[-1].values[:2].max() == pytest.approx(0.0, abs=1e-6)


def test_a_mirrored_picture_has_the_mirrored_map() -> None:
    net, x = BrightNet(), torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    places, grey = Windows(32, 8, 4), torch.full((1, 3, 32, 32), 0.5)
    one, other = (last(occlusion(net, v, grey, 1, places, whole=logit(net, v, 1))).values for v in (x, x.flip(3)))
    np.testing.assert_allclose(other, one[:, ::-1], atol=1e-5)


def test_what_covers(x: torch.Tensor) -> None:
    grey = cover(x, "grey", (0.4, 0.5, 0.6), (0.2, 0.25, 0.5))
    np.testing.assert_allclose(grey[0, :, 3, 3], [0.5, 0.0, -0.2], atol=1e-6)
    np.testing.assert_allclose(cover(x, "mean", (0,) * 3, (1,) * 3)[0, :, 9, 9], x[0].mean(dim=(1, 2)), atol=1e-6)
    assert cover(x, "blur", (0,) * 3, (1,) * 3).std() < x.std()


def test_it_checks_before_each_batch(x: torch.Tensor) -> None:
    calls: list[int] = []
    net = TinyNet()
    last(occlusion(net, x, x * 0, 0, Windows(32, 8, 8), whole=0.0, batch=4, checkpoint=lambda: calls.append(1)))
    assert len(calls) == 4


# RISE ---------------------------------------------------------------------------------------------------


def test_masks_are_soft_shifted_grids() -> None:
    masks = random_masks(400, 32, 4, 0.3, torch.Generator().manual_seed(0))
    assert masks.shape == (400, 1, 32, 32)
    assert float(masks.min()) >= 0.0
    assert float(masks.max()) <= 1.0
    assert float(masks.mean()) == pytest.approx(0.3, abs=0.02)
    per_pixel = masks.mean(dim=0)
    assert float(per_pixel.min()) > 0.2  # no pixel is left out
    assert float(per_pixel.max()) < 0.4


def test_the_maps_are_the_formula_of_the_paper(x: torch.Tensor) -> None:
    net, instead, count = TinyNet(), torch.zeros_like(x), 21
    end = last(rise(net, x, instead, 2, masks=count, cells=5, seen=0.4, seed=3, batch=8))
    generator = torch.Generator().manual_seed(3)
    masks = torch.cat([random_masks(n, 32, 5, 0.4, generator) for n in (8, 8, 5)])
    scores = torch.stack([net((m * x[0])[None])[0].softmax(0)[2] for m in masks])
    expected = (scores[:, None, None] * masks[:, 0]).sum(0) / (count * 0.4)
    np.testing.assert_allclose(end.expected, expected, atol=1e-6)
    assert end.scores == pytest.approx(scores.numpy(), abs=1e-6)
    gain = ((scores - scores.mean())[:, None, None] * masks[:, 0]).sum(0) / (count * 0.4)
    np.testing.assert_allclose(end.gain, gain, atol=1e-6)


def test_what_every_mask_shares_cancels(x: torch.Tensor) -> None:
    class Same(torch.nn.Module):
        def forward(self, v: torch.Tensor) -> torch.Tensor:
            return torch.tensor([[1.0, 2.0]]).expand(len(v), 2)

    end = last(rise(Same(), x, x * 0, 1, masks=30))
    assert np.abs(end.gain).max() < 1e-6
    assert end.scores.mean() == pytest.approx(1 / (1 + math.exp(-1)), abs=1e-6)


def test_it_finds_the_bright_square_and_is_the_same_twice() -> None:
    net, x = BrightNet(), torch.full((1, 3, 32, 32), 0.45)
    x[:, :, 16:28, 2:14] = 0.95
    one, two = (last(rise(net, x, torch.full_like(x, 0.45), 1, masks=300, seed=4)).gain for _ in range(2))
    row, column = np.unravel_index(one.argmax(), one.shape)
    assert 14 <= row < 30
    assert 0 <= column < 16
    np.testing.assert_array_equal(one, two)
