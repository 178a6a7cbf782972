"""Colours of another space → sRGB: by an embedded profile, or by numbers that a file gives.

Pixels are shown as a colour-managed browser shows them: a profile first, then the numbers (cICP, gAMA and cHRM
of a PNG, nclx of an AVIF or HEIC), else sRGB is taken for granted.
"""

import io
import unicodedata
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

Notes = tuple[str, ...]
Point = tuple[float, float]
_BROKEN = "The picture's colour profile is broken and was left out; its colours may be off."
_D65, _D50 = (0.3127, 0.3290), (0.3457, 0.3585)
_SRGB_PRIMARIES = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
# Bradford cones, by which a white is carried to another: http://www.brucelindbloom.com, "Chromatic Adaptation".
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_SAME = 1  # levels by which two colours may differ and still be called the same


@dataclass(frozen=True, slots=True)
class Space:
    """A space of colours by numbers.

    Parameters
    ----------
    name
        As a note says it.
    primaries, white
        Chromaticities (x, y) of red, green, blue and white.
    gamma
        Exponent from code to light; 0 for sRGB's own curve.
    """

    name: str
    primaries: tuple[Point, Point, Point] = _SRGB_PRIMARIES
    white: Point = _D65
    gamma: float = 0.0


ADOBE_RGB = Space("Adobe RGB (1998)", ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)), gamma=563 / 256)
_P3 = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))
_2020 = ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046))
# ITU-T H.273, tables 2 and 3: what the numbers of cICP and nclx mean.
_PRIMARIES = {1: ("BT.709", _SRGB_PRIMARIES), 12: ("Display P3", _P3), 9: ("BT.2020", _2020)}
_LIKE_SRGB = (1, 2, 6, 13, 14, 15)  # video's curves are shown with sRGB's, as browsers do
_GAMMAS = {4: 2.2, 5: 2.8, 8: 1.0}
HIGH_RANGE = {16: "PQ", 18: "HLG"}


def by_numbers(primaries: int, transfer: int) -> tuple[Space | None, Notes]:
    """Return the space that H.273's numbers name, with a note where it cannot be followed."""
    if transfer in HIGH_RANGE:
        kind = HIGH_RANGE[transfer]
        return None, (f"A high-dynamic-range picture ({kind}), shown without tone mapping; its colours are off.",)
    known = _PRIMARIES.get(primaries) or (_PRIMARIES[1] if primaries in (2, 5, 6, 7) else None)
    if known is None or not (transfer in _LIKE_SRGB or transfer in _GAMMAS):
        return None, ("The picture names a colour space that is not known here; its colours may be off.",)
    return Space(known[0], known[1], gamma=_GAMMAS.get(transfer, 0.0)), ()


def from_space(rgb: NDArray[np.uint8], space: Space) -> tuple[NDArray[np.uint8], Notes]:
    """Bring ``(H, W, 3) uint8`` of `space` to sRGB; what lies outside is clipped."""
    if _nearly_srgb(space):
        return rgb, ()
    codes = np.arange(256) / 255
    light = _srgb_to_light(codes) if not space.gamma else codes**space.gamma
    matrix = np.linalg.inv(_to_xyz(_SRGB_PRIMARIES, _D65)) @ _adapted(space.white, _D65)
    matrix = (matrix @ _to_xyz(space.primaries, space.white)).astype(np.float32)
    out = np.empty_like(rgb)
    for y in range(0, len(rgb), 256):  # by strips, for the floats of a large picture would fill the memory
        out[y : y + 256] = _light_to_srgb(light.astype(np.float32)[rgb[y : y + 256]] @ matrix.T)
    return out, (f"Converted from {space.name} to sRGB.",)


def from_lab(lab: NDArray[np.float32]) -> NDArray[np.uint8]:
    """CIE L*a*b* (D50), ``(H, W, 3)`` with L in 0…100 → sRGB ``uint8`` (CIE 15:2004, 8.2.1)."""
    fy = (lab[..., 0] + 16) / 116
    f = np.stack([fy + lab[..., 1] / 500, fy, fy - lab[..., 2] / 200], -1)
    xyz = np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29)) * _white(_D50)
    matrix = np.linalg.inv(_to_xyz(_SRGB_PRIMARIES, _D65)) @ _adapted(_D50, _D65)
    return _light_to_srgb(xyz @ matrix.T)


