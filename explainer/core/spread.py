"""Mean and spread over seeds: told and drawn in one way wherever several runs of the same kind are compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from explainer.core.charts import Bars, Curve, Series, Style, Table


@dataclass(frozen=True, slots=True)
class Spread:
    """Mean of some runs, and their standard deviation.

    Parameters
    ----------
    deviation
        Of a sample, not of a population: divided by ``count − 1``; 0 for one run.
    """

    mean: float
    deviation: float
    count: int

    def words(self, digits: int = 1, unit: str = "") -> str:
        """``98.1 ± 0.4 %`` for several runs, ``98.1 %`` for one."""
        mean = f"{self.mean:.{digits}f}".replace("-", "−")
        told = f"{mean} ± {self.deviation:.{digits}f}" if self.count > 1 else mean
        return f"{told} {unit}".rstrip()


def spread(runs: ArrayLike) -> Spread:
    """Summarise one number of each run.

    Raises
    ------
    ValueError
        Without a run there is no mean.
    """
    found = np.asarray(runs, np.float64)
    if not found.size:
        raise ValueError("without a run there is no mean")
    deviation = float(found.std(ddof=1)) if found.size > 1 else 0.0
    return Spread(float(found.mean()), deviation, int(found.size))


def spread_line(name: str, x: NDArray[np.float64], runs: ArrayLike, style: Style = "solid", colour: int = -1) -> Series:
    """Line of the means of ``(runs, points)``, in a band of one standard deviation each way where there are several."""
    found = np.asarray(runs, np.float64)
    several = [spread(column) for column in found.T]
    band = np.array([one.deviation for one in several]) if len(found) > 1 else None
    return Series(name, x, np.array([one.mean for one in several]), style, colour, band)


def spread_bars(
    title: str, rows: Sequence[tuple[str, ArrayLike]], *, hi: float = 100.0, digits: int = 1, note: str = ""
) -> Bars:
    """Bar of the mean for each ``(label, runs)``, with a whisker of one standard deviation each way."""
    several = [spread(runs) for _, runs in rows]
    whiskers = tuple(one.deviation for one in several) if any(one.count > 1 for one in several) else ()
    return Bars(
        title, tuple(label for label, _ in rows), tuple(one.mean for one in several), hi=hi, format=f".{digits}f",
        note=note, spread=whiskers,
    )  # fmt: skip


def spread_curve(
    title: str, ways: Mapping[str, ArrayLike], x: NDArray[np.float64], x_label: str, y_label: str,
    ends: tuple[float, float], *, chosen: int = 0, note: str = "",
) -> Curve:  # fmt: skip
    """Several ways of doing a thing over ``x``: way → ``(runs, points)``; the chosen one is drawn through."""
    lines = [
        spread_line(name, x, runs, *(("solid", -1) if n == chosen else ("dashed", n + 1)))
        for n, (name, runs) in enumerate(ways.items())
    ]
    return Curve(title, tuple(lines), x_label, y_label, ends, note=note)


def spread_table(title: str, ways: Mapping[str, ArrayLike], corner: str, heads: Sequence[str]) -> Table:
    """Mean and spread in words for each way → ``(runs, columns)``."""
    rows = ((name, np.asarray(runs, np.float64)) for name, runs in ways.items())
    return Table(
        title, (corner, *heads), tuple((name, *(spread(column).words() for column in found.T)) for name, found in rows)
    )


def accuracy_curve(
    title: str, name: str, x: ArrayLike, runs: ArrayLike, x_label: str, beside: Mapping[str, float], note: str
) -> Curve:
    """Share that is right, ``(runs, points)`` in 0…1, against something counted; in percent.

    Parameters
    ----------
    beside
        Dashed lines to measure it against: name → percent.
    """
    at = np.asarray(x, np.float64)
    lines = [spread_line(name, at, 100 * np.asarray(runs, np.float64), colour=0)]
    ends = np.array([at.min(), at.max()])
    lines += [
        Series(other, ends, np.full(2, high), "dashed", colour=n) for n, (other, high) in enumerate(beside.items(), 1)
    ]
    return Curve(title, tuple(lines), x_label, "% right", (0.0, 100.0), note=note)
