import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from runtime_fakes import WAIT_S, frame

from explainer.core.problem import Cancelled
from explainer.runtime.memo import Memo
from explainer.runtime.stages import StageClock
from explainer.runtime.token import JobToken

# Token --------------------------------------------------------------------------------------------------


def test_a_fresh_token_lets_pass_and_a_cancelled_one_raises_every_time():
    token = JobToken()
    token.check()
    token.cancel()
    for _ in range(2):
        with pytest.raises(Cancelled):
            token.check()


def test_no_except_exception_swallows_the_cancellation():
    assert not issubclass(Cancelled, Exception)


class Checker:
    """A thread that checks once and says how it went."""

    def __init__(self, token):
        self.entered, self.out = threading.Event(), []
        self.thread = threading.Thread(target=self._go, args=(token,), daemon=True)
        self.thread.start()
        assert self.entered.wait(WAIT_S)

    def _go(self, token):
        self.entered.set()
        try:
            token.check()
            self.out.append("passed")
        except Cancelled:
            self.out.append("cancelled")

    def join(self):
        self.thread.join(WAIT_S)
        assert not self.thread.is_alive()
        return self.out


def test_a_paused_check_blocks_until_resume():
    token = JobToken()
    token.pause()
    checker = Checker(token)
    checker.thread.join(0.05)
    assert checker.thread.is_alive()
    assert checker.out == []
    token.resume()
    assert checker.join() == ["passed"]
    assert token.slept_s > 0.0


def test_cancel_wakes_a_paused_check():
    token = JobToken()
    token.pause()
    checker = Checker(token)
    token.cancel()
    assert checker.join() == ["cancelled"]


# Memo ---------------------------------------------------------------------------------------------------


class Maker:
    def __init__(self, value=None):
        self.calls, self.value = 0, value

    def __call__(self):
        self.calls += 1
        return self.value


@pytest.mark.parametrize("value", [None, 0, "x"])
def test_the_same_key_is_made_once_whatever_was_made(value):
    memo, make = Memo(), Maker(value)
    memo.enter(frame(), "setting")
    assert memo.get("k", make) == value
    assert memo.get("k", make) == value
    assert make.calls == 1


def test_an_entry_outlives_a_new_job_on_the_same_frame_only():
    memo, make, picture = Memo(), Maker(), frame(3)
    for setting in ("cpu", "cpu"):
        memo.enter(picture, setting)
        memo.get("k", make)
    assert make.calls == 1
    memo.enter(frame(3), "cpu")  # same number, other pixels
    memo.get("k", make)
    assert make.calls == 2
    memo.enter(picture, "cuda")
    memo.get("k", make)
    assert make.calls == 3


def test_the_memo_holds_its_frame_so_that_no_other_can_take_its_identity():
    memo, make = Memo(), Maker()
    for _ in range(50):  # freed arrays of one size get each other's address
        memo.enter(frame(0), "s")
        memo.get("k", make)
    assert make.calls == 50


def test_kept_entries_outlive_frames_and_the_least_used_goes_first():
    memo, makers = Memo(kept=3), [Maker(i) for i in range(4)]
    for i in range(3):
        memo.enter(frame(i), i)
        memo.get(i, makers[i], keep=True)
    memo.get(0, makers[0], keep=True)
    memo.get(3, makers[3], keep=True)  # pushes 1 out, since 0 was used again
    assert [m.calls for m in makers] == [1, 1, 1, 1]
    for i in (0, 2, 3, 1):
        assert memo.get(i, makers[i], keep=True) == i
    assert [m.calls for m in makers] == [1, 2, 1, 1]


@given(st.lists(st.integers(0, 20), max_size=60))
def test_at_most_twelve_are_kept_and_each_value_is_right(keys):
    memo = Memo()
    for key in keys:
        assert memo.get(key, lambda key=key: key * key, keep=True) == key * key
        assert len(memo._of_session) <= 12


@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("error", [Cancelled, ValueError])
def test_a_make_that_was_cut_short_leaves_nothing(keep, error):
    memo, make = Memo(), Maker(7)

    def cut():
        raise error

    memo.enter(frame(), None)
    with pytest.raises(error):
        memo.get("k", cut, keep=keep)
    assert memo.get("k", make, keep=keep) == 7


def test_one_make_may_ask_for_another():
    memo = Memo(kept=1)
    outer = memo.get("outer", lambda: 1 + memo.get("inner", lambda: 2, keep=True), keep=True)
    assert outer == 3


def test_clear_forgets_both_kinds():
    memo, make = Memo(), Maker()
    for keep in (True, False):
        memo.get("k", make, keep=keep)
    memo.clear()
    for keep in (True, False):
        memo.get("k", make, keep=keep)
    assert make.calls == 4


# Stages -------------------------------------------------------------------------------------------------


def test_each_second_is_booked_once_on_the_innermost_stage():
    time = [0.0]
    clock = StageClock(lambda: time[0])
    time[0] += 1
    with clock.stage("explain"):
        time[0] += 2
        with clock.stage("model"):
            time[0] += 4
        time[0] += 8
    time[0] += 16
    with clock.stage("model"):
        time[0] += 32
    assert clock.timings_ms() == {"other": 17e3, "explain": 10e3, "model": 36e3, "total": 63e3}


def test_a_stage_ends_where_its_block_raises():
    time = [0.0]
    clock = StageClock(lambda: time[0])
    with pytest.raises(KeyError), clock.stage("model"):
        time[0] += 1
        raise KeyError
    time[0] += 2
    assert clock.timings_ms() == {"other": 2e3, "model": 1e3, "total": 3e3}
