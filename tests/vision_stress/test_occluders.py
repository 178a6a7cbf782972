"""Occluders: where they lie, and what is seen there."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.draw import disk

from explainer.core.geometry import BoxXYXY, PointXY, Stroke
from explainer.vision.stress.occluders import (
    FILLS,
    corners,
    cutout,
    mirrored_tiles,
    occlude,
    patch_at,
    region_of,
    stand_in,
)

HALF = (BoxXYXY(0.0, 0.0, 0.5, 1.0),)
unit = st.floats(0.0, 1.0)


def picture(height: int = 60, width: int = 90, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


@settings(deadline=None)
@given(unit, unit, unit, unit, st.integers(1, 200), st.integers(1, 200))
def test_a_box_covers_the_pixels_whose_centres_it_holds(
    x0: float, y0: float, x1: float, y1: float, width: int, height: int
) -> None:
    region = region_of((height, width), (BoxXYXY(x0, y0, x1, y1),), ())
    if not region.any():
        return
    for least, most, count, found in ((x0, x1, width, region.any(axis=0)), (y0, y1, height, region.any(axis=1))):
        low, high = sorted((least, most))
        centre = (np.arange(count) + 0.5) / count
        clear = (np.abs(centre - low) > 1e-9) & (np.abs(centre - high) > 1e-9)  # on the edge it may go either way
        assert (found == ((centre > low) & (centre < high)))[clear].all()


def test_corners_are_sorted_and_cut_off() -> None:
    assert corners(BoxXYXY(0.8, 1.4, 0.2, -0.3), (10, 20)) == (4, 0, 16, 10)


def test_a_dot_is_a_disc() -> None:
    region = region_of((101, 201), (), (Stroke((PointXY(0.5, 0.5),), 0.1),))
    wanted = np.zeros((101, 201), bool)
    wanted[disk((50, 100), 20.1)] = True
    assert (region ^ wanted).sum() < 0.1 * wanted.sum()


def test_a_stroke_is_a_band_of_its_width() -> None:
    region = region_of((100, 200), (), (Stroke((PointXY(0.2, 0.5), PointXY(0.8, 0.5)), 0.05),))
    assert region[:, 100].sum() == pytest.approx(20, abs=2)
    assert region[50].sum() == pytest.approx(0.6 * 200 + 20, abs=3)


@pytest.mark.parametrize("fill", FILLS)
def test_what_is_not_covered_stays(fill: str) -> None:
    one = picture()
    before = one.copy()
    out, region = occlude(one, HALF, (), fill)  # type: ignore[arg-type]
    assert (one == before).all()
    if fill == "object":
        assert 0.2 < region[:, :45].mean() < 1.0  # its outline is no box
        assert not region[:, 46:].any()
        assert (out[:, 46:] == one[:, 46:]).all()
    else:
        assert region.mean() == pytest.approx(0.5)
        assert (out[~region] == one[~region]).all()
        assert (out[region] == stand_in(one, fill)[region]).all()  # type: ignore[arg-type]


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("size", [(1, 1), (12, 600), (500, 300)])
def test_any_picture_has_a_stand_in(fill: str, size: tuple[int, int]) -> None:
    one = picture(*size)
    out = stand_in(one, fill)  # type: ignore[arg-type]
    assert out.shape == one.shape
    assert out.dtype == np.uint8
    covered, _ = occlude(one, (BoxXYXY(0.0, 0.0, 1.0, 1.0),), (Stroke((PointXY(0.1, 0.1),), 0.0),), fill)  # type: ignore[arg-type]
    assert covered.shape == one.shape


def test_fills_are_what_they_say() -> None:
    one = picture(80, 80)
    assert (stand_in(one, "grey") == 128).all()
    assert (stand_in(one, "black") == 0).all()
    assert stand_in(one, "mean")[3, 4] == pytest.approx(one.reshape(-1, 3).mean(axis=0), abs=0.51)
    assert stand_in(one, "blur").std() < 0.25 * one.std()
    noise = stand_in(one, "noise", seed=1)
    assert noise.mean() == pytest.approx(127.5, abs=4)
    assert (noise == stand_in(one, "noise", seed=1)).all()
    assert (noise != stand_in(one, "noise", seed=2)).any()


def test_noise_comes_in_blocks_that_a_network_still_sees() -> None:
    noise = stand_in(picture(448, 448), "noise")
    assert (noise[::2, ::2] == noise[1::2, 1::2]).all()


def test_the_texture_is_a_patch_of_the_picture_mirrored_without_seams() -> None:
    one = picture(50, 70)
    patch = patch_at(one, PointXY(0.0, 1.0))
    assert (patch == one[40:, :10]).all()
    tiles = mirrored_tiles(patch, (45, 63))
    assert (tiles[:10, :10] == patch).all()
    assert (tiles[:, 9] == tiles[:, 10]).all()
    assert (tiles[19] == tiles[20]).all()


def test_the_cut_out_has_an_outline() -> None:
    rgb, opacity = cutout()
    assert rgb.shape[:2] == opacity.shape
    assert opacity.max() == 1.0
    assert 0.6 < opacity.mean() < 0.9
    assert opacity[0, 0] == opacity[-1, -1] == 0.0
    assert opacity[opacity.shape[0] // 2, opacity.shape[1] // 2] == 1.0
