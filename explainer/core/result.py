"""What a demo hands back: frozen plain values that any renderer can draw."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainer.core.charts import Chart, chart_slug
from explainer.core.layers import Panel
from explainer.core.measured import MEASURED
from explainer.core.plays import Play
from explainer.core.unsuitable import Unsuitable

MOST_HEROES = 2


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """Pictures, charts, words and numbers of one run.

    Parameters
    ----------
    reading
        The details: one or two sentences in Markdown, what is seen *in this frame*, with its numbers.
    values
        snake_case name with its unit as suffix → finite float; never empty, but where the frame is unsuitable.
        What is undefined is left out and the reading says why.
    documents
        File name → text or HTML that the window offers to save and ``render`` writes.
    input
        The exact tensor the model saw, ``(1, 3, H, W) float32``, where there is one.
    badges
        Short facts about trust ("agrees with captum to 6·10⁻⁸"), shown quietly below the reading.
    state
        Next state of a temporal or training demo; committed only when ``run`` returns.
    partial
        True for what ``publish`` sends before the end.
    measured
        Like `values`, but measured: milliseconds, GB/s, watts (``forward_ms``, ``read_gb_s``). Shown and written,
        and never compared, for no two runs give the same. The reading is compared: it does not name them.
    headline
        The point in one plain sentence about this frame, at most 20 words and two numbers; no Markdown.
    heroes
        Slugs of the one or two panels, or of the one chart, that are the point; the rest is a film beside them.
        Empty where a demo leaves it to the stage.
    resolved
        What each param that was ``auto`` became in this frame: name → a value of the param's own type.
    play
        How far the param that plays can be played here.
    unsuitable
        Said instead of a headline where the result would mean nothing; what there is may be shown anyway.

    Raises
    ------
    ValueError
        When there is no value at all, one is not finite, a name is both a value's and a measured number's, or a
        hero is no panel or chart of this result.
    """

    reading: str
    values: Mapping[str, float]
    panels: tuple[Panel, ...] = ()
    charts: tuple[Chart, ...] = ()
    documents: Mapping[str, str] = field(default_factory=dict)
    badges: tuple[str, ...] = ()
    input: NDArray[np.float32] | None = None
    state: Any = None
    partial: bool = False
    measured: Mapping[str, float] = field(default_factory=dict, metadata=MEASURED)
    headline: str = ""
    heroes: tuple[str, ...] = ()
    resolved: Mapping[str, Any] = field(default_factory=dict)
    play: Play | None = None
    unsuitable: Unsuitable | None = None

    def __post_init__(self) -> None:
        if not self.values and self.unsuitable is None:
            raise ValueError("a result has at least one value")
        bad = [name for name, value in (*self.values.items(), *self.measured.items()) if not math.isfinite(value)]
        if bad:
            raise ValueError(f"these values are not finite: {', '.join(bad)}")
        if twice := self.values.keys() & self.measured.keys():
            raise ValueError(f"these are values and measured as well: {', '.join(sorted(twice))}")
        self._check_heroes()

    def _check_heroes(self) -> None:
        panels, charts = {panel.slug for panel in self.panels}, {chart_slug(chart) for chart in self.charts}
        if strangers := set(self.heroes) - panels - charts:
            raise ValueError(f"no panel or chart of this result is called {', '.join(sorted(strangers))}")
        if len(self.heroes) > (1 if charts & set(self.heroes) else MOST_HEROES):
            raise ValueError("heroes are one or two panels, or one chart")

    @property
    def all_numbers(self) -> dict[str, float]:
        """Values and measured numbers: what a lesson may print."""
        return {**self.values, **self.measured}
