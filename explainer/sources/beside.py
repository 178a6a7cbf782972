"""What formats say of their pixels beside Pillow's own: colour spaces by number, profiles, depth, shape of pixels."""

import io
from typing import IO, Any

from PIL import Image

from explainer.sources.aspect import of_densities
from explainer.sources.colour import ADOBE_RGB, Notes, Space, by_numbers

_LOOKED_AT = 1 << 18  # bytes in which boxes are looked for
_EXIF, _INTEROP, _COLOUR_SPACE, _UNCALIBRATED = 0x8769, 0xA005, 0xA001, 0xFFFF


def length(file: IO[bytes]) -> int:
    """Return the length of a file in bytes; its place stays, for some decoders go on from there."""
    place = file.tell()
    end = file.seek(0, io.SEEK_END)
    file.seek(place)
    return end


def profile_of(image: Image.Image, file: IO[bytes]) -> bytes:
    """Return the ICC profile; bytes of rubbish where one is announced and cannot be put together."""
    found = image.info.get("icc_profile")
    if isinstance(found, bytes) and found:
        return found
    if image.format == "JPEG2000":
        return _in_colr(_head(file), b"\x02")
    parts = getattr(image, "applist", ())
    torn = any(kind == "APP2" and body.startswith(b"ICC_PROFILE\0") for kind, body in parts)
    return b"broken" if torn and image.format in ("JPEG", "MPO") else b""


def space_of(image: Image.Image, file: IO[bytes]) -> tuple[Space | None, Notes]:
    """Return the colour space that a file without a profile names by numbers."""
    if image.format in ("AVIF", "HEIF"):
        numbers = _nclx(_head(file))
        return by_numbers(*numbers) if numbers else (None, ())
    return _by_exif(image) if image.format in ("JPEG", "MPO", "WEBP") else (None, ())


def aspect_of(image: Image.Image) -> float:
    """Width of a pixel over its height, as a JPEG's own header says; 1 for other formats."""
    density = image.info.get("jfif_density")
    if image.format in ("JPEG", "MPO") and isinstance(density, tuple) and len(density) == 2:
        return of_densities(*density)
    return 1.0


def deep_note(image: Image.Image, file: IO[bytes]) -> Notes:
    """Say where a decoder gave 8 bits of what has more."""
    if image.mode.startswith(("I", "F")):
        return ()
    bits = bits_of(image, file)
    return (f"{bits} bits a channel were scaled to 8.",) if bits > 8 else ()


def bits_of(image: Image.Image, file: IO[bytes]) -> int:
    """Return how many bits a channel has in the file, whatever the decoder gives."""
    if image.format == "JPEG2000":
        head = _head(file)
        at = head.find(b"\xff\x4f\xff\x51")
        return (head[at + 42] & 0x7F) + 1 if 0 <= at < len(head) - 42 else 8
    if image.format == "HEIF":
        return int(image.info.get("bit_depth") or 8)
    return max((_of_tile(image, tile) for tile in getattr(image, "tile", ())), default=8)


def _of_tile(image: Image.Image, tile: Any) -> int:
    told = tile[3] if isinstance(tile[3], tuple) else (tile[3],)
    numbers = [part for part in told if isinstance(part, int)]
    # "BGR;16" of a BMP is 5 or 6 bits a channel; with an order of bytes it is 16.
    deep = any(isinstance(part, str) and part.endswith((";16B", ";16L", ";16N")) for part in told)
    deep = deep or (image.format == "PPM" and max(numbers, default=0) > 255)
    return 16 if deep or tile[0] == "SGI16" or (image.format == "SGI" and numbers[-1:] == [2]) else 8


def _by_exif(image: Image.Image) -> tuple[Space | None, Notes]:
    try:
        exif = image.getexif()
        said = exif.get_ifd(_EXIF).get(_COLOUR_SPACE)
        adobe = str(exif.get_ifd(_INTEROP).get(1, "")).strip("\0 ") == "R03"
    except Exception:  # noqa: BLE001 - metadata may hold anything
        return None, ()
    if said == 2 or (said == _UNCALIBRATED and adobe):
        return ADOBE_RGB, ()
    if said == _UNCALIBRATED:
        return None, ("The camera names no colour space; its colours are taken as sRGB.",)
    return None, ()


def _nclx(head: bytes) -> tuple[int, int] | None:
    at = head.find(b"colrnclx")
    if at < 0 or len(head) < at + 14:
        return None
    return int.from_bytes(head[at + 8 : at + 10], "big"), int.from_bytes(head[at + 10 : at + 12], "big")


def _in_colr(head: bytes, method: bytes) -> bytes:
    """Body of a JPEG 2000's colour box with that method (2: a profile)."""
    at = head.find(b"colr" + method)
    size = int.from_bytes(head[at - 4 : at], "big") if at >= 4 else 0
    return head[at + 7 : at - 4 + size] if size > 11 else b""


def is_sycc(file: IO[bytes]) -> bool:
    """Say whether a JPEG 2000 keeps brightness and colour apart (ISO/IEC 15444-1, I.5.3.3)."""
    head = _head(file)
    at = head.find(b"colr\x01")
    return at >= 0 and head[at + 7 : at + 11] == b"\0\0\0\x12"


def _head(file: IO[bytes]) -> bytes:
    place = file.tell()
    file.seek(0)
    head = file.read(_LOOKED_AT)
    file.seek(place)
    return head
