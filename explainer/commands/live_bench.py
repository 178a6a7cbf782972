"""The live loop under the bench: a source that always has a picture ready, the real scheduler and stage."""

from statistics import median
from time import perf_counter
from typing import Any

from PySide6.QtCore import QEventLoop, QTimer

from explainer.commands import bootstrap
from explainer.commands.offscreen import application
from explainer.core.context import Settings
from explainer.core.demo import Demo
from explainer.core.frame import Frame
from explainer.runtime import events as ev
from explainer.shell.bridge import Bridge
from explainer.shell.stage import Stage
from explainer.shell.style import resolved
from explainer.sources.synthetic import EndlessSource

STAGE_SIZE = (772, 724)  # of a window of 1280 × 800
WARM_UP = 15
TIMEOUT_MS = 120_000


def live_figures(demo: Demo[Any], params: Any, settings: Settings, count: int) -> tuple[float, float]:
    """Median time between painted frames, and median time from grab to paint, in ms."""
    application()
    loop = _Loop(demo, params, settings, count)
    loop.run()
    gaps = [b - a for a, b in zip(loop.painted[WARM_UP:], loop.painted[WARM_UP + 1 :], strict=False)]
    if not gaps:
        return float("nan"), float("nan")
    return round(1000 * median(gaps), 3), round(1000 * median(loop.latencies[WARM_UP:]), 3)


class _Loop:
    """Offers the next picture as soon as a run begins, so that one always waits."""

    def __init__(self, demo: Demo[Any], params: Any, settings: Settings, count: int) -> None:
        self.painted: list[float] = []
        self.latencies: list[float] = []
        self._wanted = count
        self._grabbed: dict[int, float] = {}
        self._source = EndlessSource()
        self._stage = Stage(resolved("light", 1.0))
        self._stage.resize(*STAGE_SIZE)
        self._stage.show()
        self._last_charts = 0.0
        self._bridge = Bridge()
        self._bridge.arrived.connect(self._in_gui)
        self._events = QEventLoop()
        self._scheduler = bootstrap.scheduler(self._in_worker)
        self._scheduler.ask(demo, params, settings)

    def run(self) -> None:
        QTimer.singleShot(0, self._feed)
        QTimer.singleShot(TIMEOUT_MS, self._events.quit)
        self._events.exec()
        self._bridge.close()
        self._scheduler.close()
        self._source.close()
        self._stage.close()

    def _feed(self) -> None:
        began = perf_counter()
        frame = self._source.read()
        assert isinstance(frame, Frame)
        self._grabbed[frame.index] = began
        self._scheduler.feed(frame)

    def _in_worker(self, event: ev.JobEvent) -> None:
        if isinstance(event, ev.Started):
            self._feed()
        self._bridge.post(event)

    def _in_gui(self, event: object) -> None:
        if isinstance(event, ev.Failed):
            self._events.quit()
        if not isinstance(event, ev.Finished):
            return
        charts = perf_counter() - self._last_charts > 0.1  # as the window does
        if charts:
            self._last_charts = perf_counter()
        self._stage.show_result(event.result, charts=charts)
        now = perf_counter()
        self.painted.append(now)
        self.latencies.append(now - self._grabbed.pop(event.frame.index))
        if len(self.painted) >= self._wanted:
            self._events.quit()
