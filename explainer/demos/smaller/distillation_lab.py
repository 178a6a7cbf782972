"""Distillation lab: a small student of labels, one of a teacher's soft answers, and one of its features as well.

It brings its own digits and ignores the frame. A teacher and nine students, three of each kind, take about ten seconds
of processor time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Chart, Graph, Node
from explainer.core.context import Context
from explainer.core.controls import Choice, Doc, Range, Resets, TrainAgain
from explainer.core.demo import Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.layers import Panel
from explainer.core.numbers import numbers
from explainer.core.parts import Part
from explainer.core.result import Result
from explainer.core.spread import spread, spread_bars
from explainer.core.telling import differing
from explainer.core.walls import ABREAST, wall_of_answers

if TYPE_CHECKING:
    from explainer.vision.training.distilling import Teacher
    from explainer.vision.training.feature_matching import Size
    from explainer.vision.training.fit import Snapshot

NAMES = {"labels": "Taught by labels", "soft": "Taught by soft answers", "features": "Taught by features too"}


class Taught(Choice):
    """Which student stands on the right."""

    SOFT = "soft", "Soft answers"
    FEATURES = "features", "Soft answers and features"


class Width(Choice):
    """Size of the teacher."""

    W4 = "4", "Small"
    W8 = "8", "Medium"
    W16 = "16", "Large"


@dataclass(frozen=True, slots=True)
class Params:
    """Who teaches whom, and by what."""

    taught: Annotated[Taught, Doc("On the right", "What this student was taught by; the left one had labels.")] = (
        Taught.SOFT
    )
    digits: Annotated[
        int, Range(30, 1297, log=True, unit="digits"), Resets(),
        Doc("Digits a student sees", "The teacher has learnt from all 1,297."),
    ] = 100  # fmt: skip
    hidden: Annotated[
        int, Range(4, 64, log=True, unit="units"), Resets(), Doc("Student's hidden units", "Its size.")
    ] = 16  # fmt: skip
    width: Annotated[Width, Resets(), Doc("Teacher", "Filters in its first layer: 4, 8 or 16.")] = Width.W8
    temperature: Annotated[
        int, Range(1, 20), Resets(), Doc("Temperature", "How much of the teacher's doubt is told.")
    ] = 4  # fmt: skip
    again: TrainAgain = 0


class DistillationLab(Demo[Params]):
    """Accuracy and agreement with the teacher of students that differ only in what they were taught by."""

    info = DemoInfo(
        id="distillation-lab", title="Teacher and student", topics=(10, 27),
        summary="What does a small net gain from a large one's answers, or from its features? Measured three times.",
        papers=("hinton2015", "romero2015"), uses_frame=False, uses_model=False, budget_s=60.0,
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:  # noqa: ARG002
        """Train the teacher, then all students side by side, or take up what is there."""
        from explainer.vision.training import distilling, feature_matching
        from explainer.vision.training.fit import start
        from explainer.vision.training.watched import first, watched

        width = int(str(params.width))
        asked = (width, params.hidden, params.digits, float(params.temperature), ctx.seed)

        def begun(run: Snapshot) -> None:
            teacher = distilling.Teacher(run)
            students = [start(one) for one in feature_matching.student_recipes(teacher, *asked)]
            ctx.publish(shown(teacher, students, params).result(partial=True))

        run = first(ctx, feature_matching.teacher_recipe(width, ctx.seed), "training the teacher", begun)
        teacher = distilling.Teacher(run)

        def show(found: tuple[Snapshot | None, ...], partial: bool) -> Result:
            runs = [one for one in found if one is not None]
            return shown(teacher, runs, params, timed=not partial).result(partial=partial)

        recipes = feature_matching.student_recipes(teacher, *asked)
        return watched(ctx, recipes, show, text="training nine students", again=params.again)


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """Answers to the test digits: the teacher's ``(N,)``, and of each method's students ``(S, N)``."""

    teacher: NDArray[np.int64]
    students: dict[str, NDArray[np.int64]]
    labels: NDArray[np.int64]

    def right(self, name: str) -> NDArray[np.float64]:
        """Percent of the digits that each student of a method reads."""
        return np.asarray(100 * (self.students[name] == self.labels).mean(1))

    def agree(self, name: str) -> NDArray[np.float64]:
        """Percent of the digits to which each student of a method says what the teacher says."""
        return np.asarray(100 * (self.students[name] == self.teacher).mean(1))


def shown(teacher: Teacher, runs: list[Snapshot], params: Params, *, timed: bool = False) -> Part:
    """Two students before the digits that are read differently, accuracy, agreement, and what both nets cost."""
    from explainer.vision.training import feature_matching as matching

    test, every = runs[0].recipe.data.test, matching.answers([teacher.run, *runs])
    grouped = every[1:].reshape(len(matching.METHODS), matching.SEEDS, -1)
    said = Said(every[0], dict(zip(matching.METHODS, grouped, strict=True)), test.labels)
    pair = ("labels", str(params.taught))
    right = [said.students[name][0] == said.labels for name in pair]
    rows = differing(right[0], right[1], ABREAST)
    panels = tuple(student_panel(name, test.images[rows], said, rows) for name in pair)
    taught = [("labels", said.right("labels")), ("soft", said.right("soft")), ("+ features", said.right("features"))]
    agreed = [("labels", said.agree("labels")), ("soft", said.agree("soft")), ("+ features", said.agree("features"))]
    teacher_right = 100 * float((said.teacher == said.labels).mean())
    note = "%, mean and spread of three students"
    sizes = {name: matching.size_of(run.recipe.net) for name, run in (("teacher", teacher.run), ("student", runs[0]))}
    times = (
        {"teacher_ms": matching.milliseconds(teacher.run), "student_ms": matching.milliseconds(runs[0])}
        if timed
        else {}
    )
    charts = (
        spread_bars("Digits read correctly", [("teacher", [teacher_right]), *taught], note=note),
        spread_bars("Answers as the teacher does", agreed, note=note), cost_chart(sizes, times),
    )  # fmt: skip
    named = numbers(
        teacher_percent=teacher_right, **{f"{one}_percent": spread(said.right(one)).mean for one in said.students},
        **{f"{one}_spread": spread(said.right(one)).deviation for one in said.students},
        **{f"{one}_agree_percent": spread(said.agree(one)).mean for one in said.students},
        **{f"{name}_weights": size.weights for name, size in sizes.items()},
        **{f"{name}_macs": size.macs for name, size in sizes.items()},
    )  # fmt: skip
    return Part(
        panels, charts, (reading(said, params),), named, measured=times,
        headline=headline(said, str(params.taught), trained=runs[-1].step > 0),
        heroes=tuple(one.slug for one in panels),
    )  # fmt: skip


def student_panel(name: str, images: NDArray[np.float32], said: Said, rows: NDArray[np.int64]) -> Panel:
    """Digits as the first student of a method reads them; framed where it misreads one."""
    note = f"one of three, {said.right(name)[0]:.0f} % right"
    return wall_of_answers(NAMES[name], images, said.labels[rows], said.students[name][0, rows], note=note)


def cost_chart(sizes: dict[str, Size], times: dict[str, float]) -> Chart:
    """Weights, multiply-adds, and the time that was measured for all test digits."""
    nodes = tuple(
        Node(name, name.capitalize(), f"{words.thousands(size.weights)} weights, {words.thousands(size.macs)} MACs",
             ms=times.get(f"{name}_ms"))
        for name, size in sizes.items()
    )  # fmt: skip
    return Graph("What they cost", nodes, (("teacher", "student"),), note="MACs for one digit, ms for 500")


def headline(said: Said, taught: str, *, trained: bool) -> str:
    """Say what the teacher's answers are worth here, or that they are worth nothing."""
    if not trained:
        return "The students have not learnt anything yet: the teacher comes first."
    soft, hard = spread(said.right(taught)), spread(said.right("labels"))
    told = "soft answers and features" if taught == "features" else "soft answers"
    if soft.mean - hard.mean > soft.deviation + hard.deviation:
        return (
            f"Taught by {told}, the student reads {soft.mean:.0f} % of new digits; taught by labels, {hard.mean:.0f} %."
        )
    if hard.mean - soft.mean > soft.deviation + hard.deviation:
        return f"Here labels teach better: {hard.mean:.0f} % of new digits are read, with {told} {soft.mean:.0f} %."
    return (
        f"Here the teacher's {told} make no clear difference: {soft.mean:.0f} % against {hard.mean:.0f} % with labels."
    )


def reading(said: Said, params: Params) -> str:
    """Say how far the answers agree, and how sure that is."""
    agree, labels = spread(said.agree(str(params.taught))), spread(said.agree("labels"))
    return (
        f"It answers **{agree.words(1, '%')}** of the 500 test digits as the teacher does, the student of labels "
        f"{labels.words(1, '%')}; three students each. All of them saw the same {params.digits} digits."
    )
