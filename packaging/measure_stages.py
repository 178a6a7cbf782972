"""Measure the stage of every demo at all sizes it is held to, and print a table.

::

    python packaging/measure_stages.py [--source sample_images/dog.jpg] [--json measures.json] [DEMO …]
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from PySide6.QtWidgets import QApplication

from explainer.commands import bootstrap, window
from explainer.commands.offscreen import without_screen
from explainer.commands.shot import wait_for_result
from explainer.runtime.session import Session
from explainer.shell.appearance import SCALES
from explainer.shell.measuring import measured


@dataclass(frozen=True, slots=True)
class Setting:
    """One size of window, way of showing and size of type."""

    width: int
    height: int
    presenting: bool = False
    scale: float = 1.0

    def __str__(self) -> str:
        way = " presenting" if self.presenting else ""
        return f"{self.width}×{self.height}{way}" + (f" type {self.scale:g}" if self.scale != 1 else "")


SETTINGS = (
    Setting(1024, 700),
    Setting(1280, 800),
    Setting(1920, 1080),
    Setting(1280, 800, scale=1.8),
    Setting(1920, 1080, scale=1.8),
    Setting(1280, 720, presenting=True),
    Setting(1920, 1080, presenting=True),
)


def misses(found: dict[str, Any], setting: Setting) -> Iterator[str]:
    """What falls short of the targets, a phrase each."""
    if setting.presenting:
        if found["heroes_of_window"] < 0.45:
            yield f"heroes {found['heroes_of_window']:.2f} of the screen"
    elif found["heroes"] < 0.38:
        yield f"heroes {found['heroes']:.2f}"
    shown = found["pictures"] + (0 if found["film"] else found["charts"])  # without a film the charts are its pictures
    if not setting.presenting and shown < 0.50:
        yield f"pictures {shown:.2f}"
    if found["blank"] > 0.08:
        yield f"blank {found['blank']:.2f}"
    yield from (f"{kind} {found[kind]}" for kind in ("clipped", "elided", "overlapping", "outside") if found[kind])


def measure(demo_id: str, source: str, settings: Sequence[Setting] = SETTINGS) -> dict[str, dict[str, Any]]:
    """Run one demo in a window of its own and measure it at every setting."""
    app = QApplication.instance() or QApplication(sys.argv[:1])
    shown = window.make_window(Session(demo=demo_id, source=source), "light", remember=False)
    first = settings[0]
    shown.setFixedSize(first.width, first.height)
    shown.show()
    problem = wait_for_result(shown)
    found = {}
    for setting in () if problem else settings:
        shown.setFixedSize(setting.width, setting.height)
        if shown.appearance.presenting != setting.presenting:
            shown.set_presenting(setting.presenting)
        shown.appearance.step_scale(SCALES.index(setting.scale) - SCALES.index(shown.appearance.scale))
        shown.dressing.finish()
        for _ in range(4):  # layouts, then what they post, then what that paints
            app.processEvents()
        found[str(setting)] = measured(shown)
    shown.close()
    return found or {"problem": {"sentence": problem}}


def main() -> None:
    """Print a line for each demo and setting that falls short, then the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", default="")
    parser.add_argument("--json", type=Path)
    parser.add_argument("demos", nargs="*")
    args = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    without_screen()
    everything: dict[str, Any] = {}
    for demo in bootstrap.demos().demos():
        if args.demos and demo.info.id not in args.demos:
            continue
        found = everything[demo.info.id] = measure(demo.info.id, args.source)
        for setting in SETTINGS:
            short = list(misses(found[str(setting)], setting)) if str(setting) in found else ["no result"]
            print(f"{demo.info.id:26}{setting!s:28}{'; '.join(short) or 'fits'}", flush=True)
    for setting in SETTINGS:
        rows = [found[str(setting)] for found in everything.values() if str(setting) in found]
        shares = ", ".join(f"{name} {median(row[name] for row in rows):.3f}" for name in SHARES)
        held = sum(not any(misses(row, setting)) for row in rows)
        print(f"{setting!s:28}median {shares}; {held} of {len(rows)} fit")
    if args.json:
        args.json.write_text(json.dumps(everything, indent=1, ensure_ascii=False), "utf8")


SHARES = ("heroes", "heroes_of_window", "pictures", "blank")

if __name__ == "__main__":
    main()
