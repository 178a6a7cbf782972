from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
from runtime_fakes import SETTINGS, Knobs, Log, Models, Scripted, frame, result

from explainer.core.context import Context
from explainer.core.problem import Cancelled, ExplainerError, Problem
from explainer.runtime.context import JobContext
from explainer.runtime.engine import NO_FRAME, Engine, Job
from explainer.runtime.events import Failed, Finished, Partial, Progress
from explainer.runtime.memo import Memo
from explainer.runtime.token import JobToken


class Bench:
    """An engine and what one needs to run jobs on it."""

    def __init__(self, demo, **engine):
        self.demo, self.models, self.log = demo, Models(), Log()
        self.engine = Engine(self.models, **engine)

    def run(self, picture=None, *, demo=None, token=None, settings=SETTINGS, **params):
        job = Job(7, demo or self.demo, Knobs(**params), picture or frame(), settings)
        return self.engine.run(job, token or JobToken(), self.log)


def test_a_result_comes_back_with_its_frame_generation_and_timings():
    def script(picture, params, ctx):
        with ctx.stage("model"):
            pass
        return result(picture.index + params.gain)

    picture = frame(3)
    done = Bench(Scripted(script)).run(picture, gain=2)
    assert isinstance(done, Finished)
    assert (done.generation, done.frame, dict(done.result.values)) == (7, picture, {"answer": 5.0})
    assert set(done.timings_ms) == {"other", "model", "total"}
    parts = done.timings_ms["other"] + done.timings_ms["model"]
    assert done.timings_ms["total"] == pytest.approx(parts)


class Slept(JobToken):
    """Says that its checks were blocked for a minute."""

    slept_s = 0.0

    def check(self):
        self.slept_s += 60.0


def test_a_pause_is_not_counted_as_computing():
    def script(_picture, _params, ctx):
        with ctx.stage("model"):
            ctx.checkpoint()
        return result()

    timings = Bench(Scripted(script)).run(token=Slept()).timings_ms
    # Nobody slept in truth, so that the minute is missing from the clock, and from that stage.
    assert timings["model"] == pytest.approx(-60e3, abs=5e3)
    assert timings["total"] == pytest.approx(-60e3, abs=5e3)


def test_partials_are_marked_and_progress_is_told_by_the_percent():
    def script(_picture, _params, ctx):
        for i in range(1001):
            ctx.progress(i / 1000, f"step {i}")
        ctx.progress(5.0)
        ctx.publish(result(0.5))
        return result()

    bench = Bench(Scripted(script))
    bench.run()
    told = [e.fraction for e in bench.log.of(Progress)]
    assert told == pytest.approx([i / 100 for i in range(101)])
    (partial,) = bench.log.of(Partial)
    assert partial.result.partial
    assert partial.generation == 7
    assert "total" in partial.timings_ms


class Ahead(JobToken):
    """Makes ten seconds of every check."""

    slept_s = 0.0

    def check(self):
        self.slept_s -= 10.0


def test_a_long_run_says_how_long_it_will_take():
    def script(_picture, _params, ctx):
        for i in range(6):
            ctx.progress(i / 10, "step" if i < 4 else "" if i == 4 else "50 s left")
            ctx.checkpoint()
        return result()

    bench = Bench(Scripted(script))
    bench.run(token=Ahead())
    said = [e.text for e in bench.log.of(Progress)]
    assert said == ["step", "step, about 2 min left", "step, about 80 s left", "step, about 70 s left", "", "50 s left"]


def test_the_end_is_told_even_when_it_is_less_than_a_percent_away():
    def script(_picture, _params, ctx):
        for fraction in (0.0, 0.995, 1.0, 1.0):
            ctx.progress(fraction)
        return result()

    bench = Bench(Scripted(script))
    bench.run()
    assert [e.fraction for e in bench.log.of(Progress)] == [0.0, 0.995, 1.0]


# What goes wrong ----------------------------------------------------------------------------------------


def raiser(error):
    def script(_picture, _params, _ctx):
        raise error

    return Scripted(script)


def test_a_plain_sentence_passes_through():
    failed = Bench(raiser(ExplainerError("No face.", "Show one.", "d"))).run()
    assert isinstance(failed, Failed)
    assert failed.problem == Problem("No face.", "Show one.", "d")


