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
Huang, Li, Pleiss, Liu, Hopcroft, Weinberger. *Snapshot ensembles: train 1, get M for free.* ICLR 2017.
Izmailov, Podoprikhin, Garipov, Vetrov, Wilson. *Averaging weights leads to wider optima and better generalization.*
UAI 2018.
"""

import math
from collections.abc import Callable, Mapping, Sequence
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
from explainer.vision.training.recipe import Measure, Net, Recipe, Schedule, Weights
from explainer.vision.zoo.digits_net import DigitsNet

Kind = str  # starts, bagging, dropout, shifts, snapshots, swa
Floats = NDArray[np.float64]
MEMBERS = 10
STEPS, RATE = 300, 0.003
MOMENTS = ("snapshots", "swa")  # kinds whose members are moments of one run
APART = ("starts", "bagging")  # kinds whose members are trained one by one
FAST = 0.01  # rate of a run whose moments are to differ, of a cycle at its beginning
CYCLE, SWA_EVERY = 50, 20  # steps of a cycle, and between two moments whose weights are averaged
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


@dataclass(frozen=True)
class Cyclic(Schedule):
    """From 1 down to nearly 0 along half a cosine, again and again (Huang 2017): the net settles once in each cycle.

    Parameters
    ----------
    cycle
        Steps of each.
    """

    cycle: int = CYCLE

    def factor(self, step: int, steps: int, per_epoch: int) -> float:
        """``(1 + cos π t) / 2``, with t from 0 to 1 in each cycle."""
        del steps, per_epoch
        return (1 + math.cos(math.pi * (step % self.cycle) / self.cycle)) / 2


@dataclass(frozen=True)
class Moment(Measure):
    """``weights (P,)``: all numbers of the net in the order of its state."""

    def __call__(self, net: nn.Module, data: Split) -> Mapping[str, NDArray[np.float64]]:
        """Write them down."""
        del data
        return {"weights": torch.cat([one.flatten() for one in net.state_dict().values()]).double().cpu().numpy()}


def recipes(kind: Kind, train_size: int, seed: int) -> list[Recipe]:
    """Return what has to be trained: ten nets, or one that is asked several times.

    Parameters
    ----------
    kind
        ``starts``: other starting weights and orders. ``bagging``: also other digits, drawn with replacement from
        the same ones. ``dropout`` and ``shifts``: one net. ``snapshots``: one net whose rate of learning falls and
        rises six times. ``swa``: one net at an even rate, whose last moments are averaged.
    """
    plain = small_net.recipe(Adam(RATE), train_size=train_size, seed=seed)
    plain = replace(plain, steps=STEPS, every=STEPS, measures=())
    if kind == "dropout":
        return [replace(plain, net=Dropping())]
    if kind == "shifts":
        return [plain]
    noted = replace(plain, measures=(Moment(),))
    if kind == "snapshots":
        return [replace(noted, optimiser=Adam(FAST), schedule=Cyclic(), every=CYCLE)]
    if kind == "swa":
        return [replace(noted, optimiser=Adam(FAST), every=SWA_EVERY)]
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

    Of one net that is asked several times, the first member is the net as it would be used alone; of the moments of a
    run that is its end.
    """
    test = digits.split().test if asked is None else asked
    found = []
    for member, net in enumerate(_members(kind, runs)):
        checkpoint()
        found.append(_probabilities(net, moved(test, *MOVES[member]) if kind == "shifts" else test))
    return np.stack(found)


def _probabilities(net: nn.Module, examples: Examples) -> Floats:
    return np.asarray(F.softmax(scores_of(net, examples).double(), 1).numpy())


def _members(kind: Kind, runs: Sequence[Snapshot]) -> list[nn.Module]:
    """The nets that are asked, one after the other."""
    if kind in MOMENTS:
        return [runs[0].recipe.net.loaded(one) for one in moments(runs[0])]
    if kind == "dropout":
        return [_dropping(runs[0], member) for member in range(MEMBERS)]
    return [runs[0].module()] * len(MOVES) if kind == "shifts" else [run.module() for run in runs]


