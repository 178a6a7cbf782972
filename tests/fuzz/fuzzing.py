"""Seeded cases in a process of their own, so that whatever a case does is a finding and not the end of the tests.

A fuzzer is a module ``fuzz_NAME.py`` with a function ``case(draw, folder)``: `draw` is a ``random.Random`` seeded with
the case's number, `folder` an empty folder of its own. It raises where something is wrong. Around each case the child
watches that nothing is written outside the run's folder, no program is started, no address is reached, nothing is
written to standard error, and that memory and the process's own time stay bounded.

The parent starts ``fuzzing.py NAME FIRST COUNT FOLDER`` and reads the log that the child keeps. A case at which the
child died is a finding too; the next child goes on behind it.
"""

import contextlib
import importlib
import json
import logging
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import traceback
import warnings
from dataclasses import dataclass, replace
from pathlib import Path

HERE = Path(__file__).resolve().parent
TESTS = HERE.parent
BESIDE = ("", "sources", "shell", "runtime")
MOST_FINDINGS = 12


@dataclass(frozen=True)
class Limits:
    """What one case may use; `cpu_s` is the process's own time, `memory_mb` what its peak grows by."""

    cpu_s: float = 20.0
    memory_mb: int = 700


@dataclass(frozen=True)
class Finding:
    """A seed and what went wrong with it."""

    name: str
    seed: int
    text: str

    def __str__(self):
        again = f"python -m pytest tests/fuzz -k {self.name} --fuzz 1 --fuzz-seed {self.seed}"
        return f"{self.name}, seed {self.seed}: {self.text.strip()}\nagain: {again}"


# The parent ---------------------------------------------------------------------------------------------


def campaign(name, first, count, folder):
    """Run `count` cases from seed `first` on; return what was found."""
    found, seed, end = [], first, first + count
    while seed < end and len(found) < MOST_FINDINGS:
        log = Path(folder) / f"{name}-{seed}.log"
        code, complaint = _child(name, seed, end - seed, folder, log)
        lines = [json.loads(line) for line in log.read_text(encoding="utf8").splitlines()] if log.exists() else []
        found += [Finding(name, line["seed"], line["found"]) for line in lines if "found" in line]
        if lines and "done" in lines[-1]:
            return found
        begun = [line["begun"] for line in lines if "begun" in line]
        seed = begun[-1] if begun else seed
        found.append(Finding(name, seed, f"the process ended with {code}\n{complaint[-3000:]}"))
        if not begun:
            return found
        seed += 1
    return found


def _child(name, first, count, folder, log):
    home = Path(folder) / "home"
    home.mkdir(exist_ok=True)
    places = dict.fromkeys(("EXPLAINER_HOME", "HOME", "TMPDIR", "TEMP", "XDG_RUNTIME_DIR"), str(home))
    environment = {**os.environ, **places, "TORCHINDUCTOR_CACHE_DIR": str(home), "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, str(HERE / "fuzzing.py"), name, str(first), str(count), str(folder), str(log)]
    ran = subprocess.run(command, env=environment, capture_output=True, check=False, cwd=folder)
    return ran.returncode, (ran.stdout + ran.stderr).decode("utf8", "replace")


# The child ----------------------------------------------------------------------------------------------


class Guard:
    """Notes what a case does to the world outside its folder; Python's audit hooks cannot be taken back."""

    known = frozenset(("/sbin/ldconfig",))  # how Python finds a library of the system
    programs = frozenset(("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.startfile", "os.fork"))
    network = frozenset(("socket.connect", "socket.getaddrinfo", "urllib.Request"))
    pairs = frozenset(("os.rename", "os.link", "os.symlink"))  # of two names the second is written
    changes = frozenset(("os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.link", "os.symlink", "os.truncate"))

    def __init__(self, folder):
        self.inside, self.on, self.seen = os.path.realpath(folder), False, []
        sys.addaudithook(self)

    def __call__(self, event, args):
        if not self.on:
            return
        if event in self.programs and args[0] in self.known:
            return
        if event in self.programs or (event in self.network and _is_outside(args)):
            self.seen.append(f"{event} {args!r}"[:300])
        elif event == "open" and _writes(args):
            self._outside(event, args[0])
        elif event in self.changes:
            self._outside(event, args[1] if event in self.pairs else args[0])

    def _outside(self, event, path):
        if isinstance(path, int) or path is None:
            return
        whole = os.path.realpath(os.fsdecode(path))
        if not whole.startswith(self.inside) and not whole.startswith("/dev/") and "__pycache__" not in whole:
            self.seen.append(f"{event} {whole}")


def _is_outside(args):
    """Local sockets (a display, a bus) are not the network."""
    address = args[1] if len(args) > 1 else args[0]
    return not isinstance(address, str | bytes)


def _writes(args):
    _path, mode, flags = args
    if isinstance(mode, str):
        return any(sign in mode for sign in "wax+")
    return bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))


