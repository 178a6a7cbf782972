"""Where frames come from, as the rest of the house sees it."""

from typing import Literal, Protocol, runtime_checkable

from explainer.core.frame import Frame
from explainer.core.problem import Problem

SourceKind = Literal["image", "folder", "video", "camera", "synthetic"]


class Source(Protocol):
    """A sequence of pictures. Not thread-safe: one thread reads and closes it.

    ``live`` sources (cameras) have no count and cannot seek; files can be stepped without loss.
    """

    @property
    def id(self) -> str:
        """Differs between any two opened sources."""
        ...

    @property
    def kind(self) -> SourceKind:
        """What it is."""
        ...

    @property
    def title(self) -> str:
        """What to call it."""
        ...

    @property
    def count(self) -> int | None:
        """Number of frames, ``None`` when unknown (cameras)."""
        ...

    @property
    def fps(self) -> float:
        """Frames per second, 0 for stills; a film is played by the times of its frames, and this is the usual rate."""
        ...

    def read(self) -> Frame | Problem | None:
        """Next frame; `Problem` when it could not be had; ``None`` at the end."""
        ...

    def at(self, index: int) -> Frame | Problem:
        """Frame number `index` (a still, a folder, a file); the next ``read`` continues after it."""
        ...

    def close(self) -> None:
        """Let go of files and devices. May be called twice."""
        ...


@runtime_checkable
class Timed(Protocol):
    """A source that knows how long it is, though its pictures need not come evenly."""

    @property
    def duration_s(self) -> float:
        """Seconds from the first picture to the end of the last."""
        ...


@runtime_checkable
class Stamped(Protocol):
    """Pictures of files: what is known of one without opening it."""

    def stamp(self, index: int) -> tuple[str, str]:
        """What picture number `index` is called, and path, size and time of change in one; "" where it is no file."""
        ...