def _dropping(run: Snapshot, member: int) -> nn.Module:
    """The net with its dropout switched on; off for the first member."""
    net = run.module()
    for one in net.modules():
        if isinstance(one, Dropout) and member:
            one.rng = torch.Generator().manual_seed(member)
            one.train()
    return net


def moments(run: Snapshot) -> list[Weights]:
    """Weights at the last ten marks of a run, its end first; the untrained net only where there is no other."""
    noted = run.history["weights"]
    found: list[Weights] = []
    for flat in noted[:0:-1][:MEMBERS] if len(noted) > 1 else noted:
        ends = np.cumsum([0, *(array.size for array in run.weights.values())])
        parts = zip(run.weights.items(), ends, ends[1:], strict=False)
        found.append({name: flat[a:b].reshape(array.shape).astype(array.dtype) for (name, array), a, b in parts})
    return found


def averaged(weights: Sequence[Weights]) -> Weights:
    """Mean of each weight over several moments of a run (Izmailov 2018).

    The small net has no batch norm; the statistics of one would have to be taken anew from the training pictures.
    """
    return {
        name: np.mean([one[name] for one in weights], 0, dtype=np.float64).astype(array.dtype)
        for name, array in weights[0].items()
    }


def together(kind: Kind, runs: Sequence[Snapshot], p: Floats, asked: Examples | None = None) -> Floats:
    """What the first 1, 2 … K members say together, ``(K, N, 10)``.

    That is the mean of their probabilities `p` ``(K, N, 10)``; of ``swa`` it is what the mean of their weights says.
    """
    if kind != "swa":
        return np.asarray(np.cumsum(p, 0) / np.arange(1, len(p) + 1)[:, None, None])
    test, held = digits.split().test if asked is None else asked, moments(runs[0])
    nets = (runs[0].recipe.net.loaded(averaged(held[:count])) for count in range(1, len(held) + 1))
    return np.stack([_probabilities(net, test) for net in nets])


def said(
    kind: Kind, runs: Sequence[Snapshot], labels: NDArray[np.int64], checkpoint: Callable[[], None] = lambda: None
) -> tuple[Floats, Floats]:
    """What all members say of the test digits, a usual one first, and what the first 1…K say together."""
    p = answers(kind, runs, checkpoint)
    p = usual_first(p, labels) if kind in APART else p
    return p, together(kind, runs, p)


@dataclass(frozen=True, slots=True)
class Cost:
    """What `members` answers cost: steps of training, and forward passes for each picture."""

    steps: int
    passes: int


def cost(kind: Kind, members: int) -> Cost:
    """Nets that are trained one by one cost as many trainings; averaged weights are one net."""
    return Cost(STEPS * (members if kind in APART else 1), 1 if kind == "swa" else members)


def moved(examples: Examples, right: int, down: int) -> Examples:
    """Move all pictures by whole pixels; what comes in is paper."""
    padded = np.pad(examples.images, ((0, 0), (1, 1), (1, 1)))
    height, width = examples.images.shape[1:]
    cut = padded[:, 1 - down : 1 - down + height, 1 - right : 1 - right + width]
    return Examples(np.ascontiguousarray(cut), examples.labels, examples.names)


@dataclass(frozen=True, slots=True, eq=False)
class Vote:
    """What all members say ``(K, N, 10)``, a usual one first, what the first 1…K say together, and how many vote."""

    p: Floats
    joint: Floats
    members: int
    labels: NDArray[np.int64]

    @property
    def average(self) -> Floats:
        """What those that vote say together, ``(N, 10)``."""
        return np.asarray(self.joint[self.members - 1])

    @property
    def wrong(self) -> int:
        """Digits that they misread together."""
        return misread(self.average, self.labels)

    @property
    def alone(self) -> int:
        """Digits that the first member misreads."""
        return misread(self.p[0], self.labels)


def misread(p: Floats, labels: NDArray[np.int64]) -> int:
    """How many digits probabilities ``(N, 10)`` get wrong."""
    return int((p.argmax(1) != labels).sum())


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
