"""How well many tracks fit the truth: CLEAR-MOT, IDF1 and HOTA.

All three compare boxes by their IoU, picture by picture, and differ in what they make of identities. CLEAR-MOT
counts a switch once, when it happens; IDF1 asks for the one best pairing of true and found identities over the
whole clip; HOTA weighs finding and keeping apart, and takes the mean over nineteen overlaps.

References
----------
Bernardin, Stiefelhagen. *Evaluating multiple object tracking performance: the CLEAR MOT metrics.* 2008.
Ristani, Solera, Zou, Cucchiara, Tomasi. *Performance measures and a data set for multi-target, multi-camera
tracking.* 2016.
Luiten, Ošep, Dendorfer, Torr, Geiger, Leal-Taixé, Leibe. *HOTA: a higher order metric for evaluating multi-object
tracking.* 2021.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from explainer.core.numbers import iou

Ids = NDArray[np.int64]
Floats = NDArray[np.float64]

LEAST_IOU = 0.5  # of a match, in CLEAR-MOT and IDF1
ALPHAS = np.arange(1, 20) / 20  # HOTA's overlaps, 0.05…0.95
_EPS = np.finfo(np.float64).eps


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """True and found boxes of one picture.

    Parameters
    ----------
    truth, found
        Identities ``(N,)`` and ``(M,)``, each at most once.
    iou
        Overlap of each pair, ``(N, M)`` in [0, 1].
    """

    truth: Ids
    found: Ids
    iou: Floats


@dataclass(frozen=True, slots=True)
class Clear:
    """Counts of CLEAR-MOT. ``truth`` is the number of true boxes, ``overlap`` the sum of IoU over matches."""

    truth: int
    matches: int
    misses: int
    false_positives: int
    switches: int
    overlap: float

    @property
    def mota(self) -> float | None:
        """``1 − (FN + FP + IDSW) / truth``; below 0 when there are more errors than objects."""
        errors = self.misses + self.false_positives + self.switches
        return 1 - errors / self.truth if self.truth else None

    @property
    def motp(self) -> float | None:
        """Mean IoU of the matches."""
        return self.overlap / self.matches if self.matches else None

    @property
    def recall(self) -> float | None:
        """Share of true boxes that were matched."""
        return self.matches / self.truth if self.truth else None

    @property
    def precision(self) -> float | None:
        """Share of found boxes that were matched."""
        found = self.matches + self.false_positives
        return self.matches / found if found else None


@dataclass(frozen=True, slots=True)
class Identity:
    """Counts under the best one-to-one pairing of identities."""

    true_positives: int
    false_positives: int
    false_negatives: int

    @property
    def f1(self) -> float | None:
        """``2 IDTP / (2 IDTP + IDFP + IDFN)``."""
        total = 2 * self.true_positives + self.false_positives + self.false_negatives
        return 2 * self.true_positives / total if total else None


@dataclass(frozen=True, slots=True)
class Hota:
    """HOTA, its detection and association parts, means over the nineteen overlaps, each in [0, 1]."""

    hota: float
    detection: float
    association: float


def sight(truth: Ids, truth_xyxy: NDArray[np.floating], found: Ids, found_xyxy: NDArray[np.floating]) -> Sight:
    """Compare the boxes of one picture."""
    return Sight(np.asarray(truth, np.int64), np.asarray(found, np.int64), iou(truth_xyxy, found_xyxy))


# CLEAR-MOT ----------------------------------------------------------------------------------------------


class ClearCounter:
    """Counts picture by picture, so that a clip of any length takes the memory of its identities alone.

    A true object keeps its last track as long as the two overlap; what is left is paired anew at the highest
    total IoU. It is a switch when an object gets another track than the last it had, however long ago.
    """

    def __init__(self, least_iou: float = LEAST_IOU) -> None:
        self._least = least_iou
        self._last: dict[int, int] = {}
        self._counts = np.zeros(5, np.int64)  # truth, matches, misses, false positives, switches
        self._overlap = 0.0

    def add(self, seen: Sight) -> tuple[tuple[int, int, int], ...]:
        """Count one picture and return its switches: object, track before, track now."""
        pairs = self._kept(seen)
        taken = set(pairs.values())
        fresh = _paired(seen.iou, self._least, set(pairs), taken)
        switches = []
        for row, column in fresh:
            thing, track = int(seen.truth[row]), int(seen.found[column])
            before = self._last.get(thing, track)
            if before != track:
                switches.append((thing, before, track))
            self._last[thing] = track
        every = [*pairs.items(), *fresh]
        n, m, k = len(seen.truth), len(seen.found), len(every)
        self._counts += (n, k, n - k, m - k, len(switches))
        self._overlap += float(sum(seen.iou[row, column] for row, column in every))
        return tuple(switches)

    def result(self) -> Clear:
        """Counts so far."""
        truth, matches, misses, false, switches = (int(count) for count in self._counts)
        return Clear(truth, matches, misses, false, switches, self._overlap)

    def _kept(self, seen: Sight) -> dict[int, int]:
        """Rows whose last track is still there and still overlaps, with its column."""
        column_of = {int(track): column for column, track in enumerate(seen.found)}
        pairs: dict[int, int] = {}
        for row, thing in enumerate(seen.truth):
            column = column_of.get(self._last.get(int(thing), -1))
            if column is not None and column not in pairs.values() and seen.iou[row, column] >= self._least:
                pairs[row] = column
        return pairs


def _paired(overlap: Floats, least: float, rows_taken: set[int], columns_taken: set[int]) -> list[tuple[int, int]]:
    """As many pairs as may be among what is free, and of those the ones with the highest total IoU."""
    rows = [i for i in range(overlap.shape[0]) if i not in rows_taken]
    columns = [j for j in range(overlap.shape[1]) if j not in columns_taken]
    if not rows or not columns:
        return []
    free = overlap[np.ix_(rows, columns)]
    cost = np.where(free >= least, 1 - free, 10.0 * (1 + min(free.shape)))  # one forbidden pair outweighs all others
    found = zip(*linear_sum_assignment(cost), strict=True)
    return [(rows[i], columns[j]) for i, j in found if free[i, j] >= least]


def clear_mot(clip: Iterable[Sight], least_iou: float = LEAST_IOU) -> Clear:
    """Count matches, misses, false positives and identity switches over a clip."""
    counter = ClearCounter(least_iou)
    for seen in clip:
        counter.add(seen)
    return counter.result()


# Identities over the whole clip -------------------------------------------------------------------------


def identity(clip: Sequence[Sight], least_iou: float = LEAST_IOU) -> Identity:
    """Pair identities one to one so that most boxes agree over the whole clip (IDF1)."""
    truth, found, rows, columns = _numbered(clip)
    together = np.zeros((len(truth), len(found)))
    for seen, i, j in zip(clip, rows, columns, strict=True):
        together[np.ix_(i, j)] += seen.iou >= least_iou
    boxes, tracks = (sum(len(part) for part in parts) for parts in (rows, columns))
    agreed = int(together[linear_sum_assignment(together, maximize=True)].sum())
    return Identity(agreed, tracks - agreed, boxes - agreed)


def hota(clip: Sequence[Sight]) -> Hota | None:
    """HOTA of a clip; ``None`` where there is neither truth nor a track."""
    truth, found, rows, columns = _numbered(clip)
    if not len(truth) and not len(found):
        return None
    truth_count, found_count = _counts(rows, len(truth)), _counts(columns, len(found))
    aligned = _alignment(clip, rows, columns, truth_count, found_count)
    pairs = [_matches(seen, i, j, aligned) for seen, i, j in zip(clip, rows, columns, strict=True)]
    i, j, overlap = (np.concatenate(part) for part in zip(*pairs, strict=True))
    parts = [_at(alpha, i, j, overlap, truth_count, found_count) for alpha in ALPHAS]
    detection, association = np.array(parts).T
    return Hota(float(np.sqrt(detection * association).mean()), float(detection.mean()), float(association.mean()))


def _numbered(clip: Sequence[Sight]) -> tuple[Ids, Ids, list[Ids], list[Ids]]:
    """All identities, and each picture's as indices into them."""
    none = [np.empty(0, np.int64)]
    truth = np.unique(np.concatenate([seen.truth for seen in clip] or none))
    found = np.unique(np.concatenate([seen.found for seen in clip] or none))
    rows = [np.searchsorted(truth, seen.truth) for seen in clip]
    return truth, found, rows, [np.searchsorted(found, seen.found) for seen in clip]


