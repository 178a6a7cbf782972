"""Picture files, bytes and arrays → ``(H, W, 3) uint8 RGB``, with a quiet note wherever something was changed.

Nothing here raises for bad input: what cannot be shown comes back as a `Problem` of one sentence. Whether the pixels
are understood is decided in `layout`, what is done to them in `modes`.
"""

import io
import math
import threading
import warnings
from dataclasses import replace
from pathlib import Path
from typing import IO

import numpy as np
from PIL import Image, ImageFile

from explainer.core.problem import Problem
from explainer.core.words import one_line
from explainer.sources import beside, deep, raws, tiff
from explainer.sources.aspect import of_densities
from explainer.sources.layout import MOST_PIXELS, Layout, RefusedError, damaged, tiff_by_pillow, understood
from explainer.sources.modes import (
    UPRIGHT,
    Picture,
    finished,
    from_array,
    kind_note,
    orientation_of,
    pages_note,
    raster_of,
)
from explainer.sources.raster import Raster

SHOWN_PIXELS = 40_000_000
"""Larger pictures are reduced to at most this while they are read."""
_MOST_COUNTED = 256 << 20  # bytes of an animation whose pictures are counted, for that reads all of it

__all__ = [
    "MOST_PIXELS", "Picture", "check_bytes", "check_picture", "file_problem", "from_array", "read_bytes",
    "read_picture",
]  # fmt: skip

# Pillow warns above MAX_IMAGE_PIXELS and raises above twice as much. With the limit at ours, what we accept
# brings no warning; what lies above is refused by our own check or by Pillow's error.
Image.MAX_IMAGE_PIXELS = MOST_PIXELS
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
# Complaints about metadata are for developers; a user's picture is shown all the same.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")

# Whether a decoder forgives a missing end is one switch for the whole process.
_tolerance = threading.Lock()


# Doors --------------------------------------------------------------------------------------------------


def read_picture(path: Path | str, *, stretch: bool = False) -> Picture | Problem:
    """Read a picture file; no more of it than its header makes likely to be needed.

    Parameters
    ----------
    stretch
        Stretch the values in use to the whole range, where the picture has more than 8 bits.

    Returns
    -------
    Picture or Problem
        A `Problem` when the file is missing, a folder, empty, not a picture, of a kind that is not read
        here, damaged, or has more than 178 megapixels. A file that ends early is shown as far as it goes,
        with a note.
    """
    path = Path(path)
    problem = file_problem(path)
    if problem is not None:
        return problem
    try:
        with path.open("rb") as file:
            return _read(file, one_line(path.name), stretch)
    except OSError as error:
        return _unreadable(one_line(path.name), error)


def read_bytes(data: bytes, name: str = "The picture", *, stretch: bool = False) -> Picture | Problem:
    """Read a picture from the bytes of a file (a clipboard, a drop); `name` is used in messages."""
    name = one_line(name)
    if not data:
        return Problem(f"{name} is empty (0 bytes).", "Choose another picture.")
    return _read(io.BytesIO(data), name, stretch)


def check_picture(path: Path | str) -> Problem | None:
    """Say what keeps a file from being shown as far as its header tells; cheap, decodes nothing."""
    path = Path(path)
    problem = file_problem(path)
    if problem is not None:
        return problem
    name = one_line(path.name)
    try:
        with path.open("rb") as file:
            return _header_problem(file, name)
    except OSError as error:
        return _unreadable(name, error)


def check_bytes(data: bytes, name: str = "The picture") -> Problem | None:
    """As `check_picture`, of the bytes of a file."""
    return _header_problem(io.BytesIO(data), one_line(name)) if data else Problem(f"{name} is empty (0 bytes).")


def _header_problem(file: IO[bytes], name: str) -> Problem | None:
    try:
        understood(file, name)
    except RefusedError as refused:
        return refused.problem
    except MemoryError as error:
        return _does_not_fit(name, error)
    return None


def file_problem(path: Path) -> Problem | None:
    """Say why `path` is no file with something in it; ``None`` when it is one."""
    name = one_line(path.name or str(path))
    try:
        if path.is_dir():
            return Problem(f"{name} is a folder, not a file.", "Open it as a folder, or choose a file in it.")
        if not path.exists():
            return Problem(f"{name} does not exist.", "Check the name, or choose another file.")
        if not path.is_file():
            return Problem(f"{name} is a device or a pipe, not a file.", "Choose a picture or a video.")
        if path.stat().st_size == 0:
            return Problem(f"{name} is empty (0 bytes).", "Choose another file.")
    except (OSError, ValueError) as error:
        return _unreadable(name, error)
    return None


# Steps --------------------------------------------------------------------------------------------------


def _read(file: IO[bytes], name: str, stretch: bool) -> Picture | Problem:
    try:
        return _decoded(file, name, stretch)
    except RefusedError as refused:
        return refused.problem
    except MemoryError as error:
        return _does_not_fit(name, error)


def _decoded(file: IO[bytes], name: str, stretch: bool) -> Picture:
    """Decode strictly; if the data merely end early, decode again and say so."""
    try:
        return _shown(file, name, stretch)
    except RefusedError as refused:
        if not _ends_early(refused.problem.details):
            raise
    with _tolerance:
        ImageFile.LOAD_TRUNCATED_IMAGES = True
        try:
            file.seek(0)
            picture = _shown(file, name, stretch)
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = False
    return replace(picture, notes=("The file ends early; the missing part is blank.", *picture.notes))


