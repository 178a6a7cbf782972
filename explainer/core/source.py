"""Where frames come from, as the rest of the house sees it."""

from typing import Literal, Protocol

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
        """Frames per second at which it wants to be played; 0 for stills."""
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
