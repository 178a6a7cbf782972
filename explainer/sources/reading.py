"""Picture files, bytes and arrays → ``(H, W, 3) uint8 RGB``, with a quiet note wherever something was changed.

Nothing here raises for bad input: what cannot be shown comes back as a `Problem` of one sentence.
"""

import io
import math
import threading
import warnings
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import IO

from PIL import Image, ImageFile, UnidentifiedImageError

from explainer.core.problem import Problem
from explainer.core.words import thousands
from explainer.sources.modes import Picture, from_array, kind_note, pages_note, to_rgb, upright

MOST_PIXELS = 178_956_970
"""More is refused before anything is decoded: the size at which Pillow itself speaks of an attack."""
SHOWN_PIXELS = 40_000_000
"""Larger pictures are reduced to at most this while they are read."""

__all__ = ["Picture", "check_picture", "file_problem", "from_array", "read_bytes", "read_picture"]

# Formats whose decoders run inside this process. EPS would start another program, so it is left out.
_FORMATS = (
    "JPEG", "PNG", "GIF", "BMP", "DIB", "PPM", "TIFF", "WEBP", "AVIF", "ICO", "JPEG2000", "QOI", "DDS", "SGI", "PSD",
)  # fmt: skip
# Not loaded by Pillow before they are needed; Image.init() would load three dozen more.
_PLUGINS = ("Tiff", "WebP", "Avif", "Ico", "Jpeg2K", "Qoi", "Dds", "Sgi", "Psd", "Mpo")

# Pillow warns above MAX_IMAGE_PIXELS and raises above twice as much. With the limit at ours, what we accept
# brings no warning; what lies above is refused by our own check or by Pillow's error.
Image.MAX_IMAGE_PIXELS = MOST_PIXELS
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
# Complaints about metadata are for developers; a user's picture is shown all the same.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")

# Whether a decoder forgives a missing end is one switch for the whole process.
_tolerance = threading.Lock()


class _RefusedError(Exception):
    """Carries a `Problem` out of the steps below."""

    def __init__(self, what: str, todo: str, details: str = "") -> None:
        super().__init__(what)
        self.problem = Problem(what, todo, details)


# Doors --------------------------------------------------------------------------------------------------


def read_picture(path: Path | str) -> Picture | Problem:
    """Read a picture file.

    Returns
    -------
    Picture or Problem
        A `Problem` when the file is missing, a folder, empty, not a picture, damaged, or has more than
        178 megapixels. A file that ends early is shown as far as it goes, with a note.
    """
    path = Path(path)
    problem = file_problem(path)
    if problem is not None:
        return problem
    try:
        data = path.read_bytes()
    except OSError as error:
        return _unreadable(path.name, error)
    return read_bytes(data, path.name)


def read_bytes(data: bytes, name: str = "The picture") -> Picture | Problem:
    """Read a picture from the bytes of a file (a clipboard, a drop); `name` is used in messages."""
    if not data:
        return Problem(f"{name} is empty (0 bytes).", "Choose another picture.")
    try:
        return _decoded(data, name)
    except _RefusedError as refused:
        return refused.problem
    except MemoryError as error:
        return Problem(f"{name} does not fit into memory.", "Make a smaller copy and open that.", repr(error))


def check_picture(path: Path | str) -> Problem | None:
    """Say what keeps a file from being shown as far as its header tells; cheap, decodes nothing."""
    path = Path(path)
    problem = file_problem(path)
    if problem is not None:
        return problem
    try:
        with path.open("rb") as file, _opened(file, path.name) as image:
            _check_size(image, path.name)
    except _RefusedError as refused:
        return refused.problem
    except OSError as error:
        return _unreadable(path.name, error)
    return None


def file_problem(path: Path) -> Problem | None:
    """Say why `path` is no file with something in it; ``None`` when it is one."""
    name = path.name or str(path)
    try:
        if path.is_dir():
            return Problem(f"{name} is a folder, not a file.", "Open it as a folder, or choose a file in it.")
        if not path.exists():
            return Problem(f"{name} does not exist.", "Check the name, or choose another file.")
        if not path.is_file():
            return Problem(f"{name} is a device or a pipe, not a file.", "Choose a picture or a video.")
        if path.stat().st_size == 0:
            return Problem(f"{name} is empty (0 bytes).", "Choose another file.")
    except OSError as error:
        return _unreadable(name, error)
    return None


