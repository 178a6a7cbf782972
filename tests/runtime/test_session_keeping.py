"""Whose session file is whose, and what is found after a kill."""

import json
import os
import signal
import subprocess
import sys
import textwrap

import pytest

from explainer.core.context import Settings
from explainer.core.locking import FileLock
from explainer.core.problem import Problem
from explainer.core.processes import machine
from explainer.runtime import keeping
from explainer.runtime.keeping import MOST_WINDOWS, take_place
from explainer.runtime.session import Session, load

PARAMS = {"looks": {"radius": 3}, "train": {"epochs": 4}}
WORK = Session(
    demo="looks", source="/a/b.png", recent=("/a/b.png",), params=PARAMS, theme="dark", settings=Settings(seed=4)
)  # fmt: skip


@pytest.fixture
def places(tmp_path):
    """Take places in one folder; all are let go at the end, as the system does when a process ends."""
    taken = []

    def take():
        taken.append(take_place(tmp_path))
        return taken[-1]

    take.folder = tmp_path
    yield take
    for keeper in taken:
        if keeper._lock is not None:
            keeper._lock.release()


def killed(keeper):
    """Let go of the place as a killed process does: the lock is free, the mark stays."""
    keeper._lock.release()


# Places -------------------------------------------------------------------------------------------------


def test_the_first_start_finds_nothing_and_is_offered_nothing(places):
    opening = places().opening()
    assert opening == keeping.Opening(Session())


def test_each_window_has_a_file_of_its_own(places):
    first, second = places(), places()
    assert first.path != second.path
    assert first.keep(lambda: WORK) is None
    assert second.keep(lambda: Session(demo="train")) is None
    assert load(first.path)[0] == WORK
    assert load(second.path)[0] == Session(demo="train")


def test_a_second_window_begins_as_the_first_was_saved_and_says_so(places):
    places().keep(lambda: WORK)
    opening = places().opening()
    assert opening.session == WORK
    assert opening.remark.count(".") == 2
    assert opening.offered is None


def test_a_place_is_free_again_after_an_orderly_end(places):
    first, second = places(), places()
    first.end()
    assert places().number == 1
    assert second.number == 2
    assert first.keep(lambda: WORK) is None
    assert not first.path.exists(), "a window that has ended wrote into another's file"


def test_too_many_windows_are_a_problem(places):
    taken = [places() for _ in range(MOST_WINDOWS)]
    assert [one.number for one in taken] == list(range(1, MOST_WINDOWS + 1))
    assert isinstance(take_place(places.folder), Problem)


def test_a_folder_that_cannot_be_made_is_a_problem(tmp_path):
    (tmp_path / "file").write_text("")
    problem = take_place(tmp_path / "file" / "settings")
    assert "nothing will be remembered" in problem.what


def test_without_locks_the_number_of_the_process_decides(places, monkeypatch):
    def unknown(_lock):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(FileLock, "take", unknown)
    assert take_place(places.folder).number == 1
    assert take_place(places.folder).number == 2  # this process is alive
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    mark = {"pid": int(gone.stdout), "machine": machine()}
    (places.folder / "session.running").write_text(json.dumps(mark))
    assert take_place(places.folder).number == 1


def test_a_file_that_cannot_be_read_is_put_aside_before_it_is_written_anew(places):
    first = places()
    first.path.write_text('{"version": 99, "demo": "later"}')
    opening = first.opening()
    assert opening.session == Session()
    assert opening.problem is not None
    first.keep(lambda: WORK)
    assert '"later"' in (places.folder / "session.unreadable.json").read_text()
    assert load(first.path)[0] == WORK


# After an end that was none -----------------------------------------------------------------------------


def test_after_an_orderly_end_all_is_as_it_was(places):
    first = places()
    first.keep(lambda: WORK)
    first.end()
    assert places().opening() == keeping.Opening(WORK)


def test_after_a_kill_the_session_is_offered_and_what_ran_is_held_back(places):
    first = places()
    first.keep(lambda: WORK)
    killed(first)
    opening = places().opening()
    assert opening.offered == WORK
    kept = opening.session
    assert (kept.demo, kept.source, kept.settings) == ("", "", Settings())
    assert kept.params == {"train": {"epochs": 4}}
    assert (kept.theme, kept.recent) == (WORK.theme, WORK.recent)


def test_a_kill_before_anything_was_saved_offers_nothing(places):
    killed(places())
    assert places().opening() == keeping.Opening(Session())


def test_what_is_offered_outlives_a_second_kill_and_an_orderly_end(places):
    first = places()
    first.keep(lambda: WORK)
    killed(first)
    second = places()
    second.begin(second.opening().session)
    killed(second)  # nothing was changed in it
    third = places()
    assert third.opening().offered == WORK
    third.keep(lambda: Session(demo="train"))
    third.end()
    opening = places().opening()
    assert opening.offered == WORK
    assert opening.session == Session(demo="train")


def test_what_has_been_decided_is_not_offered_again(places):
    first = places()
    first.keep(lambda: WORK)
    killed(first)
    second = places()
    second.keep(lambda: Session(demo="train"))
    second.decided()
    second.end()
    assert places().opening() == keeping.Opening(Session(demo="train"))


def test_nothing_is_written_that_is_there_already(places):
    keeper = places()
    keeper.begin(WORK)
    assert keeper.keep(lambda: WORK) is None
    assert not keeper.path.exists()


CHILD = """
    import sys
    from pathlib import Path
    from explainer.runtime.keeping import take_place
    from explainer.runtime.session import Session
    keeper = take_place(Path(sys.argv[1]))
    print("ready", flush=True)
    number = 0
    while True:
        number += 1
        size = 60_000 if number % 2 else 90_000
        assert keeper.keep(lambda: Session(demo=str(number), view={"a": "x" * size})) is None
"""


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_a_kill_at_any_moment_leaves_a_whole_file(tmp_path):
    for round_number in range(4):
        child = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(CHILD), str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout.readline() == "ready\n"
        path = tmp_path / "session.json"
        seen = path.stat().st_mtime_ns if path.exists() else 0
        while not path.exists() or path.stat().st_mtime_ns == seen:
            pass
        for _ in range(500 * round_number):  # a little later each time
            pass
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        keeper = take_place(tmp_path)
        assert keeper.number == 1, "the system did not let go of the lock"
        opening = keeper.opening()
        assert opening.problem is None
        assert len(opening.offered.view["a"]) == (60_000 if int(opening.offered.demo) % 2 else 90_000)
        keeper.decided()
        keeper.end()
