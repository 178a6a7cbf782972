"""``explainer doctor``: what this machine has, whether it computes rightly, and how fast the program starts.

Whatever is broken becomes a sentence among the problems; the rest is said all the same.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from importlib import metadata
from typing import Any

import numpy as np

from explainer import __version__
from explainer.commands import bootstrap
from explainer.commands.gc_paused import gc_paused
from explainer.core.context import Settings
from explainer.core.frame import Frame
from explainer.core.paths import resource, user_config, user_data
from explainer.core.problem import ExplainerError, Problem
from explainer.sources.camera import list_cameras
from explainer.sources.opening import open_source

PHOTO = "sample:cat"
SPAWNED_AT = "EXPLAINER_SPAWNED_AT"
CHILD_TIMEOUT_S = 180.0
# GPUs multiply convolutions with 10-bit mantissas by default; over fifty layers that is under 1 % of a logit.
MOST_DIFFERENCE = 0.02
FOLDERS = {"data": "Fetched", "config": "Settings", "resources": "Own files"}
DEVICES = {"cpu": "CPU", "cuda": "CUDA GPU", "mps": "Apple GPU"}
# Name to say → name of the distribution.
LIBRARIES: Mapping[str, str] = {
    "torch": "torch", "torchvision": "torchvision", "captum": "captum", "PySide6": "PySide6-Essentials",
    "pyqtgraph": "pyqtgraph", "cv2": "opencv-contrib-python-headless", "numpy": "numpy", "scipy": "scipy",
    "Pillow": "Pillow", "safetensors": "safetensors",
}  # fmt: skip

Report = dict[str, Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of ``doctor``."""
    parser.add_argument("--json", action="store_true", help="everything, for scripts")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    bootstrap.add_session_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Look at everything and print it; exit code 1 where something is broken."""
    settings = bootstrap.settings_of(args)
    if args.child:
        with gc_paused():
            return _start_and_tell(settings)
    found = examined(settings)
    if args.json:
        print(json.dumps(found, indent=1, ensure_ascii=False))
    else:
        print("\n".join(f"{name:10}{text}" for name, text in _lines(found)))
    for sentence in found["problems"]:
        print(sentence, file=sys.stderr)
    return 1 if found["problems"] else 0


def examined(settings: Settings) -> Report:
    """Return what ``doctor --json`` prints."""
    report: Report = {"versions": versions(), "platform": platform.platform()}
    problems: list[str] = []
    # The start comes first: it is measured while nothing else computes.
    steps: Sequence[tuple[str, Callable[[Settings], Report]]] = (
        ("The start", start_times),
        ("Computing", computing),
        ("The self-test", self_test),
        ("The check of the weights", weights_state),
        ("The search for cameras", cameras),
        ("The search for folders", folders),
        ("The search for kept runs", kept_runs),
    )
    for name, step in steps:
        try:
            found = step(settings)
            problems += found.pop("problems", [])
            report |= found
        except ExplainerError as error:
            problems.append(error.problem.sentence)
        except Exception as error:  # noqa: BLE001 - a doctor does not die of what the patient has
            problems.append(f"{name} failed: {(str(error) or type(error).__name__).splitlines()[0]}")
    return {**EMPTY, **report, "problems": problems}


EMPTY: Mapping[str, Any] = dict.fromkeys(
    (
        "versions", "platform", "device", "devices", "gpu", "threads", "cores", "self_test", "cameras", "folders",
        "runs", "weights", "window_ms", "first_result_ms", "torch_loaded_at_window",
    )
)  # fmt: skip


# What is here -------------------------------------------------------------------------------------------


def versions() -> dict[str, str | None]:
    """Versions of what computes and draws; ``None`` for what is not installed. Loads nothing."""
    found: dict[str, str | None] = {"explainer": __version__, "python": platform.python_version()}
    for name, distribution in LIBRARIES.items():
        try:
            found[name] = metadata.version(distribution)
        except metadata.PackageNotFoundError:
            found[name] = None
    return found


def computing(settings: Settings) -> Report:
    """Return what the asked-for device really is, all that there are, and the threads that are computed with."""
    import torch

    zoo = bootstrap.zoo()
    device = zoo.device(settings.device)
    with zoo.lease(Settings().model, replace(settings, device="cpu")):
        pass
    return {
        "device": device,
        "devices": list(dict.fromkeys(zoo.device(kind) for kind in ("cpu", "cuda", "mps"))),
        "gpu": torch.cuda.get_device_name() if device == "cuda" else "Apple GPU" if device == "mps" else None,
        "threads": zoo.threads,
        "cores": os.cpu_count(),
    }


def weights_state(_settings: Settings) -> Report:
    """How many weights of each kind are here, and which of them are bad."""
    from explainer.commands import models  # here, because the child whose start is measured must not pay for it

    rows, bad = models.weights(), [problem.sentence for _, problem in models.verified() if problem is not None]
    counts = {state: sum(row.state == state for row in rows) for state in ("shipped", "fetched", "own")}
    return {"weights": {**counts, "bad": bad}, "problems": bad}


def cameras(_settings: Settings) -> Report:
    """Name what ``--source camera:N`` opens."""
    return {"cameras": [{"source": f"camera:{one.index}", "name": one.name} for one in list_cameras()]}


def folders(_settings: Settings) -> Report:
    """Where the program reads and writes, and whether it may write there."""
    places = {"data": user_data(), "config": user_config(), "resources": resource()}
    closed = [path for path in (user_data(), user_config()) if not os.access(path, os.W_OK)]
    problems = [f"{path} cannot be written to, so nothing can be kept there." for path in closed]
    return {"folders": {name: str(path) for name, path in places.items()}, "problems": problems}


def kept_runs(_settings: Settings) -> Report:
    """How many training runs are kept, and how much room they take."""
    from explainer.runtime.runs import MOST_BYTES, kept, runs_folder

    count, size = kept()
    return {
        "runs": {"count": count, "bytes": size, "most_bytes": MOST_BYTES, "folder": str(runs_folder())},
    }


# Whether it computes rightly ----------------------------------------------------------------------------


def self_test(settings: Settings) -> Report:
    """Compare the default model's logits of a sample photo on the device with those on the CPU.

    Returns
    -------
    dict
        ``self_test`` with ``max_abs_difference`` and ``passed``, both ``None`` where there is the CPU only.

    Raises
    ------
    ExplainerError
        If the two disagree.
    """
    name, device = Settings().model, bootstrap.zoo().device(settings.device)
    right = _logits(name, replace(settings, device="cpu"))
    test: Report = {
        "model": name, "photo": PHOTO, "device": device, "top1": bootstrap.zoo().card(name).label(int(right.argmax())),
        "max_abs_logit": float(np.abs(right).max()), "max_abs_difference": None, "passed": None,
    }  # fmt: skip
    if device == "cpu":
        return {"self_test": test}
    other = _logits(name, settings)
    difference = float(np.abs(other - right).max())
    agree = difference <= MOST_DIFFERENCE * test["max_abs_logit"] and other.argmax() == right.argmax()
    problem = f"The {DEVICES[device]} computes other logits than the CPU, by {difference:.3g}. Use --device cpu."
    return {
        "self_test": {**test, "max_abs_difference": difference, "passed": bool(agree)},
        "problems": [] if agree else [problem],
    }


def _logits(name: str, settings: Settings) -> np.ndarray[Any, np.dtype[np.float32]]:
    source = open_source(PHOTO)
    if isinstance(source, Problem):
        raise ExplainerError(source.what, source.todo, source.details)
    with closing(source), bootstrap.zoo().lease(name, settings) as net:
        frame = source.at(0)
        if not isinstance(frame, Frame):
            raise ExplainerError(frame.what, frame.todo, frame.details)
        logits = net.logits(net.prepare(frame).tensor, stock=True)[0]
        return np.asarray(logits.cpu().numpy(), np.float32)


# How fast it starts -------------------------------------------------------------------------------------


def start_times(settings: Settings) -> Report:
    """Start the program once more and let it say when its window was painted and when its first result was there.

    Returns
    -------
    dict
        ``window_ms`` and ``first_result_ms``, counted from before the process was made, and
        ``torch_loaded_at_window``.

    Raises
    ------
    ExplainerError
        If no window came.
    """
    environment = {**os.environ, SPAWNED_AT: repr(time.time())}
    try:
        child = subprocess.run(  # noqa: S603 - this very program
            _command(settings), env=environment, capture_output=True, text=True, timeout=CHILD_TIMEOUT_S, check=False
        )
        told: Report = json.loads(child.stdout.splitlines()[-1])
    except (OSError, subprocess.TimeoutExpired, ValueError, IndexError) as error:
        what = "The window did not come when the program was started for a measurement."
        raise ExplainerError(what, "Start “explainer” by itself to see why.", repr(error)) from error
    problem = told.pop("problem")
    return {**told, "problems": [problem] if problem else []}


def _command(settings: Settings) -> list[str]:
    program = [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "explainer"]
    flags = {"--model": settings.model, "--device": settings.device, "--threads": str(settings.threads)}
    return [*program, "doctor", "--child", *(part for flag in flags.items() for part in flag)]


def _start_and_tell(settings: Settings) -> int:
    """In the child: the real window with the default demo and photo, as ``explainer`` opens it."""
    from explainer.commands import shot, window
    from explainer.commands.offscreen import without_screen
    from explainer.runtime.session import Session

    without_screen()
    from PySide6.QtWidgets import QApplication

    spawned = float(os.environ.get(SPAWNED_AT, time.time()))
    seen: Report = {"window_ms": None, "torch_loaded_at_window": None}

    def painted() -> None:
        seen["window_ms"] = _since(spawned)
        seen["torch_loaded_at_window"] = "torch" in sys.modules

    _app = QApplication.instance() or QApplication(sys.argv[:1])
    shown = window.make_window(Session(settings=settings), remember=False)
    _show_and_wait_for_paint(shown, painted)
    problem = shot.wait_for_result(shown)
    first_result_ms = _since(spawned)
    shown.close()
    print(json.dumps({**seen, "first_result_ms": None if problem else first_result_ms, "problem": problem}))
    return 1 if problem else 0


def _show_and_wait_for_paint(shown: Any, painted: Callable[[], None]) -> None:
    """Show the window, and call `painted` as soon as the paint in which it takes part has ended."""
    from PySide6.QtCore import QEventLoop

    from explainer.commands.first_paint import FirstPaint

    loop = QEventLoop()

    def act() -> None:
        painted()
        loop.quit()

    FirstPaint(shown, act)
    shown.show()
    loop.exec()


def _since(spawned: float) -> float:
    return round(1000 * (time.time() - spawned), 1)


# For people ---------------------------------------------------------------------------------------------


def _lines(found: Report) -> Iterator[tuple[str, str]]:
    known = found["versions"]
    yield "Explainer", f"{known['explainer']}, Python {known['python']}, {found['platform']}"
    yield "Libraries", ", ".join(f"{name} {known[name] or 'missing'}" for name in LIBRARIES)
    if found["device"]:
        yield "Computing", _computing_words(found)
    if found["self_test"]:
        yield "Self-test", _test_words(found["self_test"])
    if found["weights"]:
        yield "Weights", _weights_words(found["weights"])
    if found["cameras"] is not None:
        yield "Cameras", ", ".join(f"{one['name']} ({one['source']})" for one in found["cameras"]) or "none"
    if found["runs"]:
        yield "Kept runs", _runs_words(found["runs"])
    for name, path in (found["folders"] or {}).items():
        yield FOLDERS[name], path
    if found["window_ms"] is not None:
        yield "Start", _start_words(found["window_ms"], found["first_result_ms"])


def _computing_words(found: Report) -> str:
    threads = f"{found['threads']} thread{'s' if found['threads'] != 1 else ''} on {found['cores']} cores"
    others = [DEVICES[kind] for kind in found["devices"] if kind != found["device"]]
    chip = f" ({found['gpu']})" if found["gpu"] else ""
    return f"{DEVICES[found['device']]}{chip}, {threads}; {'also ' + ', '.join(others) if others else 'no GPU'}"


def _test_words(test: Report) -> str:
    if test["max_abs_difference"] is None:
        return f"{PHOTO} is “{test['top1']}”; there is no second device to compare with"
    agrees = "agrees" if test["passed"] else "does not agree"
    share = f"within {test['max_abs_difference']:.2g} of logits up to {test['max_abs_logit']:.1f}"
    return f"the {DEVICES[test['device']]} {agrees} with the CPU, {share}"


def _weights_words(state: Report) -> str:
    counts = f"{state['shipped']} came with the program, {state['fetched']} fetched, {state['own']} your own"
    return f"{counts}; {len(state['bad']) or 'none'} damaged"


def _runs_words(runs: Report) -> str:
    room = f"{runs['bytes'] / 2**20:.1f} of at most {runs['most_bytes'] / 2**20:.0f} MB"
    return f"{runs['count']} of training, {room}, in {runs['folder']}"


def _start_words(window_ms: float, first_result_ms: float | None) -> str:
    text = f"Window on screen after {window_ms / 1000:.2f} s"
    return text if first_result_ms is None else f"{text}, first result after {first_result_ms / 1000:.1f} s"
