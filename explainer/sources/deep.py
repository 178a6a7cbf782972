"""Colour of more than 8 bits, sample for sample, where Pillow keeps 8 of them."""

from typing import Literal

import numpy as np
from PIL import Image

from explainer.sources import beside
from explainer.sources.layout import Layout
from explainer.sources.raster import Raster


def png(layout: Layout) -> Raster | None:
    """16-bit samples as they are, for Pillow keeps 8 of them in colour; ``None`` where the file ends early."""
    import imagecodecs

    layout.file.seek(0)
    try:
        values = np.asarray(imagecodecs.png_decode(layout.file.read()))
    except Exception:  # noqa: BLE001 - Pillow, which forgives more, has the next try
        layout.file.seek(0)
        return None
    values = values[..., None] if values.ndim == 2 else values
    if values.dtype != np.uint16:
        return None
    return Raster(values, "grey" if values.shape[2] < 3 else "rgb", "straight" if values.shape[2] in (2, 4) else "")


def jpeg2000(layout: Layout, image: Image.Image, factor: int) -> Raster | None:
    """Samples of a JPEG 2000 in colour as they are: Pillow rounds the brightest to 256, which is black."""
    if image.format != "JPEG2000" or image.mode not in ("RGB", "RGBA"):
        return None
    bits = beside.bits_of(image, layout.file)
    if bits <= 8 or beside.is_sycc(layout.file):
        return None
    import imagecodecs

    layout.file.seek(0)
    try:
        values = np.asarray(imagecodecs.jpeg2k_decode(layout.file.read()))
    except Exception:  # noqa: BLE001 - Pillow, which forgives more, has the next try
        layout.file.seek(0)
        return None
    if values.shape != (image.height, image.width, len(image.mode)):
        return None
    alpha: Literal["", "straight"] = "straight" if image.mode == "RGBA" else ""
    return Raster(values[::factor, ::factor], "rgb", alpha, bits if values.dtype.kind == "u" else 0)
