"""What is tried against bad light before the network: each takes and gives a picture ``(H, W, 3) uint8 RGB``.

Two correct the colour of the light with one factor a channel. Global equalisation is one rising curve for the
whole picture. The other three look at the neighbourhood of each pixel, and only they can level uneven light.
None brings back what was clipped.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from explainer.vision.stress.light import Floats, Pixels, decoded, encoded, to_bytes
from explainer.vision.stress.planckian import LUMA

Remedy = Literal["grey-world", "white-patch", "retinex", "equalise", "clahe", "local-contrast"]
CLAHE_LIMIT, CLAHE_TILES = 2.0, 8
WHITE_QUANTILE = 0.99  # a single glint shall not decide what white is
RETINEX_SHARES = (15 / 512, 80 / 512, 250 / 512)  # Jobson's 15, 80 and 250 px, as shares of a picture of 512 px
WINDOW_SHARE = 1 / 16  # σ of the window of local contrast, of the shorter side
SPREAD = 0.18  # standard deviation of brightness that local contrast is set to, of white
MOST_GAIN = 16.0  # a white balance goes no further: a channel without light cannot be brought back


def remedied(pixels: Pixels, remedies: Sequence[Remedy]) -> Pixels:
    """Apply several, always in the order of `REMEDIES`: colour first, then brightness."""
    for name, cure in REMEDIES.items():
        if name in remedies:
            pixels = cure(pixels)
    return pixels


def grey_world(pixels: Pixels) -> Pixels:
    """Scale channels so that their means are equal (Buchsbaum 1980), in linear light; luminance stays.

    Assumes that the world is grey on average, so it takes the green out of a lawn.
    """
    linear = decoded(pixels)
    return _balanced(linear, linear.reshape(-1, 3).mean(axis=0))


def white_patch(pixels: Pixels) -> Pixels:
    """Scale channels so that the brightest places are white (Land's Retinex, 1977), in linear light.

    The brightest percent of each channel stands for the maximum. Where that is clipped nothing is left to scale.
    """
    linear = decoded(pixels)
    return _balanced(linear, np.quantile(linear.reshape(-1, 3), WHITE_QUANTILE, axis=0))


def _balanced(linear: Floats, white: NDArray[np.floating]) -> Pixels:
    grey = float(LUMA @ white)
    gains = np.clip(grey / np.maximum(white, 1e-6), 1 / MOST_GAIN, MOST_GAIN) if grey > 0 else np.ones(3)
    return to_bytes(encoded(np.clip(linear * gains.astype(np.float32), 0.0, 1.0)))


def equalise(pixels: Pixels) -> Pixels:
    """Global histogram equalisation of the luma Y of Y'CrCb; colour differences stay.

    One curve for all pixels, rising everywhere: two pixels that were in the wrong order stay in it, so it cannot
    tell a dark thing from a shadow.
    """
    parts = cv2.cvtColor(pixels, cv2.COLOR_RGB2YCrCb)
    parts[..., 0] = cv2.equalizeHist(np.ascontiguousarray(parts[..., 0]))
    return np.asarray(cv2.cvtColor(parts, cv2.COLOR_YCrCb2RGB), np.uint8)


def clahe(pixels: Pixels) -> Pixels:
    """Contrast-limited adaptive equalisation (Zuiderveld 1994) of L in L*a*b*, 8 × 8 tiles, clip limit 2."""
    parts = cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB)
    levelled = cv2.createCLAHE(CLAHE_LIMIT, (CLAHE_TILES, CLAHE_TILES)).apply(np.ascontiguousarray(parts[..., 0]))
    parts[..., 0] = levelled
    return np.asarray(cv2.cvtColor(parts, cv2.COLOR_LAB2RGB), np.uint8)


def retinex(pixels: Pixels) -> Pixels:
    """Multi-scale Retinex of the brightness (Jobson, Rahman, Woodell 1997), stretched to its middle 98 %.

    ``R = mean over σ of log Y − log (G_σ ∗ Y)`` in linear light: slow changes of the light drop out, and with them
    the difference between a bright room and a dark one.
    """
    linear = decoded(pixels)
    bright = np.asarray(linear @ LUMA.astype(np.float32), np.float32) + np.float32(1 / 255)
    short = min(bright.shape)
    surround = sum(np.log(_smooth(bright, max(share * short, 0.3))) for share in RETINEX_SHARES)
    found = np.log(bright) - surround / len(RETINEX_SHARES)
    low, high = (float(v) for v in np.quantile(found, (0.01, 0.99)))
    if high - low < 1e-4:
        return pixels
    return _with_brightness(pixels, (found - low) / (high - low))


def local_contrast(pixels: Pixels) -> Pixels:
    """Local contrast normalisation (Jarrett et al. 2009): subtract the local mean, divide by the local deviation.

    ``Y' = ½ + s (Y − μ) / max(σ, mean σ)`` with a Gaussian window of a sixteenth of the shorter side.
    """
    values = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.float32) / np.float32(255)
    sigma = max(WINDOW_SHARE * min(values.shape), 0.5)
    centred = values - _smooth(values, sigma)
    deviation = np.sqrt(np.maximum(_smooth(centred * centred, sigma), 0.0))
    floor = float(deviation.mean())
    if floor < 1e-4:
        return pixels
    return _with_brightness(pixels, 0.5 + SPREAD * centred / np.maximum(deviation, floor))


def _with_brightness(pixels: Pixels, wanted: NDArray[np.floating]) -> Pixels:
    """Give each pixel another brightness 0…1 and keep the ratios of its channels."""
    values = np.asarray(pixels, np.float32) / np.float32(255)
    now = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.float32) / np.float32(255)
    factor = np.clip(wanted, 0.0, 1.0) / np.maximum(now, np.float32(2 / 255))
    return to_bytes(np.asarray(values * factor[..., None], np.float32))


def _smooth(plane: Floats, sigma: float) -> Floats:
    """Gaussian blur; a wide one on a small copy, where it costs as little as a narrow one."""
    height, width = plane.shape
    step = max(1, int(sigma // 4))
    if step == 1:
        return np.asarray(cv2.GaussianBlur(plane, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101), np.float32)
    small = (max(1, -(-width // step)), max(1, -(-height // step)))
    copy = cv2.resize(plane, small, interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(copy, (0, 0), sigma / step, borderType=cv2.BORDER_REFLECT_101)
    return np.asarray(cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


REMEDIES: Mapping[Remedy, Callable[[Pixels], Pixels]] = {
    "grey-world": grey_world,
    "white-patch": white_patch,
    "retinex": retinex,
    "equalise": equalise,
    "clahe": clahe,
    "local-contrast": local_contrast,
}
