"""What is to be placed on the stage, and where it was placed: values without widgets."""

from dataclasses import dataclass, field
from typing import Literal

Role = Literal["headline", "hero", "film", "chart", "tabs", "player", "strip"]
Form = Literal["column", "row", "label"]
Strip = Literal["", "line", "thumbs"]

FREE = 0.0
"""Shape of a hero that fills whatever room it gets: a chart."""


@dataclass(frozen=True, slots=True)
class ChartShape:
    """Lengths in px at type scale 1: how low, how high and how narrow a chart may be."""

    least: int
    most: int
    narrow: int = 150


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be placed.

    Parameters
    ----------
    heroes, film
        Width over height of each picture; one or two heroes, or one that is `FREE`.
    charts
        The charts beside the heroes.
    headline
        Width in px of the headline at type scale 1, on one line.
    strip
        Whether there is a network strip.
    player
        Whether something can be played.
    presenting
        Whether an audience looks: no details, no strip, and larger heroes.
    """

    heroes: tuple[float, ...]
    film: tuple[float, ...] = ()
    charts: tuple[ChartShape, ...] = ()
    headline: int = 700
    strip: bool = False
    player: bool = False
    presenting: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """One rectangle in pixels; `index` counts within its role. A picture's rectangle includes its `caption`
    px of words above it; of the headline's that many are not the line of details.
    """

    role: Role
    index: int
    x: int
    y: int
    w: int
    h: int
    caption: int = 0


@dataclass(slots=True)
class Allotment:
    """Rectangles of one stage of `width` × `height` pixels.

    Parameters
    ----------
    hidden
        Items for which there was no room.
    small
        Pictures of the film that are hard to see.
    tabbed
        Charts that share one place.
    strip
        How the strip is shown.
    """

    width: int
    height: int
    form: Form
    boxes: list[Placed] = field(default_factory=list)
    hidden: int = 0
    small: int = 0
    tabbed: int = 0
    strip: Strip = ""

    def put(self, role: Role, index: int, at: tuple[float, float], size: tuple[float, float], caption: int = 0) -> None:
        """Add a rectangle."""
        self.boxes.append(Placed(role, index, int(at[0]), int(at[1]), int(size[0]), int(size[1]), caption))

    def of(self, role: Role) -> list[Placed]:
        """Rectangles of one role, by their index."""
        return sorted((box for box in self.boxes if box.role == role), key=lambda box: box.index)

    def share(self, *roles: Role) -> float:
        """Share of the stage that these roles cover without their captions, 0…1."""
        covered = sum(box.w * (box.h - box.caption) for box in self.boxes if box.role in roles)
        return covered / (self.width * self.height)

    @property
    def hero(self) -> float:
        """Share of the heroes."""
        return self.share("hero")

    @property
    def pictures(self) -> float:
        """Share of all pictures; of the strip, what its thumbs cover."""
        return self.share("hero", "film") + (0.5 * self.share("strip") if self.strip == "thumbs" else 0.0)
