"""The digit it never saw: a small student reads 3s although no 3 was among its examples, because a teacher's soft
answers to other digits say what a 3 looks like.

It brings its own digits and ignores the frame. A teacher and six students take about ten seconds of processor time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import numpy as np
from numpy.typing import NDArray

from explainer.core.charts import Bars, Chart
from explainer.core.context import Context
from explainer.core.controls import Choice, Doc, OnPicture, Range, Resets, TrainAgain, When
from explainer.core.demo import Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.geometry import PointXY, Stroke
from explainer.core.layers import Image, Panel
from explainer.core.numbers import numbers
from explainer.core.parts import Part
from explainer.core.plays import Play, Plays
from explainer.core.result import Result
from explainer.core.walls import wall, wall_of_words

if TYPE_CHECKING:
    from explainer.vision.training.distilling import Teacher
    from explainer.vision.training.examples import Examples
    from explainer.vision.training.fit import Snapshot
    from explainer.vision.training.recipe import Recipe

TEMPERATURES = (1.0, 2.0, 4.0, 8.0, 20.0)
STUDENTS = ("labels", *(f"T = {t:.0f}" for t in TEMPERATURES))
SHOWN, COLUMNS = 40, 8
NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


THREE = ((0.34, 0.26), (0.52, 0.18), (0.64, 0.3), (0.46, 0.46), (0.66, 0.62), (0.54, 0.8), (0.34, 0.74))
DRAWN = (Stroke(tuple(PointXY(*point) for point in THREE), 0.07),)


class Asked(Choice):
    """Which digits are read."""

    TEST = "test", "Test digits"
    OWN = "own", "A digit that I draw"


class Temperature(Choice):
    """How much of the teacher's doubt the student sees."""

    T1 = "1", "1"
    T2 = "2", "2"
    T4 = "4", "4"
    T8 = "8", "8"
    T20 = "20", "20"


@dataclass(frozen=True, slots=True)
class Params:
    """Which digit is missing, and how the teacher answers."""

    temperature: Annotated[
        Temperature, Plays(6.0, "Raise the temperature"),
        Doc("Temperature", "At 1 the teacher is nearly certain; higher, one sees what else it thought of."),
    ] = Temperature.T20  # fmt: skip
    missing: Annotated[
        int, Range(0, 9), Resets(), Doc("Missing digit", "No student ever sees an example of it.")
    ] = 3  # fmt: skip
    shift: Annotated[
        float, Range(0.0, 8.0, 0.25), Doc("Bias of that digit", "Added to its logit in the student on the right.")
    ] = 0.0  # fmt: skip
    hard: Annotated[
        float, Range(0.0, 0.9, 0.1), Resets(), Doc("Share of hard labels", "The rest of the loss is the teacher's.")
    ] = 0.0  # fmt: skip
    asked: Annotated[Asked, Doc("Read", "Digits that are kept for the test, or one that you draw.")] = Asked.TEST
    drawn: Annotated[
        tuple[Stroke, ...], OnPicture("your-digit"), When("asked", (Asked.OWN,)),
        Doc("Draw a digit", "Right button takes a stroke back."),
    ] = DRAWN  # fmt: skip
    again: TrainAgain = 0


