"""Following many things at once: detections in, identities out.

Each picture: predict every track, pair tracks with detections, correct what was paired, begin a track for what was
left over, and end what was not seen for too long. SORT pairs the confident detections alone. ByteTrack then offers
the doubtful ones to the tracks that are still without: a half-hidden object scores low, and its box is good all
the same.

References
----------
Bewley, Ge, Ott, Ramos, Upcroft. *Simple online and realtime tracking.* 2016.
Zhang, Sun, Jiang, Yu, Weng, Yuan, Luo, Liu, Wang. *ByteTrack: multi-object tracking by associating every detection
box.* 2022.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from explainer.core.numbers import iou
from explainer.vision.tracking import association, kalman
from explainer.vision.tracking.association import Costs, Rule

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]
Method = str  # sort, bytetrack

APPEARANCE_KEPT = 0.9  # of a track's appearance when a new one is mixed in, as in DeepSORT's successors
PACE = 4.0  # standard deviations of place that a new thing may move in a picture
DOUBTFUL_IOU = 0.5  # a doubtful detection must overlap more than a sure one


@dataclass(frozen=True, slots=True)
class Settings:
    """What the tracker is told.

    Parameters
    ----------
    method
        Whether doubtful detections take part.
    sure, doubtful
        Scores: from `sure` on a detection may begin a track; from `doubtful` on ByteTrack uses it.
    max_age
        Pictures that a track lives on without a detection.
    min_hits
        Detections in a row before a track is shown.
    process
        Factor on the process noise of the Kalman filter.
    same_class
        Whether a detection may only continue a track of its own class.
    loose
        Assign as the first SORT did, see `association.assigned`.
    noise
        Standard deviation of a detection's centre as a share of the box's height; a new thing is then thought to
        move by `PACE` of that a picture. 0 takes SORT's numbers: one pixel, and a hundred.
    """

    method: Method = "sort"
    sure: float = 0.0
    doubtful: float = 0.1
    max_age: int = 1
    min_hits: int = 3
    rule: Rule = field(default_factory=Rule)
    process: float = 1.0
    same_class: bool = False
    loose: bool = True
    noise: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Detections of one picture: ``xyxy (M, 4)``, ``score (M,)``, ``class_id (M,)``, appearances ``(M, D)`` if any."""

    xyxy: Floats
    score: Floats
    class_id: Ids
    appearance: Floats | None = None

    def __len__(self) -> int:
        return len(self.score)


@dataclass(frozen=True, slots=True, eq=False)
class Tracks:
    """All tracks that live.

    Parameters
    ----------
    identity, class_id
        ``(N,)``; identities count from 1 and are never given twice.
    streak, unseen, age
        ``(N,)``: detections in a row, pictures since the last, pictures since the first.
    appearance
        ``(N, D)`` or ``None``.
    count, next_identity
        Pictures so far, and the identity that the next track gets.
    """

    identity: Ids
    belief: kalman.Belief
    class_id: Ids
    streak: Ids
    unseen: Ids
    age: Ids
    appearance: Floats | None = None
    count: int = 0
    next_identity: int = 1

    def __len__(self) -> int:
        return len(self.identity)

    def where(self, rows: NDArray[np.bool_]) -> "Tracks":
        """Only these rows."""
        return replace(
            self, identity=self.identity[rows], belief=self.belief[rows], class_id=self.class_id[rows],
            streak=self.streak[rows], unseen=self.unseen[rows], age=self.age[rows],
            appearance=None if self.appearance is None else self.appearance[rows],
        )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """What one picture did.

    Parameters
    ----------
    before
        Tracks as predicted for this picture, before any detection.
    seen
        The detections.
    costs
        Of the rows of `before` and the detections.
    pairs
        ``(K, 2)`` row of `before` and detection.
    doubtful
        ``(K,)``: which pairs came from ByteTrack's second round.
    born, died
        Identities.
    shown
        ``(N,)`` rows of the tracks after the picture that count as output.
    """

    before: Tracks
    seen: Seen
    costs: Costs
    pairs: Ids
    doubtful: NDArray[np.bool_]
    born: Ids
    died: Ids
    shown: NDArray[np.bool_]


def nothing() -> Tracks:
    """No track yet."""
    none = np.empty(0, np.int64)
    return Tracks(none, kalman.begin(np.empty((0, 4))), none, none, none, none)


def follow(tracks: Tracks, seen: Seen, settings: Settings, step: float = 1.0) -> tuple[Tracks, Step]:
    """Take one picture's detections.

    Parameters
    ----------
    step
        Pictures' worth of time since the last.
    """
    before = _predicted(tracks, settings, step)
    table = _costs(before, seen, settings)
    pairs, doubtful = _pairs(before, seen, table, settings)
    after = _corrected(before, seen, pairs)
    begins = seen.score >= settings.sure
    begins[pairs[:, 1]] = False
    after, born = _with_new(after, seen, begins, settings)
    alive = after.unseen <= settings.max_age
    died = after.identity[~alive]
    after = after.where(alive)
    proven = (after.streak >= settings.min_hits) | (after.count <= settings.min_hits)
    shown = (after.unseen < 1) & proven
    return after, Step(before, seen, table, pairs, doubtful, born, died, shown)