def _counts(parts: list[Ids], size: int) -> Floats:
    return np.bincount(np.concatenate(parts), minlength=size).astype(np.float64)


def _alignment(
    clip: Sequence[Sight], rows: list[Ids], columns: list[Ids], truth_count: Floats, found_count: Floats
) -> Floats:
    """How much two identities go together over the whole clip, ``(T, F)`` in [0, 1]."""
    together = np.zeros((len(truth_count), len(found_count)))
    for seen, i, j in zip(clip, rows, columns, strict=True):
        total = seen.iou.sum(0, keepdims=True) + seen.iou.sum(1, keepdims=True) - seen.iou
        share = np.divide(seen.iou, total, out=np.zeros_like(seen.iou), where=total > _EPS)
        together[np.ix_(i, j)] += share
    return np.asarray(together / (truth_count[:, None] + found_count[None] - together))


def _matches(seen: Sight, i: Ids, j: Ids, aligned: Floats) -> tuple[Ids, Ids, Floats]:
    """Pairs of one picture that serve all overlaps at once: identities and IoU."""
    picked = linear_sum_assignment(aligned[np.ix_(i, j)] * seen.iou, maximize=True)
    return i[picked[0]], j[picked[1]], seen.iou[picked]


def _at(alpha: float, i: Ids, j: Ids, overlap: Floats, truth_count: Floats, found_count: Floats) -> tuple[float, float]:
    """Detection and association accuracy at one overlap."""
    good = overlap >= alpha - _EPS
    hits = float(good.sum())
    together = np.zeros((len(truth_count), len(found_count)))
    np.add.at(together, (i[good], j[good]), 1)
    union = np.maximum(1, truth_count[:, None] + found_count[None] - together)
    association = float((together * together / union).sum()) / max(1.0, hits)
    return hits / max(1.0, float(truth_count.sum() + found_count.sum()) - hits), association
