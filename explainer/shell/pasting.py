"""Pictures from the clipboard, from a drop, and beside the present one."""

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QMimeData
from PySide6.QtGui import QImage

from explainer.core.problem import Problem
from explainer.core.source import Source
from explainer.sources.folder import natural
from explainer.sources.image import ImageSource
from explainer.sources.kinds import PICTURE_SUFFIXES
from explainer.sources.opening import path_of
from explainer.sources.reading import from_array

Opener = Callable[[], Source | Problem]


def from_clipboard(data: QMimeData | None) -> str | Opener | None:
    """Path of the first file, an opener for a picture's pixels, or ``None``."""
    if data is None:
        return None
    for url in data.urls():
        if url.isLocalFile():
            return url.toLocalFile()
    if data.hasImage():
        image = QImage(data.imageData())
        if not image.isNull():
            return _opener(image)
    return None


def _opener(image: QImage) -> Opener:
    pixels = to_array(image)

    def opened() -> Source | Problem:
        picture = from_array(pixels, "The pasted picture")
        return picture if isinstance(picture, Problem) else ImageSource(picture, "Pasted picture")

    return opened


def to_array(image: QImage) -> np.ndarray:
    """Pixels ``(H, W, 3) uint8 RGB``."""
    rgb = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(rgb.constBits(), np.uint8).reshape(rgb.height(), rgb.bytesPerLine())
    return rows[:, : 3 * rgb.width()].reshape(rgb.height(), rgb.width(), 3).copy()


def beside(spec: str, by: int) -> str:
    """Next or previous picture of the folder that `spec` lies in; "" where there is none."""
    here = path_of(spec)
    if here is None:
        return ""
    pictures = [p for p in here.parent.iterdir() if p.suffix.lower() in PICTURE_SUFFIXES]
    pictures.sort(key=lambda p: natural(p.name))
    if here not in pictures:
        return ""
    other = pictures[(pictures.index(here) + by) % len(pictures)]
    return f"sample:{other.stem}" if spec.startswith("sample:") else str(other)
