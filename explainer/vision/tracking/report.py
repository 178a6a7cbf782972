"""What every single-object tracker says of a picture."""

from dataclasses import dataclass

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Report:
    """Where a tracker believes its target to be.

    Parameters
    ----------
    box
        x0, y0, x1, y1 in pixels; while it is lost, the last place.
    lost
        Whether it says that it has lost the target.
    sure
        Its own measure of how sure it is, in its own unit; ``None`` where it gives none.
    """

    box: Box
    lost: bool
    sure: float | None = None
