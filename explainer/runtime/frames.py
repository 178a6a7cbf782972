"""All pictures of a source as a sequence, for demos that compare several of them."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from threading import Lock
from typing import overload

from explainer.core.frame import Frame
from explainer.core.problem import ExplainerError, Problem
from explainer.core.source import Source, Stamped

HELD = 8


class SourceFrames(Sequence[Frame]):
    """The source's pictures, each read when it is asked for; ``len`` opens the source.

    A source of its own is opened, since the one that is shown belongs to the player's thread. The frames
    keep that second source's ``source_id``. The last few are held, so that the same picture asked for
    twice is the same object and the memo knows it.

    Parameters
    ----------
    opener
        Opens the source anew; called once, at first use.
    held
        How many pictures are kept in memory.

    Raises
    ------
    ExplainerError
        From any use, when the source or a picture cannot be read.
    """

    def __init__(self, opener: Callable[[], Source | Problem], held: int = HELD) -> None:
        self._opener = opener
        self._limit = held
        self._lock = Lock()
        self._source: Source | None = None
        self._held: OrderedDict[int, Frame] = OrderedDict()

    def __len__(self) -> int:
        """Return the number of pictures; 0 for a camera, which has no end."""
        with self._lock:
            return self._opened().count or 0

    @overload
    def __getitem__(self, index: int) -> Frame: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Frame]: ...

    def __getitem__(self, index: int | slice) -> Frame | Sequence[Frame]:
        """Read one picture, or several now."""
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        count = len(self)
        at = index + count if index < 0 else index
        if not 0 <= at < count:
            raise IndexError(f"there is no picture {index} among {count}")
        with self._lock:
            return self._read(at)

    def __iter__(self) -> Iterator[Frame]:
        """Read one picture after the other."""
        return (self[i] for i in range(len(self)))

    def stamp(self, index: int) -> tuple[str, str]:
        """What a picture of a folder is called, and what tells whether its file changed; "" for both of others."""
        with self._lock:
            source = self._opened()
            return source.stamp(index) if isinstance(source, Stamped) else ("", "")

    def close(self) -> None:
        """Let go of the source; a later use opens it again."""
        with self._lock:
            source, self._source = self._source, None
            self._held.clear()
            if source is not None:
                source.close()

    def _opened(self) -> Source:
        if self._source is None:
            opened = self._opener()
            if isinstance(opened, Problem):
                raise ExplainerError(opened.what, opened.todo, opened.details)
            self._source = opened
        return self._source

    def _read(self, at: int) -> Frame:
        if at not in self._held:
            got = self._opened().at(at)
            if isinstance(got, Problem):
                raise ExplainerError(got.what, got.todo, got.details)
            self._held[at] = got
        self._held.move_to_end(at)
        while len(self._held) > self._limit:
            self._held.popitem(last=False)
        return self._held[at]
