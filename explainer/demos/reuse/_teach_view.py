"""Pictures, charts and words of the teachable camera."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Bars, Chart, Curve, Matrix, Series
from explainer.core.frame import Frame
from explainer.core.layers import Label, Panel
from explainer.core.numbers import numbers
from explainer.core.parts import Part
from explainer.core.picture import panel
from explainer.core.spread import spread_line
from explainer.core.walls import framed, wall_of_photos, wall_of_words

if TYPE_CHECKING:
    from explainer.vision.reuse.compared import Compared
    from explainer.vision.reuse.sets import Shown
    from explainer.vision.reuse.taught import Taught

ROW = 8  # shots of a class that are shown
TESTS, COLUMNS = 40, 8
DECIDING = 3
WRONG, DECIDES = 5, 2  # colours of frames
SHOT_PX = 80  # of a shot on the wall


# The picture before the camera ----------------------------------------------------------------------------


def answered(frame: Frame, taught: Taught, features: NDArray[np.float32]) -> Part:
    """What the probe takes this picture for, and which shots decide that."""
    side = min(frame.width, frame.height)
    left, top = (frame.width - side) / 2, (frame.height - side) / 2
    focus = (left, top, left + side, top + side)
    if taught.probe is None:
        return Part((panel(frame, "Picture", focus=focus),))
    scores = taught.probe.scores(features[None])[0]
    best, there = int(scores.argmax()), np.flatnonzero(taught.counts)
    label = Label(
        "answer", f"{taught.names[best]} {words.score(scores[best])}", (left + side / 20, top + side / 20), best
    )
    bars = Bars(
        "What it takes this picture for", tuple(taught.names[k] for k in there), tuple(float(scores[k]) for k in there),
        chosen=int(np.flatnonzero(there == best)[0]),
    )  # fmt: skip
    deciding = taught.decisive(features, best)[:DECIDING]
    values = numbers(
        answer=best, score=scores[best], score_without_decisive=deciding[0][1] if deciding else None,
    )  # fmt: skip
    return Part((panel(frame, "Picture", label, focus=focus),), (bars, *_deciding(taught, best, deciding)), (), values)


def _deciding(taught: Taught, best: int, shots: list[tuple[int, float]]) -> tuple[Chart, ...]:
    if not shots:
        return ()
    labels = tuple(f"without {_name(taught, shot)}" for shot, _ in shots)
    scores = tuple(score for _, score in shots)
    return (Bars("Shots that decide this answer", labels, scores, chosen=-1, note=f"score of {taught.names[best]}"),)


def _name(taught: Taught, shot: int) -> str:
    """``cup, shot 3``."""
    own = taught.labels[shot]
    return f"{taught.names[own]}, shot {int((taught.labels[: shot + 1] == own).sum())}"


def decided(taught: Taught, features: NDArray[np.float32]) -> str:
    """Name the shot that decides most in this picture."""
    if taught.probe is None:
        return ""
    scores = taught.probe.scores(features[None])[0]
    found = taught.decisive(features, int(scores.argmax()))[:1]
    if not found:
        return ""
    (shot, without), best = found[0], words.score(float(scores.max()))
    return f"Without {_name(taught, shot)} this picture's score would go from {best} to {words.score(without)}."


def line(taught: Taught, features: NDArray[np.float32]) -> str:
    """Say what the picture is taken for, or what to do next."""
    if taught.probe is not None:
        scores = taught.probe.scores(features[None])[0]
        best, total = taught.names[int(scores.argmax())], words.count(len(taught.labels), "shot")
        return f"After {total} it takes this for “{best}”, with a score of {words.score(float(scores.max()))}."
    if not len(taught.labels):
        return "Show it something and hold “Shot of class A”; then something else, and “Shot of class B”."
    there = taught.names[int(taught.labels[0])]
    had = words.count(len(taught.labels), "shot")
    return f"It has {had} of “{there}”; now show it something else and press another class."


# Shots ------------------------------------------------------------------------------------------------------


def shots_panel(taught: Taught, in_use: int) -> Panel:
    """A row for each class; shots that are taken for another class when they are left out come first, framed."""
    mistaken = taught.taken_for
    rows, marked = [], dict[tuple[int, int], tuple[str, int]]()
    shown = [k for k, count in enumerate(taught.counts) if k < in_use or count]
    for down, k in enumerate(shown):
        order = sorted(np.flatnonzero(taught.labels == k).tolist(), key=lambda shot: (shot not in mistaken, -shot))[
            :ROW
        ]
        rows.append((f"{taught.names[k]} · {taught.counts[k]}", [_thumb(taught.squares[shot]) for shot in order]))
        marked |= {
            (down, n): (f"→ {taught.names[mistaken[one]]}", WRONG) for n, one in enumerate(order) if one in mistaken
        }
    longest = max((len(pictures) for _, pictures in rows), default=1)
    note = "framed: taken for another class when left out" if marked else ""
    return wall_of_photos("Shots", rows, columns=max(3, longest), marked=marked, note=note)


def _thumb(square: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.ascontiguousarray(square[:: square.shape[0] // SHOT_PX, :: square.shape[1] // SHOT_PX])


def learned(taught: Taught) -> tuple[Chart, ...]:
    """Confusion of shots that were left out."""
    if taught.left is None or not len(taught.left.asked):
        return ()
    there = np.flatnonzero(taught.counts)
    names = tuple(taught.names[k] for k in there)
    table = taught.confusion[np.ix_(there, there)].astype(float)
    return (Matrix("Shots, each left out once", table, names, names, "taken for", "shot of"),)


def curve(taught: Taught, scratch: float | None = None) -> tuple[Curve, ...]:
    """Accuracy of the probe against shots of each class, and that of the net from scratch with all of them."""
    shots, right = taught.curve
    if not shots:
        return ()
    x = np.array(shots, float)
    lines = [spread_line("probe", x, 100 * right, colour=0)]
    if scratch is not None:
        lines.append(Series("scratch", x[-1:], np.array([100 * scratch]), colour=1))
    note = "band: spread over five draws"
    return (Curve("Accuracy and shots of each class", tuple(lines), "shots", "% right", (0.0, 100.0), note=note),)


def confused(taught: Taught) -> str:
    """Say how many shots are taken for something else, and what is mixed up most."""
    if taught.left is None or not len(taught.left.asked):
        return ""
    table = taught.confusion.copy()
    total, right = int(table.sum()), int(np.trace(table))
    np.fill_diagonal(table, 0)
    if not table.any():
        return f"Left out one at a time, all {total} shots are still recognised."
    own, other = map(int, np.unravel_index(int(table.argmax()), table.shape))
    return (
        f"Left out one at a time, {total - right} of {total} shots are taken for another class, "
        f"“{taught.names[own]}” for “{taught.names[other]}” most often."
    )


# A set with pictures kept apart -----------------------------------------------------------------------------


def examined(shown: Shown, both: Compared, taught: Taught, noun: str, shots: int) -> Part:
    """Walls of pictures kept apart as the probe and the net from scratch name them, and how many are right."""
    test = shown.split.test
    assert taught.probe is not None
    if not len(test):
        return Part(headline="Every picture of the folder is a shot; there is none left to examine the probe on.")
    ours = taught.probe.answers(both.test)
    rights = [100 * float((one == test.labels).mean()) for one in (ours, both.scratch)]
    titles = ("Probe on frozen features", "Net from scratch")
    walls = tuple(
        _wall(title, shown, one, right) for title, one, right in zip(titles, (ours, both.scratch), rights, strict=True)
    )
    bars = Bars(f"New {noun} named rightly", ("probe", "from scratch"), tuple(rights), hi=100.0, format=".0f", note="%")
    values = numbers(
        probe_percent=rights[0], scratch_percent=rights[1], gain_points=rights[0] - rights[1], tests_count=len(test),
    )  # fmt: skip
    each = words.count(shots, "shot")
    first, second = (f"{right:.0f} %" for right in rights)
    if rights[0] > rights[1]:
        line = f"From {each} a class a probe names {first} of new {noun}; a net from scratch {second}."
    else:
        line = f"Here frozen features do not help: from {each} a class they name {first}, a net from scratch {second}."
    slugs = tuple(wall.slug for wall in walls)
    return Part(walls, (bars, *curve(taught, rights[1] / 100)), (), values, headline=line, heroes=slugs)


def _wall(title: str, shown: Shown, said: NDArray[np.int64], right: float) -> Panel:
    test = shown.split.test.first(TESTS)
    few, names = said[:TESTS], test.names
    grey = test.images if test.images.ndim == 3 else test.images.mean(3)
    wrong = few != test.labels
    made = wall_of_words(
        title, grey, tuple(names[k] for k in few), columns=COLUMNS, note=f"{right:.0f} % right; framed: wrong"
    )
    return framed(made, wrong)


def waiting(shown: Shown, frame: Frame) -> Part:
    """Shots, before anything is learnt from them."""
    from explainer.vision.reuse.taught import Taught

    train = shown.split.train
    unlearnt = Taught(train.names, shown.train, train.labels, np.zeros((len(train), 1), np.float32), None)
    wall = shots_panel(unlearnt, 0)
    values = numbers(shots_count=len(train))
    return Part(
        (panel(frame, "Picture"), wall), (), ("Their features are being computed.",), values, heroes=(wall.slug,)
    )


def skipped(shown: Shown) -> str:
    """Say what of a folder was not looked at."""
    bad, more = shown.left_out, shown.passed_over
    unread = (
        f"{words.count(bad, 'picture')} could not be read and {'was' if bad == 1 else 'were'} left out." if bad else ""
    )
    unseen = f"{words.thousands(more)} more pictures of the folder were not looked at." if more else ""
    return f"{unread} {unseen}".strip()


def dated(both: Compared) -> tuple[str, ...]:
    """Say so where it was not computed just now."""
    from explainer.vision.training.watched import dated as date

    return (f"trained on {date(both.when)} and kept",) if both.when is not None else ()
