"""Training in front of people: when it is shown, stopped, kept and taken up again. The clock is the test's own."""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import numpy as np
import pytest

from explainer.core.context import Settings
from explainer.core.problem import Cancelled
from explainer.core.result import Result
from explainer.core.runs import NO_RUNS
from explainer.core.words import time_left
from explainer.runtime.runs import DiskRuns
from explainer.testing import fake_context
from explainer.vision.training import fit, small_net
from explainer.vision.training.parts import CrossEntropy
from explainer.vision.training.watched import dated, first, watched


class Count:
    """Steps of training since it was set to 0; at `stop` something happens."""

    steps = 0
    stop = -1
    then = None


@dataclass(frozen=True)
class Counted(CrossEntropy):
    def __call__(self, net, images, labels, rng):
        Count.steps += 1
        if Count.steps == Count.stop:
            Count.then()
        return super().__call__(net, images, labels, rng)


def recipe(epochs=3, **given):
    return replace(small_net.recipe(epochs=epochs, train_size=64, **given), loss=Counted())


def cancel():
    raise Cancelled


@dataclass
class Watching:
    """A context whose clock goes on by a second with each step of training."""

    state: object = None
    runs: object = NO_RUNS
    cancel_at: int = -1
    settings: Settings = field(default_factory=lambda: Settings(threads=1))
    shown: list = field(default_factory=list)
    told: list = field(default_factory=list)
    steps: int = 0

    def checkpoint(self):
        """Nobody stops it from here."""

    def progress(self, share, text=""):
        self.told.append((round(share, 3), text))

    def publish(self, result):
        self.shown.append(result)

    def stage(self, _name):
        from contextlib import nullcontext

        return nullcontext()

    def train(self, recipes=None, **given):
        Count.steps, Count.stop, Count.then = 0, self.cancel_at, cancel
        try:
            return watched(self, recipes or recipe(), show, clock=lambda: float(Count.steps), **given)
        finally:
            self.steps, Count.stop = Count.steps, -1


def show(found, partial):
    steps = tuple(-1 if one is None else one.step for one in found)
    return Result("", {"steps": float(sum(steps))}, documents={"steps": repr(steps)})


def steps(results):
    return [int(result.values["steps"]) for result in results]


def test_it_is_shown_at_first_now_and_then_and_at_the_end():
    watching = Watching()
    result = watching.train(every_s=4.0)  # a mark every two steps, so every second mark
    assert steps(watching.shown) == [0, 4]
    assert all(one.partial for one in watching.shown)
    assert steps([result]) == [6]
    assert not result.partial
    assert result.state.find(recipe()).same_bits(fit.trained(recipe()))


def test_what_is_left_is_told_in_words():
    watching = Watching()
    watching.train(recipe(20))
    texts = [text for _, text in watching.told]
    assert "training, 40 s left" in texts  # after two of forty seconds
    assert texts[-1] == "training"
    assert [share for share, _ in watching.told] == sorted(share for share, _ in watching.told)
    assert [time_left(s) for s in (0.2, 7.4, 43.0, 88.0, 91.0, 1000.0)] == [
        "1 s left", "7 s left", "45 s left", "90 s left", "2 min left", "17 min left",
    ]  # fmt: skip


def test_cancelled_and_carried_on_ends_on_the_same_bits():
    first = Watching(cancel_at=6)
    with pytest.raises(Cancelled):
        first.train(every_s=0.0)
    left = first.shown[-1].state
    second = Watching(left)
    result = second.train()
    assert steps(second.shown)[0] == 4
    assert second.steps == 2
    assert result.state.find(recipe()).same_bits(fit.trained(recipe()))


def test_a_run_outlives_the_program_and_says_when_it_was_made(tmp_path):
    runs = DiskRuns(tmp_path)
    Watching(runs=runs).train()
    later = Watching(runs=runs)
    result = later.train()
    assert later.steps == 0
    assert not later.shown
    assert result.state.find(recipe()).same_bits(fit.trained(recipe()))
    today = datetime.now(UTC).astimezone()
    assert any(text.startswith(f"trained on {today.day} {today:%B %Y} at ") for text in result.badges)
    moved = Watching(result.state, runs=runs).train()
    assert moved.badges == result.badges
    fresh = Watching(runs=runs).train(recipe(seed=1))
    assert fresh.badges == ()


