import logging
import threading
from dataclasses import replace

import pytest
from runtime_fakes import SETTINGS, WAIT_S, Knobs, Log, Models, Scripted, frame, result

from explainer.runtime.engine import NO_FRAME, Engine
from explainer.runtime.events import Failed, Finished, FrameArrived, NetworkSeen, Partial, Progress, Started
from explainer.runtime.scheduler import Scheduler


class Turnstile:
    """A demo that waits at each run until the test lets it through; heeds its token or not."""

    def __init__(self, heeds=True, **info):
        self.heeds, self.runs = heeds, []
        self.entered = threading.Semaphore(0)
        self.go = threading.Semaphore(0)
        self.demo = Scripted(self._run, **info)

    def _run(self, picture, params, ctx):
        self.runs.append((picture.index, params.gain, ctx.state))
        self.entered.release()
        while not self.go.acquire(timeout=0.001):
            if self.heeds:
                ctx.checkpoint()
        return result(params.gain, state=picture.index)

    def wait_entered(self):
        assert self.entered.acquire(timeout=WAIT_S)

    @property
    def indices(self):
        return [index for index, _, _ in self.runs]


@pytest.fixture
def log():
    return Log()


@pytest.fixture
def engine():
    return Engine(Models())


@pytest.fixture
def scheduler(engine, log):
    one = Scheduler(engine, log)
    yield one
    assert one.close(WAIT_S)


def settle(scheduler):
    assert scheduler.wait_idle(WAIT_S)


def answers(log):
    return [(e.generation, e.frame.index, e.result.values["answer"]) for e in log.of(Finished)]


def quick(**info):
    return Scripted(lambda picture, params, ctx: result(params.gain, state=picture.index), **info)


# Asking -------------------------------------------------------------------------------------------------


def test_nothing_runs_before_there_is_both_a_picture_and_a_demo(scheduler, log):
    scheduler.feed(frame(0))
    settle(scheduler)
    assert log.events == []
    generation = scheduler.ask(quick(), Knobs(gain=4), SETTINGS)
    settle(scheduler)
    assert answers(log) == [(generation, 0, 4.0)]
    assert [type(e) for e in log.events] == [Started, Finished]


def test_the_picture_may_come_last(scheduler, log):
    generation = scheduler.ask(quick(), Knobs(), SETTINGS)
    assert scheduler.idle.is_set()
    scheduler.feed(frame(2))
    settle(scheduler)
    assert answers(log) == [(generation, 2, 1.0)]


def test_a_still_is_run_once_however_often_it_is_fed_or_asked_for(scheduler, log):
    demo, picture = quick(), frame(0)
    scheduler.feed(picture)
    first = scheduler.ask(demo, Knobs(), SETTINGS)
    settle(scheduler)
    scheduler.feed(picture)
    assert scheduler.ask(demo, Knobs(), SETTINGS) == first
    settle(scheduler)
    assert len(log.of(Started)) == 1


@pytest.mark.parametrize("what", ["params", "settings", "frames", "demo"])
def test_any_change_is_a_new_generation_and_a_new_run(scheduler, log, what):
    asked = {"demo": quick(), "params": Knobs(), "settings": SETTINGS, "frames": ()}
    other = {"demo": quick(), "params": Knobs(gain=2), "settings": replace(SETTINGS, seed=1), "frames": [1]}
    scheduler.feed(frame(0))
    first = scheduler.ask(**asked)
    settle(scheduler)
    second = scheduler.ask(**(asked | {what: other[what]}))
    settle(scheduler)
    assert second > first
    assert [e.generation for e in log.of(Finished)] == [first, second]
    assert [e.number for e in log.of(Started)] == [1, 2]


def test_what_failed_may_be_asked_for_again(scheduler, log):
    outcomes = [ValueError("once"), None]

    def script(*_):
        error = outcomes.pop(0)
        if error:
            raise error
        return result()

    demo = Scripted(script)
    scheduler.feed(frame(0))
    scheduler.ask(demo, Knobs(), SETTINGS)
    settle(scheduler)
    scheduler.ask(demo, Knobs(), SETTINGS)
    settle(scheduler)
    assert [type(e) for e in log.of(Failed, Finished)] == [Failed, Finished]


def test_again_runs_though_nothing_changed(scheduler, log):
    assert scheduler.again() == scheduler.current  # nothing to run yet
    scheduler.feed(frame(0))
    scheduler.ask(quick(), Knobs(), SETTINGS)
    settle(scheduler)
    scheduler.again()
    settle(scheduler)
    assert len(log.of(Finished)) == 2


