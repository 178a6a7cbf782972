"""Pictures that came without a file, pasted or fetched, are kept in the user's folder, so that a session finds them.

Each lies in a folder of its own, named by its content or its address, under the name it is shown by.
"""

import hashlib
import re
import shutil
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainer.core.paths import user_data
from explainer.core.problem import ExplainerError
from explainer.core.writing import make_folder, write_bytes

MOST = 24
MOST_BYTES = 1 << 30
_OURS = re.compile(r"[0-9a-f]{16}")
_SUFFIXES = (
    (b"\x89PNG", ".png"), (b"\xff\xd8\xff", ".jpg"), (b"RIFF", ".webp"), (b"II*\0", ".tif"), (b"MM\0*", ".tif"),
    (b"BM", ".bmp"), (b"GIF8", ".gif"),
)  # fmt: skip


def folder() -> Path:
    """Return the folder of all kept pictures."""
    return user_data() / "pictures"


def place_for(key: bytes) -> Path:
    """Return the folder of the picture with this content or address; made here.

    Raises
    ------
    ExplainerError, OSError
        Where it cannot be made.
    """
    place = folder() / hashlib.sha256(key).hexdigest()[:16]
    make_folder(place)
    place.touch()  # its age is that of its last use
    return place


def keep(content: bytes | NDArray[np.generic], word: str, spared: Collection[str] = ()) -> Path:
    """Keep a picture and forget the oldest ones beyond the limit.

    Parameters
    ----------
    content
        The bytes of a file, or pixels ``(H, W, 1 | 3 | 4)``, 8 or 16 bits, which become a PNG.
    word
        Begins the file's name, which goes on with date and time: ``"Pasted"``.
    spared
        Paths that must not be forgotten.

    Raises
    ------
    ExplainerError, OSError
        Where it cannot be written.
    """
    key = content if isinstance(content, bytes) else _key(content)
    place = place_for(key)
    for file in place.iterdir():
        if not file.name.startswith("."):
            return file
    data = content if isinstance(content, bytes) else _png(content)
    path = place / f"{word} {time.strftime('%Y-%m-%d %H.%M.%S')}{_suffix(data)}"
    write_bytes(path, data)
    forget_oldest((str(path), *spared))
    return path


def forget_oldest(spared: Collection[str] = ()) -> None:
    """Delete the pictures that were longest not used, beyond `MOST` of them or `MOST_BYTES` in all."""
    with suppress(OSError, ExplainerError):
        places = [place for place in folder().iterdir() if _OURS.fullmatch(place.name) and place.is_dir()]
        places.sort(key=lambda place: place.stat().st_mtime_ns, reverse=True)
        needed = {Path(one).parent for one in spared}
        total = 0
        for number, place in enumerate(places):
            total += sum(file.stat().st_size for file in place.iterdir())
            if (number >= MOST or total > MOST_BYTES) and place not in needed:
                shutil.rmtree(place, ignore_errors=True)


def _key(pixels: NDArray[np.generic]) -> bytes:
    return f"{pixels.shape} {pixels.dtype.str} ".encode() + np.ascontiguousarray(pixels).tobytes()


def _png(pixels: NDArray[np.generic]) -> bytes:
    import cv2

    order = {3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}
    values: Any = pixels
    channels = values.shape[2] if values.ndim == 3 else 1
    bgr = cv2.cvtColor(values, order[channels]) if channels in order else values
    done, data = cv2.imencode(".png", bgr, (cv2.IMWRITE_PNG_COMPRESSION, 1))
    if not done:
        raise ExplainerError("The picture could not be written as PNG.")
    return bytes(data.tobytes())


def _suffix(data: bytes) -> str:
    return next((suffix for start, suffix in _SUFFIXES if data.startswith(start)), "")
