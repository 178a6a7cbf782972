"""Light, camera and curve: against torchvision, scikit-image and hand calculations."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.color import rgb2xyz
from skimage.exposure import adjust_gamma as skimage_gamma
from torchvision.transforms.v2 import functional as tvf

from explainer.core.geometry import PointXY, Stroke
from explainer.vision.stress.light import (
    Light,
    clipped_shares,
    decoded,
    encoded,
    falloff,
    illumination,
    luma,
    shadow_of,
    to_bytes,
    tone_table,
    toned,
    work_copy,
)

RAMP = np.arange(256, dtype=np.uint8).reshape(16, 16)[..., None].repeat(3, axis=2)


def picture(height: int = 12, width: int = 17, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def planes(pixels: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(pixels.astype(np.float32) / 255.0).permute(2, 0, 1)


def test_nothing_asked_for_is_the_picture_itself() -> None:
    one = picture()
    assert illumination(one, Light()) is one
    assert illumination(one, Light(shadow_ev=3.0)) is one


def test_every_byte_comes_back_from_linear_light() -> None:
    assert (to_bytes(encoded(decoded(RAMP))) == RAMP).all()


def test_the_transfer_curve_is_that_of_srgb() -> None:
    luminance = rgb2xyz(RAMP)[..., 1]
    assert decoded(RAMP)[..., 0] == pytest.approx(luminance, abs=2e-5)


@pytest.mark.parametrize(("gain", "gamma"), [(1.0, 0.5), (2.0, 1.0), (0.7, 2.2), (4.0, 4.0), (0.25, 0.25)])
def test_gain_and_gamma_are_torchvision_s(gain: float, gamma: float) -> None:
    one = picture()
    theirs = tvf.adjust_gamma(planes(one), gamma, gain).permute(1, 2, 0).numpy()
    ours = toned(one.astype(np.float32) / 255.0, Light(gain=gain, gamma=gamma))
    assert ours == pytest.approx(theirs, abs=1e-6)
    assert np.abs(tone_table(gain, gamma)[one].astype(int) - np.rint(255 * theirs)).max() <= 1


@pytest.mark.parametrize("contrast", [0.0, 0.4, 1.7, 3.0])
def test_contrast_is_torchvision_s(contrast: float) -> None:
    one = picture()
    theirs = tvf.adjust_contrast(planes(one), contrast).permute(1, 2, 0).numpy()
    assert toned(one.astype(np.float32) / 255.0, Light(contrast=contrast)) == pytest.approx(theirs, abs=1e-4)


def test_gain_alone_is_torchvision_s_brightness() -> None:
    one = picture()
    theirs = tvf.adjust_brightness(planes(one), 1.6).permute(1, 2, 0).numpy()
    assert toned(one.astype(np.float32) / 255.0, Light(gain=1.6)) == pytest.approx(theirs, abs=1e-6)


def test_the_table_is_scikit_image_s_gamma() -> None:
    assert np.abs(tone_table(1.0, 1.8)[RAMP].astype(int) - skimage_gamma(RAMP, 1.8)).max() <= 1


@settings(deadline=None)
@given(st.floats(0.25, 4.0), st.floats(0.25, 4.0))
def test_the_curve_never_falls(gain: float, gamma: float) -> None:
    assert (np.diff(tone_table(gain, gamma).astype(int)) >= 0).all()


def test_a_stop_doubles_the_light_and_white_clips() -> None:
    before, after = decoded(RAMP), decoded(illumination(RAMP, Light(exposure_ev=1.0)))
    fits = before <= 0.5
    assert after[fits] == pytest.approx(2 * before[fits], abs=0.012)  # half of a grey level near white
    assert (after[~fits] == 1.0).all()
    assert clipped_shares(illumination(RAMP, Light(exposure_ev=1.0)))[1] == pytest.approx((~fits).mean(), abs=0.01)


@settings(max_examples=20, deadline=None)
@given(st.floats(-6.0, 5.0), st.floats(-6.0, 5.0))
def test_more_exposure_is_never_darker(one: float, other: float) -> None:
    low, high = (illumination(RAMP, Light(exposure_ev=ev)) for ev in sorted((one, other)))
    assert (high >= low).all()


def test_what_was_clipped_does_not_come_back() -> None:
    over = illumination(RAMP, Light(exposure_ev=2.0))
    back = illumination(over, Light(exposure_ev=-2.0))
    dark = RAMP[..., 0] < 128
    assert np.abs(back[dark].astype(int) - RAMP[dark]).max() <= 2
    assert len(np.unique(back[RAMP[..., 0] > 200])) == 1


def test_haze_is_a_veil() -> None:
    hazy = illumination(RAMP, Light(haze=0.6))
    assert decoded(hazy) == pytest.approx(0.4 * decoded(RAMP) + 0.6 * 0.8, abs=0.006)


@pytest.mark.parametrize("stops", [0.0, 1.0, 5.0])
@pytest.mark.parametrize("size", [(1, 1), (40, 60), (6, 301)])
def test_the_corners_lose_their_stops(stops: float, size: tuple[int, int]) -> None:
    left = falloff(size, stops)
    assert left.max() <= 1.0
    if min(size) > 1:
        assert left[0, 0] >= 2.0**-stops
        assert left[0, 0] == pytest.approx(2.0**-stops, rel=0.35)
    assert left == pytest.approx(left[::-1, ::-1])


def test_the_vignette_is_the_fourth_power_of_the_cosine() -> None:
    left = falloff((101, 101), 4.0)
    tangent = np.sqrt(2.0**2 - 1.0) * np.hypot(20.0, 30.0) / np.hypot(50.5, 50.5)
    assert left[50 + 20, 50 + 30] == pytest.approx(np.cos(np.arctan(tangent)) ** 4, rel=1e-5)


def test_photons_have_the_variance_of_their_mean() -> None:
    grey = np.full((300, 300, 3), 188, np.uint8)  # half of white's light
    noisy = decoded(illumination(grey, Light(photons=400.0), seed=1))
    level = float(decoded(grey).mean())
    assert noisy.mean() == pytest.approx(level, rel=2e-3)
    assert noisy.var() == pytest.approx(level / 400.0, rel=0.03)


def test_the_same_seed_counts_the_same_photons() -> None:
    one = picture()
    first, same, other = (illumination(one, Light(photons=10.0), seed=s) for s in (3, 3, 4))
    assert (first == same).all()
    assert (first != other).any()


def test_a_shadow_takes_its_stops_where_it_lies() -> None:
    white = np.full((40, 60, 3), 255, np.uint8)
    shadow = shadow_of((40, 60), (Stroke((PointXY(0.25, 0.0), PointXY(0.25, 1.0)), 0.25),), 0.0)
    lit = decoded(illumination(white, Light(shadow_ev=2.0), shadow=shadow))
    assert lit[20, 10] == pytest.approx(0.25, abs=0.005)
    assert lit[20, 55] == pytest.approx(1.0)


def test_a_soft_shadow_falls_off_one_way() -> None:
    soft = shadow_of((200, 300), (Stroke((PointXY(0.2, 0.0), PointXY(0.2, 1.0)), 0.2),), 0.1)
    row = soft[100, 60:]
    assert (np.diff(row) <= 1e-4).all()
    assert row[0] > 0.95
    assert row[-1] < 0.01
    assert shadow_of((9, 9), (), 0.1).max() == 0.0


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (12, 6000)])
def test_odd_sizes(size: tuple[int, int]) -> None:
    everything = Light(1.0, 3000, 0.01, 2.0, 3.0, 0.3, 20.0, 1.5, 1.2, 0.8)
    shadow = shadow_of(size, (Stroke((PointXY(0.5, 0.5),), 0.2),), 0.08)
    out = illumination(picture(*size), everything, shadow=shadow)
    assert out.shape == (*size, 3)
    assert out.dtype == np.uint8


def test_a_large_picture_is_reduced_and_a_small_one_is_not() -> None:
    assert work_copy(picture(900, 1600)).shape == (480, 853, 3)
    small = picture(30, 20)
    assert work_copy(small) is small


def test_luma_is_rec_601() -> None:
    one = picture()
    assert luma(one) == pytest.approx(one @ np.array([0.299, 0.587, 0.114]), abs=0.6)
