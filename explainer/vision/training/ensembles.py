"""Several answers to one picture, and what their average is worth.

For probabilities p_k of K members and their mean p̄, and the truth y as a vector of 0 and 1, the Brier error splits
exactly: ``mean_k |p_k − y|² = |p̄ − y|² + mean_k |p_k − p̄|²``. What averaging takes away is the last term, the spread
of the members; what all have in common stays.

References
----------
Krogh, Vedelsby. *Neural network ensembles, cross validation, and active learning.* NIPS 1994.
Breiman. *Bagging predictors.* Machine Learning 24, 1996.
Lakshminarayanan, Pritzel, Blundell. *Simple and scalable predictive uncertainty estimation using deep ensembles.*
NeurIPS 2017.
Gal, Ghahramani. *Dropout as a Bayesian approximation.* ICML 2016.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from explainer.vision.training import digits, small_net
from explainer.vision.training.examples import Examples, Split
from explainer.vision.training.fit import Snapshot
from explainer.vision.training.parts import Adam, Dropout, scores_of
from explainer.vision.training.recipe import Net, Recipe
from explainer.vision.zoo.digits_net import DigitsNet

Kind = str  # starts, bagging, dropout, shifts
Floats = NDArray[np.float64]
MEMBERS = 10
STEPS, RATE = 300, 0.003
SUBSETS = 20  # drawn for each number of members
MOVES = ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, -1), (1, -1), (-1, 1))


class DroppingNet(DigitsNet):
    """The small net with dropout before its last layer."""

    def __init__(self) -> None:
        super().__init__()
        self.dropout = Dropout(0.5)

    def forward(self, x: Tensor) -> Tensor:
        """As the small net, with half of the 32 units dropped."""
        x = self.pool(self.act2(self.conv2(self.act1(self.conv1(x)))))
        out: Tensor = self.linear2(self.dropout(self.act3(self.linear1(x.flatten(1)))))
        return out


@dataclass(frozen=True)
class Dropping(Net):
    """A `DroppingNet` with torch's own starting weights."""

    def module(self) -> nn.Module:
        """Build it."""
        return DroppingNet()


def recipes(kind: Kind, train_size: int, seed: int) -> list[Recipe]:
    """Return what has to be trained: ten nets, or one that is asked several times.

    Parameters
    ----------
    kind
        ``starts``: other starting weights and orders. ``bagging``: also other digits, drawn with replacement from
        the same ones. ``dropout`` and ``shifts``: one net.
    """
    plain = small_net.recipe(Adam(RATE), train_size=train_size, seed=seed)
    plain = replace(plain, steps=STEPS, every=STEPS, measures=())
    if kind == "dropout":
        return [replace(plain, net=Dropping())]
    if kind == "shifts":
        return [plain]
    nets = [replace(plain, seed=MEMBERS * seed + k) for k in range(MEMBERS)]
    return nets if kind == "starts" else [replace(one, data=_drawn(one.data, one.seed)) for one in nets]


def _drawn(data: Split, seed: int) -> Split:
    """Training digits drawn with replacement, as many as there are."""
    rows = np.random.default_rng([seed, 7]).integers(0, len(data.train), len(data.train))
    return Split(data.train.take(rows), data.test)


def answers(
    kind: Kind, runs: Sequence[Snapshot], checkpoint: Callable[[], None] = lambda: None, asked: Examples | None = None
) -> Floats:
    """Probabilities that the members give to the test digits, or to those `asked` about, ``(K, N, 10)``.

    Of one net that is asked several times, the first member is the net as it would be used alone.
    """
    test = digits.split().test if asked is None else asked
    found = []
    for member in range(MEMBERS if kind == "dropout" else len(MOVES) if kind == "shifts" else len(runs)):
        checkpoint()
        run = runs[0 if kind in ("dropout", "shifts") else member]
        shown = moved(test, *MOVES[member]) if kind == "shifts" else test
        found.append(F.softmax(scores_of(_asked(run, kind, member), shown).double(), 1).numpy())
    return np.stack(found)


def _asked(run: Snapshot, kind: Kind, member: int) -> nn.Module:
    """The net, with dropout switched on where that makes the members."""
    net = run.module()
    if kind == "dropout" and member:
        for one in net.modules():
            if isinstance(one, Dropout):
                one.rng = torch.Generator().manual_seed(member)
                one.train()
    return net


def moved(examples: Examples, right: int, down: int) -> Examples:
    """Move all pictures by whole pixels; what comes in is paper."""
    padded = np.pad(examples.images, ((0, 0), (1, 1), (1, 1)))
    height, width = examples.images.shape[1:]
    cut = padded[:, 1 - down : 1 - down + height, 1 - right : 1 - right + width]
    return Examples(np.ascontiguousarray(cut), examples.labels, examples.names)


@dataclass(frozen=True, slots=True, eq=False)
class Errors:
    """Brier error of the members, 0…2, and its two parts.

    Parameters
    ----------
    single
        Mean over members and digits of ``|p_k − y|²``.
    average
        Of the averaged probabilities.
    spread
        Mean of ``|p_k − p̄|²``; ``single = average + spread``.
    """

    single: float
    average: float
    spread: float


def errors(p: Floats, labels: NDArray[np.int64]) -> Errors:
    """Split the Brier error of probabilities ``(K, N, C)``."""
    truth, mean = np.eye(p.shape[2])[labels], p.mean(0)
    return Errors(*(float((d**2).sum(-1).mean()) for d in (p - truth, mean - truth, p - mean)))


def right(p: Floats, labels: NDArray[np.int64]) -> float:
    """Share of digits that the average of probabilities ``(K, N, C)`` gets right."""
    return float((p.mean(0).argmax(1) == labels).mean())


def by_members(p: Floats, labels: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Accuracy of the average of 1…K members: mean and standard deviation over random choices of them, ``(K,)``."""
    rng = np.random.default_rng(8)
    rows = []
    for count in range(1, len(p) + 1):
        subsets = [rng.permutation(len(p))[:count] for _ in range(SUBSETS)]
        rows.append([right(p[chosen], labels) for chosen in subsets])
    table = np.array(rows)
    return table.mean(1), table.std(1)


def usual_first(p: Floats, labels: NDArray[np.int64]) -> Floats:
    """Put the member first that misreads as many digits as the members do in the mean, or most nearly."""
    wrong = (p.argmax(2) != labels).sum(1)
    one = int(np.abs(wrong - wrong.mean()).argmin())
    return p[[one, *(k for k in range(len(p)) if k != one)]]


def telling(p: Floats, labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Numbers of the digits that the average repairs, then those that it breaks, then those that both misread.

    Repaired and broken against the first member; all in the order of the digits.
    """
    one, all_ = p[0].argmax(1) == labels, p.mean(0).argmax(1) == labels
    return np.concatenate([np.flatnonzero(which) for which in (~one & all_, one & ~all_, ~one & ~all_)])


def kept_right(p: Floats, labels: NDArray[np.int64], shares: Floats) -> Floats:
    """Share that is right among those answered, when the least certain share is refused: one number a share.

    Parameters
    ----------
    p
        Probabilities ``(N, C)``.
    shares
        Of digits that are refused, 0 up to below 1.
    """
    order = np.argsort(p.max(1), kind="stable")
    hits = (p.argmax(1) == labels)[order]
    return np.array([hits[int(share * len(hits)) :].mean() for share in shares])