def test_what_was_stopped_is_not_heard_and_runs_when_it_is_asked_for_again(scheduler, log):
    turnstile = Turnstile()
    scheduler.feed(frame(0))
    scheduler.ask(turnstile.demo, Knobs(), SETTINGS)
    turnstile.wait_entered()
    scheduler.stop()
    settle(scheduler)
    assert answers(log) == []
    turnstile.go.release()
    asked = scheduler.ask(turnstile.demo, Knobs(), SETTINGS)
    settle(scheduler)
    assert [generation for generation, _, _ in answers(log)] == [asked]
    assert turnstile.indices == [0, 0]


def test_nothing_to_stop_leaves_all_at_rest(scheduler, log):
    scheduler.stop()
    settle(scheduler)
    assert log.events == []


def test_params_cancel_the_running_job(scheduler, log):
    gate = Turnstile()
    scheduler.feed(frame(0))
    scheduler.ask(gate.demo, Knobs(gain=1), SETTINGS)
    gate.wait_entered()
    second = scheduler.ask(gate.demo, Knobs(gain=2), SETTINGS)
    gate.wait_entered()  # the first ended by itself: nobody let it through
    gate.go.release()
    settle(scheduler)
    assert answers(log) == [(second, 0, 2.0)]


# Newest wins --------------------------------------------------------------------------------------------


def test_a_newer_picture_replaces_the_waiting_one_and_never_cancels_the_running_one(scheduler, log):
    gate = Turnstile()
    scheduler.feed(frame(0))
    generation = scheduler.ask(gate.demo, Knobs(), SETTINGS)
    gate.wait_entered()
    for index in range(1, 6):
        scheduler.feed(frame(index))
    assert scheduler.current == generation
    gate.go.release(2)
    settle(scheduler)
    assert gate.indices == [0, 5]
    assert answers(log) == [(generation, 0, 1.0), (generation, 5, 1.0)]


def test_stepped_pictures_of_a_temporal_demo_are_all_seen_in_order(scheduler):
    gate = Turnstile(temporal=True)
    scheduler.feed(frame(0))
    scheduler.ask(gate.demo, Knobs(), SETTINGS)
    gate.wait_entered()
    for index in (1, 2, 3):
        scheduler.feed(frame(index), lossless=True)
    gate.go.release(4)
    settle(scheduler)
    assert [(index, state) for index, _, state in gate.runs] == [(0, None), (1, 0), (2, 1), (3, 2)]


def test_a_stepped_picture_waits_but_a_played_one_behind_it_is_still_replaced(scheduler):
    gate = Turnstile(temporal=True)
    scheduler.feed(frame(0))
    scheduler.ask(gate.demo, Knobs(), SETTINGS)
    gate.wait_entered()
    scheduler.feed(frame(1))
    scheduler.feed(frame(2), lossless=True)
    scheduler.feed(frame(3))
    scheduler.feed(frame(4))
    gate.go.release(3)
    settle(scheduler)
    assert gate.indices == [0, 2, 4]


def test_a_demo_without_memory_takes_the_newest_even_when_stepped(scheduler):
    gate = Turnstile()
    scheduler.feed(frame(0))
    scheduler.ask(gate.demo, Knobs(), SETTINGS)
    gate.wait_entered()
    for index in (1, 2, 3):
        scheduler.feed(frame(index), lossless=True)
    gate.go.release(2)
    settle(scheduler)
    assert gate.indices == [0, 3]


def test_moving_a_control_between_steps_loses_no_picture(scheduler):
    gate = Turnstile(temporal=True)
    scheduler.feed(frame(0), lossless=True)
    scheduler.ask(gate.demo, Knobs(), SETTINGS)
    gate.wait_entered()
    gate.go.release()
    settle(scheduler)
    for index in (1, 2, 3):
        scheduler.feed(frame(index), lossless=True)
    gate.wait_entered()
    scheduler.ask(gate.demo, Knobs(gain=5), SETTINGS)
    scheduler.ask(gate.demo, Knobs(gain=6), SETTINGS)
    gate.wait_entered()
    gate.go.release(3)
    settle(scheduler)
    assert gate.runs == [(0, 1, None), (1, 1, 0), (1, 6, 0), (2, 6, 1), (3, 6, 2)]


# Sources ------------------------------------------------------------------------------------------------


def test_the_first_picture_of_another_source_cancels_the_job_on_the_old_one(scheduler, log):
    gate = Turnstile()
    scheduler.feed(frame(0, "a"))
    first = scheduler.ask(gate.demo, Knobs(), SETTINGS)
    gate.wait_entered()
    scheduler.feed(frame(9, "b"))
    gate.wait_entered()
    gate.go.release()
    settle(scheduler)
    assert answers(log) == [(first + 1, 9, 1.0)]