class Heard(logging.Handler):
    """What is logged as WARNING or worse."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.texts = []

    def emit(self, record):
        self.texts.append(self.format(record))


class Watch:
    """Everything that is looked at around a case."""

    def __init__(self, folder, limits, grumbles):
        self.limits, self.guard, self.heard = limits, Guard(folder), Heard()
        self.grumbles = re.compile(grumbles or "$.")
        logging.getLogger().addHandler(self.heard)
        self.complaints = Path(folder) / f"stderr-{os.getpid()}"
        self.file = self.complaints.open("wb")
        os.dup2(self.file.fileno(), 2)

    def found(self, case, seed, folder):
        """Run one case and say what was wrong, "" when nothing was."""
        before_s, before_mb = time.process_time(), _peak_mb()
        told = self.complaints.stat().st_size
        self.heard.texts.clear()
        self.guard.seen.clear()
        wrong = self._raised(case, seed, folder)
        took_s, grew_mb = time.process_time() - before_s, _peak_mb() - before_mb
        wrong += [f"outside: {text}" for text in self.guard.seen[:5]]
        wrong += [f"logged: {text}" for text in self.heard.texts[:3]]
        complaint = self._complaint(told)
        wrong += [f"standard error: {complaint}"] if complaint else []
        if took_s > self.limits.cpu_s:
            wrong.append(f"took {took_s:.1f} s of the processor, allowed are {self.limits.cpu_s:g}")
        if grew_mb > self.limits.memory_mb:
            wrong.append(f"took {grew_mb:.0f} MB, allowed are {self.limits.memory_mb}")
        return "\n".join(wrong)

    def _complaint(self, told):
        text = self.complaints.read_bytes()[told:].decode("utf8", "replace")
        return "\n".join([line for line in text.splitlines() if not self.grumbles.match(line)][:20])

    def _raised(self, case, seed, folder):
        _stop_after(3 * self.limits.cpu_s)
        self.guard.on = True
        try:
            case(random.Random(seed), folder)
        except BaseException:  # whatever it is
            return [traceback.format_exc()]
        finally:
            self.guard.on = False
            _stop_after(0)
        return []


def _stop_after(cpu_s):
    """End the process when a case runs away: it is then found as the case that was begun last."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, cpu_s)


def _peak_mb():
    status = Path("/proc/self/status")
    if status.exists():  # ru_maxrss begins with what the process that started this one held
        (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
        return int(line.split()[1]) / 1024
    try:
        import resource
    except ImportError:
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 1024)


def child(name, first, count, folder, log):
    """Run cases one after the other and keep the log."""
    sys.path[:0] = [str(TESTS / part) for part in BESIDE] + [str(TESTS.parent)]
    fuzzer = importlib.import_module(f"fuzz_{name}")
    if hasattr(fuzzer, "prepare"):
        fuzzer.prepare(Path(folder))
    warnings.simplefilter("always", ResourceWarning)
    watch = Watch(folder, getattr(fuzzer, "LIMITS", Limits()), getattr(fuzzer, "GRUMBLES", ""))
    place = Path(folder) / f"cases-{os.getpid()}"
    with Path(log).open("w", encoding="utf8") as file:

        def note(**line):
            file.write(json.dumps(line) + "\n")
            file.flush()

        for seed in range(first, first + count):
            note(begun=seed)
            place.mkdir()
            wrong = watch.found(fuzzer.case, seed, place)
            if wrong:
                note(seed=seed, found=wrong)
            shutil.rmtree(place, onerror=_by_force)
        note(done=count)


def _by_force(_function, path, _error):
    with contextlib.suppress(OSError):
        Path(path).parent.chmod(0o700)
        Path(path).unlink()


def limited(**changes):
    """Limits that differ from the usual ones."""
    return replace(Limits(), **changes)


if __name__ == "__main__":
    child(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5])
    sys.stdout.flush()
