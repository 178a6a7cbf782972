"""No search for garbage while a window starts."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def gc_paused() -> Iterator[None]:
    """Little of what is loaded becomes garbage, and looking for some takes a tenth of the start.

    The window turns it on again with its first result, and in any case when this block ends.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
