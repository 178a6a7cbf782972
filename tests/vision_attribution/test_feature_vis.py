"""Ascents to a picture: coordinates that come back, gradients that agree with differences, heights that rise."""

from itertools import product

import numpy as np
import pytest
import scipy.ndimage
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from explainer.contract.runs import photo
from explainer.core.problem import ExplainerError
from explainer.vision.attribution import feature_vis as fv
from explainer.vision.attribution.canvas import Canvas, colour_matrix, contrast, fine_share, moved, roughness

MEAN, STD = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)
EVERY_CANVAS = [Canvas(16, *switches) for switches in product((True, False), repeat=2)]


class Tiny(nn.Module):
    """Two convolutions, smooth so that differences are exact, and a linear layer."""

    def __init__(self, act=nn.Tanh):
        super().__init__()
        torch.manual_seed(3)
        self.first = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), act())
        self.second = nn.Conv2d(4, 5, 3, stride=2, padding=1)
        self.head = nn.Linear(5, 6)

    def forward(self, x):
        return self.head(self.second(self.first(x)).mean(dim=(2, 3)))


@pytest.fixture
def tiny():
    return Tiny().double().eval().requires_grad_(False)


def climbed(net, wish, recipe, steps, ascent=None):
    watch = fv.Watch(net, MEAN, STD)
    ascent = ascent or fv.start(watch, wish, recipe)
    ascent = [ascent, *fv.climb(watch, wish, recipe, ascent, steps)][-1]
    return fv.up_to_date(watch, wish, recipe, ascent)


# Coordinates --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size_px", [15, 16])
@pytest.mark.parametrize(("waves", "colours"), list(product((True, False), repeat=2)))
def test_a_photo_comes_back_from_its_coordinates(size_px, waves, colours):
    pixels = photo("cat").pixels[40 : 40 + size_px, 60 : 60 + size_px]
    picture = torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None].double() / 255
    canvas = Canvas(size_px, waves, colours)
    z = canvas.coordinates(picture)
    assert tuple(z.shape) == canvas.shape
    torch.testing.assert_close(canvas.picture(z), picture.clamp(1e-4, 1 - 1e-4), rtol=0, atol=1e-9)


def test_one_coordinate_is_one_wave_divided_by_its_frequency():
    size, row, column = 16, 3, 2
    canvas = Canvas(size, waves=True, colours=False)
    z = torch.zeros(canvas.shape, dtype=torch.float64)
    z[1, row, column, 0] = 1.0
    logits = torch.logit(canvas.picture(z))[0]
    y, x = np.mgrid[:size, :size]
    wave = np.cos(2 * np.pi * (row * y + column * x) / size)
    # ortho: 1 / S; both halves of the spectrum: 2; the frequency √(3² + 2²) / 16; Lucid's quarter
    expected = wave * 2 / size / (np.hypot(row, column) / size) / 4
    np.testing.assert_allclose(logits[1].numpy(), expected, atol=1e-12)
    np.testing.assert_allclose(logits[[0, 2]].numpy(), 0.0, atol=1e-12)


def test_colour_directions_are_less_correlated_in_photos_than_rgb():
    for name in ("cat", "coffee", "rocket", "astronaut"):
        rgb = np.clip(photo(name).pixels.reshape(-1, 3) / 255, 0.01, 0.99)
        logits = np.log(rgb / (1 - rgb))
        turned = logits @ np.linalg.inv(colour_matrix().numpy()).T
        before, after = (np.abs(np.corrcoef(c.T)[np.triu_indices(3, 1)]).mean() for c in (logits, turned))
        assert after < 0.75 * before, name


def test_the_colour_matrix_is_a_scaled_root():
    matrix = colour_matrix().numpy()
    assert np.linalg.norm(matrix, axis=0).max() == pytest.approx(1.0)
    light = matrix[:, 0] / matrix[:, 0].mean()
    np.testing.assert_allclose(light, 1.0, atol=0.05)  # the strongest direction is grey
    assert matrix[0, 1] == -matrix[2, 1]  # the second red against blue
    assert matrix[1, 2] < 0 < matrix[0, 2]  # the third green against purple


