"""What a trained net gets wrong, and a check of its gradient that does not use backpropagation."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.func import functional_call
from torch.nn import functional as F  # noqa: N812

from explainer.vision.training.examples import Examples, tensors
from explainer.vision.training.fit import Snapshot
from explainer.vision.training.parts import scores_of
from explainer.vision.training.small_net import FIRST, loss_and_gradients

CHECKED = 64  # training digits on which the slope of one weight is checked
NUDGE = 1e-6  # in float64 the central difference is exact to about 1e-9 of the slope


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What a net says of each test digit.

    Parameters
    ----------
    probabilities
        ``(N, 10) float64``, rows summing to 1.
    confusion
        ``(10, 10) int64``: row true digit, column the net's.
    hardest
        Test digits ordered by the probability of their true label, lowest first, ``(N,)``.
    """

    probabilities: NDArray[np.float64]
    confusion: NDArray[np.int64]
    hardest: NDArray[np.int64]

    @property
    def said(self) -> NDArray[np.int64]:
        """The net's digit for each, ``(N,)``."""
        return np.asarray(self.probabilities.argmax(1), dtype=np.int64)

    @property
    def top_confusion(self) -> tuple[int, int, int]:
        """The digit, what it is most often taken for, and how often; the count is 0 without errors."""
        wrong = self.confusion - np.diag(np.diag(self.confusion))
        true, said = (int(i) for i in np.unravel_index(int(wrong.argmax()), wrong.shape))
        return true, said, int(wrong[true, said])


@dataclass(frozen=True, slots=True)
class SlopeCheck:
    """One weight's slope of the loss: by backpropagation, and by moving the weight a little both ways."""

    backward: float
    difference: float

    @property
    def relative_error(self) -> float | None:
        """``|a − b| / max(|a|, |b|)``; ``None`` where both are 0."""
        largest = max(abs(self.backward), abs(self.difference))
        return abs(self.backward - self.difference) / largest if largest > 0 else None


def answers(snapshot: Snapshot, test: Examples) -> Answers:
    """Ask the net about every test digit."""
    probabilities = torch.softmax(scores_of(snapshot.module(), test).double(), 1).numpy()
    # Counted here: scikit-learn's own would keep the first picture waiting for a second while it is loaded.
    confusion = np.zeros((10, 10), np.int64)
    np.add.at(confusion, (test.labels, probabilities.argmax(1)), 1)
    own = probabilities[np.arange(len(test)), test.labels]
    return Answers(probabilities, confusion, np.argsort(own, kind="stable"))


def check_slope(snapshot: Snapshot, train: Examples) -> SlopeCheck:
    """Check the steepest weight of the first layer: ``(L(w + h) − L(w − h)) / 2h`` in float64."""
    net = snapshot.module(dtype=torch.float64)
    weights = {name: weight.detach() for name, weight in net.named_parameters()}
    images, labels = tensors(train.first(min(CHECKED, len(train))), dtype=torch.float64)
    _, gradients = loss_and_gradients(net, weights, images, labels)
    steepest = gradients[list(weights).index(FIRST)].flatten()
    index = int(steepest.abs().argmax())

    def loss_at(nudge: float) -> float:
        moved = weights[FIRST].clone()
        moved.view(-1)[index] += nudge
        with torch.no_grad():
            return float(F.cross_entropy(functional_call(net, {**weights, FIRST: moved}, (images,)), labels))

    difference = (loss_at(NUDGE) - loss_at(-NUDGE)) / (2 * NUDGE)
    return SlopeCheck(float(steepest[index]), difference)
