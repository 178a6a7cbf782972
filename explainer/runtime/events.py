"""What the workers tell the rest of the program: frozen values that may cross from one thread to another.

Job events carry the generation that asked for them; ``Scheduler.is_current`` is the gate that drops what
is no longer wanted. Source events carry none: one thread owns the source and their order is the truth.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

from explainer.core.context import Settings
from explainer.core.frame import Frame
from explainer.core.network_strip import NetworkStrip
from explainer.core.problem import Problem
from explainer.core.result import Result
from explainer.core.source import SourceKind

# Jobs ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Started:
    """A job began. `number` counts the jobs of this session from 1."""

    generation: int
    number: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the job is, 0…1, and what it is doing. Sent when it moved by at least 1 %."""

    generation: int
    fraction: float
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Partial:
    """A picture before the end; ``result.partial`` is true."""

    generation: int
    result: Result
    frame: Frame
    timings_ms: Mapping[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class Finished:
    """The whole result.

    Parameters
    ----------
    timings_ms
        Milliseconds in each stage that was entered (``"prepare"``, ``"model"``, ``"explain"``), outside of
        all (``"other"``) and altogether (``"total"``); time spent paused is not counted.
    device
        What was really computed on: ``"cpu"``, ``"cuda"`` or ``"mps"``.
    """

    generation: int
    result: Result
    frame: Frame
    timings_ms: Mapping[str, float]
    device: str

    def replaces(self, earlier: "Finished") -> bool:
        """Whether nobody wants to see `earlier` any more: it answers the same request on an older picture."""
        return earlier.generation == self.generation


@dataclass(frozen=True, slots=True, eq=False)
class Failed:
    """The demo could not give a result; the last good picture stays."""

    generation: int
    problem: Problem
    frame: Frame


JobEvent = Started | Progress | Partial | Finished | Failed


@dataclass(frozen=True, slots=True, eq=False)
class NetworkSeen:
    """What the session's network made of a picture, layer by layer; `key` is the frame's."""

    strip: NetworkStrip
    key: Hashable
    settings: Settings


# Sources ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SourceOpened:
    """Another source is shown from now on. `count` is ``None`` for cameras, `fps` 0 for stills."""

    source_id: str
    kind: SourceKind
    title: str
    count: int | None
    fps: float


@dataclass(frozen=True, slots=True, eq=False)
class FrameArrived:
    """A picture was read.

    Parameters
    ----------
    grab_ms
        Milliseconds that reading and decoding took.
    stepped
        Whether a person stepped to it; a temporal demo then wants it even when it is busy
        (``Scheduler.feed(frame, lossless=True)``).
    """

    frame: Frame
    grab_ms: float
    stepped: bool = False


@dataclass(frozen=True, slots=True)
class Position:
    """Where the picture that is shown stands in its source.

    Parameters
    ----------
    index, count
        Its number, from 0, and how many there are (``None`` for cameras).
    time_s, duration_s
        Its time in the film and the film's length in seconds; 0 where the source has none.
    """

    index: int
    count: int | None
    time_s: float = 0.0
    duration_s: float = 0.0


@dataclass(frozen=True, slots=True)
class PlayState:
    """Whether pictures arrive by themselves; a still never plays."""

    playing: bool


@dataclass(frozen=True, slots=True)
class SourceFailed:
    """A source could not be opened, or a file could not be read on. What was shown stays."""

    problem: Problem


@dataclass(frozen=True, slots=True)
class SourceSkipped:
    """A quiet remark: pictures could not be read and were passed over, a film broke off, a folder ends here."""

    problem: Problem


@dataclass(frozen=True, slots=True)
class SourceLost:
    """A camera gave no more pictures. Said once; it is tried again until it comes back."""

    problem: Problem


@dataclass(frozen=True, slots=True)
class SourceBack:
    """A lost camera gives pictures again."""


@dataclass(frozen=True, slots=True)
class SourceEnded:
    """A file was played to its end, and is not repeated."""


SourceEvent = (
    SourceOpened
    | FrameArrived
    | Position
    | PlayState
    | SourceFailed
    | SourceSkipped
    | SourceLost
    | SourceBack
    | SourceEnded
)
Event = JobEvent | NetworkSeen | SourceEvent
