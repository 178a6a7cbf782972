"""Any mode, depth, colour space, shape of pixel or orientation → ``(H, W, 3) uint8 RGB``, with a note for each change.

Every door ends here: files, folders, the clipboard, what is dropped.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from explainer.core.problem import Problem
from explainer.core.words import thousands
from explainer.sources.aspect import made_square
from explainer.sources.colour import from_lab, from_profile, from_space
from explainer.sources.depth import scaled_to_8_bits
from explainer.sources.raster import COLOURS, Model, Raster

_GROUND = 255
"""What lies under transparent parts, at every door: white."""
UPRIGHT = "Turned upright as the camera's orientation tag says."
_MODELS: dict[str, Model] = {"L": "grey", "LA": "grey", "RGB": "rgb", "RGBA": "rgb", "CMYK": "cmyk"}


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """Pixels ``(H, W, 3) uint8 RGB`` and what was done to get them.

    Parameters
    ----------
    stretchable
        The range in use, in words, where the picture is dark or flat because it uses little of its depth and
        can be had stretched; "" otherwise.
    """

    pixels: NDArray[np.uint8]
    notes: tuple[str, ...] = ()
    stretchable: str = ""


def from_array(
    array: NDArray[np.generic], name: str = "The picture", *, stretch: bool = False, notes: tuple[str, ...] = ()
) -> Picture | Problem:
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
    values = array.reshape(shape[0], shape[1], channels)
    raster = Raster(values, "grey" if channels == 1 else "rgb", "straight" if channels == 4 else "", notes=notes)
    return finished(raster, most=values.shape[0] * values.shape[1] * 9, stretch=stretch)


def raster_of(image: Image.Image, factor: int = 1) -> Raster:
    """Take the samples out of a decoded Pillow picture, reduced by `factor`."""
    if image.mode.startswith(("I", "F")):
        return Raster(np.asarray(image)[::factor, ::factor, None], "grey")
    image = _expanded(image)
    image = image.reduce(factor) if factor > 1 else image
    if image.mode == "LAB":  # L in 0…255, a and b with 128 for 0
        codes = np.asarray(image).astype(np.float32)
        return Raster(np.concatenate([codes[..., :1] * (100 / 255), codes[..., 1:] - 128], 2), "lab")
    values = np.asarray(image)
    values = values[..., None] if values.ndim == 2 else values
    return Raster(values, _MODELS[image.mode], "straight" if image.mode.endswith("A") else "")


def to_rgb(image: Image.Image, notes: tuple[str, ...], factor: int) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """Bring one decoded picture of an animation to RGB, by the same rules as a still."""
    profile = image.info.get("icc_profile")
    raster = raster_of(image, factor).noted(*notes, profile=profile if isinstance(profile, bytes) else b"")
    picture = finished(raster, most=0)
    return picture.pixels, picture.notes


def _expanded(image: Image.Image) -> Image.Image:
    """Bring palettes, bits and rare modes to L, LA, RGB, RGBA, CMYK or LAB."""
    clear = image.has_transparency_data
    if image.mode == "1" and not clear:
        return image.convert("L")
    if image.mode in ("LAB", "CMYK", "LA", "RGBA") or (image.mode in ("L", "RGB") and not clear):
        return image
    if image.mode == "La":
        return image.convert("LA")
    return image.convert("RGBA" if clear or image.mode == "RGBa" else "RGB")


def finished(raster: Raster, *, most: int, stretch: bool = False) -> Picture:
    """Bring samples to 8-bit sRGB on white, with square pixels, upright.

    Parameters
    ----------
    most
        So many pixels at most may come of making pixels square.
    """
    colours, alpha, notes, stretchable = _in_8_bits(raster, stretch)
    rgb, said = _in_srgb(colours, raster)
    notes += said
    if alpha is not None:
        rgb, said = _on_ground(rgb, alpha, multiplied=raster.alpha == "multiplied")
        notes += said
    rgb, said = made_square(rgb, raster.aspect, most)
    notes += said
    rgb, said = _upright(rgb, raster.orientation)
    return Picture(np.array(rgb, np.uint8, order="C"), (*raster.notes, *notes, *said), stretchable)


def _in_8_bits(
    raster: Raster, stretch: bool
) -> tuple[NDArray[np.generic], NDArray[np.uint8] | None, tuple[str, ...], str]:
    """Colours (Lab stays as floats), opacity, notes, and the range where little is used."""
    need = COLOURS[raster.model]
    colours, alpha = raster.values[..., :need], None
    if raster.alpha:
        bits = raster.bits or (16 if raster.values.dtype == np.uint16 else 0)
        alpha = scaled_to_8_bits(raster.values[..., need], bits).samples
    if raster.model == "lab":
        return colours, alpha, (), ""
    scaled = scaled_to_8_bits(colours, raster.bits, stretch=stretch)
    shown = 255 - scaled.samples if raster.inverted else scaled.samples
    return shown, alpha, scaled.notes, scaled.stretchable


def _in_srgb(colours: NDArray[np.generic], raster: Raster) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    if raster.model == "lab":
        return from_lab(colours.astype(np.float32)), ("Lab colours were converted to RGB.",)
    samples = np.ascontiguousarray(colours, np.uint8)
    if raster.profile:
        image, notes = from_profile(_image(samples), raster.profile)
        if image.mode == "CMYK":
            notes += ("Printing colours (CMYK) were converted to RGB.",)
        return np.asarray(image.convert("RGB")), notes
    if raster.model == "cmyk":
        said = "Printing colours (CMYK) were converted to RGB without a profile; they are brighter than in print."
        return np.asarray(_image(samples).convert("RGB")), (said,)
    rgb = np.repeat(samples, 3, axis=2) if raster.model == "grey" else samples
    return from_space(rgb, raster.space) if raster.space is not None else (rgb, ())


def _image(samples: NDArray[np.uint8]) -> Image.Image:
    channels = samples.shape[2]
    if channels == 4:
        return Image.frombytes("CMYK", (samples.shape[1], samples.shape[0]), samples.tobytes())
    return Image.fromarray(samples[..., 0] if channels == 1 else samples)


def _on_ground(
    rgb: NDArray[np.uint8], opacity: NDArray[np.uint8], *, multiplied: bool
) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """``out = α c + (1 − α) 255`` per channel, or ``c + (1 − α) 255`` where colours are multiplied already."""
    if bool((opacity == 255).all()):
        return rgb, ()
    said = ("Transparent parts were laid on white.",)
    if multiplied:
        return np.minimum(rgb.astype(np.uint16) + (_GROUND - opacity[..., None]), 255).astype(np.uint8), said
    lower = Image.new("RGB", (rgb.shape[1], rgb.shape[0]), (_GROUND,) * 3)
    lower.paste(Image.fromarray(np.ascontiguousarray(rgb)), mask=Image.fromarray(np.ascontiguousarray(opacity)))
    return np.asarray(lower), said


def _upright(rgb: NDArray[np.uint8], orientation: int) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """Apply EXIF's orientation, 2 to 8 (CIPA DC-008, 4.6.5.1); anything else changes nothing."""
    match orientation:
        case 2:
            turned = rgb[:, ::-1]
        case 3:
            turned = rgb[::-1, ::-1]
        case 4:
            turned = rgb[::-1]
        case 5:
            turned = rgb.transpose(1, 0, 2)
        case 6:
            turned = rgb.transpose(1, 0, 2)[:, ::-1]
        case 7:
            turned = rgb.transpose(1, 0, 2)[::-1, ::-1]
        case 8:
            turned = rgb.transpose(1, 0, 2)[::-1]
        case _:
            return rgb, ()
    return turned, (UPRIGHT,)


def orientation_of(image: Image.Image) -> int:
    """Return EXIF's orientation; a broken tag is no reason to refuse a picture."""
    try:
        return int(image.getexif().get(0x0112, 1))
    except Exception:  # noqa: BLE001 - metadata may hold anything
        return 1


def kind_note(image: Image.Image) -> tuple[str, ...]:
    """Say which mode the file has, where that is not plain RGB."""
    said = {
        "P": "The colour palette was expanded to RGB.",
        "PA": "The colour palette was expanded to RGB.",
        "L": "A grey picture; its three channels are equal.",
        "LA": "A grey picture; its three channels are equal.",
        "La": "A grey picture; its three channels are equal.",
        "1": "A black-and-white picture; its three channels are equal.",
    }
    return (said[image.mode],) if image.mode in said else ()


def pages_note(count: int, thing: str) -> tuple[str, ...]:
    """Say that there are more pictures in the file than the one shown."""
    return (f"The first of {thousands(count)} {thing} is shown.",) if count > 1 else ()
