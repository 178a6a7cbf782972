"""All kernels of one convolution: how strongly each answers at a place, and what each looks like."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

TILE = 48  # pixels of the side of a picture, about
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
    def ahead(self) -> int:
        """How many answer more strongly than the chosen one."""
        return int((self.answers > self.answers[self.chosen]).sum())

    def strongest(self, count: int) -> NDArray[np.int64]:
        """Numbers of those that answer most strongly, and at the end of the chosen one if it is not among them."""
        rows = np.argsort(-self.answers, kind="stable")[:count]
        return rows if self.chosen in rows else np.append(rows[:-1], self.chosen)


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