class OutOfMemoryError(RuntimeError):
    """Named as torch names its own."""


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OutOfMemoryError("CUDA"),
        ImportError("libtorch_cuda.so: failed to map segment from shared object"),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried 9 bytes"),
    ],
)
def test_too_little_memory_is_said_and_the_memo_let_go(error):
    calls = []

    def remember(_picture, _params, ctx):
        ctx.memo("k", lambda: calls.append(1), keep=True)
        return result()

    bench, picture = Bench(Scripted(remember)), frame()
    bench.run(picture)
    failed = bench.run(picture, demo=raiser(error))
    assert failed.problem.what == "There was not enough memory for Scripted."
    assert type(error).__name__ in failed.problem.details
    bench.run(picture)
    assert len(calls) == 2


@pytest.mark.parametrize("error", [ValueError("boom"), SystemExit(3), ZeroDivisionError()])
def test_anything_else_becomes_a_card_with_the_traceback_in_its_details(error):
    failed = Bench(raiser(error)).run()
    assert failed.problem.what == "The demo Scripted failed."
    assert "Traceback" in failed.problem.details
    assert type(error).__name__ in failed.problem.details


def test_a_library_that_cannot_be_loaded_is_no_fault_of_the_picture():
    failed = Bench(raiser(ImportError("libtorch.so: cannot open shared object file"))).run()
    assert failed.problem.what == "A part of the installation that Scripted needs could not be loaded."
    assert "libtorch.so" in failed.problem.details


def test_a_demo_that_returns_no_result_fails_in_words():
    failed = Bench(Scripted(lambda *_: None)).run()
    assert "NoneType" in failed.problem.details


def test_a_scope_that_cannot_be_made_is_a_failure_too():
    def broken():
        raise ImportError("no torch")

    assert "no torch" in Bench(Scripted(lambda *_: result()), cancel_scope_factory=broken).run().problem.details


# Cancelling ---------------------------------------------------------------------------------------------


def test_a_cancelled_job_gives_nothing_and_is_not_even_begun():
    token = JobToken()
    token.cancel()
    began = []
    assert Bench(Scripted(lambda *_: began.append(1))).run(token=token) is None
    assert began == []


@pytest.mark.parametrize("how", ["checkpoint", "publish", "ignores", "library error"])
def test_cancelling_midway_gives_nothing_however_the_demo_takes_it(how):
    token = JobToken()

    def script(_picture, _params, ctx):
        token.cancel()
        if how == "checkpoint":
            ctx.checkpoint()
        if how == "publish":
            ctx.publish(result())
        if how == "library error":
            raise RuntimeError("a hook raised")
        return result()

    bench = Bench(Scripted(script))
    assert bench.run(token=token) is None
    assert bench.log.events == []


def test_the_cancel_scope_is_made_once_lazily_and_armed_around_each_run():
    story = []

    def factory():
        story.append("made")

        @contextmanager
        def scope(token):
            story.append("armed")
            try:
                yield
            finally:
                story.append("disarmed")

        return scope

    bench = Bench(Scripted(lambda *_: story.append("run") or result()), cancel_scope_factory=factory)
    assert story == []
    bench.run()
    bench.run(demo=raiser(Cancelled()))
    assert story == ["made", "armed", "run", "disarmed", "armed", "disarmed"]


# What a demo may ask ------------------------------------------------------------------------------------


def test_the_context_keeps_the_protocol_and_gives_what_belongs_to_the_session():
    seen = {}

    def script(_picture, _params, ctx):
        seen.update(card=ctx.card.name, seed=ctx.seed, settings=ctx.settings, frames=ctx.frames)
        with ctx.model() as one, ctx.model("other") as two:
            seen.update(models=(one, two))
        return result()

    settings = replace(SETTINGS, model="net", seed=5)
    bench = Bench(Scripted(script))
    assert isinstance(bench.run(settings=settings), Finished)
    assert seen == {
        "card": "net", "seed": 5, "settings": settings, "frames": (), "models": ("module net", "module other"),
    }  # fmt: skip
    assert bench.models.open == 0
    context: Context = JobContext(bench.demo, settings, bench.models, Memo(), JobToken())
    assert context.state is None


def test_a_lease_ends_where_the_demo_raises():
    def script(_picture, _params, ctx):
        with ctx.model():
            raise ValueError

    bench = Bench(Scripted(script))
    assert isinstance(bench.run(), Failed)
    assert bench.models.open == 0


def test_the_device_is_resolved_only_for_who_computes_on_it():
    idle = Bench(Scripted(lambda *_: result()))
    cuda = replace(SETTINGS, device="cuda")
    assert idle.run(settings=cuda).device == "cpu"
    assert idle.models.asked == []

    def leases(_picture, _params, ctx):
        with ctx.model():
            return result()

    assert Bench(Scripted(leases)).run(settings=cuda).device == "cuda"
    assert Bench(Scripted(lambda _p, _q, ctx: ctx.device and result())).run(settings=cuda).device == "cuda"


