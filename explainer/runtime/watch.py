"""Watches a computing thread while it computes, and lets the governor choose its threads."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from explainer.core.context import Threads
from explainer.runtime.cores import FreeCores
from explainer.runtime.governor import Governor, Stretch
from explainer.runtime.token import JobToken

STRETCH_S = max(0.05, 16 * time.get_clock_info("thread_time").resolution)
"""A shorter stretch says too little: Windows counts a thread's time in steps of 16 ms."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """What the watch reads, so that tests can turn it: the time, and the calling thread's time on a core."""

    now_s: Callable[[], float] = time.perf_counter
    own_s: Callable[[], float] = time.thread_time


class Watch:
    """Sets the threads of whoever computes in a ``with watching(…)`` block, at each check of its token.

    Parameters
    ----------
    threads
        Sets them, in the calling thread.
    free
        Says how many cores are free. It is asked at once, so that the first job is judged by what went before.
    """

    def __init__(self, threads: Threads, clocks: Clocks | None = None, free: FreeCores | None = None) -> None:
        self._threads = threads
        self._clocks = clocks or Clocks()
        self._free = free or FreeCores()
        self._governor: Governor | None = None
        self._thread = 0
        self._token = JobToken()
        self._wall_s = self._own_s = self._slept_s = 0.0  # when the stretch began
        self._had_wall_s = self._had_own_s = 0.0  # of jobs that were too short to judge

    @contextmanager
    def watching(self, token: JobToken, wanted: int) -> Iterator[None]:
        """Compute with `wanted` threads inside the block; 0: with as many as the machine has to spare."""
        if wanted:
            self._threads.use(wanted, wanted)
            yield
            return
        self._begin(token)
        token.on_check = self._tick
        try:
            yield
        finally:
            token.on_check = None
            self._end()

    def _begin(self, token: JobToken) -> None:
        if self._governor is None:
            self._governor = Governor(self._threads.most())
        free, over_s = self._free.look()
        if free is not None:
            self._governor.saw(Stretch(self._clocks.now_s(), free=free, over_s=over_s))
        self._thread, self._token = threading.get_ident(), token
        self._use(self._governor)
        self._mark()

    def _tick(self) -> None:
        """Judge the stretch, if it is long enough; called thousands of times a second."""
        if threading.get_ident() != self._thread:
            return
        if self._clocks.now_s() - self._wall_s + self._had_wall_s < STRETCH_S:
            return
        self._add()
        self._judge()

    def _end(self) -> None:
        self._add()
        if self._had_wall_s >= STRETCH_S:
            self._judge()

    def _add(self) -> None:
        """Book the time since the last mark, without what was slept in a pause."""
        slept_s = self._token.slept_s - self._slept_s
        self._had_wall_s += self._clocks.now_s() - self._wall_s - slept_s
        self._had_own_s += self._clocks.own_s() - self._own_s
        self._mark()

    def _mark(self) -> None:
        self._wall_s, self._own_s, self._slept_s = self._clocks.now_s(), self._clocks.own_s(), self._token.slept_s

    def _judge(self) -> None:
        wall_s, own_s, self._had_wall_s, self._had_own_s = self._had_wall_s, self._had_own_s, 0.0, 0.0
        governor = self._governor
        # Some methods compute in one thread on purpose; what they take says nothing, and they put back what was.
        if governor is None or self._threads.now() != governor.in_force:
            return
        free, over_s = self._free.look()
        governor.saw(Stretch(self._clocks.now_s(), wall_s, own_s, free, over_s))
        self._use(governor)

    def _use(self, governor: Governor) -> None:
        self._threads.use(governor.in_force, governor.most)
