"""Names for opened sources."""

from itertools import count
from pathlib import Path

from explainer.core.words import one_line

_numbers = count(1)


def new_id(kind: str) -> str:
    """Return an id that no other source of this process has: ``"video-7"``."""
    return f"{kind}-{next(_numbers)}"


def shown_name(path: Path) -> str:
    """Return a file's name as it can be shown and written, whatever bytes it is made of."""
    return one_line(path.name or str(path))
