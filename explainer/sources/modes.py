"""Any mode, depth or orientation → ``(H, W, 3) uint8 RGB``, with a note for what was changed."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from explainer.core.problem import Problem
from explainer.core.words import thousands
from explainer.sources.depth import scaled_to_8_bits


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """Pixels ``(H, W, 3) uint8 RGB`` and what was done to get them."""

    pixels: NDArray[np.uint8]
    notes: tuple[str, ...] = ()


def from_array(array: NDArray[np.generic], name: str = "The picture") -> Picture | Problem:
    """Make a picture of an array ``(H, W)``, ``(H, W, 1)``, ``(H, W, 3)`` or ``(H, W, 4)``.

    Parameters
    ----------
    array
        Booleans, integers or floats; RGB order. A fourth channel is opacity and is laid on white. Values
        outside 8 bits are scaled as in `scaled_to_8_bits`.
    """
    array = np.asarray(array)
    shape = array.shape
    channels = 1 if len(shape) == 2 else shape[-1] if len(shape) == 3 else 0
    if channels not in (1, 3, 4) or 0 in shape or array.dtype.kind not in "biuf":
        what = f"{name} is an array of {array.dtype} with shape {shape}, which is no picture."
        return Problem(what, "Give height × width, with 1, 3 or 4 channels.")
    shown, notes = scaled_to_8_bits(array.reshape(shape[0], shape[1], channels))
    if channels == 4:
        shown, more = _on_white(shown)
        notes += more
    elif channels == 1:
        shown = np.repeat(shown, 3, axis=2)
    return Picture(np.array(shown, np.uint8, order="C"), notes)


def upright(image: Image.Image) -> tuple[Image.Image, tuple[str, ...]]:
    """Apply the camera's orientation tag; a broken tag is no reason to refuse a picture."""
    try:
        orientation = image.getexif().get(0x0112, 1)
        turned = ImageOps.exif_transpose(image)
    except Exception:  # noqa: BLE001 - metadata may hold anything
        return image, ()
    if orientation in (1, None) or turned is image:
        return image, ()
    return turned, ("Turned upright as the camera's orientation tag says.",)


def to_rgb(image: Image.Image, notes: tuple[str, ...], factor: int) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """Reduce by `factor` and bring any mode to RGB."""
    if image.mode.startswith(("I", "F")):
        picture = from_array(np.asarray(image)[::factor, ::factor])
        assert isinstance(picture, Picture)
        return picture.pixels, notes + picture.notes
    clear = image.has_transparency_data
    if image.mode in ("P", "PA", "1"):
        image = image.convert("RGBA" if clear else "RGB")
    if factor > 1:
        image = image.reduce(factor)
    if not clear:
        return np.array(image.convert("RGB"), np.uint8), notes
    pixels, more = _on_white(np.asarray(image.convert("RGBA")))
    return pixels, notes + more


def _on_white(rgba: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """``out = α c + (1 − α) 255`` per channel; ``(H, W, 4)`` → ``(H, W, 3) uint8``."""
    opacity = rgba[..., 3:]
    if bool((opacity == 255).all()):
        return np.ascontiguousarray(rgba[..., :3]), ()
    lower = Image.new("RGB", (rgba.shape[1], rgba.shape[0]), "white")
    lower.paste(Image.fromarray(np.ascontiguousarray(rgba[..., :3])), mask=Image.fromarray(opacity[..., 0]))
    return np.array(lower, np.uint8), ("Transparent parts were laid on white.",)


def kind_note(image: Image.Image) -> tuple[str, ...]:
    """Say which mode the file has, where that is not plain RGB."""
    if any("16" in str(tile[3]) for tile in getattr(image, "tile", ())) and not image.mode.startswith(("I", "F")):
        return ("16 bits a channel were scaled to 8.",)
    said = {
        "CMYK": "Printing colours (CMYK) were converted to RGB.",
        "LAB": "Lab colours were converted to RGB.",
        "P": "The colour palette was expanded to RGB.",
        "PA": "The colour palette was expanded to RGB.",
        "L": "A grey picture; its three channels are equal.",
        "LA": "A grey picture; its three channels are equal.",
        "1": "A black-and-white picture; its three channels are equal.",
    }
    return (said[image.mode],) if image.mode in said else ()


def pages_note(image: Image.Image) -> tuple[str, ...]:
    """Say that there are more pictures in the file than the one shown."""
    try:
        count = getattr(image, "n_frames", 1)
    except Exception:  # noqa: BLE001 - counting walks through the whole file, which may be damaged further on
        return ()
    if count < 2 or image.format == "MPO":  # the further pictures of an MPO are its preview or depth
        return ()
    thing = "pages" if image.format == "TIFF" else "sizes" if image.format == "ICO" else "pictures"
    return (f"The first of {thousands(count)} {thing} is shown.",)
