"""What a demo's result will look like before it is there: the shapes of its last one, or a guess."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from explainer.core.layers import Panel
from explainer.shell.allotment.shapes import FREE, ChartShape, Wanted
from explainer.shell.stage.views import NARROW, WIDE, Standing, is_bare, is_cropped, shape_of


@dataclass(frozen=True, slots=True)
class Seen:
    """One picture that is expected: its shape, whether that follows the frame's, and whether it is the bare photo."""

    aspect: float
    follows: bool = True
    photo: bool = True

    def shape(self, frame: float) -> float:
        """Width over height with a frame of that shape."""
        return round(max(NARROW, min(WIDE, frame)), 2) if self.follows else self.aspect


@dataclass(frozen=True, slots=True)
class Expected:
    """Heroes, film and charts that will come; `wanted` is how the last result of the demo was placed."""

    heroes: tuple[Seen, ...]
    film: tuple[Seen, ...]
    wanted: Wanted

    def placed_for(self, frame: float) -> Wanted:
        """What is to be placed with a frame of that width over height."""
        heroes = tuple(one.shape(frame) for one in self.heroes) or self.wanted.heroes
        return replace(self.wanted, heroes=heroes, film=tuple(one.shape(frame) for one in self.film))


GUESS = Expected((Seen(1.0),), (Seen(1.0), Seen(1.0, photo=False)), Wanted((1.0,), (), (ChartShape(124, 194),), 900))
WITHOUT_FRAME = Expected((), (), Wanted((FREE,), (), (ChartShape(124, 194),), 900))


def expected_of(panels: Sequence[Panel], stands: Standing, wanted: Wanted) -> Expected:
    """What the next result of a demo will look like, from one that was shown."""
    photo = next((i for i, panel in enumerate(panels) if is_bare(panel)), -1)
    heroes = tuple(_seen(panels[i], is_photo=i in (stands.heroes[0], photo)) for i in stands.heroes)
    film = tuple(_seen(panels[i], is_photo=i == photo) for i in stands.film)
    return Expected(heroes, film[: len(wanted.film)], wanted)


def _seen(panel: Panel, *, is_photo: bool) -> Seen:
    return Seen(shape_of(panel), panel.frame and not is_cropped(panel), is_photo and panel.frame)
