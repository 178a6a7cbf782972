"""Pictures from the clipboard and from a drop."""

import base64
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote_to_bytes

import numpy as np
from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtGui import QColorSpace, QImage

from explainer.core.problem import Problem
from explainer.core.source import Source
from explainer.sources.addresses import meant, scheme_of
from explainer.sources.image import ImageSource
from explainer.sources.opening import is_address, path_of
from explainer.sources.reading import check_bytes, from_array, read_bytes

# What programs put on the clipboard beside Qt's own picture, the fullest first: with depth, profile and orientation.
_ENCODED = ("image/png", "image/tiff", "image/webp", "image/avif", "image/heic", "image/jpeg", "image/bmp")

_MOST_LETTERS = 8192


@dataclass(frozen=True, slots=True, eq=False)
class Brought:
    """A picture that came without a file; calling it opens it, by the same rules as a file.

    Parameters
    ----------
    content
        The bytes of a file, or pixels ``(H, W, C)`` with opacity as the fourth channel.
    title
        What to call it.
    notes
        What was done to the pixels on the way.
    stretch
        Whether the values in use are stretched.
    """

    content: bytes | np.ndarray
    title: str
    notes: tuple[str, ...] = ()
    stretch: bool = False

    def __call__(self) -> Source | Problem:
        """Open it."""
        name = f"The {self.title.lower()}"
        if isinstance(self.content, bytes):
            picture = read_bytes(self.content, name, stretch=self.stretch)
        else:
            picture = from_array(self.content, name, stretch=self.stretch, notes=self.notes)
        return picture if isinstance(picture, Problem) else ImageSource(picture, self.title)


def from_clipboard(data: QMimeData | None, title: str = "Pasted picture") -> str | Brought | None:
    """Return what was brought: a spec for ``open_source`` (a path or an address), a picture by itself, or ``None``.

    A file comes before pixels, since file managers add a small picture of it; pixels come before an address of the
    web, which would have to be fetched; words come last.
    """
    if data is None:
        return None
    addresses = addresses_in(data)
    files = [address for address in addresses if scheme_of(address) == "file"]
    if files:
        path = meant(files[0])
        return path if isinstance(path, str) else files[0]
    brought = _pixels(data, title)
    if brought is not None:
        return brought
    inline = next((address for address in addresses if scheme_of(address) == "data"), "")
    if inline:
        return Brought(_inline(inline), title)
    return addresses[0] if addresses else spec_in(data.text()) or None


def may_hold_a_picture(data: QMimeData) -> bool:
    """Say whether it is worth a look, while it is still in the air."""
    return data.hasUrls() or data.hasImage() or data.hasText() or any(map(data.hasFormat, _ENCODED))


def addresses_in(data: QMimeData) -> list[str]:
    """Addresses, encoded as they were handed over: bytes of names that are not UTF-8 are still in them."""
    return [url.toString(QUrl.ComponentFormattingOption.FullyEncoded) for url in data.urls()]


def spec_in(text: str) -> str:
    """Return the path or address that the first line of a text is, without its quotes; "" where it is none."""
    lines = text[:_MOST_LETTERS].strip().splitlines()
    first = lines[0].strip().strip("\"'“”‘’«»<>").strip() if lines else ""
    whole = first.startswith(("/", "~/", "\\\\")) or bool(re.match(r"[A-Za-z]:[\\/]", first))
    word = re.fullmatch(r"(camera:\d{1,3}|(sample|synthetic):[\w.-]+)", first)
    if word or whole or is_address(first) or scheme_of(first) == "file":
        return first
    return first if path_of(first) is not None and Path(first).suffix else ""


def count_in(data: QMimeData) -> int:
    """Return how many files were brought at once."""
    return sum(scheme_of(address) == "file" for address in addresses_in(data))


def _pixels(data: QMimeData, title: str) -> Brought | None:
    for kind in _ENCODED:
        if data.hasFormat(kind):
            encoded = bytes(data.data(kind).data())
            if check_bytes(encoded) is None:
                return Brought(encoded, title)
    if data.hasImage():
        image = QImage(data.imageData())
        if not image.isNull():
            pixels, notes = to_array(image)
            return Brought(pixels, title, notes)
    return None


def _inline(address: str) -> bytes:
    """Return the bytes in a ``data:`` address; none where they are not well written."""
    head, _, body = address.partition(",")
    raw = unquote_to_bytes(body.encode("utf-8", "replace"))
    try:
        return base64.b64decode(raw, validate=False) if head.lower().endswith(";base64") else raw
    except ValueError:
        return b""


def to_array(image: QImage) -> tuple[np.ndarray, tuple[str, ...]]:
    """Pixels ``(H, W, C)``, 8 or 16 bits as they came and with their opacity, in sRGB; and what was done."""
    notes: tuple[str, ...] = ()
    srgb = QColorSpace(QColorSpace.NamedColorSpace.SRgb)
    space = image.colorSpace()
    if space.isValid() and space != srgb:
        image = image.convertedToColorSpace(srgb)
        notes = (f"Converted from the colour profile “{space.description() or 'without a name'}” to sRGB.",)
    deep = image.depth() > 32 or image.format() == QImage.Format.Format_Grayscale16
    if image.format() in (QImage.Format.Format_Grayscale16, QImage.Format.Format_Grayscale8):
        return _rows(image, 1, deep), (*notes, "A grey picture; its three channels are equal.")
    clear = image.hasAlphaChannel()
    if deep:
        return _rows(image.convertToFormat(QImage.Format.Format_RGBA64), 4, deep)[..., : 4 if clear else 3], notes
    kind = QImage.Format.Format_RGBA8888 if clear else QImage.Format.Format_RGB888
    return _rows(image.convertToFormat(kind), 4 if clear else 3, deep), notes


def _rows(image: QImage, channels: int, deep: bool) -> np.ndarray:
    step = 2 if deep else 1
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    kept = rows[:, : step * channels * image.width()].copy()  # the bytes are the image's, which goes
    return kept.view(np.uint16 if deep else np.uint8).reshape(image.height(), image.width(), channels)
