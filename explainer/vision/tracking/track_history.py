"""What a long run of many tracks leaves behind: lines for a file, lives of identities, and counts against the truth.

All of it is a value that grows slowly: a line for each shown box, and sums. Nothing keeps pictures.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from explainer.vision.metrics import mot
from explainer.vision.tracking.many import Step, Tracks
from explainer.vision.tracking.mot_text import lines

Floats = NDArray[np.float64]

TRAIL = 45  # places kept of each living track
LIVES = 40  # identities whose lives are kept for the chart
NEWEST = 300  # pictures over which HOTA and IDF1 are taken
EVERY = 10  # pictures from one count of them to the next, once there are as many
CHUNK = 1 << 16  # characters: a full chunk is never touched again
MOST = 24 << 20  # characters of the file; beyond it no line is added


@dataclass(frozen=True, slots=True)
class Life:
    """First and last picture in which an identity was shown, and whether it has ended."""

    first: int
    last: int
    ended: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """A text that is added to at its end, in chunks so that adding costs the same at any length."""

    chunks: tuple[str, ...] = ()
    size: int = 0

    def plus(self, more: str) -> "Text":
        """Return the longer text; a text at its limit stays as it is."""
        if self.size + len(more) > MOST:
            return self
        last = self.chunks[-1] if self.chunks and len(self.chunks[-1]) < CHUNK else None
        kept = self.chunks[:-1] if last is not None else self.chunks
        return Text((*kept, (last or "") + more), self.size + len(more))

    @property
    def full(self) -> bool:
        """Whether no further line fits."""
        return self.size > MOST - 4096

    def __str__(self) -> str:
        return "".join(self.chunks)


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """MOTA and switches over the whole run; IDF1 and HOTA over the newest `NEWEST` pictures."""

    clear: mot.Clear
    identity: mot.Identity
    hota: mot.Hota | None


@dataclass(frozen=True, slots=True, eq=False)
class TrackHistory:
    """Everything that is kept."""

    count: int = 0
    tracks: Text = field(default_factory=Text)
    truth: Text = field(default_factory=Text)
    trails: Mapping[int, tuple[tuple[float, float], ...]] = field(default_factory=dict)
    lives: Mapping[int, Life] = field(default_factory=dict)
    born: int = 0
    died: int = 0
    counter: mot.ClearCounter = field(default_factory=mot.ClearCounter)
    sights: tuple[mot.Sight, ...] = ()
    scores: Scores | None = None
    switches: tuple[tuple[int, int, int], ...] = ()


def written(history: TrackHistory, tracks: Tracks, step: Step) -> TrackHistory:
    """Add one picture's tracks."""
    count = history.count + 1
    ids, boxes = tracks.identity[step.shown], tracks.belief.xyxy[step.shown]
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    alive = set(tracks.identity.tolist())
    trails = {one: way for one, way in history.trails.items() if one in alive}
    lives = dict(history.lives)
    for one, (x, y) in zip(ids.tolist(), middle.tolist(), strict=True):
        trails[one] = (*trails.get(one, ()), (x, y))[-TRAIL:]
        lives[one] = Life(lives[one].first if one in lives else count, count)
    for one in step.died.tolist():
        if one in lives:
            lives[one] = replace(lives[one], ended=True)
    lives = dict(list(lives.items())[-LIVES:])
    text = lines(count, ids, boxes)
    return replace(
        history, count=count, tracks=history.tracks.plus(text), trails=trails, lives=lives,
        born=history.born + len(step.born), died=history.died + len(step.died), switches=(),
    )  # fmt: skip


def judged(
    history: TrackHistory, truth_ids: NDArray[np.int64], truth_xyxy: Floats, tracks: Tracks, shown: NDArray[np.bool_]
) -> TrackHistory:
    """Hold the picture that was just written against the truth."""
    seen = mot.sight(truth_ids, truth_xyxy, tracks.identity[shown], tracks.belief.xyxy[shown])
    counter = copy.deepcopy(history.counter)  # the state of the picture before must stay as it was
    switches = counter.add(seen)
    sights = (*history.sights, seen)[-NEWEST:]
    scores = history.scores
    if scores is None or len(sights) < 60 or history.count % EVERY == 0:
        scores = Scores(counter.result(), mot.identity(sights), mot.hota(sights))
    else:
        scores = replace(scores, clear=counter.result())
    truth = history.truth.plus(lines(history.count, truth_ids, truth_xyxy))
    return replace(history, counter=counter, sights=sights, scores=scores, switches=switches, truth=truth)
