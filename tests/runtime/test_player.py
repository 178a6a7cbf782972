import logging
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from runtime_fakes import WAIT_S, FakeClock, FakeSource, Log, frame

from explainer.core.problem import ExplainerError, Problem
from explainer.runtime.events import (
    FrameArrived,
    PlayState,
    Position,
    SourceBack,
    SourceEnded,
    SourceFailed,
    SourceLost,
    SourceOpened,
    SourceSkipped,
)
from explainer.runtime.frames import SourceFrames
from explainer.runtime.pace import LATE_MOST, LONGEST_S, Pace
from explainer.runtime.player import RETRY_S, Player

BAD = Problem("Unreadable.", "Choose another.")


class Stage:
    """A player with a fake clock; every event also notes when it came."""

    def __init__(self, loop=False):
        self.clock, self.log = FakeClock(), Log()
        self.times = []
        self.stop_after = None
        self.player = Player(self._hear, clock=self.clock, loop=loop)

    def _hear(self, event):
        if isinstance(event, FrameArrived):
            self.times.append(self.clock.now())
            if self.stop_after is not None and len(self.times) >= self.stop_after:
                self.player.pause()  # taken before the next picture is due, for it is waiting already
        self.log(event)

    def open(self, source):
        self.player.open(lambda: source)
        return source

    @property
    def shown(self):
        return [e.frame.index for e in self.log.of(FrameArrived)]


@pytest.fixture
def stage(request):
    one = Stage(loop=getattr(request, "param", False))
    yield one
    assert one.player.close(WAIT_S)
    assert "explainer-player" not in [t.name for t in threading.enumerate()]


# Pace ---------------------------------------------------------------------------------------------------


def test_pictures_are_due_by_their_own_times_without_drift():
    pace = Pace(10.0, live=False)
    pace.begin(50.0)
    times = [0.0, 0.1, 0.2, 1.7, 1.71, 3.0]  # uneven, as phones and screen recorders write them
    assert [pace.due_s(t) for t in times] == pytest.approx([50.0 + t for t in times])
    assert pace.due_s(None) == pytest.approx(53.1)  # the last one is shown as long as is usual


def test_from_a_picture_that_is_shown_the_next_is_due_after_their_distance():
    pace = Pace(10.0, live=False)
    pace.begin(7.0, 2.5)
    assert pace.due_s(2.9) == pytest.approx(7.4)


@pytest.mark.parametrize("times", [[0.0] * 4, [3.0, 2.0, 1.0, 0.0], [0.0, -1.0, -2.0, -3.0]])
def test_times_that_do_not_grow_give_way_to_the_rate(times):
    pace = Pace(10.0, live=False)
    pace.begin(0.0)
    assert [pace.due_s(t) for t in times] == pytest.approx([0.0, 0.1, 0.2, 0.3])


def test_a_time_far_ahead_is_not_waited_for():
    pace = Pace(10.0, live=False)
    pace.begin(0.0, 0.0)
    assert pace.due_s(1e9) == LONGEST_S
    assert pace.due_s(1e9 + 0.5) == LONGEST_S + 0.5


def test_who_is_less_than_a_picture_late_leaves_none_out():
    pace = Pace(10.0, live=False)
    assert not pace.is_late(5.0, 5.09)
    assert pace.is_late(5.0, 5.11)


@given(st.floats(1, 240), st.lists(st.floats(0, 0.5), max_size=50))
def test_a_picture_is_never_due_before_its_time(fps, gaps):
    pace, time_s = Pace(fps, live=False), 0.0
    pace.begin(0.0, 0.0)
    for gap in gaps:
        time_s += gap
        assert pace.due_s(time_s) >= time_s - 1e-6


def test_a_live_source_is_asked_a_little_early():
    pace = Pace(20.0, live=True)
    pace.begin(1.0)
    assert pace.wait_s(1.0) == 0.0
    pace.asked(1.0)
    assert pace.wait_s(1.0) == pytest.approx(0.04)
    pace.rest(3.0)
    assert pace.wait_s(1.0) == pytest.approx(2.0)
    assert Pace(0.0, live=True).moves
    assert not Pace(0.0, live=False).moves


# Stills and folders -------------------------------------------------------------------------------------


def test_a_still_is_shown_once_and_says_what_it_is(stage):
    source = stage.open(FakeSource("image", count=1, fps=0.0, name="cat"))
    stage.log.until_count(Position, 1)
    opened, arrived, position = stage.log.events
    assert opened == SourceOpened("cat", "image", "cat", 1, 0.0)
    assert arrived.frame.source_id == "cat"
    assert position == Position(0, 1)
    stage.player.play()
    stage.player.close(WAIT_S)
    assert stage.shown == [0]
    assert source.readers == {"explainer-player"}
    assert source.closed == 1


