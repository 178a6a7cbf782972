"""Playing a param: the pace by hand, values left out when results are slow, and ends."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated

import pytest

from explainer.core.controls import Choice, Doc, Range, control
from explainer.core.plays import Play, Plays
from explainer.runtime.playback import HOLD_S, Playback, snapped, steps_of


class Grain(Choice):
    FINE = "fine", "Fine"
    MIDDLE = "middle", "Middle"
    COARSE = "coarse", "Coarse"


@dataclass(frozen=True, slots=True)
class Params:
    maps: Annotated[int, Doc("Maps"), Range(1, 4096), Plays()] = 4096
    share: Annotated[float, Doc("Share"), Range(0.0, 1.0, 0.05), Plays()] = 1.0
    fives: Annotated[int, Doc("Fives"), Range(0, 95, 5), Plays()] = 25
    grain: Annotated[Grain, Doc("Grain"), Plays()] = Grain.FINE


class Clock:
    def __init__(self):
        self.time = 0.0

    def now(self):
        return self.time


def loaded(steps=11, seconds=10.0, at=0.0):
    clock = Clock()
    made = Playback(clock)
    made.load(steps_of(control(Params, "maps"), Play("maps", 0, steps - 1, 0), 1000), seconds)
    made.stand(at)
    return made, clock


def run(playback, clock, cost_s, until_s=1000.0):
    """Answer each step after `cost_s`; what was shown, as (time, number)."""
    shown = []
    while playback.playing and clock.time < until_s:
        step = playback.take()
        if step is not None:
            clock.time += cost_s
            playback.arrived()
            playback.stand(step.number)
            shown.append((round(clock.time, 6), step.number))
        elif (wait := playback.wait_s()) is not None:
            clock.time += wait
    return shown


def test_steps_are_each_value_once_and_both_ends_are_among_them():
    few = steps_of(control(Params, "maps"), Play("maps", 1, 5, 5), 100)
    assert [step.value for step in few] == [1, 2, 3, 4, 5]
    assert all(isinstance(step.value, int) for step in few)
    many = steps_of(control(Params, "maps"), Play("maps", 1, 1280, 1, log=True), 61)
    assert (many[0].value, many[-1].value) == (1, 1280)
    assert [step.number for step in many] == sorted({step.number for step in many})
    assert len(many) < 61  # the first maps are nearer to each other than the spacing
    ratios = [b.number / a.number for a, b in pairwise(many[20:])]
    assert max(ratios) / min(ratios) < 1.06
    backwards = steps_of(control(Params, "maps"), Play("maps", 5, 1, 5), 100)
    assert [step.value for step in backwards] == [5, 4, 3, 2, 1]


def test_a_value_is_one_that_the_control_can_have():
    share, play = control(Params, "share"), Play("share", 0.02, 0.9, 0.5)
    assert snapped(share, play, 0.52).value == 0.5
    assert snapped(share, play, 0.02).value == 0.02  # the end is an end, whatever the step
    assert snapped(share, play, 7.0).value == 0.9
    fives, lost = control(Params, "fives"), Play("fives", 0, 95, 25)
    assert [step.value for step in steps_of(fives, lost, 500)] == list(range(0, 100, 5))
    assert snapped(fives, lost, 66.2).value == 65
    grain, choices = control(Params, "grain"), Play("grain", 0, 2, 0)
    assert snapped(grain, choices, 1.2).value == "middle"
    assert [step.value for step in steps_of(grain, choices, 50)] == ["fine", "middle", "coarse"]


def test_quick_results_come_one_by_one_at_their_times():
    playback, clock = loaded()
    playback.play()
    shown = run(playback, clock, 0.0)
    assert shown == [(float(k), float(k)) for k in range(1, 11)]
    assert not playback.playing


def test_time_runs_evenly_over_the_scrubber_where_values_are_spaced_by_ratio():
    playback, clock = loaded()
    play = Play("maps", 1, 1000, 1, log=True)
    playback.load(steps_of(control(Params, "maps"), play, 301), 9.0)
    playback.stand(1.0)
    playback.play()
    when = {number: time for time, number in run(playback, clock, 0.0)}
    assert when[10.0] == pytest.approx(3.0, abs=0.05)
    assert when[100.0] == pytest.approx(6.0, abs=0.05)


def test_slow_results_leave_values_out_and_the_whole_takes_as_long():
    playback, clock = loaded()
    playback.play()
    shown = run(playback, clock, 2.5)
    numbers = [number for _, number in shown]
    assert numbers == sorted(set(numbers))
    assert numbers[-1] == 10.0
    assert len(numbers) <= 5
    assert 10.0 <= clock.time <= 15.0  # the last one is asked for when the one before it came


def test_thirty_steps_a_second_where_a_result_takes_less():
    playback, clock = loaded(steps=181, seconds=6.0)
    playback.play()
    shown = run(playback, clock, 0.03)
    assert len(shown) / clock.time > 29.0


def test_nothing_is_taken_while_a_step_waits():
    playback, clock = loaded()
    playback.play()
    playback.take()
    clock.time = 1.0
    assert playback.take().number == 1.0
    clock.time = 5.0
    assert playback.take() is None
    assert playback.wait_s() is None
    playback.arrived()
    assert playback.take().number == 5.0


def test_at_the_end_it_begins_again_and_time_runs_from_the_first_picture():
    playback, clock = loaded(at=10.0)
    playback.play()
    assert playback.take().number == 0.0
    clock.time = 40.0  # the first one had everything to compute
    playback.arrived()
    assert playback.take() is None
    assert playback.wait_s() == pytest.approx(1.0)


def test_speed_and_where_a_person_puts_it_are_heeded_at_once():
    playback, clock = loaded()
    playback.play()
    playback.faster(1)
    assert run(playback, clock, 0.0, until_s=1.1)[-1] == (1.0, 2.0)
    playback.stand(7.25)
    playback.take()
    assert playback.wait_s() == pytest.approx(0.75 / 2)
    clock.time += 0.75 / 2
    assert playback.take().number == 8.0


def test_in_a_loop_it_rests_at_the_end_and_begins_at_the_first():
    playback, clock = loaded(steps=3, seconds=2.0)
    playback.next_repeat()
    playback.play()
    shown = run(playback, clock, 0.0, until_s=5.5)
    first = 2.0 + HOLD_S
    assert [(t, n) for t, n in shown[:4]] == [(1.0, 1.0), (2.0, 2.0), (first, 0.0), (first + 1.0, 1.0)]


def test_back_and_forth_turns_at_both_ends():
    playback, clock = loaded(steps=3, seconds=2.0)
    playback.next_repeat()
    playback.next_repeat()
    playback.play()
    shown = run(playback, clock, 0.0, until_s=8.0)
    assert [number for _, number in shown][:6] == [1.0, 2.0, 1.0, 0.0, 1.0, 2.0]


def test_steps_beside_end_at_the_ends_and_know_places_between():
    playback, _ = loaded(at=9.5)
    assert playback.beside(1).number == 10.0
    assert playback.beside(-1).number == 9.0
    playback.stand(10.0)
    assert playback.beside(1) is None
    assert playback.beside(-1).number == 9.0


def test_what_has_one_value_does_not_play():
    playback, _ = loaded(steps=1)
    playback.play()
    assert not playback.playing
    playback.unload()
    playback.play()
    assert not playback.playing
