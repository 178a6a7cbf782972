"""A wall of the kernels that a convolution has learnt: those that answer most strongly at one place."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from explainer.core import words
from explainer.core.layers import Cells, Panel
from explainer.core.walls import wall_of_photos
from explainer.demos.learning import _convolution_view as view

if TYPE_CHECKING:
    from explainer.vision.convolution.learnt import Kernels

SHOWN, COLUMNS = 12, 4


def wall(kernels: Kernels, source: int) -> Panel:
    """The strongest kernels and the chosen one, framed; a click takes another one apart."""
    from explainer.vision.convolution.learnt import pictures

    rows = kernels.strongest(SHOWN)
    panel = wall_of_photos(
        "Kernels it learnt", pictures(kernels.weight[rows], source), tuple(f"map {row}" for row in rows),
        tuple(view.signed(float(one)) for one in kernels.answers[rows]), columns=min(COLUMNS, len(rows)),
        lit=np.ones(len(rows), np.bool_), smooth=False, wrong=np.zeros(len(rows), np.bool_),
        note=f"{len(rows)} of {len(kernels.answers)}, with their answers here",
    )  # fmt: skip
    cells, *tiles = panel.layers
    assert isinstance(cells, Cells)
    clicks, marks = zip(*(({"channel": int(row)}, 0 if row == kernels.chosen else -1) for row in rows), strict=True)
    return replace(panel, layers=(replace(cells, sets=clicks, marks=marks), *tiles))


def headline(kernels: Kernels) -> str:
    """Say how the kernel that is taken apart compares with the others at this place."""
    count, ahead = len(kernels.answers), kernels.ahead
    if ahead:
        return f"Nobody designed this kernel; {ahead} of the other {count - 1} answer more strongly here."
    return f"Nobody designed these {words.count(count, 'kernel')}; here number {kernels.chosen} answers most strongly."
