"""``explainer render --play``: one param runs through its values, a picture for each, or a film of them."""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explainer import stopping
from explainer.commands.bootstrap import WrongUse
from explainer.commands.prefetch import prefetch
from explainer.core.controls import Control
from explainer.core.demo import Demo
from explainer.core.heroes import main_views
from explainer.core.numerals import read_number
from explainer.core.params import changed
from explainer.core.plays import Play
from explainer.core.problem import ExplainerError
from explainer.core.result import Result
from explainer.runtime.events import Finished
from explainer.runtime.playback import PlayStep, snapped, steps_of

if TYPE_CHECKING:  # Qt is loaded once something is to be drawn
    from explainer.commands.sheet import Sheet

FPS, LAST_S = 24.0, 1.0
MOST = 240  # seconds, and values in one
HERO_WIDTH = 720
Once = Callable[[Any], Finished]
Tell = Callable[[int, int], None]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of playing."""
    parser.add_argument("--play", metavar="NAME", help="run this param through its values on one picture")
    parser.add_argument("--seconds", type=_above_zero, metavar="S", help="length of the play; as in the window")
    parser.add_argument("--fps", type=_above_zero, metavar="N", help=f"values in a second ({FPS:g})")


def _above_zero(text: str) -> float:
    try:
        number = read_number(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    if not 0 < number <= MOST:
        raise argparse.ArgumentTypeError(f"must be above 0, and {MOST} at most")
    return number


def asked(args: argparse.Namespace, demo: Demo[Any]) -> Control | None:
    """Return the control that is to be played; ``None`` where none is.

    Raises
    ------
    WrongUse
        If nothing of that name plays (the sentence says what does), or flags contradict each other.
    """
    if not args.play:
        if args.seconds or args.fps:
            raise WrongUse("--seconds and --fps belong to --play.")
        return None
    if args.frames:
        raise WrongUse("--play goes over one picture, and --frames over several: leave one of them out.")
    playing = {one.name: one for one in demo.controls() if one.plays}
    if args.play not in playing:
        what = f"it plays {', '.join(playing)}" if playing else "nothing of it plays"
        raise WrongUse(f"{demo.info.id} cannot play {args.play}; {what}.")
    return playing[args.play]


@dataclass(frozen=True, slots=True, eq=False)
class Take:
    """One way through a play.

    Parameters
    ----------
    once
        Runs the demo with these params.
    theme, size
        Of the pictures; by default a hero is 720 px wide.
    """

    demo: Demo[Any]
    params: Any
    one: Control
    once: Once
    theme: str
    size: tuple[int, int] | None
    seconds: float | None
    fps: float

    def play(self) -> Play:
        """From where to where, on this picture.

        Raises
        ------
        ExplainerError
            If it cannot be played there.
        """
        play = self.once(self.params).result.play
        if play is None or play.name != self.one.name:
            what = f"{self.one.label} cannot be played with these settings on this picture."
            raise ExplainerError(what, "Choose another picture, or other settings.")
        return play

    @property
    def length_s(self) -> float:
        """Seconds of the whole."""
        assert self.one.plays is not None
        return self.seconds or self.one.plays.seconds

    def pictures(self, out: Path, tell: Tell) -> Finished:
        """Write ``NAME-0001.png`` and so on, one for each value."""
        steps = steps_of(self.one, self.play(), round(self.length_s * self.fps) + 1)
        sheet = self._sheet()
        digits = max(4, len(str(len(steps))))
        for number, finished in enumerate(prefetch(self._results(iter(steps))), start=1):
            stopping.check()
            _save(self._picture(sheet, finished.result), out / f"{self.one.name}-{number:0{digits}}.png")
            tell(number, len(steps))
        return finished

    def film(self, path: Path, tell: Tell) -> Finished:
        """Write an MP4 in which the time runs evenly over the scrubber; the last picture stands for a second."""
        from explainer.commands.film import Film

        play, count = self.play(), max(2, round(self.length_s * self.fps) + 1)
        frames = [snapped(self.one, play, play.value(k / (count - 1))) for k in range(count)]
        steps = list({step.number: step for step in frames}.values())
        sheet = self._sheet()
        with Film(path, self.fps, self.theme, self.size) as film:
            for step, finished in zip(steps, prefetch(self._results(iter(steps))), strict=True):
                stopping.check()
                picture = self._picture(sheet, finished.result)
                stands = round(LAST_S * self.fps) if step is steps[-1] else 0
                for _ in range(sum(frame.number == step.number for frame in frames) + stands):
                    film.write(picture)
                tell(film.count, count + round(LAST_S * self.fps))
        return finished

    def _sheet(self) -> "Sheet":
        from explainer.commands.sheet import Sheet

        return Sheet(self.theme, self.size, HERO_WIDTH)

    def _results(self, steps: Iterator[PlayStep]) -> Iterator[Finished]:
        for step in steps:
            yield self.once(changed(self.params, None, **{self.one.name: step.value}))

    def _picture(self, sheet: "Sheet", result: Result) -> NDArray[np.uint8]:
        """The heroes, and below them how far the play is."""
        if not result.panels:
            raise ExplainerError("There is no picture to be played.", "Choose other settings.")
        heroes = tuple(result.panels[i] for i in main_views(result).panels) or result.panels[:1]
        picture = sheet.picture(replace(result, panels=heroes, heroes=(), charts=()))
        return sheet.with_line(picture, self.one, result.play) if result.play is not None else picture


def _save(picture: NDArray[np.uint8], path: Path) -> None:
    from PySide6.QtGui import QImage

    from explainer.render import headless

    height, width, _ = picture.shape
    whole = np.ascontiguousarray(picture)
    headless.save(QImage(whole.data, width, height, 3 * width, QImage.Format.Format_RGB888), path)
