"""One picture under other light, through another camera, and with its curve bent: the order is that of the world.

Light comes first and adds up in linear light: shadow, colour, fall-off towards the corners, haze. Then the
camera: exposure, the photons it counts, and the end of its scale, where everything is white. At last what an
editor does to the finished 8-bit values: contrast, gain and gamma.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from explainer.core.geometry import Stroke
from explainer.vision.stress.occluders import region_of
from explainer.vision.stress.planckian import NEUTRAL_K, light_gains

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]
AIRLIGHT = 0.8  # linear value of the haze's own light
WORK_PX = 480  # a larger picture is relit on a copy whose shorter side is this long
LUMA_601 = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(frozen=True, slots=True)
class Light:
    """What is done to the picture; the defaults do nothing.

    Parameters
    ----------
    exposure_ev
        Stops: each doubles the light on the sensor. What passes 1 is clipped.
    kelvin, duv
        Colour of the light; see `explainer.vision.stress.planckian`.
    shadow_ev
        Stops that the darkest part of the shadow takes away, ≥ 0.
    vignette_ev
        Stops that the corners lose, ≥ 0: ``E(r) = 1 / (1 + r² t²)²``, which is cos⁴ of the angle to the axis.
    haze
        Share of the scene's light that is replaced by the haze's own, 0…1: ``I = J (1 − h) + A h``, evenly deep.
    photons
        Photons that a white pixel counts, each channel; ``None``: so many that no noise is seen.
    contrast
        Factor on the distance from the mean grey, ≥ 0.
    gain, gamma
        ``v' = gain · v^gamma`` on values 0…1; a gamma above 1 darkens.
    """

    exposure_ev: float = 0.0
    kelvin: float = NEUTRAL_K
    duv: float = 0.0
    shadow_ev: float = 0.0
    vignette_ev: float = 0.0
    haze: float = 0.0
    photons: float | None = None
    contrast: float = 1.0
    gain: float = 1.0
    gamma: float = 1.0

    @property
    def is_linear_work(self) -> bool:
        """Whether anything is done before the 8-bit values."""
        plain = Light(contrast=self.contrast, gain=self.gain, gamma=self.gamma)
        return self != plain

    def untoned(self) -> "Light":
        """Return the same light without gain and gamma."""
        return replace(self, gain=1.0, gamma=1.0)


def illumination(pixels: Pixels, light: Light, *, shadow: Floats | None = None, seed: int = 0) -> Pixels:
    """Relight a picture.

    Parameters
    ----------
    pixels
        ``(H, W, 3)`` sRGB; left as it is.
    shadow
        ``(H, W)`` in 0…1: how much of the shadow lies on each pixel; see `shadow_of`.
    seed
        Of the photons.

    Returns
    -------
    Pixels
        ``(H, W, 3)``, the picture itself where nothing is asked for.
    """
    if light == Light() or (light == Light(shadow_ev=light.shadow_ev) and (shadow is None or not shadow.any())):
        return pixels
    values = np.asarray(pixels, np.float32) / 255.0
    if light.is_linear_work:
        values = encoded(_captured(_lit(decoded(pixels), light, shadow), light, seed))
    return to_bytes(toned(values, light))


def _lit(linear: Floats, light: Light, shadow: Floats | None) -> Floats:
    if shadow is not None and light.shadow_ev:
        linear = linear * np.exp2(-light.shadow_ev * shadow)[..., None].astype(np.float32)
    if light.kelvin != NEUTRAL_K or light.duv:
        linear = linear * light_gains(light.kelvin, light.duv).astype(np.float32)
    if light.vignette_ev:
        linear = linear * falloff((linear.shape[0], linear.shape[1]), light.vignette_ev)[..., None]
    if light.haze:
        linear = linear * np.float32(1 - light.haze) + np.float32(AIRLIGHT * light.haze)
    return np.asarray(linear, np.float32)


def _captured(linear: Floats, light: Light, seed: int) -> Floats:
    exposed = np.clip(linear * np.float32(2.0**light.exposure_ev), 0.0, 1.0)
    if light.photons is None:
        return np.asarray(exposed, np.float32)
    counted = np.random.default_rng(seed).poisson(exposed * light.photons)
    return np.asarray(np.clip(counted / light.photons, 0.0, 1.0), np.float32)


def toned(values: Floats, light: Light) -> Floats:
    """Contrast, then gain and gamma, on values 0…1 ``(H, W, 3)``; each is clipped to 0…1, as torchvision does."""
    if light.contrast != 1.0:
        mean = float((values @ LUMA_601).mean())
        values = np.clip(mean + light.contrast * (values - mean), 0.0, 1.0).astype(np.float32)
    if light.gamma != 1.0 or light.gain != 1.0:
        values = np.clip(np.float32(light.gain) * values ** np.float32(light.gamma), 0.0, 1.0)
    return values


def tone_table(gain: float, gamma: float) -> Pixels:
    """``round(255 · clip(gain · (v / 255)^gamma))`` of each 8-bit value, ``(256,)``."""
    return to_bytes(np.clip(gain * (np.arange(256) / 255.0) ** gamma, 0.0, 1.0).astype(np.float32))


def shadow_of(size: tuple[int, int], strokes: Sequence[Stroke], softness: float) -> Floats:
    """Turn painted strokes into a soft shadow, ``(H, W)`` in 0…1.

    Parameters
    ----------
    size
        Height and width in pixels.
    softness
        Standard deviation of the blur as a share of the shorter side; 0 leaves a hard edge.
    """
    region = region_of(size, (), strokes).astype(np.float32)
    sigma = softness * min(size)
    if sigma < 0.3 or not region.any():
        return region
    # Blurred on a small copy: at this width nothing finer is left.
    step = max(1, int(sigma // 4))
    small = (max(1, -(-size[1] // step)), max(1, -(-size[0] // step)))
    copy = cv2.resize(region, small, interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(copy, (0, 0), sigma / step, borderType=cv2.BORDER_REPLICATE)
    full = cv2.resize(soft, (size[1], size[0]), interpolation=cv2.INTER_LINEAR)
    return np.clip(np.asarray(full, np.float32), 0.0, 1.0)


def falloff(size: tuple[int, int], corner_ev: float) -> Floats:
    """Light that a lens leaves at each pixel, ``(H, W)``: 1 in the middle, ``2^−corner_ev`` at the corners."""
    height, width = size
    y, x = (np.arange(n) + 0.5 - n / 2 for n in (height, width))
    radius_2 = (y[:, None] ** 2 + x[None, :] ** 2) / ((height / 2) ** 2 + (width / 2) ** 2)
    tangent_2 = 2.0 ** (corner_ev / 2) - 1.0
    return np.asarray(1.0 / (1.0 + radius_2 * tangent_2) ** 2, np.float32)


def decoded(pixels: Pixels) -> Floats:
    """Turn sRGB bytes into linear light 0…1 (IEC 61966-2-1)."""
    v = np.arange(256) / 255.0
    table = np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4).astype(np.float32)
    return np.asarray(table[pixels])


def encoded(linear: Floats) -> Floats:
    """Turn linear light 0…1 into sRGB values 0…1."""
    power = 1.055 * cv2.pow(np.maximum(linear, 1e-6), 1 / 2.4) - 0.055
    return np.where(linear <= 0.0031308, 12.92 * linear, power).astype(np.float32)


def to_bytes(values: Floats) -> Pixels:
    """Values 0…1 to 8 bits, rounded."""
    return np.asarray(np.clip(np.rint(values * 255.0), 0, 255), np.uint8)


def clipped_shares(pixels: Pixels) -> tuple[float, float]:
    """Share of pixels with a channel at 0, and with one at 255: what lies there is lost."""
    return float((pixels == 0).any(axis=2).mean()), float((pixels == 255).any(axis=2).mean())


def luma(pixels: Pixels) -> Pixels:
    """Brightness of each pixel as Rec. 601 weighs it, ``(H, W)``."""
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)


def work_copy(pixels: Pixels, short_px: int = WORK_PX) -> Pixels:
    """Reduce a picture whose shorter side is longer than `short_px`; others stay."""
    height, width = pixels.shape[:2]
    scale = short_px / min(height, width)
    if scale >= 1:
        return pixels
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
