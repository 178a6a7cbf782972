"""Measure the live window: how long it is ever blocked, and whether anything grows.

    .venv/bin/python packaging/measure_window.py --frames 2000 [--busy 2]

The real window, offscreen, on a source of 1280 × 720 that always has a picture ready. A timer of 2 ms in the
GUI thread notes the gaps between its ticks, while the program loads and after the first result. A part of the
frames is spent on switching demos and sources; memory, threads and Qt objects are compared before and after.
"""

import argparse
import gc
import json
import sys
import threading
from time import perf_counter

import psutil
from PySide6.QtCore import QEventLoop, QObject, QTimer
from PySide6.QtWidgets import QApplication

from explainer.commands import offscreen, window
from explainer.commands.beside import beside
from explainer.commands.gc_paused import gc_paused
from explainer.runtime.events import Finished
from explainer.runtime.session import Session
from explainer.shell.main_window import MainWindow

TICK_MS = 2
DEMOS = ("grad-cam", "saliency", "activations", "correlation-tracker", "grad-cam")
SOURCES = ("sample:cat", "synthetic:square", "synthetic:endless")


class Watch:
    """Counts results and notes how long the GUI thread was away."""

    def __init__(self, shown: MainWindow) -> None:
        self.shown, self.count, self.gaps = shown, 0, []
        self._last = perf_counter()
        self._timer = QTimer(interval=TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._timer.start()
        shown.conductor.delivered.connect(self._delivered)

    def _tick(self) -> None:
        now = perf_counter()
        self.gaps.append(1000 * (now - self._last) - TICK_MS)
        self._last = now

    def _delivered(self, event: object) -> None:
        self.count += isinstance(event, Finished)

    def run_until(self, count: int, limit_s: float) -> bool:
        """Turn the event loop until so many results came."""
        loop, wanted = QEventLoop(), self.count + count
        look = QTimer(interval=5)
        look.timeout.connect(lambda: loop.quit() if self.count >= wanted else None)
        look.start()
        QTimer.singleShot(int(1000 * limit_s), loop.quit)
        loop.exec()
        look.stop()
        return self.count >= wanted

    def taken(self) -> dict[str, float]:
        """Gaps so far in ms, and begin anew."""
        gaps, self.gaps = sorted(max(0.0, gap) for gap in self.gaps), []
        return {"p50": gaps[len(gaps) // 2], "p99": gaps[int(0.99 * len(gaps))], "max": gaps[-1]}


def inventory(shown: QObject) -> dict[str, float]:
    """What may not grow."""
    gc.collect()
    return {
        "rss_mb": psutil.Process().memory_info().rss / 2**20,
        "threads": threading.active_count(),
        "objects": len(shown.findChildren(QObject)),
        "timers": sum(timer.isActive() and not timer.isSingleShot() for timer in shown.findChildren(QTimer)),
    }


def switch(watch: Watch) -> None:
    """Visit every demo and source once."""
    conductor = watch.shown.conductor
    for demo in DEMOS:
        conductor.choose_demo(demo)
        watch.run_until(3, 60)
    for source in SOURCES:
        conductor.open(source)
        watch.run_until(1 if source == "sample:cat" else 3, 60)


def main() -> int:
    """Print a JSON object."""
    with gc_paused():  # as ``explainer`` starts
        return _measured()


def _measured() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=8, help="visits to every demo and source among them")
    parser.add_argument("--busy", type=int, default=0, help="so many other processes work beside it, from the start")
    args = parser.parse_args()
    with beside(args.busy):
        return _live(args)


def _live(args: argparse.Namespace) -> int:
    offscreen.without_screen()
    app = QApplication(sys.argv[:1])
    began = perf_counter()
    shown = window.make_window(Session(demo="grad-cam", source="sample:cat"), "light", remember=False)
    shown.resize(1280, 800)
    shown.show()
    watch = Watch(shown)
    QTimer.singleShot(0, shown.start)
    ended = watch.run_until(1, 120)
    report: dict[str, object] = {"first_result_s": perf_counter() - began, "loading_ms": watch.taken()}
    shown.conductor.open("synthetic:endless")
    watch.run_until(30, 120)  # charts, handles and the lesson's formulas have been made once
    switch(watch)
    watch.taken()
    before = inventory(shown)
    began, start = perf_counter(), watch.count
    watch.run_until(args.frames // 2, 600)
    report |= {"live_ms": watch.taken(), "frame_ms": 1000 * (perf_counter() - began) / (watch.count - start)}
    for _ in range(args.rounds):
        switch(watch)
    report["switching_ms"] = watch.taken()
    ended &= watch.run_until(args.frames // 2, 600)
    report |= {"before": before, "after": inventory(shown), "frames": watch.count}
    shown.close()
    app.processEvents()
    left = [t.name for t in threading.enumerate() if t.name.startswith("explainer")]
    print(json.dumps(report | {"threads_left": left}, indent=1))
    return 0 if ended and not left else 1


if __name__ == "__main__":
    sys.exit(main())
