"""What was taught, in words: what a picture is taken for, which shot decides that, and which shots are mixed up."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.frame import Frame
from explainer.core.numbers import numbers
from explainer.core.parts import Part
from explainer.core.picture import panel
from explainer.core.problem import Problem
from explainer.core.result import Result
from explainer.core.spread import Spread
from explainer.core.unsuitable import Offer, Unsuitable
from explainer.vision.reuse.compared import Compared
from explainer.vision.reuse.sets import Shown
from explainer.vision.reuse.taught import Taught
from explainer.vision.training.watched import dated

COUNTED = (
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
)  # fmt: skip
LEAST = 0.01  # of a score: what a shot that decides has to cost


def line(taught: Taught, features: NDArray[np.float32]) -> str:
    """Say what a picture with these features ``(D,)`` is taken for, or what to do next."""
    had = words.count(len(taught.labels), "shot")
    if taught.probe is not None:
        scores = taught.probe.scores(features[None])[0]
        best, score = taught.names[int(scores.argmax())], words.score(float(scores.max()))
        return f"After {had} it takes this for “{best}”, with a score of {score}."
    if not len(taught.labels):
        return "Show it something and hold “Shot of class A”; then something else, and “Shot of class B”."
    there = taught.names[int(taught.labels[0])]
    return f"It has {had} of “{there}”; now show it something else and press another class."


def shot(taught: Taught, number: int) -> str:
    """``shot 3 of “cup”``, counted within its class."""
    own = taught.labels[number]
    return f"shot {int((taught.labels[: number + 1] == own).sum())} of “{taught.names[own]}”"


def decided(taught: Taught, features: NDArray[np.float32]) -> str:
    """Name the shot without which a picture's score would fall most."""
    if taught.probe is None:
        return ""
    scores = taught.probe.scores(features[None])[0]
    found = taught.decisive(features, int(scores.argmax()), LEAST)[:1]
    if not found:
        return "No single shot decides this answer." if taught.left is not None else ""
    (number, without), best = found[0], words.score(float(scores.max()))
    return f"Without {shot(taught, number)} this picture's score would go from {best} to {words.score(without)}."


def confused(taught: Taught) -> str:
    """Say how many shots are taken for something else, and what is mixed up most."""
    table = taught.confusion
    total, right = int(table.sum()), int(np.trace(table))
    if not total:
        return ""
    if right == total:
        return f"Left out one at a time, all {total} shots are still recognised."
    own, other = map(int, np.unravel_index(int((table * (1 - np.eye(len(table)))).argmax()), table.shape))
    return (
        f"Left out one at a time, {total - right} of {total} shots are taken for another class, "
        f"“{taught.names[own]}” for “{taught.names[other]}” most often."
    )


def against(ours: Spread, other: Spread, noun: str, shots: int) -> str:
    """Say how many new pictures probe and net from scratch name rightly, in percent."""
    each = f"{COUNTED[shots] if shots < len(COUNTED) else shots} {'shot' if shots == 1 else 'shots'} a class"
    if ours.mean <= other.mean:
        return f"Frozen features do not help here: from {each} {ours.mean:.0f} %, from scratch {other.mean:.0f} %."
    return f"From {each} a probe names {ours.mean:.0f} % of new {noun}; a net from scratch {other.mean:.0f} %."


def drawn(ours: Spread, other: Spread) -> str:
    """Say how far that hangs on the shots that were drawn."""
    if ours.count == 1:
        return ""
    return f"Over {ours.count} draws of shots it is {ours.words(0)} % and {other.words(0)} %; the first draw is shown."


def skipped(shown: Shown) -> str:
    """Say what of a folder was not looked at."""
    bad, more = shown.left_out, shown.passed_over
    unread = f"{words.count(bad, 'picture')} could not be read and {'was' if bad == 1 else 'were'} left out."
    unseen = f"{words.thousands(more)} more pictures of the folder were not looked at."
    return " ".join(text for text, number in ((unread, bad), (unseen, more)) if number)


def when(both: Compared) -> tuple[str, ...]:
    """Say so where it was not computed just now."""
    return (f"trained on {dated(both.when)} and kept",) if both.when is not None else ()


def unsorted(frame: Frame, problem: Problem) -> Result:
    """Say that what is open is no folder of folders, and lead on to what is."""
    said = Part(
        (panel(frame, "Picture"),), (), (f"{problem.what} So there are 0 classes to learn.",),
        numbers(classes_count=0), headline=problem.what, heroes=("picture",),
    )  # fmt: skip
    offers = (Offer("open"), Offer("set", {"source": "garments"}, "Garments"))
    return replace(said.result(), unsuitable=Unsuitable(f"{problem.what} {problem.todo}".strip(), offers))
