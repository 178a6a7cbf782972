"""What can be played: one param runs through its values, and each is a result of its own."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Plays:
    """The param can be played. Annotates a number or a choice.

    Parameters
    ----------
    seconds
        How long the whole takes at speed 1, where a step does not take longer.
    label
        What playing does, for the button's hint: "Add the maps, strongest first".
    """

    seconds: float = 6.0
    label: str = "Play"


@dataclass(frozen=True, slots=True, eq=False)
class Play:
    """How far a param can be played in this frame, and where it stands.

    Parameters
    ----------
    name
        The param, whose control ``plays``.
    first, last
        Ends of the play in this frame, within the control's range; of a choice, indices of its values.
    at
        Where it stands.
    curve
        ``(N,)`` numbers spread evenly from `first` to `last` (evenly in the logarithm where `log`), drawn over
        the scrubber.
    counted
        What is counted, as it stands: "318 of 1,280 maps".
    log
        Whether the scrubber and the steps are spaced by ratio; `first` is above zero then.
    note
        In which order it goes, and what the curve is: "strongest first; curve: peak".

    Raises
    ------
    ValueError
        When the ends or the place are not finite, or a logarithm has no place for them.
    """

    name: str
    first: float
    last: float
    at: float
    curve: NDArray[np.float64] | None = None
    counted: str = ""
    log: bool = False
    note: str = ""

    def __post_init__(self) -> None:
        if not all(map(math.isfinite, (self.first, self.last, self.at))):
            raise ValueError(f"{self.name}: a play has finite ends and stands between them")
        if self.log and min(self.first, self.last) <= 0:
            raise ValueError(f"{self.name}: a play spaced by ratio begins and ends above zero")

    def place(self, value: float) -> float:
        """Where a value lies on the scrubber, 0…1."""
        first, last = self.first, self.last
        if self.log:
            first, last, value = (math.log(max(one, 1e-300)) for one in (first, last, value))
        return 0.0 if first == last else min(1.0, max(0.0, (value - first) / (last - first)))

    def value(self, place: float) -> float:
        """The value at a place of the scrubber, 0…1; not yet a step of the control."""
        part = min(1.0, max(0.0, place))
        if self.log:
            return float(self.first * (self.last / self.first) ** part)
        return self.first + part * (self.last - self.first)
