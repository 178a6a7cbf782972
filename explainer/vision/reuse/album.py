"""Shots that somebody takes: what is in front of the camera, once for each press, with their features."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from explainer.core.frame import Frame
from explainer.vision.reuse.features import SIDE, Squares
from explainer.vision.reuse.taught import Taught, examined, teach
from explainer.vision.training.examples import centre_square

MOST_SHOTS = 100  # of one class
FeaturesOf = Callable[[Squares], NDArray[np.float32]]


@dataclass(frozen=True, slots=True, eq=False)
class Presses:
    """How often each button was pressed: one a class for shots, then to forget, to train again, to keep."""

    shots: tuple[int, ...]
    forget: int
    again: int
    keep: int


@dataclass(frozen=True, slots=True, eq=False)
class Album:
    """What is carried from one picture to the next.

    Parameters
    ----------
    pressed
        Presses that were seen to; those of a session that was left count as such.
    first
        Presses at the beginning.
    model
        Whose features they are.
    """

    pressed: Presses
    first: Presses
    model: str
    taught: Taught


def begun(pressed: Presses, names: tuple[str, ...]) -> Album:
    """Return an album without shots."""
    nothing = np.zeros((0, SIDE, SIDE, 3), np.uint8)
    return Album(pressed, pressed, "", teach(names, nothing, np.zeros(0, np.int64), np.zeros((0, 1), np.float32)))


def gone_on(
    album: Album | None, frame: Frame, pressed: Presses, names: tuple[str, ...], model: str, of: FeaturesOf
) -> Album:
    """Take the shots that were asked for, or look at those there are.

    Parameters
    ----------
    names
        Of all classes that there are buttons for.
    of
        Gives features of squares; called for new shots, and for all of them when the model is another.
    """
    if album is None:
        return begun(pressed, names)
    old = album.taught
    squares, labels = old.squares, old.labels
    if pressed.forget > album.pressed.forget:
        squares, labels = squares[:0], labels[:0]
    counts = np.bincount(labels, minlength=len(pressed.shots))
    before = zip(pressed.shots, album.pressed.shots, counts, strict=True)
    new = [k for k, (now, then, count) in enumerate(before) if now > then and count < MOST_SHOTS]
    same = album.model == model and len(labels) == len(old.labels)
    if not new and same and names == old.names:
        return replace(album, pressed=pressed, taught=examined(old))
    shot = np.repeat(centre_square(frame.pixels, SIDE)[None], len(new), axis=0)
    held = old.features if same else of(squares)
    features = np.concatenate([held, of(shot)]) if len(held) else of(shot)
    labels = np.concatenate([labels, np.array(new, np.int64)])
    return Album(pressed, album.first, model, teach(names, np.concatenate([squares, shot]), labels, features))