def draws(demo_id, seed):
    out = []

    def script(_picture, _params, ctx):
        out.append(ctx.rng.random(3))
        assert ctx.rng is ctx.rng
        return result()

    bench = Bench(Scripted(script, id=demo_id))
    for _ in range(2):
        assert isinstance(bench.run(settings=replace(SETTINGS, seed=seed)), Finished)
    np.testing.assert_array_equal(out[0], out[1])
    return tuple(out[0])


def test_the_same_job_draws_the_same_numbers_and_others_draw_others():
    drawn = [draws("a", 0), draws("a", 1), draws("b", 0)]
    assert len(set(drawn)) == 3
    # The same in every process and on every machine: a golden value needs that.
    assert drawn[0] == pytest.approx(np.random.default_rng([0, 3904355907]).random(3))


def remembering(calls, demo_id="scripted", keep=False, **info):
    def script(picture, params, ctx):
        ctx.memo("features", lambda: calls.append(demo_id), keep=keep)
        return result(params.gain)

    return Scripted(script, id=demo_id, **info)


def test_same_frame_and_new_class_computes_nothing_twice_but_a_new_frame_does():
    calls, picture = [], frame()
    bench = Bench(remembering(calls))
    bench.run(picture, gain=1)
    bench.run(picture, gain=2)
    assert len(calls) == 1
    bench.run(frame(1))
    assert len(calls) == 2


@pytest.mark.parametrize("change", [{"model": "m"}, {"fit": "whole"}, {"device": "cuda"}, {"seed": 1}])
def test_model_fit_device_and_seed_make_the_memo_anew(change):
    calls, picture = [], frame()
    bench = Bench(remembering(calls))
    bench.run(picture)
    bench.run(picture, settings=replace(SETTINGS, threads=1))
    assert len(calls) == 1
    bench.run(picture, settings=replace(SETTINGS, **change))
    assert len(calls) == 2


def test_two_demos_may_use_one_key():
    calls, picture = [], frame()
    bench = Bench(remembering(calls, "a"))
    for demo in (bench.demo, remembering(calls, "b"), bench.demo):
        bench.run(picture, demo=demo)
    assert calls == ["a", "b"]


def test_what_is_kept_survives_frames_and_heeds_the_model_where_the_demo_uses_it():
    for uses_model, expected in ((True, 2), (False, 1)):
        calls = []
        bench = Bench(remembering(calls, keep=True, uses_model=uses_model))
        bench.run(frame(0))
        bench.run(frame(1))
        assert len(calls) == 1
        bench.run(frame(2), settings=replace(SETTINGS, model="other"))
        assert len(calls) == expected


# State of temporal demos --------------------------------------------------------------------------------


class Counter:
    """A temporal demo whose state is the tuple of frames it has seen."""

    def __init__(self, **info):
        self.given = []
        self.during = lambda ctx: None
        self.demo = Scripted(self._run, **({"id": "counter", "temporal": True} | info))
        self.bench = Bench(self.demo)

    def _run(self, picture, _params, ctx):
        self.given.append(ctx.state)
        self.during(ctx)
        return result(state=(*(ctx.state or ()), picture.index))

    def run(self, *indices, source="a", **more):
        for index in indices:
            self.bench.run(frame(index, source), **more)
        return self.given[-1]


def test_state_goes_from_frame_to_frame_and_over_dropped_ones():
    assert Counter().run(0, 1, 5, 6) == (0, 1, 5)


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ({"source": "a"}, {"source": "b"}),
        ({}, {"anew": 1}),
        ({}, {"settings": replace(SETTINGS, model="other")}),
        ({}, {"settings": replace(SETTINGS, device="cuda")}),
        ({}, {"settings": replace(SETTINGS, seed=9)}),
    ],
)
def test_state_is_dropped_with_source_model_device_seed_and_resetting_params(first, then):
    counter = Counter()
    assert counter.run(0, 1, 2, **first) == (0, 1)
    assert counter.run(3, **then) is None
    assert counter.run(4, **then) == (3,)


def test_another_param_or_thread_count_keeps_the_state():
    counter = Counter()
    counter.run(0, 1)
    assert counter.run(2, gain=9, settings=replace(SETTINGS, threads=3)) == (0, 1)


def test_a_jump_back_drops_the_state():
    counter = Counter()
    counter.run(0, 1, 2, 3)
    assert counter.run(2) is None
    assert counter.run(3) == (2,)


def test_the_same_picture_again_starts_from_what_it_started_from_before():
    counter = Counter()
    counter.run(0, 1, 2)
    assert counter.run(2, gain=5) == (0, 1)
    assert counter.run(2, gain=6) == (0, 1)
    assert counter.run(3) == (0, 1, 2)