@given(st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_a_picture_is_always_between_black_and_white(seed):
    for canvas in EVERY_CANVAS:
        picture = canvas.picture(500 * canvas.start(seed))
        assert picture.shape == (1, 3, 16, 16)
        assert picture.min() >= 0
        assert picture.max() <= 1


# Moves and penalties ------------------------------------------------------------------------------------


def test_a_shift_is_that_of_scipy():
    picture = torch.rand(1, 3, 20, 20, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    across, down, *_ = (2 * torch.rand(4, generator=torch.Generator().manual_seed(7)) - 1).tolist()
    ours = moved(picture, 7, shift=0.2, zoom=0.0, turn_deg=0.0)[0].numpy()
    for channel, plane in enumerate(picture[0].numpy()):
        expected = scipy.ndimage.shift(plane, (-0.2 * down * 20, -0.2 * across * 20), order=1, mode="reflect")
        np.testing.assert_allclose(ours[channel], expected, atol=1e-6)


def test_a_turn_is_that_of_scipy_inside_the_picture():
    picture = scipy.ndimage.gaussian_filter(np.random.default_rng(0).random((33, 33)), 2.0)
    *_, angle = (2 * torch.rand(4, generator=torch.Generator().manual_seed(5)) - 1).tolist()
    ours = moved(torch.from_numpy(picture)[None, None], 5, shift=0.0, zoom=0.0, turn_deg=20.0)[0, 0].numpy()
    expected = scipy.ndimage.rotate(picture, 20.0 * angle, reshape=False, order=1)
    np.testing.assert_allclose(ours[8:-8, 8:-8], expected[8:-8, 8:-8], atol=1e-6)


def test_moves_depend_on_the_seed_and_keep_a_plain_picture():
    picture = torch.rand(1, 3, 24, 24)
    torch.testing.assert_close(moved(picture, 1), moved(picture, 1), rtol=0, atol=0)
    assert not torch.equal(moved(picture, 1), moved(picture, 2))
    torch.testing.assert_close(moved(picture, 1, 0.0, 0.0, 0.0), picture)
    torch.testing.assert_close(moved(torch.full((1, 3, 24, 24), 0.3), 4), torch.full((1, 3, 24, 24), 0.3))


def test_penalties_by_hand():
    picture = torch.tensor([[0.0, 1.0], [0.5, 0.5]])[None, None]
    assert float(roughness(picture)) == pytest.approx((0.5 + 0.5) / 2 + (1.0 + 0.0) / 2)
    assert float(contrast(picture)) == pytest.approx((0.25 + 0.25 + 0 + 0) / 4)


@pytest.mark.parametrize("size", [16, 17])
def test_fine_share_counts_the_whole_spectrum(size):
    noise = np.random.default_rng(0).random((3, size, size))
    full = np.abs(np.fft.fft2(noise - noise.mean((1, 2), keepdims=True))) ** 2
    f = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.fftfreq(size)[None])
    expected = full[:, f > 0.25].sum() / full.sum()
    assert fine_share(torch.from_numpy(noise)[None]) == pytest.approx(expected)


def test_fine_share_of_waves_noise_and_nothing():
    x = torch.arange(64, dtype=torch.float64)
    for period, share in ((2, 1.0), (8, 0.0)):
        wave = torch.cos(2 * torch.pi * x / period).expand(1, 3, 64, 64)
        assert fine_share(wave) == pytest.approx(share, abs=1e-9)
    noise = torch.randn(1, 3, 128, 128, generator=torch.Generator().manual_seed(0))
    assert fine_share(noise) == pytest.approx(1 - np.pi / 16, abs=0.01)
    assert fine_share(torch.full((1, 3, 8, 8), 0.5)) == 0.0


# The objective ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("objective", ["channel", "unit", "class"])
@pytest.mark.parametrize("robust", [False, True])
@pytest.mark.parametrize("canvas", EVERY_CANVAS, ids=lambda c: f"waves={c.waves} colours={c.colours}")
def test_the_gradient_is_that_of_small_differences(tiny, objective, robust, canvas):
    wish = fv.Wish(objective, 2, "second")
    recipe = fv.Recipe(canvas, robust, "tv", 0.3, seed=1)
    watch = fv.Watch(tiny, MEAN, STD)
    z = 20 * canvas.start(1).double()
    ascent = fv.Ascent(z, z, z, 3, (0,), (0.0,))
    ours, moving = fv.uphill(watch, wish, recipe, ascent)
    assert moving

    def goal(at):
        picture = canvas.picture(at)
        seen = moved(picture, 100_003 + 3) if robust else picture
        return float(watch.objective(wish, seen)) - 0.3 * float(roughness(picture))

    along = torch.randn(z.shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    slope = (goal(z + 1e-5 * along) - goal(z - 1e-5 * along)) / 2e-5
    assert float((ours * along).sum()) == pytest.approx(slope, rel=1e-3, abs=1e-7)


def test_objectives_by_hand():
    maps = torch.arange(2 * 3 * 4, dtype=torch.float32).reshape(1, 2, 3, 4)
    assert float(fv.Wish("channel", 1).of(maps)) == pytest.approx(np.arange(12, 24).mean())
    assert float(fv.Wish("unit", 1).of(maps)) == float(maps[0, 1, 1, 2])
    assert float(fv.Wish("class", 1).of(torch.tensor([[3.0, 4.0]]))) == 4.0


class Reuses(nn.Module):
    """As in a residual block: one rectifier, in place, that runs twice."""

    def __init__(self):
        super().__init__()
        self.act = nn.ReLU(inplace=True)
        self.a, self.b = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1)

    def forward(self, x):
        return self.act(self.b(self.act(self.a(x))) + x)


@pytest.mark.parametrize("act", [nn.ReLU, nn.ReLU6, lambda: nn.ReLU(inplace=True)])
def test_what_goes_into_the_last_rectifier_is_what_is_climbed(act):
    net, x = Tiny(act).eval(), torch.randn(1, 3, 8, 8)
    torch.testing.assert_close(fv.output_of(net, "first", x), net.first[0](x))
    torch.testing.assert_close(fv.output_of(net, "second", x), net.second(net.first(x)))
    maps, logits = fv.maps_and_logits(net, "first", x)
    torch.testing.assert_close(maps, net.first[0](x))
    torch.testing.assert_close(logits, net(x))
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in net.modules())


