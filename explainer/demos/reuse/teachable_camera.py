"""A camera that is taught by showing: a probe on frozen features learns from a few shots and answers at once.

It opens on shipped garments, whose features ship too; other sets take some seconds of features the first time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.context import Context
from explainer.core.controls import Choice, Doc, Range, Repeats, Shots, TrainAgain, UseNetwork, When
from explainer.core.controls import Presses as PressCount
from explainer.core.demo import Cost, Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.numbers import numbers
from explainer.core.parts import Part
from explainer.core.result import Result
from explainer.demos.reuse import _teach_view as view

if TYPE_CHECKING:
    from explainer.vision.reuse.album import Album, Presses
    from explainer.vision.reuse.compared import Compared
    from explainer.vision.reuse.sets import Shown
    from explainer.vision.reuse.taught import Taught

LETTERS = "ABCDEF"
LONGEST = 24  # letters of a name


class From(Choice):
    """Where the shots come from."""

    GARMENTS = "garments", "Garments"
    DIGITS = "digits", "Digits"
    OWN = "own", "My own shots"
    FOLDER = "folder", "Folder of folders"


NOUNS = {From.GARMENTS: "garments", From.DIGITS: "digits", From.FOLDER: "pictures"}
_OWN = When("source", (From.OWN,))


def _hold(letter: str) -> Doc:
    return Doc(f"Shot of class {letter}", "Takes what is seen now; hold it, or the space bar, for more.")


@dataclass(frozen=True, slots=True)
class Params:
    """What it is taught."""

    source: Annotated[From, Doc("Learn from", "Take shots yourself, or look at a set first.")] = From.GARMENTS
    shot_a: Annotated[Shots, _OWN, _hold("A")] = 0
    shot_b: Annotated[Shots, _OWN, _hold("B")] = 0
    classes: Annotated[int, Range(2, 6), _OWN, Doc("Classes", "How many things it is to tell apart.")] = 2
    shot_c: Annotated[Shots, When("classes", (3, 4, 5, 6)), _hold("C")] = 0
    shot_d: Annotated[Shots, When("classes", (4, 5, 6)), _hold("D")] = 0
    shot_e: Annotated[Shots, When("classes", (5, 6)), _hold("E")] = 0
    shot_f: Annotated[Shots, When("classes", (6,)), _hold("F")] = 0
    name_a: Annotated[str, _OWN, Doc("Name of A", "What it says when it recognises A.")] = "A"
    name_b: Annotated[str, _OWN, Doc("Name of B")] = "B"
    name_c: Annotated[str, When("classes", (3, 4, 5, 6)), Doc("Name of C")] = "C"
    name_d: Annotated[str, When("classes", (4, 5, 6)), Doc("Name of D")] = "D"
    name_e: Annotated[str, When("classes", (5, 6)), Doc("Name of E")] = "E"
    name_f: Annotated[str, When("classes", (6,)), Doc("Name of F")] = "F"
    forget: Annotated[PressCount, _OWN, Repeats(), Doc("Forget all shots", "Starts with an empty album.")] = 0
    shots: Annotated[
        int, Range(1, 20), When("source", (From.GARMENTS, From.DIGITS, From.FOLDER)),
        Doc("Shots of each class", "With more, a net from scratch catches up."),
    ] = 5  # fmt: skip
    again: TrainAgain = 0
    keep: UseNetwork = 0


class TeachableCamera(Demo[Params]):
    """One forward pass a picture; the probe is refitted with each shot."""

    info = DemoInfo(
        id="teachable-camera", title="Teachable camera", topics=(3,), papers=("yosinski2014", "kornblith2019b"),
        summary="Show it a few things, and a second later it tells them apart: what ImageNet taught is used again.",
        cost=Cost(forwards=1), temporal=True, lasting=True, budget_s=60.0,
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Take the shots that were asked for, and answer."""
        with ctx.model() as lent:
            return _Run(frame, params, ctx, lent).result()