# Steps --------------------------------------------------------------------------------------------------


def _decoded(data: bytes, name: str) -> Picture:
    """Decode strictly; if the data merely end early, decode again and say so."""
    try:
        return _converted(data, name)
    except _RefusedError as refused:
        if not _ends_early(refused.problem.details):
            raise
    with _tolerance:
        ImageFile.LOAD_TRUNCATED_IMAGES = True
        try:
            picture = _converted(data, name)
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = False
    return Picture(picture.pixels, ("The file ends early; the missing part is blank.", *picture.notes))


def _converted(data: bytes, name: str) -> Picture:
    with _opened(io.BytesIO(data), name) as image:
        _check_size(image, name)
        size, how, pages = image.size, kind_note(image), pages_note(image)
        factor = math.ceil(math.sqrt(size[0] * size[1] / SHOWN_PIXELS))
        try:
            if factor > 1:
                image.draft("RGB", (size[0] // factor, size[1] // factor))
            image.load()
            pixels, notes = to_rgb(*upright(image), factor=_left(size, image.size, factor))
        except MemoryError:
            raise
        except Exception as error:  # a decoder may raise anything on hostile bytes
            raise _damaged(name, error) from error
    reduced = f"Reduced from {_by(size)} to {_by((pixels.shape[1], pixels.shape[0]))} pixels for display."
    return Picture(pixels, (*pages, *how, *notes, *([reduced] if factor > 1 else [])))


def _opened(file: IO[bytes], name: str) -> Image.Image:
    """Read the header only."""
    start = file.read(16)
    file.seek(0)
    _load_plugins()
    try:
        return Image.open(file, formats=_FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large(name, "more than 178", repr(error)) from error
    except UnidentifiedImageError as error:
        if _looks_like_a_picture(start):
            raise _damaged(name, error) from error
        todo = "Save it as JPEG or PNG and open that."
        raise _RefusedError(f"{name} is not a picture that can be read here.", todo, repr(error)) from error
    except Exception as error:  # as above
        raise _damaged(name, error) from error


@cache
def _load_plugins() -> None:
    Image.preinit()
    for name in _PLUGINS:
        import_module(f"PIL.{name}ImagePlugin")


def _check_size(image: Image.Image, name: str) -> None:
    pixels = image.width * image.height
    if pixels > MOST_PIXELS:
        raise _too_large(name, thousands(round(pixels / 1e6)), f"{image.width} × {image.height}")


# Words --------------------------------------------------------------------------------------------------


def _ends_early(details: str) -> bool:
    return "image file is truncated" in details


def _looks_like_a_picture(start: bytes) -> bool:
    signs = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"II*\x00", b"MM\x00*", b"qoif", b"8BPS", b"DDS ")
    inside = start[4:12] in (b"ftypavif", b"ftypavis", b"jP  \r\n\x87\n")
    return start.startswith(signs) or inside or (start[:4] == b"RIFF" and start[8:12] == b"WEBP")


def _left(asked: tuple[int, int], got: tuple[int, int], factor: int) -> int:
    """Return the reduction that remains after a JPEG decoder has halved the picture while decoding."""
    return max(1, math.ceil(factor * max(got) / max(asked))) if factor > 1 else 1


def _by(size: tuple[int, int]) -> str:
    return f"{size[0]} × {size[1]}"


def _damaged(name: str, error: Exception) -> _RefusedError:
    return _RefusedError(f"{name} is damaged and cannot be shown.", "Open another copy of it.", repr(error))


def _too_large(name: str, megapixels: str, details: str) -> _RefusedError:
    what = f"{name} has {megapixels} megapixels; at most 178 are opened."
    return _RefusedError(what, "Make a smaller copy, 4000 pixels wide for instance.", details)


def _unreadable(name: str, error: OSError) -> Problem:
    todo = "Check that you are allowed to open it and that its drive is connected."
    return Problem(f"{name} cannot be read.", todo, repr(error))
