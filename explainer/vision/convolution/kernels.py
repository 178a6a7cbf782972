"""Kernels that were designed by hand, laid on as they are printed: cross-correlation, not flipped."""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Name = str  # identity, sobel-x, sobel-y, blur, gaussian, sharpen, laplacian, gabor, one-by-one


def gabor(
    side: int = 7, wavelength: float = 4.0, angle: float = math.pi / 4, sigma: float = 2.0
) -> NDArray[np.float32]:
    """Cosine wave under a round Gaussian, ``(side, side)``, its mean taken off and its magnitudes summing to 2.

    ``g = exp(−(x² + y²) / 2σ²) cos(2π (x cos θ + y sin θ) / λ)`` (Daugman 1985, aspect ratio 1, phase 0); without
    its mean a plain area answers with 0.

    Parameters
    ----------
    wavelength, sigma
        λ and σ in pixels.
    angle
        θ, direction in which the wave travels, in radians from x towards y (down).
    """
    reach = np.arange(side) - (side - 1) / 2
    y, x = np.meshgrid(reach, reach, indexing="ij")
    along = x * math.cos(angle) + y * math.sin(angle)
    wave = np.exp(-(x**2 + y**2) / (2 * sigma**2)) * np.cos(2 * np.pi * along / wavelength)
    wave -= wave.mean()
    return np.asarray(2 * wave / np.abs(wave).sum(), dtype=np.float32)


def _rows(*rows: tuple[float, ...], over: float = 1.0) -> NDArray[np.float32]:
    return np.asarray(rows, dtype=np.float32) / np.float32(over)


_BINOMIAL = (1.0, 4.0, 6.0, 4.0, 1.0)
CLASSICS: Mapping[Name, NDArray[np.float32]] = {
    "identity": _rows((0, 0, 0), (0, 1, 0), (0, 0, 0)),
    "sobel-x": _rows((-1, 0, 1), (-2, 0, 2), (-1, 0, 1)),
    "sobel-y": _rows((-1, -2, -1), (0, 0, 0), (1, 2, 1)),
    "blur": _rows((1, 1, 1), (1, 1, 1), (1, 1, 1), over=9),
    "gaussian": _rows(*(tuple(a * b for b in _BINOMIAL) for a in _BINOMIAL), over=256),
    "sharpen": _rows((0, -1, 0), (-1, 5, -1), (0, -1, 0)),
    "laplacian": _rows((0, 1, 0), (1, -4, 1), (0, 1, 0)),
    "gabor": gabor(),
    "one-by-one": _rows((1,)),
}
LUMA = (0.299, 0.587, 0.114)  # weights of red, green and blue in grey, ITU-R BT.601


def in_layers(flat: NDArray[np.float32], maps: int) -> NDArray[np.float32]:
    """Give a kernel ``(k, k)`` one layer for each map it reads, ``(C, k, k)``: the same, but for 1 × 1.

    A 1 × 1 kernel can only mix maps; over red, green and blue it mixes them to grey.
    """
    layers = np.repeat(flat[None], maps, axis=0)
    if flat.shape == (1, 1) and maps == len(LUMA):
        layers = layers * np.array(LUMA, np.float32)[:, None, None]
    return np.asarray(layers, np.float32)