def _shown(file: IO[bytes], name: str, stretch: bool) -> Picture:
    layout = understood(file, name)
    size = layout.size
    factor = max(1, math.ceil(math.sqrt(size[0] * size[1] / SHOWN_PIXELS)))
    try:
        raster = _samples(layout, factor, name)
        most = max(SHOWN_PIXELS, raster.values.shape[0] * raster.values.shape[1])
        picture = finished(raster, most=most, stretch=stretch)
    except MemoryError:
        raise
    except Exception as error:  # a decoder may raise anything on hostile bytes
        raise damaged(name, repr(error), layout.kind) from error
    shown = raster.values.shape[1], raster.values.shape[0]
    reduced = f"Reduced from {size[0]} × {size[1]} to {shown[0]} × {shown[1]} pixels for display."
    return replace(picture, notes=(*picture.notes, *([reduced] if factor > 1 else [])))


def _samples(layout: Layout, factor: int, name: str) -> Raster:
    """Read the pixels of a layout, reduced by `factor` at least."""
    if layout.kind == "RAW":
        return raws.developed(layout.file)
    if layout.tiff is not None:
        return _tiff_samples(layout, layout.tiff, factor, name)
    if layout.png is not None:
        return _png_samples(layout, factor)
    image = layout.image
    assert image is not None
    about = _about(image, layout.file)
    raster = deep.jpeg2000(layout, image, factor)
    if raster is None:
        _load(image, layout.size, factor)
        raster = raster_of(image, _left(layout.size, image.size, factor))
    else:
        about = replace(about, notes=tuple(note for note in about.notes if "bits a channel" not in note))
    return replace(about, values=raster.values, model=raster.model, alpha=raster.alpha, bits=raster.bits).noted(
        *layout.notes
    )


def _about(image: Image.Image, file: IO[bytes]) -> Raster:
    """Everything that is said of the pixels, with none of them yet."""
    notes = (*pages_note(*_pages(image, file)), *kind_note(image), *beside.deep_note(image, file))
    profile = beside.profile_of(image, file)
    space, said = (None, ()) if profile else beside.space_of(image, file)
    return Raster(
        np.empty((0, 0, 1), np.uint8), "grey", profile=profile, space=space, aspect=beside.aspect_of(image),
        orientation=orientation_of(image), notes=(*notes, *said),
    )  # fmt: skip


def _tiff_samples(layout: Layout, tags: tiff.Tiff, factor: int, name: str) -> Raster:
    try:
        raster = tiff.read_samples(layout.file, tags, factor) if tags.reader == "tifffile" else None
    except (MemoryError, OverflowError):
        raise
    except Exception:
        if not tags.plain:
            raise
        raster = None  # Pillow forgives more, a missing end for instance
    if raster is None:
        plain = _plain_tiff(layout.file, tags, name)
        raster = replace(plain, values=plain.values[::factor, ::factor])
    kind = ("A grey picture; its three channels are equal.",) if raster.model == "grey" else ()
    notes = (*pages_note(tags.pages, "pages"), *kind, *raster.notes)
    return replace(raster, notes=notes)


def _plain_tiff(file: IO[bytes], tags: tiff.Tiff, name: str) -> Raster:
    image = tiff_by_pillow(file, tags.page, name)
    profile = beside.profile_of(image, file)
    image.load()  # and turns it upright
    sideways, turned = tags.orientation in (5, 6, 7, 8), 2 <= tags.orientation <= 8
    raster = replace(raster_of(image), profile=profile, aspect=1 / tags.aspect if sideways else tags.aspect)
    return raster.noted(UPRIGHT if turned else "")


def _png_samples(layout: Layout, factor: int) -> Raster:
    png, image = layout.png, layout.image
    assert png is not None
    assert image is not None
    space, said = png.space()
    notes = (*pages_note(png.pictures, "pictures"), *(kind_note(image) if png.bits < 16 else ()), *said)
    raster = deep.png(layout) if png.bits == 16 else None
    if raster is None:
        _load(image, layout.size, 1)
        raster = raster_of(image, factor)
        factor = 1
    raster = replace(
        raster, profile=png.profile(), space=space, aspect=of_densities(*png.aspect), orientation=png.orientation
    )
    return raster.noted(*notes, values=raster.values[::factor, ::factor])


def _load(image: Image.Image, size: tuple[int, int], factor: int) -> None:
    if factor > 1:
        image.draft("RGB", (size[0] // factor, size[1] // factor))
    image.load()


def _pages(image: Image.Image, file: IO[bytes]) -> tuple[int, str]:
    """How many pictures the file holds, and what they are."""
    try:
        counted = beside.length(file) <= _MOST_COUNTED or image.format not in ("GIF", "WEBP")
        count = int(getattr(image, "n_frames", 1)) if counted else 1
    except Exception:  # noqa: BLE001 - counting walks through the whole file, which may be damaged further on
        return 1, "pictures"
    # The further pictures of an MPO are its preview or depth.
    return (1 if image.format == "MPO" else count), "sizes" if image.format == "ICO" else "pictures"


# Words --------------------------------------------------------------------------------------------------


def _ends_early(details: str) -> bool:
    return "image file is truncated" in details


def _left(asked: tuple[int, int], got: tuple[int, int], factor: int) -> int:
    """Return the reduction that remains after a JPEG decoder has halved the picture while decoding."""
    return max(1, math.ceil(factor * max(got) / max(asked))) if factor > 1 else 1


def _does_not_fit(name: str, error: MemoryError) -> Problem:
    return Problem(f"{name} does not fit into memory.", "Make a smaller copy and open that.", repr(error))


def _unreadable(name: str, error: Exception) -> Problem:
    todo = "Check that you are allowed to open it and that its drive is connected."
    return Problem(f"{name} cannot be read.", todo, repr(error))