def test_a_folder_goes_on_and_back_and_stops_at_its_ends(stage):
    stage.open(FakeSource("folder", count=3, fps=0.0))
    for move in (stage.player.previous, *[stage.player.next] * 3, stage.player.previous):
        move()
    stage.log.until_count(FrameArrived, 4)
    assert stage.shown == [0, 1, 2, 1]
    assert [e.stepped for e in stage.log.of(FrameArrived)] == [False, True, True, True]


def test_a_seek_is_clipped_to_what_there_is(stage):
    stage.open(FakeSource("folder", count=3, fps=0.0))
    for count, index in enumerate((99, -5), start=2):
        stage.player.seek(index)
        stage.log.until_count(FrameArrived, count)
    assert stage.shown == [0, 2, 0]


def test_of_seeks_that_wait_only_the_last_is_made(stage):
    inside, go = threading.Event(), threading.Event()

    def slow_opener():
        inside.set()
        assert go.wait(WAIT_S)
        return FakeSource("folder", count=50, fps=0.0)

    stage.player.open(slow_opener)
    assert inside.wait(WAIT_S)
    for index in range(1, 50):
        stage.player.seek(index)
    go.set()
    stage.log.until_count(FrameArrived, 2)
    assert stage.shown == [0, 49]


def test_opening_forgets_what_was_meant_for_the_source_before(stage):
    inside, go = threading.Event(), threading.Event()
    opened = []

    def opener(name):
        def open_it():
            inside.set()
            assert go.wait(WAIT_S)
            opened.append(name)
            return FakeSource("folder", count=9, fps=0.0, name=name)

        return open_it

    stage.player.open(opener("one"))
    assert inside.wait(WAIT_S)
    stage.player.next()
    stage.player.open(opener("two"))
    stage.player.open(opener("three"))
    go.set()
    stage.log.until(lambda events: any(isinstance(e, FrameArrived) and e.frame.source_id == "three" for e in events))
    assert opened == ["one", "three"]
    assert stage.shown == [0, 0]


def test_an_unreadable_picture_of_a_folder_is_said_and_passed_over_both_ways(stage):
    stage.open(FakeSource("folder", count=4, fps=0.0, script={0: BAD, 2: BAD}))
    stage.player.next()
    stage.player.previous()
    stage.log.until_count(FrameArrived, 3)
    assert stage.shown == [1, 3, 1]
    assert stage.log.of(SourceSkipped) == [SourceSkipped(BAD)] * 3


def test_many_unreadable_pictures_are_one_remark(stage):
    stage.open(FakeSource("folder", count=500, fps=0.0, script=dict.fromkeys(range(1, 499), BAD)))
    stage.player.next()
    stage.log.until_count(FrameArrived, 2)
    assert stage.shown == [0, 499]
    assert [e.problem.what for e in stage.log.of(SourceSkipped)] == [
        "498 pictures that cannot be shown were passed over."
    ]


def test_at_the_ends_of_a_folder_it_is_said(stage):
    stage.open(FakeSource("folder", count=2, fps=0.0, name="trip"))
    for move in (stage.player.previous, stage.player.next, stage.player.next):
        move()
    stage.log.until_count(SourceSkipped, 2)
    said = [e.problem.what for e in stage.log.of(SourceSkipped)]
    assert said == ["This is the first picture of trip.", "This is the last picture of trip."]


# Files --------------------------------------------------------------------------------------------------


def test_a_video_plays_at_its_pace_to_its_end(stage):
    stage.open(FakeSource(count=5, fps=10.0))
    stage.log.until_count(SourceEnded, 1)
    assert stage.shown == [0, 1, 2, 3, 4]
    assert stage.times == pytest.approx([100.0 + 0.1 * i for i in range(5)])
    assert stage.log.of(PlayState) == [PlayState(True), PlayState(False)]


def test_a_film_is_played_by_the_times_of_its_pictures(stage):
    times = [0.0, 0.04, 0.08, 3.6, 3.64]
    stage.open(FakeSource(count=5, fps=25.0, times=times))
    stage.log.until_count(SourceEnded, 1)
    assert stage.times == pytest.approx([100.0 + t for t in times])
    assert stage.clock.now() == pytest.approx(103.68)  # the last one is shown as long as is usual
    assert [e.time_s for e in stage.log.of(Position)] == times


