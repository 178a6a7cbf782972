"""What a probe can be taught from without a camera: shipped garments and digits, or a folder of folders."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from explainer.core.frame import Frame
from explainer.core.problem import ExplainerError
from explainer.vision.reuse.features import SIDE, Squares, squares_of
from explainer.vision.reuse.probe import drawn
from explainer.vision.training import digits, garments
from explainer.vision.training.examples import Split, from_frames

TESTS = 120  # pictures kept apart
MOST_READ, MOST_CLASSES = 600, 12  # pictures of a folder that are looked at, and folders in it


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """Shots to learn from and pictures kept apart, as they were found (`split`) and as squares for a classifier.

    Parameters
    ----------
    left_out
        Pictures of a folder that could not be read.
    passed_over
        Pictures of a folder that were not looked at, because there are too many.
    """

    split: Split
    train: Squares
    test: Squares
    left_out: int = 0
    passed_over: int = 0


def shipped(name: str, shots: int, seed: int) -> Shown:
    """Draw `shots` of each class of the ``"garments"`` or ``"digits"``, and the first tests."""
    everything = garments.split() if name == "garments" else digits.split()
    train = everything.train.take(drawn(everything.train.labels, shots, [seed, shots]))
    return _shown(Split(train, everything.test.first(TESTS)))


def of_folder(frames: Sequence[Frame], shots: int, seed: int, asked: Callable[[int, int], None]) -> Shown:
    """Draw at most `shots` pictures of each folder and keep others apart; the only one of a folder is learnt from.

    Parameters
    ----------
    asked
        Called before each picture with its number and how many there are; may raise to stop.

    Raises
    ------
    ExplainerError
        If the pictures are not sorted into folders, or lie all in one.
    """
    few = _Few(frames, asked)
    found, _ = from_frames(few, SIDE)
    counts = np.bincount(found.labels)
    if len(counts) < 2:
        what = f"All pictures that can be read lie in one folder, {found.names[0]}."
        raise ExplainerError(what, "Add a second folder with pictures of something else.")
    if len(counts) > MOST_CLASSES:
        what = f"There are {len(counts)} folders, and {MOST_CLASSES} classes at most can be told apart here."
        raise ExplainerError(what, "Open a folder with fewer folders in it.")
    rng = np.random.default_rng([seed, shots])
    train: list[int] = []
    test: list[int] = []
    for one in range(len(counts)):
        rows = rng.permutation(np.flatnonzero(found.labels == one))
        taken = max(1, min(shots, len(rows) - 1))
        train, test = [*train, *rows[:taken]], [*test, *rows[taken : taken + TESTS // len(counts)]]
    split = Split(found.take(np.array(train)), found.take(np.array(test, np.int64)))
    return _shown(split, len(few) - len(found), len(frames) - len(few))


class _Few(Sequence[Frame]):
    """Pictures spread evenly over a long folder, each read when it is asked for."""

    def __init__(self, frames: Sequence[Frame], asked: Callable[[int, int], None]) -> None:
        self._frames, self._asked = frames, asked
        self._at = np.unique(np.linspace(0, len(frames) - 1, min(len(frames), MOST_READ)).round().astype(int))

    def __len__(self) -> int:
        return len(self._at) if len(self._frames) else 0

    def __getitem__(self, index: int) -> Frame:  # type: ignore[override]
        self._asked(index, len(self))
        return self._frames[int(self._at[index])]


def _shown(split: Split, left_out: int = 0, passed_over: int = 0) -> Shown:
    nothing = np.zeros((0, SIDE, SIDE, 3), np.uint8)
    train, test = (squares_of(one) if len(one) else nothing for one in split)
    return Shown(split, train, test, left_out, passed_over)
