"""A probe on frozen features beside a net from scratch, on the same shots; kept, because features take seconds."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from explainer.core.runs import Runs
from explainer.vision.reuse import scratch
from explainer.vision.reuse.features import features
from explainer.vision.reuse.probe import Labels, fit
from explainer.vision.reuse.sets import Shown
from explainer.vision.training.fit import trained
from explainer.vision.training.parts import scores_of
from explainer.vision.training.recipe import Recipe, key_of
from explainer.vision.zoo.classifier import Classifier

Asked = Callable[[float], None]
Features = Callable[[], NDArray[np.float32]]
FEATURES_TAKE = 0.7  # share of the work


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """What is needed of a set of shots to show both.

    Parameters
    ----------
    train, test
        Features of the shots and of the pictures kept apart, ``(N, D)`` and ``(T, D)``.
    scratch
        What the net from scratch says of those kept apart, ``(T,)``.
    when
        When it was written; ``None`` where it was made just now.
    """

    train: NDArray[np.float32]
    test: NDArray[np.float32]
    scratch: Labels
    when: datetime | None = None


def compared(
    lent: Classifier,
    shown: Shown,
    seed: int,
    runs: Runs,
    asked: Asked,
    *,
    anew: bool = False,
    held: Callable[[Features], NDArray[np.float32]] = lambda make: make(),
) -> Compared:
    """Look it up, or compute features and train the net from scratch.

    Parameters
    ----------
    asked
        Called often with the share that is done; may raise to stop.
    held
        Gives the features of the pictures kept apart, of another number of shots perhaps, or has them made.
    anew
        Whether what is kept is passed over.
    """
    train, test = shown.split
    how = scratch.recipe(scratch.small(train), scratch.small(test), seed)
    key = key_of(("compared", lent.card.name, how))
    kept = None if anew else runs.load(key, how.steps)
    if kept is not None:
        with suppress(KeyError):
            return Compared(kept.arrays["train"], kept.arrays["test"], kept.arrays["scratch"], kept.when)
    total = max(1, len(shown.train) + len(shown.test))
    learnt = features(lent, shown.train, lambda done: asked(FEATURES_TAKE * done / total))
    others = held(
        lambda: features(lent, shown.test, lambda done: asked(FEATURES_TAKE * (len(shown.train) + done) / total))
    )
    found = Compared(learnt, others, _from_scratch(how, asked))
    runs.save(key, how.steps, how.steps, {"train": learnt, "test": others, "scratch": found.scratch})
    return found


def rights_of(
    lent: Classifier,
    shown: Shown,
    seed: int,
    test: NDArray[np.float32],
    runs: Runs,
    asked: Asked,
    *,
    anew: bool = False,
) -> tuple[float, float]:
    """Share of pictures kept apart that probe and net from scratch name rightly, for another draw of the same set.

    Parameters
    ----------
    test
        Features of the pictures kept apart, ``(T, D)``.
    """
    train, others = shown.split
    how = scratch.recipe(scratch.small(train), scratch.small(others), seed)
    key = key_of(("rights", lent.card.name, how))
    kept = None if anew else runs.load(key, how.steps)
    if kept is None or "right" not in kept.arrays:
        learnt = features(lent, shown.train, lambda done: asked(FEATURES_TAKE * done / len(shown.train)))
        ours = fit(learnt, train.labels, train.classes).answers(test)
        right = np.array([(said == others.labels).mean() for said in (ours, _from_scratch(how, asked))])
        runs.save(key, how.steps, how.steps, {"right": right})
    else:
        right = kept.arrays["right"]
    return float(right[0]), float(right[1])


def _from_scratch(how: Recipe, asked: Asked) -> Labels:
    """Train the net and return what it says of the pictures kept apart."""
    test = how.data.test
    net = trained(how, lambda step: asked(FEATURES_TAKE + (1 - FEATURES_TAKE) * step / how.steps)).module()
    return np.asarray(scores_of(net, test).numpy().argmax(1) if len(test) else np.zeros(0), np.int64)
