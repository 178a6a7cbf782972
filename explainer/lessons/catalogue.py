"""All lessons in the order in which they are read, and the topics that still wait for one."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from explainer.core.paths import resource
from explainer.core.problem import ExplainerError, Problem
from explainer.lessons.chapters import Chapter, Outline, Topic, outline, read_outline
from explainer.lessons.lesson import Lesson
from explainer.lessons.markdown import parse
from explainer.lessons.papers import Paper, read_papers


@dataclass(frozen=True, slots=True, eq=False)
class TopicEntry:
    """A topic in the menu; without lessons it is shown greyed."""

    topic: Topic
    lessons: tuple[Lesson, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ChapterEntry:
    """A chapter in the menu with all its topics."""

    chapter: Chapter
    topics: tuple[TopicEntry, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Library:
    """Lessons, chapters and papers.

    Parameters
    ----------
    lessons
        By chapter, then by the topic's place in the chapter, then by title.
    problems
        One for each file that could not be read; the others are there all the same.
    """

    outline: Outline
    lessons: tuple[Lesson, ...]
    papers: Mapping[str, Paper]
    problems: tuple[Problem, ...] = ()

    def lesson(self, lesson_id: str) -> Lesson:
        """Return one lesson by its id.

        Raises
        ------
        ExplainerError
            If there is none; the sentence names near matches.
        """
        for one in self.lessons:
            if one.id == lesson_id:
                return one
        near = difflib.get_close_matches(lesson_id, [one.id for one in self.lessons])
        todo = f"Did you mean {' or '.join(near)}?" if near else "Choose one from the menu."
        raise ExplainerError(f"There is no lesson called {lesson_id}.", todo)

    def of_demo(self, demo_id: str) -> tuple[Lesson, ...]:
        """Lessons that open this demo, the one that bears its name first."""
        found = [one for one in self.lessons if one.demo == demo_id]
        return tuple(sorted(found, key=lambda one: one.id != demo_id))

    def next(self, lesson_id: str) -> Lesson | None:
        """Return the lesson after this one, ``None`` at the end."""
        return self._beside(lesson_id, 1)

    def previous(self, lesson_id: str) -> Lesson | None:
        """Return the lesson before this one, ``None`` at the start."""
        return self._beside(lesson_id, -1)

    def menu(self) -> tuple[ChapterEntry, ...]:
        """Every chapter with every topic; a lesson stands under each of its topics."""
        return tuple(
            ChapterEntry(chapter, tuple(TopicEntry(t, self._on(t.number)) for t in chapter.topics))
            for chapter in self.outline.chapters
        )

    def _on(self, topic: int) -> tuple[Lesson, ...]:
        return tuple(one for one in self.lessons if topic in one.topics)

    def _beside(self, lesson_id: str, step: int) -> Lesson | None:
        at = self.lessons.index(self.lesson(lesson_id)) + step
        return self.lessons[at] if 0 <= at < len(self.lessons) else None


def read_library(folder: Path | None = None, bib: Path | None = None) -> Library:
    """Read every ``*.md`` of a folder that starts with front matter.

    Parameters
    ----------
    folder
        Where the lessons lie, with their ``chapters.json``; by default the program's own.
    bib
        The papers; by default the program's own.
    """
    papers = read_papers(bib or resource("papers.bib"))
    plan = read_outline(folder / "chapters.json") if folder else outline()
    lessons: list[Lesson] = []
    problems: list[Problem] = []
    for path in sorted((folder or resource("lessons")).glob("*.md")):
        try:
            _add(lessons, parse(path.read_text(encoding="utf-8"), papers, path.name), path.name)
        except ExplainerError as error:
            problems.append(error.problem)
        except (OSError, UnicodeDecodeError) as error:
            what = f"Lesson {path.name} cannot be read."
            problems.append(Problem(what, "Save it as UTF-8 text.", str(error)))
    return Library(plan, ordered(lessons, plan), papers, tuple(problems))


def ordered(lessons: Iterable[Lesson], plan: Outline) -> tuple[Lesson, ...]:
    """Sort by chapter, the topic's place in it, and title; unknown topics come last."""
    places = plan.places
    last = len(places)
    return tuple(sorted(lessons, key=lambda one: (places.get(one.topic, last), one.title.casefold())))


def _add(lessons: list[Lesson], new: Lesson, where: str) -> None:
    if any(one.id == new.id for one in lessons):
        raise ExplainerError(f"Lesson {where} has the id {new.id}, which another has.", "Give it its own id.")
    lessons.append(new)