def test_a_change_of_source_waits_for_its_first_picture(scheduler, log):
    demo, frames = quick(), [frame(3, "b")]
    scheduler.feed(frame(0, "a"))
    first = scheduler.ask(demo, Knobs(), SETTINGS)
    settle(scheduler)
    second = scheduler.source_changed(frames)
    settle(scheduler)
    assert second > first
    assert len(log.of(Started)) == 1
    scheduler.feed(frames[0])
    settle(scheduler)
    assert answers(log)[1:] == [(second, 3, 1.0)]
    assert scheduler.ask(demo, Knobs(), SETTINGS, frames) == second


def test_a_demo_that_may_take_a_folder_runs_again_when_a_source_is_opened(scheduler, log):
    gate = Turnstile(uses_frame=False, uses_folder=True)
    first = scheduler.ask(gate.demo, Knobs(), SETTINGS)
    gate.wait_entered()
    gate.go.release()
    settle(scheduler)
    second = scheduler.source_changed([frame(0, "a")])
    assert second > first
    gate.wait_entered()
    gate.go.release()
    settle(scheduler)
    assert [one.generation for one in log.of(Finished)] == [first, second]


def test_a_demo_that_brings_its_own_data_ignores_pictures_and_sources(scheduler, log):
    gate = Turnstile(uses_frame=False)
    generation = scheduler.ask(gate.demo, Knobs(), SETTINGS)  # needs no picture to start
    gate.wait_entered()
    scheduler.feed(frame(1, "a"))
    assert scheduler.source_changed() == generation
    scheduler.feed(frame(2, "b"))
    gate.go.release()
    settle(scheduler)
    (finished,) = log.of(Finished)
    assert finished.generation == generation
    assert finished.frame is NO_FRAME
    assert scheduler.ask(gate.demo, Knobs(), SETTINGS) == generation


def test_switching_away_from_training_and_back_goes_on_where_it_was(scheduler, log):
    begun, published = [], threading.Semaphore(0)
    go = threading.Semaphore(0)

    def train(_picture, _params, ctx):
        begun.append(ctx.state)
        for epoch in range((ctx.state or 0) + 1, 6):
            ctx.publish(result(epoch, state=epoch))
            published.release()
            while epoch == 3 and not go.acquire(timeout=0.001):
                ctx.checkpoint()
        return result(9, state=9)

    training = Scripted(train, id="training", uses_frame=False)
    scheduler.feed(frame(0))
    scheduler.ask(training, Knobs(), SETTINGS)
    for _ in range(3):
        assert published.acquire(timeout=WAIT_S)
    scheduler.ask(quick(), Knobs(), SETTINGS)
    settle(scheduler)
    go.release()
    scheduler.ask(training, Knobs(), SETTINGS)
    settle(scheduler)
    assert begun == [None, 3]
    go.release()
    scheduler.restart()
    settle(scheduler)
    assert begun == [None, 3, None]
    assert [e.result.values["answer"] for e in log.of(Partial)] == [1, 2, 3, 4, 5, 1, 2, 3, 4, 5]


# The gate -----------------------------------------------------------------------------------------------


def test_a_demo_that_ignores_its_cancellation_and_finishes_late_is_not_heard(scheduler, log):
    gate = Turnstile(heeds=False)
    scheduler.feed(frame(0))
    first = scheduler.ask(gate.demo, Knobs(gain=1), SETTINGS)
    gate.wait_entered()
    second = scheduler.ask(gate.demo, Knobs(gain=2), SETTINGS)
    assert len(gate.runs) == 1  # still inside: it did not listen
    gate.go.release(2)
    settle(scheduler)
    assert answers(log) == [(second, 0, 2.0)]
    assert {e.generation for e in log.events} == {first, second}


class Deaf:
    """An engine that heeds no token at all and hands every result out."""

    def __init__(self):
        self.entered, self.go = threading.Semaphore(0), threading.Semaphore(0)

    def run(self, job, token, emit):
        self.entered.release()
        assert self.go.acquire(timeout=WAIT_S)
        emit(Progress(job.generation, 0.5, "late"))
        return Finished(job.generation, result(job.params.gain), job.frame, {}, "cpu")

    def drop_state(self):
        pass


