"""Lengths of the design, scaled and on a 4 px grid."""

from dataclasses import dataclass
from functools import lru_cache

from explainer.shell.allotment.shapes import Strip, Wanted

GRID = 4
SIDE, EDGE, GAP = 16, 12, 12
CAPTION, FILM_CAPTION = 20, 16
NARROW = 480
FOLD = 24  # px beside the headline for the button that unfolds details
LOW = 660
"""px at type scale 1: in a lower stage details fold away, and strip and player get thin."""
FLAT = 480
"""px at type scale 1: in a lower stage the headline takes two lines at most, in smaller type if need be."""


def on_grid(length: float) -> int:
    """Round down to the grid."""
    return max(0, int(length) // GRID * GRID)


@lru_cache(maxsize=1024)
def _scaled(length: float, k: float) -> int:
    """A length of the design on the grid; a few dozen are asked for hundreds of thousands of times."""
    return on_grid(length * k)


@dataclass(frozen=True, slots=True)
class Measures:
    """Lengths in px for type of size `k` in a stage of `width` × `height`."""

    width: int
    height: int
    k: float
    wanted: Wanted
    strip_as: Strip

    def q(self, length: float) -> int:
        """A length of the design, scaled, on the grid."""
        return _scaled(length, self.k)

    @property
    def low(self) -> bool:
        return self.height < LOW * self.k

    @property
    def pad(self) -> int:
        return self.q(SIDE)

    @property
    def top(self) -> int:
        return self.q(EDGE)

    @property
    def gap(self) -> int:
        return self.q(GAP)

    @property
    def cap(self) -> int:
        """Height of a hero's caption: exactly what a panel keeps for it."""
        return max(1, round(CAPTION * self.k))

    @property
    def film_cap(self) -> int:
        return max(1, round(FILM_CAPTION * self.k))

    @property
    def inner(self) -> int:
        """Width without the pads."""
        return self.width - 2 * self.pad

    def head(self, width: int, most: int = 2) -> int:
        """Height of headline and details in `width`; the headline has at most `most` lines, or 3."""
        most = max(most, 3 if width < NARROW * self.k and not self._fits_two(width) else 2)
        return self.title + self.q(26) * max(1, min(most, self._lines(width, 1.04))) + self.details

    def _fits_two(self, width: int) -> bool:
        """Whether a flat stage may have the headline in smaller type: two thirds of it, so in three of its lines."""
        return self.height < FLAT * self.k and self._lines(width, 1.15 * 2 / 3) <= 3

    def _lines(self, width: int, stretched: float) -> int:
        """Lines that the headline takes when its type is `stretched`."""
        return -(-int(self.wanted.headline * self.k * stretched) // max(1, width - self.q(FOLD)))

    @property
    def title(self) -> int:
        """Height of the demo's name above the headline, which an audience sees nowhere else."""
        return self.q(18) if self.wanted.presenting else 0

    @property
    def details(self) -> int:
        """Height of the line of details; where room is short they fold to a button beside the headline."""
        return 0 if self.wanted.presenting or self.low else self.q(22)

    @property
    def player(self) -> int:
        if not self.wanted.player:
            return 0
        return self.q(38) if self.low else self.q(44)

    @property
    def strip(self) -> int:
        """Height of the strip with its labels."""
        if self.strip_as == "line":
            return self.q(28)
        return (self.q(44) if self.low else self.q(64)) + self.q(16) + 4 if self.strip_as else 0
