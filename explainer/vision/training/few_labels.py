"""What features are worth with few labels: a linear probe on each, and the same encoder taught by those labels alone.

A draw of labels is the same for all ways, so that they can be compared. Features are centred and brought to one
common scale by all training pictures, which needs no labels; the probe is logistic regression at scikit-learn's usual
penalty, C = 1.
"""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from explainer.vision.training.contrastive import Learner, LearnerNet, Taught, features_of
from explainer.vision.training.examples import Split, tensors
from explainer.vision.training.fit import Snapshot, trained
from explainer.vision.training.metric import flat
from explainer.vision.training.parts import Adam, Cosine
from explainer.vision.training.recipe import Batches, Recipe
from explainer.vision.training.softmax_regression import fitted

COUNTS = (1, 10, 100)  # labels of each class
DRAWS, TAUGHT_DRAWS = 5, 3  # of labels; a net that is taught takes longer than a probe
STEPS, BATCH, RATE = 300, 32, 0.005  # of the encoder that is taught by labels
CHANGE = 0.6  # of its views: with few steps, stronger ones slow it down

Asked = Callable[[], None]
Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


def drawn(labels: NDArray[np.integer], count: int, draw: int) -> Rows:
    """Rows of `count` pictures of each class, or of all where there are fewer."""
    rng = np.random.default_rng([36, count, draw])
    each = [rng.permutation(np.flatnonzero(labels == one))[:count] for one in np.unique(labels)]
    return np.sort(np.concatenate(each))


def scaled(train: Floats, test: Floats) -> tuple[Floats, Floats]:
    """Take the mean of the training pictures off, and divide all columns by one number: their common deviation."""
    mean, deviation = train.mean(0), max(float(np.sqrt(train.var(0).mean())), 1e-9)
    return (train - mean) / deviation, (test - mean) / deviation


def probed(train: Floats, test: Floats, split: Split, asked: Asked, draws: int = DRAWS) -> Floats:
    """Accuracy on test pictures of a linear probe, 0…1, ``(draws, len(COUNTS))``.

    Parameters
    ----------
    train, test
        Features of all training and test pictures, ``(N, D)``.
    asked
        Called at each step; may raise to stop.
    """
    known, new = scaled(train, test)

    def right(rows: Rows) -> float:
        given = split.train.labels[rows]
        probe = fitted(known[rows], given, split.test.classes, 1 / len(rows), asked, scaled=True)
        return float((probe.probabilities(new).argmax(1) == split.test.labels).mean())

    return _table(split, right, draws)


def _table(split: Split, right: Callable[[Rows], float], draws: int) -> Floats:
    labels = split.train.labels
    return np.array([[right(drawn(labels, count, draw)) for count in COUNTS] for draw in range(draws)])


def of_pixels(split: Split, asked: Asked) -> Floats:
    """Probe the pixels themselves."""
    return probed(flat(split.train), flat(split.test), split, asked)


def of_random(split: Split, asked: Asked, seed: int) -> Floats:
    """Probe the features of an encoder that has learnt nothing."""
    return _of_net(LearnerNet(split.train.side, "simclr").begun(seed).eval(), split, asked)


def of_run(run: Snapshot, asked: Asked) -> Floats:
    """Probe the features of an encoder as it stands."""
    return _of_net(run.module(), run.recipe.data, asked)


def _of_net(net: torch.nn.Module, split: Split, asked: Asked) -> Floats:
    train, test = (features_of(net, one.images) for one in split)
    return probed(train, test, split, asked)


def taught(split: Split, asked: Asked, seed: int) -> Floats:
    """Teach the whole encoder from nothing by those labels, with the same changes of its pictures; as `probed`."""

    def right(rows: Rows) -> float:
        run = trained(taught_by(split, rows, seed), lambda _step: asked())
        net = run.module()
        assert isinstance(net, Learner)
        images, _ = tensors(split.test)
        with torch.no_grad():
            said = torch.cat([net.told(some) for some in torch.split(images, 256)])
        return float((said.argmax(1).numpy() == split.test.labels).mean())

    return _table(split, right, TAUGHT_DRAWS)


def taught_by(split: Split, rows: Rows, seed: int) -> Recipe:
    """Recipe of an encoder that is taught by the labels of some pictures."""
    few = Split(split.train.take(rows), split.test)
    return Recipe(
        few, LearnerNet(few.train.side, "labels"), Taught(CHANGE), Adam(RATE), STEPS, Cosine(),
        batches=Batches(min(BATCH, len(rows)), whole=True), seed=seed, every=STEPS,
    )  # fmt: skip
