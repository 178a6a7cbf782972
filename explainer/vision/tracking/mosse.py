"""MOSSE, the correlation filter that learns while it tracks.

``H* = A / (B + ε)`` with ``A ← η G ⊙ F* + (1 − η) A`` and ``B ← η F ⊙ F* + (1 − η) B``, where ``F`` is the
spectrum of the preprocessed window, ``G`` that of a Gaussian in its middle, ``⊙`` the product element by
element and ``*`` the complex conjugate. The response ``g = ifft2(F ⊙ H*)`` peaks where the target went.

Positions are frame pixels with (0, 0) at the outer corner of the top-left pixel.

References
----------
Bolme, Beveridge, Draper, Lui. *Visual object tracking using adaptive correlation filters.* CVPR 2010.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from explainer.core.problem import ExplainerError
from explainer.vision.tracking.window import Floats, Geometry, geometry, preprocess, sample

Spectrum = NDArray[np.complex64]

WARPS = 8  # the paper's number of perturbed copies of the first window
WARP_SIZE = 0.1  # ± radians of rotation and ± entries of the 2 × 2 matrix
SIDELOBE_HALF = 5  # the 11 × 11 cells round the peak do not count as sidelobe
FLAT_BELOW = 1.0  # grey levels (standard deviation) under which a window has no texture
EPSILON = 0.01  # relative to the mean energy of a window, which is 1


@dataclass(frozen=True, slots=True)
class Settings:
    """What a tracker is told.

    Parameters
    ----------
    learning_rate
        η: share of the newest window in the filter, 0…1.
    psr_threshold
        Below this peak to sidelobe ratio the target counts as lost and nothing is learned.
    padding
        Side of the window over the side of the box, ≥ 1.
    sigma
        Width of the Gaussian target in grid cells.
    look_around
        Whether a lost target is also searched for in the eight windows round the last place.
    """

    learning_rate: float = 0.125
    psr_threshold: float = 7.0
    padding: float = 1.5
    sigma: float = 2.0
    look_around: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """What is carried from one frame to the next.

    Parameters
    ----------
    numerator, denominator
        A and B as half spectra ``(h, w // 2 + 1)``.
    centre
        x and y of the target in frame pixels.
    """

    geometry: Geometry
    numerator: Spectrum
    denominator: Floats
    centre: tuple[float, float]
    lost: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """What one frame showed.

    Parameters
    ----------
    patch, response
        Preprocessed window and response, ``(h, w) float32``; the response is 1 at a perfect match.
    peak
        x and y of the peak in grid cells with subpixel parts, (0, 0) the centre of the first cell.
    psr
        Peak to sidelobe ratio.
    window_centre
        Where the window was laid, in frame pixels.
    shift_px
        Distance of the peak from the middle of the window, in frame pixels (x, y).
    flat
        Whether the window has no texture at all.
    """

    patch: Floats
    response: Floats
    peak: tuple[float, float]
    psr: float
    window_centre: tuple[float, float]
    shift_px: tuple[float, float]
    flat: bool


# The filter ---------------------------------------------------------------------------------------------


def spectrum(patch: Floats) -> Spectrum:
    """Half of the discrete Fourier transform of ``(h, w) float32``: ``(h, w // 2 + 1) complex64``."""
    return np.asarray(np.fft.rfft2(patch), dtype=np.complex64)


@lru_cache(maxsize=8)
def gaussian(shape: tuple[int, int], sigma: float) -> Floats:
    """Wanted response ``(h, w) float32``: ``exp(−(Δx² + Δy²) / 2σ²)`` about cell (h // 2, w // 2)."""
    y = np.arange(shape[0])[:, None] - shape[0] // 2
    x = np.arange(shape[1])[None, :] - shape[1] // 2
    return np.exp(-(x**2 + y**2) / (2.0 * sigma**2)).astype(np.float32)


@lru_cache(maxsize=8)
def _gaussian_spectrum(shape: tuple[int, int], sigma: float) -> Spectrum:
    return spectrum(gaussian(shape, sigma))


def begin(
    pixels: NDArray[np.uint8],
    box: tuple[float, float, float, float],
    settings: Settings,
    rng: np.random.Generator,
) -> Track:
    """Learn the filter from the first frame and slightly warped copies of its window.

    Parameters
    ----------
    box
        Left, top, right and bottom of the target in frame pixels.

    Raises
    ------
    ExplainerError
        When the window has no texture.
    """
    x0, y0, x1, y1 = box
    centre = ((x0 + x1) / 2, (y0 + y1) / 2)
    height, width = pixels.shape[:2]
    shape = geometry((x1 - x0, y1 - y0), settings.padding, (width, height))
    grey = sample(pixels, centre, shape)
    if float(grey.std()) < FLAT_BELOW:
        raise ExplainerError(
            "There is nothing to hold on to: the picture is flat inside the box.",
            "Put the box on something with edges or texture.",
        )
    looks = [grey, *(warped(grey, rng) for _ in range(WARPS))]
    pairs = [_terms(spectrum(preprocess(look)), settings.sigma, shape.grid) for look in looks]
    # The mean and not the paper's sum: later frames then weigh exactly what η says.
    numerator = np.mean([a for a, _ in pairs], axis=0)
    denominator = np.mean([b for _, b in pairs], axis=0)
    return Track(shape, numerator, denominator, centre)


def warped(grey: Floats, rng: np.random.Generator) -> Floats:
    """Turn and shear a window a little about its middle; what comes in from outside is mirrored."""
    angle = rng.uniform(-WARP_SIZE, WARP_SIZE)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turn += rng.uniform(-WARP_SIZE, WARP_SIZE, (2, 2))
    middle = np.array([grey.shape[1] // 2, grey.shape[0] // 2], dtype=np.float64)
    affine = np.column_stack([turn, middle - turn @ middle])
    size = (grey.shape[1], grey.shape[0])
    return np.asarray(cv2.warpAffine(grey, affine, size, borderMode=cv2.BORDER_REFLECT), dtype=np.float32)


def _terms(look: Spectrum, sigma: float, grid: tuple[int, int]) -> tuple[Spectrum, Floats]:
    """``G ⊙ F*`` and ``F ⊙ F*``."""
    conjugate = np.conj(look)
    return _gaussian_spectrum(grid, sigma) * conjugate, (look * conjugate).real


def transfer(track: Track) -> Spectrum:
    """``H* = A / (B + ε)`` as a half spectrum ``(h, w // 2 + 1)``."""
    return track.numerator / (track.denominator + EPSILON)


def spatial_filter(track: Track) -> Floats:
    """Return the filter as a picture ``(h, w) float32``, its origin in the middle.

    Correlated with the preprocessed window it gives the response: ``g(Δ) = Σₓ f(x) h(x − Δ)``.
    """
    kernel = np.fft.irfft2(np.conj(transfer(track)), s=track.geometry.grid)
    return np.fft.fftshift(kernel).astype(np.float32)


# One frame ----------------------------------------------------------------------------------------------


def step(pixels: NDArray[np.uint8], track: Track, settings: Settings) -> tuple[Track, Sighting]:
    """Find the target in the next frame ``(H, W, 3) uint8 RGB`` and learn from it.

    With a PSR below the threshold the target is lost: the place stays, nothing is learned, and the same
    window is searched again in the next frame.
    """
    centre = _inside(track.centre, pixels)
    seen = _look(pixels, track, centre)
    if seen.psr < settings.psr_threshold and settings.look_around:
        around = (_look(pixels, track, _inside(place, pixels)) for place in ring(track))
        seen = max(seen, *around, key=lambda one: one.psr)
    if seen.psr < settings.psr_threshold:
        return replace(track, centre=centre, lost=True), seen
    moved = (seen.window_centre[0] + seen.shift_px[0], seen.window_centre[1] + seen.shift_px[1])
    return learned(pixels, replace(track, centre=_inside(moved, pixels), lost=False), settings), seen


def ring(track: Track) -> list[tuple[float, float]]:
    """Centres of the eight windows round the last place, half a window away."""
    (x, y), (width, height) = track.centre, track.geometry.window_px
    offsets = [(i, j) for j in (-0.5, 0.0, 0.5) for i in (-0.5, 0.0, 0.5) if (i, j) != (0.0, 0.0)]
    return [(x + i * width, y + j * height) for i, j in offsets]


def learned(pixels: NDArray[np.uint8], track: Track, settings: Settings) -> Track:
    """Mix the window at the track's place into numerator and denominator."""
    look = spectrum(preprocess(sample(pixels, track.centre, track.geometry)))
    a, b = _terms(look, settings.sigma, track.geometry.grid)
    eta = np.float32(settings.learning_rate)
    keep = np.float32(1) - eta
    return replace(track, numerator=eta * a + keep * track.numerator, denominator=eta * b + keep * track.denominator)


def _look(pixels: NDArray[np.uint8], track: Track, centre: tuple[float, float]) -> Sighting:
    grid, cell = track.geometry.grid, track.geometry.cell_px
    grey = sample(pixels, centre, track.geometry)
    patch = preprocess(grey)
    response = np.fft.irfft2(spectrum(patch) * transfer(track), s=grid).astype(np.float32)
    flat = float(grey.std()) < FLAT_BELOW
    x, y = subpixel_peak(response)
    shift = ((x - grid[1] // 2) * cell[0], (y - grid[0] // 2) * cell[1])
    return Sighting(patch, response, (x, y), 0.0 if flat else psr(response), centre, shift, flat)


def _inside(place: tuple[float, float], pixels: NDArray[np.uint8]) -> tuple[float, float]:
    height, width = pixels.shape[:2]
    return min(max(place[0], 0.0), float(width)), min(max(place[1], 0.0), float(height))


def psr(response: Floats) -> float:
    """Peak to sidelobe ratio ``(g_max − μ) / s``, with mean μ and standard deviation s of the `sidelobe`."""
    mean, spread = sidelobe(response)
    return (float(response.max()) - mean) / spread if spread > 0 else 0.0


def sidelobe(response: Floats) -> tuple[float, float]:
    """Mean and standard deviation of the response without the 11 × 11 cells round its peak.

    The cells left out wrap at the border as the correlation does.
    """
    row, column = np.unravel_index(int(response.argmax()), response.shape)
    keep = np.ones(response.shape, dtype=bool)
    near = np.arange(-SIDELOBE_HALF, SIDELOBE_HALF + 1)
    keep[np.ix_((row + near) % response.shape[0], (column + near) % response.shape[1])] = False
    rest = response[keep]
    return float(rest.mean()), float(rest.std())


def subpixel_peak(response: Floats) -> tuple[float, float]:
    """Peak x, y in cells: the highest cell, moved to the top of a parabola through its neighbours."""
    rows, columns = response.shape
    row, column = (int(i) for i in np.unravel_index(int(response.argmax()), response.shape))
    across = [float(response[row, (column + i) % columns]) for i in (-1, 0, 1)]
    down = [float(response[(row + i) % rows, column]) for i in (-1, 0, 1)]
    return column + _vertex(*across), row + _vertex(*down)


def _vertex(before: float, at: float, after: float) -> float:
    """Offset of the top of the parabola through three neighbours, −½…½."""
    bend = before - 2 * at + after
    return 0.5 * (before - after) / bend if bend < 0 else 0.0