def test_a_pause_and_a_step_take_the_picture_that_was_read_ahead(stage):
    stage.clock.hold_at = 100.25  # picture 3 has been read by then and waits for its time
    source = stage.open(FakeSource(count=6, fps=10.0))
    assert stage.clock.held.wait(WAIT_S)
    stage.player.pause()
    stage.player.step(1)
    stage.player.step(-1)
    stage.log.until(lambda events: [e.frame.index for e in events if isinstance(e, FrameArrived)][-2:] == [3, 2])
    assert source.reads == [0, 1, 2, 3, ("at", 2)]


def test_a_slow_decoder_leaves_frames_out_and_keeps_time(stage):
    source = FakeSource(count=12, fps=10.0)
    source.clock = stage.clock
    source.read_s = 0.04

    def hear(event):
        stage.clock.time += 0.25  # the rest of the program holds the player up

    stage.player.close(WAIT_S)
    log = Log()
    stage.player = Player(
        lambda e: (log(e), hear(e) if isinstance(e, FrameArrived) else None), clock=stage.clock, loop=False
    )
    stage.open(source)
    log.until_count(SourceEnded, 1)
    shown = [e.frame.index for e in log.of(FrameArrived)]
    assert shown == sorted(set(shown))
    assert 3 <= len(shown) <= 6
    assert all(a in source.reads for a in range(12))  # left out means read and not shown
    assert log.of(FrameArrived)[0].grab_ms == pytest.approx(40.0)


def test_who_is_hopelessly_late_plays_slowly_and_does_not_race_afterwards(stage):
    def hear(event):
        stage._hear(event)
        if isinstance(event, FrameArrived) and event.frame.index == 2:
            stage.clock.time += 60.0  # the lid was closed

    stage.player.close(WAIT_S)
    stage.player = Player(hear, clock=stage.clock, loop=False)
    stage.open(FakeSource(count=20, fps=10.0))
    stage.log.until_count(SourceEnded, 1)
    after = 3 + LATE_MOST
    assert stage.shown == [0, 1, 2, *range(after, 20)]
    gaps = [b - a for a, b in zip(stage.times[3:], stage.times[4:], strict=False)]
    assert gaps == pytest.approx([0.1] * len(gaps))


def test_pause_holds_and_play_goes_on_from_there(stage):
    stage.stop_after = 3
    stage.open(FakeSource(count=6, fps=10.0))
    stage.log.until(lambda events: PlayState(False) in events)
    assert stage.shown == [0, 1, 2]
    stage.stop_after = None
    stage.player.play()
    stage.log.until_count(SourceEnded, 1)
    assert stage.shown == [0, 1, 2, 3, 4, 5]


def test_steps_stop_the_video_and_lose_nothing(stage):
    stage.stop_after = 1
    source = stage.open(FakeSource(count=6, fps=10.0))
    stage.log.until(lambda events: PlayState(False) in events)
    for by in (1, 1, 1, -1, 2):
        stage.player.step(by)
    stage.log.until_count(FrameArrived, 6)
    assert stage.shown == [0, 1, 2, 3, 2, 4]
    assert [e.stepped for e in stage.log.of(FrameArrived)] == [False] + [True] * 5
    assert source.reads == [0, 1, 2, 3, ("at", 2), ("at", 4)]  # going on costs no seek


def test_a_seek_while_playing_goes_on_from_there(stage):
    stage.stop_after = 2
    stage.open(FakeSource(count=50, fps=10.0))
    stage.log.until(lambda events: PlayState(False) in events)
    stage.stop_after = None
    stage.player.seek(47)
    stage.player.play()
    stage.log.until_count(SourceEnded, 1)
    assert stage.shown == [0, 1, 47, 48, 49]
    assert stage.times[-1] - stage.times[-2] == pytest.approx(0.1)


def test_a_seek_in_full_flight_keeps_the_pace(stage):
    seeks = {2: 46, 48: 10}

    def hear(event):
        stage._hear(event)
        if isinstance(event, FrameArrived) and (to := seeks.pop(event.frame.index, None)) is not None:
            stage.player.seek(to)

    stage.player.close(WAIT_S)
    stage.player = Player(hear, clock=stage.clock)
    stage.stop_after = 10
    stage.open(FakeSource(count=50, fps=10.0))
    stage.log.until(lambda events: PlayState(False) in events)
    assert stage.shown[:10] == [0, 1, 2, 46, 47, 48, 10, 11, 12, 13]
    gaps = [b - a for a, b in zip(stage.times, stage.times[1:], strict=False)]
    assert gaps[:9] == pytest.approx([0.1, 0.1, 0.0, 0.1, 0.1, 0.0, 0.1, 0.1, 0.1])


