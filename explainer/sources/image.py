"""One still picture."""

from pathlib import Path

from explainer.core.frame import Frame
from explainer.core.problem import Problem
from explainer.core.source import SourceKind
from explainer.core.words import one_line
from explainer.sources.identity import new_id
from explainer.sources.reading import Picture, read_picture


class ImageSource:
    """A still. It is decoded once; every read of it is the same `Frame`.

    Parameters
    ----------
    picture
        From `read_picture`, or from `read_bytes` / `from_array` for what came over the clipboard.
    name
        What to call it.
    """

    def __init__(self, picture: Picture, name: str) -> None:
        self.id = new_id("image")
        self.kind: SourceKind = "image"
        self.title = name
        self.count: int | None = 1
        self.fps = 0.0
        self._frame = Frame(picture.pixels, self.id, name=name, notes=picture.notes, stretchable=picture.stretchable)
        self._done = False

    def read(self) -> Frame | Problem | None:
        """Return the picture once, then ``None``."""
        if self._done:
            return None
        self._done = True
        return self._frame

    def at(self, index: int) -> Frame | Problem:
        """Return the picture for 0; anything else is a `Problem`."""
        if index != 0:
            return Problem(f"{self.title} is one picture; it has no number {index}.", "Ask for number 0.")
        self._done = True
        return self._frame

    def close(self) -> None:
        """Nothing is held open."""
        self._done = True


def open_image(path: Path | str, *, stretch: bool = False) -> ImageSource | Problem:
    """Read the file at `path`; `stretch` as in `read_picture`."""
    picture = read_picture(path, stretch=stretch)
    return picture if isinstance(picture, Problem) else ImageSource(picture, one_line(Path(path).name))
