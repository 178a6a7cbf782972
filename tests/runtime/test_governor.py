"""Threads chosen by watching, told with made times: no clock is asked."""

import math

import pytest

from explainer.core.problem import Cancelled
from explainer.runtime import cores
from explainer.runtime.cores import FreeCores
from explainer.runtime.governor import PATIENCE_MOST_S, PATIENCE_S, STOOD_S, Governor, Stretch
from explainer.runtime.token import JobToken
from explainer.runtime.watch import STRETCH_S, Clocks, Watch

FRAME_S = 0.06


class Machine:
    """Cores, of which others take some; a governor sees one stretch after the other."""

    def __init__(self, cores: int, *, tells: bool = True) -> None:
        self.cores, self.tells, self.governor = cores, tells, Governor(cores)
        self.now_s, self.history = 0.0, [cores]

    def frames(self, count: int, taken: float = 0.0, *, waits: float = 0.0) -> list[int]:
        """Compute so many frames beside processes that want `taken` cores; part of each may wait for a disk."""
        for _ in range(count):
            mine = self.governor.in_force
            share = min(1.0, self.cores / (mine + taken))
            wall_s = FRAME_S if share == 1 else 5 * FRAME_S
            self.now_s += wall_s
            free = self.cores - min(taken, self.cores - mine * share) if self.tells else None
            own_s = wall_s * share * (1 - waits) if share == 1 or mine > 1 else wall_s
            self.history.append(self.governor.saw(Stretch(self.now_s, wall_s, own_s, free, 0.3)))
        return self.history[-count:]

    def seconds(self, length: float, taken: float = 0.0) -> list[int]:
        until, seen = self.now_s + length, []
        while self.now_s < until:
            seen += self.frames(1, taken)
        return seen


@pytest.mark.parametrize("tells", [True, False])
def test_two_busy_processes_take_a_thread_within_two_frames_and_a_quiet_second_gives_it_back(tells):
    machine = Machine(2, tells=tells)
    assert set(machine.frames(50)) == {2}
    assert machine.frames(2, taken=2)[-1] == 1
    assert set(machine.frames(50, taken=2)) <= {1, 2}
    if tells:
        assert set(machine.frames(50, taken=2)) == {1}, "it is tried again although the system says that it is busy"
    later = machine.seconds(2 * PATIENCE_S if tells else 2 * PATIENCE_MOST_S)
    assert later[0] == 1
    assert later[-1] == 2


def test_one_busy_process_on_two_cores_leaves_one():
    machine = Machine(2)
    assert machine.frames(2, taken=1)[-1] == 1
    assert set(machine.frames(100, taken=1)) == {1}


def test_little_work_of_others_takes_nothing():
    assert set(Machine(2).frames(100, taken=0.25)) == {2}


def test_many_cores_give_as_many_as_are_taken():
    machine = Machine(16)
    machine.frames(10, taken=2)
    assert machine.governor.in_force == 14
    machine.frames(10, taken=8)
    assert machine.governor.in_force == 8
    machine.seconds(3)
    assert machine.governor.in_force == 16


def test_whoever_waits_for_a_disk_on_a_quiet_machine_keeps_the_threads():
    assert set(Machine(2).frames(20, waits=0.9)) == {2}


def test_one_core_has_nothing_to_choose():
    assert set(Machine(1).frames(20, taken=3)) == {1}


def test_where_the_system_says_nothing_trying_becomes_rarer():
    machine = Machine(2, tells=False)
    seen = machine.seconds(300, taken=2)
    tries = [i for i, number in enumerate(seen) if number == 2]
    assert 5 <= len(tries) <= 300 / PATIENCE_MOST_S + 12
    assert len(tries) <= 0.05 * len(seen), "trying costs the live view"


def test_what_stood_for_a_while_was_not_too_soon():
    machine = Machine(2, tells=False)
    machine.seconds(100, taken=2)
    machine.seconds(2 * PATIENCE_MOST_S + 2 * STOOD_S)  # quiet, and it stands
    machine.frames(2, taken=2)
    again = machine.seconds(2 * PATIENCE_S)
    assert again[-1] == 2


def test_a_try_is_never_made_on_a_single_quiet_frame():
    machine = Machine(2)
    machine.frames(5, taken=2)
    for _ in range(20):
        assert machine.frames(2) == [1, 1]
        machine.frames(1, taken=2)


# What the system tells ----------------------------------------------------------------------------------


class Counters:
    def __init__(self) -> None:
        self.now_s = self.own_s = 0.0
        self.idle_s: float | None = 1000.0

    def free(self) -> FreeCores:
        return FreeCores(lambda: self.idle_s, lambda: self.own_s, lambda: self.now_s)

    def go(self, wall_s: float, *, idle: float, own: float) -> None:
        self.now_s += wall_s
        self.own_s += own * wall_s
        if self.idle_s is not None:
            self.idle_s += idle * wall_s


