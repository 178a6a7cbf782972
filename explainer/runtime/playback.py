"""Playing a param: which value comes next, and when. Starts no thread and runs no demo."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from explainer.core.controls import Control
from explainer.core.plays import Play
from explainer.runtime.clock import Clock

Repeat = Literal["once", "loop", "back-and-forth"]
REPEATS: tuple[Repeat, ...] = ("once", "loop", "back-and-forth")
SPEEDS = (0.5, 1.0, 2.0, 4.0)
FPS = 30.0
"""Values that are gone through in a second at speed 1, where the param has as many."""
STILLS, STILL_S = 8, 1.0
"""With reduced motion: so many values, so long each."""
HOLD_S = 0.8
"""Rest at an end before it begins again."""
_ROUNDING = 1e-6  # of a step


@dataclass(frozen=True, slots=True)
class PlayStep:
    """One value of a play.

    Parameters
    ----------
    number
        Where it stands, as ``Play.at``; of a choice the index of its value.
    value
        What the param becomes.
    place
        Where that lies on the scrubber, 0…1; the time runs evenly over it.
    """

    number: float
    value: Any
    place: float


def steps_of(one: Control, play: Play, count: int) -> tuple[PlayStep, ...]:
    """Return at most `count` values from ``play.first`` to ``play.last``, both included, each once."""
    most = max(2, count)
    wanted = [snapped(one, play, play.value(k / (most - 1))) for k in range(most)]
    return tuple({step.number: step for step in wanted}.values())


def snapped(one: Control, play: Play, number: float) -> PlayStep:
    """Return the value of the control that is nearest to `number`, within the play."""
    lo, hi = sorted((play.first, play.last))
    if one.step and one.kind == "number" and number not in (lo, hi):
        number = round(one.lo + round((number - one.lo) / one.step) * one.step, 9)
    if one.integer or one.kind == "choice":
        number = float(round(number))
    number = min(hi, max(lo, number))
    if one.kind == "choice":
        return PlayStep(number, one.choices[int(number)][0], play.place(number))
    return PlayStep(number, int(number) if one.integer else number, play.place(number))


class Playback:
    """Goes through the steps of a play at its pace; each waits for the result of the one before.

    Where results take longer than the pace allows, values are left out, so that the whole takes as long as it
    should. Whoever uses it calls `take` whenever something changed or `wait_s` is over, asks for what it gives, and
    says `arrived` when that can be seen.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._steps: Sequence[PlayStep] = ()
        self._places = np.zeros(0)
        self._seconds = 1.0
        self._at = 0.0  # of the steps, where it stands; between two where the param has a value of its own
        self._from: tuple[float, float] | None = None  # step and time that the pace is counted from
        self._begin: int | None = None  # step to begin at, before the time runs
        self._waits = False
        self._ended_s: float | None = None
        self._way = 1
        self.playing = False
        self.speed = 1.0
        self.repeat: Repeat = "once"

    # What is played -------------------------------------------------------------------------------------

    def load(self, steps: Sequence[PlayStep], seconds: float) -> None:
        """Take the steps of a play; the same ones again change nothing."""
        if tuple(steps) == tuple(self._steps) and seconds == self._seconds:
            return
        self._steps, self._seconds = tuple(steps), max(1e-3, seconds)
        self._places = np.array([step.place for step in steps])
        self._from = self._ended_s = None

    def unload(self) -> None:
        """Have nothing to play."""
        self._steps, self._waits = (), False
        self.pause()

    def stand(self, number: float) -> None:
        """Stand where a person put it, at a value that need not be a step; playing goes on from there."""
        place = self._place(number)
        if abs(place - self._at) > _ROUNDING:
            self._at, self._from, self._begin, self._ended_s = place, None, None, None

    def asked(self) -> None:
        """A run was asked for in another way (by a hand on the scrubber): its result is waited for too."""
        self._waits = True

    def arrived(self) -> None:
        """The result of the step that was taken can be seen."""
        self._waits = False

    # What a person asks for -----------------------------------------------------------------------------

    def play(self) -> None:
        """Go on from here, or from the beginning where this is the end."""
        if len(self._steps) < 2:
            return
        self.playing, self._from, self._ended_s, self._way = True, None, None, 1
        self._begin = 0 if self._at >= len(self._steps) - 1 - _ROUNDING else None

    def pause(self) -> None:
        """Stay where it is."""
        self.playing, self._from, self._begin, self._ended_s = False, None, None, None

    def faster(self, by: int) -> None:
        """Next faster speed, or slower; the ends stay."""
        at = SPEEDS.index(self.speed) + by
        self.speed = SPEEDS[min(len(SPEEDS) - 1, max(0, at))]
        self._from = None

    def next_repeat(self) -> None:
        """Once, in a loop, back and forth, and round again."""
        self.repeat = REPEATS[(REPEATS.index(self.repeat) + 1) % len(REPEATS)]
        self._ended_s = None

    def beside(self, by: int) -> PlayStep | None:
        """Return the step before or after the place where it stands; ``None`` at an end."""
        at = math.floor(self._at + _ROUNDING) + by if by > 0 else math.ceil(self._at - _ROUNDING) + by
        return self._steps[at] if 0 <= at < len(self._steps) else None

    # The pace -------------------------------------------------------------------------------------------

    def take(self) -> PlayStep | None:
        """Return the step to ask for now; ``None`` while one waits for its result or none is due."""
        if not self.playing or self._waits:
            return None
        now = self._clock.now()
        self._turn(now)
        due = self._due(now)
        if due is None:
            return None
        self._at, self._waits = float(due), True
        return self._steps[due]

    def wait_s(self) -> float | None:
        """Seconds until `take` may give something; ``None`` where only a result or a person can change that."""
        if not self.playing or self._waits:
            return None
        now = self._clock.now()
        if self._ended_s is not None:
            return max(0.0, self._ended_s + HOLD_S - now)
        if self._from is None:
            return 0.0
        step, since_s = self._from
        following = self._way * (math.floor(self._at * self._way + _ROUNDING) + 1)  # the next whole step that way
        way = abs(self._along(following) - self._along(step))
        return max(0.0, since_s + way * self._seconds / self.speed - now)

    def _along(self, step: float) -> float:
        """Place on the scrubber of a step, or between two."""
        return float(np.interp(step, np.arange(len(self._places)), self._places))

    @property
    def _end(self) -> int:
        return len(self._steps) - 1 if self._way > 0 else 0

    def _due(self, now: float) -> int | None:
        """Return the step whose time has come, if it is not the one that it stands at."""
        if not self.playing or self._ended_s is not None:
            return None
        if self._begin is not None and self._begin != self._at:
            return self._begin
        if self._from is None:  # the time runs from when the first picture can be seen
            self._from, self._begin = (self._at, now), None
        step, since_s = self._from
        reached = self._along(step) + self._way * (now - since_s) * self.speed / self._seconds
        if self._way > 0:
            due = int(np.searchsorted(self._places, reached + _ROUNDING, "right")) - 1
        else:
            due = int(np.searchsorted(self._places, reached - _ROUNDING, "left"))
        return due if (due - self._at) * self._way > _ROUNDING else None

    def _turn(self, now: float) -> None:
        """At an end: stop, or after a rest begin again."""
        if self._begin is not None or abs(self._at - self._end) > _ROUNDING:
            return
        if self.repeat == "once":
            self.pause()
        elif self._ended_s is None:
            self._ended_s, self._from = now, None
        elif now - self._ended_s >= HOLD_S - _ROUNDING:
            self._ended_s = None
            if self.repeat == "loop":
                self._way, self._begin = 1, 0
            else:
                self._way = -self._way

    def _place(self, number: float) -> float:
        """Where a value lies among the steps."""
        numbers = np.array([step.number for step in self._steps])
        if not len(numbers):
            return 0.0
        rising = numbers if numbers[-1] >= numbers[0] else -numbers
        return float(np.interp(number if numbers[-1] >= numbers[0] else -number, rising, np.arange(len(numbers))))