@pytest.mark.parametrize("stage", [True], indirect=True, ids=["loop"])
def test_a_loop_begins_again_in_time(stage):
    stage.stop_after = 8
    stage.open(FakeSource(count=3, fps=10.0))
    stage.log.until(lambda events: PlayState(False) in events)
    assert stage.shown[:8] == [0, 1, 2, 0, 1, 2, 0, 1]
    assert stage.log.of(SourceEnded) == []


def test_play_after_the_end_begins_anew_even_when_the_count_was_a_guess(stage):
    stage.open(FakeSource(count=9, real=3, fps=10.0))  # containers announce more than they hold
    stage.log.until_count(SourceEnded, 1)
    assert stage.shown == [0, 1, 2]
    stage.player.play()
    stage.log.until_count(SourceEnded, 2)
    assert stage.shown == [0, 1, 2, 0, 1, 2]


@pytest.mark.parametrize("stage", [False, True], indirect=True, ids=["once", "loop"])
@pytest.mark.parametrize("count", [0, 1])
def test_a_file_with_hardly_a_picture_does_not_begin_again_for_ever(stage, count):
    stage.open(FakeSource(count=count, fps=10.0))
    stage.log.until_count(SourceEnded, 1)
    assert stage.shown == [0] * count


def test_a_video_that_breaks_off_is_said_once_and_the_last_picture_stays(stage):
    stage.open(FakeSource(count=5, fps=10.0, script={3: BAD}))
    stage.log.until_count(SourceEnded, 1)
    assert stage.shown == [0, 1, 2]
    assert stage.log.of(SourceSkipped) == [SourceSkipped(BAD)]
    assert stage.log.of(SourceFailed) == []
    assert stage.log.of(PlayState)[-1] == PlayState(False)


@pytest.mark.parametrize("stage", [True], indirect=True, ids=["loop"])
def test_a_video_that_breaks_off_begins_again_in_a_loop(stage):
    stage.stop_after = 5
    stage.open(FakeSource(count=5, fps=10.0, script={3: BAD}))
    stage.log.until(lambda events: PlayState(False) in events)
    assert stage.shown[:5] == [0, 1, 2, 0, 1]


@pytest.mark.parametrize("stage", [True], indirect=True, ids=["loop"])
def test_a_video_that_is_gone_when_it_begins_again_is_said_once(stage):
    gone = FakeSource(count=3, fps=10.0)
    gone.at = lambda index: BAD
    stage.open(gone)
    stage.log.until_count(SourceFailed, 1)
    assert stage.shown == [0, 1, 2]
    assert stage.log.events[-1] == SourceFailed(BAD)


def test_a_video_without_a_first_picture_fails(stage):
    stage.open(FakeSource(count=5, fps=10.0, script={0: BAD}))
    stage.log.until_count(SourceFailed, 1)
    assert stage.log.of(FrameArrived) == []


