"""A digit reader that has seen few digits, asked of each new one how sure it is that this is an 8.

The probability of one digit out of ten is the score of a two-class question: that digit or another.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from explainer.core.numbers import numbers
from explainer.vision.metrics.binary import Rates, Scored, reliability
from explainer.vision.training import digits
from explainer.vision.training.examples import Examples, Split
from explainer.vision.training.fit import Snapshot
from explainer.vision.training.parts import Accuracy, Adam, CrossEntropy, scores_of
from explainer.vision.training.recipe import Batches, Recipe
from explainer.vision.training.small_net import SmallNet

TAUGHT, STEPS, EVERY = 40, 100, 5  # few and short, so that it errs
RATE, BATCH = 0.003, 32
ASKED, OTHERS = 40, 120  # digits on the wall: those that are looked for, and others
NAMES = ("zeros", "ones", "twos", "threes", "fours", "fives", "sixes", "sevens", "eights", "nines")
HELD = slice(TAUGHT, digits.TRAIN)  # of the training digits: never learnt from, they choose thresholds


def recipe(seed: int) -> Recipe:
    """Return the recipe of the reader."""
    train, test = digits.split()
    return Recipe(
        Split(train.first(TAUGHT), test), SmallNet(), CrossEntropy(), Adam(RATE), STEPS, batches=Batches(BATCH),
        measures=(Accuracy(),), seed=seed, every=EVERY,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """Test digits with their scores, the surest first, and others on which a threshold may be chosen.

    Parameters
    ----------
    images
        ``(160, 8, 8)``: 40 of the digit that is looked for and 120 others.
    seen
        Scores of those.
    held
        Scores of digits that are not shown.
    """

    images: NDArray[np.float32]
    seen: Scored
    held: Scored


def asked(run: Snapshot, digit: int) -> Asked:
    """Ask the net of every test digit how likely it is to be `digit`."""
    train, test = digits.split()
    held = train.take(np.arange(len(train))[HELD])
    mine = test.labels == digit
    rows = np.r_[np.flatnonzero(mine)[:ASKED], np.flatnonzero(~mine)[:OTHERS]]
    net = run.module()

    def scored(some: Examples) -> Scored:
        chances = torch.softmax(scores_of(net, some).double(), 1)[:, digit].numpy()
        return Scored(chances, some.labels == digit)

    found = scored(test.take(rows))
    order = np.argsort(-found.scores, kind="stable")
    return Asked(test.images[rows][order], Scored(found.scores[order], found.positive[order]), scored(held))


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """Scored digits, where they are cut, and what they are taken to stand for.

    Parameters
    ----------
    hand
        Threshold that was set; ``None``: that of least cost on digits that are not shown.
    prevalence
        Share of the digit, 0…1.
    miss
        Cost of a miss in false alarms.
    step
        How long the reader has learnt.
    """

    asked: Asked
    digit: int
    hand: float | None
    prevalence: float
    miss: float
    step: int

    @property
    def name(self) -> str:
        """The digit in the plural."""
        return NAMES[self.digit]

    @property
    def positive(self) -> NDArray[np.bool_]:
        """Which pictures show the digit, the surest first, ``(N,)``."""
        return self.asked.seen.positive

    @property
    def rates(self) -> Rates:
        """Recall and false alarms at all thresholds."""
        return self.asked.seen.rates()

    @property
    def cheapest(self) -> float:
        """Threshold of least cost on digits that are not shown."""
        return self.asked.held.rates().cheapest(self.prevalence, self.miss)

    @property
    def threshold(self) -> float:
        """From where on the answer is yes."""
        return self.cheapest if self.hand is None else self.hand

    @property
    def called(self) -> int:
        """How many pictures are called the digit: they come first."""
        return int((self.asked.seen.scores >= self.threshold).sum())

    @property
    def found(self) -> int:
        """How many of those are."""
        return int(self.positive[: self.called].sum())

    @property
    def missed(self) -> int:
        """How many of the digit are not called so."""
        return int(self.positive[self.called :].sum())

    def recalls(self, first: float, last: float) -> NDArray[np.float64]:
        """Recall at thresholds spread evenly, ``(99,)``."""
        rates = self.rates
        return np.array([rates.recall[rates.at(one)] for one in np.linspace(first, last, 99)])

    def values(self) -> dict[str, float]:
        """Counts on the wall, and measures at this prevalence."""
        rates, share = self.rates, self.prevalence
        at = rates.at(self.threshold)
        return numbers(
            threshold=self.threshold, cheapest_threshold=self.cheapest, prevalence_percent=100 * share,
            found_count=self.found, missed_count=self.missed, false_count=self.called - self.found,
            recall_percent=100 * rates.recall[at], false_alarm_percent=100 * rates.alarms[at],
            precision_percent=100 * rates.precision(share)[at], accuracy_percent=100 * rates.accuracy(share)[at],
            never_percent=100 * (1 - share), auc=rates.auc, average_precision=rates.average_precision(share),
            cost=100 * rates.cost(share, self.miss)[at], brier=self.asked.held.brier(share),
            ece=reliability(self.asked.held, share).error,
        )  # fmt: skip
