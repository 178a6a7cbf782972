"""The pictures beside one that is open. Plain Python; whoever asks does so in a thread that may wait."""

from collections.abc import Iterator
from pathlib import Path

from explainer.sources.listing import Listing, listing_of


class Neighbours:
    """Lists a folder once and remembers it; only when the folder has changed it is listed again."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._changed_ns = 0
        self._listing = Listing()
        self.listed = 0  # how often; for tests

    def beside(self, here: Path, by: int) -> Iterator[tuple[Path, bool]]:
        """Yield the pictures of the folder in the direction of `by`, from the `by`-th after `here` on.

        Yields
        ------
        (path, wrapped)
            Each other picture at most once; `wrapped` from the folder's end or beginning on. Nothing where the folder
            cannot be listed. `here` itself need not be there any more.
        """
        pictures = self._pictures(here.parent)
        count = len(pictures.pictures)
        at, there = pictures.place(here.name)
        step = 1 if by > 0 else -1
        others = count - there
        # Without `here` the place is that of the next one already.
        first = at + by - (0 if there or by < 0 else 1)
        for k in range(others):
            place = first + k * step
            if there and place % count == at:  # a long leap may come round to where it began
                continue
            yield here.parent / pictures.pictures[place % count], not 0 <= place < count

    def _pictures(self, folder: Path) -> Listing:
        try:
            changed_ns = folder.stat().st_mtime_ns
            if (folder, changed_ns) != (self._folder, self._changed_ns):
                self._listing = listing_of(folder)
                self.listed += 1
                self._folder, self._changed_ns = folder, changed_ns
        except OSError:
            self._folder, self._listing = None, Listing()
        return self._listing
