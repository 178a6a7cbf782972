"""What a demo hands back: frozen plain values that any renderer can draw."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainer.core.charts import Chart
from explainer.core.layers import Panel
from explainer.core.measured import MEASURED


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """Pictures, charts, words and numbers of one run.

    Parameters
    ----------
    reading
        One or two sentences in Markdown: what is seen *in this frame*, with its numbers.
    values
        snake_case name with its unit as suffix → finite float; never empty. What is undefined is left out
        and the reading says why.
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

    Raises
    ------
    ValueError
        When there is no value at all, one is not finite, or a name is both a value's and a measured number's.
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

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError("a result has at least one value")
        bad = [name for name, value in (*self.values.items(), *self.measured.items()) if not math.isfinite(value)]
        if bad:
            raise ValueError(f"these values are not finite: {', '.join(bad)}")
        if twice := self.values.keys() & self.measured.keys():
            raise ValueError(f"these are values and measured as well: {', '.join(sorted(twice))}")

    @property
    def all_numbers(self) -> dict[str, float]:
        """Values and measured numbers: what a lesson may print."""
        return {**self.values, **self.measured}
