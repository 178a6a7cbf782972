"""Colour temperature against published chromaticities and against Planck's law itself."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explainer.vision.stress.planckian import (
    HIGHEST_K,
    LOWEST_K,
    LUMA,
    NEUTRAL_K,
    XYZ_TO_RGB,
    light_gains,
    light_xy,
    planckian_xy,
)

# CIE 1931 x, y of black bodies as tables of the locus print them; 2856 K is illuminant A of CIE 15.
TABLE = {
    2000: (0.5267, 0.4133),
    2856: (0.4476, 0.4074),
    3000: (0.4369, 0.4041),
    4000: (0.3805, 0.3768),
    5000: (0.3451, 0.3516),
    6500: (0.3135, 0.3237),
    10_000: (0.2807, 0.2884),
}
TEMPERATURES = st.floats(LOWEST_K, HIGHEST_K)


@pytest.mark.parametrize("kelvin", TABLE)
def test_the_published_table(kelvin: int) -> None:
    assert planckian_xy(kelvin) == pytest.approx(TABLE[kelvin], abs=1e-3)


@pytest.mark.parametrize("kelvin", [1700, 2222, 2500, 3999, 4001, 7000, 15_000, 25_000])
def test_planck_s_law_seen_through_the_colour_matching_functions(kelvin: int) -> None:
    assert planckian_xy(kelvin) == pytest.approx(_integrated(kelvin), abs=4e-3)


@settings(deadline=None)
@given(TEMPERATURES, st.floats(-0.02, 0.02))
def test_a_white_surface_keeps_its_luminance(kelvin: float, duv: float) -> None:
    gains = light_gains(kelvin, duv)
    assert (gains >= 0).all()
    assert float(LUMA @ gains) == pytest.approx(1.0, abs=1e-9)


def test_the_neutral_light_changes_nothing() -> None:
    assert light_gains(NEUTRAL_K) == pytest.approx([1.0, 1.0, 1.0], abs=1e-12)


def test_cooler_bodies_are_redder_all_the_way() -> None:
    gains = np.array([light_gains(k) for k in range(1700, 25_000, 100)])
    assert (np.diff(gains[:, 0]) < 0).all()
    assert (np.diff(gains[:, 2]) >= 0).all()


@pytest.mark.parametrize("duv", [-0.02, 0.01])
@pytest.mark.parametrize("kelvin", [2000, 4500, 9000])
def test_the_tint_lies_at_its_distance_and_at_a_right_angle(kelvin: int, duv: float) -> None:
    on, off = np.array(_uv(*planckian_xy(kelvin))), np.array(_uv(*light_xy(kelvin, duv)))
    assert np.linalg.norm(off - on) == pytest.approx(abs(duv), rel=1e-6)
    along = np.array(_uv(*planckian_xy(kelvin * 1.005))) - np.array(_uv(*planckian_xy(kelvin / 1.005)))
    assert abs(float((off - on) @ along)) < 0.02 * abs(duv) * float(np.linalg.norm(along))
    assert np.sign(off[1] - on[1]) == np.sign(duv)  # above the curve is green


def test_green_is_green_and_pink_is_pink() -> None:
    green, plain, pink = (light_gains(5000, duv) for duv in (0.02, 0.0, -0.02))
    assert green[1] > plain[1] > pink[1]


def test_the_matrix_is_that_of_srgb() -> None:
    white = XYZ_TO_RGB @ np.array([0.95047, 1.0, 1.08883])  # D65
    assert white == pytest.approx([1.0, 1.0, 1.0], abs=2e-4)


def _integrated(kelvin: float) -> tuple[float, float]:
    """x, y of Planck's spectrum with the CIE 1931 functions in the fit of Wyman, Sloan and Shirley (2013)."""
    nm = np.arange(380.0, 781.0)

    def lobe(height: float, centre: float, below: float, above: float) -> np.ndarray:
        width = np.where(nm < centre, below, above)
        return height * np.exp(-0.5 * ((nm - centre) / width) ** 2)

    x = lobe(1.056, 599.8, 37.9, 31.0) + lobe(0.362, 442.0, 16.0, 26.7) + lobe(-0.065, 501.1, 20.4, 26.2)
    y = lobe(0.821, 568.8, 46.9, 40.5) + lobe(0.286, 530.9, 16.3, 31.1)
    z = lobe(1.217, 437.0, 11.8, 36.0) + lobe(0.681, 459.0, 26.0, 13.8)
    spectrum = nm**-5.0 / np.expm1(1.438777e7 / (nm * kelvin))
    sums = np.array([float((spectrum * part).sum()) for part in (x, y, z)])
    return float(sums[0] / sums.sum()), float(sums[1] / sums.sum())


def _uv(x: float, y: float) -> tuple[float, float]:
    below = -2 * x + 12 * y + 3
    return 4 * x / below, 6 * y / below