def test_the_scheduler_drops_stale_events_even_of_an_engine_that_lets_them_out(log):
    deaf = Deaf()
    scheduler = Scheduler(deaf, log)
    scheduler.feed(frame(0))
    scheduler.ask(quick(), Knobs(gain=1), SETTINGS)
    assert deaf.entered.acquire(timeout=WAIT_S)
    second = scheduler.ask(quick(), Knobs(gain=2), SETTINGS)
    deaf.go.release(2)
    settle(scheduler)
    assert scheduler.close(WAIT_S)
    assert [e.generation for e in log.of(Finished, Progress)] == [second, second]


def test_the_gate_stands_by_itself_for_events_that_became_stale_on_their_way(scheduler, log):
    scheduler.feed(frame(0))
    scheduler.ask(quick(), Knobs(gain=1), SETTINGS)
    settle(scheduler)
    on_their_way = list(log.events)  # as in the queue of a window that was busy
    assert all(scheduler.is_current(e) for e in on_their_way)
    scheduler.ask(quick(), Knobs(gain=2), SETTINGS)
    assert not any(scheduler.is_current(e) for e in on_their_way)
    assert scheduler.is_current(FrameArrived(frame(0), 1.0))  # belongs to no generation


def test_emit_may_ask(engine):
    log, asked = Log(), []

    def emit(event):
        if isinstance(event, Finished) and not asked:
            asked.append(scheduler.ask(demo, Knobs(gain=2), SETTINGS))
        log(event)

    demo = quick()
    scheduler = Scheduler(engine, emit)
    scheduler.feed(frame(0))
    scheduler.ask(demo, Knobs(gain=1), SETTINGS)
    log.until_count(Finished, 2)
    assert scheduler.close(WAIT_S)
    assert answers(log)[1] == (asked[0], 0, 2.0)


# Pause --------------------------------------------------------------------------------------------------


class Stepper:
    """Publishes 1…`count`, asking to be paused at `pause_at` from outside."""

    def __init__(self, count=6):
        self.count = count
        self.hold, self.reached = threading.Semaphore(0), threading.Semaphore(0)
        self.demo = Scripted(self._run, uses_frame=False)

    def _run(self, _picture, _params, ctx):
        for i in range(1, self.count + 1):
            ctx.publish(result(i))
            if i == 2:
                self.reached.release()
                assert self.hold.acquire(timeout=WAIT_S)
        return result(99)


def paused_after_two(scheduler):
    stepper = Stepper()
    scheduler.ask(stepper.demo, Knobs(), SETTINGS)
    assert stepper.reached.acquire(timeout=WAIT_S)
    scheduler.pause()
    stepper.hold.release()
    return stepper


def test_pause_blocks_at_the_next_checkpoint_and_resume_continues(scheduler, log):
    paused_after_two(scheduler)
    assert scheduler.paused
    assert not scheduler.wait_idle(0.05)
    assert len(log.of(Partial)) == 2
    scheduler.resume()
    settle(scheduler)
    assert len(log.of(Partial)) == 6
    assert len(log.of(Finished)) == 1


def test_a_new_request_wakes_a_paused_job_and_is_not_paused_itself(scheduler, log):
    paused_after_two(scheduler)
    scheduler.feed(frame(0))
    generation = scheduler.ask(quick(), Knobs(), SETTINGS)
    settle(scheduler)
    assert not scheduler.paused
    assert [e.generation for e in log.of(Finished)] == [generation]


# Ending -------------------------------------------------------------------------------------------------


def threads():
    return [t.name for t in threading.enumerate() if t.name == "explainer-compute"]


@pytest.mark.parametrize("state", ["idle", "running", "paused", "waiting"])
def test_close_cancels_joins_and_leaves_no_thread(engine, log, state):
    scheduler, gate = Scheduler(engine, log), Turnstile()
    assert threads() == ["explainer-compute"]
    if state == "paused":
        paused_after_two(scheduler)
    elif state != "idle":
        scheduler.feed(frame(0))
        scheduler.ask(gate.demo, Knobs(), SETTINGS)
        gate.wait_entered()
    if state == "waiting":
        scheduler.feed(frame(1))
    assert scheduler.close(WAIT_S)
    assert threads() == []
    assert log.of(Finished) == []
    assert scheduler.close(WAIT_S)
    scheduler.ask(quick(), Knobs(), SETTINGS)  # too late; must neither raise nor keep anyone waiting
    scheduler.feed(frame(2))
    settle(scheduler)


def test_close_says_when_a_job_does_not_let_go(engine, log):
    scheduler, gate = Scheduler(engine, log), Turnstile(heeds=False)
    scheduler.feed(frame(0))
    scheduler.ask(gate.demo, Knobs(), SETTINGS)
    gate.wait_entered()
    assert not scheduler.close(0.01)
    gate.go.release()
    assert scheduler.close(WAIT_S)


