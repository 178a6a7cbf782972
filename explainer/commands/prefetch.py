"""Work on the next item while the last one is still being dealt with."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def prefetch(items: Iterator[T]) -> Iterator[T]:
    """Yield `items` in their order, each made in a thread of its own while the one before is used.

    At most one is waiting, so memory stays what it was. An exception comes out where its item would have come.
    The thread has ended when the iterator is closed or at its end.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="explainer-prefetch") as thread:
        coming = thread.submit(_next, items)
        while (got := coming.result()) is not None:
            coming = thread.submit(_next, items)
            yield got[0]


def _next(items: Iterator[T]) -> tuple[T] | None:
    for item in items:
        return (item,)
    return None
