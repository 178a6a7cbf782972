"""Pictures and charts of the teachable camera."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Bars, Chart, Matrix
from explainer.core.frame import Frame
from explainer.core.layers import Label, Panel
from explainer.core.numbers import numbers
from explainer.core.parts import Part
from explainer.core.picture import panel
from explainer.core.spread import accuracy_curve, spread, spread_bars
from explainer.core.walls import named_wall, wall_of_classes

if TYPE_CHECKING:
    from explainer.vision.reuse.desk import Learnt
    from explainer.vision.reuse.sets import Shown
    from explainer.vision.reuse.taught import Taught

DECIDING, LEAST = 3, 0.01  # shots that are named, and what one of them costs at least
ROW, COLUMNS, ROWS = 6, 6, 4  # shots of a class, and new pictures, that are shown


def answered(frame: Frame, taught: Taught, features: NDArray[np.float32]) -> Part:
    """What the probe takes this picture for, and which shots decide that."""
    from explainer.vision.reuse import telling

    side = min(frame.width, frame.height)
    left, top = (frame.width - side) / 2, (frame.height - side) / 2
    focus = (left, top, left + side, top + side)
    if taught.probe is None:
        return Part((panel(frame, "Picture", focus=focus),))
    scores, there = taught.probe.scores(features[None])[0], np.flatnonzero(taught.counts)
    best = int(scores.argmax())
    text, at = f"{taught.names[best]} {words.score(scores[best])}", (left + side / 20, top + side / 20)
    names, chosen = tuple(taught.names[k] for k in there), int(np.flatnonzero(there == best)[0])
    charts: tuple[Chart, ...] = (
        Bars("What it takes this picture for", names, tuple(scores[there].tolist()), chosen=chosen),
    )
    deciding = taught.decisive(features, best, LEAST)[:DECIDING]
    if deciding:
        labels, left_with = zip(*((f"without {telling.shot(taught, n)}", score) for n, score in deciding), strict=True)
        charts += (
            Bars("Shots that decide this answer", labels, left_with, chosen=-1, note=f"score of {names[chosen]}"),
        )
    values = numbers(answer=best, score=scores[best], score_without=deciding[0][1] if deciding else None)
    return Part((panel(frame, "Picture", Label("answer", text, at, best), focus=focus),), charts, (), values)


def shots_panel(taught: Taught, in_use: int = 0) -> Panel:
    """Shots by class; `in_use` classes have a row even without one."""
    mistaken = taught.taken_for
    made = wall_of_classes(
        "Shots", taught.squares, taught.labels, taught.names, mistaken=mistaken, in_use=in_use, columns=ROW
    )
    return replace(made, note="framed: mistaken when left out" if mistaken else "")


def learned(taught: Taught) -> tuple[Chart, ...]:
    """Accuracy against shots, and what shots are taken for that were left out."""
    if taught.left is None or not len(taught.left.asked):
        return curve(taught, {})
    there = np.flatnonzero(taught.counts)
    names = tuple(taught.names[k] for k in there)
    table = taught.confusion[np.ix_(there, there)].astype(np.float64)
    return (*curve(taught, {}), Matrix("Each left out once", table, names, names, "taken for", "shot of"))


def curve(taught: Taught, beside: dict[str, float]) -> tuple[Chart, ...]:
    """Accuracy of the probe against shots of each class."""
    shots, right = taught.curve
    title, note = "Accuracy against shots of each class", "band: spread over five draws"
    return (accuracy_curve(title, "probe", shots, right, "shots", beside, note),) if len(shots) > 1 else ()


def examined(shown: Shown, learnt: Learnt, noun: str, shots: int) -> Part:
    """Walls of pictures kept apart as the probe and the net from scratch name them, and how many are right."""
    from explainer.vision.reuse import telling

    test, (both, taught, rights) = shown.split.test, learnt
    if taught.probe is None or not len(rights):
        return Part(headline="Every picture of the folder is a shot; none is left to examine the probe on.")
    answers = {"Probe on frozen features": taught.probe.answers(both.test), "Net from scratch": both.scratch}
    walls = tuple(
        named_wall(title, test.images, test.labels, said, test.names, columns=COLUMNS, rows=ROWS)
        for title, said in answers.items()
    )
    bars = spread_bars(f"New {noun} named rightly", (("probe", rights[:, 0]), ("from scratch", rights[:, 1])), note="%")
    ours, other = (spread(column) for column in rights.T)
    values = numbers(
        probe_percent=ours.mean, scratch_percent=other.mean, gain_points=ours.mean - other.mean,
        tests_count=len(test), draws_count=len(rights), probe_spread_points=ours.deviation,
        scratch_spread_points=other.deviation,
    )  # fmt: skip
    charts = (bars, *curve(taught, {"from scratch": float(rights[0, 1])}))
    line, slugs = telling.against(ours, other, noun, shots), tuple(wall.slug for wall in walls)
    return Part(walls, charts, (telling.drawn(ours, other),), values, headline=line, heroes=slugs)


def waiting(shown: Shown, frame: Frame) -> Part:
    """Shots, before anything is learnt from them."""
    from explainer.vision.reuse.taught import unlearnt

    wall = shots_panel(unlearnt(shown.split.train, shown.train))
    panels, values = (panel(frame, "Picture"), wall), numbers(shots_count=len(shown.train))
    return Part(panels, (), ("Features of these shots are being computed.",), values, heroes=(wall.slug,))
