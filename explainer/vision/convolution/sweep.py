"""Which cells of a map are written when a kernel slides over it, several rows at a time, so that an eye can follow."""

from dataclasses import dataclass

SWEEPS = 12  # bands of rows in a whole map


@dataclass(frozen=True, slots=True)
class Sweep:
    """How far a map of `rows` × `columns` is written: bands of rows one below the other, each from left to right."""

    rows: int
    columns: int
    share: float

    @property
    def band(self) -> tuple[int, int]:
        """First row of the band that is being written, and the first one below it."""
        bands = min(SWEEPS, self.rows)
        number = min(bands - 1, int(self.share * bands))
        return number * self.rows // bands, (number + 1) * self.rows // bands

    @property
    def across(self) -> int:
        """Columns of the band that are written."""
        bands = min(SWEEPS, self.rows)
        part = self.share * bands - min(bands - 1, int(self.share * bands))
        return min(self.columns, round(part * self.columns))

    @property
    def at(self) -> tuple[int, int]:
        """Cell in the middle of the band that was written last, row and column."""
        top, below = self.band
        return (top + below - 1) // 2, max(0, self.across - 1)

    @property
    def places(self) -> int:
        """Cells that are written."""
        top, below = self.band
        return top * self.columns + (below - top) * self.across
