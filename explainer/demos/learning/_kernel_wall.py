"""A wall of the kernels that a convolution has learnt: those that answer most strongly at one place."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.layers import Cells, Panel
from explainer.core.walls import wall_of_photos
from explainer.demos.learning import _convolution_view as view

SHOWN, COLUMNS = 12, 4
TILE = 48  # pixels of the side of a tile, about
COLOURS = 3  # maps that a first layer reads: red, green and blue


@dataclass(frozen=True, slots=True, eq=False)
class Kernels:
    """All kernels of a convolution, what each answers at one cell, and which is taken apart.

    Parameters
    ----------
    weight
        ``(C', C / groups, k, k)``.
    answers
        ``(C',)``.
    """

    weight: NDArray[np.float32]
    answers: NDArray[np.float32]
    chosen: int

    @property
    def order(self) -> NDArray[np.int64]:
        """Numbers of the kernels, the strongest answer first."""
        return np.argsort(-self.answers, kind="stable")

    @property
    def place(self) -> int:
        """How many answer more strongly than the chosen one."""
        return int((self.answers > self.answers[self.chosen]).sum())


def pictures(weight: NDArray[np.float32], source: int) -> NDArray[np.uint8]:
    """Kernels as pictures ``(N, S, S, 3) uint8``: mid-grey is 0, full brightness their own largest size.

    Parameters
    ----------
    weight
        ``(N, C, k, k)``. Of three maps each is a colour; of others `source` is shown in grey.
    """
    shown = weight if weight.shape[1] == COLOURS else np.repeat(weight[:, source : source + 1], COLOURS, 1)
    largest = np.maximum(np.abs(shown).max((1, 2, 3), keepdims=True), np.finfo(np.float32).tiny)
    levels = np.rint(127.5 + 127.5 * shown / largest).astype(np.uint8).transpose(0, 2, 3, 1)
    times = max(1, TILE // levels.shape[1])
    return np.ascontiguousarray(levels.repeat(times, 1).repeat(times, 2))


def wall(kernels: Kernels, source: int) -> Panel:
    """The strongest kernels and the chosen one, framed; a click takes another one apart."""
    rows = kernels.order[:SHOWN]
    rows = rows if kernels.chosen in rows else np.append(rows[:-1], kernels.chosen)
    panel = wall_of_photos(
        "Kernels it learnt", pictures(kernels.weight[rows], source), tuple(f"map {row}" for row in rows),
        tuple(view.signed(float(one)) for one in kernels.answers[rows]), columns=min(COLUMNS, len(rows)),
        lit=np.ones(len(rows), np.bool_), smooth=False, wrong=np.zeros(len(rows), np.bool_),
        note=f"{len(rows)} of {len(kernels.answers)}, with their answers here",
    )  # fmt: skip
    clicks = tuple({"channel": int(row)} for row in rows)
    marks = tuple(0 if row == kernels.chosen else -1 for row in rows)
    layers = tuple(replace(one, sets=clicks, marks=marks) if isinstance(one, Cells) else one for one in panel.layers)
    return replace(panel, layers=layers)


def headline(kernels: Kernels) -> str:
    """Say how the kernel that is taken apart compares with the others at this place."""
    count, ahead = len(kernels.answers), kernels.place
    if not ahead:
        these = f"these {words.count(count, 'kernel')}"
        return f"Nobody designed {these}; here number {kernels.chosen} answers most strongly."
    return f"Nobody designed this kernel; {ahead} of the other {count - 1} answer more strongly here."