def test_a_longer_run_goes_on_from_the_kept_one_and_a_shorter_one_begins(tmp_path):
    runs = DiskRuns(tmp_path)
    Watching(runs=runs).train(recipe(3))
    longer, shorter = Watching(runs=runs), Watching(runs=runs)
    assert longer.train(recipe(5)).state.find(recipe(5)).same_bits(fit.trained(recipe(5)))
    assert steps(longer.shown)[0] == 6
    shorter.train(recipe(1))
    assert steps(shorter.shown)[0] == 0


def test_train_again_trains_and_only_a_new_press_counts(tmp_path):
    runs = DiskRuns(tmp_path)
    Watching(runs=runs).train()
    opened = Watching(runs=runs)
    kept = opened.train(again=2)  # a session that was saved after two presses
    assert opened.steps == 0
    pressed = Watching(kept.state, runs=runs)
    result = pressed.train(again=3)
    assert steps(pressed.shown)[0] == 0
    assert pressed.steps == 6
    assert result.badges == ()
    back = Watching(result.state, runs=runs)
    back.train(again=2)
    assert back.steps == 0


def test_a_kept_run_that_does_not_fit_is_trained_anew(tmp_path):
    runs = DiskRuns(tmp_path)
    runs.save(recipe().key(), recipe().steps, 6, {"counts": np.array([6, 0]), "losses": np.zeros(6)})
    result = Watching(runs=runs).train()
    assert result.state.find(recipe()).same_bits(fit.trained(recipe()))


def test_what_was_reached_is_kept_when_it_is_cancelled(tmp_path):
    runs = DiskRuns(tmp_path)
    with pytest.raises(Cancelled):
        Watching(runs=runs, cancel_at=6).train()
    assert int(runs.load(recipe().key(), 6).arrays["counts"][0]) == 4


def test_several_are_shown_in_their_own_order():
    watching = Watching()
    wanted = [recipe(2), recipe(1, seed=1), recipe(3, seed=2)]
    result = watching.train(wanted, begun=False)
    assert watching.shown[0].documents["steps"] == "(-1, -1, -1)"
    assert result.documents["steps"] == "(4, 2, 6)"
    again = Watching(result.state)
    assert again.train([wanted[2], wanted[0]]).documents["steps"] == "(6, 4)"
    assert again.steps == 0


def test_what_others_need_first_is_trained_once_and_found_again(tmp_path):
    runs, begun = DiskRuns(tmp_path), []
    ctx = fake_context(runs=runs)
    run = first(ctx, recipe(), "first", begun.append)
    assert run.same_bits(fit.trained(recipe()))
    assert [one.step for one in begun] == [0], "something can be shown before it is trained"
    assert ctx.progressed[-1][1] == "first"
    assert first(ctx, recipe(), "first", begun.append) is run
    again = first(fake_context(runs=runs), recipe(), "first", begun.append)
    assert again.same_bits(run)
    assert len(begun) == 1, "what lies on disk is not trained"


def test_what_others_need_first_can_be_stopped(tmp_path):
    ctx = fake_context(runs=DiskRuns(tmp_path))
    ctx.checkpoint = cancel
    with pytest.raises(Cancelled):
        first(ctx, recipe(), "first")


KILLED = """
import sys
from pathlib import Path
from explainer.runtime.runs import DiskRuns
from explainer.vision.training import watched
sys.path.insert(0, sys.argv[2])
import test_watched
from test_watched import Count, Watching, recipe
watched.SAVE_S = 0.0
def here():
    print("here", flush=True)
    sys.stdin.read()  # until it is killed
test_watched.cancel = here
Watching(runs=DiskRuns(Path(sys.argv[1])), cancel_at=9).train(recipe(8))
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL on Windows")
def test_killed_and_resumed_ends_on_the_same_bits(tmp_path):
    here = os.path.dirname(__file__)  # noqa: PTH120
    program = [sys.executable, "-c", KILLED, str(tmp_path), here]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout.readline() == "here\n"
        os.kill(child.pid, signal.SIGKILL)
    assert child.returncode == -signal.SIGKILL
    runs = DiskRuns(tmp_path)
    resumed = Watching(runs=runs)
    result = resumed.train(recipe(8))
    assert 0 < steps(resumed.shown)[0] < 16
    assert result.state.find(recipe(8)).same_bits(fit.trained(recipe(8)))


def test_a_date_is_written_out():
    assert dated(datetime(2026, 3, 7, 9, 5, tzinfo=UTC)) == "7 March 2026 at 09:05"
