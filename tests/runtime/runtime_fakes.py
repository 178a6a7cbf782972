"""Demos, models, sources and clocks that do as a test tells them."""

import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from explainer.core.context import Settings
from explainer.core.controls import Doc, Range, Resets
from explainer.core.demo import Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.model_card import ModelCard
from explainer.core.problem import Problem
from explainer.core.result import Result

WAIT_S = 10.0  # a deadlock shows as a failure; nothing waits that long when all is well
SETTINGS = Settings()


def frame(index=0, source="a", size=4, time_s=0.0):
    return Frame(np.full((size, size, 3), index % 256, np.uint8), source_id=source, index=index, time_s=time_s)


def result(value=1.0, **more):
    return Result(reading="", values={"answer": float(value)}, **more)


@dataclass(frozen=True, slots=True)
class Knobs:
    gain: Annotated[int, Doc("Gain"), Range(0, 1000)] = 1
    anew: Annotated[int, Doc("Anew"), Range(0, 1000), Resets()] = 0


class Scripted(Demo[Knobs]):
    """Runs the function it was given."""

    info = DemoInfo(id="scripted", title="Scripted", topics=(1,))

    def __init__(self, script, **info):
        self.script = script
        self.info = DemoInfo(**({"id": "scripted", "title": "Scripted", "topics": (1,)} | info))

    def run(self, frame, params, ctx):
        return self.script(frame, params, ctx)


class Models:
    """A zoo of names."""

    def __init__(self):
        self.asked = []
        self.open = 0

    def cards(self):
        return [self.card("efficientnet-lite0")]

    def card(self, name):
        return ModelCard(
            name, name.title(), "own", "nothing", 8, 8, (0, 0, 0), (1, 1, 1), "bilinear", (), ("cat", "dog")
        )

    @contextmanager
    def lease(self, name, settings):
        self.asked.append(("lease", name))
        self.open += 1
        try:
            yield f"module {name}"
        finally:
            self.open -= 1

    def device(self, wanted):
        self.asked.append(("device", wanted))
        return "cpu" if wanted == "auto" else wanted


class Log:
    """Collects events from any thread; `until` blocks without polling."""

    def __init__(self):
        self.events: list[Any] = []
        self._changed = threading.Condition()

    def __call__(self, event):
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    def of(self, *kinds):
        with self._changed:
            return [e for e in self.events if isinstance(e, kinds)]

    def until(self, wanted):
        with self._changed:
            came = self._changed.wait_for(lambda: wanted(list(self.events)), WAIT_S)
            assert came, [type(e).__name__ for e in self.events]
            return list(self.events)

    def until_count(self, kind, count):
        self.until(lambda events: sum(isinstance(e, kind) for e in events) >= count)
        return self.of(kind)


class FakeClock:
    """Turned by waiting: a wait with an end returns at once and the time is over, until `hold_at` is reached."""

    def __init__(self):
        self.time = 100.0
        self.hold_at = float("inf")
        self.held = threading.Event()
        self.waits: list[float] = []

    def now(self):
        return self.time

    def wait(self, changed, timeout_s):
        if timeout_s is None:
            changed.wait()
        elif self.time + timeout_s > self.hold_at:
            self.held.set()
            changed.wait()
        else:
            self.waits.append(timeout_s)
            self.time += timeout_s


class FakeSource:
    """Numbered frames; `script[index]` stands in for a frame where it is given. `real` frames are there."""

    def __init__(self, kind="video", count=5, fps=10.0, script=None, name="s", real=None, times=None):
        self.times = times
        self.id, self.kind, self.title, self.count, self.fps = name, kind, name, count, fps
        self.script = script or {}
        self.next = 0
        self.closed = 0
        self.real = count if real is None else real
        self.read_s, self.clock = 0.0, None
        self.reads: list[Any] = []
        self.readers: set[str] = set()

    def _get(self, index):
        self.readers.add(threading.current_thread().name)
        if self.clock is not None:
            self.clock.time += self.read_s
        made = self.script.get(index, None)
        if isinstance(made, Exception):
            raise made
        if isinstance(made, Problem):
            return made
        even = index / self.fps if self.fps else 0.0
        return frame(index, self.id, time_s=even if self.times is None else self.times[index])

    def read(self):
        index, self.next = self.next, self.next + 1
        self.reads.append(index)
        if self.real is not None and index >= self.real:
            self.next = self.real
            return None
        return self._get(index)

    def at(self, index):
        self.reads.append(("at", index))
        self.next = index + 1
        return self._get(index)

    def close(self):
        self.closed += 1
