"""Pictures from the clipboard and from a drop."""

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QMimeData
from PySide6.QtGui import QColorSpace, QImage

from explainer.core.problem import Problem
from explainer.core.source import Source
from explainer.sources.image import ImageSource
from explainer.sources.reading import check_bytes, from_array, read_bytes

# What programs put on the clipboard beside Qt's own picture, the fullest first: with depth, profile and orientation.
_ENCODED = ("image/png", "image/tiff", "image/webp", "image/avif", "image/heic", "image/jpeg", "image/bmp")


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
    """Path of the first file, a picture that came by itself, or ``None``."""
    if data is None:
        return None
    for url in data.urls():
        if url.isLocalFile():
            return url.toLocalFile()
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
