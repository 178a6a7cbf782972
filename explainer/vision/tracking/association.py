"""Which detection belongs to which track: a table of costs, gates, and the cheapest set of pairs.

``cost = (1 − w)(1 − IoU) + w (1 − cos)`` with the share *w* of appearance. A pair is allowed if it overlaps enough
and lies within the gate of the predicted place; with appearance, also if it looks alike and lies within the gate,
though it does not overlap. Among allowed pairs the Hungarian method takes the set of least total cost.

References
----------
Kuhn. *The Hungarian method for the assignment problem.* 1955.
Wojke, Bewley, Paulus. *Simple online and realtime tracking with a deep association metric.* 2017.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]
FORBIDDEN = 1e6  # any allowed pair costs far less


@dataclass(frozen=True, slots=True, eq=False)
class Costs:
    """What each pair of N tracks and M detections costs.

    Parameters
    ----------
    cost
        ``(N, M)``, 0 for a perfect fit.
    allowed
        ``(N, M)``: what passed the gates.
    """

    cost: Floats
    allowed: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Rule:
    """What makes a pair.

    Parameters
    ----------
    least_iou
        Overlap that a pair must have.
    gating
        Largest Mahalanobis distance of the centres, in standard deviations.
    appearance
        Share *w* of appearance in the cost, 0…1.
    least_likeness
        Cosine from which two appearances count as alike without overlap.
    """

    least_iou: float = 0.3
    gating: float = np.inf
    appearance: float = 0.0
    least_likeness: float = 0.75


def costs(overlap: Floats, rule: Rule, distance: Floats | None = None, likeness: Floats | None = None) -> Costs:
    """Cost of each pair from its overlap, distance and likeness (cosine), ``(N, M)`` each."""
    near = np.ones(overlap.shape, bool) if distance is None else distance <= rule.gating
    if likeness is None or rule.appearance <= 0:
        return Costs(1 - overlap, (overlap >= rule.least_iou) & near)
    mixed = (1 - rule.appearance) * (1 - overlap) + rule.appearance * (1 - likeness)
    alike = likeness >= rule.least_likeness
    return Costs(mixed, ((overlap >= rule.least_iou) | alike) & near)


def assigned(table: Costs, *, loose: bool = False) -> Ids:
    """Pairs (row, column) of the cheapest assignment, ``(K, 2)``.

    Parameters
    ----------
    loose
        As in SORT: the assignment is made among all pairs, and what is not allowed is struck out afterwards.
        Otherwise a forbidden pair is never preferred to an allowed one.
    """
    cost = table.cost if loose else np.where(table.allowed, table.cost, FORBIDDEN)
    pairs = np.stack(linear_sum_assignment(cost), axis=1).astype(np.int64)
    return pairs[table.allowed[pairs[:, 0], pairs[:, 1]]]


def nearest(table: Costs) -> Ids:
    """Pairs taken greedily, the cheapest first: what the Hungarian method is better than, ``(K, 2)``."""
    rows, columns = np.unravel_index(np.argsort(table.cost, axis=None, kind="stable"), table.cost.shape)
    taken_rows: set[int] = set()
    taken_columns: set[int] = set()
    pairs = []
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        if table.allowed[row, column] and row not in taken_rows and column not in taken_columns:
            taken_rows.add(row)
            taken_columns.add(column)
            pairs.append((row, column))
    return np.array(pairs, np.int64).reshape(-1, 2)


def likeness(one: NDArray[np.floating], other: NDArray[np.floating]) -> Floats:
    """Cosine of appearances ``(N, D)`` and ``(M, D)``: ``(N, M)``; 0 where one is all zero."""
    a, b = (x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12) for x in (one, other))
    return np.asarray(a @ b.T, np.float64)
