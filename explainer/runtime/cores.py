"""How many cores are there for this process, and how many of them others leave free."""

import ctypes
import os
import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path

GROUPS = Path("/sys/fs/cgroup")
WINDOW_S = 0.25  # the system counts in hundredths of a second


def allowed() -> int:
    """Cores that this process may use: those of its affinity, and no more than its control group is granted."""
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    granted = _granted()
    return cores if granted is None else max(1, min(cores, ceil(granted)))


def _granted() -> float | None:
    """Cores' worth of time that the control group of a container may use, in Linux's two ways of saying so."""
    try:
        quota, period = (GROUPS / "cpu.max").read_text(encoding="ascii").split()
    except (OSError, ValueError):
        try:
            quota, period = ((GROUPS / "cpu" / f"cpu.cfs_{n}_us").read_text("ascii") for n in ("quota", "period"))
        except OSError:
            return None
    try:
        share = int(quota) / int(period)
    except (ValueError, ZeroDivisionError):  # "max": no limit
        return None
    return share if share > 0 else None


def idle_s() -> float | None:
    """Seconds that all cores together have had nothing to do since the start of the system.

    ``None`` where it is not told, or where it says nothing about this process, which may use some cores only.
    """
    if allowed() < (os.cpu_count() or 1):
        return None
    ask = _WAYS.get(sys.platform)
    try:
        told = ask() if ask else None
    except (OSError, ValueError, IndexError, AttributeError):
        return None
    return told or None  # sandboxes that keep no count say 0


def _idle_linux() -> float:
    return float(Path("/proc/uptime").read_text(encoding="ascii").split()[1])


def _idle_macos() -> float:
    """Ask the kernel for ``HOST_CPU_LOAD_INFO``: ticks in user, system, idle and nice."""
    library = ctypes.CDLL(None)
    library.mach_host_self.restype = ctypes.c_uint
    ticks, count = (ctypes.c_uint * 4)(), ctypes.c_uint(4)
    if library.host_statistics(library.mach_host_self(), 3, ctypes.byref(ticks), ctypes.byref(count)):
        raise OSError
    return ticks[2] / float(os.sysconf("SC_CLK_TCK"))


def _idle_windows() -> float:
    """Ask ``GetSystemTimes``, which counts in tenths of a microsecond."""
    idle = ctypes.c_ulonglong()
    if not ctypes.WinDLL("kernel32").GetSystemTimes(ctypes.byref(idle), None, None):  # type: ignore[attr-defined,unused-ignore]
        raise OSError
    return idle.value / 1e7


_WAYS: dict[str, Callable[[], float]] = {"linux": _idle_linux, "darwin": _idle_macos, "win32": _idle_windows}


@dataclass(frozen=True, slots=True)
class _Count:
    at_s: float
    idle_s: float
    own_s: float


@dataclass(slots=True)
class FreeCores:
    """Cores that were idle or worked for this process, over the last quarter of a second or since it was last asked.

    Parameters
    ----------
    idle_s, own_s, now_s
        Idle seconds of all cores, processor seconds of this process, and the time.
    """

    idle_s: Callable[[], float | None] = idle_s
    own_s: Callable[[], float] = time.process_time
    now_s: Callable[[], float] = time.perf_counter
    _counts: deque[_Count] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self.look()

    def look(self) -> tuple[float | None, float]:
        """Return the cores and the seconds they were counted over; ``None`` where that is not known (yet)."""
        idle = self.idle_s()
        if idle is None:
            return None, 0.0
        self._counts.append(_Count(self.now_s(), idle, self.own_s()))
        last = self._counts[-1]
        while len(self._counts) > 2 and last.at_s - self._counts[1].at_s >= WINDOW_S:
            self._counts.popleft()
        first = self._counts[0]
        over_s = last.at_s - first.at_s
        if over_s < WINDOW_S:
            return None, 0.0
        return (last.idle_s - first.idle_s + last.own_s - first.own_s) / over_s, over_s