def test_free_cores_are_the_idle_ones_and_our_own():
    system = Counters()
    free = system.free()
    system.go(0.1, idle=1.0, own=1.0)
    assert free.look() == (None, 0.0), "a tenth of a second is too short for counts in hundredths"
    system.go(0.4, idle=0.5, own=1.0)
    found, over_s = free.look()
    assert (found, over_s) == (pytest.approx(1.5), pytest.approx(0.4))
    system.go(0.3, idle=0.0, own=0.6)
    assert free.look() == (pytest.approx(0.6), pytest.approx(0.3)), "what was long ago still counts"


def test_a_system_that_says_nothing_says_none():
    system = Counters()
    system.idle_s = None
    free = system.free()
    system.go(1.0, idle=1.0, own=1.0)
    assert free.look() == (None, 0.0)


@pytest.mark.parametrize(
    ("told", "number"),
    {"max 100000": 4, "150000 100000": 2, "50000 100000": 1, "900000 100000": 4, "odd": 4}.items(),
)
def test_a_control_group_limits_the_cores(tmp_path, monkeypatch, told, number):
    (tmp_path / "cpu.max").write_text(f"{told}\n")
    monkeypatch.setattr(cores, "GROUPS", tmp_path)
    monkeypatch.setattr(cores.os, "sched_getaffinity", lambda _pid: {0, 1, 2, 3}, raising=False)
    assert cores.allowed() == number


def test_the_older_control_group_too(tmp_path, monkeypatch):
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text("200000\n")
    (tmp_path / "cpu" / "cpu.cfs_period_us").write_text("100000\n")
    monkeypatch.setattr(cores, "GROUPS", tmp_path)
    monkeypatch.setattr(cores.os, "sched_getaffinity", lambda _pid: {0, 1, 2, 3}, raising=False)
    assert cores.allowed() == 2
    (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text("-1\n")  # no limit
    assert cores.allowed() == 4


def test_who_may_use_some_cores_only_is_told_nothing_of_all(monkeypatch):
    monkeypatch.setattr(cores, "allowed", lambda: 1)
    monkeypatch.setattr(cores.os, "cpu_count", lambda: 4)
    assert cores.idle_s() is None


def test_this_system_counts():
    first = cores.idle_s()
    assert first is None or math.isfinite(first)


# Watching a job -----------------------------------------------------------------------------------------


class Threads:
    def __init__(self, most: int = 2) -> None:
        self._most = self.number = most
        self.told = (0, 0)

    def most(self) -> int:
        return self._most

    def now(self) -> int:
        return self.number

    def use(self, number: int, of: int) -> None:
        self.number, self.told = number, (number, of)


class Watched:
    """A watch whose time goes on when the test says so."""

    def __init__(self, *, tells: bool = False) -> None:
        self.system, self.threads, self.token = Counters(), Threads(), JobToken()
        self.thread_s = 0.0
        if not tells:
            self.system.idle_s = None
        clocks = Clocks(lambda: self.system.now_s, lambda: self.thread_s)
        self.watch = Watch(self.threads, clocks, self.system.free())

    def job(self, *passes: tuple[float, float], wanted: int = 0) -> list[int]:
        """Compute passes of so many seconds, of which the thread had a core for so many; the threads after each."""
        seen = []
        with self.watch.watching(self.token, wanted):
            for wall_s, own_s in passes:
                self.system.go(wall_s, idle=0.0, own=2 * own_s / wall_s)
                self.thread_s += own_s
                self.token.check()
                seen.append(self.threads.number)
        return seen


def test_a_long_job_is_judged_while_it_runs():
    assert Watched().job((0.2, 0.19), (0.2, 0.03), (0.2, 0.19)) == [2, 1, 1]


def test_short_jobs_are_judged_together():
    watched = Watched()
    short = (0.4 * STRETCH_S, 0.04 * STRETCH_S)
    assert [watched.job(short)[0] for _ in range(4)] == [2, 2, 1, 1]


def test_a_machine_that_was_busy_before_the_first_job_begins_with_one():
    watched = Watched(tells=True)
    watched.system.go(1.0, idle=0.0, own=0.5)
    assert watched.job((0.01, 0.01)) == [1]
    assert watched.threads.told == (1, 2)


def test_the_users_number_stays():
    watched = Watched()
    assert watched.job((1.0, 0.1), (1.0, 0.1), wanted=2) == [2, 2]
    assert watched.threads.told == (2, 2)


def test_a_method_that_computes_in_one_thread_on_purpose_is_left_alone():
    watched = Watched()
    with watched.watch.watching(watched.token, 0):
        watched.threads.number = 1
        watched.system.go(1.0, idle=0.0, own=0.1)
        watched.token.check()
        watched.threads.number = 2  # as it was before
        watched.system.go(0.01, idle=0.0, own=0.01)
        watched.token.check()
        assert watched.threads.number == 2


def test_a_pause_is_no_crowd():
    watched = Watched()
    with watched.watch.watching(watched.token, 0):
        watched.system.go(60.0, idle=0.0, own=0.0)
        watched.token._slept_s += 59.9
        watched.thread_s += 0.1
        watched.token.check()
        assert watched.threads.number == 2


def test_nobody_is_watched_after_the_job_even_when_it_was_cancelled():
    watched = Watched()
    with pytest.raises(Cancelled), watched.watch.watching(watched.token, 0):
        watched.token.cancel()
        watched.token.check()
    assert watched.token.on_check is None
