"""Runs side by side over the cores, one thread each.

Threads and not processes: torch lets go of the interpreter while it computes, and another process would load torch
first, which takes longer than most of these runs.
"""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from queue import Empty, Queue

import torch

from explainer.vision.training.fit import Snapshot, fit, start
from explainer.vision.training.recipe import Recipe

WAKE_S = 0.1
OnSteps = Callable[[int, int], None]


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch compute in one thread inside the block.

    On tensors this small a second thread wins nothing, and on a busy machine it costs twenty times the time,
    because each operation waits for both. It also keeps the bits the same whatever the session's threads.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def cores() -> int:
    """Cores that this process may use."""
    with suppress(AttributeError):  # Linux alone can say it
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _Stop(BaseException):
    """Another run has failed or was stopped."""


def several(
    runs: Sequence[Snapshot | Recipe],
    on_step: OnSteps,
    wake: Callable[[], None] = lambda: None,
    workers: int = 0,
    device: str = "cpu",
) -> Iterator[tuple[int, Snapshot]]:
    """Carry all runs on to their ends, and yield the number of a run with its snapshot at each mark.

    Parameters
    ----------
    runs
        Where each stands, or a recipe to begin with.
    on_step
        Called in the thread of a run before each of its steps, with its number and the steps it has done. What it
        raises stops all runs and is raised here.
    wake
        Called in this thread every now and then.
    workers
        Runs at a time; 0: as many as there are cores.
    """
    number = min(len(runs), workers or cores())
    with one_thread():
        if number <= 1:
            for index, run in enumerate(runs):
                for snapshot in _marks(run, lambda step, index=index: on_step(index, step), device):  # type: ignore[misc]
                    yield index, snapshot
                    wake()
            return
        yield from _side_by_side(runs, on_step, wake, number, device)


def _marks(run: Snapshot | Recipe, on_step: Callable[[int], None], device: str) -> Iterator[Snapshot]:
    if isinstance(run, Recipe):
        run = start(run, device)
        yield run
    yield from fit(run, on_step, device)


def _side_by_side(
    runs: Sequence[Snapshot | Recipe], on_step: OnSteps, wake: Callable[[], None], number: int, device: str
) -> Iterator[tuple[int, Snapshot]]:
    waiting: Queue[int] = Queue()
    told: Queue[tuple[int, Snapshot] | BaseException | None] = Queue()
    stopped = threading.Event()
    for index in range(len(runs)):
        waiting.put(index)

    def step(index: int, done: int) -> None:
        if stopped.is_set():
            raise _Stop
        on_step(index, done)

    def work() -> None:
        torch.set_num_threads(1)
        try:
            while not stopped.is_set():
                index = waiting.get_nowait()
                for snapshot in _marks(runs[index], lambda done: step(index, done), device):  # noqa: B023 - used at once
                    told.put((index, snapshot))
        except (Empty, _Stop):
            told.put(None)
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            stopped.set()
            told.put(error)
        else:
            told.put(None)

    threads = [threading.Thread(target=work, name=f"explainer-training-{n}", daemon=True) for n in range(number)]
    for thread in threads:
        thread.start()
    try:
        yield from _listened(told, number, wake)
    finally:
        stopped.set()
        for thread in threads:
            thread.join()


def _listened(
    told: "Queue[tuple[int, Snapshot] | BaseException | None]", number: int, wake: Callable[[], None]
) -> Iterator[tuple[int, Snapshot]]:
    """What the threads say, until all of them have ended; the first error is raised."""
    ended = 0
    while ended < number:
        try:
            heard = told.get(timeout=WAKE_S)
        except Empty:
            wake()
            continue
        if isinstance(heard, BaseException):
            raise heard
        if heard is None:
            ended += 1
        else:
            yield heard
            wake()
