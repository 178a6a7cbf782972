"""A tracker that compares deep features: those of the target slide over those of the search window.

With features ``z`` of the exemplar and ``x`` of the window, both less the window's mean vector, the response is
their cosine at every place, ``r(u) = ⟨z, x_u⟩ / (‖z‖ ‖x_u‖)``. The target is where it peaks. As in SiamFC the network
learns nothing while it runs; unlike SiamFC, whose network was trained to compare, the one here was trained to name
classes, and the exemplar may be refreshed.

References
----------
Bertinetto, Valmadre, Henriques, Vedaldi, Torr. *Fully-convolutional Siamese networks for object tracking.* 2016.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from explainer.vision.tracking.report import Box, Report

Floats = NDArray[np.float32]
Extract = Callable[[NDArray[np.uint8]], Tensor]
"""Pictures ``(N, S, S, 3) uint8 RGB`` to features ``(N, C, n, n)``."""

EXEMPLAR_PX = 96  # the exemplar with its context, as the network sees it
CONTEXT = 0.5  # of the box's mean side is added to each side, as in SiamFC
SCALES = (1.0, 1 / 1.05, 1.05)
SCALE_PENALTY, SCALE_STEP = 0.97, 0.6  # a change of size must be worth it, and is followed slowly
FINER = 8  # the response is enlarged so many times before its peak is read
MOVE_PENALTY = 0.2  # share of the cosine window in what is maximised: no jumps without need


@dataclass(frozen=True, slots=True)
class Settings:
    """What the tracker is told.

    Parameters
    ----------
    window
        Side of the search window over that of the exemplar, > 1.
    update_rate
        Share of the newest features in the exemplar, 0…1.
    lost_below
        Cosine under which the target counts as lost.
    follow_size
        Whether windows of other sizes are looked at too.
    """

    window: float = 2.0
    update_rate: float = 0.02
    lost_below: float = 0.5
    follow_size: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """What is carried from one picture to the next: exemplar ``(C, k, k)``, centre and size of the target."""

    exemplar: Tensor
    centre: tuple[float, float]
    size: tuple[float, float]
    lost: bool = False

    @property
    def box(self) -> Box:
        """x0, y0, x1, y1."""
        (x, y), (w, h) = self.centre, self.size
        return x - w / 2, y - h / 2, x + w / 2, y + h / 2


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """What one picture showed.

    Parameters
    ----------
    window
        Search window ``(S, S, 3) uint8``.
    response
        Cosine at every place of the exemplar in the window, ``(m, m)`` in [−1, 1].
    peak
        x and y of the peak in cells of the response, (0, 0) the centre of the first.
    cells
        Cells of the features along the window and along the exemplar.
    """

    window: NDArray[np.uint8]
    response: Floats
    peak: tuple[float, float]
    score: float
    cells: tuple[int, int]


def side_px(size: tuple[float, float]) -> float:
    """Side in picture pixels of the square that an exemplar of width and height `size` covers, with context."""
    margin = CONTEXT * (size[0] + size[1]) / 2
    return float(np.sqrt((size[0] + margin) * (size[1] + margin)))


def crop(pixels: NDArray[np.uint8], centre: tuple[float, float], side: float, out: int) -> NDArray[np.uint8]:
    """Square of `side` picture pixels about `centre`, resampled to `out`; outside is the picture's mean colour."""
    scale = out / side
    # OpenCV counts from the centre of the first pixel, the house from its corner.
    shift = [out / 2 - scale * c for c in centre]
    affine = np.array([[scale, 0, shift[0] + 0.5 * scale - 0.5], [0, scale, shift[1] + 0.5 * scale - 0.5]])
    # One pixel in four along each side is enough for a mean.
    mean = tuple(float(v) for v in pixels[::4, ::4].reshape(-1, 3).mean(0))
    flags = cv2.INTER_LINEAR
    found = cv2.warpAffine(pixels, affine, (out, out), flags=flags, borderMode=cv2.BORDER_CONSTANT, borderValue=mean)
    return np.asarray(found, np.uint8).reshape(out, out, 3)


def begin(pixels: NDArray[np.uint8], box: Box, settings: Settings, extract: Extract) -> Track:
    """Take the exemplar from the first picture.

    It is cut out of the features of a whole search window, so that the zeros which the network pads its input with
    do not become part of it.
    """
    x0, y0, x1, y1 = box
    centre, size = ((x0 + x1) / 2, (y0 + y1) / 2), (x1 - x0, y1 - y0)
    window = crop(pixels, centre, settings.window * side_px(size), _out(settings))
    found = centred(extract(window[None]))[0]
    k = exemplar_cells(found.shape[-1], settings)
    start = (found.shape[-1] - k) // 2
    return Track(found[:, start : start + k, start : start + k].clone(), centre, size)