class MissingDigit(Demo[Params]):
    """Two students of a digit that neither has seen: one taught by labels, one by a teacher."""

    info = DemoInfo(
        id="missing-digit", title="The digit it never saw", topics=(27, 10),
        summary="A student that has never seen a 3 reads 3s: the teacher's doubts about other digits told it.",
        papers=("hinton2015",), uses_frame=False, uses_model=False, budget_s=60.0,
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:  # noqa: ARG002
        """Train the teacher, then all students side by side, or take up what is there."""
        from explainer.vision.training import distilling
        from explainer.vision.training.fit import start
        from explainer.vision.training.watched import first, watched

        def recipes_of(teacher: Teacher) -> list[Recipe]:
            return distilling.student_recipes(teacher, TEMPERATURES, params.hard, params.missing, ctx.seed)

        def begun(run: Snapshot) -> None:
            teacher = distilling.Teacher(run)
            students = [start(recipes_of(teacher)[0])] * (1 + len(TEMPERATURES))  # all begin alike
            ctx.publish(shown(teacher, students, params).result(partial=True))

        recipe = distilling.teacher_recipe(ctx.seed)
        teacher = distilling.Teacher(first(ctx, recipe, "training the teacher", begun))

        def show(found: tuple[Snapshot | None, ...], partial: bool) -> Result:
            runs = [one for one in found if one is not None]
            return shown(teacher, runs, params).result(partial=partial)

        return watched(ctx, recipes_of(teacher), show, text="training six students", again=params.again)


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """What each student says of the test digits, ``(S, N)``, the student of labels first."""

    test: Examples
    digits: NDArray[np.int64]
    missing: int

    @property
    def found(self) -> NDArray[np.float64]:
        """Percent of the missing digit that each reads, ``(S,)``."""
        return np.asarray(100 * (self.digits[:, self.test.labels == self.missing] == self.missing).mean(1))

    @property
    def right(self) -> NDArray[np.float64]:
        """Percent of all test digits that each reads, ``(S,)``."""
        return np.asarray(100 * (self.digits == self.test.labels).mean(1))


def shown(teacher: Teacher, runs: list[Snapshot], params: Params) -> Part:
    """The missing digits before both students, the teacher's answer to a digit like them, and all temperatures."""
    from explainer.vision.training.distilling import logits_of

    test = runs[0].recipe.data.test
    logits = np.stack([logits_of(run, test) for run in runs])
    logits[1:, :, params.missing] += params.shift
    said = Said(test, logits.argmax(2), params.missing)
    which = 1 + TEMPERATURES.index(float(params.temperature))
    answer, told = answer_chart(teacher, runs[0].recipe.data.train, params)
    if params.asked == Asked.OWN:
        return own(teacher, runs, params, values(said, which) | told)
    panels = (digits_panel("Taught by labels", said, 0), digits_panel("Taught by a teacher", said, which))
    play = Play(
        "temperature", 0, len(TEMPERATURES) - 1, which - 1, curve=said.found[1:] if said.found.any() else None,
        counted=f"temperature {params.temperature}", note=f"curve: share of {params.missing}s that are read",
    )  # fmt: skip
    return Part(
        panels, (answer, temperature_chart(said, which)), reading(said, which, params), values(said, which) | told,
        headline=headline(said, which, trained=runs[which].step > 0), play=play,
        heroes=tuple(one.slug for one in panels),
    )  # fmt: skip


def own(teacher: Teacher, runs: list[Snapshot], params: Params, named: dict[str, float]) -> Part:
    """The digit that was drawn, what the teacher thinks of it at this temperature, and what each student reads."""
    from explainer.vision.training import distilling, drawn

    ink = drawn.ink_of(params.drawn)
    digit = drawn.read_as(drawn.as_digit(ink))
    soft = distilling.softened(distilling.logits_of(teacher.run, digit)[0], float(params.temperature))
    best, second = np.argsort(-soft, kind="stable")[:2].tolist()
    logits = np.stack([distilling.logits_of(run, digit)[0] for run in runs])
    logits[1:, params.missing] += params.shift
    said, which = logits.argmax(1).tolist(), TEMPERATURES.index(float(params.temperature))
    labels = tuple(f"{name}: {one}" for name, one in zip(STUDENTS, said, strict=True))
    pixels, taught, bars = np.repeat(np.uint8(255) * ink[..., None], 3, 2), said[1 + which], tuple(soft.tolist())
    panels = (
        Panel("Your digit", ink.shape, (Image("ink", pixels),), "draw on it", frame=False),
        wall_of_words("Each student reads", np.repeat(digit.images, len(said), 0), labels, columns=3),
    )
    chart = Bars("The teacher's answer", tuple("0123456789"), bars, chosen=best, note=f"T = {params.temperature}")
    say = f"Taught by labels, a student reads a “{said[0]}” here; at temperature {params.temperature}, a “{taught}”."
    told = f"The teacher gives “{best}” **{soft[best]:.2f}** and “{second}” {soft[second]:.2f}."
    return Part(
        panels, (chart,), (told,), named | numbers(
            own_digit=best, own_score=soft[best], second_digit=second, hard_reads=said[0], soft_reads=taught
        ),
        headline=say if ink.any() else "Draw a digit on the left.", heroes=tuple(one.slug for one in panels),
        play=Play("temperature", 0, len(TEMPERATURES) - 1, which, counted=f"temperature {params.temperature}"),
    )  # fmt: skip


def digits_panel(title: str, said: Said, which: int) -> Panel:
    """Digits that the student has never seen; bright where it reads them."""
    rows = np.flatnonzero(said.test.labels == said.missing)[:SHOWN]
    taken = said.digits[which, rows]
    note = f"reads {said.found[which]:.0f} %"
    true = said.test.labels[rows]
    return wall(title, said.test.images[rows], true, taken, columns=COLUMNS, lit=taken == true, note=note)


def answer_chart(teacher: Teacher, seen: Examples, params: Params) -> tuple[Chart, dict[str, float]]:
    """What the teacher says, at this temperature, of the training digit that looks most like the missing one."""
    from explainer.vision.training import distilling

    logits = distilling.logits_of(teacher.run, seen)
    row = distilling.most_like(logits, seen.labels, params.missing)
    soft = distilling.softened(logits[row], float(params.temperature))
    mine = int(seen.labels[row])
    chart = Bars(
        "The teacher's answer", tuple("0123456789"), tuple(soft.tolist()), chosen=params.missing,
        note=f"to one {mine}, T = {params.temperature}",
    )  # fmt: skip
    return chart, numbers(example_digit=mine, told_missing=soft[params.missing], told_own=soft[mine])


def temperature_chart(said: Said, which: int) -> Chart:
    """Share of the missing digit that each student reads; a click chooses the temperature."""
    sets = (None, *({"temperature": f"{t:.0f}"} for t in TEMPERATURES))
    found = tuple(said.found.tolist())
    return Bars(
        f"{said.missing}s that are read", STUDENTS, found, 100.0, format=".0f", chosen=which, note="%", sets=sets
    )


def values(said: Said, which: int) -> dict[str, float]:
    """Percent of the missing digit and of all digits, of both students."""
    return numbers(
        missing_digit=said.missing, hard_missing_percent=said.found[0], soft_missing_percent=said.found[which],
        cold_missing_percent=said.found[1], hard_right_percent=said.right[0], soft_right_percent=said.right[which],
    )  # fmt: skip


def headline(said: Said, which: int, *, trained: bool) -> str:
    """Say how many of the digits that it never saw the taught student reads."""
    if not trained:
        return "The students have not learnt anything yet: the teacher comes first."
    name, soft, hard = NAMES[said.missing], said.found[which], said.found[0]
    if soft > hard:
        article = "an" if name == "eight" else "a"
        known = f"Neither student has ever seen {article} {name}; the one that was taught softly reads {soft:.0f} %"
        return f"{known}, the other {hard:.0f} %."
    return (
        f"At this temperature the teacher's student reads no more of the missing digits than the other: {soft:.0f} %."
    )


def reading(said: Said, which: int, params: Params) -> tuple[str, ...]:
    """Say what both students make of all digits."""
    own = f"Bright digits are read. Of all 500 test digits the student taught by labels reads {said.right[0]:.1f} %,"
    shift = f", with {params.shift:g} added to the logit of {said.missing}" if params.shift else ""
    return (f"{own} the one taught by a teacher **{said.right[which]:.1f} %**{shift}.",)