class _Run:
    """One picture before one network."""

    def __init__(self, frame: Frame, params: Params, ctx: Context, lent: Any) -> None:
        self.frame, self.params, self.ctx, self.lent = frame, params, ctx, lent

    def result(self) -> Result:
        """Go on with the album, whatever is looked at."""
        from explainer.vision.reuse.album import gone_on

        before, pressed = self.ctx.state, _pressed(self.params)
        with self.ctx.stage("model"):
            album = gone_on(before, self.frame, pressed, _names(self.params), self.ctx.card.name, self._features)
        anew = pressed.again if pressed.again > album.first.again else 0
        taught, part = self._own(album) if self.params.source == From.OWN else self._set(anew)
        asked = pressed.keep > before.pressed.keep if before is not None else self.ctx.networks.at_once and pressed.keep
        return (part + Part(badges=self._kept(taught) if asked else ())).result(state=album)

    def _own(self, album: Album) -> tuple[Taught, Part]:
        taught, seen = album.taught, self._seen()
        wall = view.shots_panel(taught, self.params.classes)
        values = numbers(shots_count=len(taught.labels), classes_count=int((taught.counts > 0).sum()))
        part = view.answered(self.frame, taught, seen) + Part(
            (wall,), (*view.curve(taught), *view.learned(taught)), (view.confused(taught), view.decided(taught, seen)),
            values, headline=view.line(taught, seen), heroes=("picture", wall.slug),
        )  # fmt: skip
        return taught, part

    def _set(self, anew: int) -> tuple[Taught, Part]:
        params, ctx = self.params, self.ctx
        place = (self.frame.source_id, len(ctx.frames)) if params.source == From.FOLDER else ()
        key = (params.source, params.shots, ctx.seed, place)
        shown = ctx.memo(("shown", *key), self._shown, keep=True)
        made = lambda: self._compared(shown, anew)  # noqa: E731
        both, taught = ctx.memo(("taught", *key, ctx.card.name, anew), made, keep=True)
        seen, noun = self._seen(), NOUNS[params.source]
        sentences = (view.skipped(shown), view.confused(taught), view.decided(taught, seen))
        more = Part((view.shots_panel(taught, 0),), (), sentences, badges=view.dated(both))
        part = view.examined(shown, both, taught, noun, params.shots) + view.answered(self.frame, taught, seen) + more
        return taught, part

    def _shown(self) -> Shown:
        from explainer.vision.reuse import sets

        def asked(at: int, total: int) -> None:
            self.ctx.checkpoint()
            self.ctx.progress(at / total, "reading the folder")

        shots, seed = self.params.shots, self.ctx.seed
        if self.params.source == From.FOLDER:
            return sets.of_folder(self.ctx.frames, shots, seed, asked)
        return sets.shipped(self.params.source.value, shots, seed)

    def _compared(self, shown: Shown, anew: int) -> tuple[Compared, Taught]:
        from explainer.vision.reuse.compared import compared
        from explainer.vision.reuse.taught import examined, teach

        def asked(share: float) -> None:
            self.ctx.checkpoint()
            self.ctx.progress(share, "features and a net from scratch")

        train, test = shown.split
        self.ctx.publish(view.waiting(shown, self.frame).result(partial=True))
        with self.ctx.stage("explain"):
            both = compared(self.lent, shown, self.ctx.seed, self.ctx.runs, asked, anew=bool(anew))
            taught = teach(train.names, shown.train, train.labels, both.train)
            return both, examined(taught, (both.test, test.labels) if len(test) else None)

    def _features(self, squares: NDArray[np.uint8]) -> NDArray[np.float32]:
        from explainer.vision.reuse.features import features

        return features(self.lent, squares, lambda _done: self.ctx.checkpoint())

    def _seen(self) -> NDArray[np.float32]:
        """Features of the picture."""
        from explainer.vision.reuse.features import SIDE
        from explainer.vision.training.examples import square_of

        make = lambda: self._features(square_of(self.frame.pixels, SIDE)[None])[0]  # noqa: E731
        with self.ctx.stage("model"):
            return self.ctx.memo(("seen", self.ctx.card.name, self.ctx.device), make)

    def _kept(self, taught: Taught) -> tuple[str, ...]:
        from explainer.vision.reuse.probed_net import network_of

        card = self.ctx.networks.keep(network_of(self.lent, taught))
        return (f"kept as “{card.title}” ({card.name}): choose it in the menu of models",) if card else ()


def _pressed(params: Params) -> Presses:
    from explainer.vision.reuse.album import Presses

    shots = tuple(getattr(params, f"shot_{letter.lower()}") for letter in LETTERS)
    return Presses(shots, params.forget, params.again, params.keep)


def _names(params: Params) -> tuple[str, ...]:
    given = (words.one_line(getattr(params, f"name_{letter.lower()}")).strip()[:LONGEST] for letter in LETTERS)
    return tuple(name or letter for name, letter in zip(given, LETTERS, strict=True))