def test_the_worker_outlives_a_listener_and_an_engine_that_raise(caplog):
    log = Log()

    class Explodes(Deaf):
        def run(self, job, token, emit):
            if job.params.gain == 1:
                raise KeyboardInterrupt
            return Finished(job.generation, result(), job.frame, {}, "cpu")

    def emit(event):
        log(event)
        raise RuntimeError("the window is gone")

    scheduler = Scheduler(Explodes(), emit)
    scheduler.feed(frame(0))
    with caplog.at_level(logging.CRITICAL + 1):
        for gain in (1, 2):
            scheduler.ask(quick(), Knobs(gain=gain), SETTINGS)
            settle(scheduler)
        assert scheduler.close(WAIT_S)
    assert [type(e) for e in log.of(Failed, Finished)] == [Failed, Finished]


# Hammering ----------------------------------------------------------------------------------------------


def test_a_thousand_pictures_and_requests_from_four_threads_end_with_the_newest(scheduler, log):
    together, most = [0], [0]
    lock = threading.Lock()

    def script(picture, params, ctx):
        with lock:
            together[0] += 1
            most[0] = max(most[0], together[0])
        try:
            ctx.publish(result(params.gain))
            return result(params.gain)
        finally:
            with lock:
                together[0] -= 1

    demo, barrier = Scripted(script), threading.Barrier(4)

    def feed(start):
        barrier.wait(WAIT_S)
        for index in range(start, 1000, 3):
            scheduler.feed(frame(index))

    def ask():
        barrier.wait(WAIT_S)
        for gain in range(100):
            scheduler.ask(demo, Knobs(gain=gain), SETTINGS)

    crowd = [threading.Thread(target=feed, args=(i,)) for i in range(3)] + [threading.Thread(target=ask)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join(WAIT_S)
    scheduler.feed(frame(5000))
    settle(scheduler)
    assert most[0] == 1
    last = log.of(Finished)[-1]
    assert (last.generation, last.frame.index, last.result.values["answer"]) == (scheduler.current, 5000, 99)
    generations = [e.generation for e in log.events]
    assert generations == sorted(generations)


def test_a_picture_that_comes_during_a_pause_is_not_run_before_resume(scheduler, log):
    demo = Scripted(lambda picture, params, ctx: ctx.checkpoint() or result())
    scheduler.feed(frame(0))
    scheduler.ask(demo, Knobs(), SETTINGS)
    settle(scheduler)
    scheduler.pause()
    scheduler.feed(frame(1))
    assert not scheduler.wait_idle(0.05)
    assert len(log.of(Finished)) == 1
    scheduler.resume()
    settle(scheduler)
    assert [e.frame.index for e in log.of(Finished)] == [0, 1]


class Looking(Engine):
    """Looks when it is let."""

    def __init__(self):
        super().__init__(Models())
        self.entered, self.looked = threading.Semaphore(0), []
        self.heeds = False

    def look(self, picture, settings, token):
        self.looked.append(picture.index)
        self.entered.release()
        while self.heeds and not token.cancelled:
            threading.Event().wait(0.001)
        return None if token.cancelled else NetworkSeen(None, picture.key, settings)


def test_a_look_comes_after_the_result_and_is_told_once(log):
    turnstile, scheduler = Turnstile(), Scheduler(Looking(), log)
    scheduler.feed(frame(0))
    scheduler.ask(turnstile.demo, Knobs(), SETTINGS)
    turnstile.wait_entered()
    scheduler.look(frame(0), SETTINGS)
    assert not log.of(NetworkSeen)
    turnstile.go.release()
    settle(scheduler)
    kinds = [type(e) for e in log.events if isinstance(e, Finished | NetworkSeen)]
    assert kinds == [Finished, NetworkSeen]
    assert scheduler.close(WAIT_S)


@pytest.mark.parametrize("newer", ["params", "picture"])
def test_a_patient_look_is_dropped_for_whatever_is_newer(log, newer):
    engine = Looking()
    engine.heeds = True
    scheduler = Scheduler(engine, log)
    scheduler.feed(frame(0))
    scheduler.ask(quick(), Knobs(), SETTINGS)
    settle(scheduler)
    scheduler.look(frame(0), SETTINGS)
    assert engine.entered.acquire(timeout=WAIT_S)
    if newer == "params":
        scheduler.ask(quick(), Knobs(gain=2), SETTINGS)
    else:
        scheduler.feed(frame(1))
    settle(scheduler)
    assert len(log.of(Finished)) == 2 and not log.of(NetworkSeen)
    assert scheduler.close(WAIT_S)