def from_profile(image: Image.Image, profile: bytes) -> tuple[Image.Image, Notes]:
    """Bring an ``L``, ``RGB`` or ``CMYK`` picture with its ICC profile to sRGB.

    Relative colorimetric with black-point compensation, as browsers and photo editors do by default. A
    profile that is sRGB's own changes nothing; one that is broken, or meant for other channels, is left out
    with a note: it never costs the picture.
    """
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        kind, name = source.profile.xcolor_space.strip(), _name(source)
        image = image.convert("RGB") if (kind, image.mode) == ("RGB", "L") else image
        if {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK"}.get(kind) != image.mode:
            return image, (f"The colour profile “{name}” is for other channels ({kind}) and was left out.",)
        transform = _transform(source, image.mode)
        if _changes_nothing(transform, image.mode):
            return image, ()
        shown = ImageCms.applyTransform(image, transform)
    except Exception:  # noqa: BLE001 - lcms may raise anything on hostile bytes
        return image, (_BROKEN,)
    return (shown, (f"Converted from the colour profile “{name}” to sRGB.",)) if shown else (image, (_BROKEN,))


def _transform(source: ImageCms.ImageCmsProfile, mode: str) -> ImageCms.ImageCmsTransform:
    return ImageCms.buildTransform(
        source, ImageCms.createProfile("sRGB"), mode, "RGB", ImageCms.Intent.RELATIVE_COLORIMETRIC,
        ImageCms.Flags.BLACKPOINTCOMPENSATION | ImageCms.Flags.HIGHRESPRECALC,
    )  # fmt: skip


def _changes_nothing(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    """Try the corners and the greys between: profiles of sRGB come under many names."""
    if mode not in ("RGB", "L"):
        return False
    levels = np.arange(0, 256, 15, dtype=np.uint8) if mode == "RGB" else np.arange(256, dtype=np.uint8)
    probe = np.stack(np.meshgrid(levels, levels, levels), -1).reshape(1, -1, 3) if mode == "RGB" else levels[None]
    got = ImageCms.applyTransform(Image.fromarray(np.ascontiguousarray(probe)), transform)
    wanted = probe if mode == "RGB" else np.repeat(probe[..., None], 3, 2)
    return got is not None and int(np.abs(np.asarray(got).astype(int) - wanted).max()) <= _SAME


def _name(profile: ImageCms.ImageCmsProfile) -> str:
    text = ImageCms.getProfileDescription(profile)
    plain = "".join(c for c in text if not unicodedata.category(c).startswith("C")).strip()
    return (plain[:59] + "…" if len(plain) > 60 else plain) or "without a name"


# The arithmetic of light ---------------------------------------------------------------------------------


def _nearly_srgb(space: Space) -> bool:
    """Say whether the numbers are those of sRGB, or of the gamma of 2.2 that files give in its place."""
    given = np.array([*space.primaries, space.white])
    same = np.abs(given - np.array([*_SRGB_PRIMARIES, _D65])).max() < 0.005
    return bool(same) and (not space.gamma or abs(space.gamma - 2.2) < 0.03)


def _srgb_to_light(code: NDArray[np.floating]) -> NDArray[np.floating]:
    """IEC 61966-2-1, both in 0…1."""
    return np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)


def _light_to_srgb(light: NDArray[np.floating]) -> NDArray[np.uint8]:
    light = np.clip(light, 0, 1)
    code = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    rounded: NDArray[np.uint8] = np.rint(255 * code).astype(np.uint8)
    return rounded


def _white(xy: Point) -> NDArray[np.float64]:
    x, y = xy
    return np.array([x / y, 1.0, (1 - x - y) / y])


def _to_xyz(primaries: tuple[Point, Point, Point], white: Point) -> NDArray[np.float64]:
    """Matrix from linear RGB to XYZ; raises ``LinAlgError`` where the primaries lie on a line."""
    columns = np.stack([_white(p) for p in primaries], 1)
    scaled: NDArray[np.float64] = columns * np.linalg.solve(columns, _white(white))
    return scaled


def _adapted(source: Point, target: Point) -> NDArray[np.float64]:
    ratio = (_BRADFORD @ _white(target)) / (_BRADFORD @ _white(source))
    carried: NDArray[np.float64] = np.linalg.inv(_BRADFORD) @ np.diag(ratio) @ _BRADFORD
    return carried