def test_a_source_that_raises_is_a_problem_and_the_player_lives(stage, caplog):
    with caplog.at_level(logging.CRITICAL + 1):
        stage.open(FakeSource(count=5, fps=10.0, script={1: OSError("disk")}))
        stage.log.until_count(SourceFailed, 1)
        stage.player.open(lambda: 1 // 0)
        failures = stage.log.until_count(SourceFailed, 2)
    assert "disk" in failures[0].problem.details
    assert "ZeroDivision" in failures[1].problem.details
    stage.open(FakeSource("image", count=1, fps=0.0, name="next"))
    stage.log.until(lambda events: any(isinstance(e, SourceOpened) and e.title == "next" for e in events))


# Opening ------------------------------------------------------------------------------------------------


def test_another_source_lets_go_of_the_first_and_a_bad_one_does_not(stage):
    first = stage.open(FakeSource("folder", count=3, fps=0.0, name="first"))
    stage.log.until_count(FrameArrived, 1)
    stage.player.open(lambda: BAD)
    stage.log.until_count(SourceFailed, 1)
    assert first.closed == 0
    stage.player.next()
    stage.log.until_count(FrameArrived, 2)
    assert stage.shown == [0, 1]
    second = stage.open(FakeSource("image", count=1, fps=0.0, name="second"))
    stage.log.until_count(FrameArrived, 3)
    assert first.closed == 1
    assert stage.player.close(WAIT_S)
    assert second.closed == 1


def test_nothing_happens_without_a_source(stage):
    for act in (stage.player.play, stage.player.pause, stage.player.next):
        act()
    stage.player.seek(3)
    assert stage.player.close(WAIT_S)
    assert stage.log.events == []


# Cameras ------------------------------------------------------------------------------------------------


def camera(**more):
    return FakeSource("camera", **({"count": None, "fps": 20.0} | more))


def test_a_camera_is_read_at_its_own_pace_and_no_faster(stage):
    stage.stop_after = 10
    stage.open(camera())
    stage.log.until(lambda events: PlayState(False) in events)
    assert stage.shown[:10] == list(range(10))
    gaps = [b - a for a, b in zip(stage.times, stage.times[1:], strict=False)]
    assert gaps == pytest.approx([0.04] * len(gaps))


def test_a_lost_camera_is_said_once_tried_calmly_and_comes_back_by_itself(stage):
    stage.stop_after = 4
    stage.open(camera(script=dict.fromkeys((2, 3, 4), BAD)))
    stage.log.until(lambda events: PlayState(False) in events)
    kinds = [type(e) for e in stage.log.events if not isinstance(e, Position)]
    expected = [SourceOpened, PlayState, FrameArrived, FrameArrived, SourceLost, SourceBack]
    assert kinds == [*expected, FrameArrived, FrameArrived, PlayState]
    assert stage.shown == [0, 1, 5, 6]
    assert [w for w in stage.clock.waits if w > 0.05] == pytest.approx([RETRY_S] * 3)


def test_a_camera_that_is_missing_at_first_is_lost_not_failed(stage):
    stage.stop_after = 1
    stage.open(camera(script={0: BAD}))
    stage.log.until_count(FrameArrived, 1)
    assert stage.log.of(SourceFailed) == []
    assert stage.log.of(SourceLost) == [SourceLost(BAD)]


def test_close_joins_while_a_camera_runs():
    for _ in range(20):
        stage = Stage()
        source = stage.open(camera())
        stage.log.until_count(FrameArrived, 1)
        assert stage.player.close(WAIT_S)
        count = len(stage.log.events)
        assert source.closed == 1
        assert len(stage.log.events) == count
        assert stage.player.close(WAIT_S)


def test_a_closed_player_says_nothing_more(stage):
    inside, go = threading.Event(), threading.Event()
    source = FakeSource("image", count=1, fps=0.0)

    def slow_opener():
        inside.set()
        assert go.wait(WAIT_S)
        return source

    stage.player.open(slow_opener)
    assert inside.wait(WAIT_S)
    assert not stage.player.close(0.01)  # it says that it could not end in time
    go.set()
    assert stage.player.close(WAIT_S)
    assert stage.log.events == []
    assert source.closed == 1


def test_an_endless_generator_moves_though_it_names_no_rate(stage):
    stage.stop_after = 3
    stage.open(FakeSource("synthetic", count=None, fps=0.0))
    stage.log.until(lambda events: PlayState(False) in events)
    assert stage.shown[:3] == [0, 1, 2]


# Frames -------------------------------------------------------------------------------------------------


def test_frames_are_read_when_asked_for_and_the_last_few_are_held():
    sources = []

    def opener():
        sources.append(FakeSource("folder", count=5, fps=0.0))
        return sources[-1]

    frames = SourceFrames(opener, held=2)
    assert sources == []
    assert len(frames) == 5
    assert frames[3] is frames[3]
    assert [f.index for f in frames] == [0, 1, 2, 3, 4]
    assert frames[-1].index == 4
    assert [f.index for f in frames[1:4]] == [1, 2, 3]
    assert len(sources) == 1
    sources[0].reads.clear()
    assert [frames[i].index for i in (0, 1, 0, 2, 0, 1)] == [0, 1, 0, 2, 0, 1]
    assert sources[0].reads == [("at", 0), ("at", 1), ("at", 2), ("at", 1)]  # the least used went first
    frames.close()
    assert sources[0].closed == 1
    for bad in (5, -6):
        with pytest.raises(IndexError):
            frames[bad]


def test_what_cannot_be_read_raises_in_plain_words():
    with pytest.raises(ExplainerError, match="Unreadable"):
        len(SourceFrames(lambda: BAD))
    with pytest.raises(ExplainerError, match="Unreadable"):
        SourceFrames(lambda: FakeSource(script={0: BAD}))[0]
    assert len(SourceFrames(camera)) == 0


def test_the_fakes_number_their_frames():
    assert frame(3, "x").index == 3
