"""Small pictures of lessons and samples, read from the files that come with the program."""

from functools import cache

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImageReader, QPixmap

from explainer.core import paths

SIZE = (480, 328)
SAMPLE_SIZE = (120, 120)


def lesson_file(lesson_id: str) -> str:
    """Name of a lesson's thumbnail below ``resources/thumbnails``."""
    return f"{lesson_id}.webp"


def sample_file(name: str) -> str:
    """Name of a sample's thumbnail there."""
    return f"sample-{name}.webp"


def of_lesson(lesson_id: str) -> QPixmap:
    """Picture of a lesson, `SIZE` pixels; a null one where there is none."""
    return _read(lesson_file(lesson_id), 0)


def small(lesson_id: str, width_px: int) -> QPixmap:
    """Picture of a lesson for a line of text, `width_px` wide; a null one where there is none."""
    return _read(lesson_file(lesson_id), width_px)


def of_sample(name: str) -> QPixmap:
    """Square picture of a sample, `SAMPLE_SIZE` pixels; a null one where there is none."""
    return _read(sample_file(name), 0)


@cache
def _read(file: str, width_px: int) -> QPixmap:
    path = paths.resource("thumbnails", file)
    if not path.is_file():
        return QPixmap()
    reader = QImageReader(str(path))
    if width_px:
        reader.setScaledSize(reader.size().scaled(QSize(width_px, 10_000), Qt.AspectRatioMode.KeepAspectRatio))
    return QPixmap.fromImage(reader.read())
