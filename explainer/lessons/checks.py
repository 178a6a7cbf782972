"""Prove that what lessons point at exists: demos, params, values, papers, formulas and links."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from explainer.core.controls import control, controls, visible
from explainer.core.demo import Demo
from explainer.core.model_card import ModelCard
from explainer.core.params import changed
from explainer.lessons.chapters import Outline
from explainer.lessons.filling import fill
from explainer.lessons.lesson import HERO, Formula, Lesson
from explainer.lessons.links import SCHEMES, parse_try, scheme, target
from explainer.lessons.papers import Paper

Draw = Callable[[Formula], object]
_SAMPLE = -1234.5


@dataclass(frozen=True, slots=True)
class _World:
    """All that a lesson may point at."""

    lessons: AbstractSet[str]
    demos: Mapping[str, Demo[Any]]
    papers: Mapping[str, Paper]
    outline: Outline
    value_names: Mapping[str, AbstractSet[str]] | None
    draw: Draw | None
    card: ModelCard | None


def problems(
    lessons: Iterable[Lesson],
    demos: Sequence[Demo[Any]],
    papers: Mapping[str, Paper],
    *,
    outline: Outline,
    value_names: Mapping[str, AbstractSet[str]] | None = None,
    draw: Draw | None = None,
    card: ModelCard | None = None,
) -> list[str]:
    """Return one sentence for each thing that is wrong; empty when all is well.

    Parameters
    ----------
    value_names
        Demo id → names of values, ``panel:…`` and ``chart:…`` that its results may carry; ``None`` skips that check.
    draw
        Draws one formula and raises if it cannot; ``None`` skips that check.
    card
        The default model, so that names of layers and classes are checked too.
    """
    all_lessons = list(lessons)
    ids = {one.id for one in all_lessons}
    world = _World(ids, {d.info.id: d for d in demos}, papers, outline, value_names, draw, card)
    found = [f"Lesson {one.id}: {text}" for one in all_lessons for text in _of_lesson(one, world)]
    found += [
        f"Demo {demo.info.id}: the paper {key} is not in papers.bib."
        for demo in demos
        for key in demo.info.papers
        if key not in papers
    ]
    return found


def name_problems(
    lessons: Iterable[Lesson], demos: Sequence[Demo[Any]], value_names: Mapping[str, AbstractSet[str]]
) -> list[str]:
    """Return one sentence for each value, panel or chart that a lesson names and no result of its demo carries.

    Parameters
    ----------
    value_names
        As for `problems`, which reports these too; lessons of demos that it lacks are left out.
    """
    by_id = {demo.info.id: demo for demo in demos if demo.info.id in value_names}
    return [
        f"Lesson {one.id}: {text}"
        for one in lessons
        if one.demo in by_id
        for text in (*_values(one, value_names), *_symbols(one, by_id[one.demo], value_names))
    ]


def _of_lesson(lesson: Lesson, world: _World) -> Iterator[str]:
    yield from _place(lesson, world.outline)
    yield from _papers(lesson, world.papers)
    yield from _formulas(lesson, world.draw)
    yield from _left_over(lesson)
    demo = world.demos.get(lesson.demo)
    if demo is None:
        yield f"there is no demo called {lesson.demo}."
    else:
        yield from _topics(lesson, demo)
        yield from _settings(demo, lesson.preset, {}, "the preset", world.card)
        yield from _values(lesson, world.value_names)
        yield from _symbols(lesson, demo, world.value_names)
    for href in lesson.links:
        yield from _link(href, lesson, demo, world)


def _place(lesson: Lesson, outline: Outline) -> Iterator[str]:
    for number in lesson.topics:
        if number not in outline.topics:
            yield f"there is no topic {number}."
    main = outline.topics.get(lesson.topic)
    if main is not None and main.chapter != lesson.chapter:
        yield f"topic {main.number} stands in chapter {main.chapter}, not {lesson.chapter}."


def _topics(lesson: Lesson, demo: Demo[Any]) -> Iterator[str]:
    for number in lesson.topics:
        if number not in demo.info.topics:
            yield f"the demo {demo.info.id} does not belong to topic {number}."


def _papers(lesson: Lesson, papers: Mapping[str, Paper]) -> Iterator[str]:
    for key in dict.fromkeys((*lesson.papers, *lesson.cites)):
        if key not in papers:
            yield f"the paper {key} is not in papers.bib."
    for key in dict.fromkeys(lesson.cites):
        if key not in lesson.papers:
            yield f"the paper {key} is cited but not listed in the front matter."


def _formulas(lesson: Lesson, draw: Draw | None) -> Iterator[str]:
    if draw is None:
        return
    numbers = {one.name: _SAMPLE for one in lesson.placeholders}
    for values in ({}, numbers) if numbers else ({},):
        for formula in fill(lesson, values)[1].values():
            try:
                draw(formula)
            except Exception as error:  # noqa: BLE001 - a formula engine may raise anything
                yield f"the formula {formula.latex} cannot be drawn: {error}."


def _left_over(lesson: Lesson) -> Iterator[str]:
    """Report what looks like our syntax but was not read as such."""
    html, formulas = fill(lesson, {})
    for text in (html, *(formula.latex for formula in formulas.values())):
        if "{value" in text:
            yield f"a number is not written as {{value:name:.2f}}: {text[text.index('{value') :][:40]}"
    if "[@" in html:
        yield f"a citation is not written as [@key]: {html[html.index('[@') :][:40]}"


def _values(lesson: Lesson, value_names: Mapping[str, AbstractSet[str]] | None) -> Iterator[str]:
    if value_names is None:
        return
    known = value_names.get(lesson.demo, frozenset())
    for name in dict.fromkeys(one.name for one in lesson.placeholders):
        if name not in known:
            yield f"the demo {lesson.demo} has no value called {name}."


def _symbols(lesson: Lesson, demo: Demo[Any], names: Mapping[str, AbstractSet[str]] | None) -> Iterator[str]:
    """Check that each symbol stands in a formula, and names something that is there."""
    known = names.get(lesson.demo, frozenset()) if names is not None else None
    for one in lesson.symbols:
        kind, name = one.place
        if not any(one.tex in formula.latex for formula in lesson.formulas.values()):
            yield f"the symbol {one.tex} is in none of its formulas."
        if kind == "control" and name not in {each.name for each in controls(demo.params_type)}:
            yield f"the symbol {one.tex} names the control {name}, which {demo.info.id} does not have."
        if kind == "play" and not any(each.plays for each in controls(demo.params_type)):
            yield f"the symbol {one.tex} names the play, and nothing plays in {demo.info.id}."
        if kind in ("panel", "chart") and name != HERO and known is not None and one.to not in known:
            yield f"the symbol {one.tex} names the {kind} {name}, which {demo.info.id} does not show."


def _link(href: str, lesson: Lesson, demo: Demo[Any] | None, world: _World) -> Iterator[str]:
    kind = scheme(href)
    if kind not in SCHEMES:
        yield f"the link {href} is none of {', '.join(SCHEMES)}."
    elif kind == "lesson" and target(href) not in world.lessons:
        yield f"there is no lesson called {target(href)}."
    elif kind == "demo" and target(href) not in world.demos:
        yield f"there is no demo called {target(href)}."
    elif kind == "try" and demo is not None:
        try:
            params = parse_try(href)
        except ValueError as error:
            yield f"{error}."
            return
        yield from _settings(demo, params, lesson.preset, href, world.card)


def _settings(
    demo: Demo[Any], values: Mapping[str, Any], before: Mapping[str, Any], where: str, card: ModelCard | None
) -> Iterator[str]:
    """Check values against the demo's controls, and that each control is to be seen afterwards."""
    kind = demo.params_type
    known = {one.name for one in controls(kind)}
    unknown = [name for name in values if name not in known]
    if unknown:
        yield f"{where} sets {', '.join(unknown)}, which {demo.info.id} does not have."
        return
    try:
        start = changed(demo.defaults(), card, **{n: v for n, v in before.items() if n in known})
        params = changed(start, card, **values)
    except ValueError as error:
        yield f"{where}: {error}"
        return
    seen = {one.name for one in visible(controls(kind), params)}
    for name in values:
        if name not in seen:
            yield f"{where} sets {name}, which is hidden then: {control(kind, name).when}."
