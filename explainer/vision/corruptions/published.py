"""The fifteen corruptions of ImageNet-C at their five severities.

Hendrycks and Dietterich, "Benchmarking Neural Network Robustness to Common Corruptions and Perturbations",
ICLR 2019. The numbers are those of the code that made the published files, and they are in pixels of a
224 × 224 picture: on another size the same number is another corruption. Two things differ here: the files
were saved as JPEG of quality 85 afterwards, which this leaves out, and frost is drawn (see `weather.frost`).
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from explainer.vision.corruptions import blur, digital, noise, weather
from explainer.vision.corruptions.dice import Dice, Pixels

SIDE = 224
SEVERITIES = 5

GROUPS: Mapping[str, tuple[str, ...]] = {
    "noise": ("gaussian-noise", "shot-noise", "impulse-noise"),
    "blur": ("defocus-blur", "glass-blur", "motion-blur", "zoom-blur"),
    "weather": ("snow", "frost", "fog", "brightness"),
    "digital": ("contrast", "elastic-transform", "pixelate", "jpeg-compression"),
}
NAMES: tuple[str, ...] = tuple(name for group in GROUPS.values() for name in group)

SETTINGS: Mapping[str, tuple[tuple[Any, ...], ...]] = {
    "gaussian-noise": ((0.08,), (0.12,), (0.18,), (0.26,), (0.38,)),
    "shot-noise": ((60,), (25,), (12,), (5,), (3,)),
    "impulse-noise": ((0.03,), (0.06,), (0.09,), (0.17,), (0.27,)),
    "defocus-blur": ((3, 0.1), (4, 0.5), (6, 0.5), (8, 0.5), (10, 0.5)),
    "glass-blur": ((0.7, 1, 2), (0.9, 2, 1), (1.0, 2, 3), (1.1, 3, 2), (1.5, 4, 2)),
    "motion-blur": ((10, 3), (15, 5), (15, 8), (15, 12), (20, 15)),
    "zoom-blur": ((1.11, 0.01), (1.16, 0.01), (1.21, 0.02), (1.26, 0.02), (1.31, 0.03)),
    "snow": (
        ((0.1, 0.3, 3.0, 0.5, 10, 4, 0.8),),
        ((0.2, 0.3, 2.0, 0.5, 12, 4, 0.7),),
        ((0.55, 0.3, 4.0, 0.9, 12, 8, 0.7),),
        ((0.55, 0.3, 4.5, 0.85, 12, 8, 0.65),),
        ((0.55, 0.3, 2.5, 0.85, 12, 12, 0.55),),
    ),
    "frost": ((1.0, 0.4), (0.8, 0.6), (0.7, 0.7), (0.65, 0.7), (0.6, 0.75)),
    "fog": ((1.5, 2.0), (2.0, 2.0), (2.5, 1.7), (2.5, 1.5), (3.0, 1.4)),
    "brightness": ((0.1,), (0.2,), (0.3,), (0.4,), (0.5,)),
    "contrast": ((0.4,), (0.3,), (0.2,), (0.1,), (0.05,)),
    # 244 is what stands in the published code; its authors note that 224 was meant.
    "elastic-transform": tuple((244 * a, 244 * b, 244 * c) for a, b, c in (
        (2, 0.7, 0.1), (2, 0.08, 0.2), (0.05, 0.01, 0.02), (0.07, 0.01, 0.02), (0.12, 0.01, 0.02),
    )),
    "pixelate": ((0.6,), (0.5,), (0.4,), (0.3,), (0.25,)),
    "jpeg-compression": ((25,), (18,), (15,), (10,), (7,)),
}  # fmt: skip

FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "gaussian-noise": noise.gaussian_noise,
    "shot-noise": noise.shot_noise,
    "impulse-noise": noise.impulse_noise,
    "defocus-blur": blur.defocus_blur,
    "glass-blur": blur.glass_blur,
    "motion-blur": blur.motion_blur,
    "zoom-blur": blur.zoom_blur,
    "snow": weather.snow,
    "frost": weather.frost,
    "fog": weather.fog,
    "brightness": weather.brightness,
    "contrast": digital.contrast,
    "elastic-transform": digital.elastic_transform,
    "pixelate": digital.pixelate,
    "jpeg-compression": digital.jpeg_compression,
}


def corrupt(pixels: Pixels, name: str, severity: int, dice: Dice) -> Pixels:
    """Corrupt one picture.

    Parameters
    ----------
    pixels
        ``(224, 224, 3) uint8 RGB``; other squares work, but are not what was published.
    severity
        1…5.

    Returns
    -------
    Pixels
        ``(224, 224, 3) uint8``, fractions cut off as in the published code.

    Raises
    ------
    KeyError, IndexError
        If there is no such corruption or severity.
    """
    if not 1 <= severity <= SEVERITIES:
        raise IndexError(f"severity is 1 to {SEVERITIES}, not {severity}")
    found = FUNCTIONS[name](pixels, *SETTINGS[name][severity - 1], dice)
    return np.ascontiguousarray(np.asarray(found).astype(np.uint8))