def _predicted(tracks: Tracks, settings: Settings, step: float) -> Tracks:
    gone_by = max(1, round(step))
    return replace(
        tracks,
        belief=kalman.predict(tracks.belief, step, settings.process),
        streak=np.where(tracks.unseen > 0, 0, tracks.streak),
        unseen=tracks.unseen + gone_by,
        age=tracks.age + gone_by,
        count=tracks.count + 1,
    )


def _costs(before: Tracks, seen: Seen, settings: Settings) -> Costs:
    overlap = iou(before.belief.xyxy, seen.xyxy)
    gated = np.isfinite(settings.rule.gating)
    distance = kalman.distance(before.belief, seen.xyxy) if gated else None
    alike = None
    if before.appearance is not None and seen.appearance is not None:
        alike = association.likeness(before.appearance, seen.appearance)
    table = association.costs(overlap, settings.rule, distance, alike)
    if not settings.same_class:
        return table
    return Costs(table.cost, table.allowed & (before.class_id[:, None] == seen.class_id[None]))


def _pairs(before: Tracks, seen: Seen, table: Costs, settings: Settings) -> tuple[Ids, NDArray[np.bool_]]:
    """Pairs of the sure detections, and in ByteTrack then of the doubtful ones."""
    sure = np.flatnonzero(seen.score >= settings.sure)
    first = association.assigned(Costs(table.cost[:, sure], table.allowed[:, sure]), loose=settings.loose)
    first = np.column_stack([first[:, 0], sure[first[:, 1]]])
    if settings.method == "sort":
        return first, np.zeros(len(first), bool)
    low = np.flatnonzero((seen.score < settings.sure) & (seen.score >= settings.doubtful))
    # Only what was seen in the last picture: a long lost track would be caught by any noise.
    free = np.setdiff1d(np.flatnonzero(before.unseen <= 1), first[:, 0])
    overlap = iou(before.belief.xyxy[free], seen.xyxy[low])
    allowed = (overlap >= DOUBTFUL_IOU) & table.allowed[np.ix_(free, low)]
    second = association.assigned(Costs(1 - overlap, allowed))
    second = np.column_stack([free[second[:, 0]], low[second[:, 1]]])
    return np.concatenate([first, second]), np.arange(len(first) + len(second)) >= len(first)


def _corrected(before: Tracks, seen: Seen, pairs: Ids) -> Tracks:
    rows, found = pairs[:, 0], pairs[:, 1]
    fresh = kalman.update(before.belief[rows], seen.xyxy[found])
    mean, cov = before.belief.mean.copy(), before.belief.cov.copy()
    mean[rows], cov[rows] = fresh.mean, fresh.cov
    streak, unseen, class_id = before.streak.copy(), before.unseen.copy(), before.class_id.copy()
    streak[rows] += 1
    unseen[rows] = 0
    class_id[rows] = seen.class_id[found]
    appearance = before.appearance
    if appearance is not None and seen.appearance is not None:
        appearance = appearance.copy()
        appearance[rows] = APPEARANCE_KEPT * appearance[rows] + (1 - APPEARANCE_KEPT) * seen.appearance[found]
    belief = kalman.Belief(mean, cov, before.belief.scale)
    return replace(before, belief=belief, streak=streak, unseen=unseen, class_id=class_id, appearance=appearance)


def _with_new(tracks: Tracks, seen: Seen, begins: NDArray[np.bool_], settings: Settings) -> tuple[Tracks, Ids]:
    """Begin a track at each of these detections."""
    xyxy, count = seen.xyxy[begins], int(begins.sum())
    scale = np.maximum(1.0, (settings.noise * (xyxy[:, 3] - xyxy[:, 1])) ** 2)
    fresh = kalman.begin(xyxy, scale, PACE**2 if settings.noise > 0 else kalman.UNKNOWN)
    born = tracks.next_identity + np.arange(count)
    zero = np.zeros(count, np.int64)
    old = tracks.belief
    belief = kalman.Belief(*(np.concatenate(p) for p in zip(_parts(old), _parts(fresh), strict=True)))
    appearance = _appearances(tracks, seen, begins)
    joined = Tracks(
        np.concatenate([tracks.identity, born]), belief, np.concatenate([tracks.class_id, seen.class_id[begins]]),
        np.concatenate([tracks.streak, zero]), np.concatenate([tracks.unseen, zero]),
        np.concatenate([tracks.age, zero]), appearance, tracks.count, tracks.next_identity + count,
    )  # fmt: skip
    return joined, born


def _parts(belief: kalman.Belief) -> tuple[Floats, Floats, Floats]:
    return belief.mean, belief.cov, belief.scale


def _appearances(tracks: Tracks, seen: Seen, begins: NDArray[np.bool_]) -> Floats | None:
    """Appearances of old and new tracks; they are dropped when appearances are switched off."""
    if seen.appearance is None:
        return None
    width = seen.appearance.shape[1]
    usable = tracks.appearance is not None and tracks.appearance.shape[1:] == (width,)
    old = tracks.appearance if usable else np.zeros((len(tracks), width))
    return np.concatenate([old, seen.appearance[begins]])
