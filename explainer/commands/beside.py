"""Processes that do nothing but keep a core busy, for measurements of what a busy machine does to the program."""

import multiprocessing
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress

TURNS = 1_000_000  # some tens of milliseconds between two looks whether the parent is still there


@contextmanager
def beside(count: int) -> Iterator[None]:
    """Let `count` processes work as hard as they can until the block ends, however it ends.

    They end by themselves when this process is killed.
    """
    context = multiprocessing.get_context("spawn")
    working = [context.Process(target=_work, daemon=True, name=f"explainer-beside-{i}") for i in range(count)]
    try:
        for one in working:
            one.start()
        yield
    finally:
        for one in working:
            with suppress(ValueError, AttributeError):  # it was never started
                one.terminate()
        for one in working:
            with suppress(ValueError, AssertionError):
                one.join()


def _work() -> None:
    """Count as long as the parent lives; the parent decides what a signal to both of them means."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    while parent is not None and parent.is_alive():
        for _ in range(TURNS):
            pass
