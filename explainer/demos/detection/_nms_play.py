"""Suppression on its way: the best box is kept, and those that it speaks against die one by one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from explainer.core import words
from explainer.core.layers import Boxes, Panel
from explainer.core.plays import Play
from explainer.core.result import Result
from explainer.demos.detection._nms_view import tags, tints

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from explainer.vision.detection.judging import Judged

MOST = 2000
DRAWN = 120


def order_of(now: Judged) -> NDArray[np.int64]:
    """Rows of the raw boxes in the order in which they are judged: each kept one, then those it drops, best first."""
    rank = np.full(len(now.raw), len(now.done.kept))
    rank[now.done.kept] = np.arange(len(now.done.kept))
    dropped = ~np.isin(np.arange(len(now.raw)), now.done.kept)
    by = np.where(dropped & (now.done.by >= 0), rank[now.done.by], rank)
    return np.lexsort((-now.raw.score, dropped, by))


def played(result: Result, now: Judged, judged: int) -> Result:
    """The result as far as so many boxes are judged."""
    order, kept = order_of(now), set(now.done.kept.tolist())
    count = len(order)
    at = min(judged, count)
    left = count - np.cumsum([0, *(int(row not in kept) for row in order)])
    play = Play("judged", 0.0, float(min(count, MOST)), float(at), left.astype(np.float64),
                f"{at} of {words.count(count, 'box', 'boxes')}", note="curve: boxes left")  # fmt: skip
    if judged >= count:
        return replace(result, play=play)
    last = int(order[at - 1]) if at else -1
    panels = (_alive(result.panels[0], now, order, at), *result.panels[1:])
    text = f"{play.counted}: {_event(now, last, kept)}." if at else f"{words.count(count, 'box', 'boxes')} wait."
    return replace(result, play=replace(play, note=_event(now, last, kept) or play.note), panels=panels,
                   reading=text, headline=_headline(now, last, kept))  # fmt: skip


def _alive(panel: Panel, now: Judged, order: NDArray[np.int64], at: int) -> Panel:
    """Boxes that wait, those that are kept with their names, and dashed the one that dies now."""
    kept = [int(row) for row in order[:at] if row in now.done.kept]
    waiting = np.sort(order[at:])[:DRAWN]
    picture, true = panel.layers[0], panel.layers[1]
    last = [int(order[at - 1])] if at and int(order[at - 1]) not in kept else []
    layers = (
        Boxes("waiting", now.raw.xyxy[waiting].astype(np.float64), colours=(-2,) * len(waiting)),
        Boxes(
            "dying", now.raw.xyxy[last].astype(np.float64), tuple(f"IoU {now.done.overlap[row]:.2f}" for row in last),
            (5,) * len(last), dashed=True,
        ),
        Boxes(
            "kept", now.raw.xyxy[kept[::-1]].astype(np.float64),
            tags(now, kept[::-1]), tints(now, kept[::-1]),
        ),
    )  # fmt: skip
    note = f"{len(kept)} kept, {words.count(len(order) - at, 'box waits', 'boxes wait')}"
    return replace(panel, layers=(picture, true, *layers), note=note)


def _event(now: Judged, row: int, kept: set[int]) -> str:
    if row < 0:
        return ""
    if row in kept:
        return f"box {row + 1} is the best left: kept"
    by, how = int(now.done.by[row]), float(now.done.overlap[row])
    return f"box {row + 1} overlaps box {by + 1} by {how:.2f}: dropped" if by >= 0 else f"box {row + 1} is too weak"


def _headline(now: Judged, row: int, kept: set[int]) -> str:
    if row < 0:
        return f"{words.count(len(now.raw), 'box speaks', 'boxes speak')} for the figures before any is dropped."
    if row in kept:
        return "The best box that is left is kept."
    return f"A box dies: it overlaps a better one by {float(now.done.overlap[row]):.2f}."
