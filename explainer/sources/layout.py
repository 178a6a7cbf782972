"""The one place where it is decided whether a file's pixels are understood, from what its own header says.

`understood` looks at headers alone and gives a `Layout`: what the file is and who reads it rightly. What nobody
reads rightly is refused there, by its name. `samples` then reads the pixels of a layout. Folder listings, stills and
the clipboard all come through here, so that no door shows what another refuses.
"""

import re
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import IO, cast

from PIL import Image, UnidentifiedImageError

from explainer.core.problem import Problem
from explainer.core.words import thousands
from explainer.sources import beside, raws, tiff
from explainer.sources.bounded import Bounded
from explainer.sources.formats import RAW_SUFFIXES, ZEROS, foreign, is_raw_start
from explainer.sources.jpeg import bare, read_jpeg
from explainer.sources.png import Png, read_png
from explainer.sources.tiff import Tiff

MOST_PIXELS = 178_956_970
"""More is refused before anything is decoded: the size at which Pillow itself speaks of an attack."""
_MOST_WHOLE = 512 << 20  # bytes of a file whose decoder wants it in one piece
_HEAD, _MOST_BLANK = 512, 1 << 16

# Formats whose decoders run inside this process. EPS would start another program, so it is left out.
_FORMATS = (
    "JPEG", "PNG", "GIF", "BMP", "DIB", "PPM", "TIFF", "WEBP", "AVIF", "HEIF", "ICO", "JPEG2000", "QOI", "DDS", "SGI",
    "PSD",
)  # fmt: skip
# Not loaded by Pillow before they are needed; Image.init() would load three dozen more.
_PLUGINS = ("Tiff", "WebP", "Avif", "Ico", "Jpeg2K", "Qoi", "Dds", "Sgi", "Psd", "Mpo", "Tga")
_SIGNS = {
    b"\xff\xd8\xff": "JPEG", b"\x89PNG": "PNG", b"GIF8": "GIF", b"qoif": "QOI", b"8BPS": "Photoshop", b"DDS ": "DDS",
    b"II*\0": "TIFF", b"MM\0*": "TIFF", b"II+\0": "TIFF", b"MM\0+": "TIFF",
}  # fmt: skip
_HEIF = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"mif2", b"msf1")
_BRANDS = {b"avif": "AVIF", b"avis": "AVIF", **dict.fromkeys(_HEIF, "HEIC")}
# Their decoders leave kinds out, so that a failure does not prove damage.
_PARTLY = ("AVIF", "HEIC", "JPEG 2000", "DDS", "Photoshop", "TIFF", "RAW")
_NOT_SUPPORTED = re.compile(r"not supported|unsupported|not implemented|unrecognized|cannot handle", re.IGNORECASE)


