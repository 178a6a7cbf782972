"""What following many things leaves from one picture to the next, and how much time lies between two pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from statistics import median

from explainer.core.frame import Frame
from explainer.vision.tracking.doubt import Notes
from explainer.vision.tracking.many import Tracks
from explainer.vision.tracking.track_history import TrackHistory

INTERVALS = 9  # of which the median is the usual time between two pictures
LONGEST_STEP = 60.0


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """What one picture leaves to the next.

    Parameters
    ----------
    time_s, intervals
        Time of the newest picture and the newest intervals between two, in seconds.
    restarted
        Whether the picture's size has just changed.
    doubts
        Of each living track, see `doubt`.
    """

    frame_size: tuple[int, int]
    tracks: Tracks | None
    history: TrackHistory
    time_s: float | None = None
    intervals: tuple[float, ...] = ()
    restarted: bool = False
    doubts: Mapping[int, Notes] = field(default_factory=dict)


def gone_on(memory: Memory | None, frame: Frame) -> Memory:
    """Return the memory to go on from; a picture of another size starts anew."""
    size = (frame.width, frame.height)
    if memory is not None and memory.frame_size == size:
        return memory
    return Memory(size, None, TrackHistory(), restarted=memory is not None)


def paced(memory: Memory, frame: Frame, *, by_time: bool) -> tuple[float, Memory]:
    """How many pictures' worth of time have passed, and the memory with this picture's time.

    Parameters
    ----------
    by_time
        What is made moves by pictures. A film or camera may stutter or have been gone: then more time has passed
        than usual, and the predictions have to go as far.
    """
    usual = median(memory.intervals) if memory.intervals else 0.0
    passed = frame.time_s - memory.time_s if memory.time_s is not None else 0.0
    step = 1.0
    if by_time and usual > 0 and passed > 0:
        step = round(min(max(passed / usual, 0.25), LONGEST_STEP), 2)
    intervals = (*memory.intervals, passed)[-INTERVALS:] if passed > 0 else memory.intervals
    return step, replace(memory, time_s=frame.time_s, intervals=intervals)
