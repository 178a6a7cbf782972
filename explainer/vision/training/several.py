"""Runs side by side over the cores, one thread each.

Threads and not processes: torch lets go of the interpreter while it computes, and another process would load torch
first, which takes longer than most of these runs.
"""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from queue import Empty, Queue

import torch

from explainer.vision.training.fit import Snapshot, fit, start
from explainer.vision.training.recipe import Recipe
from explainer.vision.zoo.cancelling import cancel_scope

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

    A single run waits at its mark until the next is asked for; several go on meanwhile.

    Parameters
    ----------
    runs
        Where each stands, or a recipe to begin with.
    on_step
        Called in the thread of a run before each of its steps, with its number and the steps it has done, and
        while it is measured. What it raises stops all runs and is raised here.
    wake
        Called in this thread after each mark and every now and then.
    workers
        Runs at a time; 0: as many as there are cores.
    """
    if not runs:
        return
    crew = _Crew(runs, on_step, min(len(runs), workers or cores()), device)
    with one_thread():
        try:
            yield from crew.marks(wake)
        finally:
            crew.dismiss()


class _Crew:
    """Threads that take one run after the other. Nobody but they compute here, so nobody else counts or sets theirs."""

    def __init__(self, runs: Sequence[Snapshot | Recipe], on_step: OnSteps, number: int, device: str) -> None:
        self._runs, self._on_step, self._device = runs, on_step, device
        self._waiting: Queue[int] = Queue()
        self._told: Queue[tuple[int, Snapshot] | BaseException | None] = Queue()
        self._stopped, self._seen = threading.Event(), threading.Event()
        for index in range(len(runs)):
            self._waiting.put(index)
        names = [f"explainer-training-{n}" for n in range(number)]
        self._threads = [threading.Thread(target=self._work, name=name, daemon=True) for name in names]
        for thread in self._threads:
            thread.start()

    def marks(self, wake: Callable[[], None]) -> Iterator[tuple[int, Snapshot]]:
        """What the threads say, until all of them have ended; the first error is raised."""
        ended = 0
        while ended < len(self._threads):
            try:
                heard = self._told.get(timeout=WAKE_S)
            except Empty:
                wake()
                continue
            if isinstance(heard, BaseException):
                raise heard
            if heard is None:
                ended += 1
                continue
            yield heard
            wake()
            self._seen.set()

    def dismiss(self) -> None:
        """Stop whoever still works, and wait for all."""
        self._stopped.set()
        self._seen.set()
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        torch.set_num_threads(1)
        try:
            while not self._stopped.is_set():
                self._run(self._waiting.get_nowait())
        except (Empty, _Stop):
            self._told.put(None)
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            self._stopped.set()
            self._told.put(error)
        else:
            self._told.put(None)

    def _run(self, index: int) -> None:
        listener = _Listener(lambda done: self._step(index, done))
        run = self._runs[index]
        if isinstance(run, Recipe):
            run = start(run, self._device, listener.listening)
            self._told.put((index, run))
        for snapshot in fit(run, listener.step, self._device, listener.listening):
            self._seen.clear()
            self._told.put((index, snapshot))
            if len(self._runs) == 1:
                self._seen.wait()

    def _step(self, index: int, done: int) -> None:
        if self._stopped.is_set():
            raise _Stop
        self._on_step(index, done)


class _Listener:
    """A token for what takes long between two steps: it asks again what the last step asked."""

    def __init__(self, ask: Callable[[int], None]) -> None:
        self._ask, self._done = ask, 0

    def step(self, done: int) -> None:
        """Remember the step, and ask."""
        self._done = done
        self._ask(done)

    def check(self) -> None:
        """Implement `explainer.core.context.Token`."""
        self._ask(self._done)

    def listening(self) -> AbstractContextManager[None]:
        """Make each forward pass inside the block ask."""
        return cancel_scope(self)