def test_a_rectifier_that_runs_twice_is_taken_the_second_time():
    block = Reuses().eval()
    net, x = nn.Sequential(block), torch.randn(1, 3, 4, 4)
    expected = block.b(torch.relu(block.a(x))) + x
    torch.testing.assert_close(fv.output_of(net, "0", x), expected)


def test_a_layer_that_is_not_there_or_takes_no_part_is_named(tiny):
    with pytest.raises(ExplainerError, match="no layer nonsense"):
        fv.output_of(tiny, "nonsense", torch.zeros(1, 3, 8, 8))
    tiny.spare = nn.Identity()
    with pytest.raises(ExplainerError, match="took no part"):
        fv.output_of(tiny, "spare", torch.zeros(1, 3, 8, 8, dtype=torch.float64))


# The ascent ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("canvas", EVERY_CANVAS, ids=lambda c: f"waves={c.waves} colours={c.colours}")
@pytest.mark.parametrize("objective", ["channel", "unit", "class"])
def test_the_objective_rises(canvas, objective):
    net = Tiny().eval().requires_grad_(False)
    for robust in (False, True):
        ended = climbed(net, fv.Wish(objective, 1, "second"), fv.Recipe(canvas, robust), 32)
        assert ended.height > ended.heights[0] + 0.03
        assert ended.steps == tuple(range(0, 33, 4))


def test_a_net_that_likes_red_gets_red():
    net = nn.Sequential(nn.Conv2d(3, 1, 1))
    with torch.no_grad():
        net[0].weight.copy_(torch.tensor([1.0, -0.5, -0.5]).view(1, 3, 1, 1))
        net[0].bias.zero_()
    recipe = fv.Recipe(Canvas(16))
    ended = climbed(net.requires_grad_(False), fv.Wish("channel", 0, "0"), recipe, 48)
    red, green, blue = fv.pixels(recipe, ended).reshape(-1, 3).mean(axis=0)
    assert red > max(green, blue) + 15


def test_a_shut_rectifier_is_climbed_all_the_same():
    net = Tiny(nn.ReLU).eval().requires_grad_(False)
    net.first[0].bias -= 1.0
    net.first[0].weight *= 0.2
    wish, recipe = fv.Wish("channel", 0, "first"), fv.Recipe(Canvas(16))
    assert not net.first(fv.Watch(net, MEAN, STD).normalised(recipe.canvas.picture(recipe.canvas.start(0)))).any()
    ended = climbed(net, wish, recipe, 32)
    assert ended.moving
    assert ended.height > ended.heights[0] + 0.04


def test_without_any_gradient_it_says_so():
    net = nn.Sequential(nn.Conv2d(3, 1, 1))
    net.requires_grad_(False)[0].weight.zero_()
    ended = climbed(net, fv.Wish("channel", 0, "0"), fv.Recipe(Canvas(16)), 4)
    assert not ended.moving


def test_carried_on_is_uninterrupted():
    tiny = Tiny().eval().requires_grad_(False)
    wish, recipe = fv.Wish("class", 0), fv.Recipe(Canvas(16), seed=4)
    through = climbed(tiny, wish, recipe, 22)
    watch = fv.Watch(tiny, MEAN, STD)
    *_, part = fv.climb(watch, wish, recipe, fv.start(watch, wish, recipe), 10)
    again = climbed(tiny, wish, recipe, 22, part)
    assert torch.equal(through.z, again.z)
    assert through.heights == again.heights
    assert not torch.equal(through.z, climbed(tiny, wish, fv.Recipe(Canvas(16), seed=5), 22).z)


@pytest.mark.parametrize(("penalty", "measure"), [("tv", roughness), ("l2", contrast)])
def test_a_penalty_lowers_what_it_punishes(penalty, measure):
    net = Tiny().eval().requires_grad_(False)
    wish, found = fv.Wish("channel", 1, "second"), []
    for weight in (0.0, 30.0):
        recipe = fv.Recipe(Canvas(16), False, penalty, weight)
        ended = climbed(net, wish, recipe, 48)
        found.append((float(measure(recipe.canvas.picture(ended.z))), ended.height))
    (free, high), (tamed, low) = found
    assert tamed < 0.6 * free
    assert low < high
