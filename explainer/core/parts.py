"""Pieces of a result that add up."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from explainer.core.charts import Chart
from explainer.core.layers import Panel
from explainer.core.plays import Play
from explainer.core.result import Result


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A piece of a result: ``a + b`` is the panels, charts and sentences of both in order, and the numbers of both.

    Parameters
    ----------
    sentences
        Joined by spaces they are the reading; empty ones are left out.
    values, measured, resolved
        As in `Result`; of two with one name the later counts.
    headline, play
        As in `Result`; of two the later counts.
    heroes
        As in `Result`; those of both in order.
    """

    panels: tuple[Panel, ...] = ()
    charts: tuple[Chart, ...] = ()
    sentences: tuple[str, ...] = ()
    values: Mapping[str, float] = field(default_factory=dict)
    badges: tuple[str, ...] = ()
    measured: Mapping[str, float] = field(default_factory=dict)
    headline: str = ""
    heroes: tuple[str, ...] = ()
    resolved: Mapping[str, Any] = field(default_factory=dict)
    play: Play | None = None

    def __add__(self, other: "Part") -> "Part":
        return Part(
            self.panels + other.panels, self.charts + other.charts, self.sentences + other.sentences,
            {**self.values, **other.values}, self.badges + other.badges, {**self.measured, **other.measured},
            other.headline or self.headline, self.heroes + other.heroes, {**self.resolved, **other.resolved},
            other.play or self.play,
        )  # fmt: skip

    def result(self, **more: Any) -> Result:
        """Hand it back; `more` is what else a `Result` may have: ``input``, ``documents``, ``state``, ``partial``."""
        reading = " ".join(filter(None, self.sentences))
        return Result(
            reading, self.values, self.panels, self.charts, badges=self.badges, measured=self.measured,
            **{"headline": self.headline, "heroes": self.heroes, "resolved": self.resolved, "play": self.play} | more,
        )  # fmt: skip