class RefusedError(Exception):
    """Carries a `Problem` out of the steps of reading."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.what)
        self.problem = problem


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """A file whose pixels are understood.

    Parameters
    ----------
    file
        What is to be decoded: the file, or a copy of it without what lies beside the pixels.
    image
        Pillow's, header read; ``None`` where it does not read this kind.
    size
        Width and height as stored.
    kind
        The format, in capitals.
    png, tiff
        What their headers say, where it is one.
    notes
        What was left out to get here.
    """

    file: IO[bytes]
    image: Image.Image | None
    size: tuple[int, int]
    kind: str
    png: Png | None = None
    tiff: Tiff | None = None
    notes: tuple[str, ...] = ()


def understood(file: IO[bytes], name: str) -> Layout:
    """Say what lies in `file`, from its header.

    Raises
    ------
    RefusedError
        When it is of a kind that is not read here, damaged in its header, or has too many pixels.
    """
    start = file.read(_HEAD)
    blank = not any(start) and not any(file.read(_MOST_BLANK))
    file.seek(0)
    known = ZEROS if blank else foreign(start)
    if known is not None:
        raise RefusedError(known.problem(name))
    sign = _sign(start)
    if is_raw_start(start) or (sign == "TIFF" and Path(name).suffix.lower() in RAW_SUFFIXES):
        return _raw(file, name)
    layout = {"PNG": _png, "TIFF": _tiff, "JPEG": _jpeg}.get(sign, _other)(file, name)
    _check_size(layout, name)
    return layout


def _png(file: IO[bytes], name: str) -> Layout:
    read = read_png(file)
    if read is None:
        raise damaged(name, "PNG header")
    png, pixels = read
    size = (png.width, png.height)
    if size[0] * size[1] > MOST_PIXELS:
        raise _too_large(name, size)
    return Layout(pixels, _opened(pixels, name, "PNG"), size, "PNG", png=png)


def _tiff(file: IO[bytes], name: str) -> Layout:
    try:
        tags = tiff.read_tags(file)
    except MemoryError:
        raise
    except Exception as error:  # a hostile file may make a parser raise anything
        raise damaged(name, repr(error)) from error
    if tags.raw:
        return _raw(file, name)
    if tags.not_read:
        todo = "Save it as PNG, or as a TIFF with 8 or 16 bits in RGB, and open that."
        raise RefusedError(Problem(f"{name} is {tags.not_read}, which is not read here.", todo))
    size = (tags.width, tags.height)
    if size[0] * size[1] > MOST_PIXELS or min(size) < 1:
        raise _too_large(name, size) if min(size) > 0 else damaged(name, f"{size}")
    return Layout(file, None, size, "TIFF", tiff=tags)


def _jpeg(file: IO[bytes], name: str) -> Layout:
    frame = read_jpeg(file)
    if frame is not None and frame.not_read:
        raise RefusedError(Problem(f"{name} is {frame.not_read}, which is not read here.", "Save it as an 8-bit JPEG."))
    if frame is None:
        raise damaged(name, "no frame header")
    try:
        image, file = _bounded(file, name, "JPEG")
    except RefusedError:
        pixels = bare(file)
        if pixels is None:
            raise
        image = _opened(pixels, name, "JPEG")
        said = "What lies beside the pixels is broken and was left out."
        return Layout(pixels, image, image.size, "JPEG", notes=(said,))
    return Layout(file, image, image.size, "JPEG")


def _other(file: IO[bytes], name: str) -> Layout:
    start = file.read(_HEAD)
    file.seek(0)
    sign = _sign(start)
    if sign in ("AVIF", "HEIC", "WebP") and beside.length(file) > _MOST_WHOLE:
        what = f"{name} is {thousands(beside.length(file) >> 20)} MB long; {sign} is opened up to 512 MB."
        raise RefusedError(Problem(what, "Make a smaller copy and open that."))
    if sign in ("AVIF", "HEIC", "WebP"):
        image = _opened(file, name, sign)
    else:
        image, file = _bounded(file, name, sign)
    return Layout(file, image, image.size, str(image.format))


def _raw(file: IO[bytes], name: str) -> Layout:
    if not raws.can_develop():
        raise RefusedError(raws.refusal(name))
    return Layout(file, None, (0, 0), "RAW")


def tiff_by_pillow(file: IO[bytes], page: int, name: str) -> Image.Image:
    """Open a page of a TIFF with Pillow, for those whose pixels it reads rightly."""
    file.seek(0)
    image = _opened(file, name, "TIFF")
    try:
        image.seek(page)
    except Exception as error:
        raise damaged(name, repr(error), "TIFF") from error
    return image


# Pillow --------------------------------------------------------------------------------------------------


def _bounded(file: IO[bytes], name: str, sign: str) -> tuple[Image.Image, IO[bytes]]:
    """Read the header only, of a file from which no more is taken than its picture can need."""
    file.seek(0)
    bounded = Bounded(file)
    image = _opened(cast("IO[bytes]", bounded), name, sign)
    bounded.allow(image.width * image.height)
    return image, cast("IO[bytes]", bounded)


def _opened(file: IO[bytes], name: str, sign: str) -> Image.Image:
    """Read the header only."""
    _load_plugins()
    # A TGA begins with nothing of its own, so that only its name tells.
    named = ("TGA",) if not sign and name.lower().endswith(".tga") else ()
    try:
        return Image.open(file, formats=(*_FORMATS, *named))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large(name, None, repr(error)) from error
    except UnidentifiedImageError as error:
        if sign:
            raise damaged(name, repr(error), sign) from error
        todo = "Save it as JPEG or PNG and open that."
        raise RefusedError(Problem(f"{name} is not a picture that can be read here.", todo, repr(error))) from error
    except Exception as error:  # a decoder may raise anything on hostile bytes
        raise damaged(name, repr(error), sign) from error


@cache
def _load_plugins() -> None:
    Image.preinit()
    for name in _PLUGINS:
        import_module(f"PIL.{name}ImagePlugin")
    try:
        import pi_heif
    except ImportError:  # a platform without its wheel: HEIC is then refused by name
        return
    pi_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)


def _check_size(layout: Layout, name: str) -> None:
    if layout.size[0] * layout.size[1] > MOST_PIXELS:
        raise _too_large(name, layout.size)


def _sign(start: bytes) -> str:
    """Name the format that a file begins like; "" where it is like none."""
    for sign, kind in _SIGNS.items():
        if start.startswith(sign):
            return kind
    if start[4:8] == b"ftyp":
        return _BRANDS.get(start[8:12], "")
    if start[4:12] == b"jP  \r\n\x87\n" or start[:4] == b"\xff\x4f\xff\x51":
        return "JPEG 2000"
    return "WebP" if start[:4] == b"RIFF" and start[8:12] == b"WEBP" else ""


# Words ---------------------------------------------------------------------------------------------------


def damaged(name: str, details: str, sign: str = "") -> RefusedError:
    """Say that `name` cannot be decoded; only where the decoder knows every kind, that it is damaged."""
    if _NOT_SUPPORTED.search(details):
        what = f"{name} is a {f'{sign} ' if sign else ''}picture of a kind that is not read here."
        return RefusedError(Problem(what, "Save it as JPEG or PNG and open that.", details))
    if sign in _PARTLY:
        what = f"{name} is damaged, or a kind of {sign} that is not read here."
        return RefusedError(Problem(what, "Open another copy of it, or save it as JPEG or PNG.", details))
    return RefusedError(Problem(f"{name} is damaged and cannot be shown.", "Open another copy of it.", details))


def _too_large(name: str, size: tuple[int, int] | None, details: str = "") -> RefusedError:
    megapixels = thousands(round(size[0] * size[1] / 1e6)) if size else "more than 178"
    what = f"{name} has {megapixels} megapixels; at most 178 are opened."
    details = details or (f"{size[0]} × {size[1]}" if size else "")
    return RefusedError(Problem(what, "Make a smaller copy, 4000 pixels wide for instance.", details))
