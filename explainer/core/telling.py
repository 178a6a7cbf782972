"""Which few of many pictures are shown, so that they tell what is true of all."""

import numpy as np
from numpy.typing import NDArray


def in_proportion(kinds: NDArray[np.integer], count: int) -> NDArray[np.int64]:
    """Numbers of `count` things, of each kind as many as its share says (Hare's largest remainders).

    Parameters
    ----------
    kinds
        Kind of each thing, ``(N,)``. The lowest comes first; things of one kind keep their order.
    """
    present, sizes = np.unique(kinds, return_counts=True)
    fair = min(count, len(kinds)) * sizes / max(1, len(kinds))
    seats = np.floor(fair).astype(np.int64)
    left = min(count, len(kinds)) - int(seats.sum())
    seats[np.argsort(seats - fair, kind="stable")[:left]] += 1
    chosen = [np.flatnonzero(kinds == kind)[:seat] for kind, seat in zip(present, seats, strict=True)]
    return np.concatenate(chosen) if chosen else np.zeros(0, np.int64)


def changes(before: NDArray[np.bool_], after: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Kind of each answer, right before or after: 0 repaired, 1 broken, 2 wrong both times, 3 right both times."""
    return np.where(before, np.where(after, 3, 1), np.where(after, 0, 2))


def taken_in_turn(labels: NDArray[np.integer]) -> NDArray[np.int64]:
    """Numbers of all things, ``(N,)``: the first of each class, then the second of each, and so on."""
    rank = np.zeros(len(labels), np.int64)
    for one in np.unique(labels):
        rank[labels == one] = np.arange((labels == one).sum())
    return np.lexsort((labels, rank))


def differing(before: NDArray[np.bool_], after: NDArray[np.bool_], count: int) -> NDArray[np.int64]:
    """Numbers of `count` answers: first those that are repaired, then those that break, then those wrong both times.

    A quarter is wrong both times, or more where too few others are left; repaired and broken ones stand in the
    proportion that they have among all, ``(N,)``. Answers that are right both times come last, if room is left.
    """
    kinds = changes(before, after)
    repaired, broken, missed, right = (np.flatnonzero(kinds == kind) for kind in range(4))
    changed = np.concatenate([repaired, broken])
    room = min(count - min(count // 4, len(missed)), len(changed))
    few = changed[in_proportion(kinds[changed], room)]
    return np.concatenate([few, missed, right])[:count]
