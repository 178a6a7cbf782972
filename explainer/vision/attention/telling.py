"""Which patch of a picture has something to tell when it is asked what it attends to, and where it looks.

Most patches attend to themselves and to the patches around them. One that stands on a part of an object and attends
to another part shows more: from one eye to the other. Patches on the picture's border are left out, because a vision
transformer keeps some of them as places to store what belongs to no place (Darcet et al. 2024).
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from explainer.vision.attention.maps import entropy_bits

AWAY = 3  # patches, across and down: as far is still beside it
SALIENT = 0.07  # of the patches: those that the class token attends to most
EVEN = 0.95  # of the entropy of equal shares: from there on nothing stands out
STANDS_OUT = 4.0  # equal shares that each of 3 × 3 patches gets on average, for them to be pointed at
CLOSE = ("itself", "a neighbour", "a patch nearby")  # the strongest, by how many patches it lies away
Floats = NDArray[np.floating]
Grid = tuple[int, int]


def steps(grid: Grid, patch: int) -> NDArray[np.int64]:
    """How many patches each lies away from `patch`, across or down, whichever is more: ``(P,)``."""
    row, column = np.divmod(np.arange(grid[0] * grid[1]), grid[1])
    return np.asarray(np.maximum(np.abs(row - row[patch]), np.abs(column - column[patch])))


def near(row: Floats, grid: Grid, patch: int) -> float:
    """Share of attention ``(P,)`` that stays with the patch and those at most `AWAY` from it; 0 where there is none."""
    total = float(row.sum())
    return float(row[steps(grid, patch) <= AWAY].sum()) / total if total else 0.0


def blurred(row: Floats, grid: Grid) -> NDArray[np.float64]:
    """Mean over each patch and its eight neighbours, ``(P,)``; beyond the border nothing is attended to."""
    values = np.asarray(row, np.float64).reshape(grid)
    return np.asarray(cv2.blur(values, (3, 3), borderType=cv2.BORDER_CONSTANT)).ravel()


def spot(row: Floats, grid: Grid, patch: int | None = None) -> int:
    """Strongest of the 3 × 3 patches that get most, farther than `AWAY` from `patch` where there is one."""
    far = row if patch is None else np.where(steps(grid, patch) > AWAY, row, 0.0)
    best = int(blurred(far, grid).argmax())
    return int(np.where(steps(grid, best) <= 1, far, -1.0).argmax())


def telling_patch(attention: Floats, of_class: Floats, grid: Grid) -> int:
    """Of the patches that stand out to the class token, the one that attends most to one place far from itself.

    What attends mostly to its own neighbours tells less of it: each counts by the share that leaves them.

    Parameters
    ----------
    attention
        ``(P, P)``: of patches to patches, averaged over heads.
    of_class
        ``(P,)``: of the class token to patches.
    """
    inner = np.pad(np.ones((max(grid[0] - 2, 0), max(grid[1] - 2, 0)), bool), 1)[: grid[0], : grid[1]].ravel()
    salient = np.where(inner, blurred(np.where(inner, of_class, 0.0), grid), -1.0)
    asked = np.argsort(-salient, kind="stable")[: max(1, round(SALIENT * len(salient)))].tolist()
    reach = [
        blurred(np.where(steps(grid, k) > AWAY, attention[k], 0.0), grid).max() * (1.0 - near(attention[k], grid, k))
        for k in asked
    ]
    return int(asked[int(np.argmax(reach))])


@dataclass(frozen=True, slots=True, eq=False)
class Gaze:
    """Where one token looks.

    Parameters
    ----------
    row
        ``(1 + P,)``: its attention to the class token and to each patch; sums to one.
    patch
        Which patch asks; ``None`` for the class token.
    """

    row: NDArray[np.float64]
    grid: Grid
    patch: int | None

    @property
    def spot(self) -> int:
        """Strongest patch of the place where it looks most, beyond its own neighbours."""
        return spot(self.row[1:], self.grid, self.patch)

    @property
    def top(self) -> int:
        """Strongest of all patches, near or far."""
        return int(self.row[1:].argmax())

    @property
    def reach(self) -> int | None:
        """How many patches the strongest lies away; the class token is nowhere."""
        return None if self.patch is None else int(steps(self.grid, self.patch)[self.top])

    @property
    def beside(self) -> float:
        """Attention to the strongest of the eight patches right beside it; 0 for the class token."""
        if self.patch is None:
            return 0.0
        return float(self.row[1:][steps(self.grid, self.patch) == 1].max(initial=0.0))

    @property
    def near(self) -> float | None:
        """Share of its attention to patches that stays around it; the class token is nowhere."""
        return None if self.patch is None else near(self.row[1:], self.grid, self.patch)

    @property
    def even(self) -> bool:
        """Whether all get about the same."""
        return bool(entropy_bits(self.row) > EVEN * np.log2(len(self.row)))

    @property
    def far(self) -> bool:
        """Whether what it looks at beyond its neighbours stands out."""
        there = self.row[1:] if self.patch is None else np.where(steps(self.grid, self.patch) > AWAY, self.row[1:], 0.0)
        return not self.even and bool(blurred(there, self.grid).max() * len(self.row) >= STANDS_OUT)

    @property
    def half(self) -> int:
        """How many patches, the strongest first, hold half of what goes to patches."""
        total = np.cumsum(np.sort(self.row[1:])[::-1])
        return int(np.searchsorted(total, 0.5 * total[-1])) + 1

    def said(self, there: str, bright: float) -> str:
        """What gets most, and whether patches right beside the asking one are `bright` on the map too.

        Parameters
        ----------
        there
            Where `spot` lies: ``"left of"`` the asking patch.
        """
        glows = self.beside >= bright
        if (reach := self.reach or 0) <= AWAY:
            far = "farther off" if glows or reach else "past its neighbours"
            return f"looks most at {CLOSE[min(reach, 2)]} and, {far}, {there} it"
        also = ", and at its neighbours" if glows else ", past its neighbours"
        return f"looks {'most ' if self.top == self.spot else ''}at the spot {there} it{also}"
