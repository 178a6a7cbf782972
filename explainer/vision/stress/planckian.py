"""Colour of the light that a body of some temperature gives off, and what it does to a picture's channels.

A photograph is taken as if it had been balanced for `NEUTRAL_K`; under another light every surface sends back
each of red, green and blue by a factor more or less (von Kries' diagonal model, in linear sRGB).

References
----------
Kim, Cho, Lee, Kang et al. *Design of advanced color temperature control system for HDTV applications.* Journal of
the Korean Physical Society 41, 2002: the cubic curves below, 1667 K to 25,000 K.
"""

import numpy as np
from numpy.typing import NDArray

LOWEST_K, HIGHEST_K = 1667.0, 25_000.0
NEUTRAL_K = 6500.0
# x = a/T³ + b/T² + c/T + d below and above 4000 K.
X_LOW = (-0.2661239e9, -0.2343589e6, 0.8776956e3, 0.179910)
X_HIGH = (-3.0258469e9, 2.1070379e6, 0.2226347e3, 0.240390)
# y as a cubic of x below 2222 K, up to 4000 K, and above.
Y_CURVES = (
    (-1.1063814, -1.34811020, 2.18555832, -0.20219683),
    (-0.9549476, -1.37418593, 2.09137015, -0.16748867),
    (3.0817580, -5.87338670, 3.75112997, -0.37001483),
)
Y_ENDS_K = (2222.0, 4000.0)
# IEC 61966-2-1: XYZ to linear sRGB, and the luminance of each primary.
XYZ_TO_RGB = np.array(
    [[3.2404542, -1.5371385, -0.4985314], [-0.9692660, 1.8760108, 0.0415560], [0.0556434, -0.2040259, 1.0572252]]
)
LUMA = np.array([0.2126, 0.7152, 0.0722])


def planckian_xy(kelvin: float) -> tuple[float, float]:
    """CIE 1931 chromaticity x, y of a black body.

    Parameters
    ----------
    kelvin
        1667…25,000; what lies outside is taken as the nearer end.
    """
    t = min(max(kelvin, LOWEST_K), HIGHEST_K)
    x = float(np.polyval(X_LOW if t <= Y_ENDS_K[1] else X_HIGH, 1.0 / t))
    y = float(np.polyval(Y_CURVES[int(np.searchsorted(Y_ENDS_K, t))], x))
    return x, y


def light_xy(kelvin: float, duv: float = 0.0) -> tuple[float, float]:
    """Chromaticity of a light beside the black bodies' curve.

    Parameters
    ----------
    duv
        Distance from the curve in CIE 1960 u, v, at a right angle to it: above zero greenish, below pinkish.
    """
    u, v = _uv(*planckian_xy(kelvin))
    if duv:
        (u0, v0), (u1, v1) = (_uv(*planckian_xy(kelvin * part)) for part in (1.01, 0.99))
        length = float(np.hypot(u1 - u0, v1 - v0))
        # From hot to cool u grows; a quarter turn to the left of that way points to green.
        u, v = u - duv * (v1 - v0) / length, v + duv * (u1 - u0) / length
    below = 2 * u - 8 * v + 4
    return 3 * u / below, 2 * v / below


def light_gains(kelvin: float, duv: float = 0.0) -> NDArray[np.float64]:
    """Factors on linear red, green and blue under a light, relative to `NEUTRAL_K`.

    A white surface keeps its luminance: ``0.2126 r + 0.7152 g + 0.0722 b = 1``. Where the light lies outside the
    triangle of sRGB a factor would fall below 0; it is 0 then.
    """
    raw = _rgb(*light_xy(kelvin, duv)) / _rgb(*light_xy(NEUTRAL_K))
    gains = np.clip(raw, 0.0, None)
    return np.asarray(gains / float(LUMA @ gains))


def _uv(x: float, y: float) -> tuple[float, float]:
    below = -2 * x + 12 * y + 3
    return 4 * x / below, 6 * y / below


def _rgb(x: float, y: float) -> NDArray[np.float64]:
    return np.asarray(XYZ_TO_RGB @ np.array([x / y, 1.0, (1 - x - y) / y]))
