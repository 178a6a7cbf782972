"""A camera that is taught by showing: a probe on frozen features learns from a few shots and answers at once.

It opens on shipped garments, whose features ship too; other sets take some seconds of features the first time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

from explainer.core import words
from explainer.core.context import Context
from explainer.core.controls import Choice, Doc, Range, Repeats, Shots, TrainAgain, UseNetwork, When
from explainer.core.controls import Presses as PressCount
from explainer.core.demo import Cost, Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.numbers import numbers
from explainer.core.parts import Part
from explainer.core.problem import ExplainerError
from explainer.core.result import Result
from explainer.demos.reuse import _teach_view as view

if TYPE_CHECKING:
    from explainer.vision.reuse.album import Album, Presses
    from explainer.vision.reuse.desk import Desk
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
        Doc("Shots of each class", "With more, the lead over a net from scratch shrinks."),
    ] = 5  # fmt: skip
    again: TrainAgain = 0
    keep: UseNetwork = 0


class TeachableCamera(Demo[Params]):
    """One forward pass a picture; the probe is refitted with each shot."""

    info = DemoInfo(
        id="teachable-camera", title="Teachable camera", topics=(3,), papers=("yosinski2014", "alain2017", "he2019"),
        summary="Show it a few things, and a second later it tells them apart: what ImageNet taught is used again.",
        cost=Cost(forwards=1), temporal=True, lasting=True, budget_s=60.0, sample="coffee",
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Take the shots that were asked for, and answer."""
        from explainer.vision.reuse import telling
        from explainer.vision.reuse.desk import Desk

        with ctx.model() as lent:
            desk = Desk(frame, ctx, lent, _pressed(params))
            album = desk.album(_names(params))
            own = params.source == From.OWN
            try:
                taught, part = _of_own(desk, album, params.classes) if own else _of_set(desk, album, params)
            except ExplainerError as error:
                if params.source != From.FOLDER:
                    raise
                return replace(telling.unsorted(frame, error.problem), state=album)
            return (part + Part(badges=desk.kept(taught))).result(state=album)


def _of_own(desk: Desk, album: Album, in_use: int) -> tuple[Taught, Part]:
    """Answer by the shots that somebody took."""
    from explainer.vision.reuse import telling

    taught, seen = album.taught, desk.seen()
    wall = view.shots_panel(taught, in_use)
    values = numbers(shots_count=len(taught.labels), classes_count=int((taught.counts > 0).sum()))
    so_far = f"{words.count(len(taught.labels), 'shot')} of {in_use} classes so far."
    told, line = (so_far, telling.confused(taught), telling.decided(taught, seen)), telling.line(taught, seen)
    more = Part((wall,), view.learned(taught), told, values, headline=line, heroes=("picture",))
    return taught, view.answered(desk.frame, taught, seen) + more


def _of_set(desk: Desk, album: Album, params: Params) -> tuple[Taught, Part]:
    """Answer by shots of a set, and examine that on pictures kept apart."""
    from explainer.vision.reuse import telling

    shown = desk.shown(params.source.value, params.shots)
    learnt = desk.learnt(params.source.value, shown, album, view.waiting(shown, desk.frame).result(partial=True))
    taught, seen = learnt.taught, desk.seen()
    sentences = (telling.skipped(shown), telling.confused(taught), telling.decided(taught, seen))
    more = Part((view.shots_panel(taught),), (), sentences, badges=telling.when(learnt.both))
    part = view.examined(shown, learnt, NOUNS[params.source], params.shots)
    return taught, part + view.answered(desk.frame, taught, seen) + more


def _pressed(params: Params) -> Presses:
    from explainer.vision.reuse.album import Presses

    shots = tuple(getattr(params, f"shot_{letter.lower()}") for letter in LETTERS)
    return Presses(shots, params.forget, params.again, params.keep)


def _names(params: Params) -> tuple[str, ...]:
    given = (words.one_line(getattr(params, f"name_{letter.lower()}")).strip()[:LONGEST] for letter in LETTERS)
    return tuple(name or letter for name, letter in zip(given, LETTERS, strict=True))