@pytest.mark.parametrize(
    "then",
    [{"source": "b"}, {"settings": replace(SETTINGS, model="other")}, {"settings": replace(SETTINGS, seed=9)}],
)
def test_what_a_lasting_demo_collected_outlives_source_and_model(then):
    counter = Counter(lasting=True)
    assert counter.run(0, 1, 2) == (0, 1)
    assert counter.run(0, **then) == (0, 1, 2)
    assert counter.run(0, gain=5, **then) == (0, 1, 2)  # the same picture is not counted twice
    assert counter.run(1, anew=1, **then) is None


def test_what_a_lasting_demo_collected_survives_a_jump_back():
    counter = Counter(lasting=True)
    counter.run(0, 1, 2)
    assert counter.run(1) == (0, 1, 2)


def test_returning_to_an_old_source_begins_anew():
    counter = Counter()
    counter.run(0, 1, source="a")
    counter.run(0, source="b")
    assert counter.run(2, source="a") is None


def test_a_state_of_another_source_is_not_held_once_a_new_one_is_shown():
    counter = Counter()
    counter.run(0, source="a")
    counter.bench.run(frame(0, "b"), demo=Scripted(lambda *_: result(), id="plain"))
    assert counter.bench.engine._states._by_demo == {}


@pytest.mark.parametrize("how", ["cancelled", "failed", "cancelled, unheeded"])
def test_a_job_that_did_not_end_well_changes_nothing(how):
    counter = Counter()
    counter.run(0, 1)
    token = JobToken()

    def during(ctx):
        if how == "failed":
            raise ValueError
        token.cancel()
        if how == "cancelled":
            ctx.checkpoint()

    counter.during = during
    counter.run(2, token=token)
    counter.during = lambda ctx: None
    assert counter.run(3) == (0, 1)


def test_a_published_state_of_a_temporal_demo_does_not_count():
    counter = Counter()
    token = JobToken()

    def during(ctx):
        ctx.publish(result(state="half"))
        token.cancel()

    counter.during = during
    counter.run(0, token=token)
    counter.during = lambda ctx: None
    assert counter.run(1) is None


def test_demos_that_are_not_temporal_get_no_state():
    counter = Counter(temporal=False)
    assert counter.run(0, 1, 2) is None


def test_two_temporal_demos_keep_theirs_apart():
    one = Counter()
    two = Scripted(lambda _p, _q, ctx: result(state=("two", ctx.state)), id="two", temporal=True)
    one.run(0)
    one.bench.run(frame(0), demo=two)
    assert one.run(1) == (0,)


def test_drop_state_holds_against_a_run_that_is_under_way():
    counter = Counter()
    counter.run(0, 1)
    counter.during = lambda ctx: counter.bench.engine.drop_state()
    counter.run(2)
    counter.during = lambda ctx: None
    assert counter.run(3) is None


# State of demos that bring their own data ---------------------------------------------------------------


class Training:
    """Counts epochs up to 10, publishing each; `stop_at` is where the token is cancelled."""

    def __init__(self):
        self.begun, self.frames = [], []
        self.demo = Scripted(self._run, id="training", uses_frame=False, uses_model=False)
        self.bench = Bench(self.demo)
        self.token, self.stop_at = JobToken(), None

    def _run(self, picture, _params, ctx):
        self.frames.append(picture)
        epoch = ctx.state or 0
        self.begun.append(epoch)
        while epoch < 10:
            epoch += 1
            ctx.publish(result(epoch, state=epoch))
            if epoch == self.stop_at:
                self.token.cancel()
        return result(epoch, state=epoch)

    def run(self, stop_at=None, picture=None, **more):
        self.token, self.stop_at = JobToken(), stop_at
        done = self.bench.run(picture, token=self.token, **more)
        return self.begun[-1], done and done.result.values["answer"]


def test_training_goes_on_from_the_last_published_state():
    training = Training()
    assert training.run(stop_at=4) == (0, None)
    training.bench.run(demo=Scripted(lambda *_: result(), id="between"))
    assert training.run(stop_at=7) == (4, None)
    assert training.run() == (7, 10.0)
    assert training.run() == (10, 10.0)


def test_training_does_not_care_for_picture_or_model_but_for_what_resets():
    training = Training()
    training.run(stop_at=4)
    other = replace(SETTINGS, model="other")
    assert training.run(stop_at=5, picture=frame(0, "b"), settings=other, gain=3)[0] == 4
    assert training.run(stop_at=6, anew=1)[0] == 0
    assert training.run(anew=1)[0] == 6
    assert all(picture is NO_FRAME for picture in training.frames)
