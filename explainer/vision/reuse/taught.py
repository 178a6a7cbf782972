"""What was taught by shots: the probe, what each shot is taken for by one that never saw it, and how accuracy grows."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from explainer.vision.reuse.features import Squares
from explainer.vision.reuse.probe import Floats, Labels, LeftOut, Probe, fit, learning_curve, without_each
from explainer.vision.training.examples import Examples

MOST_LEFT_OUT = 80  # shots up to which each is left out once; of more, none decides alone


@dataclass(frozen=True, slots=True, eq=False)
class Taught:
    """Shots and what follows from them.

    Parameters
    ----------
    squares, labels, features
        ``(N, S, S, 3) uint8``, ``(N,)`` and ``(N, D)``.
    probe
        ``None`` while there are shots of fewer than two classes.
    left
        ``None`` until `examined` has looked, or where there are too many shots.
    curve
        Shots of each class, and shares right ``(draws, len)``; empty where there are too few to keep any apart.
    """

    names: tuple[str, ...]
    squares: Squares
    labels: Labels
    features: NDArray[np.float32]
    probe: Probe | None
    left: LeftOut | None = None
    curve: tuple[tuple[int, ...], Floats] = ((), np.zeros((0, 0)))
    whole: bool = False

    @property
    def counts(self) -> NDArray[np.int64]:
        """Shots of each class."""
        return np.bincount(self.labels, minlength=len(self.names))

    @property
    def taken_for(self) -> dict[int, int]:
        """Shots that a probe without them takes for another class: number of the shot → that class."""
        if self.left is None:
            return {}
        pairs = zip(self.left.asked.tolist(), self.left.said.tolist(), strict=True)
        return {shot: said for shot, said in pairs if said != self.labels[shot]}

    @property
    def confusion(self) -> NDArray[np.int64]:
        """Row: class of a shot; column: what it is taken for when it is left out."""
        found = np.zeros((len(self.names),) * 2, np.int64)
        if self.left is not None:
            np.add.at(found, (self.labels[self.left.asked], self.left.said), 1)
        return found

    def decisive(self, features: NDArray[np.floating], answer: int, least: float = 0.0) -> list[tuple[int, float]]:
        """Shots without which a picture ``(D,)`` would lose more than `least` of `answer`, and its score then."""
        if self.left is None or self.probe is None or not len(self.left.asked):
            return []
        now = float(self.probe.scores(features[None])[0, answer])
        without = self.left.scores(features)[:, answer]
        order = np.argsort(without, kind="stable")
        return [(int(self.left.asked[n]), float(without[n])) for n in order if without[n] < now - least]


def teach(names: tuple[str, ...], squares: Squares, labels: Labels, features: NDArray[np.float32]) -> Taught:
    """Fit the probe; what takes longer is left to `examined`."""
    enough = len(np.unique(labels)) > 1
    return Taught(names, squares, labels, features, fit(features, labels, len(names)) if enough else None)


def examined(taught: Taught, test: tuple[NDArray[np.floating], Labels] | None = None) -> Taught:
    """Leave out each shot once, and draw the learning curve: on `test`, or on shots that were not drawn."""
    if taught.probe is None or taught.whole:
        return replace(taught, whole=True)
    few, classes = len(taught.labels) <= MOST_LEFT_OUT, len(taught.names)
    left = without_each(taught.features, taught.labels, classes) if few else None
    return replace(taught, left=left, curve=learning_curve(taught.features, taught.labels, classes, test), whole=True)


def unlearnt(train: Examples, squares: Squares) -> Taught:
    """Shots before anything is known of them."""
    return Taught(train.names, squares, train.labels, np.zeros((len(train), 1), np.float32), None)