def _out(settings: Settings) -> int:
    return int(np.ceil(EXEMPLAR_PX * settings.window / 32) * 32)


def exemplar_cells(window_cells: int, settings: Settings) -> int:
    """Cells of the exemplar in a window of so many: of the same parity, so that the middle is a place."""
    k = max(1, round(window_cells / settings.window))
    return min(window_cells, k + (window_cells - k) % 2)


def centred(features: Tensor) -> Tensor:
    """Features ``(N, C, n, n)`` less the mean vector of their window: what all places share tells none apart."""
    return features - features.mean(dim=(2, 3), keepdim=True)


def correlate(exemplar: Tensor, features: Tensor) -> Tensor:
    """Cosine of the exemplar ``(C, k, k)`` with every place of ``(N, C, n, n)``: ``(N, n − k + 1, n − k + 1)``."""
    k = exemplar.shape[-1]
    product = functional.conv2d(features, exemplar[None])[:, 0]
    energy = functional.avg_pool2d((features**2).sum(1, keepdim=True), k, stride=1)[:, 0] * k * k
    lengths = torch.sqrt(energy.clamp_min(1e-12)) * exemplar.norm().clamp_min(1e-6)
    cosine: Tensor = (product / lengths).clamp(-1, 1)
    return cosine


def step(pixels: NDArray[np.uint8], track: Track, settings: Settings, extract: Extract) -> tuple[Track, Sighting]:
    """Find the target in the next picture ``(H, W, 3) uint8 RGB``."""
    factors = SCALES if settings.follow_size else SCALES[:1]
    side = settings.window * side_px(track.size)
    windows = np.stack([crop(pixels, track.centre, side * factor, _out(settings)) for factor in factors])
    features = centred(extract(windows))
    responses = correlate(track.exemplar, features).cpu().numpy()
    best = _best_scale(responses)
    seen = _sighting(windows[best], responses[best], (features.shape[-1], track.exemplar.shape[-1]))
    if seen.score < settings.lost_below:
        return replace(track, lost=True), seen
    moved = _moved(pixels, track, seen, side * factors[best])
    growth = 1 + SCALE_STEP * (factors[best] - 1)
    size = (track.size[0] * growth, track.size[1] * growth)
    fresh = _refreshed(track.exemplar, features[best], seen.peak, settings.update_rate)
    return Track(fresh, moved, size), seen


def report(track: Track, seen: Sighting) -> Report:
    """Say it in the common form."""
    return Report(track.box, track.lost, seen.score)


def _best_scale(responses: Floats) -> int:
    worth = [response.max() * (1 if i == 0 else SCALE_PENALTY) for i, response in enumerate(responses)]
    return int(np.argmax(worth))


def _sighting(window: NDArray[np.uint8], response: Floats, cells: tuple[int, int]) -> Sighting:
    """Read the peak off an enlarged response, weighed by a cosine window."""
    m = response.shape[0]
    if m == 1:
        return Sighting(window, response, (0.0, 0.0), float(response[0, 0]), cells)
    fine = cv2.resize(response, (m * FINER, m * FINER), interpolation=cv2.INTER_CUBIC)
    hann = np.outer(np.hanning(m * FINER), np.hanning(m * FINER))
    row, column = np.unravel_index(int(((1 - MOVE_PENALTY) * fine + MOVE_PENALTY * hann).argmax()), fine.shape)
    peak = ((column + 0.5) / FINER - 0.5, (row + 0.5) / FINER - 0.5)
    return Sighting(window, response, peak, float(np.clip(fine[row, column], -1, 1)), cells)


def _moved(pixels: NDArray[np.uint8], track: Track, seen: Sighting, side: float) -> tuple[float, float]:
    """Centre after the move that the peak says, kept in the picture."""
    middle, cell = (seen.response.shape[0] - 1) / 2, side / seen.cells[0]
    x, y = (c + (p - middle) * cell for c, p in zip(track.centre, seen.peak, strict=True))
    return float(min(max(x, 0.0), pixels.shape[1])), float(min(max(y, 0.0), pixels.shape[0]))


def _refreshed(exemplar: Tensor, features: Tensor, peak: tuple[float, float], rate: float) -> Tensor:
    """Mix in what the nearest whole cell shows; the forward pass is already paid for."""
    if rate <= 0:
        return exemplar
    k, n = exemplar.shape[-1], features.shape[-1]
    column, row = (int(np.clip(round(p), 0, n - k)) for p in peak)
    return (1 - rate) * exemplar + rate * features[:, row : row + k, column : column + k]
