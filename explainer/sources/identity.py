"""Names for opened sources."""

from itertools import count

_numbers = count(1)


def new_id(kind: str) -> str:
    """Return an id that no other source of this process has: ``"video-7"``."""
    return f"{kind}-{next(_numbers)}"
