"""Runs of the everyday params one after the other, at which several clauses look."""

from dataclasses import dataclass
from math import inf
from time import process_time
from typing import Any

from explainer.contract.cases import at_most
from explainer.contract.leftovers import surroundings
from explainer.contract.runs import Bench, Outcome
from explainer.core.context import Models
from explainer.runtime.token import JobToken


class ListeningToken(JobToken):
    """Notes the longest time between two questions whether the run is still wanted.

    Parameters
    ----------
    watched_s
        After so much processor time the next question is answered with no.
    """

    def __init__(self, watched_s: float = inf) -> None:
        super().__init__()
        self._began = self._last = process_time()
        self._until = self._last + watched_s
        self.longest_s = 0.0

    def check(self) -> None:
        """Note how long nobody asked, and answer."""
        self.heard()
        if self._last >= self._until:
            self.cancel()
        super().check()

    def heard(self) -> None:
        """Note what has gone by since the last question; called once more at the end of a run."""
        now = process_time()
        self.longest_s = max(self.longest_s, now - self._last)
        if not self.cancelled:  # from then on all counts until the run has ended
            self._last = now

    @property
    def lasted_s(self) -> float:
        """Processor time from the beginning to the last question, while the answer was yes."""
        return self._last - self._began


@dataclass(frozen=True, slots=True, eq=False)
class Rounds:
    """Two runs on engines that know nothing of each other, and one on an engine that has run before.

    Parameters
    ----------
    first, second
        Both computed from nothing: no engine, and so no memo, has a part in both.
    used
        On an engine whose last run was of the most that can be asked, and was stopped at its first picture.
    before, after
        Surroundings after the first run, which loads torch and the network; and after the second and the stopped one.
    listened
        What the second run asked.
    """

    first: Outcome
    second: Outcome
    used: Outcome
    before: dict[str, Any]
    after: dict[str, Any]
    listened: ListeningToken


def rounds(bench: Bench, models: Models) -> Rounds:
    """Run them, once for all clauses that look at them."""
    return bench.once("rounds", lambda: _rounds(bench, models))


def _rounds(bench: Bench, models: Models) -> Rounds:
    first = bench.outcome(bench.everyday)
    before = surroundings(models, bench.settings)
    listened = ListeningToken()
    second = bench.fresh(bench.everyday, token=listened)
    listened.heard()
    bench.run(at_most(bench.demo, bench.card), until="first")
    after = surroundings(models, bench.settings)
    return Rounds(first, second, bench.run(bench.everyday), before, after, listened)
