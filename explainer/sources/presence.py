"""Says whether a file that was opened is still there, and still the same."""

from pathlib import Path

from explainer.core.problem import Problem
from explainer.sources.identity import shown_name


class Presence:
    """Remembers which file a name stood for when it was opened."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._was = path.stat()

    def lost(self) -> Problem | None:
        """Say what happened to the file since then; ``None`` while it is as it was, or has only grown."""
        name = shown_name(self._path)
        try:
            now = self._path.stat()
        except FileNotFoundError:
            what = f"{name} was deleted or moved while it was open."
            return Problem(what, "Put it back or choose another, and open that.")
        except OSError as error:
            what = f"{name} can no longer be reached."
            return Problem(what, "Check that its drive is connected, and open it again.", repr(error))
        if (now.st_dev, now.st_ino) != (self._was.st_dev, self._was.st_ino):
            return Problem(f"{name} was replaced by another file while it was open.", "Open it again.")
        if now.st_size < self._was.st_size:
            return Problem(f"{name} became shorter while it was open.", "Open it again for what is left of it.")
        return None

    def changed(self) -> Problem | None:
        """Say what happened to a file that ended where it should not have."""
        lost = self.lost()
        if lost is not None:
            return lost
        now = self._path.stat()
        if (now.st_size, now.st_mtime_ns) == (self._was.st_size, self._was.st_mtime_ns):
            return None
        return Problem(f"{shown_name(self._path)} was changed while it was open.", "Open it again.")
